"""The remains of events after people's words are removed, with the proofs that repeat these words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.errors import Misuse
from bot.eventlog.chain import StoredEvent, read
from bot.eventlog.sql import EventLog
from bot.inbox.declaration import RedactChoice
from bot.incident import commands as c
from bot.incident.codec import CODEC, encode
from bot.incident.events import CommandProven, TaskAdded, kind_of
from bot.incident.model import Cut
from bot.incident.record.redaction import repeats, without_texts


def redaction(event_log: EventLog, incident: str, choice: RedactChoice) -> c.Redact:
    """The remains of the events, of the proofs of their commands, and of reminders of their tasks, which repeat their
    words. Misuse for an event that does not exist, or has no person's words.
    """
    rows = {row.seq: row for row in event_log.rows(incident)}
    cuts: dict[int, Cut] = {}
    for number in choice.events:
        row = rows.get(number)
        if row is None:
            raise Misuse(f"{incident} has no event {number}: see `bot incident timeline {incident} --all`.")
        cut = _cut(row)
        if cut is None:
            raise Misuse(f"Event {number} ({row.kind}) of {incident} holds no text that can be removed.")
        cuts[number] = cut
        cuts |= {other.seq: other for other in (*_proofs_of(rows, number), *_reminders_of(rows, row))}
    return c.Redact(tuple(cuts[number] for number in sorted(cuts)), choice.reason)


def _cut(row: StoredEvent) -> Cut | None:
    """The remains of the event; None if it has no person's words, or no longer."""
    left = without_texts(read(row, CODEC).event)
    return Cut(row.seq, row.kind, row.data_digest, encode(left)) if left is not None else None


def _proofs_of(rows: Mapping[int, StoredEvent], number: int) -> Iterator[Cut]:
    """The proofs of the command that led to the event."""
    after = number + 1
    while after in rows and rows[after].command_id is None:
        if rows[after].kind == kind_of(CommandProven) and (cut := _cut(rows[after])) is not None:
            yield cut
        after += 1


def _reminders_of(rows: Mapping[int, StoredEvent], added: StoredEvent) -> Iterator[Cut]:
    """The reminders of the added task, which quote its title."""
    event = read(added, CODEC).event if added.kind == kind_of(TaskAdded) else None
    if not isinstance(event, TaskAdded):
        return
    for row in rows.values():
        if row.seq > added.seq and repeats(read(row, CODEC).event, event.task) and (cut := _cut(row)) is not None:
            yield cut
