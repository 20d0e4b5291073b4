"""Whose reads are ours without a question: stolen credentials of a role read as that role."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.consumers.aws_lambda.functions import IN_LAMBDA
from bot.model.reads import KnownReader, Read, known_readers

CI = "arn:aws:sts::111122223333:assumed-role/deploy/run-7"
TODAY = date(2026, 12, 1)
AT = datetime(2026, 11, 30, 8, 2, tzinfo=UTC)
READ = Read(AT, CI, "203.0.113.7", "aws-cli/2.31.4 md/Botocore", "GetParameter", "/x")
KNOWN = KnownReader(
    "arn:aws:iam::111122223333:role/ci/deploy", "CI", networks=("203.0.113.0/24",), agents=("aws-cli/2.*",),
    until=TODAY,
)  # fmt: skip
LAMBDA = "aws-sdk-js/3.990.0 ua/2.1 os/linux#5.10 exec-env/AWS_Lambda_nodejs22.x"


def known(*reads, by=KNOWN):
    return known_readers(reads, (by,), TODAY)


def test_what_an_entry_says_is_ours():
    assert known(READ) == {CI: "CI"}
    assert known(READ, by=KnownReader(KNOWN.principal, "CI")) == {CI: "CI"}
    assert known() == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "203.0.114.7"},
        {"address": "2001:db8::7"},
        {"address": "ec2.amazonaws.com"},
        {"address": ""},
        {"agent": "Boto3/1.44.0"},
        {"agent": ""},
        {"principal": "arn:aws:sts::999922223333:assumed-role/deploy/run-7"},
        {"principal": "arn:aws:sts::111122223333:assumed-role/deploy-all/run-7"},
        {"principal": "arn:aws:iam::111122223333:user/deploy"},
    ],
)
def test_stolen_credentials_are_asked_about(changed):
    """Another network, program, account or role; and one such read among many of ours."""
    other = replace(READ, **changed)
    assert known(other) == {}
    assert known(READ, replace(other, principal=CI), READ) == ({} if "principal" not in changed else {CI: "CI"})


@pytest.mark.parametrize(("until", "ours"), [(date(2026, 12, 1), True), (date(2026, 11, 30), False), (None, True)])
def test_an_entry_that_has_run_out_counts_no_more(until, ours):
    assert bool(known(READ, by=replace(KNOWN, until=until))) is ours


def test_a_service_is_known_by_its_name():
    read = replace(READ, address="ssm.amazonaws.com")
    assert known(read, by=replace(KNOWN, networks=("ssm.amazonaws.com",)))


def test_a_role_is_known_inside_lambda_alone():
    function = KnownReader("arn:aws:sts::111122223333:assumed-role/api-role/api", "role of api", agents=(IN_LAMBDA,))
    read = replace(READ, principal=function.principal, agent=LAMBDA)
    assert known(read, by=function)
    assert not known(replace(read, agent=READ.agent), by=function)
    assert not known(replace(read, principal=f"{function.principal}-2"), by=function)


def test_the_bots_own_reads_are_no_question():
    assert known(READ, replace(READ, by_bot=True, address="")) == {CI: "CI"}


@pytest.mark.parametrize(
    ("secret", "environment", "reads"),
    [("openai", "production", True), ("stripe", "production", False), ("openai", "staging", False)],
)
def test_an_entry_is_about_its_secrets_and_environments(secret, environment, reads):
    assert replace(KNOWN, secrets=("openai",), environments=("production",)).reads(secret, environment) is reads
    assert KNOWN.reads(secret, environment)


def test_characters_of_an_agent_mean_themselves():
    """Who steals a key chooses what their program is called."""
    plain = replace(KNOWN, agents=("cli[1].?",))
    assert known(replace(READ, agent="cli[1].?"), by=plain)
    assert not known(replace(READ, agent="cli1xy"), by=plain)
