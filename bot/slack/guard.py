"""What a request must look like before Bolt sees it. Bolt then checks Slack's signature and the request's age.

Bolt does not check which team or app a request is for, and answers a malformed `payload` with a traceback in the log:
both are caught here. An exact repeat passes, and is recognised by its command id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bot.errors import OutsideError, Unauthorized, Unexpected
from bot.logs import Logger
from bot.slack.errors import SYSTEM
from bot.slack.upkeep import told

BODY_BYTES = 256 * 1024
"""A form of ours with everything filled in stays under 100 KB."""
DEPTH = 40
"""Slack's own payloads nest about a dozen deep."""
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Refusal:
    status: int
    sentence: str


UNREADABLE = Refusal(400, "The request cannot be read.")


_OBJECTS = ("team", "user", "channel", "view", "container", "message", "event", "enterprise")
_STRINGS = ("id", "type", "callback_id", "action_id", "block_id", "private_metadata", "trigger_id", "hash", "command")
"""Fields that are never anything else. Source: docs.slack.dev, reference/interaction-payloads."""


@dataclass
class Guard:
    """`teams` and `apps` are the Slack ids that may send; empty: any with a valid signature. `teams` is None while it
    is unknown.
    """

    teams: Collection[str] | None = field(default=())
    apps: Collection[str] = field(default=())

    def check(self, content_type: str, body: bytes) -> Refusal | None:
        """Why the request is not let in, None if it is."""
        if len(body) > BODY_BYTES:
            return Refusal(400, f"The request is larger than {BODY_BYTES // 1024} KiB.")
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in {FORM, JSON}:
            return Refusal(400, "Slack sends forms or JSON.")
        try:
            fields = _fields(kind, body.decode())
        except (ValueError, RecursionError):
            return UNREADABLE
        return self.check_fields(fields)

    def check_fields(self, fields: Mapping[str, Any]) -> Refusal | None:
        """The same for what is already read: the fields of a form, or the JSON of a payload."""
        return self._check_sender(fields) or _check_shape(fields)

    def _check_sender(self, fields: Mapping[str, Any]) -> Refusal | None:
        if fields.get("type") == "url_verification" or "ssl_check" in fields:
            return None  # Slack tries the address out, for no team in particular
        if self.teams is None:
            return Refusal(503, "Slack has not said yet which team this bot works for. Try again in a moment.")
        team = fields.get("team_id") or _inner(fields, "team", "id") or _inner(fields, "user", "team_id")
        if self.teams and not (isinstance(team, str) and team in self.teams):
            return Refusal(403, "This bot does not work for that team.")
        app = fields.get("api_app_id")
        if self.apps and not (isinstance(app, str) and app in self.apps):
            return Refusal(403, "This request is for another app.")
        return None


def _check_shape(fields: Mapping[str, Any]) -> Refusal | None:
    """Bolt takes it for granted that each field has the shape that Slack gives it, and that a press names what was
    pressed; it answers anything else with a 500.
    """
    if any(not isinstance(fields[name], dict) for name in _OBJECTS if fields.get(name) is not None):
        return UNREADABLE
    if "view" in fields and fields["view"] is None:
        return UNREADABLE
    inner = [fields, *(each for name in _OBJECTS if isinstance(each := fields.get(name), dict))]
    actions = fields.get("actions", [])
    if actions is None or not isinstance(actions, list) or not all(isinstance(each, dict) for each in actions):
        return UNREADABLE
    named = [(each, name) for each in [*inner, *actions] for name in _STRINGS if each.get(name) is not None]
    if any(not isinstance(each[name], str) for each, name in named):
        return UNREADABLE
    return UNREADABLE if fields.get("type") == "block_actions" and not actions else None


def _fields(kind: str, text: str) -> Mapping[str, Any]:
    """The request's fields; those of the JSON in `payload` where there is one. ValueError if it is malformed."""
    if kind == JSON:
        return _object(text)
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return _object(fields["payload"]) if "payload" in fields else fields


def _object(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict) or _deeper_than(found, DEPTH):
        raise ValueError("not an object, or nested too deep")
    return found


def _deeper_than(found: object, limit: int) -> bool:
    level: list[object] = [found]
    for _ in range(limit):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _inner(fields: Mapping[str, Any], outer: str, name: str) -> object:
    found = fields.get(outer)
    return found.get(name) if isinstance(found, dict) else None


# The team that the bot works for: the one that its token belongs to, as soon as Slack has said which.


_log = Logger(__name__)


class OwnTeam(Guard):
    """One that learns its team. `ask` is `auth.test`; `apps` are the ids of apps that may send, empty: any.

    Until Slack has answered, no team's requests are let in: a signature or a connection vouches for the app, and an app
    can be installed in several teams.
    """

    def __init__(self, ask: Callable[[], Mapping[str, Any]], apps: Collection[str] = ()) -> None:
        super().__init__(teams=None, apps=apps)
        self._ask = ask
        self.trouble = "Slack has not said yet which team SLACK_BOT_TOKEN belongs to"
        """Why the team is not known; empty once it is."""

    @property
    def known(self) -> bool:
        return self.teams is not None

    def learn(self) -> None:
        """Asks Slack. Its errors are raised, told by `trouble`, and logged where they are new."""
        try:
            team = str(self._ask().get("team_id") or "")
            if not team:
                raise Unexpected(SYSTEM, "check the token", "an answer without a team")
        except OutsideError as error:
            self._tell(error)
            raise
        self.teams = (team,)
        self.trouble = ""
        _log.info("the team is known", team=team)

    def _tell(self, error: OutsideError) -> None:
        sentence = told(error, "SLACK_BOT_TOKEN")
        if sentence != self.trouble:
            (_log.error if isinstance(error, Unauthorized) else _log.warning)(sentence)
        self.trouble = sentence
