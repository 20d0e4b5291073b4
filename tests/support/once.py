"""What is worked out again for each server, database, client or page, worked out once for all tests of a process: each
test makes its own. And SQLite waits for no disk: processes are killed here, machines are not.

=========================================== ========================================================================
Werkzeug's routes                           the function that makes an address of a route is written and compiled when
                                            the route is made, twice, though nobody here asks for an address
versions of libraries                       each of Werkzeug's servers reads its own from a file
SQLAlchemy's statements                     each engine compiles all of them for itself
the log's schema                            Alembic runs its steps in each new database, with its own look at each table
botocore's clients                          a class with hundreds of methods is made for each client, with ciphers
                                            chosen for connections that are not encrypted here
what a function takes                       botocore and Bolt read it anew for each handler that a client or bot has
what an event of AWS's is called            each client looks its events' names up in a list of other names
requests to AWS                             a connection and a server's thread, to ask what stands in this very process
looks into a Slack workspace                the same, forty times a second while a test waits for what people see
playbooks and catalogs                      YAML is read anew for each application
what a value in a text could look like      a report is looked through piece by piece, and most are in all reports
the command line                            Typer reads a command's parameters anew for each line that is typed
GitGuardian's hashes of values              slow on purpose, and made of the same few by the bot, its fake and the tests
=========================================== ========================================================================
"""

from __future__ import annotations

import sqlite3
import sys
from functools import cache, lru_cache
from inspect import unwrap


@cache
def work_out_once() -> None:
    """From now on, in this process, of those libraries that are loaded: a test of the core alone waits for none."""
    for module, once in (
        ("werkzeug.routing", _routes),
        ("werkzeug.serving", _versions),
        ("bot.eventlog.database", _statements),
        ("bot.eventlog.schema", _schema),
        ("botocore.client", _clients),
        ("botocore.hooks", _handlers),
        ("slack_bolt", _listeners),
        ("bot.drill.fakes.aws_world", _fronts),
        ("bot.drill.fakes.slack.workspace_reader", _workspaces),
        ("bot.documents", _yaml),
        ("bot.secrets.scan_candidates", _pieces),
        ("bot.news.sources.gitguardian", _hashes),
        ("bot.cli.entry", _command_line),
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


def _versions() -> None:
    from importlib import metadata

    metadata.version = cache(metadata.version)


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
    all its handlers, some hundred, are copied for each session and client: here the copies share what none of them has
    changed, which is all but the few ways to the handlers that it adds.
    """
    from botocore import httpsession
    from botocore.client import ClientCreator
    from botocore.hooks import NodeList, _PrefixTrie

    httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
    create, known = ClientCreator._create_client_class, {}
    append, remove = _PrefixTrie.append_item, _PrefixTrie.remove_item

    def created(self, service_name, service_model):
        if service_name not in known:
            known[service_name] = create(self, service_name, service_model)
        return known[service_name]

    def own(node, way):
        """The node and those below it on this way, as nobody else has them."""
        children, values = dict(node["children"]), node["values"]
        if way and way[0] in children:
            children[way[0]] = own(children[way[0]], way[1:])
        return {**node, "children": children, "values": values and NodeList(*map(list, values))}

    def copied(self):
        made = object.__new__(_PrefixTrie)
        made._root = self._root
        return made

    def appended(self, key, *given, **more):
        self._root = own(self._root, key.split("."))
        append(self, key, *given, **more)

    def removed(self, key, value):
        self._root = own(self._root, key.split("."))
        remove(self, key, value)

    ClientCreator._create_client_class = created
    _PrefixTrie.__copy__, _PrefixTrie.append_item, _PrefixTrie.remove_item = copied, appended, removed


def _handlers() -> None:
    from botocore import hooks

    hooks.accepts_kwargs = _by_code(hooks.accepts_kwargs)
    alias = hooks.EventAliaser._alias_event_name
    aliased = cache(lambda name: alias(hooks.EventAliaser(None), name))
    hooks.EventAliaser._alias_event_name = lambda self, name: aliased(name)


def _listeners() -> None:
    from slack_bolt.listener import custom_listener
    from slack_bolt.listener_matcher import builtins

    for module in (custom_listener, builtins):
        module.get_arg_names_of_callable = _by_code(module.get_arg_names_of_callable)


def _by_code(work):
    """What is known of a function's arguments, of those that closures and methods of the same code have in common."""
    known = {}

    def kept(function):
        code = getattr(unwrap(function), "__code__", None)
        if code is None:
            return work(function)
        if code not in known:
            known[code] = work(function)
        return known[code]

    return kept


def _fronts() -> None:
    """A practice account of this process is asked without a connection, but while it shows a fault: that may be one of
    the connection.
    """
    from bot.aws import Aws
    from bot.drill.fakes.aws import AwsFront
    from bot.drill.fakes.aws_world import ask

    make, begin, end, fronts = Aws._make, AwsFront.__init__, AwsFront.stop, {}

    def made(self, service, region=""):
        client = make(self, service, region)
        if type(self) is Aws:  # what furnishes an account asks in the same way by itself
            client.meta.events.register("before-send", answered)
        return client

    def answered(request, **_):
        front = fronts.get(request.url.split("/")[2])
        faulty = front is None or front.faults._left or front.key_faults._left
        return None if faulty or not isinstance(request.body or b"", bytes | str) else ask(front, request)

    def began(self, *given, **more):
        begin(self, *given, **more)
        fronts[self.url.split("/")[2]] = self

    def ended(self):
        fronts.pop(self.url.split("/")[2], None)
        end(self)

    Aws._make, AwsFront.__init__, AwsFront.stop = made, began, ended


def _workspaces() -> None:
    """People of a workspace that this process serves see it without a connection; what they send to the bot has one."""
    from werkzeug.test import Client

    from bot.drill.fakes.serving import Served
    from bot.drill.fakes.slack.workspace_reader import WorkspaceReader

    begin, end, ask, served = Served.__init__, Served.stop, WorkspaceReader._asked, {}

    def began(self, application, *given, **more):
        begin(self, application, *given, **more)
        served[self.url] = application

    def ended(self):
        served.pop(self.url, None)
        end(self)

    def asked(self, verb, path, params, body):
        application = served.get(self.fake_url)
        if application is None:
            return ask(self, verb, path, params, body)
        answer = Client(application).open(path, self.fake_url, method=verb, query_string=params, json=body)
        return answer.status_code, answer.get_json()

    Served.__init__, Served.stop, WorkspaceReader._asked = began, ended, asked


def _yaml() -> None:
    """What one text says is kept, as YAML's nodes, which nobody changes; mistakes are told again."""
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
    from bot.secrets import keyshapes, scan_candidates

    scan_candidates._spans_of = _kept(scan_candidates._spans_of)
    scan_candidates._opened = _kept(scan_candidates._opened)
    scan_candidates._phrases = _kept(scan_candidates._phrases)
    recognised = _kept(keyshapes._recognised)
    keyshapes._recognised = lambda text: [*recognised(text)]


def _hashes() -> None:
    """A hash is made slow on purpose, and the same few values are hashed by the bot, the fake and the tests."""
    from bot.news.sources import gitguardian

    gitguardian.scrypt = cache(gitguardian.scrypt)


def _command_line() -> None:
    """A command's help has no tables in a narrow terminal: it is another one there."""
    from shutil import get_terminal_size

    from typer import main

    from bot.cli.entry import NARROW

    made = cache(lambda typer, _narrow, make=main.get_command: make(typer))
    main.get_command = lambda typer: made(typer, get_terminal_size().columns < NARROW)


def _kept(work):
    """The same, with what it gives kept for those who ask alike."""
    return lru_cache(50_000)(lambda *given: (*work(*given),))
