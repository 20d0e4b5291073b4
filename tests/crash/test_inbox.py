"""kill -9 at every point of a command's way through the inbox: it has one effect and one answer, and none is lost.

Whole incidents, in which people ask by Slack's front or with a terminal's AWS proofs and the worker dies while it
answers; and by themselves the processes that ask, and that answer where no worker runs.
"""

import re

import pytest

from bot.inbox.wire import KINDS
from bot.incident.model import Strategy
from tests.crash.asking import CASES, ask
from tests.crash.harness import harness
from tests.crash.running import Door, Scenario
from tests.crash.sites import Sites, site
from tests.crash.table import NOT_REACHED, OK, Row
from tests.crash.trying import all_points, each_point, record, recordings, try_chosen
from tests.support import crash
from tests.support.practice import OPENAI

pytestmark = pytest.mark.process

WHOLE = {
    door: Scenario(f"openai, kill now, by {door}", (OPENAI,), Strategy.OVERLAP, door=door, pressed=True)
    for door in Door
}
STRIDE_OF_ASKING, OFFSET = 31, 3
"""In the short tier, every so-manieth."""
TRIED = Sites()
"""What `--each-point` has tried, by database, door and process."""
DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.slow_tier))
_OF_PEOPLE = "|".join(kind.__name__.lower() for kind in KINDS.values())
_INBOX = re.compile(rf"inbox \| |call \| {crash.ANSWERING} |log \| (answer|publish|{_OF_PEOPLE}) #")


def of_inbox(points):
    """What is passed on the way from a waiting row to its answer, and what a worker says of itself."""
    return [point for point in points if _INBOX.match(point)]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("database", DATABASES)
def test_whoever_dies_while_a_command_is_answered(practice_stage, table, request, database, door):
    place = request.getfixturevalue(database)
    found = record(practice_stage, place, WHOLE[door], recordings(request))
    points = of_inbox(found.all)
    assert {point.rpartition(" | ")[2] for point in points} >= expected(door)

    try_chosen(practice_stage, place, table, request, WHOLE[door], points, list)


def expected(door):
    """What must be among the points, or nothing is tried."""
    seen = {crash.PROVEN, crash.BEFORE_COMMIT, crash.AFTER_COMMIT}
    return seen | {crash.BEFORE, crash.ACTED, crash.ANSWERED} if door is Door.AWS else seen


@pytest.fixture(scope="module")
def door():
    with harness() as made:
        yield made


ASKED = [
    pytest.param(database, case, marks=[] if database == "sqlite" or case is CASES[0] else pytest.mark.slow_tier)
    for database in ("sqlite", "postgres")
    for case in CASES
]


@pytest.mark.parametrize(("database", "case"), ASKED, ids=lambda value: getattr(value, "name", value))
def test_whoever_dies_while_asking_or_standing_in(practice_stage, door, table, request, database, case):
    place = request.getfixturevalue(database)
    points, died = ask(practice_stage, door, case, place)
    assert not died
    assert any(" | put " in point for _, point in points)
    some = points if all_points(request) else points[OFFSET::STRIDE_OF_ASKING]
    if each_point(request) and not all_points(request):
        some = TRIED.fresh(points, (database, case.door), lambda point: (point[0], site(point[1]))) or some
    rows = [tried(practice_stage, door, case, place, point) for point in some]
    for row in rows:
        table.add(row)
    assert [f"{row.point}: {row.result}" for row in rows if row.result != OK] == []


def tried(stage, door, case, database, point):
    try:
        _, died = ask(stage, door, case, database, point)
    except AssertionError as error:
        return Row(database.name, case.name, point[1], (), 0, 0, str(error).splitlines()[0])
    return Row(database.name, case.name, point[1], (), 0, 0, OK if died else NOT_REACHED)
