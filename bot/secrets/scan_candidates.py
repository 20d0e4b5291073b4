"""All readings of a value in a text: words, parts of words, words together, and their decoded forms.

docs/limits.md says which codings are undone. The depth of each is bounded, so that a scan takes time linear in the
text.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from itertools import chain
from urllib.parse import unquote, unquote_plus

from bot.secrets.escapes import opened, unescaped
from bot.secrets.keyshapes import visible

_SEPARATOR = re.compile(
    r"\\+|[\s\"'`=:/@,;&?#|()<>{}\[\]!*~^$"
    # Punctuation of other scripts and of good typesetting, arrows and signs.
    "\u00a1\u00ab\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e\u2190-\u27bf\u3001-\u3003\u3008-\u301f"
    "\uff01-\uff0f\uff1a-\uff20\uff5b-\uff65\ufe0f\ufffd\U0001f000-\U0001faff]"
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = re.compile(r"\*+|`+|~~|</?[a-z]+>")
"""Marks that Markdown does not show: emphasis and code, also in the middle of a word."""
_EDGES = "\"'`“”\u2018\u2019.,;:!?()<>{}[]|*_~^$\\%+-«»…\u2013\u2014"
_EDGE = 4
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_IN_BASE64 = re.compile(r"[+/_-]")
"""Letters of base64 that may also separate it from its surroundings."""
_BEGINNINGS = 8
"""The number of these at which a run of base64 is started."""
_CUT = 16
"""The length of base64 from which its beginning may have been cut off."""
_PRINTED = re.compile(rb"[ -~]{6,}")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}:){5,}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{12,}")
_WRAPPED = re.compile(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{20,}+[\s>|\"',\\]{1,8}+)++(?:[A-Za-z0-9+/_-]++={0,2})?")
"""Base64, or hexadecimal digits, in several lines or words, also quoted ones."""
_BETWEEN = re.compile(r"[\s>|\"',\\]+")
_CONTINUED = re.compile(r"(?<!\\)\\++$|=$")
_QUOTING = re.compile(r"^\s*[>#*|/-]+\s")
_WORDS_TOGETHER = 5
"""The longest passphrase that is found, in words."""
_POINTS_TOGETHER = 40
"""A value has at most half as many separators, if others surround it."""
_DECODINGS = 3
"""The number of layers undone: JSON in base64, URL-encoded, has three."""

type Candidate = tuple[str, str, bool]
"""A possible value, how it was hidden (empty: not at all), and whether it is the whole decoded text."""
type Unit = tuple[str, ...]
"""A word, or some words in a row. All readings of it depend on nothing else."""
type Opened = tuple[str, str]
"""A text with one layer undone, and the name of that layer."""


def candidates(line: str) -> Iterator[Candidate]:
    """All readings of a value in this line. Some appear twice; the order is always the same."""
    for _, found in units(line):
        yield from found


def units(line: str) -> Iterator[tuple[Unit, Iterator[Candidate]]]:
    """Each word and each row of words of the line, in all forms of the line, once, with all readings of a value."""
    done: set[Unit] = set()
    for shown, how in _lines(line).items():
        words = shown.split()
        together = (tuple(words[start : start + _WORDS_TOGETHER]) for start in range(len(words) - 1))
        for unit in chain(((word,) for word in words), together):
            if unit not in done:
                done.add(unit)
                yield unit, _of_words(unit, how) if unit[1:] else _of_word(unit[0], how)


def _of_word(word: str, how: str) -> Iterator[Candidate]:
    yield from ((candidate, how, False) for candidate in _spans_of(word))
    yield from _decoded(word, set())
    if (joined := _MARKS.sub("", word)) != word:
        yield from ((candidate, how, False) for candidate in _spans(joined))


def _of_words(words: Unit, how: str) -> Iterator[Candidate]:
    yield from ((candidate, how, False) for _, candidate in _phrases(words, 2))


def _lines(line: str) -> dict[str, str]:
    """The possible readings of the line, each with how it was hidden: a passphrase may have an escape in every word."""
    shown = plain(line)
    found = dict.fromkeys((line, shown, visible(line), visible(shown)), "")
    for each in (unescaped(line), *(text for text, _, _ in opened(line))):
        found.setdefault(each, ", escaped")
    if not line.isascii():
        for form in ("NFC", "NFKC"):
            found.setdefault(unicodedata.normalize(form, line), ", in other forms of its letters")
    return found


def across(text: str) -> Iterator[tuple[int, int, Candidate]]:
    """The readings of a value that a line's end cuts in two, with the first and last of its lines, from 1: wrapped
    base64 (also with its lines joined), quoted-printable, a shell's continued line, and a passphrase that continues in
    the next line.
    """
    at, line = 0, 1
    for match in _WRAPPED.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        run = match[0].rstrip()
        last = line + run.count("\n")
        for joined in _unwrapped(run):
            yield from ((line, last, piece) for piece in _decoded(joined, set()))
    words = [
        (number, word)
        for number, each in enumerate(text.splitlines(), start=1)
        for word in _QUOTING.sub("", each).split()
    ]
    for at, (number, word) in enumerate(words[:-1]):
        following = words[at + 1 : at + _WORDS_TOGETHER]
        if (cut := _CONTINUED.sub("", word)) != word:
            yield from ((number, following[0][0], piece) for piece in candidates(cut + following[0][1]))
        if following[-1][0] != number:
            here = sum(other == number for other, _ in following)
            for count, candidate in _phrases((word, *(each for _, each in following)), here + 2):
                yield number, following[count - 2][0], (candidate, "", False)


def _unwrapped(run: str) -> Iterator[str]:
    """Parts of one length together, with and without a final one of another length, which may be prose."""
    parts = _BETWEEN.split(run)
    group: list[str] = []
    for part in parts:
        group.append(part)
        if len(part) != len(group[0]):
            yield from ("".join(group), "".join(group[:-1]))
            group = [part]
    if len(group) > 1:
        yield "".join(group)


def plain(text: str) -> str:
    """The text as Markdown shows it: without backslashes before punctuation and without HTML entities."""
    return unescape(_ESCAPED.sub(r"\1", text))


def _spans(text: str) -> Iterator[str]:
    """Each word, whole and without punctuation at its ends, and each part of it that separators begin or end."""
    for word in text.split():
        yield from _spans_of(word)


def _spans_of(word: str) -> Iterator[str]:
    yield from _without_edges(word)
    points = sorted({0, len(word), *(at for gap in _SEPARATOR.finditer(word) for at in gap.span())})
    for first, start in enumerate(points):
        for end in points[first + 1 : first + _POINTS_TOGETHER]:
            yield word[start:end]
    if word.startswith("-"):
        yield word[2:]  # as `mysql -pPASSWORD`


def _together(words: list[str]) -> Iterator[str]:
    """Words that follow one another."""
    for start in range(len(words) - 1):
        yield from (candidate for _, candidate in _phrases((*words[start : start + _WORDS_TOGETHER],), 2))


def _phrases(words: Unit, least: int) -> Iterator[tuple[int, str]]:
    """The first words as one, at least so many, also without the part that a separator cuts from the first and the
    last; each with their number.
    """
    first = words[0]
    begins = [gap.end() for gap in _SEPARATOR.finditer(first) if gap.end() < len(first)]
    said = dict.fromkeys((first, first[begins[-1] :] if begins else first))
    for count in range(1, len(words)):
        last = words[count]
        if count + 1 >= least:
            end = _SEPARATOR.search(last, 1)
            for shown in said:
                yield count + 1, f"{shown} {last}".strip(_EDGES)
                if end:
                    yield count + 1, f"{shown} {last[: end.start()]}".strip(_EDGES)
        said = dict.fromkeys(f"{shown} {last}" for shown in said)


def _without_edges(word: str) -> Iterator[str]:
    """The word without some or all of the punctuation around it: a password may end in a mark of its own."""
    leading = len(word) - len(word.lstrip(_EDGES))
    trailing = len(word) - len(word.rstrip(_EDGES))
    for start in range(min(leading, _EDGE) + 1):
        for cut in range(min(trailing, _EDGE) + 1):
            if start < len(word) - cut:
                yield word[start : len(word) - cut]
    if stripped := word.strip(_EDGES):
        yield stripped


def _decoded(word: str, done: set[str]) -> Iterator[Candidate]:
    """The word decoded, layer by layer; skips what is in `done`."""
    layer = [word]
    for _ in range(_DECODINGS):
        following: list[str] = []
        for text in layer:
            for found, how in _opened(text):
                for shown in dict.fromkeys((found, visible(found))):
                    if shown in done:
                        continue
                    done.add(shown)
                    following.append(shown)
                    yield from ((candidate, how, False) for candidate in _spans(shown))
                    yield from ((candidate, how, False) for candidate in _together(shown.split()))
                    yield shown, how, True
                    yield shown.strip(), how, False
        layer = following


def _opened(text: str) -> Iterator[Opened]:
    """One layer of the text undone, by each coding that it may have."""
    yield from ((each, ", URL-encoded") for each in _unquoted(text) if each != text)
    for whole in (text, *(joined for run in _WRAPPED.findall(text) for joined in _unwrapped(run.rstrip()))):
        yield from ((each, ", base64-encoded") for each in _from_base64(whole))
        yield from ((each, ", in hexadecimal") for each in _from_hexadecimal(whole))
    yield from ((each, ", escaped") for each in _unescaped(text) if each != text)


def _unquoted(text: str) -> Iterator[str]:
    if "%" in text or "+" in text:
        yield from dict.fromkeys((unquote(text), unquote_plus(text)))


def _unescaped(text: str) -> Iterator[str]:
    """Each kind of escape alone, since a value may resemble another one; then all of them at once."""
    yield unescaped(text)
    if "&" in text:
        yield unescape(text)
    if "=" in text and text.isascii():
        yield quopri.decodestring(text.encode()).decode(errors="replace")
    for each, _, _ in opened(text):
        yield each


def _from_base64(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        for body in _bodies(match.group().rstrip("=")):
            standard = body[: len(body) - (len(body) % 4 == 1)].replace("-", "+").replace("_", "/")
            try:
                raw = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
            except binascii.Error:
                continue
            yield from _texts(raw)


def _bodies(run: str) -> Iterator[str]:
    """The run, and its possible readings: its beginning may be missing, and a path's slash or a name's dash looks like
    base64 too.
    """
    yield run
    if len(run) >= _CUT:
        yield from (run[at:] for at in range(1, 4))
    parts = _IN_BASE64.split(run)
    for count in range(1, min(len(parts), _BEGINNINGS + 1)):
        at = sum(len(part) + 1 for part in parts[:count])
        if len(run) - at >= len("base64"):
            yield run[at:]
    if len(parts) > 1:
        yield from (part for part in parts if len(part) >= len("base64"))


def _from_hexadecimal(text: str) -> Iterator[str]:
    for match in _HEXADECIMAL.finditer(text):
        digits = match.group().replace(":", "")
        yield from _texts(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _texts(raw: bytes) -> Iterator[str]:
    """The bytes as text: UTF-8, UTF-16 as Windows writes it, or the readable part among other bytes."""
    try:
        yield raw.decode()
    except UnicodeDecodeError:
        yield from (piece.decode() for piece in _PRINTED.findall(raw))
    if b"\0" in raw:
        yield raw.replace(b"\0", b"").decode("latin-1")
