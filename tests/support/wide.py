"""The drill's whole practice world in one process, with the bot in it: every provider, no Slack, quick timings.

Incidents follow one another in the same world: each leaves its secret rotated, and the next one begins with that value.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from bot.app import Application
from bot.data_files import PLAYBOOK, find_playbook
from bot.drill.personas import ENVIRONMENTS
from bot.drill.practice_world import PracticeWorld
from bot.drill.providers.contract import Console, Fixture
from bot.errors import Missing
from bot.inbox import CommandReply, Declaration, PersonCommand, SecretChoice
from bot.incident import commands as c
from bot.incident.approval.plan import revoked_by_hand
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.lanes import CHANNEL_LANE
from bot.incident.model import Actor, CheckOutcome, New, Old, Right, StepState, Strategy
from bot.incident.overlap.strategy import incident_id
from bot.incident.state import Incident, SecretState
from bot.secrets.secret import Secret
from bot.settings.model import DRILL, Settings
from tests.support.faulty import Gate
from tests.support.newest import Newest

PRODUCTION = ENVIRONMENTS[0]
ALL_RIGHTS = frozenset(Right)
ADA, BEN = Actor("ada", ALL_RIGHTS), Actor("ben", ALL_RIGHTS)
TIMINGS = replace(DRILL, confirm=0.2, retry_for=3.0, overlap=0.5, http_timeout=1.0, sweep_wait=1.5, snapshot=3.0,
                  watch=0.3)  # fmt: skip
PATIENT = replace(TIMINGS, retry_for=15.0)
LONGEST = 90.0
LOOK = 0.05
AT_REST = frozenset({New.LIVE, New.UNCONFIRMED, New.NOT_NEEDED})


class QuickSettings(Settings):
    @property
    def timings(self):
        return TIMINGS


@dataclass
class Wide:
    """`gates` stand before what each fixture serves, by the fixture's name. People ask by the inbox; while they wait
    for the answer, `mind` is called.
    """

    practice_world: PracticeWorld
    application: Application
    environ: dict[str, str]
    gates: dict[str, list[Gate]]
    ports: dict[int, int] = field(default_factory=dict)
    """Ports of real servers, whose addresses stand in the values, and those of the gates before them."""
    mind: Callable[[], None] = lambda: None
    _count: int = 0
    _done: set[str] = field(default_factory=set)

    # --- the world --------------------------------------------------------------------------------------------------

    def fixture(self, secret: str) -> Fixture:
        return next(fixture for fixture in self.practice_world.fixtures.values() if secret in fixture.secrets)

    def values(self, secret: str, environment: str = PRODUCTION) -> dict[str, str]:
        """What stands in the vault now, by part."""
        entry = self.application.files.loaded.catalog.entry(secret, environment)
        return {part.name: self.application.outside.vault.read(part.parameter).value.reveal() for part in entry.parts}

    def accepted(self, secret: str, parts: dict[str, str]) -> bool:
        """What the provider says itself, past the gate before it."""
        direct = {part: _swapped(value, self.ports, forward=False) for part, value in parts.items()}
        return self.fixture(secret).accepts(secret, direct)

    def bystanders(self, secret: str) -> list[tuple[str, str, dict[str, str]]]:
        """(secret, environment, values) of everything else that this provider holds and that is accepted now."""
        fixture, catalog = self.fixture(secret), self.application.files.loaded.catalog
        found = []
        for environment in ENVIRONMENTS:
            for name in fixture.secrets:
                dies = catalog.entry(secret, environment).dies_with
                if (name, environment) == (secret, PRODUCTION) or (environment == PRODUCTION and name in dies):
                    continue
                with suppress(Missing):
                    held = self.values(name, environment)
                    if self.accepted(name, held):
                        found.append((name, environment, held))
        return found

    def living(self, secret: str) -> set[str] | None:
        """The values alive at the provider's fake; None where it keeps no list."""
        fake = getattr(self.fixture(secret), "fake", None)
        keys = getattr(fake, "live_keys", None)
        return None if keys is None else {key.value for key in keys()}

    # --- the incident -----------------------------------------------------------------------------------------------

    def declare(self, *secrets: str, strategy: Strategy = Strategy.KILL_FIRST, patient: bool = False) -> str:
        self._count += 1
        incidents = self.application.incidents
        incidents.resolver.timings = replace(self.application.settings.timings, **vars(PATIENT if patient else TIMINGS))
        choices = tuple(SecretChoice(name, strategy) for name in secrets)
        declaration = Declaration(
            environment=PRODUCTION, secrets=choices, how_noticed="seen in a public gist", public=True
        )
        command_id = f"declare-{self._count}"
        reply = self._give(incident_id(command_id), declaration, ADA, command_id)
        assert not reply.refused, reply.refused
        return reply.incident.id

    def do(self, incident: str, body: PersonCommand, by: Actor = ADA) -> CommandReply:
        self._count += 1
        return self._give(incident, body, by, f"do-{self._count}")

    def _give(self, incident: str, body: PersonCommand, by: Actor, command_id: str) -> CommandReply:
        client, end = self.application.client, time.monotonic() + LONGEST
        client.put(incident, body, self.application.askers.by_slack(slack_id(by)), command_id)
        while (answer := client.answer(command_id, LOOK)) is None:
            assert time.monotonic() < end, f"{command_id} of {incident} is not answered"
            self.mind()
        return client.reply(answer)

    def state(self, incident: str) -> Incident:
        return self._newest.load(incident)

    @cached_property
    def _newest(self) -> Newest:
        return Newest(self.application.incidents, self.application.database)

    def until(
        self, incident: str, holds: Callable[[Incident], object], what: str, *, retry: bool = False,
        look: Callable[[Incident], None] = lambda _state: None,
    ) -> Incident:  # fmt: skip
        """The incident once `holds` is true of it; people act meanwhile. `look` is called at every look."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            state = self.state(incident)
            look(state)
            if holds(state):
                return state
            self.act(state, retry=retry)
            time.sleep(0.05)
        words = {n: (str(s.old_state), str(s.new_state), str(s.access)) for n, s in state.secrets.items()}
        failures = {n: lane.failure.message for n, lane in state.lanes.items() if lane.failure}
        raise AssertionError(f"{what}: not within {LONGEST:g} s: {words} {failures} halted={state.halted!r}")

    def act(self, state: Incident, *, retry: bool = False) -> None:
        """What people do: approve, work at the consoles, press retry where something failed for good."""
        if state.request is not None and self._once(state.id, digest := state.request.digest):
            self.do(state.id, c.ApprovePlan(digest), BEN)
        stuck = any(s.old.overdue and not s.gone for s in state.secrets.values())
        if retry and (list(failed(state)) or stuck):
            self.do(state.id, c.Retry())
        for secret in state.secrets.values():
            self._by_hand(state, secret)

    def _by_hand(self, state: Incident, secret: SecretState) -> None:
        console = self.fixture(secret.name)
        if not isinstance(console, Console):
            return
        new = secret.new
        wanted = secret.made_by_person and secret.old.captured_at and new.wanted
        if wanted and not (new.promoted_at or new.inbox or new.staged) and self._once(state.id, f"make {secret.name}"):
            self._submit(state.id, secret.name, dict(console.make(secret.name, state.id)))
        ready = secret.in_place or not secret.made_by_person
        if secret.revoked_by_person and ready and secret.old.baseline_at and secret.old.claimed is None:
            console.end(secret.name, self.old(secret))
            if revoked_by_hand(state, secret):
                self.do(state.id, c.ConfirmRevoked(secret.name))

    def old(self, secret: SecretState) -> dict[str, str]:
        vault = self.application.outside.vault
        return {part.name: vault.read(part.parameter, secret.old.versions.get(part.parameter)).value.reveal()
                for part in secret.entry.parts}  # fmt: skip

    def _submit(self, incident: str, secret: str, parts: dict[str, str]) -> None:
        self._count += 1
        token = f"{self._count:016x}"
        for part, value in parts.items():
            self.application.outside.vault.stage(
                f"/_compromise/inbox/{incident}/{secret}/{token}/{part}", Secret(value)
            )
        assert not self.do(incident, c.AnnounceSubmission(secret, token)).refused

    def _once(self, *what: str) -> bool:
        key = " ".join(what)
        new = key not in self._done
        self._done.add(key)
        return new

    def close(self, incident: str) -> None:
        """Settles what may outlive the keys, has the report written, skips the steps, closes, and awaits the rest."""
        self.until(incident, looked_around, "what may outlive it is looked for", retry=True)
        self.until(incident, lambda _state: self.wind_up(incident), "the report")
        self.until(incident, deleted, "what was only switched off is deleted", retry=True)

    def wind_up(self, incident: str) -> bool:
        """The next things towards the close that people do; whether it is closed."""
        state = self.state(incident)
        for secret in state.secrets.values():
            for check in secret.open_checks:
                self.do(incident, c.EndCheck(secret.name, check.item, CheckOutcome.CLEAR, "all of it is ours"))
        if self._once(incident, "report"):
            self.do(incident, c.RequestReport())
        if self.state(incident).report.written_at is None:
            return False
        for step in self.state(incident).steps:
            if step.state not in {StepState.DONE, StepState.SKIPPED}:
                self.do(incident, c.SkipStep(step.definition.id, "practice"))
        left = acceptable(self.state(incident))
        reply = self.do(incident, c.Close("practice", tuple(item.key for item in left), left_digest(left)))
        if reply.refused and acceptable(self.state(incident)) != left:
            return False  # someone was seen reading it meanwhile
        assert not reply.refused, reply.refused
        state = self.state(incident)
        if state.proposal is not None:  # over what is attested it takes two
            agreed = self.do(incident, c.ApproveProposal(proposal_digest(state, state.proposal)), BEN)
            assert not agreed.refused, agreed.refused
        assert not self.state(incident).open
        return True


def looked_around(state: Incident) -> bool:
    return all(not (s.entry.inspects and s.gone and s.inspected_at is None) for s in state.secrets.values())


def deleted(state: Incident) -> bool:
    """Else the next fault would hit the deletion, and the next key find no room."""
    return not any(secret.kept_as_evidence for secret in state.secrets.values())


def failed(state: Incident) -> Iterator[str]:
    """Lanes that failed for good. The channel's does: this installation has no Slack."""
    return (name for name, lane in state.lanes.items() if lane.failure and lane.failure.final and name != CHANNEL_LANE)


def over(*secrets: str, old: frozenset[Old] = frozenset({Old.DEAD})) -> Callable[[Incident], bool]:
    """Whether the old keys of these secrets are gone and the new ones in place."""
    return lambda state: all(
        state.secrets[name].old_state in old and state.secrets[name].new_state in AT_REST for name in secrets
    )


@contextmanager
def wide(folder: Path, monkeypatch, only=None, *, work: bool = True) -> Iterator[Wide]:
    """The world of the providers in `only`, or of all; with a worker at work in this process, if `work`."""
    practice_world = PracticeWorld(folder, only)
    gates: dict[str, list[Gate]] = {}
    environ = practice_world.environment("bot")
    for unused in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "BOT_SECURITY_CHANNEL"):
        environ.pop(unused)
    environ["BOT_PEOPLE"] = _people_file(folder)
    for fixture in practice_world.fixtures.values():
        for served in fixture.applications():
            gate = Gate(practice_world.served[served].port)
            gates.setdefault(fixture.name, []).append(gate)
            for name, value in fixture.variables({n: s.url for n, s in practice_world.served.items()}).items():
                if urlsplit(value).port == practice_world.served[served].port:
                    environ[name] = value.replace(f":{practice_world.served[served].port}", f":{gate.port}")
    (folder / "playbooks" / "secret-compromise.yaml").write_text(find_playbook(PLAYBOOK).read_text())
    ports = _doors_before_servers(practice_world, gates)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    application = Application(QuickSettings.load(environ))
    application.become_worker(serving=True)  # if only to read as one does
    _ = application.outside.tools
    try:
        with _at_work(application) if work else nullcontext():
            yield Wide(practice_world, application, environ, gates, ports)
    finally:
        application.close()
        for gate in (gate for several in gates.values() for gate in several):
            gate.stop()
        practice_world.stop()


def slack_id(person: Actor) -> str:
    return f"U0{person.name.upper()}"


def _people_file(folder: Path) -> str:
    path = folder / "everyone.yaml"
    rights = [str(right) for right in ALL_RIGHTS]
    path.write_text(yaml.safe_dump({each.name: {"slack": slack_id(each), "rights": rights} for each in (ADA, BEN)}))
    return str(path)


@contextmanager
def _at_work(application: Application) -> Iterator[None]:
    worker = application.working.worker()
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(15)


def _doors_before_servers(practice_world: PracticeWorld, gates: dict[str, list[Gate]]) -> dict[int, int]:
    """Puts a gate before each real server whose address stands in the values, and writes the gate's into the vault."""
    ports: dict[int, int] = {}
    for fixture in practice_world.fixtures.values():
        port = getattr(fixture, "port", None)
        if port is None:
            continue
        gates.setdefault(fixture.name, []).append(gate := Gate(port))
        ports[port] = gate.port
    vault = practice_world.account.stored()
    for words, value in vault:
        parameter, _, version = words.partition(" version ")
        newer = f"{parameter} version {int(version) + 1}"
        moved = _swapped(value, ports)
        if moved != value and newer not in {name for name, _ in vault}:
            practice_world.account.world.store(parameter, moved)
    practice_world.old = {
        secret: {part: _swapped(value, ports) for part, value in parts.items()}
        for secret, parts in practice_world.old.items()
    }
    return ports


def _swapped(value: str, ports: dict[int, int], *, forward: bool = True) -> str:
    for port, gate in ports.items():
        before, after = (port, gate) if forward else (gate, port)
        value = value.replace(f":{before}/", f":{after}/")
    return value
