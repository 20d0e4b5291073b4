"""The bot's only way to speak HTTP with a provider.

Errors carry our own words and no text of an answer or a library's exception, because bodies and URLs may repeat a
secret. No proxies from the environment, no netrc, no redirects, no answers above one megabyte.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TypedDict
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter

from bot.decoding import decode
from bot.errors import ConfigurationError, Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.hosts import is_loopback
from bot.net.limits import Bucket
from bot.secrets.secret import Secret

LARGEST_ANSWER = 1024 * 1024
USER_AGENT = "compromise-bot"
CONNECTIONS = 16
PIECE = 16 * 1024
NOT_MODIFIED = 304
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
"""The variables in which libraries look for a proxy, in either case."""


def new_session() -> requests.Session:
    """A pooled session without settings from the environment. Threads may share it: it keeps no state."""
    session = _Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    session.cookies.set_policy(_NoCookies())
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Session(requests.Session):
    """A session that ignores redirects. `requests` would read a redirect's body whole, without a limit on size or time,
    and parse its address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - a redirect leads nowhere
        return None


class _NoCookies(DefaultCookiePolicy):
    """Keeps no cookies, because one key's session must never answer for another key."""

    def set_ok(self, *_: object) -> bool:
        return False


class Content(TypedDict, total=False):
    """The arguments of `Http.send` that a caller passes on when it only adds the authorization."""

    query: Mapping[str, str | int] | None
    json_body: object
    form: Mapping[str, str | Secret] | None


@dataclass(frozen=True)
class Reply:
    """An answer with a status below 500 other than 429. `body` stays private: `parse` it into a narrow type.

    `media_type` is the answer's own, without parameters and in lower case; empty if missing. `link` is the header of
    that name (RFC 8288), empty if missing; no address in it is followed unchecked. `tag` is the ETag; a request with it
    in ``If-None-Match`` may get 304.
    """

    status: int
    body: bytes
    system: str
    verb: str
    media_type: str = ""
    link: str = ""
    tag: str = ""

    def __repr__(self) -> str:
        return f"Reply({self.status})"

    def expect(self, *statuses: int) -> Reply:
        """Returns this reply if its status is one of `statuses`.

        Raises Unauthorized for 401 and 403, Missing for 404, Refused for any other 4xx, Unexpected for the rest.
        """
        if self.status in statuses:
            return self
        cause = f"HTTP {self.status}"
        match self.status:
            case 401 | 403:
                raise Unauthorized(self.system, self.verb, cause)
            case 404:
                raise Missing(self.system, self.verb, cause)
            case status if 400 <= status < 500:
                raise Refused(self.system, self.verb, cause)
            case _:
                raise Unexpected(self.system, self.verb, cause)

    def parse[T](self, shape: type[T]) -> T:
        """The body as `shape` (a msgspec-decodable type; unknown fields are ignored). Unexpected if it does not fit."""
        try:
            return decode(self.body, shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unexpected(self.system, self.verb, "an answer that is not the documented JSON") from None


@dataclass(frozen=True)
class Http:
    """A client bound to one base URL. `timeout` is in seconds, for connecting and for the whole answer."""

    system: str
    base_url: str
    _: KW_ONLY
    timeout: float
    bucket: Bucket | None = None
    session: requests.Session = field(default_factory=new_session)

    def with_timeout(self, seconds: float) -> Http:
        """The same client with another time-out, never a longer one."""
        return replace(self, timeout=min(self.timeout, seconds))

    def send(
        self,
        method: str,
        path: str,
        *,
        verb: str,
        priority: Priority = Priority.READ,
        bearer: Secret | None = None,
        basic: tuple[str, Secret] | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        query: Mapping[str, str | int] | None = None,
        json_body: object = None,
        form: Mapping[str, str | Secret] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Sends one request, once. `verb` says in our words what it does; every error repeats it.

        `body` is for bytes that must arrive unchanged; one of `headers` gives their type.

        Raises Unreachable (no usable answer: the request may have been carried out), Throttled (429, `retry_after` in
        seconds), Unexpected (5xx, a redirect, an answer that is too large, a value that cannot be in a header).
        """
        if self.bucket is not None:
            self.bucket.take(priority)
        request = requests.Request(
            method,
            f"{self.base_url.rstrip('/')}{path}",
            headers=_headers(headers, bearer),
            auth=(basic[0].encode(), basic[1].reveal().encode()) if basic else None,
            params=query,
            json=json_body,
            data={name: _clear(value) for name, value in form.items()} if form is not None else body,
        )
        try:
            prepared = self.session.prepare_request(request)
            _check_encodable(prepared)
        except (requests.RequestException, ValueError):  # UnicodeError is a ValueError
            raise Refused(self.system, verb, "a value has characters that no request can carry") from None
        return self._exchange(prepared, verb)

    def _exchange(self, prepared: requests.PreparedRequest, verb: str) -> Reply:
        limit = time.monotonic() + self.timeout
        try:
            with self.session.send(
                prepared, timeout=self.timeout, allow_redirects=False, stream=True, proxies={}, verify=True
            ) as answer:
                body = self._body(answer, verb, limit)
                return self._judge(answer, body, verb)
        except requests.Timeout:
            raise Unreachable(self.system, verb, f"no answer within {self.timeout:g} s") from None
        except requests.exceptions.SSLError:
            raise Unreachable(self.system, verb, "no trustworthy TLS connection") from None
        except requests.ConnectionError:
            raise Unreachable(self.system, verb, "the connection failed or was cut") from None
        except urllib3.exceptions.ReadTimeoutError:
            raise Unreachable(self.system, verb, "the answer did not end in time") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            raise Unreachable(self.system, verb, "no usable answer") from None

    def _body(self, answer: requests.Response, verb: str, limit: float) -> bytes:
        pieces = bytearray()
        while piece := answer.raw.read1(PIECE, decode_content=True):  # not iter_content, which waits for full pieces
            pieces += piece
            if len(pieces) > LARGEST_ANSWER:
                raise Unexpected(self.system, verb, "an answer larger than 1 MiB")
            if time.monotonic() > limit:
                raise Unreachable(self.system, verb, "the answer did not end in time")
        return bytes(pieces)

    def _judge(self, answer: requests.Response, body: bytes, verb: str) -> Reply:
        status = answer.status_code
        if status == 429:
            retry_after = parse_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
            if self.bucket is not None:
                self.bucket.slow_down(retry_after)
            raise Throttled(self.system, verb, "HTTP 429", retry_after)
        if status >= 500:
            raise Unexpected(self.system, verb, f"HTTP {status}")
        unchanged = status == NOT_MODIFIED and "If-None-Match" in answer.request.headers
        if 300 <= status < 400 and not unchanged:
            raise Unexpected(self.system, verb, f"HTTP {status}, a redirect, which is not followed")
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        link, tag = (answer.headers.get(name, "") for name in ("Link", "ETag"))
        return Reply(status, body, self.system, verb, media_type, link, tag)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After header of either form (RFC 9110, 10.2.3); None if absent or unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


def split_url(url: str) -> tuple[str, str]:
    """A whole address as the base URL of an `Http`, and the path with its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def check_base_url(url: str, allowed: Collection[str], production: bool) -> None:  # noqa: FBT001 - one flag of three plain facts
    """Refuses (ConfigurationError) to send anything to `url` unless it is HTTPS at one of the hosts in `allowed`.

    Outside production, HTTP or HTTPS on loopback is accepted as well. `allowed` holds host names or a card's base URLs.
    """
    hosts = {urlsplit(entry).hostname if "://" in entry else entry.lower() for entry in allowed}
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("a provider's base URL cannot be read") from None
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if plain and host and parts.scheme == "https" and host in hosts:
        return
    if plain and host and parts.scheme in {"http", "https"} and not production and is_loopback(host):
        return
    wanted = ", ".join(sorted(name for name in hosts if name))
    also = "" if production else ", or a loopback address"
    raise ConfigurationError(f"base URL with host {host or '(none)'!s}: expected https at {wanted}{also}")


def check_no_proxy(environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError if the environment has a proxy variable: for production.

    Our own connections ignore these variables, and a person who set one should learn that at once.
    """
    for name, value in sorted(environ.items()):
        if name.lower() in PROXIES and value.strip():
            raise ConfigurationError(
                f"{name} is set: in production nothing goes through a proxy, which could read every credential. "
                f"Start the bot without {name}, and let it reach the hosts of the installation guide directly."
            )


def _headers(headers: Mapping[str, str | Secret] | None, bearer: Secret | None) -> dict[str, str]:
    """White space at the ends is no part of a header (RFC 9110, 5.5): a value stored with a newline is
    sent without it.
    """
    clear = {name: _clear(value).strip() for name, value in (headers or {}).items()}
    if bearer is not None:
        clear["Authorization"] = f"Bearer {bearer.trimmed.reveal()}"
    return clear


def _clear(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _check_encodable(prepared: requests.PreparedRequest) -> None:
    """Headers are sent as Latin-1. This check keeps an odd character from looking like a broken connection."""
    for value in prepared.headers.values():
        if isinstance(value, str):
            value.encode("latin-1")
