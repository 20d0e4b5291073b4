"""README and docs in step with the program: settings, commands, links."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli.commands import ALONE, GROUPS
from bot.cli.entry import app
from bot.providers import PROVIDERS
from tests.support import documents

ROOT = Path(__file__).parents[2]
README, DOCS = ROOT / "README.md", ROOT / "docs"
GUIDES = (
    README, *sorted(DOCS.glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
    *sorted((ROOT / "deploy").rglob("*.md")),
)  # fmt: skip
TEXTS = (*GUIDES, ROOT / ".env.example", *sorted((ROOT / "playbooks").glob("*.yaml")))
SOURCES = (*sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "templates").rglob("*.j2")))
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
"""Lines of code in Markdown; elsewhere an indent means nothing."""
NAMED = re.compile(r"(?:^|[\s|&(])(?:uv run (?:--[a-z-]+ )*)?bot ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


@cache
def commands():
    """Every command line of the program without arguments: ``log verify``."""
    found, program = [], get_command(app)
    for name in program.list_commands(None):
        command = program.get_command(None, name)
        found += [f"{name} {sub}" for sub in command.list_commands(None)] if name in GROUPS else []
        found += [name] if name not in GROUPS or name in ALONE else []
    return sorted(found)


def named(text, *, markdown=True):
    """The commands that are named in code: two words where the first has commands of its own."""
    groups = {command.split()[0] for command in commands() if " " in command}
    for code in CODE.findall(text) + (BLOCK.findall(text) if markdown else []):
        for words in NAMED.findall(code):
            first = words.split()[0]
            yield words if first in groups else first


def unknown(path):
    return sorted(set(named(path.read_text(), markdown=path.suffix == ".md")) - set(commands()))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_that_a_text_names_exist(path):
    assert unknown(path) == []


def test_commands_that_the_program_itself_names_exist():
    wrong = {str(path.relative_to(ROOT)): unknown(path) for path in SOURCES}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_the_page_of_commands_names_every_one():
    assert sorted(set(commands()) - set(named((DOCS / "commands.md").read_text()))) == []


@pytest.mark.parametrize("path", [DOCS / "architecture.md", ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_where_to_change_what_names_files_that_exist(path):
    named = re.findall(r"`((?:bot|tests|playbooks|templates|docs)/[\w/.-]+)`", path.read_text())
    assert named
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []


TYPED = re.compile(r"(?:^|[\s|&(])(?:uv run (?:--[a-z-]+ )*)?bot ([a-z][a-z-]*(?: [a-z][a-z-]*)?)([^&;#\n]*)")
"""A command with what follows it."""


def incomplete(text, *, markdown=True):
    """The commands in code that have arguments, and lack an option that they cannot do without."""
    for code in CODE.findall(text) + (BLOCK.findall(text) if markdown else []):
        for words, rest in TYPED.findall(code):
            name = words if words in commands() else words.split()[0]
            given = f"{words} {rest}".removeprefix(name).strip()
            if given and "…" not in given and name in commands():
                yield from (code for options in needed(name) if not options & set(given.split()))


@cache
def needed(name):
    """The names of each option that a command demands: ``({"--note"},)``."""
    command = get_command(app)
    for word in name.split():
        command = command.get_command(None, word)
    return tuple({*each.opts} for each in command.params if each.param_type_name == "option" and each.required)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_that_a_text_gives_with_arguments_work_as_typed(path):
    assert list(incomplete(path.read_text(), markdown=path.suffix == ".md")) == []


def test_so_do_those_of_the_program_itself():
    assert [code for path in SOURCES for code in incomplete(path.read_text(), markdown=False)] == []


def test_an_option_that_lacks_would_be_found():
    text = "say `bot log verify INCIDENT`, `bot news alerts`, or `bot news alerts declare 1`"
    assert list(incomplete(text)) == []


def test_a_command_that_does_not_exist_would_be_found():
    assert list(named("run `bot frobnicate INCIDENT` or\n\n    pip install uv && uv run bot log prune\n")) == [
        "frobnicate",
        "log prune",
    ]


@pytest.mark.parametrize("part", documents.PARTS.values(), ids=lambda part: part.name)
def test_what_the_program_writes_in_documents_is_in_step(part):
    text = part.path.read_text()
    assert part.written(text) == text, "stale: uv run python -m tests.support.documents"


def test_the_picture_at_its_head_loads_nothing_from_elsewhere():
    text = (DOCS / "images" / "drill.svg").read_text()
    addresses = re.findall(r"https?://[^\s\"')]+", text)
    assert set(addresses) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_into_the_repository_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (path.parent / target).exists()] == []


def test_the_consoles_for_an_emergency_are_those_of_the_cards():
    text = (DOCS / "providers.md").read_text()
    assert [p.card.name for p in PROVIDERS.values() if p.card.console and p.card.console not in text] == []


def test_the_page_of_providers_has_each_kind_of_key():
    text = (DOCS / "providers.md").read_text()
    assert [p.card.name for p in PROVIDERS.values() if p.card.title not in text] == []


def test_the_threat_model_names_tests_that_exist():
    text = (ROOT / "docs" / "threat-model.md").read_text()
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`", text))
    assert len(named) > 15
    assert [name for name in named - {"tests/"} if not (ROOT / "tests" / name).exists()] == []
