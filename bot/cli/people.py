"""Who commands and what was told to others: brief, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import argument
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError, Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident


def brief(terminal: Terminal, incident: IncidentId) -> None:
    """Summary for a person who takes command: who commands, what works, what is due, the last decisions.

    For example:
      bot people brief inc_ab12cd
    """
    from bot.phrases.handover import decisions_words, handover_summary, last_decisions
    from bot.phrases.marks import plain
    from bot.phrases.states import capitalised
    from bot.phrases.team import roles_document, roles_words

    state = terminal.incidents.load(incident)
    decided = last_decisions(state, terminal.event_log.events(state.id))
    lines = handover_summary(state, terminal.clock())
    lines = [*_closers(terminal, state), *(plain(line) for line in (*lines, *decisions_words(decided)))]
    terminal.document({**roles_document(state), "summary": lines})
    terminal.say(f"{capitalised(roles_words(state))}.", style="bold")
    for line in lines:
        terminal.say(line)


def _closers(terminal: Terminal, incident: Incident) -> list[str]:
    """Who can close, if the commander or the recipient of the offered role cannot; without a commander, everyone who
    may. Empty if the people file cannot be read here.
    """
    from bot.phrases.team import closers

    try:
        people = [person.actor for person in terminal.application.files.people] if incident.open else []
    except ConfigurationError:
        return []
    offered = incident.team.offered
    leads = dict.fromkeys([incident.commander, *([offered.to] if offered is not None else [])])
    return [said for said in (closers(people, name) for name in leads) if said]


def updates(
    terminal: Terminal,
    incident: IncidentId,
    audience: Annotated[str, argument("[AUDIENCE]", "All by default.")] = "",
) -> None:
    """Show what security, stakeholders and owners were told, and the text that waits.

    The texts come from templates (update-NAME.txt.j2). `bot answer` sends or skips the one that waits.

    For example:
      bot incident updates inc_ab12cd
    """
    from bot.incident.updates.rules import audiences, state_of
    from bot.phrases.updates import audience_words, updates_document

    state = terminal.incidents.load(incident)
    named = [each.name for each in audiences(state)]
    if audience and audience not in named:
        told = f"it tells {', '.join(named)}" if named else "it tells no one"
        raise Misuse(f"{incident} has no updates for {audience!r}: {told}.")
    documents = [each for each in updates_document(state) if not audience or each["audience"] == audience]
    terminal.document({"incident": state.id, "events": state.seq, "updates": documents})
    if not state.playbook.audience:
        terminal.say("No one gets status updates: BOT_SECURITY_CHANNEL is not set and the playbook has no audience.")
    for each in audiences(state):
        if audience in {"", each.name}:
            terminal.say(audience_words(state, each), style="bold")
            draft = state_of(state, each.name).draft
            for line in draft.text.splitlines() if draft is not None else ():
                terminal.say(line, indent=2)
