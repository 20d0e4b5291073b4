"""What a playbook's actions allow: without one, nothing of it happens, whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident import commands as c
from bot.incident.operations import OPERATIONS, Op
from bot.incident.refusals import Declined
from bot.incident.state import Incident
from bot.model.playbooks import MAKES, PLACES, REVOKES, Action

_COMMANDS: Mapping[type[c.Command], tuple[Action, ...]] = {
    c.KillNow: REVOKES,
    c.BreakGlass: REVOKES,
    c.AnnounceSubmission: MAKES,
    c.AskReplacement: MAKES,
    c.RollBack: PLACES,
    c.RequestReport: (Action.REPORT,),
}


def allowed(incident: Incident, op: Op) -> bool:
    """Whether the machine may do it at all. What gets worse in a planned rotation pages by no action: nobody is paged
    at its beginning.
    """
    return incident.playbook.allows(OPERATIONS[op].needs) or (op is Op.PAGE and not incident.answers.pages)


def demand_allowed(incident: Incident, body: c.Command) -> None:
    """Declined where no step of the playbook has an action for what is asked."""
    actions = _COMMANDS.get(type(body), ())
    if not incident.playbook.allows(actions):
        raise Declined(
            f"No step of the playbook “{incident.playbook.title}” has the action {' or '.join(actions)}, so the bot "
            "does not do that here. Do it by hand, or declare with another playbook."
        )
