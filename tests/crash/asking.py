"""Processes that ask and answer, one after the other, without a provider in sight: a front or a terminal, which puts a
command into the inbox, and one that answers what waits.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from bot.eventlog import INSTALLATION, open_event_log
from bot.eventlog.sql import EventLog
from bot.eventlog.verify import verify_incident
from bot.inbox import Declaration, PersonCommand, SecretChoice
from bot.inbox.wire import encode
from bot.incident import commands as c
from bot.incident.model import Strategy
from bot.incident.overlap.strategy import incident_id
from bot.trust import Distrust
from bot.vault.own import COMMAND_KEY
from tests.crash.checks import check_commands, check_staging
from tests.crash.harness import Harness
from tests.crash.running import KEYS, Door, Stage, slack_id
from tests.crash.setting import Setting
from tests.support import crash
from tests.support.consents import SHOWN, shown
from tests.support.practice import ADA, BEN, OPENAI

LONGEST = 90.0
KILLED = -9


class Wish(StrEnum):
    """KILL: in an incident that is open. DISTRUST: whose word counts no more, which is in no incident's log."""

    DECLARE = "declare"
    KILL = "kill-now"
    DISTRUST = "distrust"


@dataclass(frozen=True)
class Case:
    """Who asks (`crash.FRONT` or `crash.TERMINAL`), and for what."""

    door: str
    wish: Wish

    @property
    def name(self) -> str:
        return f"{self.door}: {self.wish}"


CASES = (
    Case(crash.FRONT, Wish.DECLARE),
    Case(crash.FRONT, Wish.KILL),
    Case(crash.TERMINAL, Wish.DECLARE),
    Case(crash.TERMINAL, Wish.KILL),
    Case(crash.TERMINAL, Wish.DISTRUST),
)


@dataclass
class Asking:
    """One command from its asking to its answer. `points` are what the processes passed: (which process, point)."""

    stage: Stage
    harness: Harness
    case: Case
    url: str
    folder: Path
    event_log: EventLog
    died: bool = False
    points: list[tuple[int, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _runs: itertools.count = field(default_factory=itertools.count)
    _notes: list[crash.Note] = field(default_factory=list)

    def play(self, death: tuple[int, str] | None) -> None:
        """Whoever died is followed by another one: Slack delivers the same again, a person at a terminal asks again."""
        incident, command, command_id = self._prepared()
        for number in (0, 1):
            point = death[1] if death is not None and death[0] == number else ""
            if self._do(number, self._ask(incident, command, command_id), point) == KILLED:
                self.died = True
                if number == 0 and self.case.door == crash.TERMINAL:
                    command_id = f"again-{command_id}"
                    incident = incident_id(command_id) if self.case.wish is Wish.DECLARE else incident
                self._do(number, self._ask(incident, command, command_id), "")

    def _ask(self, incident: str, command: PersonCommand, command_id: str) -> crash.Ask:
        return crash.Ask(self.case.door, incident, *encode(command), command_id, slack_id(ADA.name))

    def _do(self, number: int, ask: crash.Ask, point: str) -> int:
        """What counts as put is what stood in the inbox when someone died: it must be there later."""
        if number == 1:
            return self._run(crash.Ask(crash.ROUND), number, point)
        status = self._run(ask, number, point)
        if ask.command_id not in self.asked and (status == 0 or self._put()):
            self.asked.append(ask.command_id)
        return status

    def _put(self) -> bool:
        return any(" | put " in note.name and note.name.endswith(crash.AFTER_COMMIT) for note in self._notes)

    def check(self) -> None:
        check_commands(self.event_log, self.asked, again=self.died)
        for incident in self.event_log.open_incidents():
            verdict = verify_incident(self.event_log, incident)
            assert verdict.ok, verdict.findings
            assert verdict.sealed, verdict.seal_sentence
        assert len(self.event_log.open_incidents()) == (self.case.wish is not Wish.DISTRUST)
        self.event_log.trust.verify()
        check_staging(self.stage)

    def _prepared(self) -> tuple[str, PersonCommand, str]:
        number = next(self.stage.runs)
        declare_id = f"declare-{self.folder.name}-{number}"
        incident = incident_id(declare_id)
        declaration = Declaration(
            environment="production",
            secrets=(SecretChoice(OPENAI, Strategy.OVERLAP),),
            how_noticed="in a gist",
            public=True,
        )
        if self.case.door == crash.FRONT or self.case.wish is not Wish.DECLARE:
            self.event_log.installation.publish(self.stage.app.keys.facts, self.stage.seal)
        if self.case.wish is Wish.DECLARE:
            return incident, declaration, declare_id
        if self.case.wish is Wish.DISTRUST:
            return INSTALLATION, Distrust(BEN.name, "their laptop was stolen"), f"distrust-{number}"
        client = self.stage.client(self.event_log)
        client.put(incident, declaration, self.stage.by_door(Door.SLACK)[ADA.name], declare_id)
        self.asked.append(declare_id)
        self._run(crash.Ask(crash.ROUND), -1, "")
        wish = shown(self.event_log.load(incident), c.KillNow(OPENAI, SHOWN))
        return incident, wish, f"kill-{declare_id}"

    def _run(self, ask: crash.Ask, number: int, point: str) -> int:
        """Its exit status: 0, or KILLED at its point. AssertionError for any other."""
        name = f"{ask.door}-{next(self._runs)}"
        job = crash.Job(
            self._environ(ask), str(self.folder / f"{name}.log"), str(self.folder / f"{name}.points"), point
        )
        self.harness.start(replace(job, ask=ask))
        until = time.monotonic() + LONGEST
        while (status := self.harness.ended()) is None:
            assert time.monotonic() < until, f"{name} does not end: {Path(job.log).read_text()[-2000:]}"
            time.sleep(0.005)
        assert status in ({0, KILLED} if point else {0}), f"{name}: {status}: {Path(job.log).read_text()[-2000:]}"
        self._notes = crash.read_notes(Path(job.notes))
        if number >= 0:
            self.points += [(number, note.name) for note in self._notes]
        return status

    def _environ(self, ask: crash.Ask) -> dict[str, str]:
        own = {"BOT_DATABASE_URL": self.url, "BOT_DATA": str(self.folder)}
        if ask.door == crash.FRONT:
            own["BOT_COMMAND_KEY"] = KEYS[COMMAND_KEY]
        if ask.door == crash.TERMINAL:
            ada = self.stage.persons[ADA.name]
            own |= {"AWS_ACCESS_KEY_ID": ada.key_id, "AWS_SECRET_ACCESS_KEY": ada.secret.reveal()}
        return {**self.stage.world.environ, **self.stage.environs.get(Setting.PLAIN, {}), **own}


def ask(
    stage: Stage, harness: Harness, case: Case, database, death: tuple[int, str] | None = None
) -> tuple[Sequence[tuple[int, str]], bool]:
    """The points that were passed after any death, and whether someone died. AssertionError for what is amiss."""
    folder = stage.folder / f"asking-{next(stage.runs)}"
    folder.mkdir()
    url = database.fresh()
    with closing(open_event_log(url, seal=stage.seal)) as event_log:
        asking = Asking(stage, harness, case, url, folder, event_log)
        try:
            asking.play(death)
        finally:
            harness.kill()
        asking.check()
        return list(dict.fromkeys(asking.points)), asking.died
