"""The lower end: clocks, PagerDuty, whatever else runs or failed, and the buttons for the incident as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.clocks import clocks, notification
from bot.incident.closing.open_items import open_items
from bot.incident.commands import Command
from bot.incident.lanes import ALL_LANES, HALT, PAGE_LANE, LaneKind
from bot.incident.model import Access, CopyOutcome
from bot.incident.offers import Offer, Urgency, unblocked
from bot.incident.paging.schedule import Reach, reach
from bot.incident.record.abuse import NO_ABUSE
from bot.incident.record.decide import NOTIFICATION
from bot.incident.state import Incident
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE
from bot.phrases.marks import code, day_and_time, literal, moment, shorten
from bot.phrases.paging import people_words, reach_words
from bot.phrases.times import counted, span
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, row, section
from bot.slack.buttons import offer_button
from bot.slack.incident_card.lanes import lane_lines
from bot.trust import NOBODY_PROVES


def footer(incident: Incident, offers: Sequence[Offer], now: datetime, head: str, *, word: bool = False) -> list[Block]:
    seq, _, digest = head.partition(":")
    return [
        section(
            *_clocks(incident),
            *_access(incident),
            *_copies(incident),
            *_notification(incident),
            *_tasks(incident, now),
            *_open(incident),
        ),
        *_surroundings(incident, offers),
        *row(*_buttons(incident, offers)),
        context(
            f"Declared by {literal(incident.declared.name)} · log {code(f'{seq}:{digest[:12]}')}"
            + (f" · {literal(NOBODY_PROVES)}" if word else "")
        ),
    ]


def _clocks(incident: Incident) -> Iterator[str]:
    times = [clocks(incident, secret) for secret in incident.secrets.values()]
    declared = incident.declared.at
    yield f"🕐 Declared {day_and_time(declared)}"
    contained = all(secret.access is Access.CONTAINED for secret in incident.secrets.values())
    yield _reached("Contained" if contained else "Key dead", declared, [each.contained for each in times])
    needed = [secret for secret in incident.secrets.values() if secret.new.wanted]
    if needed:
        yield _reached("Restored", declared, [clocks(incident, secret).restored for secret in needed])


def _reached(what: str, declared: datetime, times: list[datetime | None]) -> str:
    """All of them, or how many: a clock stops when the last secret has got there."""
    there = [time for time in times if time is not None]
    if times and len(there) == len(times):
        last = max(there)
        return f"🏁 {what} {moment(last)}, after {span(max(last - declared, timedelta()))}"
    return f"⏱ {what}: not yet" + (f" ({len(there)} of {len(times)})" if len(times) > 1 else "")


def _access(incident: Incident) -> Iterator[str]:
    """That the keys are dead is not the end, where something may outlive them."""
    checks = checks_of(incident.secrets.values())
    if checks.open:
        yield f"🔎 Access: {checks}"
    elif checks.every:
        over = all(secret.access is Access.CONTAINED for secret in incident.secrets.values())
        yield "🔎 Access: contained" if over else "🔎 Access: every check has ended"


def _copies(incident: Incident) -> Iterator[str]:
    """Other places that keep a value: the bot cannot look there."""
    every = [state for secret in incident.secrets.values() for state in secret.copies.values()]
    if left := sum(state.open for state in every):
        yield f"📎 Copies: {left} of {len(every)} not updated, purged or accepted"
    elif kept := sum(state.outcome is CopyOutcome.ACCEPTED for state in every):
        yield f"📎 Copies: settled; the old value stays in {kept}"


def _notification(incident: Incident) -> Iterator[str]:
    clock = notification(incident)
    if clock is None:
        return
    data = ", ".join(clock.data)
    if clock.decided is None:
        yield f"⚖️ Data at stake: {data}. Decide on notification before {day_and_time(clock.due)}"
    else:
        yield f"⚖️ Notification decided by {literal(clock.decided.by.name)} {day_and_time(clock.decided.by.at)}"


def _open(incident: Incident) -> Iterator[str]:
    """What a close would ask for. Keys, checks, tasks and steps have their own lines on the card."""
    items = open_items(incident) if incident.open else ()
    if not items:
        return
    told = ("old", "new", "attested", "checks", "copies", "task", "step", "glass", "notification", "page", "usage")
    others = [literal(item.words) for item in items if item.key.partition(":")[0] not in told]
    yield f"📌 Open before the close: {len(items)}"
    yield from (shorten(f"  {words}", 250) for words in others[:6])
    if len(others) > 6:
        yield f"  … and {len(others) - 6} more, behind *Close…*"


def _tasks(incident: Incident, now: datetime) -> Iterator[str]:
    tasks = [task for task in incident.tasks.values() if task.open]
    if not tasks:
        return
    yield f"☑️ {counted(len(tasks), 'open task')}"
    for task in tasks[:5]:
        late = "⚠️ " if task.due is not None and task.due < now else ""
        due = f", due {day_and_time(task.due)}" if task.due else ""
        yield shorten(f"  {late}{literal(task.title)} ({literal(task.owner)}{due})", 250)
    if len(tasks) > 5:
        yield f"  … and {len(tasks) - 5} more"


SHOWN_ELSEWHERE = frozenset({LaneKind.OLD, LaneKind.NEW, LaneKind.ACCESS, LaneKind.DELETE, LaneKind.PAGE})
"""Beside their secrets, and the page, which has a line of its own."""


def _surroundings(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """PagerDuty and the lanes that belong to no secret."""
    others = [lane for lane in incident.lanes if lane.kind not in SHOWN_ELSEWHERE]
    lines = [_page(incident)]
    for lane in others:
        named = f"{code(lane.subject)}: " if lane.subject else ""
        lines += [named + line for line in lane_lines(incident, lane)]
    failed = [
        each
        for each in unblocked(offers, c.Retry, secret="")
        if each.command not in {c.Retry(ALL_LANES), c.Retry(HALT)}
    ]
    if incident.report.path:
        lines.append(f"📄 Report: {code(incident.report.path)}")
    again = button(
        "Retry what failed", ActionId.RETRY, ButtonValue(incident.id, failed[0].subject if len(failed) == 1 else "")
    )
    return [section(*lines[:12]), *row(again if failed else None)]


def _page(incident: Incident) -> str:
    """How far it has come, in the same words everywhere, then what each pager shows."""
    pagers = [f"PagerDuty {incident.page.word}"] if incident.page.word != "none" else []
    pagers += [f"fallback {incident.fallback.word}"] if incident.fallback.word != "none" else []
    shown = f" ({', '.join(pagers)})" if pagers else ""
    words = literal(reach_words(incident))
    loud = f"*{words}*" if reach(incident) is Reach.NOBODY else words
    people = (literal(line) for line in people_words(incident))
    return "\n".join([f"📟 Page: {loud}{shown}", *people, *lane_lines(incident, PAGE_LANE)])


OF_THE_WHOLE: tuple[type[Command], ...] = (
    c.BreakGlass,
    c.ReviewGlass,
    c.EndCheck,
    c.SettleCopy,
    c.AccountReader,
    c.AddNote,
    c.RecordFinding,
    c.DecideNotice,
    c.RecordNoticeSent,
    c.SetSeverity,
    c.AddTask,
    c.FinishTask,
    c.AddSecret,
    c.RequestReport,
    c.Close,
    c.Reopen,
)
"""What has its button at the end of the card, in this order."""
ONLY_IF_URGED = frozenset({c.BreakGlass, c.EndCheck, c.SettleCopy, c.AccountReader, c.DecideNotice, c.RecordNoticeSent})


def _buttons(incident: Incident, offers: Sequence[Offer]) -> Iterator[ButtonElement]:
    """One for each kind that can be given."""
    for kind in OF_THE_WHOLE:
        quiet = kind in ONLY_IF_URGED or (kind is c.RecordFinding and not incident.open)
        found = [offer for offer in unblocked(offers, kind) if not quiet or offer.urgency < Urgency.POSSIBLE]
        if kind is c.EndCheck and found:
            left = checks_of(incident.secrets.values()).open
            yield button(f"Checks ({left} open)", ActionId.CHECKS, ButtonValue(incident.id), style="primary")
        elif kind is c.SettleCopy and found:
            left = sum(len(secret.open_copies) for secret in incident.secrets.values())
            yield button(f"Copies ({left} open)", ActionId.COPIES, ButtonValue(incident.id))
        elif kind is c.RecordNoticeSent and any(True for _ in unblocked(offers, c.DecideNotice)):
            continue  # one form is for both
        elif kind is c.RecordFinding:
            yield from (offer_button(incident, offer) for offer in _findings(found))
        elif found:
            yield offer_button(incident, found[0])


def _findings(found: Sequence[Offer]) -> Iterator[Offer]:
    """What is owed has a button of its own; one is for all the rest."""
    general = [offer for offer in found if offer.subject not in {IMPACT, ROOT_CAUSE, NO_ABUSE, NOTIFICATION}]
    yield from general[:1]
    owed = [offer for offer in found if offer not in general and offer.urgency < Urgency.POSSIBLE]
    yield from sorted(owed, key=lambda offer: offer.subject)
