"""Who can read, as the practice account's IAM tells over HTTP: users, groups, roles and boundaries."""

import json

import pytest

from bot.errors import Unauthorized, Unreachable
from bot.net.limits import Bucket
from bot.usage import iam as module
from bot.usage.contract import GrantSource, Readable, Verdict
from bot.usage.iam import IamGrants
from tests.support.aws import furnished, running_front

KEY = "/production/openai-api-key"
STAGING = "/staging/openai-api-key"
ADMIN = "/bot/admin/openai"
ALL = (KEY, STAGING, ADMIN)
HERE = "arn:aws:ssm:eu-west-1:123456789012:parameter"
GET = "ssm:GetParameter"
SERVICE = {
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
}


@pytest.fixture(scope="module")
def front():
    with running_front() as front:
        yield front


@pytest.fixture
def world(front):
    return furnished(front)


@pytest.fixture
def bot(world):
    return world.create_person("compromise-bot")


@pytest.fixture
def iam(world):
    return world.aws.client("iam")


@pytest.fixture
def source(world, bot):
    return IamGrants(world.session_of(bot), lambda: bot.arn, Bucket(10_000, 10_000))


def document(*actions, resource="*", effect="Allow", **more):
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def user(iam, name, text=""):
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if text:
        iam.put_user_policy(UserName=name, PolicyName=f"{name}-inline", PolicyDocument=text)
    return arn


def managed(iam, name, text):
    return iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]


def found(granted):
    return {(grant.principal.rpartition(":")[2], grant.parameter): str(grant.verdict) for grant in granted.grants}


def test_it_is_a_grant_source(source):
    typed: GrantSource = source
    assert typed.grants([]).grants == ()


def test_inline_policies_groups_and_attached_ones_of_users_and_roles_are_seen(source, iam):
    user(iam, "inline", document(GET, resource=f"{HERE}/production/*"))
    user(iam, "nothing")
    user(iam, "member")
    iam.create_group(GroupName="readers")
    iam.put_group_policy(
        GroupName="readers", PolicyName="by-group", PolicyDocument=document(GET, resource=f"{HERE}{KEY}")
    )
    iam.attach_group_policy(
        GroupName="readers", PolicyArn=managed(iam, "of-group", document(GET, resource=f"{HERE}{STAGING}"))
    )
    iam.add_user_to_group(GroupName="readers", UserName="member")
    iam.create_role(RoleName="functions", Path="/product/", AssumeRolePolicyDocument=json.dumps(SERVICE))
    iam.attach_role_policy(RoleName="functions", PolicyArn=managed(iam, "of-role", document("ssm:*")))
    granted = source.grants(ALL)
    assert found(granted) == {
        ("user/inline", KEY): "can",
        ("user/member", KEY): "can",
        ("user/member", STAGING): "can",
        ("role/product/functions", KEY): "can",
        ("role/product/functions", STAGING): "can",
        ("role/product/functions", ADMIN): "can",
    }
    assert granted.account == "123456789012"
    (grant,) = granted.readable_by("arn:aws:iam::123456789012:user/inline")
    assert grant.by == ("inline-inline",)
    session = "arn:aws:sts::123456789012:assumed-role/functions/api"
    assert {grant.parameter for grant in granted.readable_by(session)} == set(ALL)
    assert {grant.by for grant in granted.grants if grant.parameter == STAGING} == {("of-group",), ("of-role",)}


def test_a_newer_version_of_a_policy_counts_once_it_is_the_default(source, iam):
    user(iam, "ada")
    arn = managed(iam, "versions", document(GET))
    iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:GetObject"), SetAsDefault=False)
    assert found(source.grants([KEY])) == {("user/ada", KEY): "can"}
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert found(source.grants([KEY])) == {}


def test_a_boundary_narrows_and_a_condition_leaves_it_open(source, iam):
    limit = managed(iam, "limit", document("ssm:*", resource=f"{HERE}/staging/*"))
    iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=json.dumps(SERVICE), PermissionsBoundary=limit)
    iam.put_role_policy(RoleName="bounded", PolicyName="wide", PolicyDocument=document("ssm:*"))
    user(iam, "at-home", document(GET, Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    assert found(source.grants([KEY, STAGING])) == {
        ("role/bounded", STAGING): "can",
        ("user/at-home", KEY): "may",
        ("user/at-home", STAGING): "may",
    }


def test_a_policy_whose_text_is_not_to_be_had_may_allow_everything(source, iam, world, monkeypatch):
    user(iam, "ada", document(GET))
    monkeypatch.setattr(module, "parse_policy", lambda name, *_more: (_ for _ in ()).throw(ValueError(name)))
    granted = source.grants([KEY])
    assert found(granted) == {("user/ada", KEY): "may"}


def test_many_principals_come_in_pages(source, iam, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(5):
        user(iam, f"user-{number}", document(GET))
    assert len(source.grants([KEY]).grants) == 5


def test_without_the_right_the_permission_is_named(source, front):
    front.key_faults.inject("denied", 1)
    with pytest.raises(Unauthorized, match="this process lacks iam:GetAccountAuthorizationDetails"):
        source.grants([KEY])


def test_no_answer_is_an_error_and_not_an_empty_list(source, front):
    front.key_faults.inject("get-reset", 1)
    with pytest.raises(Unreachable):
        source.grants([KEY])


def test_a_verdict_is_a_word():
    assert [str(each) for each in Verdict] == ["can", "may", "cannot"]


def test_whom_a_role_trusts_is_told_with_what_it_can_read(source, iam):
    ada = user(iam, "ada")
    for name, principal in (("named", {"AWS": ada}), ("service", {"Service": "lambda.amazonaws.com"})):
        trust = {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=document(GET))
    granted = source.grants([KEY])
    assert {grant.principal.rpartition("/")[2] for grant in granted.grants} == {"named", "service"}
    assert {role.rpartition("/")[2]: named for role, named in granted.trusts.items()} == {"named": (ada,)}


def test_whom_a_role_trusts_that_can_read_nothing_is_told_as_well(source, iam):
    ada = user(iam, "ada")
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ada}, "Action": "sts:AssumeRole"}}
    role = iam.create_role(RoleName="middle", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    assert source.grants([KEY]).trusts == {role: (ada,)}


class TestWhatAKeyOfOneUserReads:
    DATA = document("s3:*", "SQS:SendMessage", "kms:Decrypt", "ssm:GetParameter*", resource=f"{HERE}/staging/*")

    def test_what_its_policies_and_those_of_its_groups_let_it_read(self, source, iam):
        user(iam, "product", self.DATA)
        user(iam, "other", document("*"))
        assert source.readable("product", ALL).parameters == {STAGING}
        iam.create_group(GroupName="readers")
        iam.put_group_policy(GroupName="readers", PolicyName="g", PolicyDocument=document(GET, resource=f"{HERE}{KEY}"))
        iam.add_user_to_group(GroupName="readers", UserName="product")
        assert source.readable("product", ALL).parameters == {STAGING, KEY}

    def test_what_a_condition_decides_it_may_read(self, source, iam):
        user(iam, "product", document(GET, Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
        assert source.readable("product", [KEY]).parameters == {KEY}

    def test_one_without_policies_reads_nothing(self, source, iam):
        user(iam, "product")
        assert source.readable("product", ALL) == Readable()

    @pytest.mark.parametrize(
        "actions",
        [
            ["*"],
            ["s3:*", "iam:PutUserPolicy"],
            ["sts:AssumeRole"],
            ["lambda:InvokeFunction"],
            ["ssm:*"],
            ["ssm:Send*"],
        ],
    )
    def test_of_one_that_may_do_more_than_work_with_data_it_cannot_be_told(self, source, iam, actions):
        user(iam, "product", document(*actions))
        assert source.readable("product", ALL).unknown == (
            "its user may do more than read and write data, by product-inline"
        )

    def test_all_but_something_is_more_than_data(self, source, iam):
        statement = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
        user(iam, "product", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        assert source.readable("product", ALL).unknown

    def test_a_deny_takes_away_and_is_no_right(self, source, iam):
        user(iam, "product", document("iam:*", effect="Deny"))
        assert source.readable("product", ALL) == Readable()

    def test_a_boundary_of_data_alone_holds_it_to_that(self, source, iam, monkeypatch):
        user(iam, "product", document("*"))
        limit = managed(iam, "limit", self.DATA)
        told = source._read_all

        def bounded():  # as AWS tells it; the practice account leaves it out of users
            account = told()
            for each in account.users:
                each["PermissionsBoundary"] = {"PermissionsBoundaryArn": limit}
            return account

        assert source.readable("product", ALL).unknown
        iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=json.dumps(SERVICE), PermissionsBoundary=limit)
        monkeypatch.setattr(type(source), "_read_all", lambda _source: bounded())
        asked = ("s3:GetObject", "ec2:RunInstances")
        assert source.readable("product", ALL, asked) == Readable(frozenset({STAGING}), ("s3:GetObject",))

    def test_what_the_organization_denies_is_taken_from_its_actions_and_said(self, source, iam, front):
        user(iam, "product", document("s3:*", "ses:SendEmail"))
        asked = ("s3:GetObject", "ses:SendEmail", "ec2:RunInstances")

        def told():
            found = source.readable("product", (), asked)
            return found.actions, found.limits

        front.simulator.denied = ["ses:SendEmail"]
        assert told() == (("s3:GetObject",), "the organization's policies deny ses:SendEmail")
        front.simulator.missing = ["aws:RequestedRegion"]
        assert told() == (asked[:2], "")
        front.simulator.denied = None
        actions, limits = told()
        assert actions == asked[:2]
        assert limits.startswith("policies of the organization are not considered: this process lacks iam:SimulateP")

    @pytest.mark.parametrize("named", ["arn:aws:iam::123456789012:user/product", "*"])
    def test_of_one_that_a_role_trusts_by_name_it_cannot_be_told(self, source, iam, named):
        user(iam, "product", self.DATA)
        trust = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}
        whole = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="asks-for-a-policy-too", AssumeRolePolicyDocument=json.dumps({"Statement": [whole]}))
        assert not source.readable("product", ALL).unknown
        iam.create_role(RoleName="deploys", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        assert source.readable("product", ALL).unknown == "its user can take on the role deploys"

    def test_a_policy_that_cannot_be_read_and_a_user_that_is_not_there(self, source, iam, monkeypatch):
        user(iam, "product", self.DATA)
        assert source.readable("nobody", ALL).unknown == "IAM of account 123456789012 has no user nobody"
        monkeypatch.setattr(module, "parse_policy", lambda name, *_more: (_ for _ in ()).throw(ValueError(name)))
        assert "product-inline" in source.readable("product", ALL).unknown
