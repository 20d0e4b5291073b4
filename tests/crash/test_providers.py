"""kill -9 at each operation boundary of each provider, in the drill's own world: resumed, no orphan, no bystander dead.

The points are those that a run without a death passes in the log: an operation begun and nothing of it sent, carried
out and not recorded, recorded and nothing after. What happens inside a call is the other crash tests' matter.
"""

import re
import time
from dataclasses import dataclass, field

import pytest

from bot.drill.providers import FIXTURES
from bot.eventlog.verify import verify_incident
from bot.incident.model import Old
from bot.model.capabilities import Makes
from tests.conftest import NOT_IN_SHORT
from tests.crash.harness import Harness, harness
from tests.crash.running import over as written_up
from tests.crash.sites import OCCURRENCE, Sites
from tests.crash.table import NOT_REACHED, OK, Row
from tests.support import crash
from tests.support.wide import AT_REST, LONGEST, PATIENT, Wide, wide

pytestmark = [pytest.mark.process, pytest.mark.timeout(0)]

SECRETS = tuple((kind.name, name) for kind in FIXTURES for name in kind.secrets)
IN_SHORT = "log | finish new:{secret} {outcome} #1 | " + crash.BEFORE_COMMIT
"""In the short tier, at every second secret, only what making came to is lost: of a value that a person brought, that
it was accepted; and at some, what the look at its use came to.
"""
LOOKED_IN_SHORT = frozenset({"redis-url", "supabase-anon-key"})
CHANGING = re.compile(
    r"log \| (begin \S+ (receive|issue|install|promote|revoke|unstage|delete-old) \S+ \| after-commit"
    r"|finish \S+ (value-staged|value-promoted|access-revoked|unstaged|old-deleted) \S+ \| before-commit)$"
)
"""Where it is known only to the provider, or to the parameter, whether anything was changed."""
TRIED = Sites()
"""What `--each-point` has tried."""


@dataclass
class Stage:
    world: Wide
    harness: Harness
    folder: object
    runs: int = 0


@dataclass
class Run:
    incident: str = ""
    points: list[str] = field(default_factory=list)
    died_at: float = 0.0
    seq: int = 0
    resumed: tuple[float, ...] = ()
    notes: object = None


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wide")
    with pytest.MonkeyPatch.context() as patch, wide(folder, patch, work=False) as world, harness() as made:
        yield Stage(world, made, folder)


def play(stage: Stage, secret: str, point: str = "") -> Run:
    """One incident to its end with a death at `point`; AssertionError for whatever is then amiss."""
    world = stage.world
    # Or each of some hundred incidents would read what all before it read.
    world.practice_world.account.front.trail.forget()
    old, others, living = world.values(secret), world.bystanders(secret), world.living(secret)
    run = Run()
    start(stage, run, point)
    world.mind = lambda: _mind(stage, run)
    try:
        run.incident = world.declare(secret)
        _to_the_end(stage, run, secret)
    finally:
        stage.harness.kill()
    assert not world.accepted(secret, old), "the leaked key is alive"
    new = world.values(secret)
    assert world.accepted(secret, new), "the new key is refused"
    for name, environment, held in others:
        assert world.accepted(name, held), f"{name} of {environment} died, and was no target"
    if living is not None:
        extra = world.living(secret) - living - set(new.values())
        assert not extra, f"{len(extra)} values were made and forgotten"
    leaked = world.state(run.incident).secrets[secret]
    told = leaked.entry.capabilities.reports_use and not leaked.entry.capabilities.use_in_sessions
    assert leaked.use is not None or not told, "its use was not looked up"
    verdict = verify_incident(world.application.event_log, run.incident)
    assert verdict.ok, verdict.findings
    return run


def start(stage: Stage, run: Run, point: str) -> None:
    stage.runs += 1
    notes = stage.folder / f"worker-{stage.runs}.points"
    environ = {**stage.world.environ, "BOT_DECISIONS": str(stage.folder / "DECISIONS.md")}
    log = str(stage.folder / f"worker-{stage.runs}.log")
    stage.harness.start(crash.Job(environ, log, str(notes), point=point, timings=vars(PATIENT)))
    run.notes = notes


def _mind(stage: Stage, run: Run) -> None:
    """Starts another worker when one has died, and notes when work continues."""
    if stage.harness.ended() is not None:
        run.died_at = time.monotonic()
        run.seq = stage.world.state(run.incident).seq if run.incident else 0
        start(stage, run, "")
    if run.died_at and run.incident and not run.resumed and stage.world.state(run.incident).seq > run.seq:
        run.resumed = (time.monotonic() - run.died_at,)


def _to_the_end(stage: Stage, run: Run, secret: str) -> None:
    world, end, closing = stage.world, time.monotonic() + LONGEST, False
    while time.monotonic() < end:
        _mind(stage, run)
        state = world.state(run.incident)
        if written_up(state):
            run.points = list(dict.fromkeys(note.name for note in crash.read_notes(run.notes)))
            return
        world.act(state, retry=True)
        found = state.secrets[secret]
        if not closing and found.old_state in {Old.DEAD, Old.ATTESTED} and found.new_state in AT_REST:
            closing = _close(world, run.incident)
        time.sleep(0.02)
    failures = {name: lane.failure.message for name, lane in state.lanes.items() if lane.failure}
    raise AssertionError(
        f"not over: old {state.secrets[secret].old_state}, new {state.secrets[secret].new_state} {failures}"
    )


def _close(world: Wide, incident: str) -> bool:
    """Whether people could close it: not while the machine still looks for what was left."""
    state = world.state(incident)
    if any(s.entry.inspects and s.inspected_at is None for s in state.secrets.values()):
        return False
    if any(seen is None or not seen.after_containment for seen in map(state.usage.get, state.secrets)):
        return False
    return world.wind_up(incident)


@pytest.mark.parametrize(("provider", "secret"), SECRETS, ids=lambda value: value)
def test_a_worker_may_die_at_any_boundary(stage, request, table, provider, secret):
    if provider not in stage.world.practice_world.fixtures:
        pytest.skip("the server that it needs has no wheel for this system")
    each = request.config.getoption("--each-point")
    if not each and SECRETS.index((provider, secret)) % 2:
        pytest.skip(NOT_IN_SHORT)
    points = boundaries(stage, secret) if each else [in_short(stage, secret)]
    if each and not request.config.getoption("--all-points"):
        points = TRIED.fresh(points, name=lambda point: place(secret, point))
    rows = [try_point(stage, secret, point) for point in points]
    for row in rows:
        table.add(row)
    assert [f"{row.point}: {row.result}" for row in rows if row.result not in {OK, NOT_REACHED}] == []
    missed = [row.point for row in rows if row.result == NOT_REACHED]
    assert len(missed) <= len(points) // 5, missed


def boundaries(stage: Stage, secret: str) -> list[str]:
    """Those of the secret's own lanes, as a run without a death passes them.

    How often consumers are asked again hangs on how well they are over other secrets.
    """
    mine = re.compile(rf"log \| (begin|finish) (old|new|access|use):{secret} (?!confirm|consumers-asked)")
    found = [point for point in play(stage, secret).points if mine.match(point)]
    assert found
    return found


def place(secret: str, point: str) -> str:
    """Every secret's own where something of it is being changed; what is only read is the same of all."""
    found = OCCURRENCE.sub("", point)
    return found if CHANGING.match(point) else found.replace(secret, "SECRET")


def in_short(stage: Stage, secret: str) -> str:
    if secret in LOOKED_IN_SHORT:
        return f"log | finish use:{secret} use-looked-up #1 | {crash.BEFORE_COMMIT}"
    entry = stage.world.application.files.freeze(
        stage.world.application.files.loaded.catalog.entry(secret, "production")
    )
    outcome = "value-verified" if entry.capabilities.makes is Makes.PERSON else "value-staged"
    return IN_SHORT.format(secret=secret, outcome=outcome)


def try_point(stage: Stage, secret: str, point: str) -> Row:
    try:
        run = play(stage, secret, point)
    except AssertionError as error:
        return Row("SQLite", secret, point, (), 0, 0, str(error).splitlines()[0])
    return Row("SQLite", secret, point, run.resumed, 0, 0, OK if run.died_at else NOT_REACHED)
