"""What someone who leaves has read and can still read: known by whatever name, and never told as "cannot" unlooked."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused, Throttled
from bot.model.departures import Leaver, Reach
from bot.model.reads import Read
from bot.usage.contract import Grant, Granted, Usage, Verdict
from bot.usage.leaver import look_up

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
KEY = "/production/openai-api-key"
MALLORY = f"arn:aws:iam::{ACCOUNT}:user/mallory"
SET = "AWSReservedSSO_Dev_0123456789abcdef"
OF_SET = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{SET}"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/Deployer"
CAN = (Reach("openai", "can", ("All",)),)


class Grants:
    """`grants` are such, or roles with whom they trust: of those that can read, with what they grant."""

    def __init__(self, *grants) -> None:
        self.granted = tuple(each for each, _ in grants if not isinstance(each, str))
        named = {each if isinstance(each, str) else each.principal: trusts for each, trusts in grants}
        self.trusts = {principal: trusts for principal, trusts in named.items() if trusts}

    def grants(self, parameters):
        return Granted(ACCOUNT, self.granted, self.trusts)


class History:
    def __init__(self, *seen, truncated=False, error=None) -> None:
        self.seen, self.truncated, self.error = seen, truncated, error

    def reads(self, parameters, since, until):
        if self.error is not None:
            raise self.error
        return Usage("history", since, until, self.seen, (), truncated=self.truncated)


def grant(principal, *trusts, verdict=Verdict.CAN):
    return Grant(principal, KEY, verdict, ("All",)), trusts


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def read(principal=MALLORY, action="GetParameter", hours=1):
    return Read(NOW - timedelta(hours=hours), principal, "192.0.2.1", "agent", action, KEY)


def told(principal=MALLORY, *grants, usage=None):
    return look_up(Leaver("mallory", principal), {KEY: "openai"}, usage or History(), Grants(*grants), NOW)


@pytest.mark.parametrize(
    "written", [f"{SET}/mallory@example.com", "AWSReservedSSO_Dev/m@example.com", "AWSReservedSSO_Dev_" + "f" * 16]
)
def test_a_permission_set_s_role_is_the_same_with_any_digits_or_none(written):
    found = told(f"arn:aws:sts::{ACCOUNT}:assumed-role/{written}", grant(OF_SET))
    assert (found.reaches, found.unknown, found.grants_known) == (CAN, (), True)


@pytest.mark.parametrize("other", ["AWSReservedSSO_Ops_0123456789abcdef/m", "Dev/m", "Deployer2/m"])
def test_another_role_is_another(other):
    found = told(f"arn:aws:sts::{ACCOUNT}:assumed-role/{other}", grant(OF_SET), grant(DEPLOYER))
    assert (found.reaches, found.unknown, found.grants_known) == ((), (), True)


def test_iam_says_nothing_about_a_principal_of_another_account():
    found = told("arn:aws:iam::999999999999:user/mallory", grant(MALLORY), usage=History(read()))
    assert (found.reaches, found.grants_known) == ((), False)
    assert found.unknown == (f"IAM of account {ACCOUNT} says nothing about a principal of 999999999999",)


def test_a_try_that_was_refused_is_no_read():
    refused = read(action="GetParameter (refused: AccessDeniedException)")
    found = told(usage=History(refused))
    assert (found.reaches, found.reads_known) == ((), True)


@pytest.mark.parametrize("principal", [MALLORY, f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/m"])
def test_a_role_that_trusts_them_by_name_is_as_theirs(principal):
    named = f"arn:aws:iam::{ACCOUNT}:role/staff/Dev" if "Dev" in principal else MALLORY
    found = told(principal, grant(DEPLOYER, "arn:aws:iam::999999999999:root", named))
    assert found.reaches == (Reach("openai", "can", ("All of the role Deployer, which trusts them",)),)
    assert (found.unknown, found.grants_known) == ((), True)


@pytest.mark.parametrize("trusts", ["*", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
def test_a_role_that_trusts_the_whole_account_is_said_to_be_unknown_and_holds_nobody(trusts):
    roles = [grant(f"{DEPLOYER}{number}", trusts) for number in range(5)]
    found = told(MALLORY, *roles)
    assert (found.reaches, found.grants_known) == ((), True)
    listed = "Deployer0, Deployer1, Deployer2 and 2 more"
    assert found.unknown == (
        f"whether mallory can take on a role that can read them is unknown: {listed} trust the whole account",
    )


def test_roles_that_trust_each_other_are_followed_from_whoever_leaves_to_what_can_read():
    first, second, third = role("ops/First"), role("Second"), role("Third")
    chain = ((first, (MALLORY, third)), (second, (f"arn:aws:sts::{ACCOUNT}:assumed-role/First/s", second)))
    found = told(MALLORY, *chain, grant(third, second, verdict=Verdict.MAY), grant(DEPLOYER, role("Elsewhere")))
    by = ("All of the role Third, which they can assume through First and Second",)
    assert found.reaches == (Reach("openai", "may", by),)
    assert (found.unknown, found.grants_known) == ((), True)


def test_of_a_long_way_only_so_many_roles_are_named():
    names = [f"R{number}" for number in range(8)]
    links = [(role(name), (role(before),)) for before, name in itertools.pairwise(names)]
    found = told(MALLORY, (role("R0"), (MALLORY,)), *links, grant(DEPLOYER, role("R7")))
    assert found.reaches[0].by == ("All of the role Deployer, which they can assume through R0, R1, R2 and 5 more",)


def test_what_can_be_taken_on_by_way_of_a_role_that_trusts_the_whole_account_is_said_to_be_unknown():
    found = told(MALLORY, (role("Open"), (ACCOUNT,)), grant(DEPLOYER, role("Open")))
    assert (found.reaches, found.grants_known) == ((), True)
    [said] = found.unknown
    assert said.endswith(" is unknown: Deployer trusts the whole account, or a role that does")


def test_a_role_that_names_them_and_trusts_the_whole_account_is_theirs():
    found = told(MALLORY, (role("Open"), (ACCOUNT, MALLORY)), grant(DEPLOYER, role("Open"), ACCOUNT))
    assert found.reaches == (Reach("openai", "can", ("All of the role Deployer, which they can assume through Open",)),)
    assert found.unknown == ()


def test_a_role_of_a_service_or_of_others_concerns_nobody():
    found = told(MALLORY, grant(DEPLOYER), grant(OF_SET, f"arn:aws:iam::{ACCOUNT}:user/ada"))
    assert (found.reaches, found.unknown) == ((), ())


def test_what_was_read_by_a_path_above_it_counts():
    found = told(usage=History(read(hours=3), read(action="GetParametersByPath")))
    assert found.reaches == (Reach("openai", "", (), 2, NOW - timedelta(hours=1)),)


def test_reads_that_were_not_looked_through_are_said():
    found = told(usage=History(truncated=True))
    assert found.unknown == (
        "CloudTrail has more reads than were looked through: mallory may have read what is not listed",
    )
    assert found.grants_known


def test_what_cannot_be_asked_is_said_unless_it_may_pass():
    found = told(MALLORY, grant(MALLORY), usage=History(error=Refused("cloudtrail", "look up reads", "HTTP 403")))
    assert [each.startswith("who read them is unknown: ") for each in found.unknown] == [True]
    assert found.reaches == CAN
    with pytest.raises(Throttled):
        told(usage=History(error=Throttled("cloudtrail", "look up reads", "HTTP 429")))


def test_what_a_session_of_theirs_in_another_role_read_is_theirs_too():
    mine = f"arn:aws:sts::{ACCOUNT}:assumed-role/{SET}/mallory@example.com"
    other = f"arn:aws:sts::{ACCOUNT}:assumed-role/OnCall/mallory@example.com"
    [reach] = told(mine, usage=History(read(other), read(f"{role('OnCall')}/ada@example.com"))).reaches
    assert reach.reads == 1
