"""Where signed news comes in: a route for each source that is switched on.

A front proves who sends, and leaves in the table of arrivals that something came: the source, the delivery's id, its
kind, and the numbers by which a worker can ask the source itself. Nothing else of what was sent is kept, logged or
answered. What is not for us (another repository, another kind of news) is answered as well, and leaves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex

import msgspec

from bot.intake.door import BODY_BYTES, LATE, NOT_OURS, UNREADABLE, Door, Leaves, read_json
from bot.intake.sns import AWS, LOOKS_A_SECOND, LOOKS_BURST, Certificates, SigningKeys, aws_route
from bot.secret import Secret
from bot.web import Request, Response, Route
from bot.web.routes import SEND

STALE = 300.0
"""Seconds between a signed time and ours, either way, at most."""
LARGEST_NUMBER = 2**31 - 1
_KIND = re.compile(r"[a-z_]{1,40}", re.ASCII)

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
        news = read_json(request.body, _GithubNews)
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

    Source: docs.gitguardian.com, "Custom webhook". Of `incident` the number is read and nothing else: its other fields
    are not quite those of the API (`occurrence_count`, a status in small letters).
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
        news = read_json(request.body, _GitguardianNews)
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


# --- all of them ----------------------------------------------------------------------------------------------------


def routes(
    secrets: Mapping[str, Secret | None], repositories: tuple[str, ...], leaves: Leaves, clock: Callable[[], datetime],
    topics: tuple[str, ...] = (), certificates: Certificates | None = None,
    count: Callable[[str, int], None] = lambda _source, _status: None,
) -> Iterator[Route]:  # fmt: skip
    """Those of the sources for which there is a secret, or topics and where their signing certificates are kept. Of
    each answer `count` is told the source and the HTTP status.
    """

    def counted(source: str, route: Route) -> Route:
        def answer(request: Request) -> Response:
            answered = route.answer(request)
            count(source, answered.status)
            return answered

        return replace(route, answer=answer)

    if (secret := secrets.get(GITHUB)) is not None:
        yield counted(GITHUB, github_route(Door(GITHUB, secret, leaves, clock), repositories))
    if (secret := secrets.get(GITGUARDIAN)) is not None:
        yield counted(GITGUARDIAN, gitguardian_route(Door(GITGUARDIAN, secret, leaves, clock)))
    if topics and certificates is not None:
        own = Secret(token_hex())  # for digests alone: a message is known by its id
        door = Door(AWS, own, leaves, clock, pace=(LOOKS_BURST, LOOKS_A_SECOND))
        yield counted(AWS, aws_route(door, topics, SigningKeys(certificates, leaves, clock)))
