"""The format of a ``.env``: assignments as a shell reads them, and the lines in which the bot keeps its own records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import msgspec

MARK = "#bot "
ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
SINGLE = re.compile(r"^'([^']*)'\s*(?:#.*)?$")
DOUBLE = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$')
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


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


@dataclass
class EnvFile:
    """The file's lines without ours, and ours."""

    lines: list[str] = field(repr=False)
    records: list[Record] = field(default_factory=list, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises msgspec.DecodeError for a damaged line of ours."""
        lines = text.splitlines()
        ours = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
        records = [msgspec.json.decode(line, type=Record) for line in ours]
        return cls([line for line in lines if not line.startswith(MARK)], records)

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable that is assigned, each once, in the order of the file."""
        found = (ASSIGNMENT.match(line) for line in self.lines)
        return tuple(dict.fromkeys(match.group(1) for match in found if match))

    def variable(self, name: str) -> str | None:
        """The value of a variable, None if it is empty; the last assignment counts, as in a shell."""
        for line in reversed(self.lines):
            if (found := ASSIGNMENT.match(line)) and found.group(1) == name:
                return _unquoted(found.group(2)) or None
        return None

    def assign(self, name: str, value: str) -> None:
        for position, line in reversed(list(enumerate(self.lines))):
            if (found := ASSIGNMENT.match(line)) and found.group(1) == name:
                export = "export " if line.lstrip().startswith("export ") else ""
                self.lines[position] = f"{export}{name}={_quoted(value)}"
                return

    def of(self, parameter: str) -> list[Record]:
        return sorted((one for one in self.records if one.parameter == parameter), key=lambda one: one.version)

    def render(self) -> str:
        ours = [MARK + msgspec.json.encode(record).decode() for record in self.records]
        return "".join(f"{line}\n" for line in [*self.lines, *ours])


def _quoted(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./:@%+,=?&~-]*", value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    """The value of an assignment's right side, without quotes and without a comment after it."""
    if found := SINGLE.match(text):
        return found.group(1)
    if found := DOUBLE.match(text):
        return re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape.group(1), escape.group(1)), found.group(1))
    return re.split(r"\s+#", text, maxsplit=1)[0]
