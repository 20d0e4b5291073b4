"""README and docs in step with the program: settings, commands, links, policies."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli.entry import app
from bot.providers import PROVIDERS
from bot.vault.own import COMMAND_KEY, FINGERPRINT_KEY, WORKER_KEY
from tests.support import documents

ROOT = Path(__file__).parents[2]
README, DOCS = ROOT / "README.md", ROOT / "docs"
GUIDES = (README, *sorted(DOCS.glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")
TEXTS = (*GUIDES, ROOT / ".env.example", *sorted((ROOT / "playbooks").glob("*.yaml")))
SOURCES = (*sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "templates").rglob("*.j2")))
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
"""Lines of code in Markdown; elsewhere an indent means nothing."""
NAMED = re.compile(r"(?:^|[\s|&(])(?:uv run (?:--[a-z-]+ )*)?bot ((?:[a-z][a-z-]*)(?: [a-z]+)?)")


@cache
def commands():
    """Every command line of the program without arguments: ``log verify``."""
    found, program = [], get_command(app)
    for name in program.list_commands(None):
        command = program.get_command(None, name)
        inner = getattr(command, "commands", {})
        found += [f"{name} {sub}" for sub in inner]
        if not inner or command.invoke_without_command:
            found.append(name)
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


def test_a_command_that_does_not_exist_would_be_found():
    assert list(named("run `bot frobnicate INCIDENT` or\n\n    pip install uv && uv run bot log prune\n")) == [
        "frobnicate",
        "log prune",
    ]


@pytest.mark.parametrize("part", documents.PARTS.values(), ids=lambda part: part.name)
def test_what_the_program_writes_in_documents_is_in_step(part):
    text = part.path.read_text()
    assert part.written(text) == text, "uv run python -m tests.support.documents writes it anew"


def test_the_readme_is_short():
    assert len(README.read_text().split()) <= 1500


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


# --- policies -------------------------------------------------------------------------------------------------------

CALLS = re.compile(
    r"\b(?:client|ssm|cloudtrail|iam|cache|client\(\"(?:ssm|kms|lambda|cloudtrail|sts)\"\))\.([a-z]+(?:_[a-z]+)+)\("
)
FREE = {"get_caller_identity"}  # needs no permission (STS API reference)
AWS_PROVIDERS = ("providers/aws_iam/*.py", "providers/redis/elasticache.py")
OWN = "policy.json"
"""What a kind of consumer needs is allowed to the worker beside worker.json, where it has a policy of its own."""
ADAPTERS = (
    "app/*.py",
    "vault/*.py",
    "usage/*.py",
    "intake/aws.py",
    "cli/diagnostics/aws.py",
    *AWS_PROVIDERS,
)


def policy(name):
    return json.loads((ROOT / "docs" / "policies" / name).read_text())


def kinds(*, own):
    """The folders of kinds of consumers that have a policy of their own, or that have none."""
    found = sorted(path.parent for path in (ROOT / "bot" / "consumers").glob("*/__init__.py"))
    return [folder for folder in found if (folder / OWN).exists() is own]


def calls_of(files):
    """The actions that these files call, without the service."""
    called = {name for path in files for name in CALLS.findall(path.read_text())} - FREE
    return {"".join(word.capitalize() for word in name.split("_")) for name in called}


def listed(found):
    return [found] if isinstance(found, str) else found


def allowed(name):
    """The actions that a policy allows, without the service."""
    found = set()
    for statement in policy(name)["Statement"]:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            found |= {a.partition(":")[2] for a in ([actions] if isinstance(actions, str) else actions)}
    return found


def test_the_workers_policy_allows_what_the_program_calls_and_no_more():
    files = [path for pattern in ADAPTERS for path in (ROOT / "bot").glob(pattern)]
    files += [path for folder in kinds(own=False) for path in folder.glob("*.py")]
    keys = {"Decrypt", "Encrypt", "GenerateDataKey"}  # what Parameter Store does on its caller's behalf
    assert allowed("worker.json") == calls_of(files) | keys


def test_so_does_the_policy_of_each_kind_of_consumer_that_has_its_own():
    assert "aws_lambda" in {folder.name for folder in kinds(own=False)}
    for folder in kinds(own=True):
        assert allowed(folder / OWN) == calls_of(folder.glob("*.py")), folder.name


ONLY_FOR_ALL = {
    "ssm:DescribeParameters", "iam:ListUsers", "iam:ListRoles", "iam:GetAccountAuthorizationDetails",
    "cloudtrail:LookupEvents",
}  # fmt: skip
"""Actions that AWS allows for the resource ``*`` or not at all. Source: its Service Authorization Reference."""


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "policies").glob("*.json")), ids=lambda path: path.name)
def test_what_can_only_be_allowed_for_everything_is(path):
    for statement in policy(path.name)["Statement"]:
        if ONLY_FOR_ALL & set(listed(statement["Action"])):
            assert listed(statement["Resource"]) == ["*"]


def test_a_responder_can_hand_a_value_over_and_not_read_it_back():
    assert "Decrypt" not in allowed("responder.json")
    [decrypts] = [each for each in policy("front.json")["Statement"] if "kms:Decrypt" in each["Action"]]
    only = "arn:aws:ssm:REGION:ACCOUNT:parameter/bot/command-key"
    assert decrypts["Condition"]["StringEquals"]["kms:EncryptionContext:PARAMETER_ARN"] == only
    readers = [
        statement["Principal"]["AWS"].rpartition("/")[2]
        for statement in policy("staging-key.json")["Statement"]
        if "kms:Decrypt" in statement["Action"]
    ]
    assert readers == ["BOT_WORKER"]


def test_the_keys_of_proofs_and_seals_are_read_by_those_alone_who_need_them():
    """Responders may read all settings, which stand under /bot/bot-*: the bot's own keys stand elsewhere."""
    readers = {
        key: {
            name
            for name in ("worker.json", "front.json", "responder.json")
            for statement in policy(name)["Statement"]
            for resource in listed(statement["Resource"])
            if fnmatch(f"arn:aws:ssm:REGION:ACCOUNT:parameter{key}", resource)
        }
        for key in (COMMAND_KEY, WORKER_KEY, FINGERPRINT_KEY)
    }
    assert readers == {
        COMMAND_KEY: {"worker.json", "front.json"},
        WORKER_KEY: {"worker.json"},
        FINGERPRINT_KEY: {"worker.json"},
    }


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "policies").glob("*.json")), ids=lambda path: path.name)
def test_policies_allow_no_whole_service(path):
    for statement in policy(path.name)["Statement"]:
        actions = statement["Action"]
        assert not [a for a in ([actions] if isinstance(actions, str) else actions) if a.endswith("*")]
