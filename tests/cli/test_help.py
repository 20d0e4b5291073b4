"""What help says: of every command two examples that can be typed as they stand, and nothing that a net has changed."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from click import Context
from typer.testing import CliRunner

from bot.cli.commands import EVERYWHERE, GROUPS, INDEX, index, names, told_of
from bot.cli.entry import app, made
from bot.secrets.keyshapes import redact
from bot.settings.model import settings_table

EXAMPLES = {name: told_of(name)[1] for name in names()}


HEAVY = {
    "bot.eventlog",
    "bot.incident.commands",
    "bot.incident.events",
    "bot.catalog",
    "bot.inbox",
    "bot.rotation",
    "boto3",
    "typer",
    "rich",
    "pydantic",
    "requests",
    "slack_bolt",
    "sqlalchemy",
    "structlog",
    "yaml",
}
"""Each takes longer to import than the whole of `bot --help` may."""


def helped(*command):
    return " ".join(CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "300"}).output.split())


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_command_has_an_example_and_says_where_the_common_options_stand(name):
    text = helped(*name.split())
    assert EXAMPLES[name]
    assert [example for example in EXAMPLES[name] if example not in text] == []
    assert EVERYWHERE in text
    assert redact(text) == text


@pytest.mark.parametrize("example", [example for two in EXAMPLES.values() for example in two])
def test_an_example_can_be_typed_as_it_stands(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / ".env").touch()
    words = shlex.split(example.partition(" > ")[0])
    name, *rest = words[words.index("bot") + 1 :]
    group = typer.main.get_command(app)
    command = group.get_command(None, name)
    if hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        inner, *rest = rest
        command = command.get_command(None, inner)
    assert command.make_context(name, rest).params["json"] in {True, False}


def test_what_an_example_names_is_called_so_in_an_incident():
    examples = [shlex.split(example) for every in EXAMPLES.values() for example in every]
    heads = [words[words.index("--head") + 1] for words in examples if "--head" in words]
    assert heads
    assert all(re.fullmatch(r"[1-9][0-9]*:[0-9a-f]{64}", head) for head in heads)


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_says_revoke_and_keeps_the_other_word_for_names_of_commands_and_strategies(name):
    text = helped(*name.split())
    for known in ("bot revoke", "revoke-first"):
        text = text.replace(known, "")
    assert name == "kill" or not re.search(r"\bkill", text, re.IGNORECASE)


@pytest.mark.parametrize("page", ["rotation", "rights"])
def test_so_do_the_pages_on_what_ends_an_old_value(page):
    text = (Path(__file__).parents[2] / "docs" / f"{page}.md").read_text()
    assert not re.search(r"\bkill", text.replace("*Revoke now*", ""), re.IGNORECASE)


def test_help_names_no_alert_that_nobody_has_named():
    assert "default: 0" not in helped("news", "alerts")
    assert "as its source says by default" in helped("news", "alerts")


def test_a_practice_world_is_explained_in_one_place():
    text = helped()
    assert "--drill DIR --as NAME join the practice world" in text
    assert redact(text) == text


def test_the_version():
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output) == (0, f"bot {version('compromise-bot')}\n")


def test_completion_can_be_installed():
    assert "--install-completion" in helped()


def test_what_settings_say_passes_through_the_net_unchanged():
    for row in settings_table():
        assert redact(f"{row.meaning} {row.default}") == f"{row.meaning} {row.default}"


def test_on_a_narrow_terminal_no_option_is_cut_off(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    command = made("declare")
    with Context(command, info_name="declare") as context:
        text = command.get_help(context)
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    options = [option for each in shown for option in each.opts if option.startswith("--")]
    assert {"--slack-untrusted", "--held-by"} <= {*options}
    assert [option for option in options if option not in text] == []


def test_who_asks_for_help_waits_for_nothing_that_commands_need():
    asked = "import sys; sys.argv[1:] = ['--help']; from bot.__main__ import main; import atexit; "
    asked += "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert "rotate" in done.stdout
    assert HEAVY & {*done.stderr.split()} == set()


def test_help_of_the_program_lists_every_word_and_makes_no_command(monkeypatch):
    monkeypatch.setattr("bot.cli.entry.made", lambda name: pytest.fail(f"{name} was made"))
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert shown == index()
    words = [word for commands in INDEX.values() for word in commands]
    assert all(re.search(rf"^[A-Z ]+{word} ", shown, re.MULTILINE) for word in words)
    assert all(group in shown for group in GROUPS)
    assert shown.count("\n") <= 45
    assert max(map(len, shown.splitlines())) <= 80
