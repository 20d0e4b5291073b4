"""A phrase as Slack's rich text, whose elements are shown as they are: nothing has to be escaped.

Source: docs.slack.dev, reference/block-kit/blocks/rich-text-block. A message's `text`, which notifications show, knows
no such elements: there `&`, `<` and `>` are entities (docs.slack.dev, messaging/formatting-message-text).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from slack_sdk.models.blocks import (
    RichTextElement,
    RichTextElementParts,
    RichTextListElement,
    RichTextPreformattedElement,
    RichTextSectionElement,
)

from bot.phrases.marks import TIMES, Kind, Part, parts, printable

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FORMATS = {
    Kind.TIME: "{time}",
    Kind.TIME_WITH_SECONDS: "{time_secs}",
    Kind.DAY_AND_TIME: "{date_short_pretty} {time}",
    Kind.DEADLINE: "{time} ({ago})",
}
_TEXTS = frozenset({Kind.OWN, Kind.LITERAL})


def paragraph(phrase: str) -> RichTextSectionElement:
    """The phrase as one section of a rich text block."""
    return RichTextSectionElement(elements=[*_elements(phrase)])


def numbered(phrases: Iterable[str]) -> RichTextListElement:
    """The phrases as a numbered list."""
    return RichTextListElement(style="ordered", elements=[paragraph(phrase) for phrase in phrases])


def typed(command: str) -> RichTextPreformattedElement:
    """A command, by itself, to be copied as it is."""
    return RichTextPreformattedElement(elements=[_text(command)])


def notification(phrase: str) -> str:
    """The phrase as a message's `text`: mentions ring, all else is text."""
    return "".join(_in_text(part) for part in parts(phrase))


def _elements(phrase: str) -> Iterator[RichTextElement]:
    """Neighbours of one style are one element."""
    for (textual, strong), run in groupby(parts(phrase), key=lambda part: (part.kind in _TEXTS, part.strong)):
        if textual:
            yield _text("".join(part.text for part in run), bold=strong)
        else:
            yield from map(_element, run)


def _element(part: Part) -> RichTextElement:
    match part.kind:
        case Kind.PERSON:
            return RichTextElementParts.User(user_id=part.text)
        case Kind.CHANNEL:
            return RichTextElementParts.Channel(channel_id=part.text)
        case Kind.LINK:
            return RichTextElementParts.Link(url=part.text)
        case Kind.NAMED_LINK:
            url, _, words = part.text.partition(" ")
            return RichTextElementParts.Link(url=url, text=words)
        case Kind.CODE:
            return _text(part.text, bold=part.strong, code=True)
        case kind if kind in TIMES and part.at is not None:
            return RichTextElementParts.Date(
                timestamp=int(part.at.timestamp()), format=_FORMATS[kind], fallback=part.text
            )
        case _:
            return _text(part.text, bold=part.strong)


def _text(text: str, *, bold: bool = False, code: bool = False) -> RichTextElement:
    style = RichTextElementParts.TextStyle(bold=bold or None, code=code or None) if bold or code else None
    return RichTextElementParts.Text(text=printable(text), style=style)


def _in_text(part: Part) -> str:
    match part.kind:
        case Kind.PERSON:
            return f"<@{part.text}>"
        case Kind.CHANNEL:
            return f"<#{part.text}>"
        case _:
            return "".join(_ENTITIES.get(char, char) for char in printable(part.text))
