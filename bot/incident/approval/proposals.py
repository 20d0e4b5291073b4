"""Acts other than a revocation that need a second person: proposed, then approved or rejected."""

from __future__ import annotations

from datetime import timedelta

from bot.incident import events as e
from bot.incident.commands import Asked
from bot.incident.refusals import Declined
from bot.incident.shown import digest_of
from bot.incident.state import Incident, Proposal
from bot.incident.two_people import demand_listed

STRATEGY = "strategy"
CLOSURE = "closure"
REDACTION = "redaction"
SCOPES = "scopes"
RESUMPTION = "resumption"
SESSIONS = "sessions"


def proposal_digest(incident: Incident, proposal: Proposal) -> str:
    """The digest in the buttons and the command: it binds the proposal, its subject, its author and the reason."""
    document = [incident.id, proposal.number, proposal.what, proposal.subject, proposal.by, proposal.reason]
    return digest_of([*document, proposal.items, proposal.details, proposal.end])


def propose(
    incident: Incident,
    what: str,
    subject: str,
    reason: str,
    asked: Asked,
    items: tuple[str, ...] = (),
    details: tuple[str, ...] = (),
) -> e.ProposalMade:
    """`what` of `subject`, by the actor. Declined for an account that is no entry of the people file."""
    actor = asked.actor
    demand_listed(actor)
    until = asked.at + timedelta(seconds=incident.timings.approval_expires)
    return e.ProposalMade(
        incident.proposals + 1, what, subject, reason, until, actor.recorded, items=items, details=details
    )


def waiting(incident: Incident, digest: str) -> Proposal:
    """The proposal that is open, if it is the one that was shown."""
    proposal = incident.proposal
    if proposal is None:
        raise Declined("This proposal is no longer open: it was decided, expired or replaced.")
    if not digest:
        raise Declined("Name the proposal by its digest, so you decide on the one you saw.")
    if digest != proposal_digest(incident, proposal):
        raise Declined("This is not the proposal you saw. Look at it, then decide.")
    return proposal


def waiting_digest(incident: Incident) -> str:
    """The digest of the open proposal; empty without one."""
    return proposal_digest(incident, incident.proposal) if incident.proposal is not None else ""


def of_redaction(incident: Incident) -> bool:
    """Whether what waits for a second person is a redaction: that can be decided after the close too."""
    return incident.proposal is not None and incident.proposal.what == REDACTION
