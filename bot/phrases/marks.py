"""Phrases: our own sentences, in which texts from outside are marked, so that each face shows them unchanged.

A phrase is a `str` in which our own words may be ``*strong*`` or in backticks. `literal`, `code` and similar functions
put texts of people, providers and files into it, between two characters of Unicode's private area. No outside text can
contain these, because `printable` removes them. So nothing has to be escaped, and no typed text can style, mention or
link. `plain` shows a phrase as text; `parts` gives its pieces to other renderers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

ELLIPSIS = "…"
_END = "\ue00f"
_HELD = 0xF0000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Kind(StrEnum):
    """The kind of a part of a phrase; its value is the character that begins it."""

    OWN = ""
    LITERAL = "\ue000"
    CODE = "\ue001"
    TIME = "\ue002"
    TIME_WITH_SECONDS = "\ue003"
    DAY_AND_TIME = "\ue004"
    LINK = "\ue005"
    PERSON = "\ue006"
    CHANNEL = "\ue007"
    DEADLINE = "\ue008"
    NAMED_LINK = "\ue009"


TIMES = frozenset({Kind.TIME, Kind.TIME_WITH_SECONDS, Kind.DAY_AND_TIME, Kind.DEADLINE})
_SPELLED = {
    Kind.TIME: "%H:%M UTC",
    Kind.TIME_WITH_SECONDS: "%H:%M:%S UTC",
    Kind.DAY_AND_TIME: "%Y-%m-%d %H:%M UTC",
    Kind.DEADLINE: "%H:%M UTC",
}
_KINDS = "".join(kind for kind in Kind if kind is not Kind.OWN)
_MARKED = re.compile(f"([{_KINDS}])([^{_KINDS}{_END}]*){_END}")
_OWN = re.compile(r"`([^`\n]+)`|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_ADDRESS = re.compile(r"https://[\w./#?&=%@~-]*[\w/]")
_HOLDING = re.compile("([\U000f0000-\U000ffffd])")


@dataclass(frozen=True)
class Part:
    """A piece of a phrase. `text` is shown; for a person or a channel it is their id in Slack; `at` is a time (UTC)."""

    kind: Kind
    text: str
    strong: bool = False
    at: datetime | None = None


def printable(text: str) -> str:
    """The text without control and private characters, and without characters that change the direction of writing."""
    return "".join(
        char
        for char in text
        if char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Co"} and char not in _BIDI)
    )


def literal(text: str) -> str:
    """Someone's text on one line, shown exactly as typed."""
    line = _one_line(text)
    return _mark(Kind.LITERAL, line) if line else ""


def code(text: str) -> str:
    """A name or a command, to be copied as it is."""
    return _mark(Kind.CODE, _one_line(text) or " ")


def authored(text: str) -> str:
    """Text of our own files (a playbook's guide) and of our own errors: its lines and its emphasis stay."""
    return printable(text).strip()


def guidance(text: str) -> str:
    """The same of files alone: its addresses are links."""
    return _ADDRESS.sub(lambda found: link(found[0]), authored(text))


def moment(at: datetime, *, seconds: bool = False) -> str:
    """A time of today, in the reader's own zone where the face knows it; in UTC elsewhere."""
    return _mark(Kind.TIME_WITH_SECONDS if seconds else Kind.TIME, str(int(at.timestamp())))


def day_and_time(at: datetime) -> str:
    """The same with the date, for a day other than today."""
    return _mark(Kind.DAY_AND_TIME, str(int(at.timestamp())))


def deadline(at: datetime) -> str:
    """A time to come, with how long that is from now, where the face can count by itself."""
    return _mark(Kind.DEADLINE, str(int(at.timestamp())))


def link(url: str) -> str:
    """An address that can be opened."""
    return _mark(Kind.LINK, _one_line(url))


def named_link(url: str, words: str) -> str:
    """An address that is shown as these words, where the face can; after its address elsewhere."""
    return _mark(Kind.NAMED_LINK, f"{_one_line(url).replace(' ', '%20')} {_one_line(words)}")


def unmentioned(phrase: str) -> str:
    """The same without its mentions, so that no one is notified twice."""
    return re.sub(f"{Kind.PERSON}[^{_KINDS}{_END}]*{_END} ?", "", phrase)


def person(slack_id: str) -> str:
    """A mention of someone, so that their phone rings."""
    return _mark(Kind.PERSON, slack_id)


def channel(slack_id: str) -> str:
    """A channel by its name."""
    return _mark(Kind.CHANNEL, slack_id)


def parts(phrase: str) -> Iterator[Part]:
    """The phrase's parts in order."""
    held: list[Part] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_part(Kind(match[1]), match[2]))
        return chr(_HELD + len(held) - 1)

    flat = _MARKED.sub(hold, phrase)
    end = 0
    for own in _OWN.finditer(flat):
        yield from _split(flat[end : own.start()], held, strong=False)
        if own[1] is not None:
            yield Part(Kind.CODE, "".join(part.text for part in _split(own[1], held, strong=False)))
        else:
            yield from _split(own[2], held, strong=True)
        end = own.end()
    yield from _split(flat[end:], held, strong=False)


def plain(phrase: str, *, day: str = "") -> str:
    """The phrase as text of one style: times in UTC, strong words as they are, and days in the format `day`, if given.
    A command of ours keeps its backticks, which say where it ends.
    """
    return "".join(f"`{part.text}`" if _is_command(part) else _spelled(part, day) for part in parts(phrase))


def _spelled(part: Part, day: str) -> str:
    return f"{part.at:{day}}" if day and part.at is not None and part.kind is Kind.DAY_AND_TIME else part.text


def _is_command(part: Part) -> bool:
    return part.kind is Kind.CODE and part.text.startswith("bot ")


def unmarked(phrase: str) -> str:
    """The phrase with what is marked as text; words and signs of any other text stay as they are."""
    return _MARKED.sub(lambda match: _part(Kind(match[1]), match[2]).text, phrase)


def shorten(phrase: str, limit: int) -> str:
    """At most `limit` characters are shown; a cut ends in an ellipsis, and never inside a mark."""
    if len(plain(phrase)) <= limit:
        return phrase
    kept, left = "", limit - 1
    for piece in _pieces(phrase):
        marked = _MARKED.fullmatch(piece)
        shown = plain(piece) if marked else piece
        if len(shown) <= left:
            kept, left = kept + piece, left - len(shown)
            continue
        if marked is None:
            kept += piece[:left]
        elif marked[1] in {Kind.LITERAL, Kind.CODE} and left:
            kept += _mark(Kind(marked[1]), marked[2][:left])
        break
    return kept + ELLIPSIS


def _mark(kind: Kind, text: str) -> str:
    return f"{kind}{text}{_END}"


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _part(kind: Kind, text: str) -> Part:
    if kind not in TIMES:
        return Part(kind, text)
    at = datetime.fromtimestamp(int(text), UTC)
    return Part(kind, f"{at:{_SPELLED[kind]}}", at=at)


def _split(text: str, held: list[Part], *, strong: bool) -> Iterator[Part]:
    for piece in _HOLDING.split(text):
        index = ord(piece) - _HELD if len(piece) == 1 else -1
        if 0 <= index < len(held):
            part = held[index]
            yield Part(part.kind, part.text, strong, part.at)
        elif piece:
            yield Part(Kind.OWN, piece, strong)


def _pieces(phrase: str) -> Iterator[str]:
    """The phrase's marks and the texts between them."""
    end = 0
    for mark in _MARKED.finditer(phrase):
        yield phrase[end : mark.start()]
        yield mark[0]
        end = mark.end()
    yield phrase[end:]
