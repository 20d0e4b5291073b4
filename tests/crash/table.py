"""What happened at each point, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.crash.running import Run

COLUMNS = ("database", "incident", "killed at", "resumed after (s)", "keys made", "keys ended", "result")
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"


OK, LATE = "ok", "ok, and late on a busy machine"
NOT_REACHED, SOMETIMES = "not reached", "not reached: comes in some runs only"


@dataclass(frozen=True)
class Row:
    database: str
    incident: str
    point: str
    resumed: tuple[float, ...]
    made: int
    ended: int
    result: str
    deaths: int = 0

    @classmethod
    def of(cls, database: str, run: Run, result: str) -> Row:
        resumed = tuple(run.take_overs)
        return cls(database, run.scenario.name, run.point, resumed, run.made, run.ended, result, run.deaths)

    @property
    def failed(self) -> bool:
        return self.result not in {OK, LATE, NOT_REACHED, SOMETIMES}

    @property
    def cells(self) -> tuple[str, ...]:
        resumed = ", ".join(f"{seconds:.2f}" for seconds in self.resumed) or "-"
        point = f"`{self.point.replace('|', '·')}`"
        return self.database, self.incident, point, resumed, str(self.made), str(self.ended), self.result


@dataclass
class Table:
    """Written row by row, so that a run that is broken off leaves what it found. `path` is None for no file."""

    path: Path | None
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        if not self.rows:
            self._write(HEAD)
        self.rows.append(row)
        self._write(f"| {' | '.join(row.cells)} |\n")

    def close(self) -> None:
        if self.rows:
            missed = sum(row.result in {NOT_REACHED, SOMETIMES} for row in self.rows)
            failed = sum(row.failed for row in self.rows)
            resumed = [seconds for row in self.rows for seconds in row.resumed] or [0.0]
            counts = f"{len(self.rows)} points, {missed} not reached, {failed} failed"
            self._write(f"\n{counts}; take-over: median {median(resumed):.2f} s, longest {max(resumed):.2f} s\n\n")

    def _write(self, text: str) -> None:
        if self.path is not None:
            with self.path.open("a") as out:
                out.write(text)
