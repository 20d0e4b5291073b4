"""The words of a notice that the law or a contract requires: its recipient, who decides, by when, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import NoticeOutcome
from bot.incident.obligations.rules import NoticeClock, fact_of, facts_of, notice_clocks
from bot.incident.state import Incident, SecretState
from bot.model.obligations import Obligation, StartsFrom
from bot.model.secrets import Data
from bot.phrases.alive import names_of
from bot.phrases.marks import literal
from bot.phrases.times import duration, moment

STARTS = {
    StartsFrom.AWARENESS: "“known since”",
    StartsFrom.DECLARATION: "the declaration",
    StartsFrom.CONTAINMENT: "when the last leaked key was dead",
}
OUTCOMES = {NoticeOutcome.NOTIFY: "notify", NoticeOutcome.NOT_REQUIRED: "not required"}


@dataclass(frozen=True)
class Telling:
    """How a face writes a time, and words that are not the bot's own."""

    at: Callable[[datetime], str] = moment
    words: Callable[[str], str] = str


PLAIN = Telling()


def notice_lines(clock: NoticeClock, tell: Telling = PLAIN, *, facts: bool = True, basis: bool = True) -> Iterator[str]:
    """The duty while it is open, then its result, then the remaining work. `facts`: with the facts of a decision;
    `basis`: with the legal basis of the duty.
    """
    if not clock.decided:
        duty = clock.obligation
        decides = f"{tell.words(duty.decides[:1].upper() + duty.decides[1:])} decides"
        if basis:
            yield from basis_lines(clock, tell)
            yield f"{decides}{_until(clock, tell)}"
        elif clock.decide_by is not None and clock.due is not None:
            yield f"{decides} by {tell.at(clock.decide_by)}; due {tell.at(clock.due)}"
        else:
            yield f"{decides}{_until(clock, tell)}"
    yield from _decision(clock, tell, facts=facts)
    if clock.owed:
        due = f", due {tell.at(clock.due)}, {counted_from(clock.obligation)}" if clock.due is not None else None
        yield f"NOT SENT YET{due or ', due without undue delay'}"
    yield from _sent(clock, tell)


def fact_lines(incident: Incident) -> Iterator[str]:
    """The facts of a decision, for Slack."""
    yield from data_lines(incident)
    told = {fact_of(incident, secret) for secret in incident.secrets.values()}
    yield from (literal(fact) for fact in facts_of(incident) if fact not in told)


def data_lines(incident: Incident) -> Iterator[str]:
    """Secrets with the same kind of data share a line; those without any have one only where no others are."""
    by_data: dict[Data, list[SecretState]] = {}
    for secret in incident.secrets.values():
        by_data.setdefault(secret.entry.data, []).append(secret)
    for data in sorted(by_data, key=list(Data).index, reverse=True):
        if data is not Data.NONE or len(by_data) == 1:
            yield f"{data.words}: {names_of(by_data[data])}"


def basis_lines(clock: NoticeClock, tell: Telling = PLAIN) -> Iterator[str]:
    """Whom the notice is to, what it rests on, and counsel's guide."""
    duty = clock.obligation
    unsure = "" if duty.confirmed else " (counsel has not confirmed this entry)"
    yield f"To {tell.words(duty.to)}: {tell.words(duty.basis)}{unsure}"
    if duty.guide:
        yield tell.words(duty.guide)


def _until(clock: NoticeClock, tell: Telling) -> str:
    if clock.decide_by is not None and clock.due is not None:
        at = f"{tell.at(clock.due)}, {counted_from(clock.obligation)}"
        return f" by {tell.at(clock.decide_by)}; the notice is due {at}"
    if clock.obligation.hours is None:
        return ", without undue delay: no fixed hour"
    return f": {counted_from(clock.obligation)}, which has not come yet"


def counted_from(duty: Obligation) -> str:
    """``72 hours from “known since”``, plain: how its time is counted; empty where it has no fixed hour."""
    return f"{duty.hours:g} hours from {STARTS[duty.starts_from]}" if duty.hours is not None else ""


def _decision(clock: NoticeClock, tell: Telling, *, facts: bool) -> Iterator[str]:
    decision = clock.notice.decision
    if decision is None:
        return
    late = ""
    if clock.decide_by is not None and decision.by.at > clock.decide_by:
        late = f", LATE by {duration((decision.by.at - clock.decide_by).total_seconds())}"
    again = f"; decide again on {tell.at(decision.again)}" if decision.again is not None else ""
    said = f"{OUTCOMES[decision.outcome]} (by {tell.words(decision.decider)}, {tell.at(decision.by.at)}{late}){again}"
    yield f"Decided: {said}: {tell.words(decision.reason)}"
    if facts:
        yield f"On these facts: {tell.words('; '.join(decision.facts))}"
    if clock.changed:
        yield f"New since then: {tell.words('; '.join(clock.changed))}. Confirm or change the decision."


def _sent(clock: NoticeClock, tell: Telling) -> Iterator[str]:
    sent = clock.notice.sent
    if sent is None:
        return
    late = f", LATE by {duration(clock.late_by.total_seconds())}" if clock.late_by else ""
    unsaid = ", no reason for the delay recorded" if clock.late_by and not sent.delay else ""
    yield f"Sent {tell.at(sent.at)}{late}{unsaid}: {tell.words(sent.reference)}"
    if sent.delay:
        yield f"Why it took so long: {tell.words(sent.delay)}"


def count_words(incident: Incident) -> str:
    """``4 of 5 decided, 2 to be sent``; empty where no notice is asked for."""
    clocks = notice_clocks(incident)
    decided, unsent = sum(clock.decided for clock in clocks), sum(clock.owed for clock in clocks)
    return f"{decided} of {len(clocks)} decided, {unsent} to be sent" if clocks else ""
