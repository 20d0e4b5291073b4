"""PagerDuty: alerts by the Events API v2; notes by the REST API, where there is a key.

This is the only file that knows pdpyras. Left alone, it waits and asks again on 429, on network errors and on 5xx, for
up to minutes; here it answers at once, because repeating is the worker's business. Its exceptions repeat the URL, parts
of the answer and the last characters of the key, so none of their text is passed on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.http import check_base_url, parse_retry_after
from bot.net.limits import Bucket
from bot.pager.contract import Page
from bot.secrets.secret import Secret

SYSTEM = "pagerduty"
UNDOCUMENTED = "an answer that is not the documented JSON"
NOT_AS_DOCUMENTED = (KeyError, TypeError, AttributeError, ValueError)
OPEN: Final = ("triggered", "acknowledged")
EVENTS_URL = "https://events.pagerduty.com"
API_URL = "https://api.pagerduty.com"
EVENTS_HOSTS = (EVENTS_URL, "https://events.eu.pagerduty.com")
API_HOSTS = (API_URL, "https://api.eu.pagerduty.com")
SOURCE = "compromise-bot"
SEVERITIES = frozenset({"critical", "error", "warning", "info"})
LONGEST_SUMMARY = 1024
EVENTS_A_SECOND, EVENTS_BURST = 2.0, 10


class PagerDuty:
    """One service's integration. `routing_key` is its Events API v2 key, `api_key` a REST key for notes.

    `sender` is the e-mail address of a PagerDuty user: account-wide REST keys need one to write. The URLs may point to
    loopback outside production, else only to PagerDuty (ConfigurationError). `timeout` is in seconds. Each API has its
    own limit and its own bucket, so a page does not wait for refused notes.
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
        rest_bucket: Bucket | None = None,
    ) -> None:
        check_base_url(events_url, EVENTS_HOSTS, production)
        check_base_url(api_url, API_HOSTS, production)
        self._routing_key = routing_key
        self._events_url = events_url.rstrip("/")
        self._timeout = timeout
        self._bucket = bucket or Bucket(EVENTS_A_SECOND, EVENTS_BURST)
        url = api_url.rstrip("/")
        paced = rest_bucket or Bucket(EVENTS_A_SECOND, EVENTS_BURST)
        self._rest = None if api_key is None else Rest(api_key, url, sender, timeout, paced)

    def trigger(self, page: Page) -> None:
        self._trigger(page, f"trigger {page.incident}", {})

    def note(self, page: Page, text: str) -> None:
        """Writes a note with the REST key. Without one, or before PagerDuty knows the incident, sends the alert again
        with `text` in its details. Not for a resolved incident, which that would reopen.
        """
        if not self._noted(page.incident, text):
            self._trigger(page, f"note on {page.incident}", {"latest": text})

    def acknowledge(self, incident: str) -> None:
        with self._events(f"acknowledge {incident}") as session:
            session.acknowledge(incident)

    def resolve(self, incident: str) -> None:
        with self._events(f"resolve {incident}") as session:
            session.resolve(incident)

    def _trigger(self, page: Page, verb: str, more: dict[str, str]) -> None:
        details = {**page.details, "incident": page.incident, "environment": page.environment}
        details |= {"severity": page.severity, **more}
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

    def _noted(self, incident: str, text: str) -> bool:
        if self._rest is None:
            return False
        verb = f"note on {incident}"
        found = self._rest.incident(verb, incident)
        if found is None:
            return False
        self._rest.note(verb, str(found["id"]), text)
        return True

    def _events(self, verb: str) -> AbstractContextManager[Any]:
        """A session of the Events API v2."""
        make = lambda: _pdpyras().EventsAPISession(self._routing_key.reveal())  # noqa: E731 - reads as one line
        return session_of(verb, self._events_url, self._timeout, self._bucket, make)


@dataclass(frozen=True)
class Rest:
    """The REST API. `sender` is the e-mail address of a PagerDuty user, for calls that change something. `timeout` is
    in seconds. Errors: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected.
    """

    api_key: Secret
    url: str
    sender: str
    timeout: float
    bucket: Bucket

    def incident(self, verb: str, incident: str) -> dict[str, Any] | None:
        """PagerDuty's incident that is open for this alert; None if it knows of none."""
        params = {"incident_key": incident, "statuses[]": list(OPEN)}
        with self._session(verb) as session:
            found = _answered(session.get("/incidents", params=params))["incidents"]
            return next((dict(each) for each in found if each.get("incident_key") == incident), None)

    def note(self, verb: str, id_: str, text: str) -> None:
        with self._session(verb) as session:
            _answered(session.post(f"/incidents/{id_}/notes", json={"note": {"content": text}}))

    def _session(self, verb: str) -> AbstractContextManager[Any]:
        make = lambda: _pdpyras().APISession(self.api_key.reveal(), default_from=self.sender or None)  # noqa: E731
        return session_of(verb, self.url, self.timeout, self.bucket, make)


def _answered(answer: Any) -> Any:
    """The answer's JSON. Raises pdpyras' error for an unsuccessful status; the caller turns it into ours."""
    if not answer.ok:
        raise _pdpyras().PDHTTPError("refused", answer)
    return answer.json()


@contextmanager
def session_of(verb: str, url: str, timeout: float, bucket: Bucket, make: Callable[[], Any]) -> Iterator[Any]:
    """A session that neither waits nor follows redirects, and raises our errors."""
    bucket.take(Priority.VERIFY)
    told: OutsideError
    try:
        with make() as session:
            session.url = url
            session.timeout = timeout
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
    except NOT_AS_DOCUMENTED:
        told = Unexpected(SYSTEM, verb, UNDOCUMENTED)
    if isinstance(told, Throttled):
        bucket.slow_down(told.retry_after)
    raise told from None


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
        case 401:
            return Unauthorized(SYSTEM, verb, f"{cause}: the REST key is not accepted: check BOT_PAGERDUTY_API_KEY")
        case 403:
            return Unauthorized(SYSTEM, verb, f"{cause}: the REST key may not do this: check BOT_PAGERDUTY_API_KEY")
        case 400 if _blames_routing_key(answer.text):
            return Unauthorized(SYSTEM, verb, f"{cause}: the routing key is not valid: check BOT_PAGERDUTY_ROUTING_KEY")
        case 404:
            return Missing(SYSTEM, verb, cause)
        case status if 400 <= status < 500:
            return Refused(SYSTEM, verb, cause)
        case status if status < 300:
            return Unexpected(SYSTEM, verb, UNDOCUMENTED)
        case _:
            return Unexpected(SYSTEM, verb, cause)


def _unanswered(verb: str, error: BaseException) -> OutsideError:
    if type(error.__cause__).__name__ == "TooManyRedirects":
        return Unexpected(SYSTEM, verb, "a redirect, which is not followed")
    return Unreachable(SYSTEM, verb, f"no answer ({type(error.__cause__).__name__})")


def _blames_routing_key(text: str) -> bool:
    """PagerDuty names the field in words: ``Invalid routing key``, ``Length of 'routing_key' is incorrect``."""
    return "routing key" in text.lower() or "routing_key" in text.lower()
