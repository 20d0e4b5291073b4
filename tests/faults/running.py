"""One case of the matrix: an incident in a practice world in which one thing outside goes wrong.

All the while it is checked that nothing alive is called dead, that nothing but the target is revoked, and that other
secrets' lanes go on; at the end, that no key is left over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from bot.app import Application, utc_now
from bot.cli.words import new_words, old_words
from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident.lanes import CHANNEL_LANE, Lane, new_lane, old_lane
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.incident.todos import todos
from bot.phrases.typed import command_line
from bot.secrets.secret import secret_part
from bot.settings.model import DRILL, Settings
from tests.support.faulty import Gate
from tests.support.practice import ADMIN_PASSWORD, BEN, NAMES, OPENAI, REDIS, SENDGRID, STRIPE, Practice, practice

TIMINGS = replace(DRILL, confirm=0.3, retry_for=3.0, overlap=1.0, http_timeout=1.0, sweep_wait=1.5, snapshot=3.0,
                  watch=0.3)  # fmt: skip
"""A silence that lasts for as long as any client waits takes a second here; retries go on for three."""
LONGEST = 90.0


class QuickSettings(Settings):
    """The settings of a drill in less time still."""

    @property
    def timings(self):
        return TIMINGS


class PatientSettings(Settings):
    """The same for faults that pass by themselves: a slow machine must not turn them into failures for good."""

    @property
    def timings(self):
        return replace(TIMINGS, retry_for=15.0)


class Ends(StrEnum):
    """How a case ends."""

    BY_ITSELF = "healed by itself"
    BY_RETRY = "failed for good, shown; done by retry once the fault was lifted"


@dataclass
class Clock:
    """Our clock, `offset` seconds away from everyone else's."""

    offset: float = 0.0

    def __call__(self) -> datetime:
        return utc_now() + timedelta(seconds=self.offset)


@dataclass
class Scene:
    """What the parts of a case may touch."""

    world: Practice
    gate: Gate
    clock: Clock
    incident: str = ""
    doors: dict[str, Gate] = field(default_factory=dict)

    @property
    def state(self) -> Incident:
        return self.world.state(self.incident)


def _nothing(_scene: Scene) -> None:
    return None


@dataclass(frozen=True)
class Case:
    """`fault` is in words; `inject` puts it in force, before the worker starts or once `when` holds. `trouble` says
    when it can be seen, by default a failure for good in a lane of `secret` (or in `lane`); `says` is in that failure.
    """

    place: str
    fault: str
    secret: str
    inject: Callable[[Scene], None]
    ends: Ends = Ends.BY_ITSELF
    lift: Callable[[Scene], None] = _nothing
    says: str = ""
    lane: Lane | None = None
    other: str = ""
    when: Callable[[Incident], object] | None = None
    trouble: Callable[[Incident], object] | None = None
    finish: Callable[[Scene], None] | None = None
    strategy: Strategy = Strategy.KILL_FIRST
    prepare: Callable[[Scene], None] = _nothing
    old: Old = Old.DEAD
    alone: bool = False
    """What fails is what all secrets need: the others cannot go on either."""
    in_short: bool = False
    """Whether it is among those of every run."""

    @property
    def id(self) -> str:
        return f"{self.place}: {self.fault}"

    @property
    def bystander(self) -> str:
        """Another secret that leaked with it, whose lanes must not be held up."""
        return self.other or (SENDGRID if self.secret != SENDGRID else OPENAI)


@dataclass(frozen=True)
class Row:
    """What came of it. `shown` are the sentences that a person could read while it lasted."""

    case: Case
    shown: tuple[str, ...]
    seconds: float

    @property
    def place(self) -> str:
        return self.case.place

    @property
    def fault(self) -> str:
        return self.case.fault

    @property
    def ends(self) -> str:
        return self.case.ends


class Truth:
    """What is alive in the world, whatever the bot says."""

    def __init__(self, world: Practice) -> None:
        self._world = world
        self._before = self.alive()

    def alive(self) -> dict[str, set[str]]:
        world = self._world
        return {
            OPENAI: {key.value for key in world.openai.live_keys()},
            SENDGRID: {key.value for key in world.sendgrid.live_keys()},
            STRIPE: {key.value for key in world.stripe.live_keys()},
            REDIS: set(world.redis.execute_command("ACL", "GETUSER", "app")["passwords"]),
        }

    def lives(self, name: str, value: str) -> bool:
        return self._form(name, value) in self.alive()[name]

    @staticmethod
    def _form(name: str, value: str) -> str:
        return sha256(secret_part(value).encode()).hexdigest() if name == REDIS else value

    def check(self, state: Incident) -> None:
        """No value alive is called dead, and nothing has died that is not a target."""
        alive, world = self.alive(), self._world
        for name, secret in state.secrets.items():
            if secret.old_state is Old.DEAD:
                assert not self.lives(name, world.old[name]), f"{name} is alive and is called dead"
        for name in NAMES:
            spared = self._before[name] - {self._form(name, world.old[name])}
            assert spared <= alive[name], f"{name}: a key died that was no target"
        assert not state.halted, state.halted

    def leftovers(self, state: Incident) -> list[str]:
        """Keys made for this incident, other than those in use, that are alive."""
        used = {self._world.app.outside.vault.read(f"/production/{name}").value.reveal() for name in state.secrets}
        made = [*self._world.openai.live_keys(), *self._world.sendgrid.live_keys()]
        names = [key.name for key in made if key.name.startswith(state.id) and key.value not in used]
        if REDIS in state.secrets:
            mine = {self._form(REDIS, value) for value in used if "://" in value}
            names += [f"password {p[:6]}" for p in self.alive()[REDIS] - self._before[REDIS] - mine]
        return names


class Play:
    """Lets an incident run, looks all the while, and does the part that Stripe leaves to people."""

    def __init__(self, scene: Scene, truth: Truth) -> None:
        self.scene, self.truth = scene, truth
        self._done: set[str] = set()
        self.lifted = False
        """From now on people press retry wherever something failed for good."""

    def until(self, holds: Callable[[Incident], object], what: str) -> Incident:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            state = self.scene.state
            self.truth.check(state)
            if holds(state):
                return state
            self._act(state)
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {LONGEST:g} s: {'; '.join(shown(state, self.scene.clock()))}")

    def _act(self, state: Incident) -> None:
        world, paid = self.scene.world, state.secrets.get(STRIPE)
        if state.request is not None and (digest := state.request.digest) not in self._done:
            self._done.add(digest)
            world.do(state.id, c.ApprovePlan(digest), BEN)
        if self.lifted and (list(failed(state)) or any(s.old.overdue for s in state.secrets.values())):
            world.do(state.id, c.Retry())
        if paid is None:
            return
        if paid.old.captured_at and "made" not in self._done:
            self._done.add("made")
            token = world.submit(state.id, STRIPE, world.stripe.add_key("new").value)
            world.do(state.id, c.AnnounceSubmission(STRIPE, token))
        if paid.in_place and paid.old.baseline_at and "expired" not in self._done:
            self._done.add("expired")
            world.stripe.expire(next(key for key in world.stripe.all_keys() if key.value == world.old[STRIPE]))
            world.do(state.id, c.ConfirmRevoked(STRIPE))


def shown(state: Incident, now: datetime) -> tuple[str, ...]:
    """What the terminal says of the values and of what failed; Slack's card has the same facts."""
    values = [f"{name}: old {old_words(s)}; new {new_words(state, s)}" for name, s in state.secrets.items()]
    lines = [
        f"{offer.reason} → `{command_line(state, offer)}`"
        for todo in todos(state, now)
        for offer in todo.choices
        if offer.kind is c.Retry and offer.subject != str(CHANNEL_LANE)
    ]
    going = [
        f"{name} tries again: {lane.failure.message}"
        for name, lane in state.lanes.items()
        if lane.failure and not lane.failure.final
    ]
    return (*values, *lines, *going)


def failed(state: Incident) -> Iterator[str]:
    """Lanes that failed for good. The channel's does: this installation has no Slack."""
    return (name for name, lane in state.lanes.items() if lane.failure and lane.failure.final and name != CHANNEL_LANE)


def settled(name: str, old: Old = Old.DEAD) -> Callable[[Incident], bool]:
    def holds(state: Incident) -> bool:
        secret = state.secrets[name]
        return secret.old_state is old and secret.new_state is New.LIVE

    return holds


def failed_for_good(case: Case) -> Callable[[Incident], bool]:
    lanes = [case.lane] if case.lane else [old_lane(case.secret), new_lane(case.secret)]

    def holds(state: Incident) -> bool:
        found = [state.lane(lane).failure for lane in lanes]
        return any(failure and failure.final and case.says in failure.message for failure in found)

    return holds


@contextmanager
def scene(folder, monkeypatch, case: Case) -> Iterator[Scene]:
    with practice(folder, monkeypatch) as world:
        gate = Gate(world.redis.connection_pool.connection_kwargs["port"])
        made = Scene(world, gate, Clock())
        try:
            _through_the_gate(made)
            case.prepare(made)
            settings = PatientSettings if case.ends is Ends.BY_ITSELF else QuickSettings
            world.application = Application(settings.load(world.environ), made.clock)
            _start(world)
            yield made
        finally:
            world.stop()
            for door in (gate, *made.doors.values()):
                door.stop()


def _start(world: Practice, tries: int = 4) -> None:
    """Keys are read when a process starts: not what is tried here. A busy machine may take longer than the short
    time-out of these tests.
    """
    for left in reversed(range(tries)):
        try:
            world.app.become_worker(serving=True)
            _ = world.app.outside.tools, world.app.working.commands
        except Unreachable:
            if not left:
                raise
        else:
            return


def _through_the_gate(made: Scene) -> None:
    world, port = made.world, made.gate.port
    world.old[REDIS] = world.old[REDIS].replace(
        f":{world.redis.connection_pool.connection_kwargs['port']}/", f":{port}/"
    )
    world.aws.store("/production/redis-url", world.old[REDIS])
    world.aws.store("/bot/admin/redis", f"redis://bot:{ADMIN_PASSWORD}@127.0.0.1:{port}/0")


def run(case: Case, made: Scene) -> Row:
    """Plays the case. AssertionError for whatever a person would have to worry about."""
    world = made.world
    begun = time.monotonic()
    truth = Truth(world)
    made.incident = world.declare(case.secret, case.bystander, strategy=case.strategy)
    play = Play(made, truth)
    if case.when is None:
        case.inject(made)
    world.start()
    if case.when is not None:
        play.until(case.when, "the moment of the fault")
        case.inject(made)
    lines = _carry_on(case, made, play)
    state = play.until(settled(case.secret, case.old), "the end")
    play.until(settled(case.bystander), "the other secret")
    play.until(lambda _: not truth.leftovers(made.state), f"left over: {truth.leftovers(state)}")
    play.until(lambda i: not list(failed(i)), "no failure stays")
    play.until(lambda _: world.pagerduty.alert(made.incident), "someone is paged")
    assert truth.lives(case.secret, world.app.outside.vault.read(f"/production/{case.secret}").value.reveal())
    return Row(case, lines, time.monotonic() - begun)


def _carry_on(case: Case, made: Scene, play: Play) -> tuple[str, ...]:
    """From the fault to where nothing holds the incident up any more; gives what was shown while it lasted."""
    if case.ends is Ends.BY_ITSELF:
        return shown(play.until(_something(case), "something to see"), made.clock())
    trouble = case.trouble or failed_for_good(case)
    state = play.until(trouble, "trouble that can be seen")
    if not case.alone:
        play.until(settled(case.bystander), "the other secret, while the fault lasts")
    lines = shown(made.state, made.clock())
    _helpful(state)
    assert case.says in " ".join(lines), lines
    case.lift(made)
    play.lifted = case.ends is Ends.BY_RETRY
    if case.finish is not None:
        case.finish(made)
    return lines


def _something(case: Case) -> Callable[[Incident], object]:
    """A first failure in a lane of the secret, or the end."""
    over = settled(case.secret)

    def holds(state: Incident) -> object:
        return state.lane(old_lane(case.secret)).failure or state.lane(new_lane(case.secret)).failure or over(state)

    return holds


def _helpful(state: Incident) -> None:
    """A failure is a sentence of ours: what, where and why, and nothing of Python."""
    for lane in state.lanes.values():
        if lane.failure is not None and lane.failure.op is not Op.OPEN_CHANNEL:
            message = lane.failure.message
            assert message.count(":") >= 1, message
            assert len(message.split()) >= 4, message
            assert "internal error" not in message, message
            for odd in ("Traceback", "object at", "Exception(", "<", "None"):
                assert odd not in message, message
