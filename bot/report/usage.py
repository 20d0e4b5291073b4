"""Who read a parameter, in words that never say more than was looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.model import ReaderOutcome
from bot.incident.state import SecretState
from bot.model.reads import Read
from bot.phrases.times import counted, listed, moment
from bot.report.facts import Entry, Fact, entries


@dataclass(frozen=True)
class Reader:
    """All reads of one principal (an ARN)."""

    principal: str
    reads: int
    first: datetime
    last: datetime
    addresses: tuple[str, ...]
    agents: tuple[str, ...]
    said: str
    """What somebody said of whose reads these are."""


@dataclass(frozen=True)
class UsageView:
    facts: tuple[Fact, ...]
    readers: tuple[Reader, ...]


def usage_of(secret: SecretState, events: Sequence[e.Recorded]) -> UsageView:
    looked = entries(events, e.UsageRead, secret.name)
    if not looked:
        return UsageView((Fact("Nobody has looked up who read the parameter. Nothing is known about its use."),), ())
    last = looked[-1]
    others = [read for read in last.event.reads if not read.by_bot]
    said = {entry.event.principal: entry for entry in entries(events, e.ReaderAccounted)}
    missing = len({read.principal for read in others} - set(said))
    return UsageView(tuple(_facts(last, len(others), missing)), tuple(_readers(others, said)))


def _facts(looked: Entry[e.UsageRead], others: int, missing: int) -> Iterator[Fact]:
    event, ref = looked.event, (looked.seq,)
    where = f"{event.source} between {moment(event.since)} and {moment(event.until)}"
    unseen = f"Not visible there: {listed(event.not_visible)}." if event.not_visible else "It sees all reads."
    if others:
        owed = f"NOT ACCOUNTED FOR: {counted(missing, 'reader')}." if missing else "Each reader is accounted for below."
        text = f"{counted(others, 'read')} by others than the bot in {where}. {owed} {unseen}"
    else:
        text = f"No unexpected reads in {where}. {unseen}"
    yield Fact(text, ref)
    if mine := len(event.reads) - others:
        yield Fact(f"{counted(mine, 'read')} by the bot itself in that time.", ref)
    if event.truncated:
        yield Fact("The search stopped before it had seen everything: there can be more reads than these.", ref)


def accounted(said: Entry[e.ReaderAccounted] | None) -> str:
    if said is None:
        return "NOT ACCOUNTED FOR"
    outcome = "UNEXPLAINED" if said.event.outcome is ReaderOutcome.UNEXPLAINED else str(said.event.outcome)
    note = f": {said.event.note}" if said.event.note else ""
    return f"{outcome}, says {said.actor} [{said.seq}]{note}"


def _readers(reads: Sequence[Read], said: Mapping[str, Entry[e.ReaderAccounted]]) -> Iterator[Reader]:
    by: defaultdict[str, list[Read]] = defaultdict(list)
    for read in reads:
        by[read.principal].append(read)
    for principal, theirs in sorted(by.items(), key=lambda item: (-len(item[1]), item[0])):
        times = [read.at for read in theirs]
        yield Reader(
            principal=principal,
            reads=len(theirs),
            first=min(times),
            last=max(times),
            addresses=tuple(sorted({read.address for read in theirs})),
            agents=tuple(sorted({read.agent for read in theirs})),
            said=accounted(said.get(principal)),
        )
