"""What is worked out anew for each server, database, client or page, worked out once for all tests of a process: each
test makes its own. And SQLite waits for no disk: processes are killed here, machines are not.

=========================================== ========================================================================
Werkzeug's routes                           the function that makes an address of a route is written and compiled when
                                            the route is made, twice, though nobody here asks for an address
SQLAlchemy's statements                     each engine compiles all of them for itself
the log's schema                            Alembic runs its steps in each new database, with its own look at each table
botocore's clients                          a class with hundreds of methods is made for each client
playbooks and catalogs                      YAML is read anew for each application
what a value in a text could look like      a report is looked through piece by piece, and most are in all reports
=========================================== ========================================================================
"""

from __future__ import annotations

import sqlite3
import sys
from functools import cache, lru_cache


def work_out_once() -> None:
    """From now on, in this process, of those libraries that are loaded: a test of the core alone waits for none."""
    for module, once in (
        ("werkzeug.routing", _routes),
        ("bot.eventlog.database", _statements),
        ("bot.eventlog.schema", _schema),
        ("botocore.client", _clients),
        ("bot.documents", _yaml),
        ("bot.report.secret_scan", _pieces),
    ):
        if module in sys.modules:
            once()


def _routes() -> None:
    """Those that read alike share what was compiled for the first of them."""
    from werkzeug.routing import Rule

    compiled = Rule._compile_builder
    known = {}

    def builder(self, append_unknown=True):
        if self.defaults:
            return compiled(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in known:
            known[key] = compiled(self, append_unknown)
        return known[key]

    Rule._compile_builder = builder


def _statements() -> None:
    """All engines of one dialect, of which each process has one kind, share their statements."""
    from sqlalchemy import create_engine
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
    from sqlalchemy.util import LRUCache

    from bot.eventlog import database

    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))
    compiled = {"compiled_cache": LRUCache(2000)}

    def engine(url, connect_args, **more):
        unsynced = {"factory": _Unsynced} if url.get_backend_name() == "sqlite" else {}
        return create_engine(url, connect_args={**connect_args, **unsynced}, execution_options=compiled, **more)

    database.create_engine = engine


class _Unsynced(sqlite3.Connection):
    """What is committed outlives this process, as it does there, and a machine that loses its power it may not."""

    def execute(self, sql, *more):
        return super().execute(sql.replace("PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"), *more)


def _schema() -> None:
    """A new SQLite file gets the tables by the statements that Alembic's steps have led to in the first one."""
    from sqlalchemy import create_engine, text

    from bot.eventlog import schema

    steps = schema._run

    def run(connection):
        if connection.dialect.name != "sqlite" or _tables(connection):
            steps(connection)
            return
        for statement in made():
            connection.exec_driver_sql(statement)
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.HEAD})

    @cache
    def made():
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            steps(connection)
            statements = tuple(_tables(connection))
        engine.dispose()
        return statements

    schema._run = run


def _tables(connection):
    """How its tables and indexes are made; those that SQLite makes by itself are made with them."""
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'"
    )
    return [sql for (sql,) in rows]


def _clients() -> None:
    """A service's class is the same for all sessions: its model and the handlers that may change it are botocore's. And
    all its handlers, some hundred, are copied for each session and client: without asking each part how it is copied.
    """
    from botocore.client import ClientCreator
    from botocore.hooks import NodeList, _PrefixTrie

    create, known = ClientCreator._create_client_class, {}

    def created(self, service_name, service_model):
        if service_name not in known:
            known[service_name] = create(self, service_name, service_model)
        return known[service_name]

    def copied(self, node):
        return {
            key: NodeList(*map(list, value))
            if type(value) is NodeList
            else copied(self, value)
            if type(value) is dict
            else value
            for key, value in node.items()
        }

    ClientCreator._create_client_class = created
    _PrefixTrie._recursive_copy = copied


def _yaml() -> None:
    """What one text says is kept, as YAML's nodes, which nobody changes; mistakes are told anew."""
    from bot import documents

    compose, known = documents._compose, {}

    def composed(path, raw):
        if raw not in known:
            known[raw] = compose(path, raw)
        return known[raw]

    documents._compose = composed


def _pieces() -> None:
    """What one line, one word or some words in a row could hide is kept: a report is looked through by its nodes, its
    blocks and as a whole, as Markdown and as a page, and most of its words are in all reports.
    """
    from bot.report import secret_scan
    from bot.secrets import keyshapes, scan_candidates

    secret_scan.candidates = _kept(secret_scan.candidates)
    scan_candidates._spans_of = _kept(scan_candidates._spans_of)
    scan_candidates._opened = _kept(scan_candidates._opened)
    phrases = _kept(lambda words, least, of=scan_candidates._phrases: of(words, least))
    scan_candidates._phrases = lambda words, least: phrases((*words,), least)
    recognised = _kept(keyshapes._recognised)
    keyshapes._recognised = lambda text: [*recognised(text)]


def _kept(work):
    """The same, with what it gives kept for those who ask alike."""
    return lru_cache(50_000)(lambda *given: (*work(*given),))
