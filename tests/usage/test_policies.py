"""Policy documents against requests: what they let be read, by the rules of the IAM and Systems Manager user guides."""

import itertools
import time

import pytest

from bot.usage.contract import Verdict
from bot.usage.policies import BY_PATH, READS, parse_policy, resources_of, rule_on_reading, trusted, unreadable_policy

HERE = "arn:aws:ssm:eu-west-1:123456789012:parameter"
KEY = f"{HERE}/production/supabase/service-key"
GET = "ssm:GetParameter"
IF_HOME = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


def allow(action=GET, resource=KEY, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action=GET, resource=KEY, **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(*statements, name="p"):
    return parse_policy(name, {"Version": "2012-10-17", "Statement": list(statements)})


def reading(*statements, boundary=None, parameter=KEY):
    limit = None if boundary is None else [policy(*boundary, name="boundary")]
    return rule_on_reading([policy(*statements)], limit, parameter)


def verdict(*statements, **more):
    return str(reading(*statements, **more).verdict)


def without(statement, *keys, **more):
    return {**{key: value for key, value in statement.items() if key not in keys}, **more}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], "cannot"),
        ([allow()], "can"),
        ([allow(resource="*")], "can"),
        ([allow(action="*", resource="*")], "can"),
        ([allow(action="ssm:*", resource="*")], "can"),
        ([allow(action="ssm:Get*")], "can"),
        ([allow(action="SSM:getparameter")], "can"),
        ([allow(action="ssm:GetParameter?")], "can"),  # GetParameters
        ([allow(action=["s3:GetObject", "ssm:GetParameters"])], "can"),
        ([allow(action="ssm:GetParameterHistory")], "can"),
        ([allow(action="ssm:DescribeParameters", resource="*")], "cannot"),
        ([allow(action="ssm:PutParameter")], "cannot"),
        ([allow(action="GetParameter")], "cannot"),
        ([allow(resource=f"{HERE}/production/*")], "can"),
        ([allow(resource=[f"{HERE}/staging/*", f"{HERE}/production/*"])], "can"),
        ([allow(resource=f"{HERE}/production/supabase/service-ke?")], "can"),
        ([allow(resource=f"{HERE}/production/service-key")], "cannot"),
        ([allow(resource=f"{HERE}/Production/*")], "cannot"),
        ([allow(resource=f"{HERE}/staging/*")], "cannot"),
        ([allow(resource="arn:aws:ssm:*:*:parameter/*")], "can"),
        ([allow(resource="arn:aws:ssm:us-east-1:123456789012:parameter/*")], "cannot"),
        ([allow(resource=f"{HERE}/production/supabase/[s]ervice-key")], "cannot"),  # not a set of letters
        # an explicit deny beats every allow, for the action and resource that it names
        ([allow(), deny()], "cannot"),
        ([deny(action="*", resource="*"), allow()], "cannot"),
        ([allow(), deny(action="ssm:GetParameters")], "can"),
        ([allow(action="ssm:GetParameter*", resource=f"{HERE}/production/*"), deny(resource=KEY)], "can"),
        ([allow(), deny(resource=f"{HERE}/staging/*")], "can"),
        # what a condition decides, may be
        ([allow(Condition=IF_HOME)], "may"),
        ([allow(Condition={})], "can"),
        ([allow(Condition=IF_HOME), allow()], "can"),
        ([allow(), deny(Condition=IF_HOME)], "may"),
        ([allow(Condition=IF_HOME), deny()], "cannot"),
        ([deny(Condition=IF_HOME)], "cannot"),
        # NotAction and NotResource
        ([without(allow(resource="*"), "Action", NotAction="iam:*")], "can"),
        ([without(allow(resource="*"), "Action", NotAction=["iam:*", "ssm:GetParameter*"])], "cannot"),
        ([without(allow(), "Resource", NotResource=f"{HERE}/staging/*")], "can"),
        ([without(allow(), "Resource", NotResource=f"{HERE}/production/*")], "cannot"),
        ([allow(), without(deny(resource="*"), "Action", NotAction="ec2:*")], "cannot"),
        ([allow(), without(deny(resource="*"), "Action", NotAction="ssm:*")], "can"),
        ([allow(), without(deny(), "Resource", NotResource=f"{HERE}/production/*")], "can"),
        ([allow(), without(deny(), "Resource", NotResource=f"{HERE}/staging/*")], "cannot"),
        # policy variables
        ([allow(resource=f"{HERE}/${{aws:PrincipalTag/team}}/*")], "may"),
        ([allow(resource=f"{HERE}/staging/${{aws:username}}")], "cannot"),
        ([allow(), deny(resource=f"{HERE}/${{aws:username}}/*")], "may"),
        ([without(allow(), "Resource", NotResource=f"{HERE}/${{aws:username}}/*")], "may"),
        ([allow(resource=f"{HERE}/production/${{*}}")], "cannot"),  # a star itself
    ],
)
def test_what_statements_say(statements, expected):
    assert verdict(*statements) == expected


@pytest.mark.parametrize("action", READS)
def test_each_action_that_gives_a_value_is_enough_by_itself(action):
    resource = f"{HERE}/production" if action == BY_PATH else KEY
    found = reading(allow(action, resource))
    assert found.verdict is Verdict.CAN


class TestPaths:
    """GetParametersByPath is judged by the path that is asked for."""

    @pytest.mark.parametrize(
        "path", ["/", "/production", "/production/supabase", "/production/", "/production/supabase/"]
    )
    def test_every_path_above_the_parameter_is_a_way_to_it(self, path):
        assert verdict(allow(BY_PATH, f"{HERE}{path}")) == "can"

    @pytest.mark.parametrize("path", ["/staging", "/production/supabase/service-key", "/production/openai", ""])
    def test_no_other_path_is(self, path):
        assert verdict(allow(BY_PATH, f"{HERE}{path}")) == "cannot"

    def test_a_deny_on_the_parameter_does_not_close_the_path_above_it(self):
        found = reading(allow("ssm:*", f"{HERE}/production*"), deny("ssm:*", KEY))
        assert found.verdict is Verdict.CAN

    def test_a_deny_on_all_paths_above_it_does(self):
        assert verdict(allow("ssm:*", "*"), deny("ssm:*", KEY), deny(BY_PATH, "*")) == "cannot"

    def test_a_parameter_without_folders_stands_below_the_root(self):
        assert resources_of(BY_PATH, f"{HERE}/redis-url") == (f"{HERE}/",)


class TestBoundary:
    def test_it_takes_away_what_it_does_not_allow(self):
        assert verdict(allow(), boundary=[allow(resource=f"{HERE}/staging/*")]) == "cannot"
        assert verdict(allow(), boundary=[allow("*", "*")]) == "can"
        assert verdict(allow(), boundary=[allow("*", "*"), deny()]) == "cannot"

    def test_it_grants_nothing(self):
        assert verdict(boundary=[allow("*", "*")]) == "cannot"

    def test_one_with_a_condition_leaves_it_open(self):
        assert verdict(allow(), boundary=[allow("*", "*", Condition=IF_HOME)]) == "may"

    def test_it_has_to_allow_the_very_action_that_the_policy_allows(self):
        assert verdict(allow("ssm:GetParameters"), boundary=[allow("ssm:GetParameter", "*")]) == "cannot"


def test_the_policies_that_allow_it_are_named():
    several = [
        policy(allow(), name="readers"), policy(allow("ssm:*", "*"), name="all"), policy(allow("s3:*"), name="files"),
        policy(deny("ssm:PutParameter"), name="no-writing"),
    ]  # fmt: skip
    found = rule_on_reading(several, None, KEY)
    assert found.by == ("all", "readers")


def test_a_policy_that_cannot_be_read_may_allow_everything_and_a_deny_still_counts():
    unread = unreadable_policy("odd")
    assert rule_on_reading([unread], None, KEY).verdict is Verdict.MAY
    assert rule_on_reading([unread, policy(deny("*", "*"))], None, KEY).verdict is Verdict.CANNOT
    assert rule_on_reading([policy(allow())], [unread], KEY).verdict is Verdict.MAY


@pytest.mark.parametrize(
    ("statement", "beyond"),
    [
        (allow(), False),
        (allow(["s3:*", "SES:SendRawEmail", "ssm:getparameter*", "kms:GenerateDataKey*"]), False),
        (allow("*"), True),
        (allow("s*:GetObject"), True),
        (allow("ssm:PutParameter"), True),
        (allow("ssm:*"), True),
        (allow("sts:AssumeRole"), True),
        (allow("kms:*"), True),
        (without(allow(), "Action", NotAction="iam:*"), True),
        (deny("*"), False),
    ],
)
def test_what_lets_more_be_done_than_work_with_data(statement, beyond):
    assert policy(statement).beyond_data is beyond
    assert unreadable_policy("p").beyond_data


def test_one_statement_needs_no_list():
    assert rule_on_reading([parse_policy("p", {"Statement": allow()})], None, KEY).verdict is Verdict.CAN


@pytest.mark.parametrize(
    "document",
    [
        None, [], "text", {}, {"Statement": 1}, {"Statement": ["text"]}, {"Statement": [{"Effect": "Perhaps"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]}, {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": 7, "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": ["*", 7], "Resource": "*"}]},
    ],
)  # fmt: skip
def test_what_is_no_policy_is_told_by_its_name(document):
    with pytest.raises(ValueError, match=r"^odd$"):
        parse_policy("odd", document)


def test_many_stars_take_no_time():
    began = time.process_time()
    assert verdict(allow(resource="*a*" * 40 + "b")) == "cannot"
    assert time.process_time() - began < 1


def test_no_order_of_statements_changes_what_they_say():
    statements = [allow(), allow("ssm:*", "*", Condition=IF_HOME), deny("ssm:GetParameters"), deny(BY_PATH, "*")]
    found = {reading(*order) for order in itertools.permutations(statements)}
    assert len(found) == 1


ADA = "arn:aws:iam::123456789012:user/ada"


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ({"Principal": {"AWS": ADA}}, (ADA,)),
        ({"Principal": {"AWS": [ADA, "111122223333"], "Service": "lambda.amazonaws.com"}}, (ADA, "111122223333")),
        ({"Principal": {"AWS": ADA}, "Condition": IF_HOME}, (ADA,)),
        ({"Principal": "*", "Action": "sts:*"}, ("*",)),
        ({"NotPrincipal": {"AWS": ADA}}, ("*",)),
        ({"Principal": {"AWS": ADA}, "Action": "sts:TagSession"}, ()),
        ({"Principal": {"AWS": ADA}, "Effect": "Deny"}, ()),
        ({"Principal": {"Service": "lambda.amazonaws.com"}}, ()),
        ({"Principal": {"Federated": "arn:aws:iam::1:saml-provider/p"}, "Action": "sts:AssumeRoleWithSAML"}, ()),
    ],
)  # fmt: skip
def test_whom_a_trust_policy_names(statement, names):
    written = {"Effect": "Allow", "Action": "sts:AssumeRole", **statement}
    assert trusted({"Statement": written}) == names
    assert trusted({"Statement": [written, written]}) == names


@pytest.mark.parametrize("damaged", [None, [], {}, {"Statement": "none"}, {"Statement": [{"Effect": "Allow"}]}])
def test_a_trust_policy_of_another_form_is_none(damaged):
    with pytest.raises(ValueError, match="sts:AssumeRole"):
        trusted(damaged)
