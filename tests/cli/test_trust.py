"""Whose word counts, and the ways that are left without Slack and AWS, at the terminal."""

import pytest

from tests.cli.conftest import say
from tests.support import sshkeys
from tests.support.practice import OPENAI, SENDGRID

pytestmark = pytest.mark.process


@pytest.fixture
def key(installation, tmp_path):
    """An SSH key of ada's; and numbers by which people find each other."""
    path = sshkeys.make(tmp_path, "laptop", "-t", "ed25519")
    people = tmp_path / "people.yaml"
    lines = people.read_text().replace(
        "ada:\n", f'ada:\n  telephone: "+4930123456"\n  keys: ["{sshkeys.public(path)}"]\n'
    )
    arn = installation.people["guest"].arn
    lines = lines.replace(f"  principal: {arn}\n  rights: []", f"  principal: {arn}\n  rights: [respond, command]")
    people.write_text(lines + "bridge: https://meet.example.com/now\n")
    return path


def test_one_takes_trust_away_two_give_it_back(installation, key):
    incident = installation.declare(OPENAI, SENDGRID, by="ben")
    said = installation.bot("people", "distrust", "ben", "--note", "his laptop is gone", by="ada")
    assert said.status == 0, said.err
    assert "bot people trust ben --note WHY" in said.out
    for arguments in (
        ("revoke", incident, OPENAI),
        ("note", incident, "it is me"),
        ("people", "trust", "ben", "--note", "me"),
    ):
        refused = installation.bot(*arguments, by="ben")
        assert refused.status == 1
        assert "ben is not trusted: said by ada" in refused.err
    assert "NOT TRUSTED: ben is not trusted: said by ada" in installation.bot("list").err

    assert (
        "Another person must say so too" in installation.bot("people", "trust", "ben", "--note", "found", by="ada").out
    )
    assert "Another person must agree" in installation.bot("people", "trust", "ben", "--note", "found", by="ada").err
    assert "ada proposes to trust ben again (found)" in installation.bot("list").err
    assert "ben is trusted again" in installation.bot("people", "trust", "ben", "--note", "seen it", by="guest").out
    assert installation.bot("note", incident, "back", by="ben").status == 0

    installation.bot("people", "distrust", "ben", "--note", "his laptop is gone", by="ada")
    assert (
        "ben is trusted again at"
        in installation.bot("people", "trust", "--on-this-host", "--note", "ada is failing").out
    )
    assert "by the worker's host (ada is failing). To object" in installation.bot("list").err


def test_doctor_says_who_is_not_trusted(installation, key):
    installation.bot("people", "distrust", "slack", "--note", "taken over")
    found = {check["name"]: check for check in installation.bot("doctor", "--json").document["checks"]}
    assert (found["trust"]["state"], found["trust"]["detail"][:20]) == ("doubtful", "Slack is not trusted")


def test_without_slack_show_says_how_people_find_each_other(installation, key):
    incident = installation.declare(OPENAI, "--slack-untrusted")
    shown = installation.bot("show", incident)
    assert "NOT IN SLACK" in shown.out
    assert "bridge: https://meet.example.com/now; ada: +4930123456" in shown.out
    document = installation.show(incident)
    assert (document["slack_untrusted"], document["channel"]) == (True, "")
    joined = installation.bot("declare", OPENAI, "-e", "production", "-n", "x", "--public", "--no-wait")
    assert f"this is {incident}" in joined.err


def test_an_ssh_key_on_the_command_line_proves_who_it_is(installation, key):
    incident = installation.declare(OPENAI, by="guest")
    environ = {**installation.world.environ, "AWS_EC2_METADATA_DISABLED": "true"}
    stranger = installation.bot("note", incident, "hello", "--ssh-key", str(key), "--person", "ben")
    assert stranger.status == 1
    said = installation.bot("note", incident, "by my key", "--ssh-key", str(key), "--person", "ada", by="guest")
    assert said.status == 0, said.err
    timeline = installation.bot("incident", "timeline", incident).out
    assert "ada" in timeline
    assert "SSH signature" in timeline
    nobody = say("note", incident, "x", "--ssh-key", str(key), environ=environ)
    assert "--person" in nobody.err


def test_glass_at_the_workers_host_needs_an_incident_and_kills(installation, key):
    incident = installation.declare(SENDGRID, by="guest")
    outside = installation.bot("revoke", incident, "--break-glass", OPENAI, "--at-worker", "--note", "abuse")
    assert outside.status == 2
    assert f"`bot declare {OPENAI} -e production --notice TEXT --at-worker`" in outside.err
    opened = installation.declare(OPENAI, "--at-worker")
    assert installation.show(opened)["declared_by"] == "operator unproven"
    assert installation.secret(opened, OPENAI)["old"] == "alive"
    said = installation.bot(
        "revoke", opened, "--break-glass", OPENAI, "--at-worker", "--note", "nobody can prove anything"
    )
    assert installation.secret(opened, OPENAI)["old"] == "dead", said.err
    assert "identity unproven" in installation.bot("show", opened).out
    elsewhere = installation.bot("revoke", incident, "--break-glass", OPENAI, "--at-worker", "--note", "x")
    assert f"{OPENAI} is part of {opened}" in elsewhere.err


def test_in_development_whoever_looks_is_told_that_nobody_proves_anything(tmp_path):
    environ = {"BOT_ENVIRONMENT": "development", "BOT_DATA": str(tmp_path)}
    assert "development: identities are not proven; terminals" in say("list", environ=environ).err
