"""The command line at a practice installation: real commands, in this process, against fakes over HTTP."""

import contextlib
import io
import json
import logging
import os
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.entry import run
from bot.data_files import shipped
from bot.logs import _Handler
from tests.support.practice import practice

LATER = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%d}"
"""A day by which something can be due."""


@dataclass
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def error(self):
        return json.loads(self.err)["error"]


def say(*arguments, environ=None, stdin="", terminal=False, into_file=False):
    """Runs one command line. `terminal`: someone could be asked, and sees what is printed unless it is `into_file`.
    The catalog is the example, unless `environ` says otherwise.
    """
    out, err = io.StringIO(), io.StringIO()
    typed = io.StringIO(stdin)
    typed.isatty = lambda: terminal
    out.isatty = lambda: terminal and not into_file
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "BOT_", "SLACK_"))]:
            patch.delenv(name)
        plain = {"TERM": "dumb", "COLUMNS": "300"} if terminal else {}
        for name, value in {**plain, "BOT_PLAYBOOKS": str(shipped("playbooks")), **(environ or {})}.items():
            patch.setenv(name, value)
        patch.setattr("sys.stdin", typed)
        handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run([str(argument) for argument in arguments])
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    _forget_logging()
    return Said(status, out.getvalue(), err.getvalue())


def _forget_logging():
    """Commands configure the process's logging; the tests after this one are not to notice."""
    logging.captureWarnings(capture=False)
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, _Handler)]


@dataclass
class Installation:
    """A practice world with people who sit at terminals; `bot` runs a command as one of them."""

    world: object
    people: dict = field(default_factory=dict)

    def environ(self, by="ada"):
        keys = self.people[by]
        return {
            **self.world.environ,
            "AWS_ACCESS_KEY_ID": keys.key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret.reveal(),
            "AWS_DEFAULT_REGION": "eu-west-1",
        }

    def bot(self, *arguments, by="ada", stdin="", terminal=False, into_file=False, **changes):
        environ = {**self.environ(by), **changes}
        given = {k: v for k, v in environ.items() if v}
        return say(*arguments, environ=given, stdin=stdin, terminal=terminal, into_file=into_file)

    def declare(self, *names, **options):
        """Declares without waiting; the incident's id."""
        said = self.bot(
            "declare", *names, "-e", "production", "-n", "a gist", "--public", "--no-wait", "--json", **options
        )
        assert said.status == 0, said.err
        return said.document["incident"]

    def show(self, incident):
        return self.bot("show", incident, "--json").document

    def secret(self, incident, name):
        return next(secret for secret in self.show(incident)["secrets"] if secret["name"] == name)


@pytest.fixture
def installation(tmp_path, monkeypatch):
    with practice(tmp_path, monkeypatch) as world:
        made = Installation(world)
        lines = []
        for name, rights in (("ada", "respond, approve, command"), ("ben", "respond, approve"), ("guest", "")):
            made.people[name] = world.aws.create_person(name)
            lines.append(f"{name}:\n  principal: {made.people[name].arn}\n  rights: [{rights}]\n")
        (tmp_path / "people.yaml").write_text("".join(lines))
        world.environ["BOT_PEOPLE"] = str(tmp_path / "people.yaml")
        yield made
