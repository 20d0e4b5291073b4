"""Who had which rights, as workers found the people file, which keeps no history that the bot could vouch for.

Pure: the event log keeps what workers found as a log of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.incident.model import Right
from bot.incident.stored import Fact
from bot.model.recorded import Recorded
from bot.people import Person


@dataclass(frozen=True)
class Entry:
    """A person of the file: their rights, and the accounts and public keys by which they prove who they are."""

    name: str
    rights: tuple[Right, ...] = ()
    accounts: tuple[str, ...] = ()


class PeopleFound(Fact, stored="people-found"):
    """The people file as a worker found it; `file_digest` is SHA-256 in hex over its bytes, empty without a file."""

    people: tuple[Entry, ...]
    file_digest: str


@dataclass(frozen=True)
class Rights:
    """What was found last; None before anything was."""

    people: tuple[Entry, ...] | None = None


def evolve(_state: Rights, recorded: Recorded[PeopleFound]) -> Rights:
    return Rights(recorded.event.people)


def found(people: Iterable[Person], file_digest: str) -> PeopleFound:
    entries = [Entry(each.name, tuple(sorted(each.actor.rights)), each.accounts) for each in people]
    return PeopleFound(tuple(sorted(entries, key=lambda entry: entry.name)), file_digest)


def news(state: Rights, event: PeopleFound) -> tuple[PeopleFound, ...]:
    """The event, where it says anything that is not known: another comment in the file is no change of rights."""
    return () if state.people == event.people else (event,)


def changes(before: tuple[Entry, ...] | None, after: tuple[Entry, ...]) -> Iterator[str]:
    """A clause for each difference; with None before, everybody who is there."""
    earlier, later = _by_name(before or ()), _by_name(after)
    for name in sorted({*earlier, *later}):
        old, new = earlier.get(name), later.get(name)
        if new is None:
            yield f"{name} is not in it any more"
        elif old is None:
            word = "is in it" if before is None else "was added"
            yield f"{name} {word}, with {_listed(new.rights)}"
        else:
            yield from _changed(old, new)


def _changed(old: Entry, new: Entry) -> Iterator[str]:
    if gained := [right for right in new.rights if right not in old.rights]:
        yield f"{new.name} got {_listed(gained)}"
    if lost := [right for right in old.rights if right not in new.rights]:
        yield f"{new.name} lost {_listed(lost)}"
    if old.accounts != new.accounts:
        yield f"{new.name} proves by other accounts: {', '.join(new.accounts) or 'none'}"


def _listed(rights: Iterable[Right]) -> str:
    return ", ".join(rights) or "no right"


def _by_name(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    return {entry.name: entry for entry in entries}
