"""How many examples a search by hypothesis looks at: a few in the gate, the same ones each time; with `--each-point`
two hundred times as many, ten thousand at most, and with `--all-points` always as many. These are other ones each time,
of which a failing one is printed in its smallest form.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

EVERY, TIMES = 10_000, 200
_chosen = {"times": 0}


def choose(*, each: bool, every: bool) -> None:
    """Called before the tests are read. `each`: as many as the slow tier looks at; `every`: ten thousand of any search.

    In the gate hypothesis does not try the constants that stand in the program: which modules are loaded differs from
    process to process, and with them the examples would; besides, it would read all of them first.
    """
    _chosen["times"] = EVERY if every else TIMES * each
    if not _chosen["times"]:
        providers._get_local_constants = lambda: providers._local_constants


def search(few: int) -> settings:
    """For a test that looks at `few` examples in the gate: the fewer, the longer each takes."""
    times = _chosen["times"]
    return settings(
        max_examples=min(few * times, EVERY) if times else few,
        deadline=None,
        derandomize=not times,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
        print_blob=True,
    )
