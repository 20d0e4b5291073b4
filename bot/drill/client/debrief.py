"""The debrief of a drill: how long each thing took, beside the best and the last time, and what to do next time.

A measure is seconds, a number of things, or nothing where it never happened. What it is compared with is in the data
folder of the installation that practised: one line for each drill.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.private import make_folder, open_to_append

DEBRIEFS = "debriefs.jsonl"
NEVER = "never"
NONE = "-"


@dataclass(frozen=True)
class Measure:
    """`value` is seconds, or with `counted` a number of things; None: it never happened. `missed`: it should have gone
    otherwise, and `advice` says what to do next time. `of` is how many there are at most.
    """

    name: str
    label: str
    value: float | None
    counted: bool = False
    missed: bool = False
    advice: str = ""
    of: int | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """The text in the table: ``0:41``, ``11 of 15 ✗``, ``after close ✗``."""
        said = self.note or spelled(self.value, counted=self.counted)
        return f"{said}{f' of {self.of}' if self.of else ''}{' ✗' if self.missed else ''}"


@dataclass(frozen=True)
class Row:
    """A line of the table, in words."""

    label: str
    you: str
    best: str
    last: str
    missed: bool


@dataclass(frozen=True)
class Debrief:
    rows: tuple[Row, ...]
    undeclared: tuple[str, ...]
    advice: tuple[str, ...]

    def document(self) -> dict[str, object]:
        return asdict(self)


def spelled(value: float | None, *, counted: bool = False) -> str:
    """Minutes and seconds, or the number."""
    if value is None:
        return NEVER
    if counted:
        return str(round(value))
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes}:{seconds:02}"


def debrief(measures: Sequence[Measure], undeclared: Sequence[str], earlier: Sequence[Mapping[str, object]]) -> Debrief:
    """`earlier` are the measures of drills before, oldest first, as `earlier_drills` gives them."""
    rows = tuple(
        Row(
            each.label,
            each.words,
            *_compared(each, [drill[each.name] for drill in earlier if each.name in drill]),
            each.missed,
        )
        for each in measures
    )
    advice = tuple(dict.fromkeys(each.advice for each in measures if each.missed and each.advice))
    return Debrief(rows, tuple(undeclared), advice)


def _compared(measure: Measure, earlier: Sequence[object]) -> tuple[str, str]:
    """The best and the last of the drills before; a dash where there is none."""
    found = [each for each in earlier if isinstance(each, int | float)]
    best = spelled(min(found), counted=measure.counted) if found else NONE
    if not earlier:
        return best, NONE
    last = earlier[-1]
    return best, spelled(last if isinstance(last, int | float) else None, counted=measure.counted)


def earlier_drills(folder: Path, *, auto: bool) -> list[Mapping[str, object]]:
    """The earlier drills of this installation, oldest first: played by people, or automatic ones."""
    try:
        lines = (folder / DEBRIEFS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    return list(_read(lines, auto=auto))


def _read(lines: Iterable[str], *, auto: bool) -> Iterator[Mapping[str, object]]:
    for line in lines:
        try:
            found = json.loads(line)
            if found["auto"] is auto:
                yield dict(found["measures"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off says nothing


def keep_drill(folder: Path, incident: str, measures: Iterable[Measure], *, auto: bool) -> None:
    """Adds this drill to those before. OSError."""
    line = {"incident": incident, "auto": auto, "measures": {each.name: each.value for each in measures}}
    with open_to_append(make_folder(folder) / DEBRIEFS) as log:
        log.write(json.dumps(line).encode() + b"\n")
