"""The forms in which people consent: each shows what it is about as that is now, and carries the digest of just that.

A press opens them and gives nothing: who holds the bot's token can draw buttons, but gets no trigger for a form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.asks.ask import text_mistakes
from bot.inbox import RedactChoice
from bot.incident import commands as c
from bot.incident.approval.basis import second_person, superseded
from bot.incident.approval.plan import ENDING, end_of, plan_of
from bot.incident.departure.rules import departure_digest, unagreed
from bot.incident.model import New, Strategy
from bot.incident.offers import Offer, unblocked, urged
from bot.incident.state import ApprovalRequest, Incident, SecretState
from bot.phrases.alive import few_or_number
from bot.phrases.approvals import act_words, kill_lines
from bot.phrases.marks import code, deadline, literal
from bot.phrases.plans import IF_FAILING, approver_words, step_words, steps_so_far, superseded_words
from bot.phrases.states import consequence, effect_now, stops, undone_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import VIEW_BLOCKS, Json, form, maybe, option, row, section
from bot.slack.buttons import offer_button
from bot.slack.modals.form import Form, the_secret
from bot.slack.modals.inputs import REASON, Entered, bullets, reason, some_of

# --- kills ----------------------------------------------------------------------------------------------------------


def _kill(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    return [section(f"*{literal(secret.entry.title)}* {code(secret.name)}", *kill_lines(incident, secret))]


def _kill_shown(incident: Incident, pressed: ButtonValue) -> ButtonValue:
    secret = the_secret(incident, pressed)
    return replace(pressed, digest=plan_of(incident, secret, at_once=True).digest)


def _approve(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    request, now = incident.request, incident.last_at
    if request is None:
        return [section(NOTHING)]
    return _plans(incident, request, now) if len(request.plans) == 1 else _together(incident, request, now)


def _together(incident: Incident, request: ApprovalRequest, now: datetime) -> list[Block]:
    """Several keys: what is true of all is said once, and of each how it is revoked and what stops."""
    asked, head, more = _asked(incident, request)
    whys: dict[str, list[SecretState]] = {}
    for secret in asked:
        whys.setdefault(second_person(incident, secret, now), []).append(secret)
    why = [f"Second approver for {few_or_number(some)}: {literal(words)}" for words, some in whys.items() if words]
    groups: dict[str, list[SecretState]] = {}
    for secret in asked[:SHOWN]:
        use = "New key in use; for services without it:" if secret.new_state is New.LIVE else "No new key in use:"
        groups.setdefault(f"*{undone_words(secret)}* {use}", []).append(secret)
    blocks: list[Block] = [section(head, *why)]
    for words, some in sorted(groups.items(), reverse=True):  # what cannot be undone first
        blocks += [section(words), *(_briefly(incident, one) for one in some)]
    return [*blocks, *maybe(more, "All steps: *Plan…*")]


def _briefly(incident: Incident, secret: SecretState) -> Block:
    plan = plan_of(incident, secret)
    every = zip(plan.steps, step_words(plan), strict=True)
    ways = [words.removeprefix("revoke the old key ") for step, words in every if step.does in ENDING]
    waits = f", {plan.strategy.words}; {IF_FAILING}" if plan.strategy is Strategy.OVERLAP else ""
    changed = literal(superseded_words(superseded(incident, secret)))
    said = f"{code(secret.name)}: {literal('; '.join(ways))}{waits}. {literal(stops(secret))}"
    return section(said, f"⚠️ {changed}" if changed else "")


def _requested(incident: Incident, pressed: ButtonValue) -> ButtonValue:
    return replace(pressed, digest=incident.request.digest if incident.request is not None else "")


# --- departures -----------------------------------------------------------------------------------------------------


def _departure(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    departure = incident.departure
    if departure is None:
        return [section("This is not a departure.")]
    secrets = [incident.secrets[name] for name in unagreed(incident)]
    head = f"*{literal(departure.leaver.name)} leaves: {counted(len(secrets), 'secret')} to rotate*"
    return [section(head), *bullets(incident.id, [_rotated(secret) for secret in secrets])]


def _rotated(secret: SecretState) -> str:
    return f"{code(secret.name)}, {secret.strategy.words}: {literal(consequence(secret))}"


def _departure_shown(incident: Incident, pressed: ButtonValue) -> ButtonValue:
    return replace(pressed, digest=departure_digest(incident))


# --- glass ----------------------------------------------------------------------------------------------------------


def _break_glass(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    alive = [incident.secrets[offer.secret] for offer in unblocked(offers, c.BreakGlass)]
    warning = section(
        "🔨 *Breaking glass revokes without a second approver*, and nothing else.",
        "Tells all responders and pages. Another person must review it within 24 hours; until then it heads the "
        "report.",
    )
    if not alive:
        return [warning, section("Nothing to revoke: all are dead or being revoked.")]
    options = [option(_box(incident, secret), secret.entry.title, consequence(secret)) for secret in alive]
    return [warning, some_of("secrets", "Revoke these now", options), reason("Why it cannot wait")]


def _box(incident: Incident, secret: SecretState) -> str:
    """The meaning of a box: what is revoked now, and for which secret."""
    return f"{end_of(incident, secret)} {secret.name}"


def _broken(said: Entered) -> c.BreakGlass:
    ticked = (each.partition(" ") for each in said.choices("secrets"))
    return c.BreakGlass({name: end for end, _, name in ticked}, said.text("reason"))


# --- people's words -------------------------------------------------------------------------------------------------


def _redact(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    told = f"The text of event {literal(pressed.subject)} of {code(incident.id)} is removed for good."
    return [section(told, "A second person must approve."), reason("Why must they go?")]


def events_in(numbers: str) -> tuple[int, ...]:
    """``12,17``: the numbers of events, each once; empty for anything else."""
    every = numbers.split(",")
    return tuple(dict.fromkeys(map(int, every))) if all(each.isdecimal() for each in every) else ()


def _reason_mistakes(said: Entered) -> dict[str, str]:
    return text_mistakes(said, REASON)


KILL = Form(
    ActionId.KILL, "Revoke", "Revoke", _kill, lambda pressed, _said: c.KillNow(pressed.subject, pressed.digest),
    titled=lambda incident, pressed: f"Revoke {the_secret(incident, pressed).entry.title}", shown=_kill_shown,
    rehearsed=True, wish=True,
)  # fmt: skip
REDACT = Form(
    ActionId.REDACT, "Remove text", "Propose", _redact,
    lambda pressed, said: RedactChoice(events_in(pressed.subject), said.text("reason")),
    mistakes=_reason_mistakes,
)  # fmt: skip
CONSENT_FORMS: tuple[Form, ...] = (
    KILL,
    Form(ActionId.APPROVE, "Approve", "Revoke", _approve, lambda pressed, _said: c.ApprovePlan(pressed.digest),
         titled=lambda incident, _pressed: act_words(incident), shown=_requested, rehearsed=True),
    Form(ActionId.AGREE_DEPARTURE, "Agree to the departure", "Agree", _departure,
         lambda pressed, _said: c.AgreeDeparture(pressed.digest), shown=_departure_shown, rehearsed=True),
    Form(ActionId.BREAK_GLASS, "Break glass", "Revoke them", _break_glass, lambda _pressed, said: _broken(said),
         mistakes=_reason_mistakes),
    REDACT,
)  # fmt: skip
"""The close and the signature on the report have forms of their own."""


# The form behind “Plan…”: exactly what waits for approval, step by step, secret by secret.


SHOWN = VIEW_BLOCKS - 5
"""So many secrets' plans are shown."""
NOTHING = "Nothing to approve."


def plan_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """What an approval is for now; `answer` is what a press here came to."""
    said = maybe(answer)
    request, note = incident.request, ButtonValue(incident.id).encode()
    if request is None or now >= request.until:
        return form(ActionId.PLAN, "Plan", [*said, section(NOTHING)], close="Back", note=note)
    offers = unblocked(urged(incident, now), c.ApprovePlan, c.RejectPlan)
    shown = _plans(incident, request, now, "Your approval covers this plan only. If it changes, we ask again.")
    buttons = row(*(offer_button(incident, each) for each in offers))
    return form(ActionId.PLAN, "Plan", [*said, *shown, *buttons], close="Back", note=note)


def _plans(incident: Incident, request: ApprovalRequest, now: datetime, *told: str) -> list[Block]:
    """The plans that an approval is for, of as many secrets as a form has room for."""
    asked, head, more = _asked(incident, request)
    shown = (section(*plan_lines(incident, secret, now)) for secret in asked[:SHOWN])
    return [section(head, *told), *shown, *maybe(more)]


def _asked(incident: Incident, request: ApprovalRequest) -> tuple[list[SecretState], str, str]:
    """The keys; the plan's digest and its end; what has no room."""
    asked = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    digest, left = request.digest, len(asked) - SHOWN
    more = f"*And {left} more secrets* that this approval covers: {code(f'bot incident plan {incident.id}')}."
    head = f"Plan {code(f'{digest[:4]} {digest[4:8]}')} · expires {deadline(request.until)}"
    return asked, head, more if left > 0 else ""


def plan_lines(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    """What is still to be done to one secret, in order, why it takes two, and who may agree."""
    plan = plan_of(incident, secret)
    fails = f"; {IF_FAILING}" if plan.strategy is Strategy.OVERLAP else ""
    yield f"*{literal(plan.title)}* {code(secret.name)}, {plan.strategy.words}{fails}"
    steps = list(enumerate(steps_so_far(incident, secret, now), start=1))
    left = [f"  {number}. {literal(step.words)}" for number, step in steps if not step.done]
    yield from left
    if done := len(steps) - len(left):
        yield f"Done: {done} of {counted(len(steps), 'step')}"
    yield f"Effect: {literal(effect_now(secret))}"
    if why := second_person(incident, secret, now):
        yield f"Needs a second approver: {literal(why)}"
    if whom := approver_words(incident, secret, now):
        yield f"Who can approve: {literal(whom)}"
    if changed := literal(superseded_words(superseded(incident, secret))):
        yield f"⚠️ {changed}"
