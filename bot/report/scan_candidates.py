"""All that a value in a text can look like: words, parts of words, words together, and what these say when decoded."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote, unquote_plus

from bot.keyshapes import visible

_SEPARATOR = re.compile(r"[\s\"'`“”\u2018\u2019=:/@,;&?#|()<>{}\[\]!*]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = re.compile(r"\*+|`+|~~|</?[a-z]+>")
"""What Markdown shows as no character at all: emphasis and code, in the middle of a word too."""
_EDGES = "\"'`“”\u2018\u2019.,;:!?()<>{}[]|*_"
_EDGE = 4
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_WORDS_TOGETHER = 5
"""A passphrase of so many words is found too."""
_POINTS_TOGETHER = 40
"""A value holds at most half as many separators, if others stand around it."""
_DECODINGS = 2
"""How many layers are undone: URL-encoded base64 is two."""


def candidates(line: str) -> Iterator[tuple[str, str]]:
    """All that a value in this line can look like, with how it was hidden (empty: not at all). Some come twice; the
    order is always the same.
    """
    for shown in dict.fromkeys((line, plain(line), visible(line), visible(plain(line)))):
        yield from ((candidate, "") for candidate in _spans(shown))
        words = shown.split()
        for start in range(len(words)):
            for end in range(start + 2, min(start + _WORDS_TOGETHER, len(words)) + 1):
                yield " ".join(words[start:end]).strip(_EDGES), ""
        for word in words:
            yield from _decoded(word, _DECODINGS)
            if (joined := _MARKS.sub("", word)) != word:
                yield from ((candidate, "") for candidate in _spans(joined))


def plain(text: str) -> str:
    """The text as Markdown shows it: without backslashes before punctuation and without HTML entities."""
    return unescape(_ESCAPED.sub(r"\1", text))


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
        opened = dict.fromkeys((unquote(word), unquote_plus(word)))
        yield from ((text, ", URL-encoded") for text in opened if text != word)


def _from_base64(word: str) -> Iterator[tuple[str, str]]:
    for match in _BASE64.finditer(word):
        body = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            opened = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if opened.isprintable():
            yield opened, ", base64-encoded"
