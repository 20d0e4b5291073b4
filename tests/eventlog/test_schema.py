import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import bot.eventlog
from bot.errors import LogTooNew
from bot.eventlog import Database
from bot.eventlog.migrations import HEAD, REVISIONS
from bot.eventlog.tables import METADATA
from tests.support.event_logs import declare, open_test_log


def test_the_list_of_revisions_is_that_of_the_files():
    folder = Path(bot.eventlog.__file__).parent / "migrations"
    scripts = ScriptDirectory(str(folder))
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS


def test_changed_tables_bring_a_migration():
    """A new log gets the tables as they are, an older one only what migrations bring."""
    made = [CreateTable(table) for table in METADATA.sorted_tables]
    made += [CreateIndex(index) for table in METADATA.sorted_tables for index in sorted(table.indexes, key=str)]
    told = "".join(
        str(each.compile(dialect=dialect)) for each in made for dialect in (sqlite.dialect(), postgresql.dialect())
    )
    assert (HEAD, hashlib.sha256(told.encode()).hexdigest()[:12]) == ("0001", "3351733d4c98")


def test_a_newer_database_is_refused_and_left_alone(database_url):
    open_test_log(database_url).close()
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LogTooNew, match=f"schema 9999, this program knows schemas up to {HEAD}"):
        open_test_log(database_url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
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
def test_an_up_to_date_start_does_without_alembic(sqlite_url):
    open_test_log(sqlite_url).close()
    program = (
        "import sys; from bot.eventlog import open_event_log; open_event_log(sys.argv[1]).close();"
        "assert 'alembic' not in sys.modules; assert 'psycopg' not in sys.modules; assert 'filelock' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, sqlite_url], check=True, cwd=Path(__file__).parents[2])
