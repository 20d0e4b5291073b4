"""Evidence with its repeats put together: probes that saw the same in a row, and reads of many keys by one reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bot.incident import events as e
from bot.incident.access.readers import in_place, saw_new_value
from bot.incident.model import ReaderOutcome
from bot.incident.state import Incident
from bot.model.reads import Read
from bot.phrases.times import counted, listed, moment, sentences
from bot.report.facts import Entry, Fact, entries, seqs
from bot.report.proof import ProbeRow

_SHOWN = 15
"""How many of a subject's answers in a row are shown from the beginning, and from the end."""


@dataclass(frozen=True)
class ReaderRow:
    """All reads of one principal (an ARN), of any key. `after` counts reads after the new key was in place; `reads`
    counts the others.
    """

    principal: str
    keys: tuple[str, ...]
    reads: int
    first: datetime
    last: datetime
    addresses: tuple[str, ...]
    agents: tuple[str, ...]
    said: str
    seqs: tuple[int, ...]
    after: int = 0


def runs(rows: Sequence[ProbeRow]) -> Iterator[Fact]:
    """Each subject's probes in order; several in a row with the same answer are one."""
    by: defaultdict[str, list[ProbeRow]] = defaultdict(list)
    for row in rows:
        by[row.subject].append(row)
    for subject, looks in by.items():
        alike = [list(same) for _, same in groupby(looks, _answer)]
        yield Fact(f"{subject}: {'; then '.join(_told(alike))}.", tuple(look.seq for look in looks))


def _told(alike: Sequence[Sequence[ProbeRow]]) -> list[str]:
    """Each run of probes; of many, the middle ones are only counted, with every state that occurred."""
    left_out = alike[_SHOWN:-_SHOWN]
    if len(left_out) < 2:
        return [_run(same) for same in alike]
    states = list(dict.fromkeys(same[0].liveness for same in left_out))
    between = f"… and {len(left_out)} changes more, which the log has: {listed(states)}"
    return [*map(_run, alike[:_SHOWN]), between, *map(_run, alike[-_SHOWN:])]


def _answer(row: ProbeRow) -> tuple[str, str]:
    return row.liveness, row.detail


def _run(looks: Sequence[ProbeRow]) -> str:
    first, last = looks[0], looks[-1]
    detail = f" ({first.detail})" if first.detail else ""
    if len(looks) == 1:
        return f"{first.liveness}{detail} at {first.at:%H:%M:%S}"
    return f"{first.liveness}{detail} {len(looks)} times, {first.at:%H:%M:%S} to {last.at:%H:%M:%S}"


def reads_seen(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """A statement about several keys is true of each: the time is the one in which all of them were looked up."""
    quiet: defaultdict[tuple[str, tuple[str, ...], bool], list[Entry[e.UsageRead]]] = defaultdict(list)
    for name in incident.secrets:
        looked = entries(events, e.UsageRead, name)[-1:]
        if not looked:
            yield Fact(f"{name}: readers not looked up. Its use is unknown.")
            continue
        others = [read for read in looked[0].event.reads if not read.by_bot]
        if not others:
            event = looked[0].event
            quiet[event.source, event.not_visible, event.truncated].append(looked[0])
            continue
        mine = len(looked[0].event.reads) - len(others)
        own = f" {counted(mine, 'read')} by the bot itself in that time." if mine else ""
        dropped = looked[0].event.dropped
        more = f" {counted(dropped, 'more read')} by the same readers in that time." if dropped else ""
        times = in_place(events, name)
        new = sum(saw_new_value(read, times) for read in others)
        after = f" {new} of these reads came after the new key was in place." if new else ""
        said = f"{name}: {counted(len(others), 'read')} by others than the bot in {_where(looked)}{after}{own}{more}"
        yield Fact(said, seqs(looked))
    for looks in quiet.values():
        names = listed([look.event.secret for look in looks])
        yield Fact(f"{names}: no unexpected reads in {_where(looks)}", seqs(looks))


def _where(looks: Sequence[Entry[e.UsageRead]]) -> str:
    event = looks[0].event
    since, until = max(look.event.since for look in looks), min(look.event.until for look in looks)
    unseen = f"Not visible there: {sentences(event.not_visible)}" if event.not_visible else "It sees all reads."
    cut = " The search stopped early." if event.truncated else ""
    return f"{event.source} between {moment(since)} and {moment(until)}. {unseen}{cut}"


def reader_rows(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[ReaderRow]:
    """The principals with most reads first."""
    said = {entry.event.principal: entry for entry in entries(events, e.ReaderAccounted)}
    by: defaultdict[str, list[tuple[str, int, Read]]] = defaultdict(list)
    new: Counter[str] = Counter()
    for name in incident.secrets:
        placed = in_place(events, name)
        for principal, (seq, reads) in _last_seen(entries(events, e.UsageRead, name)).items():
            by[principal] += [(name, seq, read) for read in reads]
            new[principal] += sum(saw_new_value(read, placed) for read in reads)
    for principal, theirs in sorted(by.items(), key=lambda item: (-len(item[1]), item[0])):
        times = [read.at for _, _, read in theirs]
        yield ReaderRow(
            principal=principal,
            keys=tuple(dict.fromkeys(name for name, _, _ in theirs)),
            reads=len(theirs) - new[principal],
            after=new[principal],
            first=min(times),
            last=max(times),
            addresses=tuple(sorted({read.address for _, _, read in theirs})),
            agents=tuple(sorted({read.agent for _, _, read in theirs})),
            said=_accounted(said.get(principal)),
            seqs=tuple(dict.fromkeys(seq for _, seq, _ in theirs)),
        )


def _last_seen(looks: Sequence[Entry[e.UsageRead]]) -> dict[str, tuple[int, list[Read]]]:
    """By principal, what the last look that saw them saw of them, with its number."""
    found: dict[str, tuple[int, list[Read]]] = {}
    for looked in looks:
        seen: dict[str, list[Read]] = {}
        for read in looked.event.reads:
            if not read.by_bot:
                seen.setdefault(read.principal, []).append(read)
        found |= {principal: (looked.seq, reads) for principal, reads in seen.items()}
    return found


def _accounted(said: Entry[e.ReaderAccounted] | None) -> str:
    if said is None:
        return "NOT IDENTIFIED"
    words = {
        ReaderOutcome.UNEXPLAINED: "UNEXPLAINED",
        ReaderOutcome.REMOVED: "NOT IDENTIFIED, access removed",
    }
    outcome = words.get(said.event.outcome, str(said.event.outcome))
    note = f": {said.event.note}" if said.event.note else ""
    return f"{outcome}, says {said.actor} [{said.seq}]{note}"
