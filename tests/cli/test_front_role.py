"""A responder's terminal on PostgreSQL, with the role that docs/sql/roles.sql gives it, beside a worker."""

import pytest

from bot.eventlog.failures import NotPermitted
from bot.eventlog.sql import EventLog
from tests.cli.conftest import LATER
from tests.support.databases import postgres_server, postgres_url, two_roles  # noqa: F401 - fixtures
from tests.support.practice import OPENAI, SENDGRID, STRIPE

pytestmark = pytest.mark.process


@pytest.fixture
def split(installation, postgres_url):  # noqa: F811
    """The installation with a worker that runs; its terminals have the front's role."""

    worker, front = two_roles(postgres_url)
    installation.world.environ["BOT_DATABASE_URL"] = worker
    installation.world.start()
    installation.world.environ["BOT_DATABASE_URL"] = front
    return installation


def test_every_command_that_a_responder_needs_finds_what_it_may_read(split):
    incident = split.declare(SENDGRID)
    split.world.wait(incident, lambda state: state.secrets[SENDGRID].gone and state.secrets[SENDGRID].in_place)
    production = ("-e", "production")
    commands = (
        ("declare", OPENAI, *production, "-n", "x", "--public", "--dry-run"),
        ("declare", "--all", *production, "-n", "x", "--public", "--dry-run"),
        ("rotate", OPENAI, *production, "--dry-run"),
        ("rotate", STRIPE, *production, "--no-wait", "--yes"),
        ("people", "departure", "ben", *production, "--dry-run"),
        ("incident", "add", incident, OPENAI, "--no-wait"),
        *((word, incident) for word in (
            "show", "todo", "report",
        )),
        *(("incident", word, incident) for word in ("timeline", "plan")),
        ("close", incident, "--no-wait"),
        ("incident", "page", incident, "--note", "nobody came", "--no-wait"),
        ("note", incident, "seen from a terminal"),
        ("incident", "task", incident, "look again", "--owner", "ben", "--due", LATER),
        ("answer", incident, "t1", "done"),
        ("incident", "exposed", incident, LATER, "--note", "x"),
        ("incident", "redact", incident, "1", "--note", "x"),
        ("log", "verify", incident),
        ("people", "distrust", "guest", "--note", "x"),
        ("list",), ("news", "alerts"), ("rotation", "policy"),
        ("catalog", "readiness"),
        ("runbook", OPENAI),
    )  # fmt: skip
    said = {words: split.bot(*words) for words in commands}
    said["identify"] = split.bot("identify", "--stdin", stdin=split.world.old[OPENAI])
    doctor = said["doctor"] = split.bot("doctor", "--json")
    assert [words for words, each in said.items() if "role may not" in each.out + each.err] == []
    assert [words for words, each in said.items() if "No such command" in each.err] == []
    [log] = [check for check in doctor.document["checks"] if check["name"] == "event log"]
    assert "only a worker writes" in log["detail"]


def test_what_cannot_be_foretold_is_declared_all_the_same(installation, monkeypatch):
    def refused(*_):
        raise NotPermitted("the database's role may not do this")

    monkeypatch.setattr(EventLog, "free_kills", refused)
    leak = ("declare", STRIPE, "-e", "production", "-n", "x", "--public")
    dry = installation.bot(*leak, "--dry-run")
    assert (dry.status, "is unknown right now: the database's role may not" in dry.err) == (1, True)
    asked = installation.bot(*leak, "--no-wait", terminal=True, stdin="n\n")
    assert "Nothing was declared." in asked.err
    assert "Declared inc_" in installation.bot(*leak, "--no-wait").err
