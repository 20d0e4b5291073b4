"""What an access key was used for, as the practice account's CloudTrail tells it in each region."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.aws import lookups
from bot.aws.calls import PATIENCE
from bot.decoding import strings
from bot.drill.fakes import aws
from bot.drill.fakes.allowance import Allowance
from bot.errors import Throttled, Unauthorized
from bot.model.uses import Concern, Undo
from bot.providers.aws_iam import trail
from bot.providers.aws_iam.actions import GIVES, SESSIONS
from bot.providers.aws_iam.provider import AwsIam
from bot.providers.aws_iam.trail import FOREIGN
from bot.providers.contract import Held
from bot.providers.looks import Look
from tests.providers.aws_iam.harness import SEVENTEEN, aws_iam

KEY = "AKIAEXAMPLE000000001"
RECORDS = AwsIam.card.records
RULES = {action: (rule.concern, why) for rule in RECORDS.rules for action, why in rule.actions.items()}
UNDO = {
    action: Undo(rule.undo, rule.item, rule.of_role) for rule in RECORDS.rules if rule.undo for action in rule.actions
}
NUMBERS = count()


@pytest.fixture
def harness():
    with aws_iam() as made:
        made.world.front.lookups = Allowance(10_000.0, 10_000.0, time.monotonic)
        made.world.front.trail.forget()
        made.provider.aws.lookup_rate = 10_000.0
        yield made


def record(harness, action, *, key=None, region="eu-west-1", minutes=1, session="", **more):
    """Adds a record as CloudTrail has it."""
    service, _, name = action.partition(":")
    answer = {"credentials": {"accessKeyId": session, "sessionToken": "IQoJTOKEN"}} if session else None
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    harness.world.front.trail.add(
        {
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/app", "accessKeyId": key or harness.old_id},
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.0",
            "requestParameters": None,
            "responseElements": answer,
            "eventID": f"event-{next(NUMBERS)}",
            **more,
        }
    )


def report(harness, enough=lambda: False):
    now = datetime.now(UTC) + timedelta(seconds=2)
    look = Look(harness.provider.card.records, now - timedelta(days=1), now, enough)
    return harness.provider.use(Held(harness.old, harness.old_id), look)


def actions(found):
    return sorted(use.action for use in found.uses)


def test_the_uses_of_the_key_in_every_enabled_region_and_no_others(harness):
    record(harness, "s3:ListBuckets")
    record(harness, "iam:CreateUser", region="us-east-1", requestParameters={"userName": "eve"})
    record(harness, "s3:ListBuckets", key="AKIAOTHER")
    record(harness, "s3:ListBuckets", region="ap-south-1")
    found = report(harness)
    assert actions(found) == ["iam:CreateUser", "s3:ListBuckets"]
    assert (found.source, found.truncated) == ("CloudTrail event history, by access key, in 2 regions", False)
    [made] = [use for use in found.uses if use.action == "iam:CreateUser"]
    assert (made.key, made.principal, made.address, made.agent, made.region, made.what, made.why) == (
        harness.old_id, "arn:aws:iam::1:user/app", "198.51.100.7", "aws-cli/2.0", "us-east-1", ("eve",),
        "Makes a user.",
    )  # fmt: skip
    assert made.concern is Concern.PERSISTENCE


def test_sessions_are_followed_in_any_number_of_steps_and_their_tokens_are_not_read(harness):
    record(harness, "sts:GetFederationToken", session="ASIAONE", requestParameters={"name": "eve", "policy": "{}"})
    record(harness, "sts:AssumeRole", key="ASIAONE", session="ASIATWO", region="us-east-1")
    record(harness, "ec2:RunInstances", key="ASIATWO")
    record(harness, "sts:AssumeRole", key="ASIATWO", session="ASIAONE")
    found = report(harness)
    by_key = {(use.key, use.action) for use in found.uses}
    assert {("ASIATWO", "ec2:RunInstances"), ("ASIAONE", "sts:AssumeRole")} <= by_key
    assert len(found.uses) == 4
    assert "IQoJTOKEN" not in repr(found)
    assert ("eve", "ASIAONE") in {use.what for use in found.uses}


def test_a_session_that_a_real_client_opens_is_followed_too(harness):
    mine = harness.provider.aws.with_access_key(harness.old_id, harness.old.key)
    opened = mine.client("sts").get_session_token()["Credentials"]["AccessKeyId"]
    mine.client("iam").list_users()
    found = report(harness)
    assert opened in {text for use in found.uses for text in use.what}
    assert "iam:ListUsers" in actions(found)


def test_the_bots_own_probes_are_marked_and_someone_elses_are_not(harness):
    harness.provider.probe(harness.old)
    record(harness, "sts:GetCallerIdentity")
    assert sorted(use.by_bot for use in report(harness).uses) == [False, True]


def test_more_sessions_than_are_followed_are_counted(harness, monkeypatch):
    monkeypatch.setattr(trail, "MOST_KEYS", 2)
    for number in range(4):
        record(harness, "sts:AssumeRole", session=f"ASIA{number}")
    found = report(harness)
    assert found.truncated
    assert "3 sessions opened with the key: more than 2." in found.not_visible


def test_a_long_history_ends_after_its_newest_pages(harness, monkeypatch):
    monkeypatch.setattr(lookups, "PAGE", 2)
    monkeypatch.setattr(trail, "MOST_PAGES", 2)
    for minutes in range(1, 8):
        record(harness, f"s3:Get{8 - minutes}", minutes=8 - minutes)
    found = report(harness)
    assert actions(found) == ["s3:Get1", "s3:Get2", "s3:Get3", "s3:Get4"]
    assert f"Not read to the end: {harness.old_id} in eu-west-1." in found.not_visible


def test_once_it_is_enough_no_further_call_is_made(harness):
    record(harness, "s3:ListBuckets")
    asked = iter([False, True, True])
    found = report(harness, lambda: next(asked))
    assert actions(found) == ["s3:ListBuckets"]
    assert found.not_visible[-1].endswith(f"{harness.old_id} in us-east-1.")
    assert found.truncated


def test_where_aws_does_not_list_regions_the_known_ones_are_asked_and_that_is_said(harness):
    record(harness, "s3:ListBuckets")
    record(harness, "iam:CreateUser", region="us-east-1")
    harness.world.front.faults.inject("account-denied")
    found = report(harness)
    assert actions(found) == ["iam:CreateUser", "s3:ListBuckets"]
    [gap] = [each for each in found.not_visible if each.startswith("Regions other than eu-west-1")]
    assert "AccessDeniedException" in gap
    assert found.truncated


def test_a_region_that_does_not_answer_is_named_and_none_at_all_is_tried_again(harness):
    faults = harness.world.front.faults
    faults.inject("cloudtrail-throttled", times=PATIENCE + 1)
    found = report(harness)
    assert found.truncated
    assert any(each.startswith(f"{harness.old_id} in eu-west-1: cloudtrail:") for each in found.not_visible)
    faults.inject("cloudtrail-throttled", times=2 * (PATIENCE + 1))
    with pytest.raises(Throttled):
        report(harness)
    faults.inject("cloudtrail-denied", times=2)
    with pytest.raises(Unauthorized):
        report(harness)


def test_17_regions_are_read_whole_at_two_calls_a_second_each_although_others_use_the_account_too(harness, monkeypatch):
    monkeypatch.setattr(aws, "REGIONS", SEVENTEEN)
    monkeypatch.setattr(lookups, "PAGE", 2)
    seconds = count(step=0.15)
    harness.world.front.lookups = Allowance(2.0, 1.0, lambda: next(seconds))
    harness.world.front.faults.inject("cloudtrail-throttled", times=3)
    for region in SEVENTEEN:
        for _ in range(3):
            record(harness, "s3:ListBuckets", region=region)
    found = report(harness)
    assert (len(found.uses), {use.region for use in found.uses}) == (51, {*SEVENTEEN})
    assert (found.truncated, found.source) == (False, "CloudTrail event history, by access key, in 17 regions")
    assert next(seconds) > 0.15 * 2 * len(SEVENTEEN), "calls were throttled"


@pytest.mark.parametrize(
    "strange",
    [
        {"eventTime": "2026-11-25T03:00:00"},
        {"userIdentity": []},
        {"requestParameters": {"userName": {"deep": 1}}, "responseElements": "text"},
        {"responseElements": {"credentials": {"accessKeyId": 7}}},
    ],
)
def test_hostile_records_are_counted_or_read_and_nothing_fails(harness, strange):
    trail_of = harness.world.front.trail
    record(harness, "sts:AssumeRole")
    event = trail_of._events[-1]
    changed = json.dumps({**json.loads(event.document), **strange, "accessKeyId": harness.old_id})
    object.__setattr__(event, "document", changed)
    found = harness.provider
    looked = trail.Trail(found.aws, "", Look(RECORDS, event.at, event.at, lambda: False))
    assert len([*looked._taken(harness.old_id, "event", changed), *looked.unreadable]) == 1


def test_every_rule_is_a_sentence_about_an_action_of_a_service():
    for action, (concern, why) in RULES.items():
        service, _, name = action.partition(":")
        assert service
        assert name[0].isupper()
        assert concern is not Concern.NONE
        assert why.endswith(".")


# --- the records of real attacks in DataDog/stratus-red-team, docs/detonation-logs at 7c9a7a5, shortened ---

ATTACKS = [json.loads(line) for line in (Path(__file__).parent / "stratus" / "events.jsonl").read_text().splitlines()]
WORST = {
    "persistence": Concern.PERSISTENCE,
    "privilege-escalation": Concern.PERSISTENCE,
    "lateral-movement": Concern.PERSISTENCE,
    "initial-access": Concern.PERSISTENCE,
    "defense-evasion": Concern.BLINDNESS,
    "credential-access": Concern.THEFT,
    "exfiltration": Concern.THEFT,
}
"""What each tactic is to be found as; some have no record of another kind."""
OTHERWISE = {
    "credential-access.ec2-steal-instance-credentials": Concern.PERSISTENCE,  # by a command on the machine
    "exfiltration.ec2-security-group-open-port-22-ingress": Concern.PERSISTENCE,
}


def read_all(harness):
    now = datetime.now(UTC)
    looked = trail.Trail(harness.provider.aws, "", Look(RECORDS, now, now, lambda: False))
    taken = (looked._taken("AKIALEAKED", event["eventID"], json.dumps(event)) for event in ATTACKS)
    return looked, {use.id: use for uses in taken for use in uses}


def test_every_record_of_real_attacks_is_read_and_says_what_it_says_and_no_more(harness):
    looked, uses = read_all(harness)
    assert (len(uses), looked.unreadable) == (310, set())
    for event in ATTACKS:
        use = uses[event["eventID"]]
        service = event["eventSource"].removesuffix(".amazonaws.com")
        assert use.action == f"{service}:{event['eventName']}"
        assert use.principal == event["userIdentity"].get("arn", event["userIdentity"].get("type", ""))
        assert (use.address, use.agent) == (event.get("sourceIPAddress", ""), event.get("userAgent", ""))
        assert use.refused == ("errorCode" in event)
        assert {*use.what} <= {*strings(event)}


def test_each_technique_that_was_recorded_is_found_by_a_rule(harness):
    (_, uses), found = read_all(harness), {}
    for event in ATTACKS:
        found.setdefault(event["technique"], set()).add(uses[event["eventID"]].concern)
    missed = {
        technique: concerns
        for technique, concerns in found.items()
        if (worst := OTHERWISE.get(technique, WORST.get(technique.partition(".")[0]))) and worst not in concerns
    }
    assert missed == {}
    assert len(found) > 30


def test_no_action_of_real_attacks_is_without_a_rule_but_for_reads_of_states_and_what_ends_something(harness):
    unruled = {use.action for use in read_all(harness)[1].values() if use.concern is Concern.NONE}
    assert unruled == {
        "bedrock:GetFoundationModelAvailability", "bedrock:ListFoundationModelAgreementOffers", "ec2:StartInstances",
        "ec2:StopInstances", "iam:DeleteLoginProfile", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation",
        "ssm:TerminateSession",
    }  # fmt: skip


def test_their_sessions_are_followed(harness):
    answers = [event.get("responseElements", {}) for event in ATTACKS]
    opened = {each["credentials"]["accessKeyId"] for each in answers if "credentials" in each}
    assert len(opened) == 9
    assert opened == read_all(harness)[0]._known


def test_each_session_in_a_role_of_another_account_is_named_as_unknown_with_whom_to_ask(harness):
    for number, account in enumerate(("1", "2", "2")):
        record(
            harness, "sts:AssumeRole", session=f"ASIA{number}",
            requestParameters={"roleArn": f"arn:aws:iam::{account}:role/x"},
        )  # fmt: skip
    record(harness, "sts:AssumeRole", errorCode="AccessDenied", requestParameters={"roleArn": "arn:aws:iam::3:role/x"})
    found = report(harness)
    assert found.truncated, "so that it is never only our use that was seen"
    assert {(use.role, use.undo) for use in found.uses if not use.refused} == {
        ("x", UNDO["sts:AssumeRole"]), ("", FOREIGN),
    }  # fmt: skip
    assert [each for each in found.not_visible if " in account " in each] == [
        "What ASIA2 and ASIA1, role/x, did in account 2: ask its owner for the event history of each session."
    ]


def test_each_way_to_persist_says_where_it_is_undone_and_what_a_refused_call_made_is_nothing(harness):
    lasting = {action for action, (concern, _) in RULES.items() if concern in {Concern.PERSISTENCE, Concern.BLINDNESS}}
    assert lasting <= UNDO.keys() <= RULES.keys()
    assert all("https://console.aws.amazon.com/" in undo.where for undo in UNDO.values())
    listed = {undo.item: action for action, undo in UNDO.items() if undo.item}
    assert listed == {"users": "iam:CreateUser", "access-keys": "iam:CreateAccessKey", "roles": "iam:CreateRole"}
    assert {*listed} <= {*harness.provider.card.inspects}
    assert {*GIVES, *SESSIONS} <= {*UNDO}
    record(
        harness, "iam:CreateAccessKey", region="us-east-1", requestParameters={"userName": "eve"},
        responseElements={"accessKey": {"accessKeyId": "AKIAEVE", "status": "Active", "userName": "eve"}},
    )  # fmt: skip
    record(harness, "lambda:AddPermission20150331v2", requestParameters={"functionName": "checkout"})
    record(harness, "iam:CreateUser", errorCode="AccessDenied")
    record(harness, "iam:ListUsers")
    undone = {use.action: (use.made, use.what, use.undo) for use in report(harness).uses}
    assert undone == {
        "iam:CreateAccessKey": ("CreateAccessKey eve", ("eve", "AKIAEVE"), UNDO["iam:CreateAccessKey"]),
        "lambda:AddPermission20150331v2": (
            "AddPermission20150331v2 checkout", ("checkout",), UNDO["lambda:AddPermission"],
        ),
        "iam:CreateUser": ("CreateUser", (), None),
        "iam:ListUsers": ("ListUsers", (), None),
    }  # fmt: skip
