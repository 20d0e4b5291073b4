"""What an incident holds and when it ends: add, close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, option
from bot.cli.declare import Strategies, parse_strategies
from bot.cli.inbox import Given, NoWait, ask_and_show, follow, give_all, new_command_id, refusal
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import BotError
from bot.phrases.times import listed

if TYPE_CHECKING:
    from bot.inbox import CommandReply


def add(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str], argument("SECRET...", "Names from the catalog.")],
    *,
    strategy: Strategies = None,
    no_wait: NoWait = False,
) -> int:
    """Add secrets to an open incident: further ones from the same place. They are revoked as by `declare`.

    For example:
      bot incident add inc_ab12cd sendgrid-api-key stripe-secret-key
      bot incident add inc_ab12cd sendgrid-api-key --strategy sendgrid-api-key=replace-first
    """
    from bot.inbox import AddChoice, SecretChoice

    strategies = parse_strategies(strategy or [], secrets)
    names = list(dict.fromkeys(secrets))
    choices = [SecretChoice(name, strategies.get(name)) for name in names]
    terminal.incidents.look(incident)
    replies = give_all(terminal, [Given(incident, AddChoice(choice), new_command_id()) for choice in choices])
    refused = {name: why for name, reply in zip(names, replies, strict=True) if (why := _not_added(reply)) is not None}
    for name, why in refused.items() if len(names) > 1 else ():
        terminal.hint(f"Not added: {name}. {why}", style="red", warns=True)
    states = [reply.incident for reply in replies if not isinstance(reply, BotError) and not reply.refused]
    if not states:
        raise next(iter(refused.values()))
    if refused:
        added = listed([name for name in names if name not in refused])
        terminal.hint(f"Added: {added}.", style="bold", warns=True)
    ended = follow(terminal, states[-1], no_wait=no_wait)
    return max([ended, *map(status.of_error, refused.values())])


def _not_added(reply: CommandReply | BotError) -> BotError | None:
    """Why; None if it was."""
    if isinstance(reply, BotError):
        return reply
    return refusal(reply) if reply.refused else None


def close(
    terminal: Terminal,
    incident: IncidentId,
    *,
    note: Annotated[str, option("--note", "TEXT", "Why it may stay open; quoted in the report.")] = "",
    accept: Annotated[
        list[str] | None, option("--accept", "ITEM", "What is open and may stay; as `bot close` names it.")
    ] = None,
    no_wait: NoWait = False,
) -> int:
    """Close the incident. What is still open is accepted by name, with a reason; keys at risk need a second person.

    For example:
      bot close inc_ab12cd
      bot close inc_ab12cd --accept task:t2 --note 'ticket PAY-112'
    """
    from bot.incident.closing.open_items import acceptable, left_digest
    from bot.incident.commands import Close
    from bot.phrases.typed import line_of

    left = acceptable(terminal.incidents.load(incident))
    named = tuple(accept or ())
    if left and not named:
        for item in left:
            terminal.hint(f"  {item.key}  {item.words}")
        terminal.hint(f"`{line_of(incident, Close(), left=[item.key for item in left])}`")
        if terminal.interactive:
            terminal.sure(f"Accept {'this' if len(left) == 1 else f'all {len(left)}'} under your name?")
            named = tuple(item.key for item in left)
            note = note or str(typer.prompt("Why may it stay open? Quoted in the report", err=True))
    return ask_and_show(terminal, incident, Close(note, named, left_digest(left)), no_wait=no_wait)
