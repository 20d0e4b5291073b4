"""Which event follows from a command about the programme; Declined with a sentence if none does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.incident import bounds
from bot.incident.model import BOT, Actor, Right
from bot.incident.refusals import RIGHT_WORDS, Declined, clean, demand
from bot.incident.two_people import demand_listed, demand_other
from bot.model.windows import read_windows
from bot.programme.commands import (
    AgreeStanding,
    AgreeWaiver,
    AskWaiver,
    ProgrammeCommand,
    ResumeProvider,
    SignStanding,
    StopProvider,
    WithdrawStanding,
    WithdrawWaiver,
)
from bot.programme.events import (
    ProgrammeEvent,
    ProviderResumed,
    ProviderStopped,
    StandingAgreed,
    StandingSigned,
    StandingWithdrawn,
    WaiverAgreed,
    WaiverAsked,
    WaiverWithdrawn,
)
from bot.programme.state import AT_MOST, Entitled, Programme, Standing, Waiver, digest_of

AGREE_WITHIN = timedelta(days=7)
"""How long the second signature under a standing approval may take."""
MOST_SECRETS = 500
LONGEST_WINDOW = 200
"""Characters of a window's text."""

type DueOf = Callable[[str, str], datetime | None]
"""By environment and secret, when its rotation is due; None where its age is not known, which is overdue. Declined
where it has no due date at all.
"""


def decide(
    state: Programme,
    command: ProgrammeCommand,
    actor: Actor,
    at: datetime,
    *,
    entitled: Entitled,
    due: DueOf = lambda _environment, _secret: None,
) -> ProgrammeEvent:
    """The event that follows. The actor's proof has been checked, and the catalog has the secrets that are named."""
    match command:
        case SignStanding():
            return _sign(state, command, actor, at, entitled)
        case AgreeStanding():
            return _agree(state, command, actor, at, entitled)
        case WithdrawStanding():
            return _withdraw(state, command, actor, at)
        case AskWaiver():
            return _ask_waiver(state, command, actor, at, entitled, due)
        case AgreeWaiver():
            return _agree_waiver(state, command, actor, at, entitled, due)
        case WithdrawWaiver():
            return _withdraw_waiver(state, command, actor, at)
        case StopProvider():
            return _stop(state, command, actor)
        case ResumeProvider():
            return _resume(state, command, actor)


# --- standing approvals -----------------------------------------------------------------------------------------------


def _sign(state: Programme, command: SignStanding, actor: Actor, at: datetime, entitled: Entitled) -> StandingSigned:
    _demand_entry(actor, Right.APPROVE, entitled)
    secrets = command.secrets
    if not secrets or len(secrets) > MOST_SECRETS:
        raise Declined(f"A standing approval names 1 to {MOST_SECRETS} secrets, and not {len(secrets)}.")
    if twice := sorted({name for name in secrets if secrets.count(name) > 1}):
        raise Declined(f"{', '.join(twice)} is named twice.")
    bounds.demand_overlap(command.overlap)
    until = bounds.due(command.until, at, "A standing approval's end", AT_MOST)
    when = _window(command.when)
    number = len(state.standing) + 1
    digest = digest_of(number, command, when, actor.name)
    return StandingSigned(
        number, command.environment, secrets, command.overlap, when, until, digest, at + AGREE_WITHIN,
        command.order,
    )  # fmt: skip


def _agree(state: Programme, command: AgreeStanding, actor: Actor, at: datetime, entitled: Entitled) -> StandingAgreed:
    _demand_entry(actor, Right.APPROVE, entitled)
    standing = _standing(state, command.approval)
    _demand_not_over(standing, f"Standing approval {standing.number}")
    if standing.agreed is not None:
        raise Declined(f"Nothing to do: {standing.agreed.name} has agreed to standing approval {standing.number}.")
    if not standing.waits(at):
        raise Declined(f"Standing approval {standing.number} was not agreed to in time. Sign another one.")
    demand_other(actor, {standing.signed.name}, did="has signed this")
    if not entitled(standing.signed.name, Right.APPROVE):
        raise Declined(f"{standing.signed.name}, who signed first, may not approve any more. Sign another one.")
    if command.digest != standing.digest:
        raise Declined(
            f"Standing approval {standing.number} has the digest {standing.digest}, and not {command.digest[:64]!r}. "
            "Read what it covers (`bot standing list`), and agree to that."
        )
    return StandingAgreed(standing.number, standing.digest)


def _withdraw(state: Programme, command: WithdrawStanding, actor: Actor, at: datetime) -> StandingWithdrawn:
    standing = _standing(state, command.approval)
    if actor.name not in standing.givers and not (actor.may(Right.APPROVE) or actor.may(Right.COMMAND)):
        raise Declined(
            f"{actor.name} has not signed standing approval {standing.number}, and may neither approve nor command."
        )
    _demand_not_over(standing, f"Standing approval {standing.number}")
    if at >= standing.until:
        raise Declined(f"Nothing to do: standing approval {standing.number} lapsed on {standing.until:%Y-%m-%d}.")
    if standing.agreed is None and not standing.waits(at):
        raise Declined(f"Nothing to do: no second person signed standing approval {standing.number} in time.")
    return StandingWithdrawn(standing.number, clean(command.reason, "reason"))


def _standing(state: Programme, number: int) -> Standing:
    if number not in state.standing:
        raise Declined(f"There is no standing approval {number}: `bot standing list` has their numbers.")
    return state.standing[number]


def _demand_entry(actor: Actor, right: Right, entitled: Entitled) -> None:
    """What is signed or asked outlives the moment: it takes somebody whom the people file will still know."""
    demand(actor, right)
    demand_listed(actor)
    if not entitled(actor.name, right):
        words = RIGHT_WORDS[right]
        raise Declined(f"{actor.name} is no entry of the people file with the right to {words}: nobody could check.")


def _window(text: str) -> str:
    if not text.strip():
        return ""
    if len(text) > LONGEST_WINDOW or "\n" in text:
        raise Declined(f"A window is one line of at most {LONGEST_WINDOW} characters.")
    try:
        return "; ".join(read_windows(clean(text, "window")))
    except ValueError as error:
        raise Declined(f"This is no window: {error}.") from None


# --- waivers ----------------------------------------------------------------------------------------------------------


def _ask_waiver(
    state: Programme, command: AskWaiver, actor: Actor, at: datetime, entitled: Entitled, due: DueOf
) -> WaiverAsked:
    _demand_entry(actor, Right.RESPOND, entitled)
    what = f"{command.secret} of {command.environment}"
    when = _demand_not_due(command.secret, command.environment, at, due)
    until = bounds.due(command.until, at, "A waiver's end", AT_MOST)
    if until <= when:
        raise Declined(f"{what} is due on {when:%Y-%m-%d}: a waiver until {until:%Y-%m-%d} changes nothing.")
    for other in state.waivers.values():
        same = (other.environment, other.secret, other.due) == (command.environment, command.secret, when)
        if same and other.agreed is None and other.waits(at):
            raise Declined(f"{other.asked.name} has asked for that already: `bot waive agree {other.number}`.")
    reason = clean(command.reason, "reason")
    return WaiverAsked(len(state.waivers) + 1, command.secret, command.environment, when, until, reason)


def _agree_waiver(
    state: Programme, command: AgreeWaiver, actor: Actor, at: datetime, entitled: Entitled, due: DueOf
) -> WaiverAgreed:
    """By the due date as it is now: since somebody asked, the policy may have been made shorter."""
    demand(actor, Right.APPROVE)
    waiver = _waiver(state, command.waiver)
    _demand_not_over(waiver, f"Waiver {waiver.number}")
    if waiver.agreed is not None:
        raise Declined(f"Nothing to do: {waiver.agreed.name} has agreed to waiver {waiver.number}.")
    demand_other(actor, {waiver.asked.name}, did="has asked for this")
    if not waiver.waits(at):
        raise Declined(f"{waiver.secret} was due on {waiver.due:%Y-%m-%d}: nothing overdue is waived. Rotate it.")
    if not entitled(waiver.asked.name, Right.RESPOND):
        raise Declined(f"{waiver.asked.name}, who asked, may not {RIGHT_WORDS[Right.RESPOND]} any more.")
    _demand_not_due(waiver.secret, waiver.environment, at, due)
    return WaiverAgreed(waiver.number)


def _demand_not_due(secret: str, environment: str, at: datetime, due: DueOf) -> datetime:
    """When it is due, which is still to come."""
    what, when = f"{secret} of {environment}", due(environment, secret)
    if when is None:
        raise Declined(f"How old {what} is, is not known: that is overdue, and nothing overdue is waived. Rotate it.")
    if when <= at:
        raise Declined(f"{what} has been overdue since {when:%Y-%m-%d}: a waiver is agreed before that. Rotate it.")
    return when


def _withdraw_waiver(state: Programme, command: WithdrawWaiver, actor: Actor, at: datetime) -> WaiverWithdrawn:
    waiver = _waiver(state, command.waiver)
    mine = actor.name == waiver.asked.name or (waiver.agreed is not None and actor.name == waiver.agreed.name)
    if not (mine or actor.may(Right.APPROVE) or actor.may(Right.COMMAND)):
        raise Declined(f"{actor.name} has no part in waiver {waiver.number}, and may neither approve nor command.")
    _demand_not_over(waiver, f"Waiver {waiver.number}")
    if at >= waiver.until:
        raise Declined(f"Nothing to do: waiver {waiver.number} lapsed on {waiver.until:%Y-%m-%d}.")
    if waiver.agreed is None and not waiver.waits(at):
        raise Declined(f"Nothing to do: no second person agreed to waiver {waiver.number} in time.")
    return WaiverWithdrawn(waiver.number, clean(command.reason, "reason"))


def _waiver(state: Programme, number: int) -> Waiver:
    if number not in state.waivers:
        raise Declined(f"There is no waiver {number}: `bot waive list` has their numbers.")
    return state.waivers[number]


# --- providers --------------------------------------------------------------------------------------------------------


def _stop(state: Programme, command: StopProvider, actor: Actor) -> ProviderStopped:
    if actor.name != BOT.name:
        demand(actor, Right.RESPOND)
    if command.provider in state.stopped:
        raise Declined(f"Nothing to do: {state.stopped[command.provider].words}.")
    return ProviderStopped(command.provider, clean(command.reason, "reason"), command.incident)


def _resume(state: Programme, command: ResumeProvider, actor: Actor) -> ProviderResumed:
    demand(actor, Right.RESPOND)
    if command.provider not in state.stopped:
        raise Declined(f"Nothing to do: the schedule of {command.provider} is not stopped.")
    return ProviderResumed(command.provider, clean(command.reason, "reason"))


# --- what they share --------------------------------------------------------------------------------------------------


def _demand_not_over(each: Standing | Waiver, what: str) -> None:
    if each.withdrawn is not None:
        raise Declined(f"{what} was withdrawn by {each.withdrawn.name} on {each.withdrawn.at:%Y-%m-%d}.")
