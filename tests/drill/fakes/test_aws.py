"""What the front adds to moto, asked over HTTP with AWS's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from bot.drill.fakes.allowance import Allowance
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_ssm import DEFAULT_KEY
from bot.drill.fakes.aws_world import AwsWorld
from bot.secrets.secret import Secret
from tests.support.aws import furnished, running_front


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    return furnished(front)


def code_of(call) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def status_of(call) -> int:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_person_is_who_their_key_says(world):
    ada = world.create_person("ada")
    assert world.session_of(ada).caller_identity() == ada.arn == "arn:aws:iam::123456789012:user/ada"


@pytest.mark.parametrize("ending", ["delete", "deactivate"])
def test_a_deleted_or_inactive_key_is_refused_everywhere(world, ending):
    ada = world.create_person("ada")
    iam = world.aws.client("iam")
    if ending == "delete":
        iam.delete_access_key(UserName="ada", AccessKeyId=ada.key_id)
    else:
        iam.update_access_key(UserName="ada", AccessKeyId=ada.key_id, Status="Inactive")
    session = world.session_of(ada)
    assert code_of(session.client("sts").get_caller_identity) == "InvalidClientTokenId"
    assert code_of(lambda: session.client("ssm").get_parameter(Name="/a")) == "UnrecognizedClientException"
    assert (
        code_of(lambda: session.client("lambda").get_function_configuration(FunctionName="f"))
        == "UnrecognizedClientException"
    )


def test_a_wrong_secret_is_told_from_a_dead_key(world):
    ada = world.create_person("ada")
    other = world.aws.with_access_key(ada.key_id, Secret("not the secret of this key"))
    assert code_of(other.client("sts").get_caller_identity) == "SignatureDoesNotMatch"
    assert code_of(lambda: other.client("ssm").get_parameter(Name="/a")) == "InvalidSignatureException"


def test_an_assumed_role_is_known(world):
    world.create_function("api")
    role = world.aws.client("iam").get_role(RoleName="product-functions")["Role"]["Arn"]
    keys = world.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="api")["Credentials"]
    secret, token = Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
    session = world.aws.with_access_key(keys["AccessKeyId"], secret, token)
    assert session.caller_identity().endswith(":assumed-role/product-functions/api")


def test_values_longer_than_4_kb_need_the_advanced_tier(world):
    ssm = world.aws.client("ssm")
    put = {"Name": "/production/a", "Type": "SecureString", "Value": "é" * 2049}
    assert code_of(lambda: ssm.put_parameter(**put)) == "ValidationException"
    assert ssm.put_parameter(**put, Tier="Advanced")["Version"] == 1


def test_kms_keys_must_exist_and_be_enabled(world):
    ssm, kms = world.aws.client("ssm"), world.aws.client("kms")
    put = {"Name": "/production/a", "Type": "SecureString", "Value": "v"}
    assert code_of(lambda: ssm.put_parameter(**put, KeyId="alias/nowhere")) == "InvalidKeyId"
    key_id = world.create_key("product")
    world.store("/production/a", "one", key_id="alias/product")
    kms.disable_key(KeyId=key_id)
    assert code_of(lambda: ssm.put_parameter(**put, KeyId=key_id, Overwrite=True)) == "InvalidKeyId"
    assert code_of(lambda: ssm.get_parameter(Name="/production/a", WithDecryption=True)) == "InvalidKeyId"
    assert ssm.get_parameter(Name="/production/a")["Parameter"]["Version"] == 1


def test_a_write_without_a_key_falls_back_to_the_default_key(world):
    world.store("/production/a", "one", key_id=world.create_key("product"))
    world.aws.client("ssm").put_parameter(Name="/production/a", Value="two", Type="SecureString", Overwrite=True)
    assert world.aws.client("ssm").describe_parameters()["Parameters"][0]["KeyId"] == DEFAULT_KEY


def test_histories_say_who_wrote(world):
    ada = world.create_person("ada")
    world.store("/production/a", "one")
    world.session_of(ada).client("ssm").put_parameter(
        Name="/production/a", Value="2", Type="SecureString", Overwrite=True
    )
    history = world.aws.client("ssm").get_parameter_history(Name="/production/a")["Parameters"]
    assert [entry["LastModifiedUser"] for entry in history] == ["arn:aws:iam::123456789012:root", ada.arn]


def test_writes_are_limited(world):
    ssm = world.session_of(world.create_person("ada")).client("ssm")
    codes = []
    for number in range(30):
        try:
            ssm.put_parameter(Name=f"/production/{number}", Value="v", Type="SecureString")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert set(codes) == {"ThrottlingException"}
    assert len(codes) <= 10


def test_an_allowance_fills_up_again():
    now = [0.0]
    allowance = Allowance(2, 2, lambda: now[0])
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [allowance.take() for _ in range(2)] == [True, False]
    now[0] = 100
    assert [allowance.take() for _ in range(3)] == [True, True, False]


def test_an_update_stays_in_progress_and_then_is_a_new_revision(world, front):
    now = [0.0]
    front.lambdas._clock, front.lambdas.seconds = (lambda: now[0]), 5.0
    world.create_function("api")
    functions = world.aws.client("lambda")
    before = functions.get_function_configuration(FunctionName="api")
    changed = functions.update_function_configuration(
        FunctionName="api", Environment={"Variables": {"A": "1"}}, RevisionId=before["RevisionId"]
    )
    assert changed["LastUpdateStatus"] == "InProgress"
    again = {"FunctionName": "api", "Environment": {"Variables": {"A": "2"}}}
    assert code_of(lambda: functions.update_function_configuration(**again)) == "ResourceConflictException"
    now[0] = 6.0
    after = functions.get_function_configuration(FunctionName="api")
    assert after["LastUpdateStatus"] == "Successful"
    assert len({before["RevisionId"], changed["RevisionId"], after["RevisionId"]}) == 3
    stale = {**again, "RevisionId": before["RevisionId"]}
    assert code_of(lambda: functions.update_function_configuration(**stale)) == "PreconditionFailedException"


def test_alias_revisions_are_checked(world):
    world.create_function("api", alias="live")
    functions = world.aws.client("lambda")
    seen = functions.get_alias(FunctionName="api", Name="live")["RevisionId"]
    move = {"FunctionName": "api", "Name": "live", "FunctionVersion": "1", "RevisionId": seen}
    moved = functions.update_alias(**move)
    assert moved["RevisionId"] != seen
    assert code_of(lambda: functions.update_alias(**move)) == "PreconditionFailedException"


def test_provisioned_concurrency(world, front):
    world.create_function("api", alias="live")
    ask = {"FunctionName": "api", "Qualifier": "live"}
    functions = world.aws.client("lambda")
    assert status_of(lambda: functions.get_provisioned_concurrency_config(**ask)) == 404
    front.lambdas.provisioned["api", "live"] = "READY"
    assert functions.get_provisioned_concurrency_config(**ask)["Status"] == "READY"


@pytest.mark.parametrize(
    ("fault", "service", "code"),
    [
        ("kms-denied", "ssm", "AccessDeniedException"),
        ("ssm-denied", "ssm", "AccessDeniedException"),
        ("ssm-throttled", "ssm", "ThrottlingException"),
        ("token-expired", "ssm", "ExpiredTokenException"),
        ("lambda-missing", "lambda", "ResourceNotFoundException"),
        ("lambda-busy", "lambda", "ResourceConflictException"),
        ("lambda-throttled", "lambda", "TooManyRequestsException"),
    ],
)
def test_faults_speak_the_protocol(world, front, fault, service, code):
    world.store("/production/a", "one")
    world.create_function("api")
    front.faults.inject(fault, times=1)
    calls = {
        "ssm": lambda: world.aws.client("ssm").get_parameter(Name="/production/a", WithDecryption=True),
        "lambda": lambda: world.aws.client("lambda").get_function_configuration(FunctionName="api"),
    }
    assert code_of(calls[service]) == code
    calls[service]()


def test_kms_faults_leave_other_calls_alone(world, front):
    world.store("/production/a", "one")
    front.faults.inject("kms-denied")
    assert world.aws.client("ssm").get_parameter(Name="/production/a")["Parameter"]["Version"] == 1


def lookup(world: AwsWorld, name: str, **more):
    return world.aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}], **more
    )


PARAMETERS = "arn:aws:ssm:eu-west-1:123456789012:parameter"


def test_of_a_refused_read_the_trail_names_no_resource(world, front):
    ada = world.create_person("ada")
    front.faults.inject("ssm-denied", times=1)
    assert code_of(lambda: world.session_of(ada).client("ssm").get_parameter(Name="/a")) == "AccessDeniedException"
    (event,) = front.trail.documents()
    assert (event["errorCode"], event["requestParameters"], "resources" in event) == ("AccessDenied", None, False)
    assert (
        f"{ada.arn} is not authorized to perform: ssm:GetParameter on resource: {PARAMETERS}/a "
        in event["errorMessage"]
    )
    assert lookup(world, f"{PARAMETERS}/a")["Events"] == []


def test_the_trail_knows_who_read_what_and_never_a_value(world):
    ada = world.create_person("ada")
    world.store("/production/a", "the value itself")
    ssm = world.session_of(ada).client("ssm")
    ssm.get_parameter(Name="/production/a", WithDecryption=True)
    ssm.get_parameters(Names=["/production/a", "/production/b"])
    ssm.get_parameters_by_path(Path="/production", Recursive=True, WithDecryption=True)
    assert code_of(lambda: ssm.get_parameter(Name="/production/none")) == "ParameterNotFound"
    found = lookup(world, f"{PARAMETERS}/production/a")["Events"]
    assert [event["EventName"] for event in found] == ["GetParameters", "GetParameter"]
    assert lookup(world, "/production/a")["Events"] == []
    assert ada.arn in found[0]["CloudTrailEvent"]
    assert "the value itself" not in str(found)
    assert (
        '"errorCode": "ParameterNotFound"'
        in lookup(world, f"{PARAMETERS}/production/none")["Events"][0]["CloudTrailEvent"]
    )


def test_the_trail_is_paged_and_bounded_in_time(world, front):
    ada = world.create_person("ada")
    world.store("/production/a", "one")
    ssm = world.session_of(ada).client("ssm")
    for _ in range(3):
        ssm.get_parameter(Name="/production/a")
    front.lookups = Allowance(100, 100, lambda: 0.0)
    page = lookup(world, f"{PARAMETERS}/production/a", MaxResults=2)
    assert len(page["Events"]) == 2
    rest = lookup(world, f"{PARAMETERS}/production/a", MaxResults=2, NextToken=page["NextToken"])
    assert (len(rest["Events"]), "NextToken" in rest) == (1, False)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert lookup(world, f"{PARAMETERS}/production/a", EndTime=yesterday)["Events"] == []
    by_name = world.aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "PutParameter"}]
    )
    assert by_name["Events"] == []


def test_lookups_are_limited(world, front):
    front.lookups = Allowance(2, 1, lambda: 0.0)
    lookup(world, "/production/a")
    assert code_of(lambda: lookup(world, "/production/a")) == "ThrottlingException"


def test_unsigned_requests_are_refused(front, world):
    answer = requests.post(f"{front.url}/", data={"Action": "GetCallerIdentity"}, timeout=5)
    assert (answer.status_code, "MissingAuthenticationToken" in answer.text) == (403, True)


def test_the_practice_world_can_look_and_break_things(front, world):
    ssm = world.session_of(world.create_person("ada")).client("ssm")
    requests.post(f"{front.url}/_fake/faults", json={"name": "ssm-denied", "times": 1}, timeout=5)
    assert code_of(lambda: ssm.get_parameter(Name="/production/a")) == "AccessDeniedException"
    (event,) = requests.get(f"{front.url}/_fake/events", timeout=5).json()["events"]
    assert (event["eventName"], event["errorCode"]) == ("GetParameter", "AccessDenied")
