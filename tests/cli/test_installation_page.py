"""The quick path of docs/installation.md, followed line by line in a practice world over loopback.

What cannot run here is looked at: the modules take the variables, and an image is built from files that exist.
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack.records import BOT_USER
from bot.drill.fakes.slack.server import APP_TOKEN, FakeSlack
from bot.slack.manifest import scopes
from tests.cli.test_setup import apply
from tests.deploy.evaluated import DEPLOY, declared

ROOT = DEPLOY.parent
PAGE = (ROOT / "docs" / "installation.md").read_text()
QUICK = PAGE.partition("## The quick path\n")[2].partition("\n## ")[0]
LINES = [line.strip() for line in QUICK.splitlines() if line.startswith("    ")]
MOST_WORDS = 2_000
MOST_FIELDS = 60
SECRETS = ("openai-api-key", "sendgrid-api-key", "stripe-secret-key")
"""For which fields are counted."""
SAID = {"owner": "Us", "if_killed": "It fails.", "outage": "degraded", "kill": "irreversible", "data": "none"}
TOKENS = {"/bot/slack-bot-token": "xoxb-practice-0000000000-fake", "/bot/slack-app-token": APP_TOKEN}
MODULES = {"small": "terraform.tfvars", "product": "product.tfvars"}


@dataclass
class Person:
    """Who follows the page: types each line, and answers what is asked."""

    installation: object
    folder: Path
    environ: dict
    typed: list = field(default_factory=list)
    """The fields that were filled in, those of `SECRETS` alone in the catalog."""

    @property
    def kept(self):
        """What `bot setup` writes to."""
        return self.folder / "installation"

    def answer(self, people, slack):
        """The answers of `bot setup`, kept where it keeps them."""
        channel = slack.workspace.add_channel("security", is_private=True, creator=BOT_USER)
        answers = {
            "account": "123456789012", "region": "eu-west-1", "functions": ["api", "worker", "notifications"],
            "security-channel": channel.id, "on-call-email": "on-call@example.com",
            "people": {name: {"principal": person.arn, "slack": slack.workspace.add_user(name).id,
                              "rights": ["respond", "approve", "command"]} for name, person in people.items()},
        }  # fmt: skip
        self.typed += [*leaves(answers)]
        self.kept.mkdir()
        (self.kept / "answers.yaml").write_text(yaml.safe_dump(answers))

    def type(self, line):
        words = shlex.split(line)
        match words:
            case ["store()", *_]:
                assert 'put-parameter --overwrite --type SecureString --name "$1"' in line
            case ["store", name]:
                self.store(name)
            case ["uv", "tool", "install", place]:
                extras = re.findall(r"\[(.*)]", place)[0].split(",")
                assert set(extras) <= set(pyproject()["project"]["optional-dependencies"])
            case ["terraform", place, "init"]:
                assert module(place).is_dir()
            case ["terraform", place, "apply", *options]:
                self.apply(module(place), options)
            case ["docker", "build", *_, folder]:
                self.build(self.folder / folder if folder != "." else ROOT)
            case ["docker", "push", _]:
                pass
            case ["docker", "exec", "-it", "compromise-bot", "bot", *arguments] | ["bot", *arguments]:
                self.bot(*arguments)
            case ["uv", "run", "bot", *arguments]:
                self.bot(*arguments, "--help")
            case _:
                pytest.fail(f"the page says what this test does not know: {line}")

    def bot(self, *arguments):
        said = self.installation.bot(*arguments, **self.environ)
        if arguments == ("setup", "catalog"):
            self.complete()
        elif arguments == ("setup",):
            self.environ |= dict(
                re.findall(
                    r"^(BOT_(?:\w+_KMS_KEY|SECURITY_CHANNEL))=(.*)$", (self.kept / "env").read_text(), re.MULTILINE
                )
            )
        assert said.status == 0, f"{' '.join(arguments)}: {said.out}{said.err}"

    def store(self, name):
        variables = (self.kept / "terraform.tfvars").read_text()
        assert f'"{name.removeprefix("/bot/")}"' in variables, name
        variable = name.removeprefix("/bot/").replace("-", "_").upper()
        self.typed.append(name)
        self.environ[variable] = TOKENS.get(name, "k" * 32)

    def apply(self, module, options):
        names = {option.removeprefix("-var-file=") for option in options if option.startswith("-var-file=")}
        [variables] = [self.folder / os.path.relpath(module / name, ROOT) for name in names]
        assert variables.name == MODULES[module.name]
        given = [line.partition(" = ")[0] for line in variables.read_text().splitlines()]
        given += [option.partition("=")[0] for option in options if re.match(r"[a-z_]+=", option)]
        assert set(given) <= set(declared(module)[0])
        if module.name == "small" and "image" not in given:
            apply(self.installation.world.aws.aws, self.kept / "policies")

    def build(self, folder):
        for source in re.findall(
            r"^COPY (?:--chmod=\d+ )?([\w./]+) /etc", (folder / "Dockerfile").read_text(), re.MULTILINE
        ):
            assert (folder / source).exists(), source

    def complete(self):
        """Answers each open question of the draft."""
        path = self.kept / "playbooks" / "secrets.yaml"
        catalog = yaml.safe_load(path.read_text())
        for entry in catalog["secrets"]:
            asked = {name for name, value in entry.items() if value in ("?", ["?"])}
            if entry["name"] in SECRETS:
                self.typed += [f"{entry['name']}: {name}" for name in asked]
            entry.update({name: SAID[name] for name in asked & set(SAID)})
            if "hosts" in asked:
                parameter = entry["parts"]["key"]["parameter"].replace("{environment}", "production")
                place = urlsplit(self.installation.world.app.outside.vault.read(parameter).value.reveal())
                entry["hosts"] = [f"{place.hostname}:{place.port}"]
            if "provider" in asked:
                entry.update({"provider": "stripe", "left-out": "its provider is not built"})
        path.write_text(yaml.safe_dump(catalog, sort_keys=False))


def leaves(value, name=""):
    """The names of all values in the answers, a list being one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}")
    else:
        yield name


def module(place):
    return ROOT / place.removeprefix("-chdir=")


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.process
def test_the_quick_path_can_be_followed_line_by_line(installation, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    slack = FakeSlack(token=TOKENS["/bot/slack-bot-token"], scopes=scopes())
    slack.workspace.socket_url = "ws://127.0.0.1:9/link"
    with Served(slack.application) as served:
        files = {
            "BOT_PLAYBOOKS": str(here / "installation/playbooks"),
            "BOT_PEOPLE": str(here / "installation/people.yaml"),
        }
        person = Person(installation, here, {**files, "SLACK_API_URL": f"{served.url}/api"})
        person.answer({name: installation.people[name] for name in ("ada", "ben")}, slack)
        for line in LINES:
            person.type(line)
    assert len(person.typed) < MOST_FIELDS, person.typed


def test_the_page_is_short_and_its_quick_path_a_screen():
    assert len(PAGE.split()) <= MOST_WORDS
    assert len(LINES) < 30


def test_the_steps_are_those_of_doctor():
    assert re.findall(r"^### Step (\d): ", QUICK, re.MULTILINE) == list("123456")
