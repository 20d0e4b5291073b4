"""Proofs by AWS, made as a terminal does and checked as the worker does, against the practice AWS over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.app.askers import Askers
from bot.aws import Aws, SigningKey
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import BotError, ConfigurationError, Refused, Throttled, Unauthorized, Unreachable
from bot.net.hosts import region
from bot.people import People
from bot.proofs.aws import LONGEST, AwsCaller, AwsProofs, AwsSigner, signed
from bot.proofs.aws_request import INBOX, Sts, inbox_parameter, unpacked
from bot.proofs.statement import ProofKind, ProofRefused, ProofUnchecked, Statement
from bot.secrets.secret import Secret
from bot.vault.ssm import SsmVault
from tests.support.aws import furnished, running_front
from tests.support.faulty import eavesdropper, pointer
from tests.support.scripted import Scripted

AT = "2026-11-25T13:19:00.123456Z"
STATEMENT = Statement("prod-eu", "inc_ab12cd", "terminal-0123456789abcdef", AT, "ada", "Approve", '{"plan":"d1"}')
PARAMETER = inbox_parameter(STATEMENT.command_id)
STAGING_KEY = "alias/staging"


NOW = datetime(2026, 11, 25, 13, 19, tzinfo=UTC)
KEY = SigningKey("AKIA" + "Z" * 16, Secret("practice-secret-of-nobody"), None)
SIGNED = signed(STATEMENT, KEY, region(REGION), Sts(), NOW)
"""For tests in which STS is someone else, or is never asked."""
FIELDS = json.loads(SIGNED.packed().reveal())


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


class Held:
    """A vault with this one value."""

    def __init__(self, value) -> None:
        self.value = value

    def read(self, _parameter, _version=None):
        return self


@dataclass
class Place:
    """The practice account with a person in it, the worker's checker, and what STS was asked."""

    world: AwsWorld
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.front = self.world.front
        self.world.create_key("staging")
        self.ada = self.world.create_person("ada")
        self.sts = Sts(self.front.url)
        self.vault = SsmVault(self.world.aws, staging_key=STAGING_KEY)
        self.proofs = self.checker()
        identities, check = self.front.identities, self.front.identities.check

        def counted(request, environ):
            if request.action == "GetCallerIdentity":
                self.asked.append(request.key_id)
            return check(request, environ)

        identities.check = counted

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def checker(self, **more):
        return AwsProofs(self.vault, self.sts, **{"timeout": 5.0, **more})

    def prove(self, aws=None, statement=STATEMENT, now=None) -> str:
        aws = aws or self.world.session_of(self.ada)
        signer = AwsSigner(aws, SsmVault(aws, staging_key=STAGING_KEY), self.sts)
        return signer.prove(statement, now or self.now)

    def held(self, parameter=PARAMETER) -> dict[str, str]:
        return json.loads(self.vault.read(parameter).value.reveal())

    def value(self) -> Secret:
        return self.vault.read(PARAMETER).value

    def lay(self, proof, parameter=PARAMETER) -> None:
        """Puts something into the inbox in place of what is there."""
        self.vault.unstage(parameter)
        self.vault.stage(parameter, Secret(proof if isinstance(proof, str) else json.dumps(proof)))

    def check(self, statement=STATEMENT, now=None) -> AwsCaller:
        return self.proofs.check(statement, inbox_parameter(statement.command_id), now or self.now)


@pytest.fixture
def place(front: AwsFront):
    return Place(furnished(front))


@pytest.fixture
def session(place):
    """A role's session, as IAM Identity Center gives it."""
    return place.world.role_session(place.world.create_role("responders"), "ada@example.com")


# --- who it is ------------------------------------------------------------------------------------------------------


def test_a_user_is_known_by_their_key(place):
    assert place.prove() == PARAMETER
    assert place.check() == AwsCaller(place.ada.arn, "123456789012", place.ada.key_id)
    assert place.asked == [place.ada.key_id]


def test_a_role_is_known_with_the_name_of_its_session(place, session):
    place.prove(session)
    caller = place.check()
    assert caller.arn == "arn:aws:sts::123456789012:assumed-role/responders/ada@example.com"
    assert caller.key_id.startswith("ASIA")


def test_root_is_known_too(place):
    place.prove(place.world.aws)
    assert place.check().arn == "arn:aws:iam::123456789012:root"


def test_what_travels_is_who_signed_when_and_where_and_nothing_else(place, session):
    place.prove(session)
    assert place.held().keys() == {"key_id", "token", "date", "region", "signature"}
    key = session.signing_key()
    assert key.secret.reveal() not in str(place.held())
    described = place.world.aws.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]
    assert described["Type"] == "SecureString"
    shown = repr(unpacked(place.vault.read(PARAMETER).value))
    assert place.held()["token"] not in shown
    assert place.held()["signature"] not in shown


def test_a_name_in_the_inbox_is_made_of_the_commands_id():
    assert PARAMETER.startswith("/_compromise/inbox/proofs/")
    assert PARAMETER != inbox_parameter("terminal-1") != inbox_parameter("terminal-2")
    assert inbox_parameter("../../x y") == inbox_parameter("../../x y")
    assert inbox_parameter("../../x y").removeprefix(f"{INBOX}/").isalnum()


# --- what is no proof -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each.name for each in fields(Statement)])
def test_it_proves_this_statement_and_no_other(place, name):
    other = replace(STATEMENT, **{name: "another"})
    place.prove()
    place.lay(place.held(), inbox_parameter(other.command_id))
    with pytest.raises(ProofRefused, match="did not sign this command"):
        place.check(other)


def test_one_that_was_used_is_no_proof_of_another_command(place):
    place.prove()
    place.check()
    other = replace(STATEMENT, command_id="terminal-other")
    place.lay(place.held(), inbox_parameter(other.command_id))
    with pytest.raises(ProofRefused, match="did not sign this command"):
        place.check(other)


def test_it_lies_where_its_command_says(place):
    place.prove()
    for parameter in (inbox_parameter("terminal-other"), "/production/redis-url", "", f"{PARAMETER}:1"):
        with pytest.raises(ProofRefused, match="does not lie where"):
            place.proofs.check(STATEMENT, parameter, place.now)


def later(date, seconds):
    return f"{datetime.fromisoformat(date) + timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it, other: {"key_id": other.key_id}, "did not sign"),
        (lambda it, other: {"key_id": "AKIA" + "Z" * 16}, "does not know the access key"),
        (lambda it, other: {"key_id": "ASIA" + "Z" * 16}, "without its token"),
        (lambda it, other: {"token": "x" * 20}, "without its token"),
        (lambda it, other: {"key_id": "ASIA" + "Z" * 16, "token": "x" * 20}, "does not know the access key"),
        (lambda it, other: {"date": later(it["date"], -1)}, "did not sign"),
        (lambda it, other: {"date": later(it["date"], 1)}, "did not sign"),
        (lambda it, other: {"region": "us-east-1"}, "did not sign"),
        (lambda it, other: {"region": "cn-north-1"}, "did not sign"),
        (lambda it, other: {"region": "eu-moon-1"}, "region that does not exist"),
        (lambda it, other: {"signature": it["signature"][::-1]}, "did not sign"),
        (lambda it, other: {"signature": "0" * 64}, "did not sign"),
    ],
)
def test_every_part_of_it_counts(place, change, said):
    place.prove()
    held = place.held()
    place.lay({**held, **change(held, place.world.create_person("ben"))})
    with pytest.raises(ProofRefused, match=said):
        place.check()


def test_a_sessions_token_counts(place, session):
    place.prove(session)
    held = place.held()
    other = place.world.role_session(place.world.create_role("others"), "ada@example.com")
    for token in (held["token"][::-1], other.signing_key().token.reveal()):
        place.lay({**held, "token": token})
        with pytest.raises(ProofRefused, match="does not know the access key"):
            place.check()
    place.lay({**held, "token": ""})
    with pytest.raises(ProofRefused, match="without its token"):
        place.check()


def nobody(text):
    """What the checker makes of this proof where nobody may be asked."""
    with eavesdropper() as sts:
        try:
            AwsProofs(Held(Secret(text)), Sts(sts.url)).check(STATEMENT, PARAMETER, NOW)
        finally:
            assert sts.heard == []


MALFORMED = {
    "key_id": ["", "AKIA", "BKIA" + "Z" * 16, "akia" + "Z" * 16, "AKIA" + "Z" * 17, "AKIA" + "Ä" * 16],
    "token": ["a b", "a;b", "ä", "x" * 8001],
    "date": ["", "now", "20261340T000000Z", "20260101T000000", "20260101T000000+0000", "\uff120260101T000000Z"],
    "region": ["", "eu-west-1.evil.test", "eu-west-1/", "evil.test#", "aws-global", "EU-WEST-1", "eu-west-1@evil.test"],
    "signature": ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values])
def test_what_has_not_its_form_is_refused_before_anybody_is_asked(name, value):
    with pytest.raises(ProofRefused, match=r"no usable|without its token|not a proof|does not exist"):
        nobody(json.dumps({**FIELDS, name: value}))


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("end", ["\n", "\r\nX-Other: 1", "\0", " ", "&Action=x", ", SignedHeaders=host"])
def test_nothing_can_be_smuggled_into_a_field(name, end):
    with pytest.raises(ProofRefused):
        nobody(json.dumps({**FIELDS, name: FIELDS[name] + end}))


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "null", "{}", '"{}"', "NaN", "[" * 4000, "{" * 2000,
        lambda it: json.dumps({**it, "url": "https://evil.test"}),
        lambda it: json.dumps({**it, "headers": {}}),
        lambda it: json.dumps({name: it[name] for name in it if name != "token"}),
        lambda it: json.dumps({**it, "token": None}),
        lambda it: json.dumps({**it, "date": 20260101}),
        lambda it: json.dumps({**it, "region": ["eu-west-1"]}),
        lambda it: json.dumps(it)[:-1] + f', "key_id": "{it["key_id"]}"}}',
        lambda it: json.dumps([it]),
        lambda it: json.dumps(it) + json.dumps(it),
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_proof_is_none(text):
    with pytest.raises(ProofRefused, match="is not a proof"):
        nobody(text if isinstance(text, str) else text(FIELDS))


def test_more_than_a_parameter_holds_is_no_proof():
    with pytest.raises(ProofRefused, match="is not a proof"):
        unpacked(Secret('{"key_id": "' + "A" * 9000 + '"}'))


# --- time -----------------------------------------------------------------------------------------------------------


def test_it_holds_for_five_minutes(place):
    start = place.now.replace(microsecond=0)
    place.prove(now=start)
    assert place.check(now=start + LONGEST).arn == place.ada.arn
    with pytest.raises(ProofRefused, match=r"given 5 min 1 s ago by the worker's clock and expired after 5 min"):
        place.check(now=start + LONGEST + timedelta(seconds=1))
    assert len(place.asked) == 1


def test_a_clock_that_is_behind_is_named_with_its_size(place):
    start = place.now
    place.prove(now=start - timedelta(minutes=7))
    with pytest.raises(ProofRefused, match="one of the clocks is wrong"):
        place.check(now=start)
    assert place.asked == []


@pytest.mark.parametrize(("ahead", "span"), [(90, "1 min 30 s"), (420, "7 min"), (7200, "2 h")])
def test_a_clock_that_is_ahead_is_named_with_its_size(place, ahead, span):
    start = place.now.replace(microsecond=0)
    place.prove(now=start + timedelta(seconds=ahead))
    with pytest.raises(ProofRefused, match=f"is {span} ahead of the worker's clock"):
        place.check(now=start)
    assert place.asked == []


def test_a_clock_that_is_a_little_ahead_is_none_of_our_business(place):
    start = place.now
    place.prove(now=start + timedelta(seconds=55))
    assert place.check(now=start).arn == place.ada.arn


def test_awss_clock_decides_as_well(place, front):
    place.prove()
    held = Held(place.value())
    front.skew = timedelta(minutes=20)
    with pytest.raises(ProofRefused, match="did not sign"):
        AwsProofs(held, place.sts).check(STATEMENT, PARAMETER, place.now)


# --- keys and sessions that have ended ------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["delete", "deactivate"])
def test_a_key_that_has_ended_proves_nothing(place, ending):
    place.prove()
    iam = place.world.aws.client("iam")
    if ending == "delete":
        iam.delete_access_key(UserName="ada", AccessKeyId=place.ada.key_id)
    else:
        iam.update_access_key(UserName="ada", AccessKeyId=place.ada.key_id, Status="Inactive")
    with pytest.raises(ProofRefused, match=r"does not know the access key .* deleted or inactive"):
        place.check()


def test_a_session_that_has_ended_proves_nothing(place, session, front):
    place.prove(session)
    front.identities.expire(session.access_key_id())
    with pytest.raises(ProofRefused, match=r"session that signed this command expired. Sign in"):
        place.check()


def test_a_caller_against_whom_something_is_known_is_not_believed(place):
    heard = []

    def compromised(caller):
        heard.append(caller)
        return f"The key {caller.key_id} is what inc_ab12cd handles." if len(heard) > 1 else ""

    place.proofs = place.checker(compromised=compromised)
    place.prove()
    caller = place.check()
    with pytest.raises(ProofRefused, match=rf"^The key {place.ada.key_id} is what inc_ab12cd handles\.$"):
        place.check()
    assert heard == [caller, caller]


def test_nothing_is_asked_about_a_caller_of_whom_aws_knows_nothing(place):
    place.proofs = place.checker(compromised=lambda _: pytest.fail("asked"))
    place.prove()
    place.lay({**place.held(), "signature": "0" * 64})
    with pytest.raises(ProofRefused):
        place.check()


# --- asking again ---------------------------------------------------------------------------------------------------


def test_the_same_proof_of_the_same_command_is_the_same_answer(place):
    place.prove()
    first = place.check()
    assert place.check() == first
    place.proofs = place.checker()  # after a restart
    assert place.check() == first


def test_an_answered_command_leaves_nothing_behind(place):
    place.prove()
    place.proofs.forget(PARAMETER)
    place.proofs.forget(PARAMETER)
    assert place.vault.staged(INBOX) == []
    with pytest.raises(ProofRefused, match="There is no proof of this command"):
        place.check()


def test_nothing_but_a_proof_is_deleted(place):
    place.vault.stage("/_compromise/inbox/inc_1/redis-url/x/key", Secret("v"))
    for name in ("/_compromise/inbox/inc_1/redis-url/x/key", "/production/redis-url", f"{PARAMETER}/../x", ""):
        place.proofs.forget(name)
    assert place.vault.staged("/_compromise/inbox/inc_1") == ["/_compromise/inbox/inc_1/redis-url/x/key"]


def test_what_was_left_is_cleared_away_once_its_command_is_answered(place):
    place.prove()
    place.proofs.tidy(lambda: {STATEMENT.command_id: False})
    place.proofs.tidy(lambda: {STATEMENT.command_id: False})
    assert place.vault.staged(INBOX) == [PARAMETER]
    place.proofs.tidy(lambda: {STATEMENT.command_id: True})
    assert place.vault.staged(INBOX) == []


def test_a_proof_whose_command_never_came_goes_at_the_second_look_and_nothing_else_does(place):
    place.vault.stage("/_compromise/inbox/inc_2/redis-url/x/key", Secret("v"))
    place.prove()
    place.proofs.tidy(dict)
    assert place.vault.staged(INBOX) == [PARAMETER]
    place.proofs.tidy(dict)
    assert place.vault.staged(INBOX) == []
    assert place.vault.staged("/_compromise/inbox/inc_2") == ["/_compromise/inbox/inc_2/redis-url/x/key"]


def test_a_command_that_comes_between_two_looks_keeps_its_proof(place):
    place.prove()
    place.proofs.tidy(dict)
    place.proofs.tidy(lambda: {STATEMENT.command_id: False})
    assert place.vault.staged(INBOX) == [PARAMETER]


class Crowded:
    """A vault that asks to slow down a few times, and then takes what it is given."""

    def __init__(self, times) -> None:
        self.times = times
        self.staged = []

    def stage(self, parameter, value):
        if self.times:
            self.times -= 1
            raise Throttled("ssm", "stage", "ThrottlingException", 2.5 if self.times == 1 else None)
        self.staged.append((parameter, value))


def test_a_terminal_waits_where_parameter_store_is_busy(place):
    waited, vault = [], Crowded(3)
    signer = AwsSigner(place.world.session_of(place.ada), vault, place.sts, waited.append)
    assert signer.prove(STATEMENT, place.now) == PARAMETER
    assert [parameter for parameter, _ in vault.staged] == [PARAMETER]
    assert waited == [0.4, 2.5, 1.6]


def test_and_says_so_where_it_stays_busy(place):
    signer = AwsSigner(place.world.session_of(place.ada), Crowded(99), place.sts, lambda _seconds: None)
    with pytest.raises(Throttled):
        signer.prove(STATEMENT, place.now)


def test_a_proof_may_be_on_its_way(place):
    given = datetime.fromisoformat(AT)
    with pytest.raises(ProofUnchecked, match="not in the inbox yet"):
        place.check(now=given + timedelta(seconds=30))
    for now in (given + timedelta(seconds=61), given - timedelta(seconds=61)):
        with pytest.raises(ProofRefused, match="There is no proof"):
            place.check(now=now)
    for at in ("", "yesterday", "2026-11-25T13:19:00"):
        with pytest.raises(ProofRefused, match="There is no proof"):
            place.check(replace(STATEMENT, at=at), given)


@pytest.mark.parametrize("fault", ["ssm-denied", "ssm-throttled", "kms-denied", "ssm-read-500", "ssm-read-down"])
def test_a_parameter_that_cannot_be_read_is_asked_for_again(place, front, fault):
    place.prove()
    front.faults.inject(fault, times=1)
    with pytest.raises(ProofUnchecked, match=r"could not be read \(ssm: read "):
        place.check()
    assert place.check().arn == place.ada.arn


# --- what STS may answer --------------------------------------------------------------------------------------------


ARN = "arn:aws:iam::123456789012:user/ada"


def http(body, status="200 OK", media="application/json", *more):
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def identity(arn=ARN, user="AIDAEXAMPLE", account="123456789012", **more):
    result = {"Arn": arn, "UserId": user, "Account": account, **more}
    return {"GetCallerIdentityResponse": {"GetCallerIdentityResult": result, "ResponseMetadata": {"RequestId": "r"}}}


def error(code):
    return {"Error": {"Code": code, "Message": "m", "Type": "Sender"}, "RequestId": "r"}


def answered(answer, timeout=5.0):
    """What the checker makes of this answer of STS's."""
    with Scripted(answer) as server:
        proofs = AwsProofs(Held(SIGNED.packed()), Sts(f"http://127.0.0.1:{server.port}"), timeout=timeout)
        try:
            return proofs.check(STATEMENT, PARAMETER, NOW)
        finally:
            proofs._session.close()


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/people/eu/ada+x@example.com",
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Responder_0a1b2c/ada@example.com",
        "arn:aws:sts::123456789012:federated-user/ada",
    ],
)
def test_identities_that_sts_knows(arn):
    assert answered(http(identity(arn))) == AwsCaller(arn, "123456789012", KEY.id)
    charset = http(identity(arn), media="Application/JSON; charset=utf-8")
    assert answered(charset).arn == arn


XML = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>{ARN}</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
)
GOOD = json.dumps(identity())


@pytest.mark.parametrize(
    "answer",
    [
        http(XML, media="text/xml"),
        http(XML),
        http("<GetCallerIdentityResponse><Arn>", media="text/xml"),
        http("<!doctype html><title>Sign in to the network</title>", media="text/html"),
        http(GOOD, media="text/html"),
        http(GOOD, media="text/json"),
        http(GOOD, "201 Created"),
        http(GOOD, "203 Non-Authoritative Information"),
        http(GOOD, "403 Forbidden"),
        http(GOOD, "500 Internal Server Error"),
        http(GOOD, "503 Service Unavailable"),
        http(error("Throttling"), "400 Bad Request"),
        http("", "429 Too Many Requests"),
        http(error("InvalidClientTokenId"), "429 Too Many Requests", "application/json", "Retry-After: 0"),
        http(error("InvalidClientTokenId"), "500 Internal Server Error"),
        http(error("InvalidClientTokenId"), "404 Not Found"),
        http(error("InvalidClientTokenId")),
        http(error("AccessDenied"), "403 Forbidden"),
        http(error("ServiceUnavailable"), "403 Forbidden"),
        http(error(["InvalidClientTokenId"]), "403 Forbidden"),
        http(error("InvalidClientTokenId"), "403 Forbidden", "text/html"),
        http("<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", "403 Forbidden", "text/xml"),
        http({"Code": "InvalidClientTokenId"}, "403 Forbidden"),
        http(""),
        http("{}"),
        http("[]"),
        http("[" * 10_000),
        http(GOOD + GOOD),
        http("x" + GOOD),
        http(b"\xff\xfe" + GOOD.encode("utf-16-le")),
        http(GOOD.replace('{"Arn"', f'{{"Arn": "{ARN}x", "Arn"')),
        http(GOOD.replace('"Account"', '"Account": "123456789012", "Account"')),
        http(identity(Arn2=ARN)),
        http(identity(arn=[ARN])),
        http(identity(arn=None)),
        http({**identity(), "GetSessionTokenResponse": {}}),
        http({"GetCallerIdentityResponse": [identity()["GetCallerIdentityResponse"]] * 2}),
        http({"GetCallerIdentityResponse": {"GetCallerIdentityResult": [identity()], "ResponseMetadata": {}}}),
        http(identity(arn="")),
        http(identity(arn=f"{ARN}\n")),
        http(identity(arn=f" {ARN}")),
        http(identity(arn="arn:aws:iam::123456789012:user/ädä")),
        http(identity(arn="arn:aws:iam::123456789012:group/ada")),
        http(identity(arn="arn:aws:iam::123456789012:role/ada")),
        http(identity(arn="arn:aws:iam::210987654321:user/ada")),
        http(identity(arn="arn:aws-cn:iam::123456789012:user/ada")),
        http(identity(arn="arn:aws:sts::123456789012:assumed-role/responders")),
        http(identity(account="12345678901")),
        http(identity(account="\uff1123456789012")),
        http(identity(user="")),
        http(identity(user="a b")),
        http(json.dumps(identity()) + " " * 20_000),
        http(b"{" + b" " * 2_000_000),
        http(GOOD).replace(b"Content-Length: ", b"Content-Length: 9"),
        b"garbage\r\n\r\n",
        b"",
    ],
)  # fmt: skip
def test_whatever_is_no_answer_of_stss_says_nothing_about_the_proof(answer):
    with pytest.raises(ProofUnchecked, match=r"AWS was asked who gave this command|AWS could not be asked") as caught:
        answered(answer, timeout=0.5)
    assert ARN not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("InvalidClientTokenId", "403 Forbidden", "does not know the access key"),
        ("SignatureDoesNotMatch", "403 Forbidden", "did not sign this command"),
        ("ExpiredToken", "403 Forbidden", "expired. Sign in to AWS"),
        ("RequestExpired", "400 Bad Request", "too old"),
        ("IncompleteSignature", "400 Bad Request", "no signature"),
        ("RegionDisabledException", "403 Forbidden", "not enabled"),
    ],
)
def test_a_refusal_of_stss_is_one(code, status, said):
    with pytest.raises(ProofRefused, match=said):
        answered(http(error(code), status))


def test_nobody_waits_for_a_silent_sts():
    with pytest.raises(ProofUnchecked, match=r"could not be asked .*\(no answer within 0\.2 s\)"):
        answered(None, timeout=0.2)


def test_an_sts_that_is_not_there_is_asked_again():
    with Scripted(b"") as server:
        port = server.port
    proofs = AwsProofs(Held(SIGNED.packed()), Sts(f"http://127.0.0.1:{port}"))
    with pytest.raises(ProofUnchecked, match="the connection failed"):
        proofs.check(STATEMENT, PARAMETER, NOW)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status):
    with eavesdropper() as elsewhere, pointer(elsewhere.url) as there:
        there.status = status
        with pytest.raises(ProofUnchecked, match="a redirect, which is not followed"):
            AwsProofs(Held(SIGNED.packed()), Sts(there.url)).check(STATEMENT, PARAMETER, NOW)
        assert (there.asked, elsewhere.heard) == (1, [])


def test_no_proxy_is_asked(place, monkeypatch):
    place.prove()
    held = Held(place.value())
    with eavesdropper() as elsewhere:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        assert AwsProofs(held, place.sts).check(STATEMENT, PARAMETER, place.now).arn == place.ada.arn
        assert elsewhere.heard == []


@pytest.mark.parametrize("fault", ["sts-identity-500", "sts-identity-429", "sts-identity-html", "sts-identity-down"])
def test_the_practice_sts_can_be_away(place, front, fault):
    place.prove()
    front.faults.inject(fault, times=1)
    with pytest.raises(ProofUnchecked):
        place.check()
    assert place.check().arn == place.ada.arn


# --- where and by what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", [None, "http://127.0.0.1:1", "https://sts.evil.test", "https://kms.eu-west-1.amazonaws.com"]
)
def test_in_production_sts_is_asked_at_its_own_hosts_only(endpoint):
    sts = Sts.of(endpoint, production=True)
    assert sts.url(region("eu-west-1")) == "https://sts.eu-west-1.amazonaws.com"
    assert sts.host(region("us-gov-west-1")) == "sts.us-gov-west-1.amazonaws.com"
    assert sts.url(region("cn-north-1")) == "https://sts.cn-north-1.amazonaws.com.cn"


def test_outside_production_a_stand_in_on_loopback_takes_its_place():
    assert Sts.of("http://127.0.0.1:4566/", production=False).url(region("eu-west-1")) == "http://127.0.0.1:4566"
    for elsewhere in (None, "https://sts.evil.test", "http://127.0.0.1.evil.test"):
        assert Sts.of(elsewhere, production=False).url(region("eu-west-1")) == "https://sts.eu-west-1.amazonaws.com"


def test_a_proof_for_aws_itself_is_none_for_a_stand_in(place):
    """The host is signed."""
    aws = place.world.session_of(place.ada)
    AwsSigner(aws, place.vault, Sts()).prove(STATEMENT, place.now)
    with pytest.raises(ProofRefused, match="did not sign"):
        place.check()


def test_a_terminal_without_credentials_or_region_is_told_so(place, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    key = (place.ada.key_id, place.ada.secret)
    for aws, said in [
        (Aws(REGION), "No AWS credentials were found: sign in"),
        (Aws(access_key=key), "AWS_REGION names no region"),
        (Aws("moon-1", access_key=key), "AWS_REGION names no region"),
    ]:
        with pytest.raises(ConfigurationError, match=said):
            AwsSigner(aws, place.vault, place.sts).prove(STATEMENT, place.now)
    assert place.vault.staged(INBOX) == []


def test_a_terminal_that_cannot_hand_in_its_command_takes_the_proof_back(place):
    aws = place.world.session_of(place.ada)
    signer = AwsSigner(aws, SsmVault(aws, staging_key=STAGING_KEY), place.sts)
    signer.withdraw(signer.prove(STATEMENT, place.now))
    assert place.vault.staged(INBOX) == []


def test_a_second_proof_of_the_same_command_does_not_take_the_firsts_place(place):
    place.prove()
    with pytest.raises(Refused, match="another value is already there"):
        place.prove(now=place.now + timedelta(seconds=2))
    assert place.check().arn == place.ada.arn


class WriteOnly(SsmVault):
    """As a responder's policy has it: what was handed over cannot be read back. `lays`: whether they may hand over."""

    lays = True

    def read(self, parameter, version=None):
        raise Unauthorized("ssm", f"read {parameter}", "AccessDeniedException")

    def stage(self, parameter, value):
        if not self.lays:
            raise Unauthorized("ssm", f"stage {parameter}", "AccessDeniedException")
        super().stage(parameter, value)


def test_a_responder_who_can_read_nothing_back_gives_a_command_again(place):
    aws = place.world.session_of(place.ada)
    vault = WriteOnly(aws, staging_key=STAGING_KEY)
    settings = SimpleNamespace(ssh_key=None, aws_endpoint_url=place.front.url, production=False)
    outside = SimpleNamespace(aws=aws, vault=vault, caller=place.ada.arn)
    files = SimpleNamespace(people=People(()))
    here = Askers(
        SimpleNamespace(settings=settings, files=files, outside=outside, machine_clock=lambda: place.now)
    ).here()
    place.prove(now=place.now - timedelta(minutes=20))
    assert here.sign(STATEMENT) == (ProofKind.AWS, PARAMETER)
    assert place.check().arn == place.ada.arn
    vault.lays = False
    with pytest.raises(Unauthorized, match="stage"):
        here.sign(STATEMENT)


def test_both_errors_are_ours():
    assert issubclass(ProofRefused, BotError)
    assert issubclass(ProofUnchecked, BotError)
    assert not issubclass(ProofUnchecked, (ProofRefused, Unreachable))
