"""How many examples a search by hypothesis looks at: a few in the gate, the same ones each time; with `--all-points`
ten thousand, other ones each time, of which a failing one is printed in its smallest form.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

EVERY = 10_000
_chosen = {"every": False}


def choose(*, every: bool) -> None:
    """Called before the tests are read."""
    _chosen["every"] = every


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
