"""The command that says what a leaked key is, and declares for exactly this value: identify."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag, option
from bot.cli.declare import Environment, HowNoticed, Public, Strategies
from bot.cli.inbox import NoWait, answered, new_command_id
from bot.cli.submit import Stdin
from bot.cli.terminal import Terminal
from bot.errors import Misuse


def identify(
    terminal: Terminal,
    incident: Annotated[
        str | None, argument("[INCIDENT]", "Also record there whether this incident revokes the key.")
    ] = None,
    secret: Annotated[str | None, typer.Argument(metavar="[SECRET]", hidden=True)] = None,
    *,
    message: Annotated[str, option("--message", "LINK", "Check this Slack message instead.")] = "",
    declare: Annotated[bool, flag("--declare", "Declare exactly this key, without asking.")] = False,
    stdin: Stdin = False,
    environment: Environment = "",
    how_noticed: HowNoticed = "",
    public: Public = None,
    strategy: Strategies = None,
    no_wait: NoWait = False,
) -> int:
    """Find out which key a leaked key is, where it is stored and whether it still works; then declare for exactly
    that value.

    For example:
      bot identify
      bot identify --declare --notice 'in a public gist' --public
    """
    from bot.cli.identification import Wishes, identify_value

    if message:
        return identify_in(terminal, message)
    wishes = Wishes(
        declare=declare,
        environment=environment,
        how_noticed=how_noticed,
        public=public,
        strategies=tuple(strategy or ()),
        no_wait=no_wait,
    )
    return identify_value(terminal, wishes, stdin=stdin, incident=incident, secret=secret)


def identify_in(terminal: Terminal, link: str) -> int:
    """A worker reads the message in Slack; neither the terminal nor the log sees what it says."""
    from bot.eventlog import INSTALLATION
    from bot.inbox.messages import ReportMessage, place_in

    answer = answered(terminal, INSTALLATION, ReportMessage(*place_in(link)), new_command_id())
    if not answer.accepted:
        raise Misuse(answer.reason)
    terminal.document({"message": link, "answer": answer.reason})
    terminal.say(answer.reason)
    return status.DONE
