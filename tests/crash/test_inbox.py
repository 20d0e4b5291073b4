"""kill -9 at every point of a command's way through the inbox: it has one effect and one answer, and none is lost.

Whole incidents, in which people ask by Slack's front or with a terminal's AWS proofs and the worker dies while it
answers; and by themselves the processes that ask, and that answer where no worker runs.
"""

import re

import pytest

from bot.incident.model import Strategy
from bot.response.wire import KINDS
from tests.crash.asking import CASES, ask
from tests.crash.forge import forge
from tests.crash.running import Door, Scenario
from tests.crash.table import NOT_REACHED, OK, Row
from tests.crash.test_kills import record, recordings, try_points
from tests.support import crash
from tests.support.practice import OPENAI

pytestmark = pytest.mark.process

WHOLE = {
    door: Scenario(f"openai, kill now, by {door}", (OPENAI,), Strategy.OVERLAP, door=door, pressed=True)
    for door in Door
}
STRIDES = {("sqlite", Door.SLACK): 60, ("sqlite", Door.AWS): 90}
"""Without `--all-points`, every so-manieth; what is not named is left out."""
STRIDE_OF_ASKING, OFFSET = 31, 3
DATABASES = ("sqlite", "postgres")
_OF_PEOPLE = "|".join(kind.__name__.lower() for kind in KINDS.values())
_INBOX = re.compile(rf"inbox \| |call \| {crash.ANSWERING} |log \| (answer|publish|{_OF_PEOPLE}) #")


def of_inbox(points):
    """What is passed on the way from a waiting row to its answer, and what a worker says of itself."""
    return [point for point in points if _INBOX.match(point)]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("database", DATABASES)
def test_whoever_dies_while_a_command_is_answered(practice_stage, table, request, database, door):
    every = request.config.getoption("--all-points")
    stride = STRIDES.get((database, door))
    if not every and stride is None:
        pytest.skip("only with --all-points")
    place = request.getfixturevalue(database)
    found = record(practice_stage, place, WHOLE[door], recordings(request))
    points = of_inbox(found.all)
    assert {point.rpartition(" | ")[2] for point in points} >= expected(door)

    some = points if every else points[OFFSET::stride]
    try_points(practice_stage, place, table, WHOLE[door], some, found.uncertain)


def expected(door):
    """What must be among the points, or nothing is tried."""
    seen = {crash.PROVEN, crash.BEFORE_COMMIT, crash.AFTER_COMMIT}
    return seen | {crash.BEFORE, crash.ACTED, crash.ANSWERED} if door is Door.AWS else seen


@pytest.fixture(scope="module")
def door():
    with forge() as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("database", DATABASES)
def test_whoever_dies_while_asking_or_standing_in(practice_stage, door, table, request, database, case):
    if database != "sqlite" and case is not CASES[0] and not request.config.getoption("--all-points"):
        pytest.skip("only with --all-points")
    place = request.getfixturevalue(database)
    points, died = ask(practice_stage, door, case, place)
    assert not died
    assert any(" | put " in point for _, point in points)
    some = points if request.config.getoption("--all-points") else points[OFFSET::STRIDE_OF_ASKING]
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
