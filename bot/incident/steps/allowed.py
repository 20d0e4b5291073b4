"""What a playbook's actions allow: without one, nothing of it happens, whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident import commands as c
from bot.incident.operations import Op
from bot.incident.refusals import Declined
from bot.incident.state import Incident
from bot.model.playbooks import Action

REVOKES = (Action.REVOKE,)
MAKES = (Action.ROTATE, Action.GENERATE)
PLACES = (Action.ROTATE, Action.UPDATE)
VERIFIES = (Action.ROTATE, Action.VERIFY)

OPERATIONS: Mapping[Op, tuple[Action, ...]] = {
    Op.PAGE: (Action.PAGE,),
    Op.REVOKE: REVOKES,
    Op.DELETE_OLD: REVOKES,
    Op.PROVE: (Action.PROVE,),
    Op.READ_SCOPES: MAKES,
    Op.RECEIVE: MAKES,
    Op.ISSUE: MAKES,
    Op.INSTALL: MAKES,
    Op.VERIFY: MAKES,
    Op.PROMOTE: PLACES,
    Op.ROLL_BACK: PLACES,
    Op.REFRESH: PLACES,
    Op.VERIFY_LIVE: VERIFIES,
    Op.CONFIRM: VERIFIES,
    Op.USAGE: (Action.USAGE,),
    Op.REPORT: (Action.REPORT,),
    Op.DECISIONS: (Action.DECISIONS,),
    Op.DELIVER: (Action.REPORT, Action.DECISIONS),
    Op.DRAFT_UPDATE: (Action.ANNOUNCE,),
    Op.SEND_UPDATE: (Action.ANNOUNCE,),
}
"""What the machine does only where a step has one of these; the rest only reads or clears up."""
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
    return incident.playbook.allows(OPERATIONS.get(op, ())) or (op is Op.PAGE and not incident.answers.pages)


def demand_allowed(incident: Incident, body: c.Command) -> None:
    """Declined where no step of the playbook has an action for what is asked."""
    actions = _COMMANDS.get(type(body), ())
    if not incident.playbook.allows(actions):
        raise Declined(
            f"No step of the playbook “{incident.playbook.title}” has the action {' or '.join(actions)}, so the bot "
            "does not do that here. Do it by hand, or declare with another playbook."
        )
