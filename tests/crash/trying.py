"""What the tests of kill -9 share: their incidents, the points that a run without a death lists, and a kill at each."""

import re
from contextlib import closing
from dataclasses import dataclass, replace

from bot.incident.model import Strategy
from bot.incident.operations import Op
from tests.crash.checks import check
from tests.crash.running import TAKE_OVER, Scenario, SqliteFiles
from tests.crash.setting import ELEVENLABS, Setting
from tests.crash.sites import Sites, of_log
from tests.crash.table import LATE, NOT_REACHED, OK, SOMETIMES, Row
from tests.support import crash
from tests.support.machine import overloaded
from tests.support.practice import ACCOUNT, OPENAI, PROJECT, REDIS, SENDGRID, STRIPE

SERVICE_ACCOUNT = f"/v1/organization/projects/{PROJECT}/service_accounts/{ACCOUNT}"
ISSUE = f"call | new:{OPENAI} issue #1 | openai POST {SERVICE_ACCOUNT}/api_keys #1"
SENDGRID_ISSUE = f"call | new:{SENDGRID} issue #1 | sendgrid POST /v3/api_keys #1"
REDIS_INSTALL = f"call | new:{REDIS} install #1 | redis ACL SETUSER #1"
SINGLE = (
    Scenario("openai", (OPENAI,)),
    Scenario("redis", (REDIS,)),
    Scenario("sendgrid", (SENDGRID,)),
    Scenario("stripe", (STRIPE,)),
)
LIKE_OPENAI = SINGLE[2]
"""Its key is made and ended by the same steps."""
SECOND = (LIKE_OPENAI, SINGLE[3])
"""Those of the slow tier: in the short one a worker dies over the value that a person brings in test_providers.py."""
TOGETHER = Scenario("three at once", (OPENAI, SENDGRID, REDIS))
OVERLAP = Scenario("openai, overlap", (OPENAI,), Strategy.OVERLAP)
AFTER_A_DEATH = (
    Scenario("openai, a key made and its answer lost", (OPENAI,), deaths=(f"{ISSUE} | {crash.ACTED}",)),
    Scenario("redis, a password installed, no record", (REDIS,), deaths=(f"{REDIS_INSTALL} | {crash.ACTED}",)),
    Scenario("sendgrid, a key made and not staged", (SENDGRID,), deaths=(f"{SENDGRID_ISSUE} | {crash.ANSWERED}",)),
)
WITH_SLACK = Scenario("openai, with Slack", (OPENAI,), setting=Setting.SLACK)
SELDOM = {
    Op.READ_SCOPES: Scenario("sendgrid, scopes unread", (SENDGRID,), Strategy.OVERLAP, setting=Setting.UNREADABLE),
    Op.UNSTAGE_OLD: Scenario("openai, a value in no parameter", (OPENAI,), setting=Setting.STRAY),
    Op.OPEN_CHANNEL: WITH_SLACK,
    Op.DELIVER: WITH_SLACK,
    Op.SEND_UPDATE: WITH_SLACK,
    Op.CHECK_SIBLINGS: Scenario("sendgrid, two secrets in use", (SENDGRID,), setting=Setting.SIBLING),
    Op.DELETE_OLD: Scenario("elevenlabs", (ELEVENLABS,), setting=Setting.ELEVENLABS),
    Op.ROLL_BACK: Scenario(
        "openai, rolled back and promoted again", (OPENAI,), Strategy.OVERLAP, setting=Setting.RETURN
    ),
    Op.LAST_USE: OVERLAP,
}
"""Where each operation comes that an ordinary incident has no need of."""
OUTCOMES = {
    Op.READ_SCOPES: "scopes-read",
    Op.UNSTAGE_OLD: "unstaged",
    Op.OPEN_CHANNEL: "channel-opened",
    Op.DELIVER: "report-delivered",
    Op.SEND_UPDATE: "update-sent",
    Op.CHECK_SIBLINGS: "siblings-seen",
    Op.DELETE_OLD: "old-deleted",
    Op.ROLL_BACK: "rolled-back",
    Op.LAST_USE: "last-use-read",
}
ROTATION = Scenario("openai, a planned rotation", (OPENAI,), setting=Setting.ROTATION)
SELDOM_IN_SHORT = {Op.ROLL_BACK, Op.UNSTAGE_OLD, Op.OPEN_CHANNEL}
"""Those of them in whose middle a worker is killed in the short tier too; in tests/rotation one dies in others."""
SHOWING_EVERY_OPERATION = tuple(
    each for each in dict.fromkeys((*SINGLE, AFTER_A_DEATH[0], *SELDOM.values())) if each is not LIKE_OPENAI
)
DEATHS = 4
"""In one incident of the short tier."""
FIRST = re.compile(r" #1 \| [a-z-]+$")
STRIDE_OF_COMMON = 7
FEW = 10
"""One in so many points may not come again: milestones, looks at an update and retries fall together differently."""
RECORDINGS = 3
"""Runs without a death that have to have passed a point for it to be one that always comes."""
NEVER_HERE = {
    Op.DRAFT_UPDATE: "makes no outside call; the text is recorded before it goes out",
    Op.TICK: "makes no outside call; as a command it is among the points",
    Op.LOOK_UP_LEAVER: "only where someone leaves; it looks and changes nothing",
    Op.LOOK_UP_KEY: "only where an AWS key leaked too; it looks and changes nothing",
    Op.DENY: "only where an AWS key opened a role's session; tests/rotation has a death in it",
    Op.CONFIRM: "only after a consumer was not well; it looks and changes nothing",
}
TRIES = 3
"""Of a point that does not come each time, and of loading, for which others may leave little processor time."""
LATEST = 60.0
"""Seconds after which an answer that comes late is no longer waited for: as long as an incident may take."""
LONGEST_ID = 12
RECORDED = {}
SEEN = set()
"""Points that were tried on SQLite already: what several incidents have in common is tried once."""
TRIED = Sites()
"""The same of `--each-point`, by database."""


@dataclass(frozen=True)
class Points:
    """Those that some run without a death has passed, in order, and those of them that not all runs have."""

    all: tuple[str, ...]
    uncertain: frozenset[str] = frozenset()


def record(stage, database, scenario, runs=1):
    """The points of so many runs in which nobody dies, or only those that have to."""
    key = (database.name, scenario.name, runs)
    if key not in RECORDED:
        found = [_record(stage, database, scenario) for _ in range(runs)]
        passed = dict.fromkeys(point for points in found for point in points)
        RECORDED[key] = Points(tuple(passed), frozenset(passed).difference(frozenset(passed).intersection(*found)))
    return RECORDED[key]


def _record(stage, database, scenario):
    run = stage.run(scenario, database)
    with closing(run.event_log):
        check(stage, run)
        assert run.reached
        return run.points


def recordings(request):
    """Whether a point comes each time matters only where more than a few are tried."""
    return RECORDINGS if each_point(request) else 1


def some_of(points, deaths=DEATHS):
    """So many of them, far from each other and in their order; never the very first. Each worker counts anew, so that
    after a death only what is first of its kind is sure to come.
    """
    points = [point for point in points if FIRST.search(point)]
    stride = len(points) // deaths or 1
    return points[stride // 2 :: stride][:deaths]


def try_in_one(stage, database, table, scenario, points):
    """Kills at all of these points in one incident. From the first one that did not come after those before, each is
    tried by itself.
    """
    *before, last = points
    row = try_point(stage, database, replace(scenario, deaths=(*scenario.deaths, *before)), last)
    if row.result == NOT_REACHED and before:
        reached = max(row.deaths - len(scenario.deaths), 0)
        if reached:
            table.add(replace(row, point="; ".join(points[:reached]), result=OK))
        try_points(stage, database, table, scenario, points[reached:])
        return
    table.add(replace(row, point="; ".join(points)))
    assert not row.failed, f"{'; '.join(points)}: {row.result}"


def try_points(stage, database, table, scenario, points, uncertain=frozenset()):
    """Kills at each point, and again where the point did not come. Of those that always come, all but a few must."""
    since = len(table.rows)
    for point in points:
        row = try_point(stage, database, scenario, point)
        for _ in range(TRIES - 1):
            if row.result in {NOT_REACHED, LATE}:
                row = try_point(stage, database, scenario, point)
        if row.result == NOT_REACHED and point in uncertain:
            row = replace(row, result=SOMETIMES)
        table.add(row)
    tried = table.rows[since:]
    missed = [row for row in tried if row.result == NOT_REACHED]
    assert tried
    assert not [f"{row.point}: {row.result}" for row in tried if row.failed]
    assert len(missed) <= max(1, len(tried) // FEW), [row.point for row in missed]


def try_point(stage, database, scenario, point):
    try:
        run = stage.run(scenario, database, point)
    except AssertionError as error:
        return Row(database.name, scenario.name, point, (), 0, 0, str(error).splitlines()[0])
    with closing(run.event_log):
        try:
            check(stage, run)
            late = max(run.take_overs, default=0.0) >= TAKE_OVER
            assert not late or overloaded(), "taken over too late"
        except AssertionError as error:
            return Row.of(database.name, run, str(error).splitlines()[0])
        return Row.of(database.name, run, (LATE if late else OK) if run.reached else NOT_REACHED)


def all_points(request):
    return request.config.getoption("--all-points")


def each_point(request):
    return request.config.getoption("--each-point")


def try_chosen(stage, database, table, request, scenario, points, of_all):
    """Those of `points` that the command line asks for: `of_all` (called, since it remembers them), one of each call
    site and state, or a few in one incident, which shows several deaths one after the other.
    """
    uncertain = record(stage, database, scenario, recordings(request)).uncertain
    if all_points(request):
        try_points(stage, database, table, scenario, of_all(points), uncertain)
        return
    wanted = points if isinstance(database, SqliteFiles) else of_log(points)
    if each_point(request) and (some := TRIED.fresh(wanted, (database.name, bool(scenario.deaths)))):
        try_points(stage, database, table, scenario, some, uncertain)
    try_in_one(stage, database, table, scenario, some_of(points))


def fresh(points):
    """Those that no incident before had in common with this one, or some of the others."""
    found = [point for point in points if point not in SEEN]
    SEEN.update(points)
    return found or points[::STRIDE_OF_COMMON]


def strided(points):
    return points[::STRIDE_OF_COMMON]


def of_operation(points, op):
    """What its first try passes, the record of its outcome included."""
    return [point for point in points if f" {op} #1 " in point or f" {OUTCOMES[op]} #1 " in point]


def recovery(points, scenario):
    """What the making of the new key does after a death; where the other lanes stand then is another matter."""
    return [point for point in points if f"new:{scenario.secrets[0]}" in point]
