"""The parts of documents that are written by the program:

    uv run python -m tests.support.documents

writes each between its two marks. A test of tests/repository fails while one is stale.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.cli.commands import names, told_of
from bot.providers import PROVIDERS
from bot.providers.contract import ReportsUse
from bot.settings.model import settings_table
from tests.support import architecture

ROOT = Path(__file__).parents[2]
BEGIN, END = "written by tests.support.documents: {}", "end of {}"
MARKS: Mapping[str, str] = {".md": "<!-- {} -->", ".example": "# {}"}
"""The form of a mark, by the end of the file's name."""
WIDTH = 120


@dataclass(frozen=True)
class Part:
    """A generated part: `path` is the document's, `name` stands in the marks, `lines` gives what is between them."""

    path: Path
    name: str
    lines: Callable[[], Iterable[str]]

    def written(self, text: str) -> str:
        """`text` with this part as it must be. ValueError if it has no place for it."""
        begin, end = (MARKS[self.path.suffix].format(each.format(self.name)) for each in (BEGIN, END))
        start = text.index(begin) + len(begin)
        return "\n\n".join((text[:start], "\n".join(self.lines()), text[text.index(end, start) :]))


def _settings() -> Iterator[str]:
    yield "| variable | meaning | without it |"
    yield "| --- | --- | --- |"
    for row in settings_table():
        yield f"| `{row.variable}` | {row.meaning} | {row.default} |"


def _no_parameters() -> list[str]:
    return [row.variable for row in settings_table() if not row.parameter]


def _named_in_settings() -> Iterator[str]:
    yield from textwrap.wrap(", ".join(f"`{name}`" for name in _no_parameters()) + ".", WIDTH, break_on_hyphens=False)


def _named_in_env() -> Iterator[str]:
    words = textwrap.wrap(", ".join(_no_parameters()) + ".", WIDTH - 2, break_on_hyphens=False)
    yield from (f"# {line}" for line in words)


def _providers() -> Iterator[str]:
    """A row for each class; a console that several classes share is linked once."""
    yield "| provider | new key | old key | was it used? |"
    yield "| --- | --- | --- | --- |"
    linked: set[str] = {""}
    for provider in PROVIDERS.values():
        card = provider.card
        use = f"The bot asks. By hand: {card.use_by_hand}" if issubclass(provider, ReportsUse) else card.use_by_hand
        title = card.title if card.console in linked else f"[{card.title}]({card.console})"
        linked.add(card.console)
        covers = f" ({card.covers})" if card.covers else ""
        yield f"| {title}{covers} | {card.new_value} | {card.old_value} | {use} |"


def _commands() -> Iterator[str]:
    """A row for each command: what its help says first."""
    yield "| command | |"
    yield "| --- | --- |"
    for name in names():
        told = " ".join(told_of(name)[0].partition("\n\n")[0].split())
        yield f"| `bot {name}` | {told.replace('|', chr(92) + '|')} |"


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part(ROOT / "docs" / "settings.md", "settings", _settings),
        Part(ROOT / "docs" / "settings.md", "no parameters", _named_in_settings),
        Part(ROOT / ".env.example", "variables alone", _named_in_env),
        Part(ROOT / "docs" / "commands.md", "commands", _commands),
        Part(ROOT / "docs" / "providers.md", "providers", _providers),
        Part(ROOT / "docs" / "architecture.md", "packages", architecture.packages),
        Part(ROOT / "docs" / "architecture.md", "subjects", architecture.subjects),
        Part(ROOT / "docs" / "lanes.md", "lanes", architecture.lines),
    )
}


def write() -> None:
    for part in PARTS.values():
        part.path.write_text(part.written(part.path.read_text()))


if __name__ == "__main__":
    write()
