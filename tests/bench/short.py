"""A little of several benchmarks: a round of each rotation, log, acknowledging, help. Minutes, not an hour."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median
from typing import Any

from tests.bench import acknowledge, log, rotate_many, rotate_one
from tests.bench.installation import ROOT
from tests.bench.product import FOURTEEN
from tests.bench.progress import say

OF_THE_LOG = ("fold_cpu_ms", "list_cpu_ms", "append_ms_median")


def measure(*, quick: bool) -> dict[str, object]:
    """`figures`: by name, each the better the smaller it is."""
    figures = {"bot --help, processor seconds": _help(1 if quick else 5)}
    say("one secret")
    for row in _rows(rotate_one.measure(quick=True)):
        name = f"rotate_one {row['secret']} {row['strategy']}"
        figures |= {f"{name} {what}, ratio": ratio for what, ratio in row["ratio"].items()}
        figures[f"{name}, kinds of calls that differ"] = float(len(row["calls_that_differ"]))
    for name, product in (("fourteen", FOURTEEN), ("catalog", None)):
        (run,) = rotate_many.compare(product, 1, most=1.1)["runs"]
        figures[f"rotate_many {name}, ratio"] = run["ratio"]
        figures[f"rotate_many {name}, updates of functions"] = float(run["updates_of_functions"])
    say("the log")
    sides: Any = log.measure(quick=quick)["sides"]
    figures |= {f"log {name}, {what}": side[what] for name, side in sides.items() for what in OF_THE_LOG}
    say("acknowledging")
    sides = acknowledge.measure(quick=True)["sides"]
    figures |= {
        f"acknowledge {name}, {what}": side[what] for name, side in sides.items() for what in ("p50_ms", "p99_ms")
    }
    return {"figures": figures}


def _rows(found: Any) -> list[dict[str, Any]]:
    return list(found["rows"])


def _help(rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = _of_children()
        subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, check=True, capture_output=True)
        times.append(_of_children() - began)
    return median(times)


def _of_children() -> float:
    """Processor seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
