"""Waiting for a worker's answer to a command, and giving it here where no worker runs and this terminal can be one."""

from __future__ import annotations

import secrets
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
    leadership = open_leadership(terminal.event_log.database)
    begun = signed = time.monotonic()
    told = False
    with interruptible() as stop:
        while not stop.is_set():
            if not leadership.living():
                _decide_here(terminal, kept, leadership)
            found = terminal.client.answer(kept.given.command_id, LOOK_SECONDS, kept.said)
            if found is not None:
                return found
            now = time.monotonic()
            if not told and now - begun > TOLD_AFTER:
                told = True
                terminal.hint("It is in the inbox; no worker has decided yet. Ctrl-C stops waiting.", style="yellow")
            if now - signed > SIGN_AGAIN:
                signed = now
                _sign_again(terminal, kept)
    terminal.hint("Stopped waiting. The command stays in the inbox until a worker decides it.")
    raise KeyboardInterrupt


def _sign_again(terminal: Terminal, kept: Kept) -> None:
    attempt = 1 + secrets.randbelow(MOST_ATTEMPTS)  # an attacker who reads the id must not be first
    given = kept.given
    terminal.client.put(given.incident, given.command, kept.by, given.command_id, attempt)


def _decide_here(terminal: Terminal, kept: Kept, leadership: Leadership) -> None:
    """Answers what waits, as the worker that there is not. Waits if this terminal cannot."""
    try:
        terminal.application.become_worker()
        commands = terminal.application.working.commands
    except BotError as error:
        terminal.hint(
            f"No worker runs and this terminal cannot be one ({error}). Start `bot work` where AWS and the "
            "providers' admin credentials can be reached.",
            style="yellow",
            warns=True,
        )
        raise Waits(kept.given.incident, kept.given.command_id) from None
    try:
        leadership.enlist()
    except Misuse:
        return  # someone else was faster, and is as good
    try:
        commands.round()
    finally:
        leadership.resign()
