"""departure: rights void at once, the plan with its reasons, a second person, and access first."""

import json

import pytest

from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.counted]
HERE = "arn:aws:ssm:eu-west-1:123456789012:parameter"


@pytest.fixture
def mallory(installation, tmp_path):
    """She may approve; IAM lets her read OpenAI's key of production, and CloudTrail saw her read SendGrid's."""
    world = installation.world
    iam = world.aws.aws.client("iam")
    installation.people["mallory"] = person = world.aws.create_person("mallory")
    statement = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": f"{HERE}/production/openai-api-key"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="mallory", PolicyName="ReadProduction", PolicyDocument=text)
    world.aws.session_of(person).client("ssm").get_parameter(Name=f"/production/{SENDGRID}", WithDecryption=True)
    people = tmp_path / "people.yaml"
    guest = installation.people["guest"].arn
    lines = people.read_text().replace(
        f"  principal: {guest}\n  rights: []", f"  principal: {guest}\n  rights: [approve]"
    )
    people.write_text(f"{lines}# who works here\nmallory:\n  principal: {person.arn}\n  rights: [respond, approve]\n")
    return person


def planned(document, environment="production"):
    (found,) = [each for each in document["departures"] if each["environment"] == environment]
    return {each["name"]: each["reasons"] for each in found["planned"]}


def test_the_plan_is_shown_with_its_reasons_and_nothing_is_done(installation, mallory):
    said = installation.bot("people", "departure", "mallory", "--dry-run", "--json")
    assert said.status == 0, said.err
    reasons = planned(said.document)
    assert reasons[OPENAI] == ["mallory can read it"]
    assert [each.startswith("mallory read it at") for each in reasons[SENDGRID]] == [True]
    assert planned(said.document, "staging") == {}
    assert not said.document["departed"]
    assert installation.bot("list", "--json").document == []
    assert installation.bot("people", "departure", "nobody", "--dry-run").err.startswith("The people file has no")


def test_somebody_leaves(installation, mallory):
    compromise = installation.declare("redis-url")
    said = installation.bot("people", "departure", "mallory", "--note", "last day", "--yes")
    assert said.status == 0, said.err
    assert "mallory has left: their commands no longer count" in said.out
    assert "bot people departure mallory --agree" in said.out
    again = installation.bot(
        "people", "departure", "mallory", "--yes", "--json"
    )  # what a terminal that died left undone
    assert again.status == 0, again.err
    [run] = [each["run"] for each in again.document["runs"] if each["run"]]
    assert again.document["departed"]
    assert {secret["name"] for secret in installation.show(run)["secrets"]} == {OPENAI, SENDGRID}
    assert (
        "Another person in the people file must approve"
        in installation.bot("people", "departure", "mallory", "--agree", "--yes", by="ada").err
    )
    agreed = installation.bot("people", "departure", "mallory", "--agree", "--yes", by="ben")
    assert agreed.status in {0, 3}, agreed.err

    refused = installation.bot("note", compromise, "hello", by="mallory")
    assert "mallory has left: said by ada" in refused.err

    # SendGrid's key is replaced; OpenAI's waits, since she can still read it there.
    assert installation.secret(run, SENDGRID)["new"] == "live"
    assert installation.secret(run, OPENAI)["new"] == "none"
    assert "mallory can still read it there by ReadProduction" in installation.bot("show", run).out
    used = installation.bot("answer", run, f"held:{OPENAI}", "used", "--note", "her user is deleted", by="ben")
    assert used.status in {0, 3}, used.err
    assert f"held:{OPENAI}" not in json.dumps(installation.bot("todo", run, "--json").document)
    assert "needs a second approver" in installation.bot("people", "departure", "mallory", "--agree", by="ben").err


def test_where_open_incidents_have_all_that_is_planned_a_run_owes_it_and_waits_for_nobody(installation, mallory):
    compromise = installation.declare(OPENAI, SENDGRID)
    said = installation.bot("people", "departure", "mallory", "--yes")
    assert said.status == 0, said.err
    assert "rotates nothing so far: it looks up what mallory read and can read, and holds the tasks." in said.out
    assert f"{OPENAI}, {SENDGRID}: an open incident already handles them and does not wait until" in said.out
    assert f"{compromise} rotates" not in said.out
    assert "--agree" not in said.out
    again = installation.bot("people", "departure", "mallory", "--yes", "--json")
    [found] = [each for each in again.document["runs"] if each["run"]]
    assert (found["environment"], found["joined"]) == ("production", [OPENAI, SENDGRID])
    shown = installation.bot("show", found["run"]).out
    assert shown.startswith("The departure of mallory: nothing is rotated here")
    assert f"{OPENAI}: in {compromise}, which does not wait until mallory can no longer read" in shown
    installation.bot("answer", found["run"], "step:access", "done")  # no worker has brought its tasks before
    assert "Delete mallory from the people file" in installation.bot("todo", found["run"], "tasks").out
    once_more = installation.bot("people", "departure", "mallory", "--yes")
    assert f"production: no new run: {found['run']} asks what they read and can read already." in once_more.out


def test_one_of_the_last_who_may_approve_leaves_only_by_express_word(installation, mallory, tmp_path):
    people = tmp_path / "people.yaml"
    people.write_text(people.read_text().replace("rights: [approve]", "rights: []").replace(
        f"principal: {installation.people['ben'].arn}\n  rights: [respond, approve]",
        f"principal: {installation.people['ben'].arn}\n  rights: [respond]"))  # fmt: skip
    said = installation.bot("people", "departure", "mallory", "--yes", "--json")
    assert (said.status, said.error[:20]) == (2, "mallory may approve,")
    assert "only ada is left who can" in said.error
    assert "--fewer-approvers" in said.error
    assert installation.bot("people", "departure", "mallory", "--yes", "--fewer-approvers").status == 0


def test_what_open_rotations_have_is_owed_too(installation, mallory):
    begun = installation.bot("rotate", OPENAI, "-e", "production", "--yes", "--no-wait", "--json")
    assert begun.status == 0, begun.err
    said = installation.bot("people", "departure", "mallory", "--note", "last day", "--yes", "--json")
    assert said.status == 0, said.err
    [found] = [each for each in said.document["runs"] if each["run"]]
    assert found["joined"] == [OPENAI]
    shown = installation.show(found["run"])
    assert [secret["name"] for secret in shown["secrets"]] == [SENDGRID]
    assert f"left-alone:{OPENAI}" in {item["key"] for item in shown["open_items"]}


def test_somebody_of_whom_nothing_is_known_to_be_theirs_has_one_run_for_the_tasks(installation, mallory):
    said = installation.bot("people", "departure", "ben", "--fewer-approvers", "--yes", "--json")
    assert said.status == 0, said.err
    assert not any(each["planned"] for each in said.document["departures"])
    assert [each["environment"] for each in said.document["runs"] if each["run"]] == ["production"]
