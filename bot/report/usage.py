"""Who read a parameter, in words that never say more than was looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.model import ReadRecord
from bot.incident.state import SecretState
from bot.report.durations import counted, listed, moment
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
    return UsageView(tuple(_facts(last, len(others))), tuple(_readers(others)))


def _facts(looked: Entry[e.UsageRead], others: int) -> Iterator[Fact]:
    event, ref = looked.event, (looked.seq,)
    where = f"{event.source} between {moment(event.since)} and {moment(event.until)}"
    unseen = f"Not visible there: {listed(event.not_visible)}." if event.not_visible else "It sees all reads."
    if others:
        text = f"{counted(others, 'read')} by others than the bot in {where}. Somebody must account for each. {unseen}"
    else:
        text = f"No unexpected reads in {where}. {unseen}"
    yield Fact(text, ref)
    if mine := len(event.reads) - others:
        yield Fact(f"{counted(mine, 'read')} by the bot itself in that time.", ref)
    if event.truncated:
        yield Fact("The search stopped before it had seen everything: there can be more reads than these.", ref)


def _readers(reads: Sequence[ReadRecord]) -> Iterator[Reader]:
    by: defaultdict[str, list[ReadRecord]] = defaultdict(list)
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
        )
