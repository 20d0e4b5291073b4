import os
import signal
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from bot.errors import ConfigurationError, LogUnavailable, Misuse
from bot.eventlog import Database, LostLock, open_leadership
from bot.eventlog.leadership import FileLeadership
from tests.support.machine import overloaded


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def leadership(database):
    leadership = open_leadership(database)
    yield leadership
    leadership.resign()


def until(condition, seconds=60.0):
    """Waits for another process; the time it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        time.sleep(0.02)
    return time.monotonic() - begun


def test_a_worker_is_alive_from_enlisting_to_resigning(database, leadership):
    observer = open_leadership(database)
    assert observer.living() == frozenset()
    worker = leadership.enlist()
    leadership.check(worker)
    for asked in (leadership, observer):
        assert asked.living() == {worker}
    assert not leadership.wanted()
    leadership.resign()
    leadership.resign()
    assert observer.living() == frozenset()
    with pytest.raises(LostLock):
        leadership.check(worker)


def test_every_enlisting_is_a_new_worker(leadership):
    first = leadership.enlist()
    leadership.resign()
    second = leadership.enlist()
    assert first != second
    assert leadership.living() == {second}
    leadership.check(second)
    with pytest.raises(LostLock):
        leadership.check(first)


@pytest.mark.process
def test_a_killed_worker_is_dead_at_once(database_url, database, leadership, start):
    child = start("work", database_url)
    worker = child.stdout.readline().strip()
    assert leadership.living() == {worker}
    child.kill()
    child.wait()
    assert until(lambda: worker not in leadership.living()) < 2 or overloaded()
    mine = leadership.enlist()
    assert leadership.living() == {mine}


@pytest.mark.process
def test_a_second_worker_on_sqlite_is_told_what_to_do(sqlite_url, start):
    child = start("work", sqlite_url)
    worker = child.stdout.readline().strip()
    second = open_leadership(Database(sqlite_url))
    with pytest.raises(Misuse, match=r"another worker already runs.*BOT_DATABASE_URL"):
        second.enlist()
    assert second.living() == {worker}
    child.stdin.write("check\n")
    child.stdin.flush()
    assert child.stdout.readline() == "held\n"
    child.stdin.close()
    child.wait()
    assert second.enlist() != worker
    second.resign()


@pytest.mark.process
def test_a_terminals_worker_gives_way_to_an_insistent_one(sqlite_url, start):
    child = start("give-way", sqlite_url)
    worker = child.stdout.readline().strip()
    serve = open_leadership(Database(sqlite_url), insistent=True)
    mine = serve.enlist()
    assert child.wait(5) == 0
    assert serve.living() == {mine} != {worker}
    assert not serve.wanted()
    serve.resign()


def test_an_insistent_worker_gives_up_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.eventlog.leadership._MOMENT", 0.05)
    path = tmp_path / "incidents.db"
    first = FileLeadership(path)
    holder = first.enlist()
    waiting = FileLeadership(path, insistent=True, patience=0.6)
    with_result = []

    def wait():
        try:
            waiting.enlist()
        except Misuse as error:
            with_result.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    until(first.wanted)
    third = FileLeadership(path, insistent=True, patience=0.0)
    with pytest.raises(Misuse):
        third.enlist()  # someone else is next
    thread.join()
    assert len(with_result) == 1
    first.check(holder)
    first.resign()


@pytest.mark.parametrize(
    ("stays", "said"), [(True, "in case it is ending"), (False, "asked to give way")], ids=["a-service", "a-terminal"]
)
def test_whoever_waits_says_at_once_for_whom_and_how_long(tmp_path, monkeypatch, stays, said):
    monkeypatch.setattr("bot.eventlog.leadership._MOMENT", 0.05)
    holder = FileLeadership(tmp_path / "incidents.db", insistent=stays)
    holder.enlist()

    with capture_logs() as lines, pytest.raises(Misuse):
        FileLeadership(tmp_path / "incidents.db", insistent=True, patience=0.1).enlist()

    (line,) = lines
    assert said in line["event"]
    assert line["waits_seconds"] == 0.1
    assert line.get("process") == (str(os.getpid()) if stays else None)
    holder.resign()


def test_a_lock_file_that_was_taken_away_is_a_lost_lock(tmp_path):
    path = tmp_path / "incidents.db"
    leadership = FileLeadership(path)
    worker = leadership.enlist()
    lock = Path(f"{path}.worker")
    lock.unlink()
    with pytest.raises(LostLock, match=r"incidents\.db\.worker"):
        leadership.check(worker)
    another = FileLeadership(path)
    second = another.enlist()
    with pytest.raises(LostLock):
        leadership.check(worker)
    another.check(second)
    another.resign()
    leadership.resign()


def test_a_lock_without_a_name_yet_belongs_to_nobody_known(tmp_path):
    path = tmp_path / "incidents.db"
    leadership = FileLeadership(path)
    leadership.enlist()
    Path(f"{path}.worker.id").unlink()
    assert FileLeadership(path).living() == frozenset()
    leadership.resign()


def test_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LogUnavailable, match="cannot be made"):
        FileLeadership(tmp_path / "file" / "incidents.db").enlist()


def test_workers_on_postgres_run_side_by_side(postgres_url):
    database = Database(postgres_url)
    workers = [open_leadership(database, insistent=True) for _ in range(3)]
    ids = {worker.enlist() for worker in workers}
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SELECT pg_advisory_lock(42), pg_advisory_lock(1, 2)")  # another program's locks
        assert workers[0].living() == ids
    workers[0].resign()
    assert len(workers[1].living()) == 2
    for worker in workers:
        worker.resign()
    database.close()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("drawn", [0, 1, 2**46, 2**47 - 1])
def test_a_worker_that_serves_comes_before_a_terminals_whatever_their_draws(postgres_url, monkeypatch, first, drawn):
    database = Database(postgres_url)
    observer = open_leadership(database)
    workers = {insistent: open_leadership(database, insistent=insistent) for insistent in (first, not first)}
    ids = {}
    for insistent, worker in workers.items():
        draw = (lambda bits: 2**bits - 1 - drawn) if insistent else (lambda _bits: drawn)
        monkeypatch.setattr("bot.eventlog.leadership.secrets.randbits", draw)
        ids[insistent] = worker.enlist()
    assert min(observer.living()) == ids[True]
    assert observer.living() == {*ids.values()}
    for worker in workers.values():
        worker.resign()
    database.close()


def test_workers_of_another_database_are_not_ours(postgres_url, postgres_server):
    database, elsewhere = Database(postgres_url), Database(postgres_server.get_uri())
    leadership = open_leadership(elsewhere)
    leadership.enlist()
    assert open_leadership(database).living() == frozenset()
    leadership.resign()
    database.close()
    elsewhere.close()


@pytest.mark.process
def test_a_stopped_worker_on_postgres_loses_its_lock_and_learns_of_it(postgres_url, start):
    database = Database(postgres_url)
    observer = open_leadership(database)
    child = start("work", postgres_url)
    worker = child.stdout.readline().strip()
    os.kill(child.pid, signal.SIGSTOP)
    assert 1 < until(lambda: worker not in observer.living()) < 5
    child.stdin.write("check\n")
    child.stdin.flush()
    os.kill(child.pid, signal.SIGCONT)
    assert child.stdout.readline() == "LostLock\n"
    database.close()


def test_a_worker_is_kept_alive_beyond_the_idle_time(postgres_url, monkeypatch):
    monkeypatch.setattr("bot.eventlog.leadership.IDLE_SECONDS", 0.4)
    monkeypatch.setattr("bot.eventlog.leadership.TOUCH_SECONDS", 0.1)
    database = Database(postgres_url)
    leadership = open_leadership(database)
    worker = leadership.enlist()
    threading.Event().wait(1.0)
    leadership.check(worker)
    assert worker in leadership.living()
    leadership.resign()
    database.close()


def test_a_lost_session_means_a_new_worker(postgres_url):
    database = Database(postgres_url)
    leadership = open_leadership(database)
    first = leadership.enlist()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    until(lambda: first not in leadership.living())
    with pytest.raises(LostLock):
        leadership.check(first)
    second = leadership.enlist()
    assert leadership.living() == {second} != {first}
    leadership.check(second)
    leadership.resign()
    database.close()


def test_a_server_that_is_not_there(tmp_path):
    database = Database(f"postgresql://bot:hunter2@/bot?host={tmp_path}")
    with pytest.raises(LogUnavailable) as raised:
        open_leadership(database).enlist()
    assert "hunter2" not in str(raised.value)


def test_a_server_that_is_too_old(postgres_url, monkeypatch):
    monkeypatch.setattr("bot.eventlog.leadership.IDLE_SECONDS", "not a time")
    database = Database(postgres_url)
    with pytest.raises(LogUnavailable, match="could not be taken"):
        open_leadership(database).enlist()


class Pooler(threading.Thread):
    """Stands before the server as PgBouncer does: the process id in BackendKeyData is of its own making.

    Source: PostgreSQL manual, "Message Formats" (type byte, length that counts itself, body).
    """

    def __init__(self, folder, server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        self.listener.listen()

    def run(self):
        client, _ = self.listener.accept()
        with self.listener, client, socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(self.server)
            threading.Thread(target=self.pump, args=(client, upstream), daemon=True).start()
            with upstream.makefile("rb") as answers:
                while head := answers.read(5):
                    kind, length = struct.unpack("!ci", head)
                    body = answers.read(length - 4)
                    if kind == b"K":
                        body = struct.pack("!i", 1) + body[4:]
                    client.sendall(head + body)

    @staticmethod
    def pump(source, target) -> None:
        with suppress(OSError):  # either end may be closed by the time the last bytes come
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_RDWR)


def test_a_pooler_is_refused(postgres_url, postgres_server, tmp_path):
    folder = postgres_server.get_postmaster_info().socket_dir
    pooler = Pooler(tmp_path, f"{folder}/.s.PGSQL.5432")
    pooler.start()
    database = Database(f"postgresql://postgres@/postgres?host={tmp_path}")
    with pytest.raises(ConfigurationError, match="pooler is between"):
        open_leadership(database).enlist()
    pooler.join(5)
    assert not pooler.is_alive()
