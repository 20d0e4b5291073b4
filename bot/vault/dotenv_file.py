"""The format of a ``.env``: assignments as a shell reads them, and the lines in which the bot keeps its own records.

What is not assigned anew stays as it is, byte for byte: comments, blank lines, order, line ends, quotes. A value in
quotes may go over several lines, as libraries read it.
"""

from __future__ import annotations

import io
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import msgspec

from bot.decoding import decode

MARK = "#bot "
HEAD = re.compile(r"(\ufeff?[ \t]*(?:export[ \t]+)?)([A-Za-z_][A-Za-z0-9_]*)([ \t]*=(?:[ \t]*(?!\s|#))?)")
QUOTED = {"'": re.compile(r"'([^']*)'"), '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)}
TAIL = re.compile(r"[ \t]*(?:#[^\r\n]*)?")
"""What may stand behind a value in quotes."""
OPENS = re.compile(r"(?<!\s)\s++(?:#|$)")
"""Where a value without quotes ends before its line does."""
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?-]*")
"""What a shell and libraries read alike without quotes; ``&`` ends a command."""


class Record(msgspec.Struct, frozen=True):
    """One ``#bot`` line: a version of a parameter, with its value unless the variable itself holds it."""

    parameter: str
    version: int
    at: datetime
    by: str
    labels: tuple[str, ...] = ()
    value: str | None = None

    def __repr__(self) -> str:
        return f"Record({self.parameter}:{self.version})"

    def holding(self, value: str) -> Record:
        """The record with its value in the comment, as every version but the newest has it."""
        return msgspec.structs.replace(self, value=value)

    def labelled(self, label: str, *, carries: bool) -> Record:
        labels = {*self.labels, label} if carries else {*self.labels} - {label}
        return msgspec.structs.replace(self, labels=tuple(sorted(labels)))


@dataclass(frozen=True)
class _Assignment:
    """The pieces of an assignment's text, which together are all of it."""

    before: str
    name: str
    equals: str
    value: str = field(repr=False)
    quote: str
    after: str

    @classmethod
    def of(cls, block: str) -> _Assignment | None:
        head = HEAD.match(block)
        if head is None:
            return None
        text, end = _without_end(block[head.end() :])
        if (quoted := _quoted_value(text)) is not None:
            value, rest = quoted
            return cls(head[1], head[2], head[3], value, text[0], rest + end)
        opens = OPENS.search(text)
        at = opens.start() if opens else len(text)
        return cls(head[1], head[2], head[3], text[:at], "", text[at:] + end)

    @property
    def clear(self) -> str:
        """What a program gets to see."""
        unified = re.sub(r"\r\n?", "\n", self.value)
        if self.quote != '"':
            return unified
        return re.sub(r"\\(.)", lambda found: ESCAPES.get(found.group(1), found.group(1)), unified, flags=re.DOTALL)

    def with_value(self, value: str) -> str:
        return f"{self.before}{self.name}{self.equals}{_written(value, self.quote)}{self.after}"


@dataclass
class EnvFile:
    """The file's text without our lines, in blocks: a line each, or an assignment that goes over several. And ours."""

    blocks: list[str] = field(repr=False)
    records: list[Record] = field(default_factory=list, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises msgspec.DecodeError for a damaged line of ours."""
        blocks = list(_blocks(text))
        ours = [block.removeprefix(MARK) for block in blocks if block.startswith(MARK)]
        records = [decode(line.rstrip("\r\n"), Record) for line in ours]
        return cls([block for block in blocks if not block.startswith(MARK)], records)

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable that is assigned, each once, in the order of the file."""
        return tuple(self.values)

    @property
    def values(self) -> dict[str, str]:
        """The same with their values, maybe empty; the last assignment counts, as in a shell."""
        return {found.name: found.clear for _, found in self._assignments()}

    def variable(self, name: str) -> str | None:
        """The value of a variable, None if it is empty."""
        return self.values.get(name) or None

    def assign(self, name: str, value: str) -> None:
        """In the place of the assignment that counts, with what stands around it; at the end where there is none."""
        if (last := self._last(name)) is not None:
            position, found = last
            self.blocks[position] = found.with_value(value)
        else:
            self.append(f"{name}={_written(value, '')}")

    def append(self, line: str) -> None:
        self._end_last_line()
        self.blocks.append(line + self._line_end)

    def of(self, parameter: str) -> list[Record]:
        return sorted((one for one in self.records if one.parameter == parameter), key=lambda one: one.version)

    def render(self) -> str:
        end = self._line_end
        ours = [MARK + msgspec.json.encode(record).decode() + end for record in self.records]
        if ours:
            self._end_last_line()
        return "".join([*self.blocks, *ours])

    @property
    def _line_end(self) -> str:
        """As the file's first line has it."""
        return next((end for block in self.blocks if (end := _without_end(block)[1])), "\n")

    def _end_last_line(self) -> None:
        if self.blocks and not _without_end(self.blocks[-1])[1]:
            self.blocks[-1] += self._line_end

    def _assignments(self) -> Iterator[tuple[int, _Assignment]]:
        for position, block in enumerate(self.blocks):
            if (found := _Assignment.of(block)) is not None:
                yield position, found

    def _last(self, name: str) -> tuple[int, _Assignment] | None:
        return next((each for each in reversed(list(self._assignments())) if each[1].name == name), None)


def _blocks(text: str) -> Iterator[str]:
    """Lines with their ends; those of a value in quotes that goes on, in one."""
    ends = list(itertools.accumulate(len(line) for line in io.StringIO(text, newline="")))
    start = 0
    while start < len(text):
        end = _end_of_value(text, start, ends)
        yield text[start:end]
        start = end


def _end_of_value(text: str, start: int, ends: list[int]) -> int:
    """Where the line ends that begins at `start`; with a value that begins there and goes over several lines, the last
    of these, if its quotes close. `ends` are those of all lines.
    """
    line = ends[bisect_right(ends, start)]
    head = HEAD.match(text, start, line)
    quotes = QUOTED.get(text[head.end() : head.end() + 1]) if head else None
    closed = quotes.match(text, head.end()) if head and quotes else None
    if head is None or closed is None or closed.end() <= line:
        return line
    end = ends[bisect_left(ends, closed.end())]
    return end if _quoted_value(_without_end(text[head.end() : end])[0]) is not None else line


def _quoted_value(text: str) -> tuple[str, str] | None:
    """What stands between the quotes, and what behind them; None where it is no value in quotes and no more."""
    found = QUOTED[text[0]].match(text) if text[:1] in QUOTED else None
    if found is None or TAIL.fullmatch(text[found.end() :]) is None:
        return None
    return found.group(1), text[found.end() :]


def _without_end(text: str) -> tuple[str, str]:
    """A text, and the line end that it has."""
    bare = text[:-1] if text.endswith(("\n", "\r")) else text
    bare = bare[:-1] if text.endswith("\r\n") else bare
    return bare, text[len(bare) :]


def _written(value: str, quote: str) -> str:
    """The value in these quotes, or in those that shells and libraries read alike: what is within single quotes means
    itself, as long as it has no backslash.
    """
    if PLAIN.fullmatch(value):
        return f"{quote}{value}{quote}"
    if quote == '"' and not re.search(r'["$`\\]', value):
        return f'"{value}"'
    if not re.search(r"['\\]", value):
        return f"'{value}'"
    escaped = re.sub(r'(["$`\\])', r"\\\1", value)
    return f'"{escaped}"'
