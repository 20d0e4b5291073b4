"""A practice installation that is attacked: a worker that is a process of its own, people at terminals, a front, and
someone who can write the database as they like.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
import uuid
from contextlib import closing, contextmanager
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import astuple

from bot.app import Application
from bot.drill.fakes.serving import Served, free_port
from bot.drill.fakes.slack import FakeSlack
from bot.eventlog import Seal
from bot.eventlog.chain import StoredEvent, digest_of, digest_of_data, link
from bot.eventlog.forms import format_time, parse_time
from bot.eventlog.projections import summary_values
from bot.eventlog.stream import Stream
from bot.incident.codec import CODEC
from bot.incident.evolve import evolve
from bot.vault.own import COMMAND_KEY, WORKER_KEY, all_keys, read_key
from tests.cli.conftest import say
from tests.support.bots import Bot, start_bot
from tests.support.practice import Practice, practice
from tests.support.sshkeys import make, public

RIGHTS = {"ada": "respond, approve, command", "ben": "respond, approve", "mallory": "respond", "guest": ""}
"""Who stands in the worker's people file. `mallory` is a responder who wants more."""
COLUMNS = StoredEvent.__struct_fields__
INBOX = "command_id, attempt, incident, at, claims, command, arguments, proof_kind, proof"


def wait_for(holds, seconds=90.0, why=lambda: ""):
    """What `holds()` gave once it is true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s. {why()}"
        time.sleep(0.05)
    return found


@dataclass
class Scene:
    """The world of one module, with a database for each test (`fresh`)."""

    world: Practice
    slack: FakeSlack
    slack_url: str
    folder: Path
    people: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    users: dict = field(default_factory=dict)
    worker: Bot | None = None
    opened: list = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in RIGHTS:
            self.people[name] = self.world.aws.create_person(name)
            self.keys[name] = make(self.folder, name, "-t", "ed25519")
            self.users[name] = self.slack.workspace.add_user(name).id
        self.people_file = self.write_people("people", **RIGHTS)

    def write_people(self, name, **rights):
        """A people file with these rights; who is not named has none of them."""
        path = self.folder / f"{name}.yaml"
        lines = [
            f"{one}:\n  principal: {self.people[one].arn}\n  slack: {self.users[one]}\n"
            f"  keys: [{public(self.keys[one])}]\n  rights: [{rights[one]}]\n"
            for one in rights
        ]
        path.write_text("".join(lines))
        return path

    def fresh(self, data):
        """Another database, which no worker has seen."""
        self.end()
        self.world.pagerduty._alerts.clear()
        self.data = data
        self.log = data / "worker.log"

    @property
    def database(self):
        return self.data / "incidents.sqlite"

    def environ(self, by, **changes):
        keys = self.people[by]
        own = {
            **self.world.environ,
            "BOT_DATA": str(self.data),
            "BOT_PEOPLE": str(self.people_file),
            "AWS_ACCESS_KEY_ID": keys.key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret.reveal(),
            "AWS_DEFAULT_REGION": "eu-west-1",
            **changes,
        }
        return {name: value for name, value in own.items() if value}

    # --- the worker -------------------------------------------------------------------------------------------------

    def work(self, **changes):
        """Starts `bot work` and waits until it is enlisted."""
        surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BOT_", "SLACK_"))}
        own = {
            **surroundings,
            **self.environ("ada"),
            "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
            "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}",
            "SLACK_BOT_TOKEN": self.slack.token,
            "SLACK_API_URL": f"{self.slack_url}/api",
            **changes,
        }
        said = self.log.read_text().count("worker enlisted") if self.log.exists() else 0
        self.worker = start_bot(["work"], own, self.log)
        wait_for(lambda: self.log.read_text().count("worker enlisted") > said, 60, self.log.read_text)

    def freeze(self):
        """Stops the worker where it stands, but not inside a transaction: that would hold the file's lock."""
        while True:
            self.worker.send_signal(signal.SIGSTOP)
            # A thread inside a system call ends it first, and that call may be the one that takes the lock.
            wait_for(lambda: threads_of(self.worker.pid) <= {"T"})
            try:
                with closing(sqlite3.connect(self.database, timeout=0.5, isolation_level=None)) as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                self.thaw()
                time.sleep(0.1)
            else:
                return

    def thaw(self):
        self.worker.send_signal(signal.SIGCONT)

    def stop(self):
        """Ends the worker in order."""
        if self.worker is not None:
            self.worker.send_signal(signal.SIGTERM)
            assert self.worker.wait(30) == 0, self.log.read_text()
            self.worker = None

    def end(self):
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()
            self.worker = None
        for application in self.opened:
            application.close()
        self.opened.clear()

    # --- people -----------------------------------------------------------------------------------------------------

    def bot(self, *arguments, by="ada", stdin="", terminal=False, **changes):
        return say(*arguments, environ=self.environ(by, **changes), stdin=stdin, terminal=terminal)

    def declare(self, *names, by="ada", **changes):
        """Declares at a terminal, as kill first, without waiting; the incident's id."""
        said = self.bot("declare", *names, "-e", "production", "-n", "a gist", "--public", "--strategy", "revoke-first",
                        "--no-wait", "--json", by=by, **changes)  # fmt: skip
        assert said.status == 0, said.err
        return said.document["incident"]

    def application(self, by, **changes):
        """The program at someone's terminal, inside this process. Sign within `as_person`."""
        made = Application.from_environment(self.environ(by, **changes))
        self.opened.append(made)
        return made

    @contextmanager
    def as_person(self, by):
        """boto3 reads its credentials from the process."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", self.people[by].key_id)
            patch.setenv("AWS_SECRET_ACCESS_KEY", self.people[by].secret.reveal())
            yield

    def put(self, kind, by, incident, command, command_id=None):
        """Leaves a command in the inbox with an honest proof of this kind; its id. Nobody waits for the answer."""
        command_id = command_id or f"test-{uuid.uuid4().hex}"
        settings = {"BOT_SSH_KEY": str(self.keys[by]), "BOT_PERSON": by} if kind == "ssh" else {}
        if kind == "slack":
            settings["BOT_COMMAND_KEY"] = read_key(self.world.app.outside.aws, COMMAND_KEY).reveal()
        application = self.application(by, **settings)
        with self.as_person(by):
            asker = application.askers.by_slack(self.users[by]) if kind == "slack" else application.askers.here()
            application.client.put(incident, command, asker, command_id)
        return command_id

    def answer(self, command_id, seconds=90.0):
        """A worker's answer."""
        inbox = self.reader.event_log.inbox
        return wait_for(lambda: inbox.answer(command_id), seconds, self.log.read_text)

    @property
    def reader(self):
        """The test's own eyes: reads, and holds no key."""
        if not hasattr(self, "_reader") or self._reader not in self.opened:
            self._reader = self.application("ada")
        return self._reader

    def state(self, incident):
        return self.reader.event_log.look(incident).incident

    def wait(self, incident, holds, seconds=90.0):
        return wait_for(lambda: holds(self.state(incident)), seconds, self.log.read_text)

    def kinds(self, incident):
        """The kinds of its events, in order."""
        return [kind for (kind,) in self.sql("SELECT kind FROM events WHERE stream=? ORDER BY seq", incident)]

    def alert(self, key):
        return self.world.pagerduty.alert(key)

    def said_in_slack(self):
        """All texts of all messages."""
        channels = list(self.slack.workspace.channels.values())
        return [message["text"] for channel in channels for message in list(channel.messages)]

    # --- who can write the database ---------------------------------------------------------------------------------

    @contextmanager
    def editing(self):
        """One transaction beside the program, as whoever has the file can make it."""
        connection = sqlite3.connect(self.database, timeout=20, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()

    def sql(self, statement, *values):
        with self.editing() as connection:
            return connection.execute(statement, values).fetchall()

    def rows(self, incident, connection=None):
        query = f"SELECT {', '.join(COLUMNS)} FROM events WHERE stream=? ORDER BY seq"
        found = (
            connection.execute(query, [incident]).fetchall() if connection is not None else self.sql(query, incident)
        )
        return [StoredEvent(*row) for row in found]

    def forge(self, incident, *events, actor="bot", seal=None):
        """Appends events as a worker would, but for the seal: chain, digests and summary are right."""
        with self.editing() as connection:
            stored = self.rows(incident, connection)
            after, at = (stored[-1].seq, stored[-1].digest), max(datetime.now(UTC), parse_time(stored[-1].at))
            new = link(incident, after, events, CODEC, at=at, actor=actor, command_id=uuid.uuid4().hex)
            new = [replace(row, seal=seal) for row in new]
            self.insert(connection, new)
            self.fit_summary(connection, incident)
        return new

    def rewrite(self, incident, changed, keep_seals=True):
        """Writes the whole log anew, with fresh digests, each row as `changed(row)` makes it."""
        with self.editing() as connection:
            stored, previous, new = self.rows(incident, connection), "", []
            for row in stored:
                made = replace(changed(row), previous=previous, seal=row.seal if keep_seals else None)
                made = replace(made, data_digest=digest_of_data(made.salt, made.data))
                made = replace(made, digest=digest_of(made))
                previous = made.digest
                new.append(made)
            connection.execute("DELETE FROM events WHERE stream=?", [incident])
            self.insert(connection, new)
            self.fit_summary(connection, incident)

    def insert(self, connection, rows):
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(
            f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({marks})", [astuple(row) for row in rows]
        )

    def fit_summary(self, connection, incident):
        """Puts the summary right for the log as it stands."""
        stored = self.rows(incident, connection)
        values = summary_values(Stream(incident, CODEC, None, evolve).longest(stored).state, stored[-1])
        names = ", ".join(f"{name}=?" for name in values)
        connection.execute(f"UPDATE incidents SET {names} WHERE incident=?", [*values.values(), incident])

    def garbage(self, number, **changes):
        """So many rows in the inbox that nobody proved, in one transaction."""
        at = format_time(datetime.now(UTC))
        usual = {"attempt": 0, "incident": "inc_aaaaaa", "at": at, "claims": "slack:U0MALLORY", "command": "add-note",
                 "arguments": '{"text":"x"}', "proof_kind": "slack", "proof": "v1:" + "0" * 64} | changes  # fmt: skip
        with self.editing() as connection:
            connection.executemany(
                f"INSERT INTO commands ({INBOX}) VALUES (:command_id, :attempt, :incident, :at, :claims, :command,"
                " :arguments, :proof_kind, :proof)",
                [{"command_id": f"garbage-{uuid.uuid4().hex}", **usual} for _ in range(number)],
            )

    def waiting(self):
        return self.sql("SELECT count(*) FROM commands WHERE state='waiting'")[0][0]

    @property
    def seal(self):
        """The workers' own, to look with."""
        return Seal(all_keys(self.world.app.outside.aws, WORKER_KEY, None))


@contextmanager
def scene(folder):
    """A world with everyone in it; no database yet."""
    slack = FakeSlack(rate_limited=False)
    with pytest.MonkeyPatch.context() as patch, practice(folder, patch) as world, Served(slack.application) as served:
        made = Scene(world, slack, served.url, folder)
        try:
            yield made
        finally:
            made.end()


def threads_of(pid):
    """The states of a process's threads, as Linux tells them: ``T`` is stopped by a signal."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return {stat.rpartition(")")[2].split()[0] for stat in stats}
