"""No false all-clear: every answer names its log, and in production whoever only looks makes none."""

import json

import pytest

from bot.app import Application
from bot.errors import ConfigurationError
from bot.eventlog import Facts, NoLog, Seal, open_event_log, schema
from bot.secrets.secret import Secret
from tests.cli.conftest import say
from tests.support.databases import ROLES

LOOKS = (
    ("list",), ("show", "inc_ab12cd"), ("incident", "timeline", "inc_ab12cd"), ("incident", "plan", "inc_ab12cd"),
    ("log", "verify", "inc_ab12cd"), ("note", "inc_ab12cd", "x"), ("revoke", "inc_ab12cd", "redis-url"),
    ("log", "rebuild"),
)  # fmt: skip


def environ(folder, **more):
    return {"BOT_ENVIRONMENT": "production", "BOT_DATA": str(folder), "AWS_EC2_METADATA_DISABLED": "true", **more}


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_in_production_whoever_only_looks_makes_no_log(tmp_path, command):
    said = say(*command, environ=environ(tmp_path))
    assert said.status == 2
    assert "There is no" not in said.out
    assert f"There is no event log at {tmp_path / 'incidents.sqlite'}" in said.err.replace("\n", " ")
    assert "Set BOT_DATABASE_URL" in said.err
    assert not list(tmp_path.glob("incidents.sqlite*"))
    said = say(*command, "--json", environ=environ(tmp_path))
    assert (said.status, said.out) == (2, "")
    assert "There is no event log" in said.error if said.err.startswith("{") else said.err


def test_an_empty_file_is_no_log_either(tmp_path):
    (tmp_path / "incidents.sqlite").touch()
    assert say("list", environ=environ(tmp_path)).status == 2


def test_log_init_makes_one_and_then_an_empty_answer_and_each_failure_name_it(tmp_path):
    given = environ(tmp_path, BOT_DATABASE_URL=f"sqlite:///{tmp_path / 'there.sqlite'}")
    assert say("list", environ=given).status == 2
    made = say("log", "init", environ=given)
    assert (made.status, made.out) == (0, f"The event log is {tmp_path / 'there.sqlite'}.\n")
    said = say("list", environ=given)
    assert (said.status, said.out) == (0, f"There is no incident in the event log {tmp_path / 'there.sqlite'}.\n")
    assert "Event log: " not in said.err, "the answer itself names it"
    said = say("list", "--json", environ=given)
    assert json.loads(said.out) == []
    assert json.loads(said.err.splitlines()[-1]) == {"log": str(tmp_path / "there.sqlite")}
    unknown = say("show", "inc_ab12cd", environ=given)
    assert unknown.status == 2
    assert f"Event log: {tmp_path / 'there.sqlite'}" in unknown.err


def test_in_production_whoever_only_looks_leaves_an_older_schema_to_the_worker(tmp_path, monkeypatch):
    assert say("log", "init", environ=environ(tmp_path)).status == 0
    with monkeypatch.context() as newer:
        newer.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
        newer.setattr(schema, "HEAD", "next")
        said = say("list", environ=environ(tmp_path))
    assert "The worker brings it up to date: start it first (`bot work`)" in said.err
    assert say("list", environ=environ(tmp_path)).status == 0


def test_a_declaration_makes_one_only_where_somebody_has_said_where(tmp_path):
    words = ("declare", "openai-api-key", "-e", "production", "-n", "a gist", "--public", "--no-wait")
    said = say(*words, environ=environ(tmp_path))
    assert said.status == 2
    assert "There is no event log" in said.err
    assert not list(tmp_path.glob("incidents.sqlite*"))
    say(*words, environ=environ(tmp_path, BOT_DATABASE_URL=f"sqlite:///{tmp_path / 'mine.sqlite'}"))
    assert (tmp_path / "mine.sqlite").exists()


@pytest.mark.parametrize("words", [
    ("rotate", "openai-api-key", "-e", "production", "--note", "due", "--yes", "--no-wait"),
    ("people", "departure", "ada", "--note", "leaves", "--yes", "--no-wait"),
], ids=lambda words: words[0])  # fmt: skip
def test_whoever_rotates_makes_none_even_so(tmp_path, words):
    (tmp_path / "people.yaml").write_text("ada:\n  slack: U0ADA\n  rights: [respond, approve, command]\n")
    there = tmp_path / "there.sqlite"
    said = say(*words, environ=environ(tmp_path, BOT_DATABASE_URL=f"sqlite:///{there}",
                                       BOT_PEOPLE=str(tmp_path / "people.yaml")))  # fmt: skip
    assert (said.status, "There is no event log" in said.err) == (2, True), said.err
    assert not there.exists()


def test_who_serves_and_works_makes_one(tmp_path):
    application = Application.from_environment(environ(tmp_path))
    with pytest.raises(NoLog) as missing:
        _ = application.event_log
    assert isinstance(missing.value, ConfigurationError)
    application.creates = True
    assert application.log_name == ""
    assert application.event_log.database.name == application.log_name == str(tmp_path / "incidents.sqlite")
    application.close()


def test_the_name_of_a_server_holds_no_password():
    from bot.eventlog import Database

    database = Database("postgresql://bot:hunter2-is-the-password@db.internal:5433/incidents")
    assert database.name == "postgresql://db.internal:5433/incidents"
    database.close()


def test_a_mistake_in_the_catalog_is_told_and_hides_no_incident(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "secrets.yaml").write_text("version: [")
    event_log = open_event_log(f"sqlite:///{tmp_path / 'incidents.sqlite'}")
    event_log.installation.publish(Facts("practice", catalog="of better days"), Seal((Secret("11" * 32),)))
    event_log.close()
    given = {"BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": str(tmp_path / "mine")}
    said = say("list", environ=given)
    assert (said.status, said.out.partition(" in ")[0]) == (0, "There is no incident")
    assert "The catalog or a playbook has a mistake" in said.err
    assert "secrets.yaml" in said.err
    unknown = say("show", "inc_ab12cd", environ=given)
    assert "inc_ab12cd" in unknown.err


def test_the_sql_of_both_roles_needs_no_checkout(tmp_path):
    said = say("log", "roles", environ=environ(tmp_path))
    assert (said.status, said.out) == (0, ROLES)
    assert say("log", "roles", "--json", environ=environ(tmp_path)).document["sql"] == ROLES
