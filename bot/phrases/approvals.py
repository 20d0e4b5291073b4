"""What people read of a question to a second person: what they are asked, what became of it, and who can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.incident import events as e
from bot.incident.approval import proposals
from bot.incident.approval.basis import second_person
from bot.incident.approval.plan import ENDING, plan_of
from bot.incident.changes import replace
from bot.incident.model import BOT, Actor, IfFailing
from bot.incident.offer import Offer, may
from bot.incident.state import ApprovalRequest, Consent, Incident, Proposal, SecretState
from bot.phrases.closing import declined_lines
from bot.phrases.marks import code, literal, moment
from bot.phrases.plans import if_failing_words, step_words
from bot.phrases.states import capitalised, effect_now, effect_of_end, new_words
from bot.phrases.times import at_most, listed

NAMED = 6
"""So many people, and so many secrets, are named; more are counted."""
DECLINED = 250
"""Characters of what one person declined for one reason."""


def who_can(people: Iterable[Actor], offer: Offer) -> str:
    """Those of the people who may do this, by name: ``anna, ben or chloe``; empty if there is nobody."""
    return any_of([person.name for person in people if may(person, offer)])


def any_of(names: Sequence[str]) -> str:
    """``anna, ben or chloe``, or the first of many with how many more there are; empty if there is nobody."""
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} or {len(names) - NAMED} more"
    return listed(names, "or") if names else ""


def plan_asked(incident: Incident, request: ApprovalRequest) -> Iterator[str]:
    """The lines of a message to somebody who can agree to the plans of this request."""
    secrets = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    shown = _names(secret.name for secret in secrets)
    yield f"✋ *{_asker(incident, secrets)} asks you to approve ending {shown}* ({literal(incident.environment)})"
    for secret in secrets[:NAMED]:
        yield from _secret_asked(incident, secret, alone=len(secrets) == 1)
    if len(secrets) > NAMED:
        yield f"… and {len(secrets) - NAMED} more: their plans stand on the incident card."


def _secret_asked(incident: Incident, secret: SecretState, *, alone: bool) -> Iterator[str]:
    plan = plan_of(incident, secret)
    steps = [words for step, words in zip(plan.steps, step_words(plan), strict=True) if step.does in ENDING]
    named = "" if alone else f"{code(secret.name)}: "
    yield f"{named}*What happens*: {literal('; '.join(steps) or 'the old value is ended')}."
    yield f"*Effect*: {literal(effect_of_end(incident, secret))}"
    readers = f" ({', '.join(literal(name) for name in plan.consumers)})" if plan.consumers else ""
    yield f"*New value*: {new_words(incident, secret)}{readers}."


def expires(request: ApprovalRequest | Proposal, digest: str) -> str:
    """Until when an answer counts, and the plan that it is an answer to."""
    return f"Plan {digest[:4]} {digest[4:8]} · expires {moment(request.until)}"


def proposed(what: str, subject: str, if_failing: IfFailing) -> str:
    """``to *close* although this is open: …``: what a second person is asked about besides a kill."""
    match what:
        case proposals.STRATEGY:
            return f"to let {code(subject)} overlap instead of revoking it first; {if_failing_words(if_failing)}"
        case proposals.REDACTION:
            return f"to *take people's words out of the log*, for good: event {literal(subject)}"
        case proposals.RESUMPTION:
            return "to *resume all revocations*: what was approved is revoked at once"
        case proposals.SCOPES:
            return f"to give the new {code(subject)} these rights"
        case _:
            return f"to *close* although this is open: {literal(subject)}"


def declined_beside(incident: Incident, proposal: Proposal, lines: int, most: int) -> list[str]:
    """The tasks that people declined, where it is asked whether to close: up to `lines`, each of `most` characters."""
    every = declined_lines(incident, most) if proposal.what == proposals.CLOSURE else []
    more = [f"… and {len(every) - lines} more"] if len(every) > lines else []
    return ["*Not done, declined*", *every[:lines], *more] if every else []


def proposal_asked(incident: Incident, proposal: Proposal) -> Iterator[str]:
    """The same for something besides a kill."""
    what = {
        proposals.STRATEGY: f"an overlap for {code(proposal.subject)}, whose old value lives on meanwhile",
        proposals.SCOPES: f"to the rights of the new {code(proposal.subject)}",
        proposals.RESUMPTION: "to resume all revocations, at once where they were approved",
        proposals.REDACTION: f"to take people's words out of event {literal(proposal.subject)}, for good",
    }.get(proposal.what, f"to close although this is open: {literal(proposal.subject)}")
    yield f"✋ *{literal(proposal.by)} asks you to agree* ({literal(incident.environment)}): {what}"
    yield f"Reason: {literal(proposal.reason)}"
    yield from declined_beside(incident, proposal, NAMED, DECLINED)


def _names(plans: Iterable[str]) -> str:
    return at_most([code(name) for name in plans], NAMED)


def _asker(incident: Incident, secrets: Sequence[SecretState]) -> str:
    """Whoever wants the kill, else whoever made the plan or declared."""
    names = [s.kill.name if s.kill is not None else s.author.name if s.author is not None else "" for s in secrets]
    known = list(dict.fromkeys(filter(None, names))) or [incident.declared.name]
    return literal(known[0]) if len(known) == 1 else f"{literal(known[0])} and others"


def answered(incident: Incident, news: Sequence[e.Recorded], *, plan: bool) -> str:
    """What became of the question, from what happened since; in general words where that does not tell."""
    found = decided(news, plan=plan)
    return found or ("🔒 The incident was closed." if not incident.open else "Your answer is not needed any more.")


def decided(news: Sequence[e.Recorded], *, plan: bool, reasons: bool = True) -> str:
    """What was decided last on a plan, or on a proposal, and by whom; empty if nothing was. `reasons`: with theirs."""
    for recorded in reversed(news):
        who = literal(recorded.actor)
        match recorded.event:
            case e.PlanApproved(plans) if plan:
                return f"👍 {who} approved ending {_names(plans)} {moment(recorded.at)}."
            case e.PlanRejected(plans, reason) if plan:
                said = f"👎 {who} rejected ending {_names(plans)} {moment(recorded.at)}"
                return f"{said}: {literal(reason)}" if reasons else f"{said}."
            case e.ApprovalExpired() if plan:
                return f"⏰ Nobody answered in time: it expired {moment(recorded.at)}."
            case e.GlassBroken() if plan:
                return f"🔨 {who} broke the glass {moment(recorded.at)}."
            case e.ProposalApproved() if not plan:
                return f"👍 {who} agreed {moment(recorded.at)}."
            case e.ProposalRejected(_, reason) if not plan and recorded.actor == BOT.name:
                return f"👎 Not agreed {moment(recorded.at)}: {literal(reason)}"
            case e.ProposalRejected(_, reason) if not plan:
                said = f"👎 {who} disagreed {moment(recorded.at)}"
                return f"{said}: {literal(reason)}" if reasons else f"{said}."
            case _:
                continue
    return ""


# What people are shown before they revoke an old value without waiting: phrases (`bot.phrases.marks`).


def kill_lines(incident: Incident, secret: SecretState) -> Iterator[str]:
    """What happens, what stops, whether there is a way back, what it waits for, and who else has to agree."""
    plan = plan_of(incident, secret, at_once=True)
    done = [words for step, words in zip(plan.steps, step_words(plan), strict=True) if step.does in ENDING]
    yield f"*What happens*: {literal(capitalised('; '.join(done)))}."
    yield f"*Effect*: {literal(effect_now(secret))}"
    if secret.entry.capabilities.revoke_needs_replacement and not incident.serving(secret).new.staged:
        yield "It begins once the new value is staged."
    at = incident.last_at
    wanted = secret if secret.kill is not None else replace(secret, kill=Consent("", at), slot=at)
    if why := second_person(incident, wanted, at):
        yield f"Needs a second approver, because {literal(why)}."
