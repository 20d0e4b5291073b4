"""How a drill ended, line by line: what came of each secret, the debrief, and what the search for values found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.drill.client.summary import NEW_WORDS, OLD_WORDS, Summary


class Line(NamedTuple):
    """`style` is Rich's; `is_path`: it is to be copied."""

    text: str = ""
    style: str = ""
    indent: int = 0
    is_path: bool = False


def lines_of(summary: Summary) -> Iterator[Line]:
    """For a terminal."""
    yield Line()
    yield Line(f"{summary.incident} is {summary.state}.", "bold")
    if summary.why_open:
        yield Line(f"It stays open: {summary.why_open}.", "bold red")
    for secret in summary.secrets:
        yield Line(f"{secret.name}: {secret.words}", "" if secret.old == "dead" else "bold red", 2)
    for left in summary.left_alone:
        if left["reason"] not in {"not declared", "did not leak"}:
            yield Line(f"{left['name']}: left out: {left['reason']}", indent=2)
    yield from _planned(summary)
    yield from _debrief(summary)
    found = "nothing" if not summary.leaks.hits else f"{len(summary.leaks.hits)} hits: {summary.leaks.hits[0].place}, …"
    yield Line(f"Searched {len(summary.leaks.places)} places for every key, old and new: found {found}.")
    for what, path in (("Report", summary.report), ("Decisions", summary.decisions)):
        if path:
            yield Line(f"{what}:")
            yield Line(path, is_path=True)


def _planned(summary: Summary) -> Iterator[Line]:
    """What came of the rotation beside the incident, and of the departure after it."""
    if (run := summary.rotation) is not None:
        agreed = f"; {' and '.join(run['agreed'])} agreed" if run["agreed"] else ""
        yield Line(f"{run['run']}, the planned rotation in {run['environment']}, is {run['state']}.", "bold")
        paged = f"{run['paged']} pages" if run["paged"] else "no page"
        words = f"{run['secret']}: {_states(run)}{agreed}; {paged}"
        yield Line(words, "" if run["old"] == "dead" else "bold red", 2)
    if (left := summary.departure) is not None:
        agreed = f"agreed to by {left['agreed']}" if left["agreed"] else "not agreed to yet"
        yield Line(f"{left['run']}: {left['person']} leaves {left['environment']}, {agreed}.", "bold")
        for name, secret in left["secrets"].items():
            yield Line(f"{name}: {_states(secret)}", indent=2)
        if any(secret["new"] == "staged" for secret in left["secrets"].values()):
            yield Line(f"Staged keys wait until {left['person']} can no longer read them.", indent=2)


def _states(secret: Mapping[str, str]) -> str:
    return (
        f"old key {OLD_WORDS.get(secret['old'], secret['old'])}, new key {NEW_WORDS.get(secret['new'], 'NOT IN USE')}"
    )


def _debrief(summary: Summary) -> Iterator[Line]:
    """A table that fits on a terminal of 80 columns."""
    told = summary.debrief
    if told is None:
        return
    width = max(len(row.label) for row in told.rows)
    yield Line()
    yield Line(f"{'Debrief'.ljust(width)}  {'you':<14}{'best':<8}last", "bold")
    for row in told.rows:
        yield Line(f"{row.label.ljust(width)}  {row.you:<14}{row.best:<8}{row.last}", "bold red" if row.missed else "")
    if told.undeclared:
        yield Line(f"On the page, not declared: {', '.join(told.undeclared)}.", "bold red")
    if told.advice:
        yield Line("Next time:", "bold")
    for advice in told.advice:
        yield Line(advice, indent=2)
    yield Line()
