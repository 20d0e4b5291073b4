"""The program beside the bot: what it says each minute is what the bot says of itself."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime

import pytest

from bot.metrics import Gauge, Metrics
from bot.settings.values import Address
from bot.web import HealthServer
from tests.deploy.evaluated import DEPLOY

DAY = datetime(2026, 12, 1, 3, 14, tzinfo=UTC)


@pytest.fixture
def program(monkeypatch):
    for name in ("MINUTE_BACKUPS", "MINUTE_RUNBOOK"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("minute", DEPLOY / "minute.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def bot(program, monkeypatch):
    """Runs a bot's pages of this state, and gives what is said of it."""

    def looked(*, works=1.0, database=True, missing=()):
        gauges = [Gauge("bot_worker_alive", "w", {(): works})]
        gauges += [Gauge("bot_open_incidents", "o", {(): 2.0})] if database else []
        metrics = Metrics()
        metrics.watch(lambda: gauges)
        server = HealthServer(Address("127.0.0.1", 0), lambda: missing, metrics.text)
        server.start()
        monkeypatch.setattr(program, "ADDRESS", str(server.address))
        try:
            return program.looked()
        finally:
            server.stop()

    return looked


def test_a_bot_that_works(bot):
    assert bot() == {"beat": 1, "works": 1, "database": 1, "ready": 1, "missing": []}


def test_a_bot_without_its_database(bot):
    said = bot(works=0.0, database=False, missing=["event log (PostgreSQL): no answer"])
    assert said == {"beat": 1, "works": 0, "database": 0, "ready": 0, "missing": ["event log (PostgreSQL): no answer"]}


def test_no_bot_at_all(program, monkeypatch):
    monkeypatch.setattr(program, "ADDRESS", "127.0.0.1:9")
    assert program.looked() == {"beat": 1, "works": 0, "database": 0, "ready": 0, "missing": []}


@pytest.fixture
def commands(program, monkeypatch):
    """The commands that were run; each ends with the status that stands in `ends`."""
    run, ends = [], {}
    monkeypatch.setattr(program, "looked", lambda: {"beat": 1})
    monkeypatch.setattr(program, "done", lambda *command: run.append(command) or ends.get(command[0], 1))
    return run, ends


def test_each_minute_has_a_backup_under_its_day_and_each_day_a_runbook(program, commands, monkeypatch):
    run, ends = commands
    monkeypatch.setenv("MINUTE_BACKUPS", "s3://backups")
    monkeypatch.setenv("MINUTE_RUNBOOK", "s3://runbook/leaked.md")
    ends["log"] = 0
    assert list(program.minute(DAY, "2026-11-30")) == [
        {"beat": 1}, {"backup": 0}, {"runbook": 1, "day": "2026-12-01"},
    ]  # fmt: skip
    assert list(program.minute(DAY, "2026-12-01")) == [{"beat": 1}, {"backup": 0}]
    assert run == [
        ("log", "backup", "s3://backups/2026-12-01.backup"),
        ("runbook", "--publish", "s3://runbook/leaked.md"),
        ("log", "backup", "s3://backups/2026-12-01.backup"),
    ]


def test_how_the_bot_is_does_not_wait_for_the_backup(program, commands, monkeypatch):
    monkeypatch.setenv("MINUTE_BACKUPS", "s3://backups")
    assert next(program.minute(DAY, "")) == {"beat": 1}
    assert commands[0] == []


def test_where_neither_is_set_nothing_is_run(program, commands):
    assert list(program.minute(DAY, "")) == [{"beat": 1}]
    assert commands[0] == []


def test_a_runbook_that_was_not_written_is_tried_again_and_one_that_was_is_not(program, commands, monkeypatch):
    run, ends = commands
    monkeypatch.setenv("MINUTE_RUNBOOK", "s3://runbook/leaked.md")
    outcomes = iter([0, 1, 1])
    counts = []

    def sleep(_seconds):
        counts.append(len(run))
        ends["runbook"] = next(outcomes, None)
        if ends["runbook"] is None:
            raise KeyboardInterrupt

    ends["runbook"] = 0
    monkeypatch.setattr(program.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        program.main()
    assert counts == [1, 2, 3, 3]


def test_what_it_says_is_one_line_of_json_and_the_bots_words_go_elsewhere(program, tmp_path, monkeypatch, capfd):
    fake = tmp_path / "bot"
    fake.write_text("#!/bin/sh\necho said; exit $STATUS\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for status, result in (("0", 1), ("3", 0)):
        monkeypatch.setenv("STATUS", status)
        assert program.done("log", "backup", "s3://a/b") == result
    monkeypatch.setenv("PATH", "/nowhere")
    assert program.done("log", "backup", "s3://a/b") == 0
    monkeypatch.setattr(program, "minute", lambda *_: [{"beat": 1}])
    monkeypatch.setattr(program.time, "sleep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        program.main()
    out, err = capfd.readouterr()
    assert json.loads(out) == {"beat": 1}
    assert err == "said\nsaid\n"
