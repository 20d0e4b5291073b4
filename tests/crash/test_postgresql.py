"""kill -9 where something is written, with the log in PostgreSQL: what is called outside is tried on SQLite."""

import pytest

from tests.crash.sites import of_log
from tests.crash.trying import (
    AFTER_A_DEATH,
    SELDOM,
    SINGLE,
    TRIED,
    all_points,
    of_operation,
    record,
    recordings,
    recovery,
    try_chosen,
    try_points,
)

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    "scenario", [SINGLE[0], pytest.param(AFTER_A_DEATH[0], marks=pytest.mark.slow_tier)], ids=lambda s: s.name
)
def test_nor_on_postgresql(practice_stage, postgres, table, request, scenario):
    points = record(practice_stage, postgres, scenario, recordings(request)).all
    some = recovery(points, scenario) if scenario.deaths else points
    try_chosen(practice_stage, postgres, table, request, scenario, some, list)


@pytest.mark.slow_tier
@pytest.mark.parametrize("op", SELDOM)
def test_nor_there_in_an_operation_that_few_incidents_need(practice_stage, postgres, table, request, op):
    points = record(practice_stage, postgres, SELDOM[op], recordings(request))

    some = of_operation(points.all, op)
    if not all_points(request):
        some = TRIED.fresh(of_log(some), (postgres.name, False)) or some[:1]
    try_points(practice_stage, postgres, table, SELDOM[op], some, points.uncertain)
