"""The team that the bot works for: the one that its token belongs to, as soon as Slack has said which."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import OutsideError, Throttled, Unauthorized, Unexpected
from bot.logs import Logger
from bot.net.limits import LONGEST_PAUSE as LONGEST_ASKED_FOR
from bot.slack.errors import SYSTEM
from bot.slack.guard import Guard, Refusal

# What has to be tried until Slack is there, in a thread of its own: a start, and the worker, never wait for Slack.


FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds. A token that Slack refuses is not tried more often than this: only another start brings another one."""
_log = Logger(__name__)


def told(error: OutsideError, token: str) -> str:
    """A sentence on why Slack cannot reach the bot; `token` is the setting that was tried."""
    if isinstance(error, Unauthorized):
        return f"Slack does not accept {token} ({error})"
    return f"Slack is not connected yet ({error})"


@dataclass
class Pauses:
    """Seconds to wait after each attempt: twice as long every time, with jitter, and at least as long as Slack asks,
    within reason.
    """

    spread: Callable[[], float] = random.random
    attempts: int = 0

    def after(self, error: OutsideError | None = None) -> float:
        """The pause after one more attempt, which ended with `error` if it did."""
        doubled = LONGEST_PAUSE if isinstance(error, Unauthorized) else FIRST_PAUSE * 2.0 ** min(self.attempts, 10)
        self.attempts += 1
        pause = min(doubled, LONGEST_PAUSE) * (0.75 + self.spread() / 2)
        if isinstance(error, Throttled) and error.retry_after is not None:
            pause = max(pause, min(error.retry_after, LONGEST_ASKED_FOR))
        return pause

    def forget(self) -> None:
        """Begins anew: what was wrong has ended."""
        self.attempts = 0


class Upkeep:
    """Calls `look` until it is stopped. `look` gives the seconds until the next call, None when all is done."""

    def __init__(self, name: str, look: Callable[[], float | None]) -> None:
        self._look = look
        self._woken = threading.Event()
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Has it look at once."""
        self._woken.set()

    def stop(self, patience: float) -> None:
        """Ends it, and waits up to `patience` seconds for a call that is under way."""
        self.ended.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        while not self.ended.is_set():
            self._woken.clear()
            pause = self._safely()
            if pause is None:
                return
            if not self.ended.is_set():
                self._woken.wait(pause)

    def _safely(self) -> float | None:
        try:
            return self._look()
        except Exception as error:  # noqa: BLE001 - a thread that dies would leave Slack unconnected without a word
            _log.error("looking after the connection to Slack failed", error=type(error).__name__)
            return LONGEST_PAUSE


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
