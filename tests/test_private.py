"""Files of ours are their owner's alone, in folders that others can read, whatever the process's umask is."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from bot.cli.terminal import LOG, Terminal
from bot.eventlog import open_event_log, open_leadership
from bot.private import make_file, make_folder, open_to_append, write_file
from bot.report import filing


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder):
    """What stands below the folder, with its mode."""
    return {str(path.relative_to(folder)): mode(path) for path in sorted(folder.rglob("*"))}


@pytest.fixture(autouse=True)
def _no_second_line():
    """Without the umask that `bot` sets: each place has to do it by itself."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path):
    """One that was there before, and that everyone can read."""
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o755)
    return made


# --- the ways of making a file --------------------------------------------------------------------------------------


def test_a_folder_and_those_above_it(folder):
    assert make_folder(folder / "a" / "b") == folder / "a" / "b"
    assert modes(folder) == {"a": 0o700, "a/b": 0o700}
    assert mode(make_folder(folder)) == 0o755  # what is there stays as it is
    write_file(folder / "file", "")
    with pytest.raises(FileExistsError):
        make_folder(folder / "file")


def test_files(folder):
    write_file(folder / "written", "é")
    with open_to_append(folder / "appended") as file:
        file.write(b"1")
    make_file(folder / "made")
    assert modes(folder) == {"appended": 0o600, "made": 0o600, "written": 0o600}
    assert (folder / "written").read_text(encoding="utf-8") == "é"


def test_files_that_others_could_read_are_closed_to_them(folder):
    names = ("written", "appended", "made")
    for name in names:
        (folder / name).write_text("before\n")
        (folder / name).chmod(0o644)
    write_file(folder / "written", "after")
    open_to_append(folder / "appended").close()
    make_file(folder / "made")
    assert modes(folder) == dict.fromkeys(names, 0o600)
    assert [(folder / name).read_text() for name in names] == ["after", "before\n", "before\n"]


# --- what the bot makes ---------------------------------------------------------------------------------------------


def test_the_event_log_with_all_its_files(folder):
    event_log = open_event_log(f"sqlite:///{folder / 'incidents.sqlite'}")
    liveness = open_leadership(event_log.database, insistent=True)
    liveness.enlist()
    with event_log.database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE more (x INTEGER)")
        found = modes(folder)
    assert {"incidents.sqlite", "incidents.sqlite-wal", "incidents.sqlite-shm"} <= set(found)
    assert {"incidents.sqlite.worker", "incidents.sqlite.worker.id"} <= set(found)
    assert set(found.values()) == {0o600}
    liveness.resign()
    event_log.close()


def test_the_lock_of_a_worker_that_waits(folder):
    event_log = open_event_log(f"sqlite:///{folder / 'incidents.sqlite'}")
    holder = open_leadership(event_log.database)
    holder.enlist()
    waiting = open_leadership(event_log.database, insistent=True)
    taken = threading.Thread(target=waiting.enlist)
    taken.start()
    wanted = folder / "incidents.sqlite.worker.wanted"
    while not wanted.exists():
        taken.join(0.01)
    assert mode(wanted) == 0o600
    holder.resign()
    taken.join(10)
    waiting.resign()
    event_log.close()


def test_an_event_log_of_an_earlier_version_is_closed_to_others(folder):
    path = folder / "incidents.sqlite"
    open_event_log(f"sqlite:///{path}").close()
    path.chmod(0o644)
    open_event_log(f"sqlite:///{path}").close()
    assert mode(path) == 0o600


def test_many_that_make_the_event_log_at_once_lose_no_lock(folder):
    url, failed = f"sqlite:///{folder / 'incidents.sqlite'}", []

    def begin():
        try:
            open_event_log(url).close()
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert mode(folder / "incidents.sqlite") == 0o600


def test_reports_and_the_decisions_log(folder):
    filing.write("# Report\n", folder / "deep" / "reports", "inc_abcdef")
    entry = "<!-- inc_abcdef closed at 2026-11-25T03:00:00Z -->\n## One\n"
    filing.append_decision(folder / "docs" / "DECISIONS.md", entry)
    assert modes(folder) == {
        "deep": 0o700, "deep/reports": 0o700, "deep/reports/inc_abcdef.md": 0o600,
        "docs": 0o700, "docs/DECISIONS.md": 0o600,
    }  # fmt: skip


def test_a_decisions_log_that_is_there_keeps_its_readers(folder):
    path = folder / "DECISIONS.md"
    path.write_text("# Decisions\n")
    path.chmod(0o664)
    filing.append_decision(path, "<!-- inc_abcdef closed at 2026-11-25T03:00:00Z -->\n## One\n")
    assert mode(path) == 0o664


def test_the_log_of_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("BOT_DATA", str(tmp_path / "new" / "data"))
    terminal = Terminal()
    assert terminal.application
    terminal.close()
    assert modes(tmp_path) == {"new": 0o700, "new/data": 0o700, f"new/data/{LOG}": 0o600}


STARTED = """\
import os, resource, bot.__main__, bot.cli.entry
bot.cli.entry.run = lambda: print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE))
bot.__main__.main()
"""


@pytest.mark.process
def test_every_process_begins_with_its_doors_shut():
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("0o77 (0, 0)\n", 0), done.stderr
