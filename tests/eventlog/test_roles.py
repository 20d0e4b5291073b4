"""PostgreSQL's two roles, as docs/sql/roles.sql makes them: the front's can leave a command and read, nothing else."""

import contextlib
import threading
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors

from bot.cli.diagnostics import home, look
from bot.errors import LogBehind, LogUnavailable
from bot.eventlog import Seal, open_event_log, open_leadership, schema
from bot.eventlog.migrations import REVISIONS
from bot.eventlog.tables import METADATA
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.incident import commands as c
from bot.incident.model import Actor, Right
from bot.model.timings import Timings
from bot.people import People, Person
from bot.secrets.secret import Secret
from tests.slack.conftest import catalog, freeze
from tests.support.databases import ROLES, as_role, two_roles
from tests.support.databases import apply_roles as apply
from tests.support.inbox import INSTALLATION, inbox_of
from tests.support.incidents import PLAYBOOK
from tests.support.rotations import ROTATION

PEOPLE = People((Person("ada", slack="U0ADA", rights=frozenset(Right)),))
SEAL = Seal((Secret("11" * 32),))
FILLED = "command_id, attempt, incident, at, claims, command, arguments, proof_kind, proof"
VALUES = "'c', 0, 'inc_a', 'now', 'slack:U', 'add-note', '{}', 'slack', 'v1:'"


def now():
    return datetime.now(UTC)


@pytest.fixture
def urls(postgres_url):
    """The addresses of the superuser, the worker and the front. No tables yet."""
    apply(postgres_url)
    return postgres_url, as_role(postgres_url, "bot_worker"), as_role(postgres_url, "bot_front")


@pytest.fixture
def made(urls):
    """The same with tables that the worker has made."""
    two_roles(urls[0])
    return urls


def incidents_in(event_log):
    books = {"secret-compromise": PLAYBOOK, "rotation": ROTATION}
    return Incidents(event_log, catalog(), books, Timings(), freeze, now)


def test_before_the_worker_has_made_the_tables_the_front_is_told_so(urls):
    admin, worker, front = urls
    for migrate in (True, False):
        with pytest.raises(LogBehind, match="The worker brings it up to date: start it first"):
            open_event_log(front, migrate=migrate)
    open_event_log(worker).close()
    with pytest.raises(LogUnavailable, match=r"docs/sql/roles\.sql"):
        open_event_log(front, migrate=False)  # the script has not been run again
    apply(admin)
    open_event_log(front, migrate=False).close()
    open_event_log(front).close()  # a terminal, which would upgrade if it had to


def test_with_an_older_schema_too(urls, monkeypatch):
    admin, worker, front = urls
    open_event_log(worker).close()
    apply(admin)
    apply(admin)  # as often as one likes
    with monkeypatch.context() as newer:
        newer.setattr(schema, "REVISIONS", (*REVISIONS, "next"))
        newer.setattr(schema, "HEAD", "next")
        for migrate in (False, True):
            with pytest.raises(LogBehind):
                open_event_log(front, migrate=migrate)
    open_event_log(front, migrate=False).close()


def test_one_role_that_did_everything_hands_over_to_the_two(postgres_url):
    open_event_log(postgres_url).close()
    apply(postgres_url)
    worker = open_event_log(as_role(postgres_url, "bot_worker"), seal=SEAL)
    by = Actor("ada", frozenset(Right))
    assert (
        incidents_in(worker)
        .declare(
            Declaration(environment="production", secrets=(SecretChoice("openai-api-key"),), how_noticed="x"), by, "d"
        )
        .incident
    )
    worker.close()


def test_a_command_that_the_front_leaves_is_decided_and_the_front_hears_of_it(made):
    _, worker_url, front_url = made
    worker, front = open_event_log(worker_url, seal=SEAL), open_event_log(front_url, migrate=False)
    at_worker, at_front = inbox_of(incidents_in(worker), PEOPLE, now), inbox_of(incidents_in(front), PEOPLE, now)
    leadership = open_leadership(worker.database)
    leadership.enlist()
    at_worker.handler.start(lambda: True)
    try:
        ada = at_front.by_slack("U0ADA")
        declaration = Declaration(
            environment="production",
            secrets=(SecretChoice("openai-api-key"),),
            how_noticed="seen in a gist",
            public=True,
        )
        incident = at_front.client.declare(declaration, ada, "declare").incident.id
        front.wait(0.1)
        done = at_front.client.do(incident, c.AddNote("hello"), ada, "note")
        assert not done.refused
        at_worker.handler.decider.incidents.do(
            incident, c.AddNote("by the worker"), Actor("ada", frozenset(Right)), "another"
        )
        assert front.wait(5)
        assert at_front.client.do(incident, c.AddNote("hello"), ada, "note").events == done.events
        assert open_leadership(front.database).living() == leadership.living() != frozenset()
        assert front.inbox.waits() == 0
        assert [each.incident for each in front.incidents()] == [incident]
        assert len(front.events(incident)) == len(worker.events(incident))
    finally:
        at_worker.handler.stop()
        leadership.resign()
        front.close()
        worker.close()
    assert INSTALLATION


def test_a_front_foretells_what_a_declaration_and_a_rotation_do(made):
    _, worker_url, front_url = made
    by = Actor("ada", frozenset(Right))
    declaration = Declaration(
        environment="production", secrets=(SecretChoice("openai-api-key"),), how_noticed="seen in a gist", public=True
    )
    with closing(open_event_log(worker_url, seal=SEAL)) as worker, closing(open_event_log(front_url)) as front:
        at_front = incidents_in(front)
        [one] = at_front.foresee(declaration, by).consequences
        assert one.name == "openai-api-key"
        run = incidents_in(worker).declare(declaration, by, "d").incident.id
        assert at_front.foresee(declaration, by).joined == {"openai-api-key": run}
        other = at_front.resolver.rotation("stripe-secret-key", "production")
        assert [len(plan) for plan in at_front.foresee_rotations([other], by)] == [1]


MANAGED = ROLES.replace("bot_worker", "managed_worker").replace("bot_front", "managed_front")
"""The same with roles of the owner's own making: in one server the usual ones are the superuser's."""


@pytest.fixture
def managed(postgres_server):
    """The addresses of a database's owner, who may create roles and is no superuser, of the worker and of the front."""
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = 'managed_owner'").fetchall():
            connection.execute("CREATE ROLE managed_owner LOGIN NOSUPERUSER CREATEROLE")
        connection.execute("CREATE DATABASE managed OWNER managed_owner")
        url = postgres_server.get_uri(database="managed")
        yield tuple(as_role(url, f"managed_{name}") for name in ("owner", "worker", "front"))
        connection.execute("DROP DATABASE managed WITH (FORCE)")


@pytest.mark.parametrize("first", ["owner", "worker"])
def test_without_a_superuser_the_owner_who_may_create_roles_runs_it_as_often(managed, first):
    """The tables are made by the worker, or by the one role that did everything until now."""
    owner, worker, front = managed
    if first == "owner":
        open_event_log(owner).close()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(MANAGED)
        open_event_log(worker).close()
        connection.execute(MANAGED)
        connection.execute(MANAGED)
    open_event_log(front, migrate=False).close()
    with psycopg.connect(front, autocommit=True) as connection:
        connection.execute(f"INSERT INTO commands ({FILLED}) VALUES ({VALUES})")
        for statement in ("UPDATE commands SET state = 'accepted'", "DELETE FROM incidents", "SET ROLE managed_worker"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


EVENT = ("'inc_a'", "1", *("'x'",) * 8, "NULL", "NULL")
EVERY_TABLE = sorted({*METADATA.tables, "alembic_version"})
INBOXES = ("commands",)
"""What a front may add to."""
REFUSED = [
    *(f"DELETE FROM {table}" for table in EVERY_TABLE),
    *(f"TRUNCATE {table}" for table in EVERY_TABLE),
    *(f"DROP TABLE {table}" for table in EVERY_TABLE),
    *(f"ALTER TABLE {table} ADD COLUMN x int" for table in EVERY_TABLE),
    *(f"ALTER TABLE {table} OWNER TO bot_front" for table in EVERY_TABLE),
    *(f"CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()"
      for table in EVERY_TABLE),
    *(f"CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING" for table in EVERY_TABLE),
    *(f"CREATE INDEX ON {table} ({next(iter(METADATA.tables[table].c)).name})" for table in METADATA.tables),
    *(f"INSERT INTO {table} DEFAULT VALUES" for table in EVERY_TABLE if table not in INBOXES),
    *(f"UPDATE {table.name} SET {column.name} = {column.name}" for table in METADATA.tables.values()
      for column in table.c),
    *(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE" for table in EVERY_TABLE),
    *(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE" for table in EVERY_TABLE if table not in INBOXES),
    *(f"SELECT * FROM {table} FOR UPDATE" for table in EVERY_TABLE),
    f"INSERT INTO events VALUES ({', '.join(EVENT)})",
    *(f"INSERT INTO commands ({FILLED}, {column}) VALUES ({VALUES}, {value})" for column, value in
      (("state", "'accepted'"), ("answer", "'{}'"), ("answered_at", "'now'"), ("number", "-1"))),
    f"INSERT INTO commands ({FILLED}) VALUES ({VALUES}) ON CONFLICT (command_id, attempt) DO UPDATE SET proof = 'x'",
    f"INSERT INTO commands ({FILLED}) VALUES ({VALUES}) RETURNING arguments",
    f"COPY commands ({FILLED}, state) FROM STDIN",
    *(f"SELECT {column} FROM commands" for column in ("arguments", "claims", "proof", "incident", "answered_at")),
    "SELECT * FROM commands",
    "SELECT setval('commands_number_seq', 1)",
    "SELECT nextval('commands_number_seq')",
    "MERGE INTO commands USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE mine (x int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "DROP EXTENSION plpgsql",
    "SET ROLE bot_worker",
    "SET SESSION AUTHORIZATION bot_worker",
    "ALTER ROLE bot_worker PASSWORD 'x'",
    "ALTER DATABASE tests SET search_path = mine",
    "GRANT bot_worker TO bot_front",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_reload_conf()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bot_worker'",
]  # fmt: skip


def test_every_other_statement_of_the_front_is_refused(made):
    _, worker, front = made
    allowed = []
    # A session of the worker's, whose end is asked for among the rest.
    with psycopg.connect(worker) as held, psycopg.connect(front, autocommit=True) as connection:
        connection.add_notice_handler(lambda _: None)
        for table in EVERY_TABLE:  # of one that it may read PostgreSQL only warns that this grants nothing
            with contextlib.suppress(errors.InsufficientPrivilege):
                connection.execute(f"GRANT ALL ON {table} TO bot_front")
        for statement in REFUSED:
            try:
                if statement.startswith("LOCK"):
                    with connection.transaction():
                        connection.execute(statement)
                else:
                    connection.execute(statement)
            except errors.InsufficientPrivilege:
                continue
            allowed.append(statement)
        assert allowed == []
        assert held.execute("SELECT 1").fetchone() == (1,)


def test_doctor_finds_the_fronts_role_as_it_should_be(made):
    _, worker, front = made
    said = []
    for url in (front, worker):
        with closing(open_event_log(url, migrate=False)) as event_log:
            named = {check.name: check for check in home.RUNNING.of(SimpleNamespace(event_log=event_log))}
            said.append(look(named["event log"]))
    assert [(each.state, each.detail.rpartition("up to date, ")[2]) for each in said] == [
        ("ok", "readable; only a worker writes"),
        ("ok", "writable"),
    ]


def test_a_lock_of_the_fronts_makes_no_worker(made, postgres_url):
    """Where nobody may take the numbers from everyone, a front can hold one: it still is no living worker."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO bot_front")
    _, worker, front = made
    event_log = open_event_log(worker)
    with psycopg.connect(front, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", ((0x626F << 48) | 1,))
        assert open_leadership(event_log.database).living() == frozenset()
    leadership = open_leadership(event_log.database)
    assert leadership.living() == frozenset() != {leadership.enlist()} == leadership.living()
    leadership.resign()
    event_log.close()


def test_commands_that_arrive_by_many_fronts_are_numbered_in_order(made):
    _, worker, front = made
    event_logs = [open_event_log(front, migrate=False) for _ in range(3)]

    def put(event_log, name):
        from bot.eventlog import InboxRow

        for at in range(5):
            event_log.inbox.put(InboxRow(f"{name}-{at}", 0, "inc_a", "at", "slack:U", "add-note", "{}", "slack", "v1:"))

    threads = [threading.Thread(target=put, args=(event_log, n)) for n, event_log in enumerate(event_logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = open_event_log(worker, seal=SEAL)
    numbers = [head.number for head in reader.inbox.waiting()]
    assert len(numbers) == 15
    assert numbers == sorted(numbers)
    assert reader.inbox.read(numbers[0]).proof == "v1:"
    for event_log in (*event_logs, reader):
        event_log.close()
