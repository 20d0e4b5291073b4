"""Usage as the practice account's CloudTrail shows it, over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.aws.calls import PATIENCE
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_trail import Event
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import OutsideError, Throttled, Unauthorized, Unreachable
from bot.usage.cloudtrail import NO_ACCOUNT, CloudTrailUsage
from bot.usage.contract import UsageSource
from tests.support.aws import furnished, running_front

KEY = "/production/openai-api-key"
OTHER = "/production/redis-url"
PARAMETERS = "arn:aws:ssm:eu-west-1:123456789012:parameter"


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    world = furnished(front)
    front.lookups._rate = 10_000
    world.store(KEY, "sk-one")
    world.store(OTHER, "redis://:pw@host")
    return world


@pytest.fixture
def bot(world):
    return world.create_person("compromise-bot")


@pytest.fixture
def ada(world):
    return world.create_person("ada")


def usage_of(world, bot, caller=None, **more) -> CloudTrailUsage:
    aws = world.session_of(bot)
    aws.lookup_rate = 10_000.0
    return CloudTrailUsage(aws, caller or (lambda: bot.arn), **more)


def window():
    now = datetime.now(UTC)
    return now - timedelta(hours=1), now + timedelta(minutes=1)


def test_it_is_a_usage_source(world, bot):
    source: UsageSource = usage_of(world, bot)
    assert source.reads([], *window()).reads == ()


def test_reads_carry_who_from_where_and_how(world, bot, ada):
    ssm = world.session_of(ada).client("ssm")
    ssm.get_parameter(Name=KEY, WithDecryption=True)
    since, until = window()
    usage = usage_of(world, bot).reads([KEY], since, until)
    (read,) = usage.reads
    assert (read.principal, read.address, read.action, read.parameter) == (ada.arn, "127.0.0.1", "GetParameter", KEY)
    assert "Boto3" in read.agent
    assert read.at.utcoffset() == timedelta(0)
    assert (usage.since, usage.until, usage.truncated) == (since, until, False)
    assert "sk-one" not in repr(usage)


def test_the_bots_own_reads_are_marked(world, bot, ada):
    for person in (bot, ada):
        world.session_of(person).client("ssm").get_parameter(Name=KEY)
    reads = usage_of(world, bot).reads([KEY], *window()).reads
    assert {read.principal: read.by_bot for read in reads} == {bot.arn: True, ada.arn: False}


def test_all_ways_of_naming_a_parameter_count_once_each(world, bot, ada):
    ssm = world.session_of(ada).client("ssm")
    ssm.get_parameter(Name=f"{KEY}:1")
    ssm.get_parameters(Names=[OTHER, KEY])
    ssm.get_parameter_history(Name=KEY)
    reads = usage_of(world, bot).reads([KEY, OTHER, KEY], *window()).reads
    assert sorted((read.action, read.parameter) for read in reads) == [
        ("GetParameter", KEY),
        ("GetParameterHistory", KEY),
        ("GetParameters", KEY),
        ("GetParameters", OTHER),
    ]


def test_a_read_that_names_a_version_or_does_not_say_is_marked(world, bot, ada, front):
    ssm = world.session_of(ada).client("ssm")
    ssm.get_parameter(Name=f"{KEY}:1")
    ssm.get_parameters(Names=[KEY, OTHER])
    record(front, requestParameters=None)
    record(front, eventID="by-arn", requestParameters={"name": f"{PARAMETERS}{KEY}"})
    reads = usage_of(world, bot).reads([KEY], *window()).reads
    assert sorted((read.action, read.by_version) for read in reads) == [
        ("GetParameter", False),
        ("GetParameter", True),
        ("GetParameter", True),
        ("GetParameters", False),
    ]


def refused(front, person, call):
    front.faults.inject("ssm-denied", times=1)
    with pytest.raises(Exception, match="AccessDenied"):
        call(person.client("ssm"))


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (lambda ssm: ssm.get_parameter(Name=KEY), "GetParameter"),
        (lambda ssm: ssm.get_parameters(Names=[KEY, OTHER]), "GetParameters"),
        (lambda ssm: ssm.get_parameter_history(Name=KEY), "GetParameterHistory"),
        (lambda ssm: ssm.get_parameters_by_path(Path="/production"), "GetParametersByPath"),
        (lambda ssm: ssm.get_parameters_by_path(Path="/", Recursive=True), "GetParametersByPath"),
    ],
)
def test_refused_reads_are_found_by_what_the_refusal_says(world, bot, ada, front, call, action):
    refused(front, world.session_of(ada), call)
    (read,) = usage_of(world, bot).reads([KEY], *window()).reads
    assert (read.principal, read.action) == (ada.arn, f"{action} (refused: AccessDenied)")
    assert usage_of(world, bot).reads(["/staging-only/key"], *window()).reads[1:] == ()


def test_a_refusal_that_names_no_parameter_is_said(world, bot, front):
    record(front, requestParameters=None, errorCode="AccessDenied", errorMessage="kms:Decrypt", resource="")
    usage = usage_of(world, bot).reads([KEY], *window())
    assert usage.reads == ()
    assert "1 refused read whose records name no parameter, by arn:aws:iam::123456789012:user/ada." in usage.not_visible


def test_how_far_back_refused_reads_were_looked_for_is_said(world, bot, front):
    record(front, 501, resource=OTHER)
    usage = usage_of(world, bot).reads([KEY], *window())
    assert not usage.truncated  # what names the key, or a path above it, was looked through
    assert any(said.startswith("Refused reads before ") for said in usage.not_visible)


def test_what_cannot_be_seen_is_said(world, bot):
    usage = usage_of(world, bot).reads([KEY], *window())
    for said in ("15 minutes", "90 days", "warm containers", "CloudTrail names one of them"):
        assert any(said in sentence for sentence in usage.not_visible)


def test_who_the_bot_is_is_asked_again_where_aws_was_silent(world, bot, ada):
    for person in (ada, bot):
        world.session_of(person).client("ssm").get_parameter(Name=KEY)
    answers = [Unreachable("sts", "ask who we are", "timed out"), bot.arn]

    def caller() -> str:
        answer = answers.pop(0)
        if isinstance(answer, OutsideError):
            raise answer
        return answer

    source = usage_of(world, bot, caller)
    without = source.reads([KEY], *window())
    assert (len(without.reads), without.truncated, NO_ACCOUNT in without.not_visible) == (2, True, True)
    known = source.reads([KEY], *window())
    assert {read.principal: read.by_bot for read in known.reads} == {bot.arn: True, ada.arn: False}
    assert (known.truncated, NO_ACCOUNT in known.not_visible) == (False, False)


def test_every_one_of_many_parameters_is_looked_up(world, bot, ada):
    names = [f"/production/{number}" for number in range(42)]
    ssm = world.session_of(ada).client("ssm")
    for name in names:
        world.store(name, "a value")
        ssm.get_parameter(Name=name)
    usage = usage_of(world, bot).reads(names, *window())
    assert ({read.parameter for read in usage.reads}, usage.truncated) == ({*names}, False)


def record(front, count=1, resource=KEY, **changes):
    for number in range(count):
        at = datetime.now(UTC)
        arn = f"{PARAMETERS}{resource}"
        document = {
            "eventID": f"event-{number}-{len(changes)}",
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "ssm.amazonaws.com",
            "eventName": "GetParameter",
            "userIdentity": {"arn": "arn:aws:iam::123456789012:user/ada"},
            "requestParameters": {"name": resource},
            **({"resources": [{"ARN": arn}]} if resource else {}),
            **changes,
        }
        event = Event(document["eventID"], at, "GetParameter", (arn,) if resource else (), json.dumps(document))
        front.trail._events.append(event)


def test_pages_are_followed_up_to_a_bound(world, bot, front):
    record(front, 120)
    assert len(usage_of(world, bot).reads([KEY], *window()).reads) == 120
    bounded = usage_of(world, bot, pages=0).reads([KEY], *window())
    assert (len(bounded.reads), bounded.truncated) == (50, True)


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        ({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}, "lambda.amazonaws.com"),
        ({"type": "Root"}, "Root"),
        ({}, "unknown"),
    ],
)
def test_identities_without_an_arn(world, bot, front, identity, principal):
    record(front, userIdentity=identity)
    (read,) = usage_of(world, bot).reads([KEY], *window()).reads
    assert read.principal == principal


def test_other_actions_and_other_parameters_do_not_count(world, bot, front):
    record(front, eventName="PutParameter")
    record(front, eventSource="elsewhere.amazonaws.com", eventID="2")
    record(front, requestParameters={"name": "/production/other"}, eventID="3")
    assert usage_of(world, bot).reads([KEY], *window()).reads == ()


def test_an_event_without_parameters_counts_by_its_resource(world, bot, front):
    record(front, requestParameters=None)
    assert len(usage_of(world, bot).reads([KEY], *window()).reads) == 1


def test_events_that_cannot_be_read_are_counted(world, bot, front):
    record(front, eventTime="not a time")
    usage = usage_of(world, bot).reads([KEY], *window())
    assert usage.reads == ()
    assert usage.not_visible[-1] == "1 event that could not be read."


def test_a_session_of_the_bots_role_is_the_bot(world, bot, front):
    record(front, userIdentity={"arn": "arn:aws:sts::123456789012:assumed-role/compromise-bot/task-2"})
    own = "arn:aws:sts::123456789012:assumed-role/compromise-bot/task-1"
    (read,) = usage_of(world, bot, lambda: own).reads([KEY], *window()).reads
    assert read.by_bot


def test_a_page_that_is_throttled_costs_none_of_the_others(world, bot, front):
    for number in range(60):
        record(front, eventID=str(number))
    front.faults.inject("cloudtrail-throttled", times=PATIENCE)
    usage = usage_of(world, bot).reads([KEY], *window())
    assert len(usage.reads) == 60


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cloudtrail-throttled", Throttled),
        ("cloudtrail-denied", Unauthorized),
        ("cloudtrail-lookup-reset", Unreachable),
    ],
)
def test_what_goes_wrong_is_told(world, bot, front, fault, kind):
    front.faults.inject(fault)
    with pytest.raises(kind, match="cloudtrail: look up reads"):
        usage_of(world, bot).reads([KEY], *window())


class TestByPath:
    """Reads of a whole path are found by no parameter's name."""

    def test_a_read_of_a_path_is_one_of_each_parameter_below_it(self, world, bot, ada):
        world.session_of(ada).client("ssm").get_parameters_by_path(Path="/production", Recursive=True)
        found = usage_of(world, bot).reads([KEY, OTHER, "/staging/redis-url"], *window()).reads
        assert {(read.principal, read.parameter) for read in found} == {(ada.arn, KEY), (ada.arn, OTHER)}
        assert {read.action for read in found} == {"GetParametersByPath"}

    def test_only_a_recursive_read_reaches_below_the_next_folder(self, world, bot, ada):
        deep = "/production/supabase/service-key"
        for recursive in (False, True):
            world.session_of(ada).client("ssm").get_parameters_by_path(Path="/production/", Recursive=recursive)
        found = usage_of(world, bot).reads([KEY, deep], *window()).reads
        assert sorted(read.parameter for read in found) == sorted([KEY, KEY, deep])

    def test_the_path_counts_as_the_folder_that_it_is(self, world, bot, ada):
        world.session_of(ada).client("ssm").get_parameters_by_path(Path=KEY, Recursive=True)
        assert [read.parameter for read in usage_of(world, bot).reads([KEY], *window()).reads] == []
