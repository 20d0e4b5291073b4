"""kill -9 of the worker that takes over from a dead one; then a third, and nothing is amiss."""

import pytest

from tests.crash.trying import AFTER_A_DEATH, fresh, record, recordings, recovery, try_chosen

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    "scenario",
    [AFTER_A_DEATH[0], *(pytest.param(scenario, marks=pytest.mark.slow_tier) for scenario in AFTER_A_DEATH[1:])],
    ids=lambda s: s.name,
)
def test_the_one_that_takes_over_may_die_as_well(practice_stage, sqlite, table, request, scenario):
    points = record(practice_stage, sqlite, scenario, recordings(request))
    try_chosen(practice_stage, sqlite, table, request, scenario, recovery(points.all, scenario), fresh)
