"""PagerDuty's sessions through pdpyras, and its REST API as far as the pager needs it.

This is the only file that knows pdpyras. Left alone, it waits and asks again on 429, on network errors and on 5xx, for
up to minutes; here it answers at once, because repeating is the worker's business. Its exceptions repeat the URL, parts
of the answer and the last characters of the key, so none of their text is passed on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.http import parse_retry_after
from bot.net.limits import Bucket
from bot.secrets.secret import Secret

SYSTEM = "pagerduty"
UNDOCUMENTED = "an answer that is not the documented JSON"
NOT_AS_DOCUMENTED = (KeyError, TypeError, AttributeError, ValueError)
OPEN: Final = ("triggered", "acknowledged")


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
        with documented(verb):
            found = self.get(verb, "/incidents", "incidents", params)
            return next((dict(each) for each in found if each.get("incident_key") == incident), None)

    def get(self, verb: str, path: str, wrapper: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """One page of a list."""
        with self._session(verb) as session:
            return list(_answered(session.get(path, params=params))[wrapper])

    def note(self, verb: str, id_: str, text: str) -> None:
        with self._session(verb) as session:
            _answered(session.post(f"/incidents/{id_}/notes", json={"note": {"content": text}}))

    @contextmanager
    def _session(self, verb: str) -> Iterator[Any]:
        make = lambda: _pdpyras().APISession(self.api_key.reveal(), default_from=self.sender or None)  # noqa: E731
        with session_of(verb, self.url, self.timeout, self.bucket, make) as session:
            yield session


def _answered(answer: Any) -> Any:
    """The answer's JSON. Raises pdpyras' error for an unsuccessful status; the caller turns it into ours."""
    if not answer.ok:
        raise _pdpyras().PDHTTPError("refused", answer)
    return answer.json()


@contextmanager
def events_session(verb: str, url: str, timeout: float, bucket: Bucket, routing_key: Secret) -> Iterator[Any]:
    """A session of the Events API v2."""
    make = lambda: _pdpyras().EventsAPISession(routing_key.reveal())  # noqa: E731 - reads as one line
    with session_of(verb, url, timeout, bucket, make) as session:
        yield session


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


@contextmanager
def documented(verb: str) -> Iterator[None]:
    """Reads a field of an answer: Unexpected if the answer does not have the documented shape."""
    try:
        yield
    except NOT_AS_DOCUMENTED:
        raise Unexpected(SYSTEM, verb, UNDOCUMENTED) from None


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
