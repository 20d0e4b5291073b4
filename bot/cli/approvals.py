"""The command of the second person, who agrees to a plan or refuses it: approve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import flag, option
from bot.cli.inbox import NoWait, ask_and_show
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import ApprovePlan
    from bot.incident.state import Incident

Digest = Annotated[str, option("--digest", "HEX", "What you looked at: 16 digits, from `bot incident plan`.")]
SHORTEST_DIGEST = 12


def approve(
    terminal: Terminal,
    incident: IncidentId,
    *,
    digest: Digest = "",
    refuse: Annotated[bool, flag("--refuse", "Refuse it, with a reason.")] = False,
    note: Annotated[str, option("--note", "TEXT", "Why not; shown to the requester.")] = "",
    no_wait: NoWait = False,
) -> int:
    """Agree as the second person to the plan that waits, or refuse it. `bot answer` agrees to proposals.

    For example:
      bot approve inc_ab12cd --digest 4f1c9a02b7de5566
      bot approve inc_ab12cd --refuse --note 'the consumers are well again'
    """
    from bot.incident.commands import RejectPlan

    state = terminal.incidents.load(incident)
    if refuse:
        body = RejectPlan(_of_request(state, digest) or _requested(state), note)
        return ask_and_show(terminal, incident, body, no_wait=True)
    return ask_and_show(terminal, incident, _approval(terminal, state, digest), no_wait=no_wait)


def _approval(terminal: Terminal, incident: Incident, digest: str) -> ApprovePlan:
    """Without a digest it shows the plan and asks: people approve only what they have seen."""
    from bot.cli.incident_view import show_plan
    from bot.incident.commands import ApprovePlan

    if digest or incident.request is None:
        return ApprovePlan(_of_request(incident, digest))
    current = incident.request.digest
    if not terminal.shown:
        raise Misuse(
            f"Name the plan you approve: `bot incident plan {incident.id}` shows the line to type, with --digest."
        )
    for name in incident.request.plans:
        show_plan(terminal, incident, incident.secrets[name], terminal.clock())
    if not typer.confirm("Approve this?", default=False, err=True):
        raise typer.Abort
    return ApprovePlan(current)


def _requested(incident: Incident) -> str:
    return incident.request.digest if incident.request is not None else ""


def _in_full(current: str, digest: str) -> str:
    """The whole digest for its beginning. An unknown one is passed on, so that the rules say what changed."""
    if digest and len(digest) < SHORTEST_DIGEST:
        raise Misuse(f"Give at least {SHORTEST_DIGEST} digits of the digest.")
    return current if digest and current.startswith(digest) else digest


def _of_request(incident: Incident, digest: str) -> str:
    """The whole digest of the request for approval. Misuse for a single plan's, which is shown beside it."""
    from bot.incident.approval.plan import plan_of

    full = _in_full(_requested(incident), digest)
    plans = [plan_of(incident, secret).digest for secret in incident.secrets.values()]
    if full != _requested(incident) and digest and any(plan.startswith(digest) for plan in plans):
        raise Misuse(f"No request has that digest: `bot incident plan {incident.id}` has the line.")
    return full
