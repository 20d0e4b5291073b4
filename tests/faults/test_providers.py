"""Every provider against every fault that `docs` promise to survive: a table made by running them.

In no case is a value alive and called dead, and in none does anything die that was not the target.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.drill.providers import FIXTURES
from bot.incident import commands as c
from bot.incident.lanes import CHANNEL_LANE
from bot.incident.model import Old
from bot.incident.state import Incident
from bot.model.capabilities import Makes, RevokedBy
from bot.providers.building import ADMIN_KEPT
from tests.faults.running import shown
from tests.support.wide import Wide, failed, over, wide

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

BY_ITSELF, BY_RETRY = "healed by itself", "shown; done by retry once the fault was lifted"
CHOSEN = "waited for a person, who chose"
TWIN = "twin"
ATTESTED = "shown as UNPROVEN; a person attested it"
LIVES_ON = 2.0
"""Seconds for the twenty that a revoked key may live on: everything here is ten times as fast as in production."""
GARBAGE = "not-the-admin-credential-0000000000"
SECRETS = tuple((kind.name, name) for kind in FIXTURES for name in kind.secrets)
COLUMNS = (
    "429 with Retry-After", "500 for ever", "connection refused", "create times out after succeeding",
    "revoke accepted, the key still works for a while", "revoke answers 404, and nothing is revoked",
    "two candidates", "admin credential refused", "look-alike refusals of a live key",
)  # fmt: skip

IN_SHORT = dict(
    zip(
        COLUMNS,
        (
            "stripe-secret-key", "elevenlabs-api-key", "github-token", "sendgrid-api-key", "pagerduty-api-key",
            "twilio-auth-token", "openai-api-key", "redis-url", "slack-webhook-url",
        ),
        strict=True,
    )
)  # fmt: skip
"""Whom each fault is asked of without `--each-point`."""


def _openai_twin(fixture, values) -> None:
    key = fixture.fake.by_value(values["key"])
    account = key.owner["service_account"]["id"]
    fixture.fake.add_key(key.project, TWIN, service_account=account, twin_of=key.value)


TWINS = {"openai-api-key": _openai_twin}
"""Where the provider shows so little of a value that another key can look the same."""


@dataclass(frozen=True)
class Outcome:
    """One row of the table."""

    place: str
    fault: str
    shown: tuple[str, ...]
    ends: str
    seconds: float


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, wide(tmp_path_factory.mktemp("wide"), patch) as made:
        yield made


@pytest.mark.parametrize("fault", COLUMNS)
@pytest.mark.parametrize(("provider", "secret"), SECRETS, ids=lambda value: value)
def test_case(world, request, rows, provider, secret, fault):
    if not request.config.getoption("--each-point") and secret != IN_SHORT[fault]:
        pytest.skip("only with --each-point")
    if provider not in world.practice_world.fixtures:
        pytest.skip("the server that it needs has no wheel for this system")
    lookalikes = _lookalikes(world, secret) if fault == COLUMNS[-1] else ("",)
    if not request.config.getoption("--each-point"):
        lookalikes = lookalikes[:1]  # each lasts until the proof is overdue
    cannot = _cannot(world, secret, fault) or ("" if lookalikes else "its documentation has none")
    if cannot:
        rows.append(Outcome(f"{provider}: {secret}", fault, (), f"cannot occur: {cannot}", 0.0))
        return
    for lookalike in lookalikes:
        begun = time.monotonic()
        lines, ends = Case(world, secret, fault, lookalike).play()
        words = f"{fault}: {lookalike}" if lookalike else fault
        rows.append(Outcome(f"{provider}: {secret}", words, lines, ends, time.monotonic() - begun))


def _lookalikes(world: Wide, secret: str) -> tuple[str, ...]:
    faults = world.fixture(secret).faults()
    return tuple(name for name in faults.special if name.startswith("probe-")) if faults else ()


def _cannot(world: Wide, secret: str, fault: str) -> str:
    """Why this fault cannot happen to this secret; empty if it can."""
    fixture = world.fixture(secret)
    entry = world.application.files.freeze(world.application.files.loaded.catalog.entry(secret, "production"))
    faults, can = fixture.faults(), entry.capabilities
    known = faults.known if faults else set()
    match fault:
        case "connection refused":
            return "" if world.gates.get(fixture.name) else "it is AWS itself: see its own cases"
        case "create times out after succeeding":
            if can.makes is Makes.PERSON:
                return "a person makes it"
            return "" if "create-timeout" in known else "nothing is created: we choose the value"
        case "revoke accepted, the key still works for a while":
            return "" if hasattr(getattr(fixture, "fake", None), "propagation") else "a revocation is immediate there"
        case "revoke answers 404, and nothing is revoked":
            return "" if can.revokes is RevokedBy.MACHINE and "revoke-404" in known else "it has no such answer"
        case "two candidates":
            return "" if secret in TWINS else "the value tells which it is"
        case "admin credential refused":
            return "" if entry.admin_parameter else "none is needed"
        case "look-alike refusals of a live key":
            return "" if faults else "its protocol has none besides those in tests/providers"
        case _:
            return "" if faults else "its protocol has no such answer"


@dataclass
class Case:
    world: Wide
    secret: str
    fault: str
    lookalike: str

    def play(self) -> tuple[tuple[str, ...], str]:
        """What people were shown, and how it ended. AssertionError for whatever they would have to worry about."""
        world = self.world
        old = world.values(self.secret)
        assert world.accepted(self.secret, old), "the leaked key is alive"

        def look(state: Incident) -> None:
            if state.secrets[self.secret].old_state is Old.DEAD:
                assert not world.accepted(self.secret, old), "it is alive and is called dead"
            assert not state.halted, state.halted

        lift = self._before()
        others, living = world.bystanders(self.secret), world.living(self.secret)
        incident = world.declare(self.secret, patient=self._passes)
        try:
            lines, ends = self._carry_on(incident, look, lift)
        finally:
            self._lift_all(lift)
        world.until(
            incident, over(self.secret, old=frozenset({Old.DEAD, Old.ATTESTED})), "the end", retry=True, look=look
        )
        world.until(incident, lambda i: not list(failed(i)), "no failure stays", retry=True)
        assert not world.accepted(self.secret, old)
        new = world.values(self.secret)
        assert world.accepted(self.secret, new)
        for name, environment, held in others:
            assert world.accepted(name, held), f"{name} of {environment} died, and was no target"
        world.close(incident)
        if living is not None:
            self._nothing_left_over(living, old, new)
        return lines, ends

    def _nothing_left_over(self, before: set[str], old: dict[str, str], new: dict[str, str]) -> None:
        world, end = self.world, time.monotonic() + 60
        while time.monotonic() < end:
            extra = (world.living(self.secret) or set()) - before - set(new.values())
            if not extra:
                break
            time.sleep(0.1)
        assert not extra, f"{len(extra)} values were made, and nothing remembers them"
        assert before - set(old.values()) <= (world.living(self.secret) or set())

    # --- the faults -------------------------------------------------------------------------------------------------

    @property
    def _passes(self) -> bool:
        return self.fault in {COLUMNS[0], COLUMNS[3], COLUMNS[4]}

    def _faults(self):
        return self.world.fixture(self.secret).faults()

    def _before(self) -> Callable[[], None]:
        """Puts in force what is wrong from the start; gives what lifts it."""
        fixture, world = self.world.fixture(self.secret), self.world
        match self.fault:
            case "429 with Retry-After":
                self._faults().inject("429-after", 2)
            case "500 for ever":
                self._faults().inject("500")
            case "connection refused":
                for gate in world.gates[fixture.name]:
                    gate.close("refused")
                return lambda: [gate.open() for gate in world.gates[fixture.name]] and None
            case "create times out after succeeding":
                self._faults().inject("create-timeout", 1)
            case "revoke accepted, the key still works for a while":
                time.sleep(LIVES_ON)  # else what was revoked a moment ago would come to life again
                fixture.fake.propagation = LIVES_ON
                return lambda: setattr(fixture.fake, "propagation", 0.0)
            case "revoke answers 404, and nothing is revoked":
                self._faults().inject("revoke-404")
                if "promote-404" in self._faults().known:
                    self._faults().inject("promote-404")  # what ends a token that another one takes the place of
            case "look-alike refusals of a live key" if "revoke-ignored" in self._faults().known:
                self._faults().inject("revoke-ignored")  # from the start: the revocation follows the baseline at once
            case "two candidates":
                TWINS[self.secret](fixture, world.values(self.secret))
            case "admin credential refused":
                entry = world.application.files.loaded.catalog.entry(self.secret, "production")
                time.sleep(ADMIN_KEPT)
                good = world.application.outside.vault.read(entry.admin_parameter).value.reveal()
                bad = re.sub(r"(://[^:]+:)[^@]+@", r"\1wrong@", good) if "://" in good else GARBAGE
                world.practice_world.account.world.store(entry.admin_parameter, bad)
                return lambda: world.practice_world.account.world.store(entry.admin_parameter, good) and None
        return lambda: None

    def _lift_all(self, lift: Callable[[], None]) -> None:
        if self._faults() is not None:
            self._faults().clear()
        lift()

    def _carry_on(self, incident: str, look, lift) -> tuple[tuple[str, ...], str]:
        """From the fault to where nothing holds the incident up any more."""
        world, name = self.world, self.secret
        if self.lookalike:
            world.until(incident, lambda i: i.secrets[name].old.snapshot_at, "the baseline", look=look)
            self._faults().inject(self.lookalike)
        if self._passes:
            state = world.until(incident, lambda i: _trouble(i) or over(name)(i), "something to see", look=look)
            return shown(state, world.application.clock()), BY_ITSELF
        state = world.until(incident, self._seen, "trouble that can be seen", look=look)
        if self.fault == "two candidates":
            lines = shown(state, world.application.clock())
            (right,) = [key.id for key in state.secrets[name].old.candidates if key.name != TWIN]
            assert not world.do(incident, c.ChooseCandidate(name, right)).refused
            return lines, CHOSEN
        lines = shown(world.state(incident), world.application.clock())
        self._lift_all(lift)
        ends = BY_RETRY
        if not state.secrets[name].old.baseline_at:
            ends = self._attest(incident, look)
        return lines, ends

    def _seen(self, state: Incident) -> bool:
        secret = state.secrets[self.secret]
        if self.fault == "two candidates":
            return len(secret.old.candidates) > 1
        return bool(list(failed(state))) or secret.old.overdue

    def _attest(self, incident: str, look) -> str:
        """It was never seen alive, so that nothing can be proven: a person looks at the console and vouches for it."""
        world, name = self.world, self.secret
        state = world.until(
            incident, lambda i: over(name)(i) or i.secrets[name].old_state is Old.UNPROVEN, "proof or none", retry=True,
            look=look,
        )  # fmt: skip
        if state.secrets[name].old_state is Old.DEAD:
            return BY_RETRY
        assert not world.do(incident, c.AttestDeath(name, "gone from the console")).refused
        return ATTESTED


def _trouble(state: Incident) -> list[str]:
    return [name for name, lane in state.lanes.items() if lane.failure and name != CHANNEL_LANE]
