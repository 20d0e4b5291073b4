"""Waiting for a worker's answer to a command, and giving it here where no worker runs and this terminal can be one."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING

from bot.cli.follow import interruptible
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse
from bot.eventlog import CommandAnswer, Leadership, open_leadership
from bot.inbox.client import Waits

if TYPE_CHECKING:
    from bot.cli.inbox import Kept

LOOK_SECONDS = 0.5
TOLD_AFTER = 5.0
"""Seconds after which the person learns that the command waits."""
SIGN_AGAIN = 240.0
"""Seconds after which an unchecked proof is made again: a proof is valid for five minutes."""
MOST_ATTEMPTS = 2**31 - 1
"""The limit of the column that numbers them."""


def await_answer(terminal: Terminal, kept: Kept) -> CommandAnswer:
    """The answer to what is in the inbox, as `Client.put` gives it. Waits if no worker runs and this terminal cannot
    decide; the command stays in the inbox.

    KeyboardInterrupt: the person stopped waiting; so does it stay.
    """
    with interruptible() as stop:
        answer = _Awaited(terminal, kept, stop).answer()
    if answer is None:
        terminal.hint("Stopped waiting. The command stays in the inbox until a worker decides it.")
        raise KeyboardInterrupt
    return answer


class _Awaited:
    """One command that waits."""

    def __init__(self, terminal: Terminal, kept: Kept, stop: threading.Event) -> None:
        self._terminal, self._kept, self._stop = terminal, kept, stop
        self._leadership: Leadership = open_leadership(terminal.event_log.database)
        self._begun = self._signed = time.monotonic()
        self._told = False

    def answer(self) -> CommandAnswer | None:
        """None if the person stopped waiting."""
        while not self._stop.is_set():
            if not self._leadership.living():
                self._decide_here()
            found = self._terminal.client.answer(self._kept.given.command_id, LOOK_SECONDS, self._kept.said)
            if found is not None:
                return found
            self._keep_waiting()
        return None

    def _keep_waiting(self) -> None:
        now = time.monotonic()
        if not self._told and now - self._begun > TOLD_AFTER:
            self._told = True
            self._terminal.hint("It is in the inbox; no worker has decided yet. Ctrl-C stops waiting.", style="yellow")
        if now - self._signed > SIGN_AGAIN:
            self._signed = now
            attempt = 1 + secrets.randbelow(MOST_ATTEMPTS)  # an attacker who reads the id must not be first
            given = self._kept.given
            self._terminal.client.put(given.incident, given.command, self._kept.by, given.command_id, attempt)

    def _decide_here(self) -> None:
        """Answers what waits, as the worker that there is not. Waits if this terminal cannot."""
        try:
            self._terminal.application.become_worker()
            commands = self._terminal.application.working.commands
        except BotError as error:
            self._terminal.hint(
                f"No worker runs and this terminal cannot be one ({error}). Start `bot work` where AWS and the "
                "providers' admin credentials can be reached.",
                style="yellow",
                warns=True,
            )
            raise Waits(self._kept.given.incident, self._kept.given.command_id) from None
        try:
            self._leadership.enlist()
        except Misuse:
            return  # someone else was faster, and is as good
        try:
            commands.round()
        finally:
            self._leadership.resign()
