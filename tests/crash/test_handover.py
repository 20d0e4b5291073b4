"""A compromise is declared while a planned rotation of the same secret is under way, and its worker has just died.

At each boundary of an operation, and inside each of its outside calls: no key that nothing uses lives, no second new
key is made where the run had one, and the leaked keys are dead.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from bot.eventlog import open_event_log
from bot.eventlog.verify import verify_incident
from bot.inbox import Declaration, SecretChoice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import New, Old
from bot.incident.overlap.strategy import incident_id
from bot.incident.state import EARLIER
from bot.model.keys import key_prefix
from bot.secrets.secret import Secret
from tests.crash.checks import check_staging
from tests.crash.running import LONGEST, LOOK, Play, Run, Scenario, over
from tests.crash.sites import Sites, of_log
from tests.crash.table import NOT_REACHED, OK, Row
from tests.support import crash
from tests.support.practice import BEN, OPENAI, REDIS, SENDGRID

pytestmark = pytest.mark.process

OVERLAP = 0.5
OPERATIONS = (
    "capture",
    "snapshot",
    "issue",
    "install",
    "verify",
    "promote",
    "refresh",
    "verify-live",
    "revoke",
    "prove",
)
FEW = (
    f"new:{OPENAI} issue #1 | openai POST",
    f"new:{OPENAI} promote #1 | aws PutParameter",
    f"old:{OPENAI} revoke #1 | openai DELETE",
)
"""In the short tier: a key made and nothing recorded, a value put in place and nothing recorded, a key ended."""
TRIED = Sites()
"""What `--each-point` has tried, by database."""


@dataclass
class Takeover(Play):
    """A run until its worker dies, then the compromise until its end."""

    rotated: str = ""
    declared_at_death: str = ""
    promoted: bool = field(init=False, default=False)

    def to_the_end(self):
        self._run_until_death()
        if not self.run.lives[-1].died:
            return
        before = self.incidents.load(self.rotated)
        secret = before.secrets.get(self.name)
        self.promoted = secret is not None and secret.new.promoted_at is not None
        if not before.open:
            return
        self.run.incident = self.declared_at_death
        declaration = Declaration(
            environment="production", secrets=(SecretChoice(self.name),), how_noticed="seen in a gist", public=True
        )
        self.people.ask(self.declared_at_death, declaration, f"leak-{self.rotated}")
        self._to_the_close()

    @property
    def name(self):
        return self.run.scenario.secrets[0]

    def _run_until_death(self):
        until = time.monotonic() + LONGEST
        self.run.incident = self.rotated
        self.start(None, [self.run.point] if self.run.point else [])
        while time.monotonic() < until:
            if self.stage.harness.ended() is not None:
                self.run.lives[-1].died = True
                return
            run = self.incident
            self.people.listen()
            if run is not None and run.request is not None and self.people._once(f"agree {run.request.at}"):
                self.people._do(run, c.ApprovePlan(run.request.digest), BEN)
            if run is not None and not run.open and run.report.decisions_at is not None:
                return
            time.sleep(LOOK)
        raise AssertionError(f"the run is not over: {self.incident} {self.log()}")

    def _to_the_close(self):
        until = time.monotonic() + LONGEST
        self.start(self.incident, [])
        while time.monotonic() < until:
            assert self.stage.harness.ended() is None, f"the worker ended by itself: {self.log()}"
            incident = self.incident
            if incident is None:
                self.people.listen()
            else:
                self.people.act(incident)
                if over(incident) and self.people.listen() and self.rested(incident):
                    return
            time.sleep(LOOK)
        states = {n: (str(s.old_state), str(s.new_state), s.new.orphans) for n, s in self.incident.secrets.items()}
        failures = {str(n): lane.failure.message for n, lane in self.incident.lanes.items() if lane.failure}
        raise AssertionError(f"not over: {states} {failures} {self.log()}")


def take_over(stage, database, name, point=""):
    """The play; its log is open, and closed by whoever asked."""
    number = next(stage.runs)
    stage.furnish()
    folder = stage.folder / f"takeover-{number}"
    folder.mkdir()
    url = database.fresh()
    event_log = open_event_log(url, seal=stage.seal)
    client = stage.client(event_log)
    incidents = client.incidents
    command_id = f"rotate-{stage.folder.name}-{number}"
    rotated = incident_id(command_id)
    environ = {
        **stage.world.environ,
        "BOT_DATABASE_URL": url,
        "BOT_DATA": str(folder),
        "BOT_DECISIONS": str(folder / "DECISIONS.md"),
    }
    run = Run(Scenario(f"{name}, rotated", (name,)), rotated, point, event_log=event_log)
    play = Takeover(
        stage, client, incidents, run, environ, folder, rotated=rotated,
        declared_at_death=incident_id(f"leak-{rotated}"),
    )  # fmt: skip
    declaration = Declaration(
        environment="production",
        secrets=(SecretChoice(name),),
        how_noticed="as planned",
        public=False,
        playbook="rotation",
        overlap=OVERLAP,
    )
    try:
        play.people.ask(rotated, declaration, command_id)
        play.to_the_end()
    except BaseException:
        event_log.close()
        raise
    finally:
        stage.harness.kill()
    return play


def check(play):
    """By the providers' own state, and by both logs."""
    stage, log, name = play.stage, play.run.event_log, play.name
    incident, run = log.load(play.run.incident), log.load(play.rotated)
    assert run.handed_over == incident.id
    for secret in incident.secrets.values():
        wanted = New.NOT_NEEDED if secret.name.endswith(EARLIER) else New.LIVE
        assert (secret.old_state, secret.new_state) == (Old.DEAD, wanted), secret.name
    check_staging(stage)
    for each in (incident.id, run.id):
        assert verify_incident(log, each).ok
    recorded = [each.event for each in log.events(incident.id)]
    assert sum(isinstance(each, e.TakenOver) for each in recorded) == len(incident.secrets)
    secret = incident.secrets[name]
    ssm = stage.world.aws.aws.client("ssm")
    stored = ssm.get_parameter(Name=f"/production/{name}", WithDecryption=True)["Parameter"]["Value"]
    assert Secret(stored).fingerprint == secret.new.fingerprint
    if name == REDIS:
        passwords = stage.world.redis.execute_command("ACL", "GETUSER", "app")["passwords"]
        assert len(passwords) == 2, "the bystander's and the new one"
        return
    fake = {OPENAI: stage.world.openai, SENDGRID: stage.world.sendgrid}[name]
    live = {key.value for key in fake.live_keys()}
    assert stage.older[name] in live, "the bystander died"
    assert stage.world.old[name] not in live, "the leaked key lives"
    prefixes = (key_prefix(run.id, name), key_prefix(incident.id, name))
    made = [key for key in fake.all_keys() if key.name.startswith(prefixes)]
    assert [key.value for key in made if key.value in live] == [stored], "one new key lives, and it is in use"
    known = incident.secrets[name].taken_from
    assert known == run.id
    if any(isinstance(each, e.TakenOver) and each.known.new is not None for each in recorded):
        assert len(made) == 1, "a second new key was made"


def points_of(stage, database, name):
    play = take_over(stage, database, name)
    with closing(play.run.event_log):
        found = [point for point in play.run.points if " #1 | " in point]
        return [point for point in found if any(f" {op} #1 " in point for op in OPERATIONS)]


def try_point(stage, database, name, point):
    """What came of it; not reached where the run was over before."""
    play = take_over(stage, database, name, point)
    with closing(play.run.event_log):
        if play.run.incident == play.rotated:
            return Row.of(database.name, play.run, NOT_REACHED)
        try:
            check(play)
        except AssertionError as error:
            return Row.of(database.name, play.run, str(error).splitlines()[0])
        return Row.of(database.name, play.run, OK)


def try_points(stage, database, table, name, points):
    for point in points:
        table.add(try_point(stage, database, name, point))
    assert not [f"{row.point}: {row.result}" for row in table.rows if row.failed]
    return [row.result for row in table.rows]


def test_a_rotation_is_taken_over_where_its_worker_died(practice_stage, sqlite, table):
    points = points_of(practice_stage, sqlite, OPENAI)
    chosen = [next(p for p in points if few in p and p.endswith(crash.ACTED)) for few in FEW]
    assert try_points(practice_stage, sqlite, table, OPENAI, chosen) == [OK] * len(FEW)


@pytest.mark.slow_tier
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("name", [OPENAI, SENDGRID, REDIS])
def test_nor_at_any_other_boundary(practice_stage, table, request, name, database):
    found = request.getfixturevalue(database)
    points = points_of(practice_stage, found, name)
    if not request.config.getoption("--all-points"):
        points = TRIED.fresh(points if database == "sqlite" else of_log(points), database) or points[:1]
    results = try_points(practice_stage, found, table, name, points)
    assert results.count(OK) > len(points) * 3 // 4
