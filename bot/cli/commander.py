"""The command for the commander's role: who leads the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, assert_never

import typer

from bot.cli.inbox import ask
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError, Misuse

if TYPE_CHECKING:
    from bot.incident.commands import AcceptRole, DeclineRole, HandOver, TakeRole
    from bot.incident.state import Incident

RoleVerb = Literal["hand-over", "accept", "decline", "take"]


def commander(
    terminal: Terminal,
    incident: IncidentId,
    verb: Annotated[
        RoleVerb | None, typer.Argument(metavar="[hand-over|accept|decline|take]", help="Nothing: show who has it.")
    ] = None,
    to: Annotated[str, typer.Argument(metavar="[NAME]", help="Whom to hand it over to.")] = "",
    *,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What only you know; they read it.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Needed to decline or to take over.")] = "",
) -> None:
    """See who commands, with a summary; hand the role over, accept, decline, or take over.

    It changes hands once the other accepts. Who does not answer holds up nobody: take over, with a reason.

    For example:
      bot commander inc_ab12cd hand-over ben --note 'Stripe support calls back at four'
      bot commander inc_ab12cd take --reason 'anna does not answer her phone'
    """
    state = terminal.incidents.load(incident)
    if verb is not None:
        if verb == "hand-over":
            _known(terminal, to)
        state = ask(terminal, incident, _body(verb, to, note=note, reason=reason))
    _show(terminal, state)


def _body(verb: RoleVerb, to: str, *, note: str, reason: str) -> HandOver | AcceptRole | DeclineRole | TakeRole:
    from bot.incident.commands import AcceptRole, DeclineRole, HandOver, TakeRole

    match verb:
        case "hand-over":
            return HandOver(to, note)
        case "accept":
            return AcceptRole()
        case "decline":
            if not reason:
                raise Misuse("A role is declined with a reason: --reason TEXT.")
            return DeclineRole(reason)
        case "take":
            return TakeRole(reason)
        case _:
            assert_never(verb)


def _known(terminal: Terminal, name: str) -> None:
    """Refuses early whom the worker would refuse: whoever cannot read the people file here is not stopped by that."""
    from bot.incident.model import Right

    if not name:
        raise Misuse("Say to whom: `bot commander INCIDENT hand-over NAME`.")
    try:
        people = terminal.application.files.people
    except ConfigurationError:
        return
    able = sorted(person.name for person in people.having(Right.RESPOND) if not person.shared)
    if people.everybody and name not in able:
        raise Misuse(f"{name!r} cannot be the commander. These people can: {', '.join(able) or 'none'}.")


def _show(terminal: Terminal, incident: Incident) -> None:
    from bot.incident.offers import urged
    from bot.phrases.handover import decisions_words, handover_summary, last_decisions
    from bot.phrases.marks import plain
    from bot.phrases.team import roles_document, roles_words

    decided = last_decisions(incident, terminal.event_log.events(incident.id))
    lines = handover_summary(incident, urged(incident, terminal.clock()))
    lines = [*_closers(terminal, incident), *(plain(line) for line in (*lines, *decisions_words(decided)))]
    terminal.document({**roles_document(incident), "summary": lines})
    terminal.say(f"{roles_words(incident)}.".capitalize(), style="bold")
    for line in lines:
        terminal.say(line)


def _closers(terminal: Terminal, incident: Incident) -> list[str]:
    """Who can close, where the commander cannot, or whoever the role is offered to; where nobody commands, of any who
    may. Nothing where the people file cannot be read here.
    """
    from bot.phrases.team import closers

    try:
        people = [person.actor for person in terminal.application.files.people] if incident.open else []
    except ConfigurationError:
        return []
    offered = incident.team.offered
    leads = dict.fromkeys([incident.commander, *([offered.to] if offered is not None else [])])
    return [said for said in (closers(people, name) for name in leads) if said]
