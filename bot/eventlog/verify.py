"""Checks an incident's chain of digests and reports what does not fit.

The chain reveals a changed, removed, inserted or reordered event. It cannot reveal that the newest events were cut off,
or that all was rewritten with new digests: that needs a head (``SEQ:DIGEST``) from outside the database. The bot posts
heads to the incident's channel at milestones and prints them in the report. A process with the worker key also sees by
the seals whether workers wrote all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import Misuse
from bot.eventlog.chain import RedactedEvent, StoredEvent, digest_of
from bot.eventlog.contract import Summary
from bot.eventlog.forms import ROOT
from bot.eventlog.seal import Seal
from bot.eventlog.sql import EventLog
from bot.phrases.times import counted

READS = 20
"""After which a log that is written without a pause is judged as it was found."""
_HEAD = re.compile(r"(?P<seq>[1-9][0-9]*):(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True)
class Verdict:
    """`findings` has a sentence for each fault. `anchored`: the given head was found in its place. `head` is the log's,
    empty for an empty log. `sealed` is None in a process without the key for the seals.
    """

    ok: bool
    findings: tuple[str, ...]
    head: str
    anchored: bool
    events: int
    anchor: str = ""
    sealed: bool | None = None
    redacted: tuple[int, ...] = ()
    """Events from which two people removed the words; a later event has the remains."""

    @property
    def seal_sentence(self) -> str:
        """Whether workers wrote it, in a sentence."""
        if self.sealed is None:
            return "Whether a worker sealed it cannot be checked here: that needs the right to read /bot/worker-key."
        return "It is sealed by this installation's workers." if self.sealed else "It is NOT sealed by a worker."

    @property
    def sentence(self) -> str:
        """The result for a person, in one or two sentences."""
        if not self.ok:
            return f"The log does not hold: {counted(len(self.findings), 'finding')}."
        whole = f"The chain of {counted(self.events, 'event')} holds."
        if not self.anchored:
            return (
                f"{whole} Its tail is not anchored: events cut off at the end, or a rewritten log, would not show. "
                "Give a head from the channel or the report."
            )
        seq = int(self.anchor.partition(":")[0])
        if seq == self.events:
            return f"{whole} It ends in the head that was given."
        return f"{whole} It is anchored up to event {seq}; the {self.events - seq} after it are not."


def verify_incident(event_log: EventLog, incident: str, head: str | None = None) -> Verdict:
    """Checks the log of one incident and its summary. Misuse for an unknown incident or a malformed head."""
    summary, stored = _as_it_stands(event_log, incident)
    if summary is None and not stored:
        raise Misuse(f"There is no incident {incident}. `bot list` shows all.")
    return verify(stored, head, summary, event_log.seal)


def _as_it_stands(event_log: EventLog, incident: str) -> tuple[Summary | None, Sequence[StoredEvent]]:
    """Both as they were at one time: what a worker records between the two reads is no finding."""
    summary = event_log.summary(incident)
    for _ in range(READS):
        before, stored = summary, event_log.rows(incident)
        summary = event_log.summary(incident)
        if summary == before:
            break
    return before, stored


def verify(
    rows: Sequence[StoredEvent], head: str | None = None, summary: Summary | None = None, seal: Seal | None = None
) -> Verdict:
    """Checks the rows of one incident, ordered by number, against each other, a known head, the summary row and, where
    it is given, the seal.

    Misuse if `head` is not ``SEQ:DIGEST``.
    """
    anchor = _parse(head) if head is not None else None
    unsealed = list(_seals(rows, seal)) if seal is not None else []
    findings = [*_gaps(rows), *_contents(rows), *_links(rows), *_summary(rows, summary), *unsealed]
    anchored = False
    if anchor is not None:
        cut = _anchor(rows, *anchor)
        findings += [cut] if cut else []
        anchored = cut is None
    newest = rows[-1].head if rows else ""
    sealed = None if seal is None else not unsealed
    redacted = tuple(row.seq for row in rows if isinstance(row, RedactedEvent))
    return Verdict(not findings, tuple(findings), newest, anchored, len(rows), head or "", sealed, redacted)


def _parse(head: str) -> tuple[int, str]:
    match = _HEAD.fullmatch(head.strip())
    if match is None:
        raise Misuse("a head is SEQ:DIGEST, the number of an event and the 64 hex digits of its digest")
    return int(match["seq"]), match["digest"]


def _gaps(rows: Sequence[StoredEvent]) -> Iterator[str]:
    expected = 1
    for row in rows:
        if row.seq > expected:
            missing = f"event {expected} is" if row.seq == expected + 1 else f"events {expected} to {row.seq - 1} are"
            yield f"{missing} missing"
        elif row.seq < expected:
            yield f"event {row.seq} is out of order"
        expected = row.seq + 1


def _contents(rows: Sequence[StoredEvent]) -> Iterator[str]:
    for row in rows:
        if not row.holds:
            yield f"event {row.seq} ({row.kind}): its data or salt was changed"
        if row.digest != digest_of(row):
            yield f"event {row.seq} ({row.kind}): its number, time, actor, kind, command or a digest was changed"


def _links(rows: Sequence[StoredEvent]) -> Iterator[str]:
    previous = ROOT
    for row in rows:
        if row.previous != previous:
            yield f"event {row.seq} ({row.kind}) does not follow the event before it"
        previous = row.digest


def _summary(rows: Sequence[StoredEvent], summary: Summary | None) -> Iterator[str]:
    if summary is None:
        return
    newest = rows[-1].head if rows else "nothing"
    if summary.head != newest:
        yield f"the summary knows event {summary.head}, the log ends in {newest}: cut off, or a summary to rebuild"


def _seals(rows: Sequence[StoredEvent], seal: Seal) -> Iterator[str]:
    """A seal covers all earlier rows, so only the place of the last one matters."""
    for row in rows:
        if row.seal and not seal.fits(row):
            yield f"event {row.seq} ({row.kind}): its seal is not one of this installation's workers"
    if rows and not rows[-1].seal:
        last = max((row.seq for row in rows if row.seal), default=0)
        since = f"after event {last}" if last else "at all"
        yield f"no worker has sealed it {since}"


def _anchor(rows: Sequence[StoredEvent], seq: int, digest: str) -> str | None:
    """Why the head from outside does not fit; None if it does."""
    last = rows[-1].seq if rows else 0
    if seq > last:
        return f"the log ends with event {last}, but event {seq} was known: the events after {last} were cut off"
    if any(row.seq == seq and row.digest == digest for row in rows):
        return None
    return f"event {seq} is not the one known under this number: the log was changed or rewritten"
