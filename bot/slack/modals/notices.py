"""The form behind “Notification…”: whom the law and contracts ask to tell, what was decided on each, and sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, Option

from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock, aware_at, notice_clocks
from bot.incident.state import Incident
from bot.model.obligations import StartsFrom
from bot.phrases.marks import day_and_time, literal
from bot.phrases.notices import Telling, counted_from, fact_lines, notice_lines
from bot.phrases.readers import notifiable_against
from bot.phrases.times import listed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, divider, form, maybe, option, row, section
from bot.slack.modals.inputs import Entered, at, one_of, some_of, unfit, words

ROWS = 12
"""Notices on the form, the most urgent first: with their fields they fit into one."""
LATER = "later"
"""Not required so far: decided again on a date."""
CHOICES = (
    option(NoticeOutcome.NOTIFY, "Notify", "It stays open until a person has sent it"),
    option(NoticeOutcome.NOT_REQUIRED, "Not required", "The reason stands in the report"),
    option(LATER, "Not required so far", "Enter below on which date to decide again"),
)
_OUTCOME, _OWN = "outcome|", "own|"
_REFERENCE, _SENT, _DELAY = "reference|", "sent|", "delay|"
WHO, WHY, AGAIN, ALTHOUGH = "who", "why", "again", "although"
AWARE, AWARE_WHY = "aware", "aware_why"


def notices_form(incident: Incident, pressed: ButtonValue, now: datetime, drafted: str = "") -> Json:
    """All of them. `drafted` is what came of asking for the draft of the one that `pressed` names."""
    clocks = notice_clocks(incident)
    if not clocks:
        said = section("No notice is asked for by what is known of it.", "`playbooks/deadlines.yaml` says when one is.")
        return form(ActionId.NOTIFICATION, "Notification", [said], close="Back")
    shown = clocks[:ROWS]
    blocks = [
        _head(incident),
        *(block for clock in shown for block in _one(incident, clock, now)),
        *maybe(f"… and {len(clocks) - ROWS} more, once these are decided." if len(clocks) > ROWS else ""),
        *maybe(drafted),
        divider(),
        *_together(incident, shown),
        divider(),
        *_awareness(clocks),
    ]
    return form(
        ActionId.NOTIFICATION,
        "Notification",
        blocks,
        submit="Save",
        note=ButtonValue(incident.id, pressed.subject).encode(),
    )


def _head(incident: Incident) -> Block:
    recorded = f"as {literal(incident.awareness.by.name)} recorded" if incident.awareness else "the detection"
    facts = [f"• {fact}" for fact in fact_lines(incident)]
    return section(f"*Known since {day_and_time(aware_at(incident))}* ({recorded}). What is known:", *facts)


def _one(incident: Incident, clock: NoticeClock, now: datetime) -> Iterator[Block]:
    name, duty = clock.obligation.id, clock.obligation
    late = clock.open and clock.next_due is not None and clock.next_due <= now
    sign = "⚠️ OVERDUE: " if late else "" if clock.open else "✓ "
    yield divider()
    # The facts stand at the head of the form; what is new since a decision stands here.
    yield section(f"*{sign}{literal(duty.title)}*", *notice_lines(clock, Telling(day_and_time, literal), facts=False))
    if clock.notice.sent is not None:
        return
    if duty.template:
        yield from row(button("Draft for counsel", ActionId.NOTICE_DRAFT, ButtonValue(incident.id, name)))
    if clock.owed:
        hint = "Once it was sent: a case number, a ticket, a mail's subject. The bot sends no notice."
        yield words(_REFERENCE + name, "Sent: its reference", optional=True, lines=False, hint=hint)
        yield at(_SENT + name, "Sent at", hint="Leave empty for now.")
        if clock.due is not None and clock.due <= now:
            yield words(_DELAY + name, "Why it is late", optional=True, lines=False,
                        hint="A late notice to an authority states the reasons (GDPR, article 33 (1)).")  # fmt: skip
    label = "Decided otherwise since?" if clock.decided else "Decision"
    yield one_of(_OUTCOME + name, label, _left(clock), optional=True)
    yield words(_OWN + name, "A reason of its own", optional=True, lines=False, hint="Empty: the reason below.")


def _left(clock: NoticeClock) -> list[Option]:
    """What can be decided now. What is decided again can be decided the same."""
    decision = clock.notice.decision
    settled = decision.outcome if decision is not None and clock.decided and clock.look is None else None
    return [each for each in CHOICES if (NoticeOutcome.NOT_REQUIRED if each.value == LATER else each.value) != settled]


def _together(incident: Incident, clocks: Sequence[NoticeClock]) -> Iterator[Block]:
    """What is said once for all that is decided here."""
    decide = sorted({clock.obligation.decides for clock in clocks if clock.obligation.decides})
    yield words(WHO, "Who has decided", optional=True, lines=False,
                hint=f"{listed(decide).capitalize()} decide. Needed unless you do.")  # fmt: skip
    yield words(WHY, "Reason", optional=True, hint="For all that you decide here. The report quotes it.")
    yield at(AGAIN, "Decide again on", hint="For what is not required so far.")
    if against := notifiable_against(incident):
        yield section(f"⚠️ Contradicts “not required”: {against}.")
        box = option("yes", "Record it anyway", "Explain in the reason why nobody is told")
        yield some_of(ALTHOUGH, "If it is not required", [box], optional=True)


def _awareness(clocks: Sequence[NoticeClock]) -> Iterator[Block]:
    """With the notices whose time moves with it, and from what the time of the others is counted."""
    timed = [clock.obligation for clock in clocks if clock.obligation.hours is not None]
    moves = [duty for duty in timed if duty.starts_from is StartsFrom.AWARENESS]
    lines = [f"• Moves: {literal(duty.title)}, {counted_from(duty)}" for duty in moves]
    lines += [f"• Stays: {literal(duty.title)}, {counted_from(duty)}" for duty in timed if duty not in moves]
    yield at(AWARE, "Known since another time", hint="The law's clocks run from there.")
    yield words(AWARE_WHY, "How it became known then", optional=True, lines=False)
    if lines:
        yield section(*lines)


# What was entered.


def commands(incident: Incident, entered: Entered) -> list[PersonCommand]:
    """The other time, and one command with all that was decided and sent."""
    aware = entered.time(AWARE)
    rows = tuple(row for _, row in _entered(incident, entered))
    found: list[PersonCommand] = [c.RecordAwareness(aware, entered.text(AWARE_WHY))] if aware is not None else []
    return [*found, c.Settle(rows)] if rows else found


def _entered(incident: Incident, entered: Entered) -> Iterator[tuple[str, c.DecideNotice | c.RecordNoticeSent]]:
    """Each answer, with the field at which it is told what the rules say against it."""
    for clock in notice_clocks(incident):
        name = clock.obligation.id
        if choice := entered.choice(_OUTCOME + name):
            later = choice == LATER
            outcome = NoticeOutcome.NOT_REQUIRED if later else NoticeOutcome(choice)
            reason = entered.text(_OWN + name).strip() or entered.text(WHY)
            again = entered.time(AGAIN) if later else None
            yield _OUTCOME + name, c.DecideNotice(name, outcome, reason, entered.text(WHO), again)
        if (reference := entered.text(_REFERENCE + name)).strip():
            sent_at = entered.time(_SENT + name)
            sent = c.RecordNoticeSent(name, reference, sent_at, entered.text(_DELAY + name))
            yield (_REFERENCE if sent_at is None else _SENT) + name, sent


def by_field(incident: Incident, entered: Entered) -> dict[str, PersonCommand]:
    """By the field at which a refusal of it is told."""
    found: dict[str, PersonCommand] = {field: c.Settle((answer,)) for field, answer in _entered(incident, entered)}
    aware = entered.time(AWARE)
    return {**found, AWARE: c.RecordAwareness(aware, entered.text(AWARE_WHY))} if aware is not None else found


def mistakes(incident: Incident, entered: Entered, refusals: dict[str, str], by: str = "") -> dict[str, str]:
    """A sentence for each field that keeps the form from being saved; `refusals` are what the rules say, by field, and
    `by` is who fills it in.
    """
    decided = {field: answer for field, answer in _entered(incident, entered) if isinstance(answer, c.DecideNotice)}
    found = {
        **_of_rows(incident, entered),
        **_of_texts(incident, entered, list(decided.values())),
        **(_of_decisions(incident, entered, list(decided.values()), by) if decided else {}),
    }
    found = found or {field: sentence for field, sentence in refusals.items() if sentence}
    if not found and not commands(incident, entered):
        first = next((field for field in entered.values if field.startswith((_OUTCOME, _REFERENCE, AWARE))), "")
        return {first: "Choose what was decided, or enter the reference of what was sent."} if first else {}
    return found


def _of_rows(incident: Incident, entered: Entered) -> dict[str, str]:
    found: dict[str, str] = {}
    for clock in notice_clocks(incident):
        name = clock.obligation.id
        if entered.text(_OWN + name).strip() and not entered.choice(_OUTCOME + name):
            found[_OUTCOME + name] = "Choose what was decided."
        if entered.time(_SENT + name) is not None and not entered.text(_REFERENCE + name).strip():
            found[_REFERENCE + name] = "Enter its reference: what names the notice that was sent."
    return found


def _of_texts(incident: Incident, entered: Entered, decided: Sequence[c.DecideNotice]) -> dict[str, str]:
    """Texts that are missing, or look like a secret."""
    names = [clock.obligation.id for clock in notice_clocks(incident)]
    fields = [WHY, WHO, AWARE_WHY, *(prefix + name for name in names for prefix in (_OWN, _REFERENCE, _DELAY))]
    found = {name: wrong for name in fields if (text := entered.text(name)).strip() and (wrong := unfit(text))}
    if any(not each.reason.strip() for each in decided):
        found[WHY] = "Enter a reason: the report quotes it."
    if entered.time(AWARE) is not None and not entered.text(AWARE_WHY).strip():
        found[AWARE_WHY] = "Enter how it became known then: it moves the law's deadlines."
    return found


def _of_decisions(incident: Incident, entered: Entered, decided: Sequence[c.DecideNotice], by: str) -> dict[str, str]:
    found: dict[str, str] = {}
    decides = {each.id: each.decides for each in incident.obligations}
    others = sorted({decides[each.obligation] for each in decided} - {"", by})
    if others and not entered.text(WHO).strip():
        found[WHO] = f"Enter who has decided: {listed(others)}."
    if any(entered.choice(_OUTCOME + each.obligation) == LATER for each in decided) and entered.time(AGAIN) is None:
        found[AGAIN] = "Enter on which date to decide again."
    first = decided[0]
    for each in decided:
        if each.outcome is not first.outcome and each.reason.strip() == first.reason.strip():
            found[_OWN + each.obligation] = "Decided otherwise than another notice. Enter a reason of its own."
    denied = any(each.outcome is NoticeOutcome.NOT_REQUIRED for each in decided)
    if denied and entered.asked(ALTHOUGH) and not entered.choices(ALTHOUGH):
        found[ALTHOUGH] = "Something known contradicts this. Tick this to record it anyway."
    return found
