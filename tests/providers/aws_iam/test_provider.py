"""Access keys: two places, no names, sessions that outlive them, and keys that take a moment to be known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.aws import Aws
from bot.drill.fakes.aws import REGION
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.model.keys import MAKES_ROOM, Snapshot
from bot.model.probes import Liveness
from bot.model.uses import Use
from bot.providers import PROVIDERS, capabilities, validation_error
from bot.providers.aws_iam.access_keys import User
from bot.providers.aws_iam.provider import MAKING, OFF
from bot.providers.contract import Held
from bot.secrets.secret import Credential, Secret
from tests.providers.aws_iam.harness import aws_iam, pair

NAME = "inc_abc234_aws_access_key_1"
EMPTY = Credential({"key": Secret("")}, "key")


@pytest.fixture
def harness():
    with aws_iam() as harness:
        yield harness


@pytest.fixture
def iam(harness):
    return harness.world.aws.client("iam")


def settled(harness):
    harness.clock.advance(harness.propagation + 1)


def states(iam, user="product-a"):
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in keys}


def second_key(iam, status="Active"):
    key_id = iam.create_access_key(UserName="product-a")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="product-a", AccessKeyId=key_id, Status=status)
    return key_id


# --- what a refusal means -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["probe-signature", "probe-denied", "probe-expired"])
def test_a_live_key_with_a_refusal_that_resembles_death_is_never_dead(harness, fault):
    harness.world.front.key_faults.inject(fault, 1)
    assert harness.provider.probe(harness.old).liveness is Liveness.UNKNOWN
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_a_wrong_secret_for_a_living_id_is_not_death(harness):
    answer = harness.provider.probe(pair(harness.old_id, "x" * 40))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "SignatureDoesNotMatch")


def test_half_a_pair_cannot_be_probed_and_is_nobodys(harness):
    half = Credential.single(Secret("x" * 40))
    assert harness.provider.probe(half).liveness is Liveness.UNKNOWN
    assert harness.provider.identify(half) == []
    assert harness.provider.account(half) is None


def test_a_new_key_that_aws_does_not_know_yet_is_alive_a_moment_later(harness):
    new = harness.provider.issue(NAME, Snapshot()).credential
    harness.world.front.key_faults.inject("new-key-unknown", 2)
    assert [harness.provider.probe(new).liveness for _ in range(3)] == [Liveness.DEAD, Liveness.DEAD, Liveness.LIVE]


# --- making ---------------------------------------------------------------------------------------------------------


def test_the_snapshot_tells_what_the_key_was_used_for_and_whose_it_is(harness):
    assert harness.provider.snapshot(harness.old, harness.old_id).facts["last use"] == "never used"
    harness.provider.probe(harness.old)
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.account == "user product-a of 123456789012"
    assert snapshot.last_used_at is not None
    assert snapshot.facts["last use"].startswith("sts in")
    with pytest.raises(Missing, match="no such key"):
        harness.provider.snapshot(harness.old, "AKIAGONE")


def test_two_active_keys_are_for_a_person_to_decide_about(harness, iam):
    other = second_key(iam)
    with pytest.raises(Refused, match="decide which one is no longer needed and delete it") as refused:
        harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))
    assert harness.old_id in str(refused.value)
    assert other in str(refused.value)
    assert states(iam) == {harness.old_id: "Active", other: "Active"}


def test_an_inactive_key_goes_only_after_the_snapshot_has_named_it(harness, iam):
    spare = second_key(iam, "Inactive")
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.facts[MAKES_ROOM] == spare
    with pytest.raises(Refused, match=f"{spare} \\(inactive\\)"):
        harness.provider.issue(NAME, Snapshot())
    made = harness.provider.issue(NAME, snapshot)
    assert set(states(iam)) == {harness.old_id, made.key_id}
    assert made.made_room == spare
    assert harness.provider.made_room(NAME) == spare


def test_what_went_to_make_room_is_told_although_no_key_came_of_it(harness, iam):
    spare = second_key(iam, "Inactive")
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    harness.world.front.key_faults.inject("create-500", 1)
    with pytest.raises(OutsideError):
        harness.provider.issue(NAME, snapshot)
    assert harness.provider.made_room(NAME) == spare
    assert harness.provider.made_room("inc_other_") == ""
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.provider.delete(Held(harness.old, harness.old_id))
    assert harness.provider.issue(NAME, snapshot).made_room == ""


def test_a_key_that_the_bot_may_not_delete_went_by_a_persons_hand(harness, iam, monkeypatch):
    spare = second_key(iam, "Inactive")
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)

    def declined(_user, _key_id, verb):
        raise Refused("aws-iam", verb, "AccessDenied")

    monkeypatch.setattr(User, "delete", declined)
    with pytest.raises(Refused):
        harness.provider.issue(NAME, snapshot)
    assert harness.provider.made_room(NAME) == ""
    iam.delete_access_key(UserName="product-a", AccessKeyId=spare)
    assert harness.provider.made_room(NAME) == ""


def test_a_named_key_that_was_switched_on_meanwhile_stays(harness, iam):
    spare = second_key(iam, "Inactive")
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    iam.update_access_key(UserName="product-a", AccessKeyId=spare, Status="Active")
    with pytest.raises(Refused, match="decide which one is no longer needed and delete it"):
        harness.provider.issue(NAME, snapshot)
    assert states(iam)[spare] == "Active"


def test_a_leaked_key_that_was_switched_off_is_kept_for_the_investigation(harness, iam):
    harness.provider.revoke(Held(harness.old, harness.old_id))
    current = second_key(iam)
    snapshot = harness.provider.snapshot(pair(current, "x"), current)
    assert MAKES_ROOM not in snapshot.facts
    with pytest.raises(Refused, match="decide which one is no longer needed and delete it"):
        harness.provider.issue(NAME, snapshot)
    harness.provider.delete(Held(harness.old, harness.old_id))
    assert OFF + harness.old_id not in [tag["Key"] for tag in iam.list_user_tags(UserName="product-a")["Tags"]]
    assert harness.provider.issue(NAME, snapshot).key_id in states(iam)


def test_a_limit_that_the_list_does_not_show_is_asked_again(harness):
    harness.world.front.key_faults.inject("create-limit", 1)
    with pytest.raises(Unexpected, match="behind"):
        harness.provider.issue(NAME, Snapshot())
    harness.world.front.key_faults.inject("create-500", 1)
    with pytest.raises(Unexpected):
        harness.provider.issue(NAME, Snapshot())
    assert harness.provider.issued("inc_") == []


def test_a_key_that_somebody_made_before_or_much_later_is_not_taken_for_ours(harness, iam):
    before = second_key(iam)
    began = datetime.now(UTC) - timedelta(minutes=3)
    tags = {NAME: began, "inc_abc234_aws_access_key_2": datetime.now(UTC)}
    for name, at in tags.items():
        known = "" if at == began else f" {harness.old_id} {before}"
        iam.tag_user(UserName="product-a", Tags=[{"Key": MAKING + name, "Value": at.isoformat() + known}])
    assert harness.provider.issued("inc_abc234_") == []


def test_a_key_bears_the_name_under_which_it_was_tried_last(harness):
    with harness.fault("create-500") as (provider, _), pytest.raises(OutsideError):
        provider.issue(NAME, Snapshot())
    made = harness.provider.issue("inc_abc234_aws_access_key_2", Snapshot())
    found = [(key.id, key.name) for key in harness.provider.issued("inc_abc234_")]
    assert len(found) == 1
    assert found[0][0] == made.key_id


def test_names_of_long_ago_are_forgotten(harness, iam):
    old = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    tags = [{"Key": f"{MAKING}inc_old_{n}", "Value": old} for n in range(2)]
    iam.tag_user(UserName="product-a", Tags=[*tags, {"Key": "team", "Value": "platform"}])
    harness.provider.issue(NAME, Snapshot())
    assert {tag["Key"] for tag in iam.list_user_tags(UserName="product-a")["Tags"]} == {"team", MAKING + NAME}


# --- ending ---------------------------------------------------------------------------------------------------------


def test_revoking_switches_off_and_deleting_comes_later(harness, iam):
    with pytest.raises(Refused, match="it is enabled"):
        harness.provider.delete(Held(harness.old, harness.old_id))
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert states(iam) == {harness.old_id: "Inactive"}
    for _ in range(2):
        harness.provider.delete(Held(harness.old, harness.old_id))
    assert states(iam) == {}
    assert capabilities(PROVIDERS["aws-iam"]).deletes


def test_a_revocation_without_effect_is_seen_by_the_probe_alone(harness):
    harness.world.front.key_faults.inject("revoke-ignored", 1)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    settled(harness)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_the_key_that_the_bot_runs_on_is_never_touched(harness, iam):
    own = states(iam, "compromise-bot")
    [own_id] = own
    for end in (harness.provider.revoke, harness.provider.delete):
        with pytest.raises(Refused, match="the bot itself runs on"):
            end(Held(pair(own_id, "x"), own_id))
    assert states(iam, "compromise-bot") == own


def test_an_id_that_is_not_the_values_is_refused(harness, iam):
    with pytest.raises(Refused, match="not the one that belongs to the value"):
        harness.provider.revoke(Held(harness.old, second_key(iam)))
    assert set(states(iam).values()) == {"Active"}


def test_with_its_user_a_key_is_gone(harness, iam):
    iam.delete_access_key(UserName="product-a", AccessKeyId=harness.old_id)
    iam.delete_user(UserName="product-a")
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.provider.delete(Held(harness.old, harness.old_id))


def test_a_lost_key_that_somebody_uses_is_not_ours_to_end(harness, iam):
    made = iam.create_access_key(UserName="product-a")["AccessKey"]
    harness.provider.probe(pair(made["AccessKeyId"], made["SecretAccessKey"]))
    with pytest.raises(Refused, match="another person made it"):
        harness.provider.revoke(Held(EMPTY, made["AccessKeyId"]))
    assert states(iam)[made["AccessKeyId"]] == "Active"
    unused = Held(EMPTY, "AKIAGONE")
    harness.provider.revoke(unused)


def test_a_lost_key_that_no_tag_calls_ours_is_not_ended_though_nobody_has_used_it(harness, iam):
    other = second_key(iam)
    with pytest.raises(Refused, match=" the bot did not name it"):
        harness.provider.revoke(Held(EMPTY, other))
    assert states(iam)[other] == "Active"


@pytest.mark.parametrize("value", ["", "no time", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_tag_of_others_that_begins_like_ours_is_left_alone_and_blocks_nothing(harness, iam, value):
    iam.tag_user(UserName="product-a", Tags=[{"Key": "compromise:inc_abc234_x_1", "Value": value}])
    issued = harness.provider.issue(NAME, Snapshot())
    assert [key.id for key in harness.provider.issued("inc_abc234_")] == [issued.key_id]
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName="product-a")["Tags"]}
    assert tags["compromise:inc_abc234_x_1"] == value
    harness.provider.revoke(Held(EMPTY, issued.key_id))
    assert issued.key_id not in states(iam)


# --- sessions -------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(harness):
    """A call that needs a right, made with a session that was minted from the leaked key."""
    own = Aws(
        REGION,
        endpoint_url=harness.world.front.url,
        loopback_allowed=True,
        access_key=(harness.old_id, harness.old.key),
    )
    minted = own.client("sts").get_session_token()["Credentials"]
    from boto3 import client

    keys = {
        "aws_access_key_id": minted["AccessKeyId"],
        "aws_secret_access_key": minted["SecretAccessKey"],
        "aws_session_token": minted["SessionToken"],
    }
    return client("iam", region_name=REGION, endpoint_url=harness.world.front.url, **keys)


def test_sessions_that_were_minted_from_the_key_end_with_it(harness, session):
    assert session.list_users()["Users"]
    harness.provider.revoke(Held(harness.old, harness.old_id))
    with pytest.raises(session.exceptions.ClientError, match="explicit deny"):
        session.list_users()


def test_a_session_outlives_a_key_that_is_only_switched_off(harness, iam, session):
    iam.update_access_key(UserName="product-a", AccessKeyId=harness.old_id, Status="Inactive")
    settled(harness)
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD
    assert session.list_users()["Users"]


def limit(iam):
    document = iam.get_user_policy(UserName="product-a", PolicyName="compromise-sessions")["PolicyDocument"]
    [statement] = document["Statement"]
    return statement["Sid"], statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"]


def test_the_time_of_a_revocation_stays_that_of_the_first(harness, iam):
    harness.provider.revoke(Held(harness.old, harness.old_id))
    key_id, until = limit(iam)
    assert key_id == harness.old_id
    assert datetime.fromisoformat(until) > datetime.now(UTC)
    early = "2026-01-01T00:00:00Z"
    by_age = {"DateLessThan": {"aws:TokenIssueTime": early}}
    statement = {"Sid": harness.old_id, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": by_age}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="product-a", PolicyName="compromise-sessions", PolicyDocument=text)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert limit(iam) == (harness.old_id, early)
    iam.update_access_key(UserName="product-a", AccessKeyId=harness.old_id, Status="Active")
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert limit(iam)[1] > early


@pytest.mark.parametrize(
    ("changes", "covered"),
    [
        ({}, True),
        ({"Action": ["*"], "Resource": ["*"], "Sid": "x"}, True),
        ({"Action": "s3:*"}, False),
        ({"Effect": "Allow"}, False),
        ({"Condition": {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    ],
)
def test_a_session_of_a_role_is_over_once_the_role_has_a_dated_deny_or_is_gone(harness, iam, changes, covered):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    arn = iam.create_role(RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    at = datetime.now(UTC)
    opened = Use(at, at, "sts:AssumeRole", what=(arn, "ASIAONE"))
    own = replace(opened, action="sts:GetFederationToken", what=("eve", "ASIATWO"))
    foreign = replace(opened, what=("arn:aws:iam::999999999999:role/deploy", "ASIATHREE"))
    assert [*harness.provider.still_there([opened, own, foreign])] == [(opened, True), (own, True)]
    limit = {"DateLessThan": {"aws:TokenIssueTime": (at + timedelta(minutes=1)).isoformat()}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": limit} | changes
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="deploy", PolicyName="AWSRevokeOlderSessions", PolicyDocument=text)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert [*harness.provider.still_there([opened, own])] == [(opened, not covered), (own, False)]
    iam.delete_role_policy(RoleName="deploy", PolicyName="AWSRevokeOlderSessions")
    iam.delete_role(RoleName="deploy")
    assert [*harness.provider.still_there([opened, own])] == [(opened, False), (own, False)]


def test_the_bot_sees_whether_a_policy_or_group_is_still_given(harness, iam):
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    at, policy = datetime.now(UTC), iam.create_policy(PolicyName="all", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_user(UserName="eve")
    iam.create_group(GroupName="admins")
    attached = Use(at, at, "iam:AttachUserPolicy", what=("eve", policy))
    joined = replace(attached, action="iam:AddUserToGroup", what=("eve", "admins"))
    group = replace(attached, action="iam:AttachGroupPolicy", what=(policy, "admins"))
    unseen = replace(attached, action="iam:CreateLoginProfile", what=("eve",))
    every = [attached, joined, group, unseen]
    assert [*harness.provider.still_there(every)] == [(attached, False), (joined, False), (group, False)]
    iam.attach_user_policy(UserName="eve", PolicyArn=policy)
    iam.add_user_to_group(UserName="eve", GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=policy)
    assert [*harness.provider.still_there(every)] == [(attached, True), (joined, True), (group, True)]


def test_sessions_that_could_not_be_ended_are_said(harness, iam):
    harness.world.front.key_faults.inject("sessions-denied", 1)
    with pytest.raises(Unauthorized, match="it is disabled, but its sessions could not be closed"):
        harness.provider.revoke(Held(harness.old, harness.old_id))
    assert states(iam) == {harness.old_id: "Inactive"}
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert limit(iam)[0] == harness.old_id


def test_the_hint_that_a_key_is_kept_is_not_worth_a_failure(harness, iam):
    harness.world.front.faults.inject("iam-tag-500", 1)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert states(iam) == {harness.old_id: "Inactive"}


# --- what an attacker may have left ---------------------------------------------------------------------------------


def test_users_keys_and_roles_that_are_new_are_listed(harness, iam):
    assert harness.provider.leftovers(datetime.now(UTC) + timedelta(hours=1), harness.old, harness.old_id) == []
    since = datetime.now(UTC) - timedelta(seconds=5)
    iam.create_user(UserName="backdoor")
    key = iam.create_access_key(UserName="backdoor")["AccessKey"]["AccessKeyId"]
    harness.world.create_function("api")
    found = {(each.item, each.id): each.name for each in harness.provider.leftovers(since, harness.old, harness.old_id)}
    assert found["users", "backdoor"] == "backdoor"
    assert found["access-keys", key] == "of backdoor"
    assert ("roles", "product-functions") in found
    assert ("access-keys", harness.old_id) not in found
    assert {item for item, _ in found} == set(harness.provider.card.inspects)


def test_more_users_than_can_be_looked_at_are_said(harness, monkeypatch):
    monkeypatch.setattr("bot.providers.aws_iam.provider.MOST_USERS", 2)
    with pytest.raises(Refused, match="credential report"):
        harness.provider.leftovers(datetime.now(UTC), harness.old, harness.old_id)


# --- options --------------------------------------------------------------------------------------------------------


def test_the_user_and_the_names_of_the_parts_are_checked_before_anything_starts():
    assert "'user' is needed" in validation_error("aws-iam", {}, ["id", "secret"])
    assert "expected id, secret" in validation_error("aws-iam", {"user": "product-a"}, ["key"])
    assert validation_error("aws-iam", {"user": "product-a"}, ["id", "secret"]) == ""


POLICY = "compromise-inc_abcdef-deny-before"


def test_earlier_sessions_of_a_role_are_denied_and_admitted_again_by_one_named_policy(harness, iam):
    world = harness.world
    arn = world.create_role("deploy")
    early, later = (world.role_session(arn, "ci").client("iam") for _ in range(2))
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    for _ in range(2):
        harness.provider.deny("deploy", POLICY, until)
    assert iam.list_role_policies(RoleName="deploy")["PolicyNames"] == [POLICY]
    with pytest.raises(early.exceptions.ClientError, match="explicit deny"):
        early.list_users()
    for _ in range(2):
        harness.provider.deny("deploy", POLICY, None)
    assert iam.list_role_policies(RoleName="deploy")["PolicyNames"] == []
    assert later.list_users()["Users"]


def test_where_the_bot_may_not_deny_a_person_is_told_how_and_a_missing_role_is_no_success(harness):
    with pytest.raises(Missing):
        harness.provider.deny("no-such-role", POLICY, datetime.now(UTC))
    harness.world.front.key_faults.inject("denied")
    with pytest.raises(Unauthorized, match=r"By hand: .*roles/details/deploy choose"):
        harness.provider.deny("deploy", POLICY, datetime.now(UTC))
