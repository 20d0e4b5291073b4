"""The team that the bot works for: the one that its token belongs to, as soon as Slack has said which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from bot.errors import OutsideError, Unauthorized, Unexpected
from bot.logs import Logger
from bot.slack.errors import SYSTEM
from bot.slack.guard import Guard, Refusal
from bot.slack.upkeep import told

_log = Logger(__name__)


class OwnTeam:
    """A `Guard` that learns its team. `ask` is `auth.test`; `apps` are the ids of apps that may send, empty: any.

    Until Slack has answered, no team's requests are let in: a signature or a connection vouches for the app, and an app
    can be installed in several teams.
    """

    def __init__(self, ask: Callable[[], Mapping[str, Any]], apps: Collection[str] = ()) -> None:
        self._ask = ask
        self._guard = Guard(teams=None, apps=apps)
        self.trouble = "Slack has not said yet which team SLACK_BOT_TOKEN belongs to"
        """Why the team is not known; empty once it is."""

    @property
    def known(self) -> bool:
        return self._guard.teams is not None

    def learn(self) -> None:
        """Asks Slack. Its errors are raised, told by `trouble`, and logged where they are new."""
        try:
            team = str(self._ask().get("team_id") or "")
            if not team:
                raise Unexpected(SYSTEM, "check the token", "an answer without a team")
        except OutsideError as error:
            self._tell(error)
            raise
        self._guard = Guard((team,), self._guard.apps)
        self.trouble = ""
        _log.info("the team is known", team=team)

    def check(self, content_type: str, body: bytes) -> Refusal | None:
        """As `Guard.check`, of a request over HTTP."""
        return self._guard.check(content_type, body)

    def check_fields(self, fields: Mapping[str, Any]) -> Refusal | None:
        """As `Guard.check_fields`, of a request over Socket Mode."""
        return self._guard.check_fields(fields)

    def _tell(self, error: OutsideError) -> None:
        sentence = told(error, "SLACK_BOT_TOKEN")
        if sentence != self.trouble:
            (_log.error if isinstance(error, Unauthorized) else _log.warning)(sentence)
        self.trouble = sentence
