"""The form behind *Notices…*: whom the law and contracts ask to tell, what was decided on each, and sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, Option

from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock, aware_at, notice_clocks
from bot.incident.state import Incident
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.notices import Telling, basis_lines, counted_from, fact_lines, notice_lines
from bot.phrases.readers import notifiable_against
from bot.phrases.times import listed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import VIEW_BLOCKS, Json, button, form, maybe, option, section
from bot.slack.blocks import rows as rows_of
from bot.slack.modals.inputs import Entered, at, fitting, one_of, some_of, unfit, words

LATER = "later"
"""Not required so far: decided again on a date."""
CHOICES = (
    option(NoticeOutcome.NOTIFY, "Notify"),
    option(NoticeOutcome.NOT_REQUIRED, "Not required"),
    option(LATER, "Decide again later"),
)
_OUTCOME, _OWN, ALL = "outcome|", "own|", "all"
_REFERENCE, _SENT, _DELAY = "reference|", "sent|", "delay|"
WHO, WHY, AGAIN, ALTHOUGH = "who", "why", "again", "although"
AWARE, AWARE_WHY = "aware", "aware_why"


TELLING = Telling(day_and_time, literal)


def basis_form(incident: Incident, _pressed: ButtonValue, _now: datetime, _answer: str = "") -> Json:
    """To read: whom each notice is to, what it rests on, and counsel's guide."""
    clocks = notice_clocks(incident)
    told = ((1, [section(f"*{literal(each.obligation.title)}*", *_basis(each))]) for each in clocks)
    shown, left = fitting(told, VIEW_BLOCKS - 1)
    more = f"{left} more of {len(clocks)}: {code(f'bot todo {incident.id} notices')}" if left else ""
    return form(ActionId.NOTICE_BASIS, "Legal basis", [*shown, *maybe(more)], close="Back")


def _basis(clock: NoticeClock) -> Iterator[str]:
    yield from basis_lines(clock, TELLING)
    if counted := counted_from(clock.obligation):
        yield f"Due {counted}"


def notices_form(incident: Incident, pressed: ButtonValue, now: datetime, drafted: str = "") -> Json:
    """All of them. `drafted` is what came of asking for the draft of the one that `pressed` names."""
    clocks = notice_clocks(incident)
    if not clocks:
        said = section("The known facts require no notice.", "`playbooks/deadlines.yaml` lists when one is required.")
        return form(ActionId.NOTIFICATION, "Notices", [said], close="Back")
    head = [_head(incident), *maybe(drafted), *_for_all(clocks)]
    tail = [*_together(incident), *_awareness(), *_drafts(incident, clocks)]
    rows, left = fitting(((1, _one(clock, now)) for clock in clocks), VIEW_BLOCKS - len(head) - len(tail) - 1)
    more = f"{left} more of {len(clocks)} have no room here: decide these first." if left else ""
    blocks = [*head, *rows, *maybe(more), *tail]
    return form(
        ActionId.NOTIFICATION,
        "Notices",
        blocks,
        submit="Save",
        note=ButtonValue(incident.id, pressed.subject).encode(),
    )


def _head(incident: Incident) -> Block:
    recorded = f"as {literal(incident.awareness.by.name)} recorded" if incident.awareness else "the detection"
    facts = [f"• {fact}" for fact in fact_lines(incident)]
    return section(f"*Known since {day_and_time(aware_at(incident))}* ({recorded}).", *facts)


def _for_all(clocks: Sequence[NoticeClock]) -> Iterator[Block]:
    undecided = [clock for clock in clocks if not clock.decided]
    if len(undecided) > 1:
        yield one_of(ALL, f"All {len(undecided)} undecided notices", CHOICES, optional=True,
                     hint="Except those below.")  # fmt: skip


def _one(clock: NoticeClock, now: datetime) -> Iterator[Block]:
    name, duty = clock.obligation.id, clock.obligation
    late = clock.open and clock.next_due is not None and clock.next_due <= now
    sign = "⚠️ OVERDUE: " if late else "" if clock.open else "✓ "
    # The facts are at the head of the form; what is new since a decision is here.
    yield section(f"*{sign}{literal(duty.title)}*", *notice_lines(clock, TELLING, facts=False, basis=False))
    if clock.notice.sent is not None:
        return
    if clock.owed:
        hint = "Case number, ticket or mail subject."
        yield words(_REFERENCE + name, "Reference, once you sent it", optional=True, lines=False, hint=hint)
        yield at(_SENT + name, "Sent at", hint="Leave empty for now.")
        if clock.due is not None and clock.due <= now:
            yield words(_DELAY + name, "Why it is late", optional=True, lines=False,
                        hint="A late notice to an authority states the reasons (GDPR, article 33 (1)).")  # fmt: skip
    label = "Decide differently?" if clock.decided else "Decision"
    yield one_of(_OUTCOME + name, label, _left(clock), optional=True)
    yield words(_OWN + name, "Reason for this notice", optional=True, lines=False,
                hint="Empty: the reason below.")  # fmt: skip


def _drafts(incident: Incident, clocks: Sequence[NoticeClock]) -> list[Block]:
    """What to read, and a button for each draft that counsel can be given."""
    wanted = [clock.obligation for clock in clocks if clock.obligation.template and clock.notice.sent is None]
    basis = button("Legal basis…", ActionId.NOTICE_BASIS, ButtonValue(incident.id))
    drafts = [(f"Draft: {duty.id}", ButtonValue(incident.id, duty.id)) for duty in wanted]
    return rows_of([basis, *(button(label, ActionId.NOTICE_DRAFT, value) for label, value in drafts)])


def _left(clock: NoticeClock) -> list[Option]:
    """What can be decided now. What is decided again can be decided the same."""
    decision = clock.notice.decision
    settled = decision.outcome if decision is not None and clock.decided and clock.look is None else None
    return [each for each in CHOICES if (NoticeOutcome.NOT_REQUIRED if each.value == LATER else each.value) != settled]


def _together(incident: Incident) -> Iterator[Block]:
    """What is said once for all that is decided here."""
    yield words(WHO, "Who decided?", optional=True, lines=False,
                hint="Needed unless you decide yourself.")  # fmt: skip
    yield words(WHY, "Reason", optional=True, hint="Quoted in the report.")
    yield at(AGAIN, "Decide again on")
    if against := notifiable_against(incident):
        yield section(f"⚠️ Contradicts “not required”: {against}.")
        box = option("yes", "Record it anyway", "Explain in the reason why no one is notified")
        yield some_of(ALTHOUGH, "If it is not required", [box], optional=True)


def _awareness() -> Iterator[Block]:
    yield at(AWARE, "Known since another time", hint="Moves their deadlines.")
    yield words(AWARE_WHY, "How it became known then", optional=True, lines=False)


# What was entered.


def commands(incident: Incident, entered: Entered) -> list[PersonCommand]:
    """The other time, and one command with all that was decided and sent."""
    rows = tuple(row for _, row in _entered(incident, entered))
    return [*_aware(entered), *([c.Settle(rows)] if rows else [])]


def _aware(entered: Entered) -> list[PersonCommand]:
    """That it was known since another time, where that is said."""
    aware = entered.time(AWARE)
    return [c.RecordAwareness(aware, entered.text(AWARE_WHY))] if aware is not None else []


def _choice(entered: Entered, clock: NoticeClock) -> str:
    """Its own, or that for all that are undecided."""
    return entered.choice(_OUTCOME + clock.obligation.id) or ("" if clock.decided else entered.choice(ALL))


def _entered(incident: Incident, entered: Entered) -> Iterator[tuple[str, c.DecideNotice | c.RecordNoticeSent]]:
    """Each answer, with the field for the rules' objection."""
    for clock in notice_clocks(incident):
        name = clock.obligation.id
        if choice := _choice(entered, clock):
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
    """By the field for its refusal."""
    found: dict[str, PersonCommand] = {field: c.Settle((answer,)) for field, answer in _entered(incident, entered)}
    aware = _aware(entered)
    return {**found, AWARE: aware[0]} if aware else found


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
        return {first: "Choose the decision, or enter the reference of the sent notice."} if first else {}
    return found


def _of_rows(incident: Incident, entered: Entered) -> dict[str, str]:
    found: dict[str, str] = {}
    for clock in notice_clocks(incident):
        name = clock.obligation.id
        if entered.text(_OWN + name).strip() and not _choice(entered, clock):
            found[_OUTCOME + name] = "Choose the decision."
        if entered.time(_SENT + name) is not None and not entered.text(_REFERENCE + name).strip():
            found[_REFERENCE + name] = "Enter the reference of the sent notice."
    return found


def _of_texts(incident: Incident, entered: Entered, decided: Sequence[c.DecideNotice]) -> dict[str, str]:
    """Texts that are missing, or look like a secret."""
    names = [clock.obligation.id for clock in notice_clocks(incident)]
    fields = [WHY, WHO, AWARE_WHY, *(prefix + name for name in names for prefix in (_OWN, _REFERENCE, _DELAY))]
    found = {name: wrong for name in fields if (text := entered.text(name)).strip() and (wrong := unfit(text))}
    if any(not each.reason.strip() for each in decided):
        found[WHY] = "Enter a reason."
    if entered.time(AWARE) is not None and not entered.text(AWARE_WHY).strip():
        found[AWARE_WHY] = "Enter how it became known then: it moves legal deadlines."
    return found


def _of_decisions(incident: Incident, entered: Entered, decided: Sequence[c.DecideNotice], by: str) -> dict[str, str]:
    found: dict[str, str] = {}
    decides = {each.id: each.decides for each in incident.obligations}
    others = sorted({decides[each.obligation] for each in decided} - {"", by})
    if others and not entered.text(WHO).strip():
        found[WHO] = f"Enter who decided: {listed(others)}."
    later = {clock.obligation.id for clock in notice_clocks(incident) if _choice(entered, clock) == LATER}
    if any(each.obligation in later for each in decided) and entered.time(AGAIN) is None:
        found[AGAIN] = "Enter on which date to decide again."
    first = decided[0]
    for each in decided:
        if each.outcome is not first.outcome and each.reason.strip() == first.reason.strip():
            found[_OWN + each.obligation] = "Another notice is decided differently. Enter a reason for this one."
    denied = any(each.outcome is NoticeOutcome.NOT_REQUIRED for each in decided)
    if denied and entered.asked(ALTHOUGH) and not entered.choices(ALTHOUGH):
        found[ALTHOUGH] = "A known fact contradicts this. Tick this to record it anyway."
    return found
