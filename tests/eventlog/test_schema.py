import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

import bot.eventlog
from bot.errors import LogTooNew, Misuse
from bot.eventlog import Damaged, Database, upgrade
from bot.eventlog.chain import link
from bot.eventlog.migrations import HEAD, REVISIONS
from bot.eventlog.rebuild import rebuild
from bot.eventlog.tables import EVENTS, METADATA
from bot.eventlog.verify import verify
from bot.incident import commands as c
from tests.support.event_logs import SEAL, command, declare, note, open_test_log, rules


def test_the_list_of_revisions_is_that_of_the_files():
    folder = Path(bot.eventlog.__file__).parent / "migrations"
    scripts = ScriptDirectory(str(folder))
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS


def test_the_migrations_make_the_tables_that_the_program_uses(database_url):
    database = Database(database_url)
    upgrade(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    database.close()


def test_an_open_incident_of_the_first_revision_goes_on(database_url):
    """Written by hand, as the first revision had it: only its columns, whatever the tables have today."""
    database = Database(database_url)
    upgrade(database, REVISIONS[0])
    envelope = declare("inc_a", "openai")
    stored = link("inc_a", (0, ""), rules(None, envelope), at=envelope.at, actor="ana", command_id=envelope.command_id)
    with database.writing() as connection:
        for row in stored:
            values = {column.name: getattr(row, column.name) for column in EVENTS.c if column.name != "seal"}
            connection.execute(insert(EVENTS).values(values))
        connection.execute(
            text(
                "INSERT INTO incidents (incident, seq, state, environment, title, declared_at, declared_by, digest,"
                " updated_at, secrets, alive) VALUES ('inc_a', 2, 'open', 'production', 'Leak in inc_a', :at, 'ana',"
                " :digest, :at, '[\"openai\"]', 1)"
            ),
            {"at": stored[-1].at, "digest": stored[-1].digest},
        )
        connection.execute(text("INSERT INTO open_secrets VALUES ('production', 'openai', 'inc_a')"))
    database.close()
    event_log = open_test_log(database_url)
    before = event_log.incidents()
    with pytest.raises(Damaged, match="`bot log seal inc_a`, by a person who may command incidents"):
        event_log.load("inc_a")
    looked = event_log.look("inc_a")
    assert (looked.incident.secrets.keys(), "no worker has sealed it" in looked.damage) == ({"openai"}, True)
    assert rebuild(event_log).incidents == 1
    assert event_log.incidents() == before
    with pytest.raises(Misuse, match="another head than the one that you vouch for"):
        event_log.vouch("inc_a", command("seal-0", c.SealLog("2:" + "0" * 64)))
    event_log.vouch("inc_a", command("seal", c.SealLog(event_log.head("inc_a"))))
    event_log.execute("inc_a", note("n"))
    assert verify(event_log.rows("inc_a"), event_log.head("inc_a"), event_log.summary("inc_a"), SEAL).sealed
    with pytest.raises(Misuse, match="it needs nobody's word"):
        event_log.vouch("inc_a", command("again", c.SealLog(event_log.head("inc_a"))))
    event_log.close()


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
