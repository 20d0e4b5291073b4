"""The form behind “Notification…”: whom the law and contracts ask to tell, who decides by when, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import shorten

from slack_sdk.models.blocks import Block

from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock, aware_at, notice_clocks, open_notices
from bot.incident.state import Incident, NoticeDecision
from bot.model.obligations import StartsFrom
from bot.phrases.marks import day_and_time, literal
from bot.phrases.notices import Telling, counted_from, fact_lines, notice_lines
from bot.phrases.readers import notifiable_against
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, divider, form, maybe, option, row, section
from bot.slack.modals.inputs import Entered, at, one_of, some_of, turning, unfit, words

QUOTED = 100
"""Characters of another notice's reason: what people read below a field stays a line or two."""
AWARENESS = "known-since"
"""The page on which another time of awareness is recorded; each other page is an obligation's, by its id."""
CHOICES = (
    option(NoticeOutcome.NOTIFY, "Notify", "It stays open until a person has sent it"),
    option(NoticeOutcome.NOT_NOTIFIABLE, "Not notifiable, because …", "The reason stands in the report"),
)
_OUTCOME, _WHY, _WHO = "outcome|", "why|", "who|"
_ALTHOUGH = "although|"
_REFERENCE, _SENT, _DELAY = "reference|", "sent|", "delay|"
AWARE, AWARE_WHY = "aware", "aware_why"
_UNDECIDED = "Choose what was decided, or another notice above."
_NOTHING = {
    AWARE: "Say since when it has been known, or choose a notice above.",
    _REFERENCE.rstrip("|"): "Give its reference once it was sent, or choose another notice above.",
}
"""What is wrong where nothing was entered, by a page's first field; else nothing was decided."""


def notices_form(
    incident: Incident,
    pressed: ButtonValue,
    now: datetime,
    before: str | None = None,
    answer: str = "",
    drafted: str = "",
    by: str = "",
) -> Json:
    """One obligation a page, the most urgent first unless `pressed` names one. `before` is what was just said of
    another one (None: what the log says of the last), `answer` what came of the page before, `drafted` of asking for a
    draft, beside its button, and `by` who fills it in: only who decides may leave out who has decided.
    """
    clocks = notice_clocks(incident)
    if not clocks:
        said = section("No notice is asked for by what is known of it.", "`playbooks/deadlines.yaml` says when one is.")
        return form(ActionId.NOTIFICATION, "Notification", [said], close="Back")
    shown = next((clock for clock in clocks if clock.obligation.id == pressed.subject), clocks[0])
    page = AWARENESS if pressed.subject == AWARENESS else shown.obligation.id
    body = _awareness(clocks) if page == AWARENESS else _one(incident, shown, now, before, drafted, by)
    blocks = [*maybe(answer), _pages(clocks, page, now), _head(incident), *body]
    note = ButtonValue(incident.id, page).encode()
    return form(ActionId.NOTIFICATION, "Notification", blocks, submit="Save", note=note)


def _pages(clocks: Sequence[NoticeClock], shown: str, now: datetime) -> Block:
    """A menu with every notice and how it stands; as many as there are, they are one line of the form."""
    options = [option(clock.obligation.id, clock.obligation.title, _stands(clock, now)) for clock in clocks]
    options.append(option(AWARENESS, "Known since another time", "The law's clocks run from there"))
    return turning(ActionId.NOTICE_OF, options, shown)


def _stands(clock: NoticeClock, now: datetime) -> str:
    due = clock.next_due
    late = "OVERDUE: " if due is not None and due <= now and clock.open else ""
    if not clock.decided:
        return f"{late}to be decided"
    if clock.owed:
        return f"{late}to be sent"
    sent = clock.notice.sent
    return f"✓ sent: {sent.reference}" if sent is not None else "✓ not notifiable"


def _head(incident: Incident) -> Block:
    recorded = f"as {literal(incident.awareness.by.name)} recorded" if incident.awareness else "the detection"
    facts = [f"• {fact}" for fact in fact_lines(incident)]
    return section(f"*Known since {day_and_time(aware_at(incident))}* ({recorded}). What is known:", *facts)


def _one(
    incident: Incident, clock: NoticeClock, now: datetime, before: str | None, drafted: str, by: str
) -> Iterator[Block]:
    name, duty = clock.obligation.id, clock.obligation
    late = clock.open and clock.next_due is not None and clock.next_due <= now
    sign = "⚠️ OVERDUE: " if late else "" if clock.open else "✓ "
    yield divider()
    # The facts stand at the head of the form; what is new since a decision stands here.
    yield section(f"*{sign}{literal(duty.title)}*", *notice_lines(clock, Telling(day_and_time, literal), facts=False))
    if duty.template and clock.notice.sent is None:
        yield from row(button("Draft for counsel", ActionId.NOTICE_DRAFT, ButtonValue(incident.id, name)))
        if drafted:
            yield section(drafted)
    if clock.owed:
        hint = "Needed once it was sent: a case number, a ticket, a mail's subject. The bot sends no notice."
        yield words(_REFERENCE + name, "Sent: its reference", optional=True, lines=False, hint=hint)
        yield at(_SENT + name, "Sent at", hint="Now, unless you say.")
        if clock.due is not None and clock.due <= now:
            yield words(_DELAY + name, "Why it is late", optional=True, lines=False,
                        hint="A late notice to an authority states the reasons (GDPR, article 33 (1)).")  # fmt: skip
    if clock.notice.sent is None:
        yield from _deciding(incident, clock, _said_last(incident) if before is None else before, by)


def _deciding(incident: Incident, clock: NoticeClock, before: str, by: str) -> Iterator[Block]:
    """The decision, or what it becomes where people decide otherwise. What was said of another notice stands in the
    hint alone: nobody is to give another notice's reason by one press. Only a notice that is to be sent can be saved
    without it: with its reference.
    """
    name = clock.obligation.id
    outcome = clock.notice.decision.outcome if clock.decided and clock.notice.decision is not None else None
    left = [each for each in CHOICES if each.value != outcome]
    label = "Decision" if outcome is None else "Decided otherwise since?"
    yield one_of(_OUTCOME + name, label, left, optional=clock.owed)
    if outcome is not NoticeOutcome.NOT_NOTIFIABLE and (against := notifiable_against(incident)):
        box = option("yes", "Record it all the same", "Say below why nobody is told although this is so")
        yield section(f"⚠️ {against}.")
        yield some_of(_ALTHOUGH + name, "If it is not notifiable", [box], optional=True)
    decides, needed = clock.obligation.decides, _names_decider(clock, by)
    who = f"Needed with a decision: {decides} decides. Their name." if needed else "You, unless you say."
    yield words(_WHO + name, "Who has decided", optional=clock.owed or not needed, lines=False, hint=who)
    hint = "Needed where you decide otherwise: the report quotes it." if clock.owed else ""
    if before and outcome is None:
        hint = f"The report quotes it. Of the notice before was said: {shorten(before, QUOTED, placeholder=' …')}"
    yield words(_WHY + name, "Because", optional=clock.owed, lines=False, hint=hint)


def _names_decider(clock: NoticeClock, by: str) -> bool:
    """Whether another than `by` decides: a decision without a name would then stand under that of who recorded it."""
    return clock.obligation.decides not in ("", by)


def _said_last(incident: Incident) -> str:
    """The reason of the last decision; empty where they are not alike: the one that comes is as likely the other."""
    decisions = _decisions(incident)
    alike = len({each.outcome for each in decisions}) == 1
    return max(decisions, key=lambda each: each.seq).reason if alike else ""


def _decisions(incident: Incident) -> list[NoticeDecision]:
    return [each.decision for each in incident.notices.values() if each.decision is not None]


def _awareness(clocks: Sequence[NoticeClock]) -> Iterator[Block]:
    """With the notices whose time moves with it, and from what the time of the others is counted."""
    timed = [clock.obligation for clock in clocks if clock.obligation.hours is not None]
    moves = [duty for duty in timed if duty.starts_from is StartsFrom.AWARENESS]
    yield divider()
    lines = [f"• Moves: {literal(duty.title)}, {counted_from(duty)}" for duty in moves]
    lines += [f"• Stays: {literal(duty.title)}, {counted_from(duty)}" for duty in timed if duty not in moves]
    if lines:
        yield section(*lines)
    yield at(AWARE, "Known since another time", hint="The law's clocks run from there.", optional=False)
    yield words(AWARE_WHY, "How it became known then", lines=False)


def commands(incident: Incident, entered: Entered) -> list[PersonCommand]:
    """One for each decision, notice and time that was entered."""
    return [command for _refused, _typed, command in _entered(incident, entered)]


def _entered(incident: Incident, entered: Entered) -> Iterator[tuple[str, str, PersonCommand]]:
    """With the field at which it is told what the rules say against it, and that of its words."""
    if (aware := entered.time(AWARE)) is not None:
        yield AWARE, AWARE_WHY, c.RecordAwareness(aware, entered.text(AWARE_WHY))
    for clock in notice_clocks(incident):
        name = clock.obligation.id
        if outcome := entered.choice(_OUTCOME + name):
            reason, decider = entered.text(_WHY + name), entered.text(_WHO + name)
            yield _WHY + name, _WHY + name, c.DecideNotice(name, NoticeOutcome(outcome), reason, decider)
        if (reference := entered.text(_REFERENCE + name)).strip():
            sent_at = entered.time(_SENT + name)
            sent = c.RecordNoticeSent(name, reference, sent_at, entered.text(_DELAY + name))
            yield (_REFERENCE if sent_at is None else _SENT) + name, _REFERENCE + name, sent


def mistakes(incident: Incident, entered: Entered, refusals: dict[str, str], by: str = "") -> dict[str, str]:
    """A sentence for each field that keeps the form from being saved; `refusals` are what the rules say, by field, and
    `by` is who fills it in.
    """
    found: dict[str, str] = {}
    for refused, typed, command in _entered(incident, entered):
        if sentence := _mistake(command):
            found[typed] = sentence
        elif sentence := refusals.get(refused, ""):
            found[refused] = sentence
    for clock in open_notices(incident):
        name = clock.obligation.id
        if entered.choice(_OUTCOME + name) and not entered.text(_WHO + name).strip() and _names_decider(clock, by):
            found[_WHO + name] = f"Say who has decided: {clock.obligation.decides} decides this."
        if entered.text(_WHY + name).strip() and not entered.choice(_OUTCOME + name):
            found[_OUTCOME + name] = "Choose what was decided."
        although = _ALTHOUGH + name
        denied = entered.choice(_OUTCOME + name) == NoticeOutcome.NOT_NOTIFIABLE
        if denied and although in entered.values and not entered.choices(although):
            found[although] = "Something speaks against it, as is written above. Tick this to record it all the same."
        if entered.time(_SENT + name) is not None and not entered.text(_REFERENCE + name).strip():
            found[_REFERENCE + name] = "Give its reference: what names the notice that was sent."
    if not found and not commands(incident, entered):
        first = next((field for field in entered.values if not field.startswith(ActionId.NOTICE_OF)), "")
        return {first: _NOTHING.get(first.partition("|")[0], _UNDECIDED)} if first else {}
    return found


def by_field(incident: Incident, entered: Entered) -> dict[str, PersonCommand]:
    """By the field at which a refusal of it is told."""
    return {refused: command for refused, _typed, command in _entered(incident, entered)}


def _mistake(command: PersonCommand) -> str:
    match command:
        case c.RecordAwareness(reason=reason) if not reason.strip():
            return "Say how it became known then: it moves the law's deadlines."
        case c.DecideNotice(reason=reason) if not reason.strip():
            return "Say why: the report quotes it."
        case c.RecordAwareness() | c.DecideNotice():
            return unfit(command.reason)
        case c.RecordNoticeSent():
            return unfit(command.reference)
        case _:
            return ""


def following(incident: Incident, entered: Entered, shown: str, now: datetime, by: str = "") -> Json | None:
    """The page after this one: the next notice that is open, by its urgency; None if there is none."""
    left = [clock for clock in open_notices(incident) if clock.obligation.id != shown and not clock.decided]
    if not left:
        return None
    pressed, before = ButtonValue(incident.id, left[0].obligation.id), _said_now(incident, entered, shown)
    answer = f"→ {_recording(incident, entered, shown)}. Next, the most urgent that is not decided:"
    return notices_form(incident, pressed, now, before, answer, by=by)


def _said_now(incident: Incident, entered: Entered, shown: str) -> str | None:
    """The reason that was just given, empty where another decision was the opposite one; None: nothing was decided."""
    outcome = entered.choice(_OUTCOME + shown)
    if not outcome:
        return None
    others = [each.decision for name, each in incident.notices.items() if name != shown and each.decision is not None]
    return entered.text(_WHY + shown) if all(each.outcome == outcome for each in others) else ""


def _recording(incident: Incident, entered: Entered, shown: str) -> str:
    """What was given on the page `shown`: it is on its way to the worker, and not yet recorded."""
    title = next((clock.obligation.title for clock in notice_clocks(incident) if clock.obligation.id == shown), "")
    if not title:
        return "The time that you gave is being recorded; the times below are those from before"
    name = f"“{literal(title)}”"
    decided, reference = entered.choice(_OUTCOME + shown), entered.text(_REFERENCE + shown).strip()
    if decided and reference:
        return f"Your decision on {name} and its reference are being recorded"
    return f"The reference of {name} is being recorded" if reference else f"Your decision on {name} is being recorded"
