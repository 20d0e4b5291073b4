"""The forms in which people consent: each shows what it is about as that is now, and carries the digest of just that.

A press opens them and gives nothing: who holds the bot's token can draw buttons, but gets no trigger for a form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.asks.ask import About, Ask, Asking, Choice, Field, Said, Takes, carried, why
from bot.asks.secrets import the_secret
from bot.inbox import RedactChoice
from bot.incident import commands as c
from bot.incident.approval.basis import second_person, superseded
from bot.incident.approval.plan import ENDING, end_of, plan_of
from bot.incident.closing.open_items import OpenItem, acceptable, left_digest, open_items
from bot.incident.departure.rules import departure_digest, unagreed
from bot.incident.model import New, Right, Strategy
from bot.incident.offers import Offer, settling, unblocked, urged
from bot.incident.refusals import secret_named
from bot.incident.state import ApprovalRequest, Incident, SecretState
from bot.incident.steps.rules import steps_to_close
from bot.phrases.alive import few_or_number
from bot.phrases.approvals import act_words, kill_lines
from bot.phrases.closing import declined_lines
from bot.phrases.marks import code, deadline, literal, shorten
from bot.phrases.plans import IF_FAILING, approver_words, step_words, steps_so_far, superseded_words
from bot.phrases.states import consequence, effect_now, stops, undone_words
from bot.phrases.times import alike, counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import VIEW_BLOCKS, Json, look, paragraphs, row
from bot.slack.buttons import label_of, offer_button
from bot.slack.modals.asked import Form
from bot.slack.modals.inputs import FEW, OPTION_TEXT, listed_lines

# --- kills ----------------------------------------------------------------------------------------------------------


def _kill(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    yield f"*{literal(secret.entry.title)}* {code(secret.name)}"
    yield from kill_lines(at.incident, secret)


def _kill_shown(incident: Incident, about: About) -> About:
    return replace(about, seen=plan_of(incident, secret_named(incident, about.subject), at_once=True).digest)


def _approve(at: Asking) -> Iterable[str]:
    request, now = at.incident.request, at.incident.last_at
    if request is None:
        return [NOTHING]
    return _plans(at.incident, request, now) if len(request.plans) == 1 else _together(at.incident, request, now)


def _together(incident: Incident, request: ApprovalRequest, now: datetime) -> Iterator[str]:
    """Several keys: what is true of all is said once, and of each how it is revoked and what stops."""
    asked, head, more = _asked(incident, request)
    yield head
    whys: dict[str, list[SecretState]] = {}
    for secret in asked:
        whys.setdefault(second_person(incident, secret, now), []).append(secret)
    yield from (f"Second approver for {few_or_number(some)}: {literal(words)}" for words, some in whys.items() if words)
    groups: dict[str, list[SecretState]] = {}
    for secret in asked[:SHOWN]:
        use = "New key in use; for services without it:" if secret.new_state is New.LIVE else "No new key in use:"
        groups.setdefault(f"*{undone_words(secret)}* {use}", []).append(secret)
    for words, some in sorted(groups.items(), reverse=True):  # what cannot be undone first
        yield from ("", words)
        for one in some:
            yield from ("", *_briefly(incident, one))
    yield from ("", *([more] if more else []), "All steps: *Plan…*")


def _briefly(incident: Incident, secret: SecretState) -> Iterator[str]:
    plan = plan_of(incident, secret)
    every = zip(plan.steps, step_words(plan), strict=True)
    ways = [words.removeprefix("revoke the old key ") for step, words in every if step.does in ENDING]
    waits = f", {plan.strategy.words}; {IF_FAILING}" if plan.strategy is Strategy.OVERLAP else ""
    yield f"{code(secret.name)}: {literal('; '.join(ways))}{waits}. {literal(stops(secret))}"
    if changed := literal(superseded_words(superseded(incident, secret))):
        yield f"⚠️ {changed}"


def _requested(incident: Incident, about: About) -> About:
    return replace(about, seen=incident.request.digest if incident.request is not None else "")


# --- departures -----------------------------------------------------------------------------------------------------


def _departure(at: Asking) -> Iterator[str]:
    if at.incident.departure is None:
        return
    secrets = [at.incident.secrets[name] for name in unagreed(at.incident)]
    yield f"*{literal(at.incident.departure.leaver.name)} leaves: {counted(len(secrets), 'secret')} to rotate*"
    rotated = [f"{code(one.name)}, {one.strategy.words}: {literal(consequence(one))}" for one in secrets]
    yield from ("", *listed_lines(at.incident.id, rotated))


# --- glass ----------------------------------------------------------------------------------------------------------


def _break_glass(at: Asking) -> Iterator[str]:
    yield "🔨 *Breaking glass revokes without a second approver*, and nothing else."
    yield "Tells all responders and pages. Another person must review it within 24 hours."
    yield "Until then it heads the report."
    if not _alive(at):
        yield from ("", "Nothing to revoke: all are dead or being revoked.")


def _alive(at: Asking) -> list[Choice]:
    """A box says what is revoked now, and for which secret."""
    alive = [at.incident.secrets[offer.secret] for offer in unblocked(at.offers, c.BreakGlass)]
    return [Choice(f"{end_of(at.incident, one)} {one.name}", one.entry.title, consequence(one)) for one in alive]


def _broken(_about: About, said: Said) -> c.BreakGlass:
    ticked = (each.partition(" ") for each in said.choices("secrets"))
    return c.BreakGlass({name: end for end, _, name in ticked}, said.text("reason"))


# --- people's words -------------------------------------------------------------------------------------------------


def _redact(at: Asking) -> Iterator[str]:
    yield f"The text of event {literal(at.about.subject)} of {code(at.incident.id)} is removed for good."
    yield "A second person must approve."


def events_in(numbers: str) -> tuple[int, ...]:
    """``12,17``: the numbers of events, each once; empty for anything else."""
    every = numbers.split(",")
    return tuple(dict.fromkeys(map(int, every))) if all(each.isdecimal() for each in every) else ()


_REDACT: Any = RedactChoice
"""A command that a worker completes: no command of the core, as those of the other forms are."""

# --- the close: what is open, and what of it may stay so ------------------------------------------------------------

OPEN_WORDS = 250
"""Characters of what is open, before the button behind which it is settled."""
SECOND = "Needs a second approver"


def _close(at: Asking) -> Iterator[str]:
    incident, left = at.incident, acceptable(at.incident)
    if steps_to_close(incident):
        yield from _not_yet(incident, at.offers)
        return
    if left:
        yield from ("⚠️ *Not everything is done*", "")
        cut = [item for item in left if len(left) > FEW or len(item.words) > OPTION_TEXT]
        yield from listed_lines(incident.id, [_left_words(item) for item in cut])
    else:
        days = counted(incident.traits.looks_after_close[-1].days, "more day")
        yield f"Nothing is open. The bot tries the old keys for {days}."
    if declined := declined_lines(incident, OPEN_WORDS):  # a close ends them for good
        yield from ("", "*Not done, declined*", "", *listed_lines(incident.id, declined))
    if left:
        marked = sum(item.second for item in left)
        asked = f"A second person must approve the marked {'items' if marked > 1 else 'item'}. " if marked else ""
        yield from ("", f"{asked}The report names these first.")


def _left(at: Asking) -> bool:
    return bool(acceptable(at.incident))


def _may_stay(at: Asking) -> list[Choice]:
    return [Choice(item.key, tick_words(item), SECOND if item.second else "") for item in acceptable(at.incident)]


def _left_words(item: OpenItem) -> str:
    return f"{literal(item.words)}{f' ({SECOND[0].lower()}{SECOND[1:]})' if item.second else ''}"


def tick_words(item: OpenItem) -> str:
    """What is open in the room that an option has: its words are cut before its time, never the time."""
    if len(item.words) <= OPTION_TEXT:
        return item.words
    timed = item.due is not None and item.untimed not in {"", item.words}
    until = f", {item.until} {item.due:%Y-%m-%d %H:%M} UTC" if timed else ""
    return f"{(item.untimed if timed else item.words)[: OPTION_TEXT - len(until) - 1]}…{until}"


def _not_yet(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    """While steps wait: all that is open, each with the button behind which it is settled."""
    yield "*Not yet*: finish or skip each step first. Then you can accept other open items here by name, with a reason."
    behind: dict[str, list[str]] = {}
    for item in open_items(incident):
        behind.setdefault(_behind(incident, item, offers), []).append(item.words)
    lines = [
        f"{shorten(literal(line), OPEN_WORDS)}{press}"
        for press, words in behind.items()
        for line in alike(words, incident.secrets)
    ]
    yield from ("", *listed_lines(incident.id, lines))


def _behind(incident: Incident, item: OpenItem, offers: Sequence[Offer]) -> str:
    if item.settled_by is c.CompleteStep:
        return ": *All to-dos* on the card"
    behind = unblocked(settling(item, offers))
    return f": *{label_of(incident, behind[0])}*" if behind else ""


def _some(name: str, label: str, choices: Any, **more: Any) -> Field:
    return Field(name, label, Takes.SOME, option=None, choices=choices, **more)


KILL = Form(Ask(
    ActionId.KILL, c.KillNow, "Revoke", "Revoke", (carried("digest"),), told=_kill, shown=_kill_shown, rehearsed=True,
    titled=lambda incident, about: f"Revoke {secret_named(incident, about.subject).entry.title}", wish=True,
))  # fmt: skip
REDACT = Form(Ask(
    ActionId.REDACT, _REDACT, "Remove text", "Propose", (why("Why must they go?"),), told=_redact,
    make=lambda about, said: _REDACT(events_in(about.subject), said.text("reason")),
))  # fmt: skip
CLOSE = Form(Ask(
    ActionId.CLOSE, c.Close, "Close the incident", "Close",
    (
        _some("accept", "Tick what may stay open", _may_stay, when=_left),
        replace(why("Why may they stay open?"), when=_left),
        carried("seen"),
    ),
    told=_close, shown=lambda incident, about: replace(about, seen=left_digest(acceptable(incident))),
    ready=lambda at: not steps_to_close(at.incident), takes=Right.COMMAND,
))  # fmt: skip
CONSENT_FORMS: tuple[Form, ...] = (
    KILL,
    Form(Ask(
        ActionId.APPROVE, c.ApprovePlan, "Approve", "Revoke", (carried("digest"),), told=_approve, shown=_requested,
        titled=lambda incident, _about: act_words(incident), rehearsed=True,
    )),
    Form(Ask(
        ActionId.AGREE_DEPARTURE, c.AgreeDeparture, "Agree to the departure", "Agree", (carried("digest"),),
        told=_departure, shown=lambda incident, about: replace(about, seen=departure_digest(incident)), rehearsed=True,
    )),
    Form(Ask(
        ActionId.BREAK_GLASS, c.BreakGlass, "Break glass", "Revoke them",
        (_some("secrets", "Revoke these now", _alive), why("Why it cannot wait")), told=_break_glass, make=_broken,
    )),
    REDACT,
    CLOSE,
)  # fmt: skip
"""The signature on the report has a form of its own."""

# The form behind “Plan…”: exactly what waits for approval, step by step, secret by secret.

SHOWN = VIEW_BLOCKS - 5
"""So many secrets' plans are shown."""
NOTHING = "Nothing to approve."


def plan_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """What an approval is for now; `answer` is what a press here came to."""
    request, shown, buttons = incident.request, [NOTHING], list[Offer]()
    if request is not None and now < request.until:
        buttons = unblocked(urged(incident, now), c.ApprovePlan, c.RejectPlan)
        shown = [*_plans(incident, request, now, "Your approval covers this plan only. If it changes, we ask again.")]
    blocks = [*paragraphs(shown), *row(*(offer_button(incident, each) for each in buttons))]
    return look(ActionId.PLAN, "Plan", ButtonValue(incident.id), blocks, answer)


def _plans(incident: Incident, request: ApprovalRequest, now: datetime, *told: str) -> Iterator[str]:
    """The plans that an approval is for, of as many secrets as a form has room for."""
    asked, head, more = _asked(incident, request)
    yield from (head, *told)
    for secret in asked[:SHOWN]:
        yield from ("", *plan_lines(incident, secret, now))
    yield from ("", more)


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
    if needs := second_person(incident, secret, now):
        yield f"Needs a second approver: {literal(needs)}"
    if whom := approver_words(incident, secret, now):
        yield f"Who can approve: {literal(whom)}"
    if changed := literal(superseded_words(superseded(incident, secret))):
        yield f"⚠️ {changed}"
