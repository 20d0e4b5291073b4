"""kill -9 at every boundary of an operation and inside every outside call; then a new worker, and nothing is amiss.

The points are not invented: a run in which nobody dies lists them (tests/support/crash.py). A few of them are tried in
one incident, in which one worker dies after the other; with `--each-point` also one of each call site and state, by
itself, and with `--all-points` each of them, however often it comes.
"""

import re
import threading
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from bot.incident.operations import Op
from tests.crash.checks import check
from tests.crash.harness import harness
from tests.crash.running import TAKE_OVER
from tests.crash.trying import (
    ISSUE,
    LATEST,
    LIKE_OPENAI,
    LONGEST_ID,
    NEVER_HERE,
    OVERLAP,
    REDIS_INSTALL,
    ROTATION,
    SECOND,
    SELDOM,
    SELDOM_IN_SHORT,
    SENDGRID_ISSUE,
    SHOWING_EVERY_OPERATION,
    SINGLE,
    TOGETHER,
    TRIED,
    TRIES,
    all_points,
    each_point,
    fresh,
    of_operation,
    record,
    recordings,
    some_of,
    strided,
    try_chosen,
    try_in_one,
    try_points,
)
from tests.support import crash
from tests.support.machine import overloaded

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(each, marks=pytest.mark.slow_tier) if each in SECOND else each for each in SINGLE],
    ids=lambda s: s.name,
)
def test_nothing_is_lost_or_doubled_wherever_the_worker_dies(practice_stage, sqlite, table, request, scenario):
    points = record(practice_stage, sqlite, scenario, recordings(request))
    try_chosen(practice_stage, sqlite, table, request, scenario, points.all, fresh)


@pytest.mark.parametrize(
    "scenario", [pytest.param(OVERLAP, marks=pytest.mark.slow_tier), TOGETHER, ROTATION], ids=lambda s: s.name
)
def test_nor_with_several_secrets_or_two_values_at_a_time(practice_stage, sqlite, table, request, scenario):
    points = record(practice_stage, sqlite, scenario, recordings(request))
    try_chosen(practice_stage, sqlite, table, request, scenario, points.all, strided)


@pytest.mark.parametrize(
    "op", [op if op in SELDOM_IN_SHORT else pytest.param(op, marks=pytest.mark.slow_tier) for op in SELDOM]
)
def test_nor_in_an_operation_that_few_incidents_need(practice_stage, sqlite, table, request, op):
    scenario, found = SELDOM[op], record(practice_stage, sqlite, SELDOM[op], recordings(request))
    if all_points(request):
        try_points(practice_stage, sqlite, table, scenario, fresh(found.all), found.uncertain)
        return
    if each_point(request) and (some := TRIED.fresh(found.all, (sqlite.name, False))):
        try_points(practice_stage, sqlite, table, scenario, some, found.uncertain)
    try_in_one(practice_stage, sqlite, table, scenario, some_of(of_operation(found.all, op), 1))


def test_every_operation_is_among_the_points(practice_stage, sqlite, request):
    runs = recordings(request)
    points = [p for scenario in SHOWING_EVERY_OPERATION for p in record(practice_stage, sqlite, scenario, runs).all]

    for op in Op:
        ports = [point for point in points if re.match(rf"log \| begin \S+ {op}(/\w+)? #", point)]
        assert ports or op in NEVER_HERE, f"no run carries out {op}"
        calls = [point for point in points if re.match(rf"call \| \S+ {op}(/\w+| #\d+) \|", point)]
        assert calls or op in NEVER_HERE, f"{op}: none of its calls is watched"


@pytest.mark.parametrize(
    ("scenario", "point", "found"),
    [
        (SINGLE[0], f"{ISSUE} | {crash.ACTED}", "made and forgotten"),
        pytest.param(SINGLE[0], f"{ISSUE} | {crash.ANSWERED}", "made and forgotten", marks=pytest.mark.slow_tier),
        (SINGLE[1], f"{REDIS_INSTALL} | {crash.ACTED}", "passwords missing from the log"),
    ],
)
def test_the_check_finds_what_a_bot_that_does_not_look_leaves_behind(practice_stage, sqlite, scenario, point, found):
    careless = replace(practice_stage, careless=crash.NEVER_LOOKS)
    run = careless.run(scenario, sqlite, point)
    try:
        with pytest.raises(AssertionError, match=found):
            check(careless, run)
    finally:
        run.event_log.close()


@pytest.mark.parametrize(
    ("fake", "scenario", "call"),
    [
        ("openai", SINGLE[0], ISSUE),
        pytest.param("sendgrid", LIKE_OPENAI, SENDGRID_ISSUE, marks=pytest.mark.slow_tier),
    ],
    ids=lambda v: v if isinstance(v, str) and len(v) < LONGEST_ID else "",
)
def test_a_key_that_is_made_when_its_maker_is_dead_and_replaced_is_swept(practice_stage, sqlite, fake, scenario, call):
    with acting_late(getattr(practice_stage.world, fake)):
        run = practice_stage.run(scenario, sqlite, f"{call} | {crash.SENT}")
    check(practice_stage, run)
    assert run.reached
    assert (run.made, run.ended) == (2, 1)
    run.event_log.close()


def test_without_the_sweep_such_a_key_is_found_by_the_check(practice_stage, sqlite):
    careless = replace(practice_stage, careless=crash.NEVER_SWEEPS)
    with acting_late(practice_stage.world.openai):
        run = careless.run(SINGLE[0], sqlite, f"{ISSUE} | {crash.SENT}")
    with closing(run.event_log), pytest.raises(AssertionError, match="made and forgotten"):
        check(careless, run)


@contextmanager
def acting_late(fake):
    """The first key asked for is made when another is asked for: the next worker has looked by then, and found none."""
    outer, inner = fake.application, fake.application.application
    asked, again = threading.Event(), threading.Event()

    def late(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            if asked.is_set():
                again.set()
            else:
                asked.set()
                again.wait(LATEST)
        return inner(environ, start_response)

    outer.application = late
    try:
        yield
    finally:
        outer.application = inner


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow_tier)])
def test_a_program_that_has_to_be_loaded_first_takes_over_within_five_seconds(practice_stage, request, database):
    found = []
    for _ in range(TRIES):
        with harness(cold=True) as cold:
            stage = replace(practice_stage, harness=cold)
            run = stage.run(SINGLE[0], request.getfixturevalue(database), f"{ISSUE} | {crash.ACTED}")
        check(stage, run)
        found += run.take_overs
        run.event_log.close()
        if found[-1] < TAKE_OVER:
            break
    if min(found) >= TAKE_OVER and overloaded():
        pytest.skip(f"this machine has no processor to spare: {found}")
    assert min(found) < TAKE_OVER, found
