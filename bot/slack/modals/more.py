"""The form behind “More…”: clocks, page, tasks and all other buttons, for which the card has no room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.commands import Act
from bot.incident.lanes import ALL_LANES, PAGE_LANE, LaneKind
from bot.incident.offers import Offer, available, barred, unblocked
from bot.incident.paging.rules import unsettled
from bot.incident.state import Incident, Task
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.paging import reach_words
from bot.phrases.report import report_line
from bot.phrases.times import alike, counted, first_of
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, divider, look, rows, section
from bot.slack.buttons import distinct
from bot.slack.incident_card.progress import lane_lines
from bot.slack.modals.inputs import listed_lines

ELSEWHERE = frozenset({c.CompleteStep, c.SkipStep, c.AddNote, c.AddTask, c.AddSecret, c.BreakGlass})
"""What *All to-dos*, *Add…* and *Revoke now…* have."""
CONSENTS = frozenset({c.ApprovePlan, c.RejectPlan, c.ApproveProposal, c.RejectProposal, c.AgreeDeparture})
"""What the card of an open incident has in a place of its own."""
LINES, REASONS = 8, 3
LINE, TOGETHER = 250, 10
"""So long is a line, and so many are one paragraph, which is all that Slack shows of one."""
BESIDE_SECRETS = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.ACCESS, LaneKind.DELETE, LaneKind.PAGE})


def more_form(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """`answer` is what a press here came to. What is for others than who pressed is left out."""
    offers = [offer for offer in available(incident, now) if not (pressed.name and barred(pressed.name, offer))]
    offers = [_own(offer, pressed.name) for offer in offers]
    paragraphs = (_people(incident), _page_open(incident), _tasks(incident, now))
    texts = [section(*some) for lines in map(list, paragraphs) for some in batched(lines, TOGETHER)]
    return look(
        ActionId.MORE, "More", ButtonValue(incident.id), [*_groups(incident, offers), divider(), *texts], answer
    )


ADDED = (c.AddNote, c.RecordFinding, c.AddTask, c.AddSecret)


def add_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """The form behind *Add…*; `answer` is what a press here came to."""
    offers = available(incident, now)
    buttons = distinct(incident, [offer for kind in ADDED for offer in unblocked(offers, kind)])
    blocks = rows(buttons) or [section("This incident is closed. Reopen it to add something.")]
    return look(ActionId.ADD, "Add", ButtonValue(incident.id), blocks, answer)


def _own(offer: Offer, name: str) -> Offer:
    """Of those whom it is for, the one who pressed: one declines a role, and another withdraws the offer."""
    return replace(offer, who=tuple(replace(who, only=who.only & {name} or who.only) for who in offer.who))


GROUPS: Mapping[str, tuple[type[Act], ...]] = {
    "Record": (
        c.EndCheck, c.SettleCopy, c.AccountReader, c.RecordFinding, c.RecordAbuse, c.RecordExposure,
        c.DecideNotice, c.RecordNoticeSent, c.RecordAwareness,
    ),
    "Tasks": (c.FinishTask, c.DeclineTask, c.ChangeTask),
    "People": (c.HandOver, c.AcceptRole, c.DeclineRole, c.TakeRole, c.PageAgain),
    "Updates": (c.ReleaseUpdate, c.SkipUpdate),
    "Report": (c.WriteNarrative, c.RequestReport, c.SignReport),
}  # fmt: skip
"""Lines of buttons, each in a fixed order, so that no button moves; *Incident* has all others."""
INCIDENT = "Incident"
HEADINGS = {kind: heading for heading, kinds in GROUPS.items() for kind in kinds}


def _groups(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    """A line of buttons for each group: what can be done about the incident as a whole."""
    order = [*HEADINGS]
    whole = [*(offer for offer in unblocked(offers) if _whole(incident, offer)), *_close_to_read(incident, offers)]
    whole.sort(key=lambda offer: (order.index(offer.kind) if offer.kind in order else len(order), offer.kind.__name__))
    for heading in (*GROUPS, INCIDENT):
        buttons = distinct(incident, [offer for offer in whole if HEADINGS.get(offer.kind, INCIDENT) == heading])
        if heading == INCIDENT and incident.secrets:
            buttons.insert(0, button("Every secret…", ActionId.DETAILS, ButtonValue(incident.id)))
        if buttons:
            yield from (section(f"*{heading}*"), *rows(buttons))


def _close_to_read(incident: Incident, offers: Sequence[Offer]) -> list[Offer]:
    """The close before it is possible, once no key works: its form says what is open, and where to settle it."""
    over = incident.open and not incident.routine and all(secret.gone for secret in incident.secrets.values())
    return [offer for offer in offers if offer.kind is c.Close and over]


def _whole(incident: Incident, offer: Offer) -> bool:
    """Whether it is about the incident, or opens a form that is about all its secrets; consents are on the card."""
    if incident.open and offer.kind in CONSENTS:
        return False
    whole = not offer.secret or offer.kind in {c.EndCheck, c.SettleCopy, c.ReviewGlass, c.BreakGlass}
    return whole and offer.kind not in ELSEWHERE and offer.command != c.Retry(ALL_LANES)


def _people(incident: Incident) -> Iterator[str]:
    """How far the page has come, and what else runs or failed beside the secrets."""
    pagers = [f"pager {incident.page.word}"] if incident.page.word != "none" else []
    pagers += [f"fallback {incident.fallback.word}"] if incident.fallback.word != "none" else []
    yield f"📟 Page: {literal(reach_words(incident))}{f' ({", ".join(pagers)})' if pagers else ''}"
    yield from lane_lines(incident, PAGE_LANE)
    others = [lane for lane in incident.lanes if lane.kind not in BESIDE_SECRETS]
    lines = [
        f"{code(lane.subject)}: {line}" if lane.subject else line
        for lane in others
        for line in lane_lines(incident, lane)
    ]
    yield from (shorten(line, LINE) for line in lines[:LINES])
    if incident.report.path:
        yield report_line(incident)


def _tasks(incident: Incident, now: datetime) -> Iterator[str]:
    tasks = [task for task in incident.tasks.values() if task.open]
    if tasks:
        yield f"*{counted(len(tasks), 'open task')}*"
    lines = listed_lines(incident.id, [_task_words(task, now) for task in tasks])
    yield from (shorten(line, LINE) for line in lines)


def _task_words(task: Task, now: datetime) -> str:
    late = "⚠️ " if task.due is not None and task.due < now else ""
    due = f", due {day_and_time(task.due)}" if task.due else ""
    return f"{late}{literal(task.title)} ({literal(task.owner)}{due})"


def _page_open(incident: Incident) -> Iterator[str]:
    """Once no key works: what keeps the page open."""
    dead = incident.open and not incident.routine and all(secret.gone for secret in incident.secrets.values())
    if dead and (reasons := alike(unsettled(incident), incident.secrets)):
        yield f"📟 The page stays open: {first_of([literal(each) for each in reasons], REASONS, '; ')}"
