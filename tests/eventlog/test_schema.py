import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LogTooNew
from bot.eventlog import Database, schema
from tests.support.event_logs import declare, open_test_log


def test_a_newer_database_is_refused_and_left_alone(database_url):
    open_test_log(database_url).close()
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE schema_version SET version = 9999"))
    with pytest.raises(LogTooNew, match=f"schema 9999, this program knows schemas up to {schema.version()}"):
        open_test_log(database_url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version FROM schema_version")).scalar_one() == 9999
    database.close()


def test_an_older_database_is_brought_on_step_by_step(database_url, monkeypatch):
    open_test_log(database_url).close()
    steps = [f"ALTER TABLE locks ADD COLUMN {name} integer" for name in ("one", "two")]
    for known in (1, 2):
        made = tuple(lambda connection, step=step: connection.execute(text(step)) for step in steps[:known])
        monkeypatch.setattr(schema, "STEPS", made)
        for _ in range(2):  # the second time there is nothing left to do
            open_test_log(database_url).close()
    database = Database(database_url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT one, two FROM locks")).all() == []
        assert connection.execute(text("SELECT version FROM schema_version")).scalar_one() == 3
    database.close()


@pytest.mark.process
def test_processes_that_start_at_once_upgrade_once(database_url, start):
    children = [start("start", database_url) for _ in range(4)]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    assert [child.stdout.readline() for child in children] == ["started\n"] * 4
    event_log = open_test_log(database_url)
    event_log.execute("inc_a", declare("inc_a"))
    event_log.close()


@pytest.mark.process
def test_an_up_to_date_start_loads_no_driver_and_no_lock(sqlite_url):
    open_test_log(sqlite_url).close()
    program = (
        "import sys; from bot.eventlog import open_event_log; open_event_log(sys.argv[1]).close();"
        "assert 'psycopg' not in sys.modules; assert 'filelock' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, sqlite_url], check=True, cwd=Path(__file__).parents[2])
