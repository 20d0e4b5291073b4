"""How many examples a search by hypothesis looks at: a few in the gate, the same ones each time; with `--each-point`
ten thousand, other ones each time, of which a failing one is printed in its smallest form.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

EVERY = 10_000
_chosen = {"every": False}


def choose(*, every: bool) -> None:
    """Called before the tests are read.

    In the gate hypothesis does not try the constants that stand in the program: which modules are loaded differs from
    process to process, and with them the examples would; besides, it would read all of them first.
    """
    _chosen["every"] = every
    if not every:
        providers._get_local_constants = lambda: providers._local_constants


def search(few: int) -> settings:
    """For a test that looks at `few` examples in the gate."""
    return settings(
        max_examples=EVERY if _chosen["every"] else few,
        deadline=None,
        derandomize=not _chosen["every"],
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
        print_blob=True,
    )
