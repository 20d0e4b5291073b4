"""Sessions, endpoints and the words for what AWS answers."""

from __future__ import annotations

import logging
import threading

import pytest
from botocore import exceptions as boto

from bot.aws import Aws, answered, call, check_endpoint, check_endpoints
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import ConfigurationError, Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.hosts import ASKED, SERVICES
from bot.net.limits import Bucket
from bot.secrets.secret import Secret
from tests.bench.calls import Measured, counts
from tests.support.aws import furnished, running_front
from tests.support.faulty import eavesdropper

AWS_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID")
CANARY = "sk-canary-that-must-not-appear"


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    return furnished(front)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    for name in (*AWS_VARIABLES, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("ssm", "ssm.eu-west-1.amazonaws.com"),
        ("ssm", "ssm.cn-north-1.amazonaws.com.cn"),
        ("ssm", "ssm-fips.ca-central-1.amazonaws.com"),
        ("ssm", "ssm.eu-west-1.api.aws"),
        ("ssm", "vpce-0fe5b17a0707d6abc-29p5708s.ssm.eu-west-1.vpce.amazonaws.com"),
        ("ssm", "vpce-0fe5b17a0707d6abc-29p5708s-us-east-1a.ssm.us-east-1.vpce.amazonaws.com"),
        ("kms", "vpce-0fe5b17a0707d6abc-29p5708s.kms.cn-north-1.vpce.amazonaws.com.cn"),
        ("kms", "kms.eusc-de-east-1.amazonaws.eu"),
        ("lambda", "lambda.us-gov-west-1.amazonaws.com"),
        ("cloudtrail", "cloudtrail.us-east-2.amazonaws.com"),
        ("sts", "sts.amazonaws.com"),
        ("sts", "sts.eu-central-1.amazonaws.com"),
        ("iam", "iam.amazonaws.com"),
        ("iam", "iam.us-gov.amazonaws.com"),
        ("sso", "portal.sso.eu-west-1.amazonaws.com"),
        ("sso-oidc", "oidc.eu-west-1.amazonaws.com"),
        ("signin", "eu-west-1.signin.aws.amazon.com"),
    ],
)
@pytest.mark.parametrize("loopback_allowed", [True, False])
def test_aws_itself_is_always_an_endpoint(service, host, loopback_allowed):
    for url in (f"https://{host}", f"https://{host}/", f"https://{host}:443/path?query"):
        check_endpoint(url, service, loopback_allowed=loopback_allowed)
    for other in {*SERVICES, "s3"} - {service}:
        with pytest.raises(ConfigurationError, match=f"expected AWS's own host of {other} over https"):
            check_endpoint(f"https://{host}", other, loopback_allowed=loopback_allowed)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:2"])
def test_loopback_is_one_outside_production(url):
    check_endpoint(url, "ssm", loopback_allowed=True)
    with pytest.raises(ConfigurationError, match="expected AWS's own host of ssm over https; check AWS_ENDPOINT_URL"):
        check_endpoint(url, "ssm", loopback_allowed=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://ssm.eu-west-1.amazonaws.com",
        "https://ssm.eu-west-1.amazonaws.com:8443",
        "https://who@ssm.eu-west-1.amazonaws.com",
        "https://ssm.eu-west-1.amazonaws.com.",
        "https://ssm.eu-west-1.amazonaws.com.evil.test",
        "https://ssm.moon-west-1.amazonaws.com",
        "https://ssm.aws-global.amazonaws.com",
        "https://ssm.amazonaws.com",
        "https://ssm.s3.eu-west-1.amazonaws.com",
        "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "https://ec2-198-51-100-1.eu-west-1.compute.amazonaws.com",
        "https://bucket.s3.eu-west-1.amazonaws.com",
        "https://lb-123.elb.eu-west-1.amazonaws.com",
        "https://a1b2.lambda-url.eu-west-1.on.aws",
        "https://vpce-0fe5b17a0707d6abc-29p5708s.vpce-svc-0fe5b17a0707d6abc.eu-west-1.vpce.amazonaws.com",
        "https://vpce-0fe5b17a0707d6abc-29p5708s.execute-api.eu-west-1.vpce.amazonaws.com",
        "https://bucket.vpce-0fe5b17a0707d6abc-29p5708s.s3.eu-west-1.vpce.amazonaws.com",
        "https://vpce-0fe5b17a0707d6abc-29p5708s.ssm.moon-west-1.vpce.amazonaws.com",
        "https://x.vpce-0fe5b17a0707d6abc-29p5708s.ssm.eu-west-1.vpce.amazonaws.com",
        "https://amazonaws.com.evil.test",
        "https://evilamazonaws.com",
        "https://127.0.0.1.evil.test",
        "https://10.0.0.1",
        "nonsense",
    ],
)
def test_anywhere_else_is_refused(url):
    with pytest.raises(ConfigurationError):
        check_endpoint(url, "ssm", loopback_allowed=True)


def test_what_boto3_would_ask_is_always_its_own_host(bare):
    for region in ("eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"):
        for fips, dual_stack in (("false", "false"), ("true", "false"), ("false", "true")):
            bare.setenv("AWS_USE_FIPS_ENDPOINT", fips)
            bare.setenv("AWS_USE_DUALSTACK_ENDPOINT", dual_stack)
            for service in ASKED:
                Aws(region).client(service)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO_OIDC"])
def test_each_service_is_pointed_at_its_own_host_only(variable):
    service = variable.removeprefix("AWS_ENDPOINT_URL_").lower().replace("_", "-")
    own = {"ssm": "ssm", "sts": "sts", "sso-oidc": "oidc"}[service]
    check_endpoints({variable: f"https://{own}.eu-west-1.amazonaws.com"})
    with pytest.raises(ConfigurationError, match=f"own host of {service} over https; check {variable}"):
        check_endpoints({variable: "https://kms.eu-west-1.amazonaws.com"})


def test_one_address_for_all_services_is_that_of_none():
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL is set: in production each service"):
        check_endpoints({"AWS_ENDPOINT_URL": "https://ssm.eu-west-1.amazonaws.com"})
    check_endpoints({"AWS_ENDPOINT_URL": " ", "AWS_ENDPOINT_URL_SQS": "https://queues.test", "AWS_REGION": "x"})


def test_nothing_is_sent_to_another_host_wherever_it_was_named(bare, tmp_path):
    """Signing in asks a host that only the profile knows, by a client of boto3's own."""
    with eavesdropper() as elsewhere:
        (tmp_path / "config").write_text(
            f"[default]\nrole_arn = arn:aws:iam::123456789012:role/bot\nsource_profile = keys\nregion = eu-west-1\n"
            f"services = elsewhere\n[services elsewhere]\nsts =\n  endpoint_url = {elsewhere.url}\n"
        )
        (tmp_path / "credentials").write_text("[keys]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n")
        with pytest.raises(
            ConfigurationError, match=r"AWS endpoint http://127\.0\.0\.1: expected AWS's own host of sts"
        ):
            Aws().signing_key()
        assert elsewhere.heard == []


def test_an_endpoint_from_the_environment_is_checked_too(bare):
    bare.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    bare.setenv("AWS_REGION", "eu-west-1")
    assert Aws("eu-west-1", loopback_allowed=True).client("ssm").meta.endpoint_url == "http://127.0.0.1:9"
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL"):
        Aws("eu-west-1").client("ssm")


def test_the_environment_says_where_and_who(bare, world):
    ada = world.create_person("ada")
    bare.setenv("AWS_ENDPOINT_URL", world.front.url)
    bare.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    bare.setenv("AWS_ACCESS_KEY_ID", ada.key_id)
    bare.setenv("AWS_SECRET_ACCESS_KEY", ada.secret.reveal())
    assert Aws(loopback_allowed=True).caller_identity() == ada.arn


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_variable_names_the_region(bare, variable):
    bare.setenv(variable, "eu-north-1")
    assert Aws().client("ssm").meta.region_name == "eu-north-1"


def test_clients_are_made_once_for_all_threads(bare):
    aws = Aws("eu-west-1")
    made = []
    threads = [threading.Thread(target=lambda: made.append(aws.client("sts"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in made}) == 1
    assert aws.client("ssm") is not aws.client("sts")


def test_botocore_neither_retries_nor_logs_bodies(bare):
    logging.getLogger("botocore").setLevel(logging.DEBUG)
    settings = Aws("eu-west-1", timeout=3.5).client("ssm").meta.config
    assert settings.retries["total_max_attempts"] == 1
    assert (settings.connect_timeout, settings.read_timeout) == (3.5, 3.5)
    assert logging.getLogger("botocore").level == logging.WARNING
    assert logging.getLogger("urllib3").level == logging.CRITICAL  # at WARNING it quotes headers


def test_a_throttled_call_is_sent_once(world, front):
    world.store("/production/a", "one")
    front.faults.inject("ssm-throttled", times=2)
    for _ in range(2):
        with pytest.raises(Throttled):
            call("ssm", "read", lambda: world.aws.client("ssm").get_parameter(Name="/production/a"))
    assert call("ssm", "read", lambda: world.aws.client("ssm").get_parameter(Name="/production/a"))


def test_settings_that_cannot_work_are_configuration_errors(bare):
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        Aws().client("ssm")
    bare.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigurationError, match="AWS_PROFILE"):
        Aws("eu-west-1").client("ssm")
    bare.delenv("AWS_PROFILE")
    bare.setenv("AWS_ACCESS_KEY_ID", "AKIAHALF")
    with pytest.raises(ConfigurationError, match="one half"):
        Aws("eu-west-1").client("ssm")
    with pytest.raises(ConfigurationError, match="ValueError"):
        Aws("eu-west-1", endpoint_url="nonsense", access_key=("AKIA", Secret("s"))).client("ssm")


def test_no_credentials_is_unauthorized(bare, front):
    aws = Aws("eu-west-1", endpoint_url=front.url, loopback_allowed=True)
    with pytest.raises(Unauthorized, match="sts: ask who we are: no AWS credentials were found"):
        aws.caller_identity()


def test_an_expired_session_says_what_to_do(world, front):
    front.faults.inject("token-expired", times=1)
    with pytest.raises(Unauthorized, match="ExpiredTokenException: the bot's AWS session has expired: sign in again"):
        world.aws.caller_identity()


def test_another_identity_at_the_same_place(world):
    ada = world.create_person("ada")
    assert world.aws.with_access_key(ada.key_id, ada.secret).caller_identity() == ada.arn
    with pytest.raises(Unauthorized, match="SignatureDoesNotMatch"):
        world.aws.with_access_key(ada.key_id, Secret("wrong")).caller_identity()


def answer(code, status=400, headers=None):
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    return boto.ClientError({"Error": {"Code": code, "Message": CANARY}, "ResponseMetadata": metadata}, "PutParameter")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (answer("ThrottlingException"), Throttled, "ThrottlingException"),
        (answer("TooManyUpdates"), Throttled, "TooManyUpdates"),
        (answer("Odd", 429), Throttled, "Odd"),
        (answer("AccessDeniedException"), Unauthorized, "lacks this permission"),
        (answer("Odd", 403), Unauthorized, "Odd"),
        (answer("ParameterNotFound"), Missing, "ParameterNotFound"),
        (answer("ResourceNotFoundException", 404), Missing, "ResourceNotFoundException"),
        (answer("ValidationException"), Refused, "ValidationException"),
        (answer("ParameterLimitExceeded"), Refused, "quota of parameters is used up"),
        (answer("InternalServerError", 500), Unexpected, "InternalServerError: HTTP 500"),
        (answer(CANARY, 500), Unexpected, "an error without a usable code"),
        (answer(None, 500), Unexpected, "an error without a usable code"),
        (boto.EndpointConnectionError(endpoint_url=CANARY), Unreachable, "no answer from AWS"),
        (boto.ReadTimeoutError(endpoint_url=CANARY), Unreachable, "ReadTimeoutError"),
        (boto.ConnectTimeoutError(endpoint_url=CANARY), Unreachable, "ConnectTimeoutError"),
        (boto.ConnectionClosedError(endpoint_url=CANARY), Unreachable, "ConnectionClosedError"),
        (boto.ParamValidationError(report=CANARY), Refused, "does not have the form"),
        (boto.UnauthorizedSSOTokenError(), Unauthorized, "aws sso login"),
        (boto.CredentialRetrievalError(provider="x", error_msg=CANARY), Unauthorized, "no AWS credentials"),
        (RuntimeError(CANARY), Unexpected, "RuntimeError"),
    ],
)
def test_every_failure_has_a_kind_and_our_own_words(error, kind, words):
    def fail():
        raise error

    with pytest.raises(kind) as caught:
        call("ssm", "write /a", fail)
    assert str(caught.value).startswith("ssm: write /a: ")
    assert words in caught.value.cause
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_our_own_errors_pass_through():
    def fail():
        raise Missing("ssm", "read", "ours")

    with pytest.raises(Missing, match="ours"):
        call("ssm", "read", fail)


def test_a_call_waits_for_its_bucket_and_teaches_it():
    waited = []
    now = [0.0]

    def wait(_condition, seconds):
        waited.append(seconds)
        now[0] += seconds or 0

    bucket = Bucket(1, 1, clock=lambda: now[0], wait=wait)
    assert call("ssm", "read", lambda: 1, bucket=bucket, priority=Priority.REVOKE) == 1
    assert call("ssm", "read", lambda: 2, bucket=bucket) == 2
    assert waited == [1.0]

    def throttled():
        raise answer("ThrottlingException", headers={"retry-after": "7"})

    with pytest.raises(Throttled) as caught:
        call("ssm", "read", throttled, bucket=bucket)
    assert caught.value.retry_after == 7
    assert call("ssm", "read", lambda: 3, bucket=bucket) == 3
    assert waited[-1] == 7.0


def test_a_code_is_recognised_exactly():
    assert answered(Refused("ssm", "write", "InvalidKeyId: the KMS key is unknown"), "InvalidKeyId")
    assert not answered(Refused("ssm", "write", "InvalidKeyIdAnd: more"), "InvalidKeyId")


def test_a_benchmark_records_calls_where_the_bot_makes_its_clients(world, front, bare):
    ada = world.create_person("ada")
    world.store("/staging/key", "a value")
    bare.setenv("AWS_ACCESS_KEY_ID", ada.key_id)
    bare.setenv("AWS_SECRET_ACCESS_KEY", ada.secret.reveal())
    bare.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    app = Measured.from_environment({"BOT_ENVIRONMENT": "development", "AWS_ENDPOINT_URL": front.url})
    app.outside.vault.read("/staging/key")
    assert counts(app.calls.made) == {"ssm GetParameter": 1}
    assert app.outside.aws.with_timeout(1.0).caller_identity() == ada.arn
    assert counts(app.calls.made) == {"ssm GetParameter": 1, "sts GetCallerIdentity": 1}
