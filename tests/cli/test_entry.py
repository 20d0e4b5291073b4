"""The program as a whole: help, options that every command has, exit statuses, errors as one sentence."""

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.command import command, common
from bot.cli.commands import GROUPS, index, names
from bot.cli.entry import app
from bot.data_files import digest_of_playbooks, shipped
from bot.errors import Misuse, Unreachable
from bot.eventlog import Facts, open_event_log
from tests.cli.conftest import say
from tests.support.event_logs import SEAL

HEAVY = ("boto3", "slack_bolt", "slack_sdk", "sqlalchemy", "pydantic", "redis", "requests", "structlog", "rich.console")
NOT_FOR_A_LIST = (
    "alembic", "boto3", "botocore", "flask", "jinja2", "prometheus_client", "pydantic_settings", "redis", "requests",
    "rich", "slack_bolt", "slack_sdk", "sqlalchemy.dialects.postgresql", "structlog", "waitress", "werkzeug", "yaml",
    "bot.documents", "bot.eventlog.sql", "bot.net.http", "bot.incident.commands", "bot.incident.events",
    "bot.incident.state", "bot.people", "bot.catalog", "bot.planned.rules", "bot.providers", "bot.inbox",
    "bot.rotation", "bot.slack", "bot.worker.worker",
)  # fmt: skip
COMMANDS = [*names(), *GROUPS]


@pytest.mark.process
def test_the_program_and_a_list_of_incidents_wait_for_nothing_that_they_do_not_need(tmp_path):
    event_log = open_event_log(f"sqlite:///{tmp_path / 'incidents.sqlite'}")
    event_log.installation.publish(Facts("practice", catalog=digest_of_playbooks(shipped("playbooks"))), SEAL)
    event_log.close()
    script = f"""
import contextlib, io, sys, bot.cli.entry
print([name for name in {HEAVY!r} if name in sys.modules])
bot.cli.entry.run(["list", "--json"])
with contextlib.redirect_stdout(io.StringIO()):
    bot.cli.entry.run(["list"])  # nobody watches: it is written plainly
print([name for name in {NOT_FOR_A_LIST!r} if name in sys.modules])
"""
    environ = {"PATH": os.environ["PATH"], "BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": str(shipped("playbooks"))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.split() == ["[]", "[]", "[]"]  # what is imported before, the incidents, what is imported after


@pytest.mark.process
def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "bot", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("No such command 'nonsense'")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "--help" in result.output


def test_without_arguments_the_help_is_printed():
    said = say()
    assert said.status == 2
    assert said.out == index()


def test_a_wrong_command_suggests_the_right_one():
    said = say("shwo")
    assert (said.status, said.out) == (2, "")
    assert said.err == "No such command 'shwo'. Did you mean 'show'? See `bot --help`.\n"


def test_a_missing_argument_is_one_sentence_and_json_if_asked_for():
    said = say("show", "--json")
    assert said.status == 2
    assert said.error == "Missing argument 'INCIDENT'. See `bot show --help`."


def test_a_secret_among_the_arguments_is_not_repeated():
    said = say("list", "sk-proj-" + "a" * 40)
    assert said.status == 2
    assert "aaaa" not in said.err
    assert "[OpenAI API key]" in said.err


@pytest.mark.parametrize(
    "given", [("--drill", "/tmp/a", "--as", "dana", "show"), ("show", "--drill", "/tmp/a", "--as", "dana")]
)
def test_what_to_type_after_a_mistake_is_of_the_practice_world_that_was_named(given):
    assert "--drill /tmp/a --as dana show --help`" in say(*given).err
    assert "--drill /tmp/a --as dana --help`" in say("--drill", "/tmp/a", "--as", "dana", "shwo").err


def test_drill_and_as_belong_together(tmp_path):
    said = say("list", "--drill", str(tmp_path))
    assert said.status == 2
    assert "--as NAME" in said.err


def test_a_drill_that_is_over_says_so(tmp_path):
    said = say("--drill", str(tmp_path), "--as", "alice", "list")
    assert said.status == 2
    assert "No drill is running" in said.err


def attempt(function, *arguments):
    """The exit status and output of a command of this body."""
    practice = typer.Typer()
    practice.callback()(common)
    practice.command("try")(command(function))
    return CliRunner().invoke(practice, [*arguments])


def raising(error):
    def body(terminal):
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Misuse("Say which."), 2, "Say which.\n"),
        (Unreachable("ssm", "read /a", "no answer"), 1, "ssm: read /a: no answer\n"),
        (KeyError("hunter2-is-the-password"), 1, "Unexpected KeyError; please report it.\n"),
        (PermissionError("hunter2-is-the-password"), 1, "Unexpected PermissionError; please report it.\n"),
        (typer.Abort(), 130, "Stopped at the question. Nothing changed.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_become_a_sentence_and_a_status(error, status, told):
    result = attempt(raising(error), "try")
    assert (result.exit_code, result.stderr) == (status, told)
    assert "hunter2" not in result.output


def test_a_status_is_passed_on_and_nothing_means_done():
    assert attempt(lambda terminal: 3, "try").exit_code == 3
    assert attempt(lambda terminal: None, "try").exit_code == 0


@pytest.mark.parametrize("arguments", [("--json", "try"), ("try", "--json")])
def test_common_options_stand_before_or_behind_the_command(arguments):
    result = attempt(lambda terminal: terminal.document({"json": terminal.json}), *arguments)
    assert result.output == '{\n  "json": true,\n  "warnings": []\n}\n'


def test_what_is_said_on_the_side_is_in_the_document_or_comes_last():
    def tries(terminal):
        terminal.hint("Only people read this.")
        terminal.hint("No worker runs.", warns=True)
        terminal.document({"done": True})
        terminal.hint("Stopped.", warns=True)

    result = attempt(tries, "try", "--json")
    assert json.loads(result.stdout) == {"done": True, "warnings": ["No worker runs."]}
    assert json.loads(result.stderr) == {"warnings": ["Stopped."]}


def test_what_cannot_be_json_is_a_mistake_of_ours():
    result = attempt(lambda terminal: terminal.document(object()), "try", "--json")
    assert result.exit_code == 1
    assert "TypeError" in result.stderr


def test_an_unexpected_error_leaves_its_places_but_no_text_in_the_log(tmp_path, monkeypatch):
    monkeypatch.setenv("BOT_DATA", str(tmp_path))

    def body(terminal):
        assert terminal.application
        raise RuntimeError("hunter2-is-the-password")

    result = attempt(body, "try")

    log = (tmp_path / "bot.log").read_text()
    assert f"details are in {tmp_path / 'bot.log'}" in result.stderr.replace("\n", "")
    assert "RuntimeError" in log
    assert "test_entry.py" in log
    assert "hunter2" not in log
    assert (tmp_path / "bot.log").stat().st_mode & 0o777 == 0o600


def test_text_of_people_cannot_steer_the_terminal():
    result = attempt(lambda terminal: terminal.say("\x1b[2Jcleared\u202e"), "try")
    assert result.output == "[2Jcleared\n"


@pytest.mark.parametrize(
    "arguments", [("show", "inc_\udce9"), ("note", "inc_ab12cd", "caf\udce9"), ("list", "--as=\udce9")]
)
def test_an_argument_that_is_not_utf8_is_misuse(arguments):
    said = say(*arguments)
    assert (said.status, "is not UTF-8" in said.err, "Unexpected" in said.err) == (2, True, False)
    assert f"Argument {len(arguments)} is not UTF-8" in say(*arguments, "--json").error


def test_a_file_whose_name_is_not_utf8_is_not_refused(tmp_path):
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    for arguments in ((folder,), ("--dotenv", folder), (f"--dotenv={folder}",)):
        assert "is not UTF-8" not in say("news", "scan-repo", *arguments).err
