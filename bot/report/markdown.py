"""Text put into Markdown so that it stays text: what people wrote cannot become a heading, a link, a table or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from bot.secrets.keyshapes import visible

_SPECIAL = re.compile(r"[\\`*\[\]<>|#~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINK = re.compile(r"(?i)(?<=\w)(:)(?=//)|(?<=www)(\.)")
_BULLET = re.compile(r"^(?=[-+=])|(?<=^\d)(?=[.)](\s|$))|(?<=^\d\d)(?=[.)](\s|$))")


class Stated(Protocol):
    """A sentence and the events that it rests on (`bot.report.facts.Fact`)."""

    @property
    def text(self) -> str: ...

    @property
    def refs(self) -> Markdown: ...


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def md(value: object) -> Markdown:
    """`value` as Markdown that shows exactly it, on one line. `Markdown` stays as it is."""
    if isinstance(value, Markdown):
        return value
    text = _SPECIAL.sub(lambda match: f"\\{match.group()}", one_line(str(value)))
    text = _LINK.sub(lambda match: f"\\{match.group()}", text)
    return Markdown(_BULLET.sub(r"\\", text))


def code(value: object) -> Markdown:
    """`value` as inline code; an em dash if it is empty. Backticks in it cannot end it, pipes cannot end a cell."""
    text = one_line(str(value)).replace("`", "'").replace("|", "¦")
    return Markdown(f"`{text}`" if text else "—")


def bullets(facts: Iterable[Stated], otherwise: str = "") -> Markdown:
    """A list of facts, each with its events; `otherwise` where there is none."""
    lines = [f"- {md(fact.text)} {fact.refs}".rstrip() for fact in facts]
    return Markdown("\n".join(lines) or md(otherwise))


def sentences(facts: Iterable[Stated]) -> Markdown:
    """Facts one behind the other, each with its events."""
    return Markdown(" ".join(f"{md(fact.text)} {fact.refs}".rstrip() for fact in facts))


def one_line(text: str) -> str:
    """Without line breaks, control characters and marks that turn the direction of writing."""
    return visible(" ".join(text.split()))
