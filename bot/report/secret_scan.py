"""The search before anything is filed: no word of the text may be a secret.

The module holds no values. It fingerprints each word of the text, each part of it, and their decoded forms, and looks
for known fingerprints; it also looks for known shapes of keys. A sentence with a hit is withheld, and the text says so:
one bad sentence must not keep people from reading the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from bot.decoding import strings
from bot.errors import ConfigurationError
from bot.incident import events as e
from bot.incident.codec import encode
from bot.report.markdown import one_line
from bot.secrets.keyshapes import recognise
from bot.secrets.scan_candidates import Candidate, Unit, across, plain, units
from bot.secrets.secret import UNKEYED, Secret

_REFS = re.compile(r"\s\[[0-9, …]+\]\s*$")
"""The numbers of events at the end of a line, which the person who corrects the log needs."""
_LEAD = re.compile(r"^\s*(?:[-*>]|#{1,6}|[0-9]{1,3}[.)])\s+")
_CELL = re.compile(r"(?<!\\)\|")
_FRAME = re.compile(r"[\s\[\]0-9,…:|-]*")
"""A cell of nothing but event numbers."""

type Finding = tuple[int, str]
"""A line's number, from 1, and the kind of the finding: never the value."""


def known_fingerprints(events: Iterable[e.Recorded]) -> frozenset[str]:
    """The fingerprints of all values of an incident, also of earlier ones."""
    found: set[str] = set()
    for recorded in events:
        match recorded.event:
            case e.OldCaptured() | e.ValueStaged():
                found.add(recorded.event.fingerprint)
            case e.SecretAdded():
                found.add(recorded.event.target.fingerprint)
            case _:
                pass
    return frozenset(found - {""})


@dataclass(frozen=True)
class Search:
    """What no text may hold: the values with the `known` fingerprints. One for many similar texts, since it keeps what
    it found clean, and that is nearly all of the work.
    """

    known: Collection[str]
    clean: set[str | Unit] = field(default_factory=set, repr=False)
    """Candidates that are no known value, and words and rows of words with no finding in any reading."""
    texts: set[str] = field(default_factory=set, repr=False)
    """Those without a finding."""

    @classmethod
    def of(cls, events: Iterable[e.Recorded], values: Collection[str] = ()) -> Search:
        """For the values of an incident, and others by their fingerprints."""
        return cls(known_fingerprints(events) | frozenset(values))


@dataclass(frozen=True)
class Gated:
    """A text that may be filed, and the withheld lines of the original text."""

    text: str
    withheld: tuple[Finding, ...] = ()


def demand_key() -> None:
    """ConfigurationError in a process that holds no fingerprint key: it could not see anything."""
    if Secret("x").fingerprint == UNKEYED:
        raise ConfigurationError("the report cannot be checked for secrets: this process holds no fingerprint key")


def gate(text: str, search: Search, remedy: str = "") -> Gated:
    """The text without the sentences in which a word, in clear or encoded, is a known value or has a key's known shape.
    A note below the heading says what is missing, with `remedy`, a sentence on what to do about it.

    ConfigurationError in a process without the fingerprint key, which would find nothing.
    """
    demand_key()
    found = findings(text, search)
    if not found:
        return Gated(text)
    lines = text.splitlines()
    for number in sorted({line for line, _ in found}):
        kinds = sorted({kind for line, kind in found if line == number})
        lines[number - 1] = _withheld(lines[number - 1], kinds, search)
    if left := findings("\n".join(lines), search):
        # It begins in one line and ends in another, or the frame of a line is part of it: nothing of them is shown.
        for number in {line for line, _ in left}:
            lines[number - 1] = ""
    if findings("\n".join(lines), search):
        lines = [line for line in lines[:1] if line.startswith("<!--") and not findings(line, search)]
    return Gated(_told(lines, len({line for line, _ in found}), remedy), found)


def findings(text: str, search: Search) -> tuple[Finding, ...]:
    """The places of known values and known shapes of keys in the text, line by line."""
    if text in search.texts:
        return ()
    clean = search.clean
    found = {each for shown in {text, plain(text)} for each in _shapes(shown)}
    for number, line in enumerate(text.splitlines(), start=1):
        for unit, pieces in units(line):
            if unit in clean:
                continue
            kinds = {_kind(piece, search) for piece in pieces} - {""}
            if not kinds:
                clean.add(unit)
            found.update((number, kind) for kind in kinds)
    for first, final, piece in across(text):
        if kind := _kind(piece, search):
            lines = [(number, kind) for number in range(first, final + 1)]
            if not any(each in found for each in lines):  # else it is within one of these lines
                found.update(lines)
    if not found:
        search.texts.add(text)
    last = max(len(text.splitlines()), 1)
    return tuple(sorted((min(line, last), kind) for line, kind in found))


def _kind(piece: Candidate, search: Search) -> str:
    """The kind of the finding; empty if this is neither a known value nor, as a whole, the shape of a key."""
    candidate, how, whole = piece
    if candidate in search.clean and not whole:
        return ""
    fingerprint = Secret(candidate).fingerprint
    if fingerprint in search.known:
        return f"the value with fingerprint {fingerprint}{how}"
    search.clean.add(candidate)
    if whole and (shapes := recognise(candidate)):
        return f"what looks like a {shapes[0].shape.name}{how}"
    return ""


def stands_in(event: e.Event, search: Search) -> bool:
    """Whether the event has a known value or a key's known shape, in its stored form or in its shown texts."""
    stored = encode(event)
    texts = (stored, *(one_line(text) for text in strings(json.loads(stored))))
    return any(findings(text, search) for text in texts)


def _shapes(text: str) -> Iterator[Finding]:
    """Every line of a known shape: a private key has many."""
    for each in recognise(text):
        if each.shape.opens:
            first, last = (text.count("\n", 0, at) + 1 for at in (each.start, max(each.end - 1, each.start)))
            for number in range(first, last + 1):
                yield number, f"what looks like a {each.shape.name}"


def _withheld(line: str, kinds: Iterable[str], search: Search) -> str:
    """The line with its sentence left out: a table's row keeps its cells, and the numbers of events stay."""
    words = f"*withheld: {'; '.join(kinds)}*"
    if line.lstrip().startswith("|"):
        cells = _CELL.split(line)
        bad = [bool(findings(cell, search)) for cell in cells]
        if not any(bad):
            bad = [not _FRAME.fullmatch(cell) for cell in cells]
        return "|".join(f" {words} " if found else cell for cell, found in zip(cells, bad, strict=True))
    lead, refs = _LEAD.match(line), _REFS.search(line)
    return f"{lead.group() if lead else ''}{words}{refs.group() if refs else ''}"


def _told(lines: list[str], count: int, remedy: str) -> str:
    """The text with a notice below its heading, or the notice alone where nothing of it can be shown."""
    what = "1 line of this text was" if count == 1 else f"{count} lines of this text were"
    notice = f"> **{what} withheld because it held a secret.** {remedy}".rstrip()
    if not any(lines):
        return f"# Withheld\n\n{notice}\n\nIt could not be separated from the rest, so nothing is shown.\n"
    head = next((at for at, line in enumerate(lines) if line.startswith("#")), 0) + 1
    apart = [""] if "".join(lines[head : head + 1]) else []  # else what follows would be read as part of the notice
    return "\n".join([*lines[:head], "", notice, *apart, *lines[head:]]) + "\n"
