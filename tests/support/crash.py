"""A worker in a process of its own that kills itself at a chosen point: `python -m tests.support.crash`.

The real `Application`, with its edges watched. Every point that is passed has a name, the same in every run, and is
written to a file as it is passed:

=============================================== ====================================================================
call | *operation* | *call* #n | before         nothing of this outside call has been sent
call | *operation* | *call* #n | acted          the other side has answered, and nobody has read that
call | *operation* | *call* #n | answered       the answer is read, and nothing of it recorded
log | *command* #n | before-commit              the events, or a command's answer, are written and not committed
log | *command* #n | after-commit               they stand in the log, and the worker does not know it yet
inbox | *command* #n | proven                   it is known who gives the command, and nothing is written
=============================================== ====================================================================

Among the commands of the log are the row that asks for something (`put`), the answer to what was refused (`answer`),
what a worker says of itself (`publish`), and of news of leaks what came of it (`alerts`), that a source was looked at,
and what people were last shown (`cursor`). A job that asks is a front or a terminal, which dies in the same way.

A job is done by a fork of a process with everything loaded (tests/support/bots.py), so that a thousand runs are not a
thousand imports; or it is read from standard input, by a program that loads everything first, as a bot that is started
again does.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import redis
from sqlalchemy import event
from urllib3.connection import HTTPConnection

from bot.app import Application
from bot.aws import lookups
from bot.cli.inbox import answered
from bot.cli.terminal import Terminal
from bot.eventlog.cursors import Cursors
from bot.eventlog.inbox import Inbox
from bot.eventlog.installation import Installation
from bot.eventlog.sql import EventLog
from bot.eventlog.stream_log import StreamLog
from bot.inbox import Asker, InboxHandler, handler
from bot.inbox.decide import CommandDecider
from bot.inbox.proving import Proofs
from bot.inbox.wire import decode
from bot.incident import commands as c
from bot.incident.events import PageSent, kind_of
from bot.incident.operations import Op
from bot.incident.run_kinds import TRAITS
from bot.logs import configure
from bot.net.limits import Bucket
from bot.news.handling import intake as news
from bot.news.handling.intake import Intake
from bot.proofs.aws_request import INBOX
from bot.worker import card_publisher, watch_list
from bot.worker import card_publisher as card_dispatcher
from bot.worker.card_publisher import CardPublisher
from bot.worker.runner import Runner
from bot.worker.worker import Worker

issue, sweep = (import_module(f"bot.rotation.{name}") for name in ("issue", "unstage"))
BEFORE, ACTED, ANSWERED = "before", "acted", "answered"
BEFORE_COMMIT, AFTER_COMMIT, PROVEN = "before-commit", "after-commit", "proven"
NAMES = (
    (rf"({INBOX})/[0-9a-f]+", r"\1/PROOF"),
    (r"inc_[a-z2-7]{6}", "INC"),
    (r"(/api[_-]keys)/[^/]+", r"\1/KEY"),
    (r"\?.*", ""),
)
SENT = "sent"
"""Like before, with nothing known yet at the other side: for an answer that comes late. Not among those listed."""
SHOW, ANSWERING, ASKING, NEWS = "show", "inbox", "ask", "news"
FRONT, TERMINAL, ROUND = "front", "terminal", "round"
NEVER_SWEEPS, NEVER_LOOKS = "never-sweeps", "never-looks"
READ_ONLY, FULL, IMPATIENT = "read-only", "full", "impatient"
QUICK = {"confirm": 0.2, "retry_for": 20.0, "overlap": 0.5, "sweep_wait": 1.0}
"""Timings of the incidents here, in seconds."""
TICK = 0.1
"""Seconds after which a worker here learns of what people told another process (a second in production)."""


@dataclass(frozen=True)
class Job:
    """What a worker is to do: `point` is where it dies (nowhere if empty), `notes` the file for the points passed.

    `careless` leaves out what a careful bot does. `trouble` is a file: what stands in it (`read-only`, `full`,
    `impatient`) is what SQLite's connections suffer from. `week` is how many seconds the week after the close takes, in
    which the dead value is looked at again; 0 for a week. `timings` are those of its incidents that differ. `aws` is
    what boto3 reads of the process's own environment.
    """

    environ: dict[str, str]
    log: str
    notes: str
    point: str = ""
    careless: str = ""
    trouble: str = ""
    week: float = 0.0
    ask: Ask | None = None
    timings: dict[str, float] = field(default_factory=lambda: QUICK)
    aws: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """A process that is no worker. FRONT puts the command and ends, as a front that Slack's request came to; TERMINAL
    puts it and awaits the answer, which it gives itself where no worker runs; ROUND puts nothing, and answers what
    waits as such a terminal does. `by` is a Slack id (FRONT), or nobody: whoever AWS knows by the job's environment.
    """

    door: str
    incident: str = ""
    command: str = ""
    arguments: str = ""
    command_id: str = ""
    by: str = ""


@dataclass(frozen=True)
class Note:
    """A point that was passed, when, and under which claim (0: none)."""

    at: datetime
    claim: int
    name: str

    @property
    def call(self) -> bool:
        return self.name.startswith("call")


def read_notes(path: Path) -> list[Note]:
    lines = path.read_text().splitlines() if path.exists() else []
    notes = [json.loads(line) for line in lines if line.endswith("]")]
    return [Note(datetime.fromtimestamp(at, UTC), claim, name) for at, claim, name in notes]


# --- points ---------------------------------------------------------------------------------------------------------


@dataclass
class Edges:
    """Names the points, notes them, and dies at the chosen one."""

    point: str
    notes: int
    here: threading.local = field(default_factory=threading.local)
    counts: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def numbered(self, name: str) -> str:
        with self.lock:
            self.counts[name] += 1
            return f"{name} #{self.counts[name]}"

    def called(self, words: str) -> str:
        return self.numbered(f"call | {getattr(self.here, 'operation', 'start')} | {words}")

    def chosen(self, name: str, phase: str) -> bool:
        return f"{name} | {phase}" == self.point

    def passed(self, name: str, phase: str) -> None:
        line = [time.time(), getattr(self.here, "claim", 0), f"{name} | {phase}"]
        os.write(self.notes, f"{json.dumps(line)}\n".encode())
        if self.chosen(name, phase):
            die()

    @contextmanager
    def operation(self, claim):
        self.here.operation, self.here.claim = _operation(claim), claim.number
        try:
            yield
        finally:
            del self.here.operation, self.here.claim


def die():
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _work(work) -> str:
    """The page's action belongs to the name; an orphan's id is another one in each run."""
    detail = f"/{work.detail}" if work.op is Op.PAGE else ""
    return f"{work.lane} {work.op}{detail}"


def _operation(claim) -> str:
    """With its attempt, but not at the pager: how many notes come before a page is resolved differs from run to run."""
    return _work(claim) if claim.op is Op.PAGE else f"{_work(claim)} #{claim.attempt}"


def _command(body) -> str:
    match body:
        case c.Begin():
            return f"begin {_work(body.work)}"
        case c.Finish(outcome=PageSent(action=action)):
            return f"finish {body.lane} {kind_of(body.outcome)}/{action}"
        case c.Finish():
            return f"finish {body.lane} {kind_of(body.outcome)}"
        case _:
            return type(body).__name__.lower()


# --- edges ----------------------------------------------------------------------------------------------------------


def watch_operations(edges: Edges) -> None:
    carry_out = Runner._carry_out

    def watched(self, incident, claim):
        with edges.operation(claim):
            return carry_out(self, incident, claim)

    Runner._carry_out = watched


def watch_publishing(edges: Edges) -> None:
    """The card and the news are drawn beside the operations, under no claim."""
    draw = CardPublisher.show

    def watched(self, incident_id):
        edges.here.operation = SHOW
        try:
            draw(self, incident_id)
        finally:
            del edges.here.operation

    CardPublisher.show = watched


def watch_news(edges: Edges) -> None:
    """Sources of news are asked, and people told, beside the operations too."""
    look, put = Intake.round, Cursors.put

    def watched(self):
        edges.here.operation = NEWS
        try:
            look(self)
        finally:
            del edges.here.operation

    def shown(self, cursor):
        if getattr(edges.here, "operation", "") != NEWS:
            put(self, cursor)
            return
        with written(edges, f"cursor {cursor.surface}"):
            put(self, cursor)

    Intake.round, Cursors.put = watched, shown


def watch_http(edges: Edges, systems: dict[int, str]) -> None:
    """requests, pdpyras and botocore all send through urllib3; Slack's SDK through the standard library."""

    class StandardConnection(http.client.HTTPConnection):
        """Not patched in place: urllib3's is derived from it, and would be watched twice."""

    http.client.HTTPConnection = StandardConnection
    for connection in (HTTPConnection, StandardConnection):
        _watch_connection(connection, edges, systems)


def _watch_connection(connection: type, edges: Edges, systems: dict[int, str]) -> None:
    request, getresponse = connection.request, connection.getresponse

    def requesting(self, method, url, body=None, headers=None, *args, **kwargs):
        words = _words(method, url, body, headers or {})
        self.edge = edges.called(f"{systems.get(self.port, 'health')} {words}")
        edges.passed(self.edge, BEFORE)
        return request(self, method, url, body, headers, *args, **kwargs)

    def answering(self):
        if edges.chosen(self.edge, SENT):
            die()
        if edges.chosen(self.edge, ACTED):
            select.select([self.sock], [], [], 20)
        edges.passed(self.edge, ACTED)
        response = getresponse(self)
        if edges.chosen(self.edge, ANSWERED):
            response.read()
        edges.passed(self.edge, ANSWERED)
        return response

    connection.request, connection.getresponse = requesting, answering


def _words(method, url, body, headers) -> str:
    """A request without what differs from run to run. At AWS the action and its subject say more than the path."""
    fields = {str(key).lower(): value for key, value in headers.items()}
    target = fields.get("x-amz-target", "")
    target = target.decode() if isinstance(target, bytes) else target
    if target:
        asked = json.loads(body)
        words = f"{target.rpartition('.')[2]} {asked.get('Name') or asked.get('Path') or ''}".strip()
    elif urlsplit(url).path == "/" and body:
        text = body.decode() if isinstance(body, bytes) else str(body)
        words = re.search(r"Action=(\w+)", text).group(1)
    elif body and b"event_action" in (body if isinstance(body, bytes) else str(body).encode()):
        words = f"{method} {url} {json.loads(body)['event_action']}"
    else:
        words = f"{method} {url}"
    for pattern, plain in NAMES:
        words = re.sub(pattern, plain, words)
    return words


def watch_redis(edges: Edges) -> None:
    execute, parse = redis.Redis.execute_command, redis.Redis.parse_response

    def executing(self, *words, **options):
        self.edge = edges.called(
            f"redis {' '.join(words[:2]) if words[0] in {'ACL', 'CLIENT', 'CONFIG'} else words[0]}"
        )
        edges.passed(self.edge, BEFORE)
        answer = execute(self, *words, **options)
        edges.passed(self.edge, ANSWERED)
        return answer

    def parsing(self, connection, command_name, **options):
        if edges.chosen(self.edge, ACTED):
            connection.can_read(timeout=20)
        edges.passed(self.edge, ACTED)
        return parse(self, connection, command_name, **options)

    redis.Redis.execute_command, redis.Redis.parse_response = executing, parsing


def watch_files(edges: Edges) -> None:
    """Reports and decisions: written beside, then put in place."""
    put = Path.replace

    def putting(self, target):
        if self.suffix == ".md" or not str(target).endswith(".md"):
            return put(self, target)
        edge = edges.called(f"file {'DECISIONS.md' if 'DECISIONS' in str(target) else 'report'}")
        edges.passed(edge, BEFORE)
        done = put(self, target)
        edges.passed(edge, ANSWERED)
        return done

    Path.replace = putting


def watch_inbox(edges: Edges) -> None:
    """What is done for a command is named by it; that it is proven is a point of its own."""
    decide, tidy, check = CommandDecider.decide, InboxHandler.tidy_proofs, Proofs.check

    @contextmanager
    def doing(what):
        outer = getattr(edges.here, "operation", None)
        edges.here.operation, edges.here.claim = f"{ANSWERING} {what}", 0
        try:
            yield
        finally:
            edges.here.operation = outer or "start"

    def deciding(self, row, refusals):
        with doing(row.command):
            return decide(self, row, refusals)

    def tidying_up(self):
        with doing("tidy"):
            return tidy(self)

    def checking(self, row, command, now):
        proven = check(self, row, command, now)
        edges.passed(edges.numbered(f"inbox | {row.command}"), PROVEN)
        return proven

    CommandDecider.decide, InboxHandler.tidy_proofs, Proofs.check = deciding, tidying_up, checking


@contextmanager
def written(edges: Edges, words: str):
    """What is committed meanwhile is this."""
    edges.here.command = edges.numbered(f"log | {words}")
    try:
        yield
        edges.passed(edges.here.command, AFTER_COMMIT)
    finally:
        edges.here.command = None


def watch_log(edges: Edges, event_log: EventLog) -> None:
    """Whatever is written: commands, what is asked for and answered without an event, and what a worker says it is."""

    def watched(write, words):
        def writing(*given, **more):
            with written(edges, words(*given)):
                return write(*given, **more)

        return writing

    event_log.execute = watched(event_log.execute, lambda _incident, envelope: _command(envelope.body))
    Inbox.put = watched(Inbox.put, lambda _inbox, row: f"put {row.command}")
    Inbox.close = watched(Inbox.close, lambda *_: "answer")
    Inbox.refuse = watched(Inbox.refuse, lambda *_: "refuse")
    StreamLog.append = watched(StreamLog.append, lambda log, *_, **__: log.stream.name)
    Installation.publish = watched(Installation.publish, lambda *_: "publish")

    @event.listens_for(event_log.database.engine, "commit")
    def _committing(_connection):
        if getattr(edges.here, "command", None):
            edges.passed(edges.here.command, BEFORE_COMMIT)


def suffer(event_log: EventLog, trouble: Path) -> None:
    """SQLite as it is on a full disk, on a read-only one, or (`impatient`) waiting a third of a second for a lock."""

    @event.listens_for(event_log.database.engine, "checkout")
    def _suffer(connection: sqlite3.Connection, _record, _proxy):
        said = trouble.read_text() if trouble.exists() else ""
        connection.execute(f"PRAGMA query_only = {'ON' if said == READ_ONLY else 'OFF'}")
        connection.execute(f"PRAGMA max_page_count = {1 if said == FULL else 1073741823}").fetchall()
        connection.execute(f"PRAGMA busy_timeout = {300 if said == IMPATIENT else 10000}").fetchall()


def look_away(careless: str) -> None:
    """A bot that does not sweep, nor look (`NEVER_LOOKS`) before it makes a key: the checks must notice."""
    for module in (sweep,) if careless == NEVER_SWEEPS else (issue, sweep):
        module.unrecorded = lambda _job, _provider: []
        module.made_names = lambda _job: []


def hurry(application: Application, week: float) -> None:
    """Shortens what is waited for on other people's account, or so that others may have their turn."""
    lookups.A_SECOND = 50.0
    handler.TICK = TICK
    Intake.EVERY, news.FOLLOW_EVERY = TICK, timedelta(seconds=3 * TICK)
    card_publisher.PACE = 0.2
    if application.settings.slack_bot_token is not None:
        application.slack.gateway._bucket = lambda: Bucket(50.0, 50)
    if week:
        for kind, own in dict(TRAITS).items():
            share = week / own.looks_after_close[-1].total_seconds()
            looks = tuple(each * share for each in own.looks_after_close)
            dict.update(TRAITS, {kind: replace(own, looks_after_close=looks)})


# --- the process ----------------------------------------------------------------------------------------------------


def work(job: Job) -> None:
    out = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    configure("info", json=True, stream=sys.stderr)
    _identify(job.aws)
    edges = Edges(job.point, os.open(job.notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    watch_operations(edges)
    watch_publishing(edges)
    watch_news(edges)
    watch_http(edges, _systems(job.environ))
    watch_redis(edges)
    watch_files(edges)
    watch_inbox(edges)
    if job.careless:
        look_away(job.careless)
    application = Application.from_environment(job.environ)
    resolver = application.incidents.resolver
    resolver.timings = replace(resolver.timings, **job.timings)
    watch_list.TICK = card_dispatcher.TICK = TICK
    hurry(application, job.week)
    watch_log(edges, application.event_log)
    if job.trouble:
        suffer(application.event_log, Path(job.trouble))
    if job.ask is not None:
        _identify(job.environ)
        edges.here.operation = ASKING
        ask(application, job.ask)
        application.close()
        return
    worker: Worker = application.working.worker()
    if application.working.alerts.sources:  # of what runs beside a worker that serves, this alone
        worker.beside = (application.working.alerts.intake,)
    signal.signal(signal.SIGTERM, lambda *_: worker.stopping.set())
    worker.run()
    application.close()


def _identify(environ: dict[str, str]) -> None:
    os.environ.update({name: value for name, value in environ.items() if name.startswith("AWS_")})


def ask(application: Application, wanted: Ask) -> None:
    """What a front or a terminal does. A terminal's AWS identity is that of the job's environment."""
    if wanted.door == ROUND:
        _answer_all(application)
        return
    command = decode(wanted.command, wanted.arguments)
    if wanted.door == FRONT:
        asker: Asker = application.askers.by_slack(wanted.by)
        application.client.put(wanted.incident, command, asker, wanted.command_id)
        return
    terminal = Terminal(json=True)
    terminal.__dict__["application"] = application
    answered(terminal, wanted.incident, command, wanted.command_id)


def _answer_all(application: Application) -> None:
    """As a terminal that stands in for a worker, until nothing waits; then what was left of proofs is cleared away."""
    from bot.eventlog import open_leadership

    application.become_worker(serving=True)
    leadership = open_leadership(application.event_log.database)
    leadership.enlist()
    until = time.monotonic() + 30
    while application.event_log.inbox.waits() and time.monotonic() < until:
        application.working.commands.round()
        time.sleep(0.02)
    for _ in range(2):
        application.working.commands.tidy_proofs()
    leadership.resign()


def _systems(environ: dict[str, str]) -> dict[int, str]:
    named = {name: urlsplit(value).port for name, value in environ.items() if value.startswith("http://")}
    return {port: name.removeprefix("BOT_").partition("_")[0].lower() for name, port in named.items()}


def dumped(job: Job) -> str:
    return f"{json.dumps(asdict(job))}\n"


def loaded(line: str) -> Job:
    given = json.loads(line)
    return Job(**{**given, "ask": Ask(**given["ask"]) if given["ask"] else None})


if __name__ == "__main__":
    work(loaded(sys.stdin.readline()))
