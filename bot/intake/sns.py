"""Amazon SNS at the front: who has signed a message, and what it leads to.

SNS signs with a key whose certificate is at an address that the message names. A front calls nobody: it looks the
certificate up in the table that the worker keeps; for one that is not there it leaves word that it is wanted, and
answers 503, so that SNS delivers again. The address counts only if it is, letter by letter, that of a certificate of
SNS in the topic's own region.

Source: SNS developer guide, "HTTP/HTTPS notification JSON format", "Verifying the signatures of Amazon SNS messages",
"Amazon SNS message delivery retries" (after a 5xx three times, 20 seconds apart, and by any policy for an hour at most;
the message and its id stay the same).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from bot.eventlog.arrivals import Arrival
from bot.intake.door import BODY_BYTES, NOT_OURS, TOO_MANY, UNREADABLE, Allowance, Door, Leaves, read_json
from bot.logs import Logger
from bot.web import Request, Response, Route
from bot.web.routes import SEND

if TYPE_CHECKING:
    from bot.intake.sns_signature import SigningKey

AWS = "aws"
AWS_PATH = "/intake/aws"
CERTIFICATE = "sns-certificate"
"""The source of the arrivals by which a front says which signing certificate it wants."""
NOTIFICATION, CONFIRMATION, ENDED = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
SUSPECTED = "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"
"""Of the codes of AWS Health's events the one after which AWS puts nobody under quarantine."""
LOOKS_BURST, LOOKS_A_SECOND = 20, 1 / 30
"""A notification leads to a look by the worker and to nothing else: so often and no more."""
WANTED_BURST, WANTED_A_SECOND = 5, 1 / 600
"""Certificates of one region that a front asks a worker for. SNS has a new one about once a year."""
STALE = 3900.0
"""Seconds between a message's publication and its delivery, at most: SNS delivers again for an hour."""
EARLY = 300.0
"""Seconds by which SNS's clock may be ahead of ours."""
KEPT = 32
"""Keys that a front knows without asking the database."""
DOMAINS: Mapping[str, str] = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
"""The domain of a partition's services."""
FILE = re.compile(r"SimpleNotificationService-[0-9A-Za-z]{16,64}\.pem", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{32,512}", re.ASCII)
_MESSAGE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

STRANGERS = Response(403, "This topic is none of ours.\n")
UNSIGNED = Response(403, "SNS has not signed this.\n")
LATE = Response(403, "The message is too old, or from the future.\n")
AGAIN = Response(503, "The certificate is not here yet. Send it again.\n", headers=(("Retry-After", "20"),))

_log = Logger(__name__)


class Message(msgspec.Struct):
    """What SNS sends. A field that is no text makes it none."""

    type: str = msgspec.field(name="Type", default="")
    id: str = msgspec.field(name="MessageId", default="")
    topic: str = msgspec.field(name="TopicArn", default="")
    subject: str | None = msgspec.field(name="Subject", default=None)
    text: str = msgspec.field(name="Message", default="")
    at: str = msgspec.field(name="Timestamp", default="")
    token: str = msgspec.field(name="Token", default="")
    subscribe: str = msgspec.field(name="SubscribeURL", default="")
    version: str = msgspec.field(name="SignatureVersion", default="")
    signature: str = msgspec.field(name="Signature", default="")
    certificate: str = msgspec.field(name="SigningCertURL", default="")

    def signed(self) -> bytes | None:
        """What SNS has signed: each field's name and value, with a line break behind each; None for another type."""
        match self.type:
            case "Notification":
                subject = {} if self.subject is None else {"Subject": self.subject}
                fields = {"Message": self.text, "MessageId": self.id, **subject}
                fields |= {"Timestamp": self.at, "TopicArn": self.topic, "Type": self.type}
            case "SubscriptionConfirmation" | "UnsubscribeConfirmation":
                fields = {"Message": self.text, "MessageId": self.id, "SubscribeURL": self.subscribe}
                fields |= {"Timestamp": self.at, "Token": self.token, "TopicArn": self.topic, "Type": self.type}
            case _:
                return None
        return "".join(f"{name}\n{value}\n" for name, value in fields.items()).encode("utf-8", "surrogatepass")


def home_of(topic: str) -> tuple[str, str]:
    """Region and domain of a topic's ARN. The domain is empty for a partition that is not known."""
    _, partition, _, region, *_ = topic.split(":")
    return region, DOMAINS.get(partition, "")


def certificate_name(url: str, topic: str) -> str:
    """``eu-west-1/SimpleNotificationService-….pem``; empty if `url` is not the address of a certificate of SNS in the
    topic's region, letter by letter.
    """
    region, domain = home_of(topic)
    begin = f"https://sns.{region}.{domain}/"
    file = url.removeprefix(begin)
    return f"{region}/{file}" if domain and url == begin + file and FILE.fullmatch(file) else ""


class Certificates(Protocol):
    """Where the worker keeps signing certificates."""

    def get(self, name: str) -> str | None:
        """In PEM; None where it is not there."""
        ...


@dataclass
class SigningKeys:
    """Keys by the names of their certificates. Of those that are not there it leaves word, so many and no more."""

    certificates: Certificates
    leaves: Leaves
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, SigningKey] = field(default_factory=dict)
    _wanted: dict[str, Allowance] = field(default_factory=dict)

    def known(self, name: str) -> SigningKey | None:
        """One that needs no look into the database."""
        return self._known.get(name)

    def look_up(self, name: str) -> SigningKey | None:
        pem = self.certificates.get(name)
        if pem is None:
            return None
        from bot.intake.sns_signature import read_key  # noqa: PLC0415 - a tenth of a second, for fronts of AWS alone

        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[name] = read_key(pem)
        return self._known[name]

    def want(self, name: str) -> None:
        """Once an hour for each: by then a delivery that waits for it is over."""
        region = name.partition("/")[0]
        allowance = self._wanted.setdefault(region, Allowance(WANTED_BURST, WANTED_A_SECOND, self.monotonic))
        if allowance.take():
            now = self.clock()
            once = hashlib.sha256(f"{name}\n{now:%Y-%m-%dT%H}".encode()).hexdigest()
            self.leaves.put(Arrival(CERTIFICATE, once, once, "wanted", name, 0), now)


def aws_route(door: Door, topics: tuple[str, ...], keys: SigningKeys) -> Route:
    """Messages of the configured SNS topics, if SNS has signed them. Of a notification nothing is kept or believed but
    that it came, and that it is of a suspicion: the worker looks at AWS itself. A person confirms a subscription.
    """

    def answer(request: Request) -> Response:
        message = read_json(request.body, Message)
        if message is None or not _MESSAGE.fullmatch(message.id):
            return door.unproven(UNREADABLE)
        if message.topic not in topics:
            return door.unproven(STRANGERS)
        refused = _refused(door, keys, message)
        return refused if refused is not None else _signed(door, request, message)

    return Route(AWS_PATH, answer, SEND, BODY_BYTES)


def _refused(door: Door, keys: SigningKeys, message: Message) -> Response | None:
    """None if SNS has signed the message, and not long ago. What nobody has proven reads the database so often, and
    asks for certificates so often, and no more.
    """
    name, signed = certificate_name(message.certificate, message.topic), message.signed()
    if not name or signed is None:
        return door.unproven(UNSIGNED)
    if not _in_time(message.at, door.clock()):
        return door.unproven(LATE)
    key = keys.known(name)
    if key is None:
        if not door.allows():
            return TOO_MANY
        key = keys.look_up(name)
    if key is None:
        keys.want(name)
        return AGAIN
    return None if key.fits(signed, message.signature, message.version, door.clock()) else door.unproven(UNSIGNED)


def _in_time(stamp: str, now: datetime) -> bool:
    """``2026-11-27T03:14:15.123Z``, and neither long ago nor to come."""
    try:
        at = datetime.fromisoformat(stamp) if len(stamp) <= len("2026-11-27T03:14:15.123456+00:00") else None
    except ValueError:
        return False
    return at is not None and at.tzinfo is not None and -EARLY <= (now - at).total_seconds() <= STALE


def _signed(door: Door, request: Request, message: Message) -> Response:
    match message.type:
        case "Notification":
            if SUSPECTED in message.text:
                return door.leave(request.body, message.id, "suspicion", SUSPECTED, 1 + int(message.id[:7], 16))
            return door.leave(request.body, message.id, "notification", "", 0)
        case "SubscriptionConfirmation":
            return _waits_for_a_person(door, message)
        case _:
            _log.warning("a subscription has ended: news of AWS comes by a look every quarter of an hour alone",
                         topic=message.topic)  # fmt: skip
            return NOT_OURS


def _waits_for_a_person(door: Door, message: Message) -> Response:
    """The address in a confirmation is followed by nobody, and what it takes to confirm is kept nowhere: whoever has
    just subscribed types what the log says.
    """
    if not door.allows():
        return TOO_MANY
    if _TOKEN.fullmatch(message.token):
        line = f"aws sns confirm-subscription --topic-arn {message.topic} --token {message.token}"
        _log.warning("a subscription waits: whoever has just made it confirms it", command=line)
    return NOT_OURS
