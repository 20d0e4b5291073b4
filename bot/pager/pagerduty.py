"""PagerDuty through pdpyras: alerts by the Events API v2, notes by the REST API where there is a key for it.

This is the only file that knows pdpyras. Left alone, it waits and asks again on 429, on network errors and on 5xx, for
up to minutes; here it answers at once, because repeating is the worker's business. Its exceptions repeat the URL, parts
of the answer and the last characters of the key, so none of their text is passed on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.http import check_base_url, parse_retry_after
from bot.keyshapes import redact
from bot.limits import Bucket
from bot.pager.contract import Page
from bot.priority import Priority
from bot.secret import Secret

SYSTEM = "pagerduty"
EVENTS_URL = "https://events.pagerduty.com"
API_URL = "https://api.pagerduty.com"
EVENTS_HOSTS = (EVENTS_URL, "https://events.eu.pagerduty.com")
API_HOSTS = (API_URL, "https://api.eu.pagerduty.com")
SOURCE = "compromise-bot"
SEVERITIES = frozenset({"critical", "error", "warning", "info"})
LONGEST_SUMMARY = 1024
EVENTS_A_SECOND, EVENTS_BURST = 2.0, 10
SOMEBODY = "an unnamed PagerDuty user"
LONGEST_NAME = 60
OPEN: Final = ("triggered", "acknowledged")


class PagerDuty:
    """One service's integration. `routing_key` is its Events API v2 key, `api_key` a REST key for notes.

    `sender` is the e-mail address of a PagerDuty user: account-wide REST keys need one to write a note. The URLs may
    point at loopback outside production, else only at PagerDuty (ConfigurationError). `timeout` is in seconds.
    """

    def __init__(
        self,
        routing_key: Secret,
        *,
        api_key: Secret | None = None,
        sender: str = "",
        events_url: str = EVENTS_URL,
        api_url: str = API_URL,
        production: bool = True,
        timeout: float = 20.0,
        bucket: Bucket | None = None,
    ) -> None:
        check_base_url(events_url, EVENTS_HOSTS, production)
        check_base_url(api_url, API_HOSTS, production)
        self._routing_key = routing_key
        self._api_key = api_key
        self._sender = sender
        self._events_url = events_url.rstrip("/")
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout
        self._bucket = bucket or Bucket(EVENTS_A_SECOND, EVENTS_BURST)

    def trigger(self, page: Page) -> None:
        self._trigger(page, f"trigger {page.incident}", {})

    def note(self, page: Page, text: str) -> None:
        """Writes a note with the REST key; without one, or before PagerDuty knows the incident, sends the alert again
        with `text` among its details. Not for a resolved incident: that would open it anew.
        """
        if self._api_key is None or not self._noted(page.incident, text, self._api_key):
            self._trigger(page, f"note on {page.incident}", {"latest": text})

    def acknowledge(self, incident: str) -> None:
        with self._events(f"acknowledge {incident}") as session:
            session.acknowledge(incident)

    def resolve(self, incident: str) -> None:
        with self._events(f"resolve {incident}") as session:
            session.resolve(incident)

    def answered_by(self, incident: str) -> str | None:
        """Who acknowledged last. Source: REST API v2, list incidents: `status`, `acknowledgements[].acknowledger`."""
        if self._api_key is None:
            return None
        found = self._incident(f"see who acknowledged {incident}", incident, self._api_key)
        if found is None or found.get("status") != "acknowledged":
            return ""
        people = [given.get("acknowledger") or {} for given in found.get("acknowledgements") or []]
        named = [str(person["summary"]) for person in people if person.get("summary")]
        return plain(named[-1]) if named else SOMEBODY

    def _trigger(self, page: Page, verb: str, more: dict[str, str]) -> None:
        details = {"incident": page.incident, "environment": page.environment, "severity": page.severity, **more}
        details |= {"meet": page.meet} if page.meet else {}
        with self._events(verb) as session:
            session.trigger(
                page.summary[:LONGEST_SUMMARY],
                SOURCE,
                dedup_key=page.incident,
                severity=page.severity if page.severity in SEVERITIES else "critical",
                custom_details=details,
                links=[{"href": page.link, "text": "Incident channel"}] if page.link else None,
            )

    def _noted(self, incident: str, text: str, api_key: Secret) -> bool:
        verb = f"note on {incident}"
        found = self._incident(verb, incident, api_key)
        if found is None:
            return False
        with self._rest(verb, api_key) as session:
            session.rpost(f"/incidents/{found['id']}/notes", json={"note": {"content": text}})
            return True

    def _incident(self, verb: str, incident: str, api_key: Secret) -> dict[str, Any] | None:
        """PagerDuty's incident that is open for this alert; None if it knows of none."""
        with self._rest(verb, api_key) as session:
            found = session.rget("/incidents", params={"incident_key": incident, "statuses[]": list(OPEN)})
            return next((dict(each) for each in found if each.get("incident_key") == incident), None)

    @contextmanager
    def _events(self, verb: str) -> Iterator[Any]:
        with self._session(
            verb, self._events_url, lambda: _pdpyras().EventsAPISession(self._routing_key.reveal())
        ) as it:
            yield it

    @contextmanager
    def _rest(self, verb: str, api_key: Secret) -> Iterator[Any]:
        sender = self._sender or None
        make = lambda: _pdpyras().APISession(api_key.reveal(), default_from=sender)  # noqa: E731 - reads as one line
        with self._session(verb, self._api_url, make) as it:
            yield it

    @contextmanager
    def _session(self, verb: str, url: str, make: Callable[[], Any]) -> Iterator[Any]:
        """A session that neither waits nor follows redirects, and whose errors are ours."""
        self._bucket.take(Priority.VERIFY)
        told: OutsideError
        try:
            with make() as session:
                session.url = url
                session.timeout = self._timeout
                session.trust_env = False
                session.max_redirects = 0
                session.max_network_attempts = 0
                session.retry = {429: 1}
                session.max_http_attempts = -1  # with the line above: a 429 comes back at once
                session.log.setLevel(logging.CRITICAL)
                yield session
                return
        except _pdpyras().PDClientError as error:
            told = _told(verb, error)
        except (KeyError, TypeError, AttributeError, ValueError):
            told = Unexpected(SYSTEM, verb, "an answer that is not the documented JSON")
        if isinstance(told, Throttled):
            self._bucket.slow_down(told.retry_after)
        raise told from None


def plain(name: str) -> str:
    """A name that PagerDuty gives, fit for one line of the log: without what is no printable character, and redacted if
    somebody is called like a secret.
    """
    kept = "".join(char for char in name if char.isprintable()).strip()[:LONGEST_NAME]
    return redact(kept) or SOMEBODY


@cache
def _pdpyras() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message='The package "pdpyras" is deprecated', category=UserWarning)
        import pdpyras  # noqa: PLC0415 - its warning is silenced here, and only here
    return pdpyras


def _told(verb: str, error: Any) -> OutsideError:
    answer = error.response
    if answer is None:
        return _unanswered(verb, error)
    cause = f"HTTP {answer.status_code}"
    match answer.status_code:
        case 429:
            retry_after = parse_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
            return Throttled(SYSTEM, verb, cause, retry_after)
        case 401 | 403:
            return Unauthorized(SYSTEM, verb, f"{cause}: the REST key is not accepted: check BOT_PAGERDUTY_API_KEY")
        case 400 if _blames_routing_key(answer.text):
            return Unauthorized(SYSTEM, verb, f"{cause}: the routing key is not valid: check BOT_PAGERDUTY_ROUTING_KEY")
        case 404:
            return Missing(SYSTEM, verb, cause)
        case status if 400 <= status < 500:
            return Refused(SYSTEM, verb, cause)
        case status if status < 300:
            return Unexpected(SYSTEM, verb, "an answer that is not the documented JSON")
        case _:
            return Unexpected(SYSTEM, verb, cause)


def _unanswered(verb: str, error: BaseException) -> OutsideError:
    if type(error.__cause__).__name__ == "TooManyRedirects":
        return Unexpected(SYSTEM, verb, "a redirect, which is not followed")
    return Unreachable(SYSTEM, verb, f"no answer ({type(error.__cause__).__name__})")


def _blames_routing_key(text: str) -> bool:
    """PagerDuty names the field in words: ``Invalid routing key``, ``Length of 'routing_key' is incorrect``."""
    return "routing key" in text.lower() or "routing_key" in text.lower()
