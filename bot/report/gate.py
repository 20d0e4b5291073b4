"""The gate before anything is filed: no word of the text may be a secret.

It holds no values. Each word of the text, each part of it, and what these say when decoded is fingerprinted, and the
fingerprint is looked for among the known ones; besides, known forms of keys are looked for.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator
from html import unescape
from urllib.parse import unquote, unquote_plus

from bot.errors import BotError, ConfigurationError
from bot.incident import events as e
from bot.keyshapes import recognise
from bot.secret import UNKEYED, Secret

_SEPARATOR = re.compile(r"[\s\"'`“”\u2018\u2019=:/@,;&?#|()<>{}\[\]!*]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_EDGES = "\"'`“”\u2018\u2019.,;:!?()<>{}[]|*_"
_EDGE = 4
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_WORDS_TOGETHER = 5
"""A passphrase of so many words is found too."""
_POINTS_TOGETHER = 40
"""A value holds at most half as many separators, if others stand around it."""
_DECODINGS = 2
"""How many layers are undone: URL-encoded base64 is two."""


class SecretInReport(BotError):
    """The text was held back. The message names the line and what stands there, never the value."""

    def __init__(self, findings: tuple[tuple[int, str], ...]) -> None:
        where = "; ".join(f"line {line}: {kind}" for line, kind in findings)
        super().__init__(
            f"Nothing was filed, because a secret stands in the text ({where}). Redact the note or finding "
            "that it came from, then ask for the report again."
        )
        self.findings = findings


def known_fingerprints(events: Iterable[e.Recorded]) -> frozenset[str]:
    """The fingerprints of all values that an incident has dealt with, also those that it no longer names."""
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


def gate(text: str, fingerprints: Collection[str]) -> None:
    """Raises SecretInReport if a word of `text`, in clear or encoded, has one of `fingerprints` or a key's known form.

    ConfigurationError in a process that holds no fingerprint key: it could not see anything.
    """
    if Secret("x").fingerprint == UNKEYED:
        raise ConfigurationError("the report cannot be checked for secrets: this process holds no fingerprint key")
    known = frozenset(fingerprints)
    found = {*_shapes(text), *_shapes(_plain(text))}
    seen: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for candidate, how in _candidates(line):
            if candidate not in seen:
                seen[candidate] = Secret(candidate).fingerprint
            if seen[candidate] in known:
                found.add((number, f"the value with fingerprint {seen[candidate]}{how}"))
            elif how and recognise(candidate):
                found.add((number, f"what looks like a {recognise(candidate)[0].shape.name}{how}"))
    if found:
        raise SecretInReport(tuple(sorted(found)))


def _shapes(text: str) -> Iterator[tuple[int, str]]:
    for each in recognise(text):
        if each.shape.opens:
            yield text.count("\n", 0, each.start) + 1, f"what looks like a {each.shape.name}"


def _plain(text: str) -> str:
    """The text as Markdown shows it: without backslashes before punctuation and without HTML entities."""
    return unescape(_ESCAPED.sub(r"\1", text))


def _candidates(line: str) -> Iterator[tuple[str, str]]:
    """All that a value in this line can look like, with how it was hidden (empty: not at all)."""
    for shown in {line, _plain(line)}:
        yield from ((candidate, "") for candidate in _spans(shown))
        words = shown.split()
        for start in range(len(words)):
            for end in range(start + 2, min(start + _WORDS_TOGETHER, len(words)) + 1):
                yield " ".join(words[start:end]).strip(_EDGES), ""
        for word in words:
            yield from _decoded(word, _DECODINGS)


def _spans(text: str) -> Iterator[str]:
    """Each word, whole and without punctuation at its ends, and each part of it that separators begin or end."""
    for word in text.split():
        yield from _without_edges(word)
        points = sorted({0, len(word), *(at for gap in _SEPARATOR.finditer(word) for at in gap.span())})
        for first, start in enumerate(points):
            for end in points[first + 1 : first + _POINTS_TOGETHER]:
                yield word[start:end]


def _without_edges(word: str) -> Iterator[str]:
    """The word with none, some or all of the punctuation around it: a password may end in a mark of its own."""
    leading = len(word) - len(word.lstrip(_EDGES))
    trailing = len(word) - len(word.rstrip(_EDGES))
    for start in range(min(leading, _EDGE) + 1):
        for cut in range(min(trailing, _EDGE) + 1):
            if start < len(word) - cut:
                yield word[start : len(word) - cut]
    if stripped := word.strip(_EDGES):
        yield stripped


def _decoded(word: str, layers: int) -> Iterator[tuple[str, str]]:
    for opened, how in (*_unquoted(word), *_from_base64(word)):
        for candidate in _spans(opened):
            yield candidate, how
        yield opened, how
        if layers > 1:
            yield from _decoded(opened, layers - 1)


def _unquoted(word: str) -> Iterator[tuple[str, str]]:
    if "%" in word or "+" in word:
        yield from ((opened, ", URL-encoded") for opened in {unquote(word), unquote_plus(word)} - {word})


def _from_base64(word: str) -> Iterator[tuple[str, str]]:
    for match in _BASE64.finditer(word):
        body = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            opened = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if opened.isprintable():
            yield opened, ", base64-encoded"
