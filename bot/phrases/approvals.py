"""The words of a question to a second person: the question, its result, and who can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.incident import events as e
from bot.incident.approval import proposals
from bot.incident.approval.basis import second_person
from bot.incident.approval.plan import ENDING, plan_of
from bot.incident.changes import replace
from bot.incident.model import BOT, Actor, Strategy
from bot.incident.offer import Offer, may
from bot.incident.state import ApprovalRequest, Consent, Incident, Proposal, SecretState
from bot.phrases.closing import declined_lines
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.plans import IF_FAILING, step_words
from bot.phrases.states import capitalised, effect_now, effect_of_end, new_words
from bot.phrases.times import at_most, counted, listed

NAMED = 6
"""The most people, and the most secrets, that are named; more are counted."""
DECLINED = 250
"""Characters of what one person declined for one reason."""


def who_can(people: Iterable[Actor], offer: Offer) -> str:
    """The names of the people who may do this: ``anna, ben or chloe``; empty without any."""
    return any_of([person.name for person in people if may(person, offer)])


def any_of(names: Sequence[str], last: str = "or") -> str:
    """``anna, ben or chloe``, or the first of many with the number of others; empty without any."""
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} {last} {len(names) - NAMED} more"
    return listed(names, last) if names else ""


def act_words(incident: Incident) -> str:
    """The act to which a second person agrees, for button and title: ``Revoke Redis password``. Plain."""
    names = list(incident.request.plans) if incident.request is not None else []
    one = incident.secrets[names[0]].entry.title if len(names) == 1 else counted(len(names), "key")
    return f"Revoke {one}"


def plan_asked(incident: Incident, request: ApprovalRequest) -> Iterator[str]:
    """The lines of a message to someone who can agree to the plans of this request."""
    secrets = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    shown = _names(secret.name for secret in secrets)
    yield f"✋ *{_asker(incident, secrets)} asks: revoke {shown}?* ({literal(incident.environment)})"
    for secret in secrets[:NAMED]:
        yield from _secret_asked(incident, secret, alone=len(secrets) == 1)
    if len(secrets) > NAMED:
        yield f"… and {len(secrets) - NAMED} more: see their plans on the incident card."


def _secret_asked(incident: Incident, secret: SecretState, *, alone: bool) -> Iterator[str]:
    plan = plan_of(incident, secret)
    steps = [words for step, words in zip(plan.steps, step_words(plan), strict=True) if step.does in ENDING]
    named = "" if alone else f"{code(secret.name)}: "
    yield f"{named}*What happens*: {literal('; '.join(steps) or 'the old key is revoked')}."
    yield f"*Effect*: {literal(effect_of_end(incident, secret))}"
    readers = f" ({', '.join(literal(name) for name in plan.consumers)})" if plan.consumers else ""
    yield f"*New key*: {new_words(incident, secret)}{readers}."


def expires(request: ApprovalRequest | Proposal, digest: str) -> str:
    """Until when an answer counts, and the plan that it is an answer to."""
    return f"Plan {digest[:4]} {digest[4:8]} · expires {moment(request.until)}"


def proposed(what: str, subject: str) -> str:
    """``to *close* with this still open: …``: the subject of a question other than a revocation."""
    match what:
        case proposals.STRATEGY:
            return f"to change {code(subject)} to *{Strategy.OVERLAP.words}*; {IF_FAILING}"
        case proposals.REDACTION:
            return f"to *remove text from the log for good*: event {literal(subject)}"
        case proposals.RESUMPTION:
            return "to *resume all revocations*: approved keys are revoked at once"
        case proposals.SESSIONS:
            return f"to *end sessions* that {code(subject)} opened"
        case proposals.SCOPES:
            return f"to give the new {code(subject)} these rights"
        case _:
            return f"to *close* with this still open: {literal(subject)}"


def declined_beside(incident: Incident, proposal: Proposal, lines: int, most: int) -> list[str]:
    """The declined tasks, beside a question about the close: up to `lines`, each of `most` characters."""
    every = declined_lines(incident, most) if proposal.what == proposals.CLOSURE else []
    more = [f"… and {len(every) - lines} more"] if len(every) > lines else []
    return ["*Not done, declined*", *every[:lines], *more] if every else []


def proposal_asked(incident: Incident, proposal: Proposal) -> Iterator[str]:
    """The same for another question than a revocation."""
    asked = f"✋ *{literal(proposal.by)} asks you to agree* ({literal(incident.environment)})"
    yield f"{asked}: {proposed(proposal.what, proposal.subject)}"
    if proposal.what == proposals.SESSIONS:
        role, until, policy, *functions = proposal.items
        yield from sessions_lines(role, f"before {day_and_time(datetime.fromisoformat(until))}", policy, functions)
    yield f"Reason: {literal(proposal.reason)}"
    yield from declined_beside(incident, proposal, NAMED, DECLINED)


def sessions_lines(role: str, when: str, policy: str, functions: Sequence[str]) -> Iterator[str]:
    """What ends, what stops for how long, and the way back."""
    yield f"*Ends*: every session of role {code(role)} opened {when}, by its new policy {code(policy)}."
    ours = f"{any_of(functions, 'and')} run with it" if functions else "no catalogued function runs with it"
    yield f"*Stops*: {literal(ours)}. AWS refuses a function until the bot has refreshed it, right after."
    yield "Everyone else with the role signs in again."
    yield "*Way back*: *Remove deny…* removes the policy; sessions that have not expired work again then."


def _names(plans: Iterable[str]) -> str:
    return at_most([code(name) for name in plans], NAMED)


def _asker(incident: Incident, secrets: Sequence[SecretState]) -> str:
    """The person who asked for the revocation, else the author of the plan or declaration."""
    names = [s.kill.name if s.kill is not None else s.author.name if s.author is not None else "" for s in secrets]
    known = list(dict.fromkeys(filter(None, names))) or [incident.declared.name]
    return literal(known[0]) if len(known) == 1 else f"{literal(known[0])} and others"


def answered(incident: Incident, news: Sequence[e.Recorded], *, plan: bool) -> str:
    """The result of the question, from the later events; in general words if they do not tell."""
    found = decided(news, plan=plan)
    return found or ("🔒 The incident was closed." if not incident.open else "Your answer is no longer needed.")


def decided(news: Sequence[e.Recorded], *, plan: bool, reasons: bool = True) -> str:
    """The last decision on a plan or a proposal, with its author; empty without any. `reasons`: with theirs."""
    for recorded in reversed(news):
        who = literal(recorded.actor)
        match recorded.event:
            case e.PlanApproved(plans) if plan:
                return f"👍 {who} approved revoking {_names(plans)} {moment(recorded.at)}."
            case e.PlanRejected(plans, reason) if plan:
                said = f"👎 {who} refused revoking {_names(plans)} {moment(recorded.at)}"
                return f"{said}: {literal(reason)}" if reasons else f"{said}."
            case e.ApprovalExpired() if plan:
                return f"⏰ No answer in time: it expired {moment(recorded.at)}."
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


# What people are shown before they revoke an old key without waiting: phrases (`bot.phrases.marks`).


def kill_lines(incident: Incident, secret: SecretState) -> Iterator[str]:
    """What happens, what stops, whether it can be undone, what it waits for, and who else has to agree."""
    plan = plan_of(incident, secret, at_once=True)
    done = [words for step, words in zip(plan.steps, step_words(plan), strict=True) if step.does in ENDING]
    yield f"*What happens*: {literal(capitalised('; '.join(done)))}."
    yield f"*Effect*: {literal(effect_now(secret))}"
    if secret.entry.capabilities.revoke_needs_replacement and not incident.serving(secret).new.staged:
        yield "It starts once the new key is staged."
    at = incident.last_at
    wanted = secret if secret.kill is not None else replace(secret, kill=Consent("", at), slot=at)
    if why := second_person(incident, wanted, at):
        yield f"Needs a second approver, because {literal(why)}."
