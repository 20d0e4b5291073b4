"""One process of a kind in a folder, by a lock that ends with it however it ends."""

import os
import signal
import subprocess
import sys
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from bot.cli.documents import incident_document
from bot.drill import processes, terminal_commands
from bot.drill.locks import take, taken
from bot.drill.narrator import Narrator
from bot.drill.processes import WORLD_LOCK, DidNotStart, await_world, launch_world, world_lives
from bot.drill.run import DRILL_LOCK, Drill, DrillOptions
from bot.drill.terminal_commands import COMMANDS, type_command
from bot.errors import Misuse


@pytest.fixture
def long_lived(monkeypatch):
    """Instead of practice worlds, processes that take no part in anything; all are ended in the end."""
    started, popen = [], subprocess.Popen

    def start(_command, *args, **more):
        process = popen([sys.executable, "-c", "import time; time.sleep(600)"], *args, **more)
        started.append(process)
        return process

    monkeypatch.setattr(processes.subprocess, "Popen", start)
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_what_is_taken_is_seen_and_had_by_nobody_else(tmp_path):
    path = tmp_path / "lock"
    assert not taken(path)
    with take(path):
        assert taken(path)
        assert take(path) is None
    assert not taken(path)
    take(path).close()


def test_a_second_world_does_not_start_before_the_first_is_ready(tmp_path, long_lived):
    first = launch_world(tmp_path)
    assert launch_world(tmp_path) is None
    assert world_lives(tmp_path)
    assert long_lived == [first]


def test_a_world_that_was_killed_stands_in_nobodys_way(tmp_path, long_lived):
    launch_world(tmp_path).send_signal(signal.SIGKILL)
    long_lived[0].wait()
    assert not world_lives(tmp_path)
    assert launch_world(tmp_path) is not None


def test_the_world_of_an_earlier_drill_is_waited_for(tmp_path, long_lived, monkeypatch):
    launch_world(tmp_path)
    monkeypatch.setattr(processes, "READY", 0.2)
    with pytest.raises(DidNotStart):
        await_world(tmp_path, None)
    assert long_lived[0].poll() is None  # it is not ours to end
    long_lived[0].kill()
    long_lived[0].wait()
    monkeypatch.setattr(processes, "READY", 600.0)
    with pytest.raises(DidNotStart):
        await_world(tmp_path, None)


def test_one_drill_plays_in_a_folder(tmp_path, monkeypatch):
    (tmp_path / WORLD_LOCK).touch()
    with take(tmp_path / DRILL_LOCK), pytest.raises(Misuse, match="Another `bot drill` is playing"):
        Drill(DrillOptions(tmp_path), Narrator(None), incident_document).run()


def test_commands_and_their_answers_are_kept_and_what_was_typed_in_is_not(tmp_path, monkeypatch):
    done = CompletedProcess([], 3, "taken 8\n", "a warning\n")
    monkeypatch.setattr(terminal_commands, "look", lambda *_, **__: done)
    assert type_command(tmp_path, "eli", "submit", "inc_abcdef", "a secret", typed="sk-value\n", environ={}) is done
    kept = (tmp_path / COMMANDS).read_text()
    assert "eli: bot submit inc_abcdef 'a secret'\n  taken 8\n  a warning\n  exit status 3\n" in kept
    assert "sk-value" not in kept


@pytest.mark.parametrize(
    ("line", "typed", "status", "out", "err"),
    [(["--version"], "", 0, "bot ", ""), (["serve", "--no-such"], "", 2, "", "--no-such")],
)
def test_a_command_runs_with_its_own_surroundings_and_answers_with_what_it_said(
    line, typed, status, out, err, monkeypatch
):
    said = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr("bot.private.keep_private", lambda: None)
    with pytest.raises(SystemExit) as ended:
        terminal_commands.run_line(SimpleNamespace(send=said.append), line, typed, dict(os.environ))
    assert ended.value.code == status
    assert said[0][0].startswith(out)
    assert err in said[0][1]
