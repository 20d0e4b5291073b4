"""One source's way in at a front: how much is taken of whom, what is kept of a delivery, and what is answered."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from bot.decoding import decode
from bot.eventlog.arrivals import Arrival
from bot.logs import Logger
from bot.secret import Secret
from bot.web import Response

BODY_BYTES = 256 * 1024
"""An alert of GitHub's, with its repository and organisation, has about 30 KB; its own cap of 25 MB is for pushes."""
BURST, A_SECOND = 2000, 20.0
"""Signed deliveries of one source that are taken at once, and how fast more are: GitHub sends none of them again."""
UNSIGNED_BURST, UNSIGNED_A_SECOND = 60, 1.0
REMEMBERED = 10_000
"""Digests that a front knows without asking the database."""
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
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


def read_json[T](body: bytes, shape: type[T]) -> T | None:
    """The few fields that are looked at; None for what is no such thing."""
    try:
        return decode(body, shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
