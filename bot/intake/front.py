"""Where signed news comes in: a route for each source that is switched on.

A front proves who sends, and leaves in the table of arrivals that something came: the source, the delivery's id, its
kind, and the numbers by which a worker can ask the source itself. Nothing else of what was sent is kept, logged or
answered. What is not for us (another repository, another kind of news) is answered as well, and leaves nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Protocol

import msgspec

from bot.eventlog.arrivals import Arrival
from bot.logs import Logger
from bot.secret import Secret
from bot.web import Request, Response, Route
from bot.web.routes import SEND

BODY_BYTES = 256 * 1024
"""An alert of GitHub's, with its repository and organisation, has about 30 KB; its own cap of 25 MB is for pushes."""
STALE = 300.0
"""Seconds between a signed time and ours, either way, at most."""
BURST, A_SECOND = 2000, 20.0
"""Signed deliveries of one source that are taken at once, and how fast more are: GitHub sends none of them again."""
UNSIGNED_BURST, UNSIGNED_A_SECOND = 60, 1.0
REMEMBERED = 10_000
"""Digests that a front knows without asking the database."""
LARGEST_NUMBER = 2**31 - 1
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_KIND = re.compile(r"[a-z_]{1,40}", re.ASCII)
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)

OK = Response(200, "Thank you.\n")
KNOWN = Response(200, "This was here before.\n")
NOT_OURS = Response(200, "Nothing follows from this here.\n")
UNPROVEN = Response(401, "The signature does not fit.\n")
LATE = Response(401, "The request is too old, or from the future.\n")
UNREADABLE = Response(400, "The request cannot be read.\n")
TOO_MANY = Response(429, "Too many at once. Try again in a minute.\n", headers=(("Retry-After", "60"),))

_log = Logger(__name__)


class Leaves(Protocol):
    """Where arrivals are left."""

    def put(self, arrival: Arrival, at: datetime) -> bool:
        """False for one that was here before."""
        ...


@dataclass
class Allowance:
    """So many at once, and so many a second after that."""

    burst: float
    rate: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left, self._at = self.burst, self.clock()

    def take(self) -> bool:
        with self._lock:
            now = self.clock()
            self._left = min(self.burst, self._left + (now - self._at) * self.rate)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Door:
    """One source's way in: what all of them have in common."""

    def __init__(
        self, source: str, secret: Secret, leaves: Leaves, clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic, pace: tuple[float, float] = (BURST, A_SECOND),
    ) -> None:  # fmt: skip
        self.source = source
        self.clock = clock
        self._secret = secret
        self._leaves = leaves
        self._signed = Allowance(*pace, monotonic)
        self._unsigned = Allowance(UNSIGNED_BURST, UNSIGNED_A_SECOND, monotonic)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def fits(self, key: bytes, body: bytes, given: str) -> bool:
        """Whether `given` (``sha256=HEX``) is the HMAC-SHA-256 of the raw body under the key, in constant time."""
        match = _SIGNATURE.fullmatch(given)
        wanted = hmac.new(key, body, hashlib.sha256).digest()
        return match is not None and hmac.compare_digest(wanted, bytes.fromhex(match[1]))

    @property
    def key(self) -> bytes:
        return self._secret.reveal().encode()

    def allows(self) -> bool:
        """Whether one more request is looked at that nothing proves."""
        return self._unsigned.take()

    def unproven(self, answer: Response = UNPROVEN) -> Response:
        if not self._unsigned.take():
            return TOO_MANY
        _log.warning("news refused: nothing proves who sends it", source=self.source)
        return answer

    def digest(self, body: bytes) -> str:
        """By which a delivery is known again, whatever its headers say: keyed, so that nobody can try bodies out."""
        return hmac.new(self.key, b"compromise-bot arrival\n" + body, hashlib.sha256).hexdigest()

    def leave(self, body: bytes, delivery: str, kind: str, subject: str, item: int) -> Response:
        digest = self.digest(body)
        with self._lock:
            if digest in self._seen:
                return KNOWN
        if not self._signed.take():
            return TOO_MANY
        known_by = delivery if _DELIVERY.fullmatch(delivery) else digest
        new = self._leaves.put(Arrival(self.source, known_by, digest, kind, subject, item), self.clock())
        with self._lock:
            self._seen[digest] = None
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return OK if new else KNOWN


# --- GitHub ---------------------------------------------------------------------------------------------------------

GITHUB = "github"
GITHUB_PATH = "/intake/github"
_GITHUB_EVENTS = frozenset({"secret_scanning_alert", "secret_scanning_alert_location"})
_GITHUB_ACTIONS = frozenset({"created", "publicly_leaked", "reopened", "resolved", "revoked", "validated"})
"""Actions after which the alert is looked at. Source: docs.github.com, webhook events, secret_scanning_alert."""


class _Repository(msgspec.Struct):
    full_name: str


class _Numbered(msgspec.Struct):
    number: int


class _GithubNews(msgspec.Struct):
    action: str = ""
    alert: _Numbered | None = None
    repository: _Repository | None = None


def github_route(door: Door, repositories: tuple[str, ...]) -> Route:
    """Secret scanning's webhook. `repositories` are ``OWNER/NAME``, as an arrival names them.

    Source: docs.github.com, "Validating webhook deliveries": HMAC-SHA-256 of the raw body under the webhook's secret.
    """
    known = {name.lower(): name for name in repositories}

    def answer(request: Request) -> Response:
        if not door.fits(door.key, request.body, request.headers.get("x-hub-signature-256", "")):
            return door.unproven()
        event = request.headers.get("x-github-event", "")
        if event not in _GITHUB_EVENTS:
            return NOT_OURS  # `ping`, when the webhook is made, among them
        news = _read(request.body, _GithubNews)
        if news is None:
            return UNREADABLE
        if news.action not in _GITHUB_ACTIONS or news.alert is None or news.repository is None:
            return NOT_OURS
        repository = known.get(news.repository.full_name.lower())
        if repository is None or not 0 < news.alert.number <= LARGEST_NUMBER:
            return NOT_OURS
        delivery = request.headers.get("x-github-delivery", "")
        return door.leave(request.body, delivery, news.action, repository, news.alert.number)

    return Route(GITHUB_PATH, answer, SEND, BODY_BYTES)


# --- GitGuardian ----------------------------------------------------------------------------------------------------

GITGUARDIAN = "gitguardian"
GITGUARDIAN_PATH = "/intake/gitguardian"


class _GitguardianIncident(msgspec.Struct):
    id: int


class _GitguardianNews(msgspec.Struct):
    action: str = ""
    incident: _GitguardianIncident | None = None


def gitguardian_route(door: Door) -> Route:
    """The custom webhook. The key is the timestamp with the signature token behind it, and nothing between.

    Source: docs.gitguardian.com, "Custom webhook".
    """

    def answer(request: Request) -> Response:
        stamp = request.headers.get("timestamp", "")
        sent_at = _moment(stamp)
        if sent_at is None:
            return door.unproven()
        if not door.fits(stamp.encode() + door.key, request.body, request.headers.get("gitguardian-signature", "")):
            return door.unproven()
        if abs(door.clock().timestamp() - sent_at) > STALE:
            return door.unproven(LATE)
        news = _read(request.body, _GitguardianNews)
        if news is None:
            return UNREADABLE
        if news.incident is None or not 0 < news.incident.id <= LARGEST_NUMBER or not _KIND.fullmatch(news.action):
            return NOT_OURS
        return door.leave(request.body, "", news.action, "", news.incident.id)

    return Route(GITGUARDIAN_PATH, answer, SEND, BODY_BYTES)


def _moment(stamp: str) -> float | None:
    """Seconds since 1970, given so or as ISO 8601. None for anything else."""
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", stamp, re.ASCII):
        return float(stamp)
    try:
        at = datetime.fromisoformat(stamp) if len(stamp) <= len("2026-11-27T03:14:15.123456789+00:00") else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp() if at is not None else None


# --- AWS ------------------------------------------------------------------------------------------------------------

AWS = "aws"
AWS_PATH = "/intake/aws"
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
LOOKS_BURST, LOOKS_A_SECOND = 20, 1 / 30
"""A notification leads to a look by the worker and to nothing else, whoever sent it: so often and no more."""
_TOKEN = re.compile(r"[0-9a-f]{32,512}", re.ASCII)
_MESSAGE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class _Sns(msgspec.Struct):
    type: str = msgspec.field(name="Type", default="")
    topic: str = msgspec.field(name="TopicArn", default="")
    message: str = msgspec.field(name="MessageId", default="")
    token: str = msgspec.field(name="Token", default="")


def aws_route(door: Door, topics: tuple[str, ...]) -> Route:
    """Notifications of the configured SNS topics. Their signature is checked by nobody: that would need a certificate
    from an address in the request, which a front does not fetch, or the message in the database, where it does not
    belong. So nothing of a notification is believed: the worker looks at AWS itself. A person confirms a subscription.

    Source: docs.aws.amazon.com, SNS, "HTTP/HTTPS notification JSON format".
    """

    def answer(request: Request) -> Response:
        news = _read(request.body, _Sns)
        if news is None or not _MESSAGE.fullmatch(news.message):
            return UNREADABLE
        if news.topic not in topics:
            return door.unproven(Response(403, "This topic is none of ours.\n"))
        if news.type == CONFIRMATION:
            return _waits_for_a_person(door, news)
        if news.type != NOTIFICATION:
            return NOT_OURS
        return door.leave(request.body, news.message, "notification", "", 0)

    return Route(AWS_PATH, answer, SEND, BODY_BYTES)


def _waits_for_a_person(door: Door, news: _Sns) -> Response:
    """The address in a confirmation is followed by nobody. A person who has just subscribed types what the log says."""
    if not door.allows():
        return TOO_MANY
    if _TOKEN.fullmatch(news.token):
        line = f"aws sns confirm-subscription --topic-arn {news.topic} --token {news.token}"
        _log.warning("a subscription waits: whoever has just made it confirms it", command=line)
    return NOT_OURS


# --- both -----------------------------------------------------------------------------------------------------------


def _read[T](body: bytes, shape: type[T]) -> T | None:
    """The few fields that are looked at; None for what is no such thing."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def routes(
    secrets: Mapping[str, Secret | None], repositories: tuple[str, ...], leaves: Leaves, clock: Callable[[], datetime],
    topics: tuple[str, ...] = (),
) -> Iterator[Route]:  # fmt: skip
    """Those of the sources for which there is a secret, or a topic."""
    if (secret := secrets.get(GITHUB)) is not None:
        yield github_route(Door(GITHUB, secret, leaves, clock), repositories)
    if (secret := secrets.get(GITGUARDIAN)) is not None:
        yield gitguardian_route(Door(GITGUARDIAN, secret, leaves, clock))
    if topics:
        own = Secret(token_hex())  # for digests alone: a message is known by its id
        yield aws_route(Door(AWS, own, leaves, clock, pace=(LOOKS_BURST, LOOKS_A_SECOND)), topics)
