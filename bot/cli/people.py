"""Who commands: brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError

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
