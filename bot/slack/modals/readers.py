"""The form behind “Readers…”: who read the leaked values, and whether anybody answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.readers import (
    in_place,
    principal_name,
    reader_tag,
    readers_of,
    saw_new_value,
    unaccounted,
)
from bot.incident.model import ReaderOutcome
from bot.incident.state import Incident
from bot.model.reads import Read
from bot.phrases.marks import code, literal
from bot.phrases.readers import cut_off_words, expected_words, read_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, form, option, section
from bot.slack.modals.inputs import Entered, chosen, unfit, words

SHOWN = 30
"""On one page; a modal has room for 100 blocks."""
CHOICES = (
    option(ReaderOutcome.OURS, "Ours", "A function or person of ours that is meant to read it"),
    option(ReaderOutcome.EXPLAINED, "Explained", "A person vouches for it; name them in the note"),
    option(ReaderOutcome.UNEXPLAINED, "Unexplained", "Nobody vouches for it; say in the note whom you asked"),
    option(ReaderOutcome.REMOVED, "Unexplained, access removed", "It can read nothing any more; say in the note how"),
)
HINT = "Needed with every answer but Ours. Never a secret, not even in part."
_READER, _NOTE = "reader|", "note|"


@dataclass
class Seen:
    """What one principal read: while the leaked value was in its place, and `after`, once the new one was."""

    leaked: list[Read] = field(default_factory=list)
    after: list[Read] = field(default_factory=list)


type Reads = Mapping[str, Seen]
"""By principal."""
NONE: Reads = MappingProxyType({})


def reads_of(incident: Incident, events: Iterable[e.Recorded]) -> Reads:
    """By principal, all that the last look at each secret saw of it: of whom it saw nothing, the last one that did."""
    told = list(events)
    last: dict[tuple[str, str], list[Read]] = {}
    for each in told:
        if isinstance(each.event, e.UsageRead) and each.event.secret in incident.secrets:
            last |= _by_reader(each.event)
    times = {name: in_place(told, name) for name in {name for name, _ in last}}
    found: dict[str, Seen] = {}
    for (name, principal), reads in last.items():
        seen = found.setdefault(principal, Seen())
        for read in reads:
            (seen.after if saw_new_value(read, times[name]) else seen.leaked).append(read)
    return found


def _by_reader(event: e.UsageRead) -> dict[tuple[str, str], list[Read]]:
    """By secret and principal."""
    found: dict[tuple[str, str], list[Read]] = {}
    for read in event.reads:
        found.setdefault((event.secret, read.principal), []).append(read)
    return found


def readers_form(incident: Incident, pressed: ButtonValue, reads: Reads = NONE) -> Json:
    """Those that nobody has accounted for, else those that nobody can explain; where there are none, all of them, to
    say otherwise.
    """
    left = _asked(incident)
    if not left:
        nobody = section("Nobody but the bot was seen to read it.", literal(cut_off_words(incident)))
        return form(ActionId.READERS, "Readers", [nobody], close="Back")
    head = section(
        "*Who read the leaked values?* Whoever nobody of us can explain may be the thief. While one stands as "
        "unexplained, the page stays open, and new values of what it has read wait for a responder's word.",
        literal(cut_off_words(incident)),
    )
    blocks = [head, *_each(incident, left, reads)]
    return form(ActionId.READERS, "Readers", blocks, submit="Save", note=pressed.encode())


def _asked(incident: Incident) -> tuple[str, ...]:
    """Whom the form asks about, in its order."""
    every = tuple(readers_of(incident))
    strange = tuple(name for name in every if _outcome(incident, name) is ReaderOutcome.UNEXPLAINED)
    return unaccounted(incident) or strange or every


def _outcome(incident: Incident, principal: str) -> ReaderOutcome | None:
    return incident.readers[principal].outcome if principal in incident.readers else None


def _each(incident: Incident, left: Sequence[str], reads: Reads) -> Iterator[Block]:
    for principal in left[:SHOWN]:
        yield from _one(incident, principal, reads, optional=len(left) > 1)


def _one(incident: Incident, principal: str, reads: Reads, *, optional: bool) -> list[Block]:
    name, secrets = reader_tag(principal), ", ".join(code(each) for each in readers_of(incident)[principal])
    said = incident.readers.get(principal)
    before = (
        f"{literal(said.by.name)} called it {said.outcome}{f': {literal(said.note)}' if said.note else ''}"
        if said
        else ""
    )
    label = principal_name(principal)
    every = reads.get(principal, Seen())
    seen = literal(read_words(every.leaked, every.after))
    return [
        section(f"{code(principal)} read {secrets}", seen, literal(expected_words(incident, principal)), before),
        chosen(_READER + name, label, CHOICES, optional=optional),
        words(_NOTE + name, f"Note on {label}", hint=HINT, optional=True, lines=False),
    ]


def commands(incident: Incident, entered: Entered) -> list[c.AccountReader]:
    """One for each reader of whom something was said."""
    return list(_chosen(incident, entered))


def _chosen(incident: Incident, entered: Entered) -> Iterator[c.AccountReader]:
    principals = {reader_tag(principal): principal for principal in readers_of(incident)}
    for name, outcome in entered.named(_READER).items():
        if outcome in set(ReaderOutcome) and name in principals:
            yield c.AccountReader(principals[name], ReaderOutcome(outcome), entered.text(_NOTE + name))


def mistakes(incident: Incident, entered: Entered) -> dict[str, str]:
    """A sentence for each field that keeps the page from being saved."""
    said, found = commands(incident, entered), entered.unchosen(_READER, _NOTE)
    if not said and not found:
        fields = entered.named(_READER)  # Slack sends them in any order
        first = next((tag for tag in map(reader_tag, _asked(incident)) if tag in fields), next(iter(fields), ""))
        return {_READER + first: "Say of at least one whose reads these are."}
    for body in said:
        if sentence := _mistake(body):
            found[_NOTE + reader_tag(body.principal)] = sentence
    return found


def _mistake(body: c.AccountReader) -> str:
    if not body.note.strip():
        return _ASKED[body.outcome]
    return unfit(body.note)


_ASKED = {
    ReaderOutcome.OURS: "",
    ReaderOutcome.EXPLAINED: "Say who vouches for it.",
    ReaderOutcome.UNEXPLAINED: "Say whom you asked.",
    ReaderOutcome.REMOVED: "Say how its access was taken away.",
}
"""What is missing where there is no note."""


def following(incident: Incident, entered: Entered, reads: Reads = NONE) -> Json | None:
    """The page after this one; None if there is none."""
    done = {body.principal for body in commands(incident, entered)}
    left = [principal for principal in unaccounted(incident) if principal not in done]
    if not left or len(unaccounted(incident)) <= SHOWN:
        return None
    blocks = [*_each(incident, left, reads)]
    return form(ActionId.READERS, "Readers", blocks, submit="Save", note=ButtonValue(incident.id).encode())
