"""The database goes away in the middle of an incident: work pauses, says so, and goes on by itself.

What could not be recorded was not done: `check` compares every outside call with the claim in the log that it was made
under. SQLite's troubles are its own answers: to a connection that may only read, to a file that may not grow, and to a
lock that someone else holds.
"""

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.crash.checks import check
from tests.crash.running import Scenario
from tests.support import crash
from tests.support.practice import OPENAI, REDIS

pytestmark = pytest.mark.process

SCENARIO = Scenario("openai and redis", (OPENAI, REDIS))
HELD = 3.0
"""Seconds that the trouble lasts."""
UNDER_WAY = 1.5
"""Seconds in which an operation whose claim is recorded makes its first call."""


def captured(incident):
    return any(secret.old.captured_at for secret in incident.secrets.values())


def key_made(incident):
    return any(secret.new.staged for secret in incident.secrets.values())


@dataclass
class Trouble:
    """Begins when `when` holds, and ends after a while. `busy` is the processor time that the worker took meanwhile."""

    begin: object
    end: object
    when: object = captured
    began: float = 0.0
    ended: float = 0.0
    busy: float = 0.0

    def __call__(self, play, incident) -> None:
        if self.began or not self.when(incident):
            return
        self.began, before = time.time(), _processor(play.stage.harness.pid)
        self.begin(play)
        time.sleep(HELD)
        self.busy = _processor(play.stage.harness.pid) - before
        self.ended = time.time()
        self.end(play)


def _processor(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def suffering(stage, database, trouble, file=""):
    """One incident with this trouble in it, checked; what its worker said."""
    run = stage.run(SCENARIO, database, trouble=str(file) if file else "", meanwhile=trouble)
    try:
        assert trouble.ended
        check(stage, run)
        assert len(run.lives) == 1
        assert trouble.busy < HELD * 2 / 3, f"the worker did not pause: {trouble.busy:.1f} s of processor time"
        return Path(run.lives[0].job.log).read_text(), crash.read_notes(Path(run.lives[0].job.notes))
    finally:
        run.event_log.close()


def begun_meanwhile(notes, trouble):
    """Calls of operations that began while the database was away. One that had begun makes all its calls."""
    late = trouble.began + UNDER_WAY
    begun = {note.claim for note in notes if note.claim and note.at.timestamp() < late}
    calls = [note for note in notes if note.call and late < note.at.timestamp() < trouble.ended]
    return [note.name for note in calls if note.claim not in begun]


@pytest.mark.parametrize(
    ("suffered", "said", "when"),
    [(crash.READ_ONLY, "is read-only", key_made), (crash.FULL, "the disk is full", captured)],
    ids=[crash.READ_ONLY, crash.FULL],
)
def test_a_database_that_takes_no_writes(practice_stage, sqlite, tmp_path, suffered, said, when):
    file = tmp_path / "trouble"
    trouble = Trouble(lambda _play: file.write_text(suffered), lambda _play: file.unlink(), when)

    log, notes = suffering(practice_stage, sqlite, trouble, file)

    assert "work pauses" in log
    assert said in log
    assert "work continues" in log
    assert not begun_meanwhile(notes, trouble)


def test_a_database_that_somebody_else_has_locked(practice_stage, sqlite, tmp_path):
    file, held = tmp_path / "trouble", []
    file.write_text(crash.IMPATIENT)

    def lock(play):
        held.append(sqlite3.connect(play.environ["BOT_DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None))
        held[0].execute("BEGIN EXCLUSIVE")

    def unlock(_play):
        held[0].execute("ROLLBACK")
        held[0].close()

    trouble = Trouble(lock, unlock)

    log, notes = suffering(practice_stage, sqlite, trouble, file)

    assert "work pauses" in log
    assert "holds its lock for too long" in log
    assert not begun_meanwhile(notes, trouble)


def test_a_postgresql_server_that_is_stopped_and_started(practice_stage, postgres, postgres_server):
    trouble = Trouble(lambda _play: postgres_server.stop(), lambda _play: postgres_server.start(), key_made)

    log, notes = suffering(practice_stage, postgres, trouble)

    assert "work pauses" in log
    assert "enlisting again" in log
    assert not begun_meanwhile(notes, trouble)


def test_connections_to_postgresql_that_are_cut_again_and_again(practice_stage, postgres, postgres_server):
    def cut(_play):
        with psycopg.connect(postgres_server.get_uri(database="tests"), autocommit=True) as connection:
            for _ in range(5):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bot'"
                )
                time.sleep(0.1)

    log, _ = suffering(practice_stage, postgres, Trouble(cut, lambda _play: None))

    assert "enlisting again" in log
