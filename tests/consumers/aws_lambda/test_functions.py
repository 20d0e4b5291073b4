"""Refreshing functions in a practice account, over HTTP."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from bot.consumers.aws_lambda.functions import IN_LAMBDA, LambdaConsumers
from bot.consumers.contract import MARKER
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import Missing, Refused, Throttled, Unauthorized, Unexpected
from bot.net.limits import Bucket
from tests.support.aws import furnished, running_front

KEY = "/production/openai-api-key"
OTHER = "/production/redis-url"


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    return furnished(front)


@pytest.fixture
def slept():
    return []


@pytest.fixture
def consumers(world, slept) -> LambdaConsumers:
    return consumers_of(world, slept.append)


def consumers_of(world, sleep, **more) -> LambdaConsumers:
    aws = world.session_of(world.create_person("compromise-bot"))
    return LambdaConsumers(aws, bucket=Bucket(10_000, 10_000), sleep=sleep, **more)


def environment(world, name="api", qualifier="$LATEST"):
    answer = world.aws.client("lambda").get_function_configuration(FunctionName=name, Qualifier=qualifier)
    return answer.get("Environment", {}).get("Variables", {})


def marker(world, name="api", qualifier="$LATEST"):
    return json.loads(environment(world, name, qualifier).get(MARKER, "{}"))


def test_the_marker_is_merged_into_the_environment(world, consumers):
    world.create_function("api", {"LOG_LEVEL": "info"})
    refreshed = consumers.refresh("api", None, {KEY: 3})
    assert (refreshed.versions, refreshed.complete, refreshed.detail) == ({KEY: 3}, True, "")
    assert environment(world) == {"LOG_LEVEL": "info", MARKER: f'{{"{KEY}":3}}'}


def test_the_marker_only_grows(world, consumers):
    world.create_function("api")
    consumers.refresh("api", None, {KEY: 3, OTHER: 9})
    refreshed = consumers.refresh("api", None, {KEY: 4, OTHER: 2})
    assert refreshed.versions == marker(world) == {KEY: 4, OTHER: 9}


def test_a_function_on_these_versions_is_left_alone(world, consumers, front):
    world.create_function("api")
    consumers.refresh("api", None, {KEY: 3})
    front.faults.inject("lambda-update-500")
    assert consumers.refresh("api", None, {KEY: 2}).versions == {KEY: 3}


@pytest.mark.parametrize("alias", [None, "live"])
def test_what_a_marker_holds_beyond_the_newest_version_promises_nothing(world, consumers, alias):
    """The parameter was deleted and made again since: its versions begin at 1 again."""
    world.create_function("api")
    client = world.aws.client("lambda")
    published = client.publish_version(FunctionName="api")["Version"]
    client.create_alias(FunctionName="api", Name="live", FunctionVersion=published)
    consumers.refresh("api", alias, {KEY: 9, OTHER: 4}, {KEY: 9, OTHER: 4})
    refreshed = consumers.refresh("api", alias, {KEY: 2}, {KEY: 2})
    assert refreshed.versions == marker(world, qualifier=alias or "$LATEST") == {KEY: 2, OTHER: 4}
    assert consumers.refresh("api", alias, {KEY: 2}, {KEY: 3}).versions == {KEY: 2, OTHER: 4}


@pytest.mark.parametrize("junk", ["not json", "[1]", '{"a": "b"}'])
def test_an_unreadable_marker_is_replaced(world, consumers, junk):
    world.create_function("api", {MARKER: junk})
    assert consumers.refresh("api", None, {KEY: 1}).versions == {KEY: 1}


def test_a_missing_function(consumers, front):
    with pytest.raises(Missing, match="lambda: refresh nowhere"):
        consumers.refresh("nowhere", None, {KEY: 1})
    with pytest.raises(Missing):
        consumers.refresh("nowhere", "live", {KEY: 1})


def clocked(front, seconds):
    now = [0.0]
    front.lambdas._clock, front.lambdas.seconds = (lambda: now[0]), seconds

    def sleep(passed):
        now[0] += passed

    return now, sleep


def test_an_update_is_waited_for(world, front):
    now, sleep = clocked(front, 2.0)
    world.create_function("api")
    assert consumers_of(world, sleep).refresh("api", None, {KEY: 3}).complete
    assert now[0] == 2.0


def test_an_update_of_somebody_else_is_waited_for_first(world, front):
    now, sleep = clocked(front, 2.0)
    world.create_function("api")
    world.aws.client("lambda").update_function_configuration(
        FunctionName="api", Environment={"Variables": {"THEIRS": "1"}}
    )
    consumers_of(world, sleep).refresh("api", None, {KEY: 3})
    assert now[0] == 4.0
    assert environment(world)["THEIRS"] == "1"


def test_patience_ends(world, front):
    _now, sleep = clocked(front, 1000.0)
    world.create_function("api")
    with pytest.raises(Unexpected, match="still in progress after 10 s"):
        consumers_of(world, sleep, patience=10.0).refresh("api", None, {KEY: 3})


def test_a_failed_update_names_its_reason_and_is_tried_again(world, consumers, front):
    world.create_function("api")
    front.faults.inject("lambda-update-fails", times=1)
    with pytest.raises(Unexpected, match=r"the update failed \(InternalError\)"):
        consumers.refresh("api", None, {KEY: 3})
    assert consumers.refresh("api", None, {KEY: 3}).complete
    configuration = world.aws.client("lambda").get_function_configuration(FunctionName="api")
    assert configuration["LastUpdateStatus"] == "Successful"


def test_a_lost_race_is_run_again(world, consumers, front, slept):
    world.create_function("api")
    front.faults.inject("lambda-raced", times=2)
    assert consumers.refresh("api", None, {KEY: 3}).versions == {KEY: 3}
    assert len(slept) == 3


def test_a_function_that_turns_busy_under_our_hands_is_tried_again(world, consumers, front, slept):
    world.create_function("api")
    front.faults.inject("lambda-update-busy", times=1)
    assert consumers.refresh("api", None, {KEY: 3}).versions == {KEY: 3}
    assert len(slept) == 2


def test_a_refresh_without_trouble_asks_twice(world, consumers):
    world.create_function("api")
    asked = []
    events = consumers._aws.client("lambda").meta.events
    events.register("before-call.lambda", lambda model, **_: asked.append(model.name))
    consumers.refresh("api", None, {KEY: 3})
    assert asked == ["GetFunctionConfiguration", "UpdateFunctionConfiguration", "GetFunctionConfiguration"]


@pytest.mark.parametrize(("seconds", "looks"), [(2.0, [4, 2, 2, 2, 2]), (20.0, [40, 35, 35, 35, 35])])
def test_an_update_is_first_looked_at_when_the_one_before_was_over(world, front, seconds, looks):
    _now, sleep = clocked(front, seconds)
    world.create_function("api")
    consumers, asked, counted = consumers_of(world, sleep), [], []
    consumers._aws.client("lambda").meta.events.register(
        "before-call.lambda.GetFunctionConfiguration", lambda **_: asked.append(1)
    )
    for version in range(1, 6):
        asked.clear()
        consumers.refresh("api", None, {KEY: version})
        counted.append(len(asked) - 1)
    assert counted == looks


def test_endless_races_are_given_up(world, consumers, front):
    world.create_function("api")
    front.faults.inject("lambda-raced")
    with pytest.raises(Unexpected, match="8 times in a row"):
        consumers.refresh("api", None, {KEY: 3})


@pytest.mark.parametrize("fault", ["lambda-throttled", "lambda-update-429"])
def test_throttling_is_told(world, consumers, front, fault):
    world.create_function("api")
    front.faults.inject(fault)
    with pytest.raises(Throttled):
        consumers.refresh("api", None, {KEY: 3})


@pytest.mark.parametrize(("alias", "fault"), [(None, "lambda-update-refused"), ("live", "lambda-publish-refused")])
def test_a_refused_change_is_told(world, consumers, front, alias, fault):
    world.create_function("api", alias="live")
    front.faults.inject(fault)
    with pytest.raises(Refused, match="InvalidParameterValueException"):
        consumers.refresh("api", alias, {KEY: 1})


def test_a_missing_alias(world, consumers):
    world.create_function("api")
    with pytest.raises(Missing, match="refresh api:live"):
        consumers.refresh("api", "live", {KEY: 1})


def test_an_alias_on_latest_needs_no_version(world, consumers):
    world.create_function("api")
    world.aws.client("lambda").create_alias(FunctionName="api", Name="live", FunctionVersion="$LATEST")
    assert consumers.refresh("api", "live", {KEY: 3}).complete
    assert marker(world) == {KEY: 3}


def alias_version(world):
    return world.aws.client("lambda").get_alias(FunctionName="api", Name="live")["FunctionVersion"]


def test_an_alias_on_a_published_version_is_moved(world, consumers):
    world.create_function("api", {"LOG_LEVEL": "info"}, alias="live")
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert (refreshed.versions, refreshed.complete) == ({KEY: 3}, True)
    assert alias_version(world) == "2"
    assert environment(world, qualifier="2")["LOG_LEVEL"] == "info"
    consumers.refresh("api", "live", {KEY: 3})
    assert alias_version(world) == "2"


def test_an_interrupted_move_is_finished(world, consumers):
    world.create_function("api", alias="live")
    consumers.refresh("api", None, {KEY: 3})
    assert marker(world, qualifier="live") == {}
    assert consumers.refresh("api", "live", {KEY: 3}).versions == {KEY: 3}
    assert marker(world, qualifier="live") == {KEY: 3}


@pytest.mark.parametrize("times", [1, 3])
def test_a_race_for_the_alias_is_run_again(world, consumers, front, times):
    world.create_function("api", alias="live")
    consumers.refresh("api", None, {KEY: 3})
    front.faults.inject("lambda-raced", times=times)
    assert consumers.refresh("api", "live", {KEY: 3}).complete


def test_endless_races_for_the_alias_are_given_up(world, consumers, front):
    world.create_function("api", alias="live")
    consumers.refresh("api", None, {KEY: 3})
    front.faults.inject("lambda-raced")
    with pytest.raises(Unexpected, match="or its alias, 8 times in a row"):
        consumers.refresh("api", "live", {KEY: 3})


def test_publishing_never_releases_other_code(world, consumers):
    world.create_function("api", alias="live")
    world.aws.client("lambda").update_function_code(FunctionName="api", ZipFile=other_code())
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert not refreshed.complete
    assert "publishing would release it" in refreshed.detail
    assert alias_version(world) == "1"


def released(world):
    """Changes that publishing would release, by the field that tells of each."""
    functions = world.aws.client("lambda")
    layer = functions.publish_layer_version(LayerName="more", Content={"ZipFile": other_code()})["LayerVersionArn"]
    return {
        "Environment": {"Environment": {"Variables": {"DB": "staging"}}},
        "Layers": {"Layers": [layer]},
        "Timeout": {"Timeout": 77},
    }


@pytest.mark.parametrize("field", ["Environment", "Layers", "Timeout"])
def test_publishing_never_releases_another_configuration(world, consumers, field):
    """The code is the same: its digest does not cover what else makes a version, layers among it."""
    world.create_function("api", {"DB": "production"}, alias="live")
    world.aws.client("lambda").update_function_configuration(FunctionName="api", **released(world)[field])
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert (refreshed.versions, refreshed.complete, alias_version(world)) == ({}, False, "1")
    assert f"another configuration than version 1 of alias live ({field})" in refreshed.detail
    assert "staging" not in refreshed.detail


def replace_code(world):
    world.aws.client("lambda").update_function_code(FunctionName="api", ZipFile=other_code())


def begin_a_canary(world):
    weigh(world, {"1": 0.1})


@pytest.mark.parametrize(
    ("meanwhile", "detail"), [(replace_code, "holds other code"), (begin_a_canary, "divides its traffic")]
)
def test_each_try_looks_anew_at_what_it_would_release(world, consumers, meanwhile, detail):
    """A pipeline comes in between our look and our publishing."""
    world.create_function("api", alias="live")
    waiting = [meanwhile]
    consumers._aws.client("lambda").meta.events.register(
        "before-call.lambda.PublishVersion", lambda **_: waiting.pop()(world) if waiting else None
    )
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert (waiting, refreshed.versions, refreshed.complete, alias_version(world)) == ([], {}, False, "1")
    assert detail in refreshed.detail


def test_an_alias_that_somebody_else_moved_meanwhile_is_left_where_it_is(world, consumers):
    world.create_function("api", alias="live")

    def point_at_latest(**_):
        world.aws.client("lambda").update_alias(FunctionName="api", Name="live", FunctionVersion="$LATEST")

    consumers._aws.client("lambda").meta.events.register("before-call.lambda.PublishVersion", point_at_latest)
    assert consumers.refresh("api", "live", {KEY: 3}).complete
    assert alias_version(world) == "$LATEST"


def test_an_alias_is_not_moved_to_a_version_that_cannot_be_started(world, consumers, front):
    world.create_function("api", alias="live")
    front.faults.inject("lambda-version-fails")
    with pytest.raises(Unexpected, match=r"version 2 cannot be started \(InvalidSubnet\)"):
        consumers.refresh("api", "live", {KEY: 3})
    assert alias_version(world) == "1"


def other_code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 'unreleased'\n")
    return buffer.getvalue()


def weigh(world, weights):
    world.aws.client("lambda").update_alias(
        FunctionName="api", Name="live", RoutingConfig={"AdditionalVersionWeights": weights}
    )


def test_divided_traffic_is_not_touched(world, consumers):
    world.create_function("api", alias="live")
    world.aws.client("lambda").publish_version(FunctionName="api")
    weigh(world, {"1": 0.1})
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert not refreshed.complete
    assert "divides its traffic" in refreshed.detail


def test_an_alias_that_sends_a_share_elsewhere_is_incomplete(world, consumers):
    world.create_function("api", alias="live")
    consumers.refresh("api", "live", {KEY: 3})
    weigh(world, {"1": 0.1})
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert (refreshed.versions, refreshed.complete) == ({KEY: 3}, False)
    assert refreshed.detail == "alias live also sends traffic to version 1, which is not refreshed"


@pytest.mark.parametrize(("status", "complete"), [("READY", True), ("IN_PROGRESS", False)])
def test_provisioned_concurrency_is_complete_once_it_is_ready(world, consumers, front, status, complete):
    world.create_function("api", alias="live")
    front.lambdas.provisioned["api", "live"] = status
    refreshed = consumers.refresh("api", "live", {KEY: 3})
    assert refreshed.complete is complete
    assert ("still being moved to version 2" in refreshed.detail) is not complete


def test_an_environment_that_cannot_be_decrypted_is_never_overwritten(world, consumers, front):
    world.create_function("api", {"LOG_LEVEL": "info"})
    front.faults.inject("lambda-environment-locked", times=1)
    with pytest.raises(Unauthorized, match="may not decrypt"):
        consumers.refresh("api", None, {KEY: 3})
    assert environment(world) == {"LOG_LEVEL": "info"}


def test_a_function_is_known_by_its_session_of_its_execution_role(world, consumers):
    world.create_function("api")
    role = world.aws.client("lambda").get_function_configuration(FunctionName="api")["Role"].rpartition("/")[2]
    known = consumers.reader("api")
    assert known.principal == f"arn:aws:sts::123456789012:assumed-role/{role}/api"
    assert known.agents == (IN_LAMBDA,)
    with pytest.raises(Missing):
        consumers.reader("no-such-function")
