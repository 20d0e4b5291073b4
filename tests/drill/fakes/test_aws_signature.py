"""What the practice AWS takes for a signature, asked over HTTP with botocore's own signer."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from bot.aws import call
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import Unauthorized
from tests.support.aws import furnished, running_front

BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
EXTRA = "X-Compromise-Command"
NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    return furnished(front)


@pytest.fixture
def ada(world):
    return world.create_person("ada")


def credentials(aws):
    key = aws.signing_key()
    return Credentials(key.id, key.secret.reveal(), key.token.reveal() if key.token else None)


def signed(world, who, *, at=None, region="eu-west-1", service="sts", body=BODY, headers=None, path="/"):
    """A request that is signed as it should be, but for what a test says."""
    at = at or datetime.now(UTC)
    made = AWSRequest("POST", f"{world.front.url}{path}", {"Content-Type": FORM, EXTRA: "d1", **(headers or {})}, body)
    auth = SigV4Auth(who, service, region)
    made.context["timestamp"] = f"{at:%Y%m%dT%H%M%SZ}"
    made.headers["X-Amz-Date"] = made.context["timestamp"]
    if who.token:
        made.headers["X-Amz-Security-Token"] = who.token
    auth._inject_signature_to_request(
        made, auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made)
    )
    return dict(made.headers.items())


def post(world, headers, body=BODY, *, path="/", accept="application/json"):
    return requests.post(f"{world.front.url}{path}", data=body, headers={**headers, "Accept": accept}, timeout=5)


def code(answer):
    return answer.status_code, answer.json()["Error"]["Code"]


def of(world, person):
    return credentials(world.session_of(person))


def test_who_signed_is_told_in_xml_and_to_those_who_accept_it_in_json(world, ada):
    headers = signed(world, of(world, ada))
    answer = post(world, headers, accept="*/*")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
    result = ET.fromstring(answer.text).find(f"{NAMESPACE}GetCallerIdentityResult")
    found = {each.tag.removeprefix(NAMESPACE): each.text for each in result}
    answer = post(world, headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"] == found
    assert (found["Arn"], found["Account"]) == (ada.arn, "123456789012")
    assert len(found["UserId"]) == 20


def changed(headers, name, made):
    return {**headers, name: made(headers[name])}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: changed(it, EXTRA, lambda _: "d2"), "does not match"),
        (lambda it: {name: value for name, value in it.items() if name != EXTRA}, "does not match"),
        (lambda it: changed(it, "Content-Type", lambda _: "text/plain"), "does not match"),
        (lambda it: changed(it, "Authorization", lambda it: it[:-1] + ("0" if it[-1] != "0" else "1")), "not match"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace("/eu-west-1/", "/us-east-1/")), "not match"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace("/eu-west-1/", "/moon-1/")), "valid region"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace("/sts/", "/iam/")), "correct service: 'sts'"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace(";host;", ";")), "'host' must be a 'Signed"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace(";x-amz-date", "")), "'x-amz-date' must be"),
        (lambda it: changed(it, "Authorization", lambda it: it.replace("content-type;host", "host;content-type")),
         "not canonical"),
        (lambda it: {**it, "X-Amz-Content-Sha256": "0" * 64}, "must be a 'SignedHeader'"),
        (lambda it: {**it, "Host": "sts.amazonaws.com"}, "does not match"),
    ],
)  # fmt: skip
def test_a_signature_covers_what_it_names(world, ada, change, said):
    answer = post(world, change(signed(world, of(world, ada))))
    assert code(answer) == (403, "SignatureDoesNotMatch")
    assert said in answer.json()["Error"]["Message"]


def test_it_covers_the_body_and_the_path(world, ada):
    headers = signed(world, of(world, ada))
    assert code(post(world, headers, BODY + b"&x=1")) == (403, "SignatureDoesNotMatch")
    assert code(post(world, headers, path="/?x=1")) == (403, "SignatureDoesNotMatch")
    claimed = signed(world, of(world, ada), headers={"X-Amz-Content-Sha256": "0" * 64})
    assert code(post(world, claimed)) == (403, "SignatureDoesNotMatch")


def test_a_header_that_nobody_signed_proves_nothing_and_hurts_nothing(world, ada):
    headers = {**signed(world, of(world, ada)), "X-Other": "anything"}
    assert post(world, headers).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["AWS4-HMAC-SHA256 nonsense", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c/sts/aws4_request, SignedHeaders=host"],
)
def test_what_is_no_signature_is_incomplete(world, authorization):
    headers = {"Authorization": authorization, "X-Amz-Date": "20260101T000000Z", "Content-Type": FORM}
    assert code(post(world, headers)) == (400, "IncompleteSignature")
    assert code(post(world, {"Content-Type": FORM})) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (14, 200), (16, 403)])
def test_a_date_is_within_fifteen_minutes_of_awss_clock(world, ada, minutes, status):
    answer = post(world, signed(world, of(world, ada), at=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert answer.status_code == status
    if status == 403:
        word = "expired" if minutes < 0 else "not yet current"
        assert answer.json()["Error"]["Message"].startswith(f"Signature {word}: ")


def test_awss_clock_can_be_set(world, front, ada):
    answer = requests.post(f"{front.url}/_fake/clock", json={"skew": 1200}, timeout=5)
    assert answer.json() == {"skew": 1200.0}
    assert code(post(world, signed(world, of(world, ada)))) == (403, "SignatureDoesNotMatch")
    assert post(world, signed(world, of(world, ada), at=front.now())).status_code == 200
    with pytest.raises(Unauthorized, match="SignatureDoesNotMatch"):
        world.session_of(ada).caller_identity()


def test_the_day_of_the_scope_is_that_of_the_date(world, ada):
    at = datetime.now(UTC)
    headers = signed(world, of(world, ada), at=at)
    other = f"{at - timedelta(days=1):/%Y%m%d/}"
    moved = changed(headers, "Authorization", lambda it: it.replace(f"{at:/%Y%m%d/}", other))
    assert "Date in Credential scope" in post(world, moved).json()["Error"]["Message"]


def test_a_deleted_key_is_unknown(world, ada):
    headers = signed(world, of(world, ada))
    world.aws.client("iam").delete_access_key(UserName="ada", AccessKeyId=ada.key_id)
    assert code(post(world, headers)) == (403, "InvalidClientTokenId")


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_role_session_has_its_name_and_its_token(world, ada):
    session = world.role_session(world.create_role("responders"), "ada@example.com", world.session_of(ada))
    who = credentials(session)
    assert who.access_key.startswith("ASIA")
    answer = post(world, signed(world, who)).json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert answer["Arn"] == "arn:aws:sts::123456789012:assumed-role/responders/ada@example.com"
    assert answer["UserId"].endswith(":ada@example.com")
    assert session.caller_identity() == answer["Arn"]
    session.client("ssm").describe_parameters()


@pytest.mark.parametrize("token", [None, "another"])
def test_a_session_without_its_token_is_unknown(world, token):
    who = credentials(world.role_session(world.create_role("responders"), "ada"))
    bare = Credentials(who.access_key, who.secret_key, token)
    assert code(post(world, signed(world, bare))) == (403, "InvalidClientTokenId")


def test_a_token_is_no_part_of_a_users_own_key(world, ada):
    who = of(world, ada)
    who.token = "some"
    assert code(post(world, signed(world, who))) == (403, "InvalidClientTokenId")


def test_a_token_is_signed_too(world):
    headers = signed(world, credentials(world.role_session(world.create_role("responders"), "ada")))
    bare = changed(headers, "Authorization", lambda it: it.replace(";x-amz-security-token", ""))
    assert "'x-amz-security-token' must be" in post(world, bare).json()["Error"]["Message"]


def test_a_session_ends(world, front):
    session = world.role_session(world.create_role("responders"), "ada")
    front.identities.expire(session.access_key_id())
    assert code(post(world, signed(world, credentials(session)))) == (403, "ExpiredToken")
    with pytest.raises(Unauthorized, match="ExpiredTokenException"):
        call("ssm", "look", session.client("ssm").describe_parameters)


def test_a_session_ends_by_itself(world, front):
    session = world.role_session(world.create_role("responders"), "ada")
    front.skew = timedelta(minutes=61)
    assert code(post(world, signed(world, credentials(session), at=front.now()))) == (403, "ExpiredToken")


def test_only_a_role_that_there_is_can_be_taken_on_and_under_a_name(world, ada):
    sts, role = world.session_of(ada).client("sts"), world.create_role("responders")
    for arn, name, wanted in [(f"{role}-not", "ada", "AccessDenied"), (role, "a b", "ValidationError")]:
        with pytest.raises(ClientError) as caught:
            sts.assume_role(RoleArn=arn, RoleSessionName=name)
        assert caught.value.response["Error"]["Code"] == wanted
    with pytest.raises(ClientError, match="AccessDenied"):
        world.role_session(role, "ada").client("sts").get_session_token()


# --- presigned ------------------------------------------------------------------------------------------------------


def presigned(world, who, *, expires=60, query="Action=GetCallerIdentity&Version=2011-06-15"):
    made = AWSRequest("GET", f"{world.front.url}/?{query}", {EXTRA: "d1"})
    SigV4QueryAuth(who, "sts", "eu-west-1", expires=expires).add_auth(made)
    return made.url


def get(url, extra="d1"):
    return requests.get(url, headers={EXTRA: extra, "Accept": "application/json"}, timeout=5)


def test_credentials_may_stand_in_the_query(world, ada):
    answer = get(presigned(world, of(world, ada)))
    assert answer.json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"] == ada.arn
    session = credentials(world.role_session(world.create_role("responders"), "ada"))
    assert get(presigned(world, session)).status_code == 200


def test_a_presigned_request_is_bound_as_well(world, front, ada):
    url = presigned(world, of(world, ada))
    assert code(get(url, "d2")) == (403, "SignatureDoesNotMatch")
    assert code(get(f"{url}&x=1")) == (403, "SignatureDoesNotMatch")
    assert code(get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))) == (403, "SignatureDoesNotMatch")
    assert code(get(url.replace("X-Amz-Algorithm=AWS4", "X-Amz-Algorithm=AWS3"))) == (400, "IncompleteSignature")
    front.skew = timedelta(minutes=14)
    assert get(url).status_code == 200
    front.skew = timedelta(minutes=16)
    assert code(get(url)) == (403, "SignatureDoesNotMatch")
