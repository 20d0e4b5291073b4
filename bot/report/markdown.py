"""Text put into Markdown so that it stays text: what people wrote cannot become a heading, a link, a table or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.secrets.keyshapes import visible

if TYPE_CHECKING:
    from bot.report.facts import Fact

_MOST_REFERENCES = 6
_SPECIAL = re.compile(r"[\\`*\[\]<>|#~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINK = re.compile(r"(?i)(?<=\w)(:)(?=//)|(?<=www)(\.)")
_BULLET = re.compile(r"^(?=[-+=])|(?<=^\d)(?=[.)](\s|$))|(?<=^\d\d)(?=[.)](\s|$))")


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


def refs(seqs: Iterable[int]) -> Markdown:
    """``[12]``, ``[12, 15]``; of many the first ones and the last."""
    shown = [str(number) for number in shortened(seqs)]
    return Markdown(f"[{', '.join(shown)}]" if shown else "")


def shortened(seqs: Iterable[int]) -> list[int | str]:
    """The numbers in order; of many the first ones, an ellipsis and the last."""
    numbers = sorted(set(seqs))
    if len(numbers) <= _MOST_REFERENCES:
        return [*numbers]
    return [*numbers[: _MOST_REFERENCES - 1], f"… {numbers[-1]}"]


def bullets(facts: Iterable[Fact], otherwise: str = "") -> Markdown:
    """A list of facts, each with its events; `otherwise` if there are none."""
    lines = [f"- {md(fact.text)} {refs(fact.seqs)}".rstrip() for fact in facts]
    return Markdown("\n".join(lines) or md(otherwise))


def sentences(facts: Iterable[Fact]) -> Markdown:
    """Facts one behind the other, each with its events."""
    return Markdown(" ".join(f"{md(fact.text)} {refs(fact.seqs)}".rstrip() for fact in facts))


def one_line(text: str) -> str:
    """Without line breaks, control characters and marks that turn the direction of writing."""
    return visible(" ".join(text.split()))
