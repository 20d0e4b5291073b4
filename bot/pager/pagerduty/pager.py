"""PagerDuty: alerts by the Events API v2; notes by the REST API, where there is a key."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from bot.net.http import check_base_url
from bot.net.limits import Bucket
from bot.pager.contract import Page
from bot.pager.pagerduty.rest import Rest, events_session
from bot.pager.pagerduty.settings import PagerDutySettings
from bot.secrets.secret import Secret

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
        return events_session(verb, self._events_url, self._timeout, self._bucket, self._routing_key)


def make(settings: PagerDutySettings, sender: str) -> PagerDuty | None:
    """None without a routing key. `sender` is the author of notes."""
    key = settings.pagerduty_routing_key
    return None if key is None else _made(settings, key, settings.pagerduty_api_key, sender)


def make_fallback(settings: PagerDutySettings) -> PagerDuty | None:
    """The second service; None without its routing key."""
    key = settings.pager_fallback_routing_key
    return None if key is None else _made(settings, key, None, "")


def _made(settings: PagerDutySettings, routing_key: Secret, api_key: Secret | None, sender: str) -> PagerDuty:
    urls = settings.host_urls
    return PagerDuty(
        routing_key,
        api_key=api_key,
        sender=sender,
        production=settings.production,
        timeout=settings.timings.http_timeout,
        events_url=urls.get(("pagerduty", "events"), EVENTS_URL),
        api_url=urls.get(("pagerduty", "api"), API_URL),
    )
