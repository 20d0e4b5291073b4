"""The policies that an installation gives its identities: they allow what the program asks for, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.app.parameters import NOT_FOR_EVERY_PROCESS
from bot.settings.model import settings_table
from bot.settings.table import parameter_name
from bot.vault.contract import Vault
from bot.vault.own import COMMAND_KEY, FINGERPRINT_KEY, WORKER_KEY
from tests.iam.scenes import READERS, settings_of
from tests.support.policies import POLICIES, allows, asked_by, listed, parameter, policy

ROOT = Path(__file__).parents[2]
IDENTITIES = ("worker", "front", "responder")
EVERY_POLICY = pytest.mark.parametrize("path", sorted(POLICIES.glob("*.json")), ids=lambda path: path.name)

# --- who may do what with which parameter ---------------------------------------------------------------------------


def test_a_policy_is_read_as_iam_reads_it():
    document = {"Statement": [
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": "arn:a/bot-*"},
        {"Effect": "Deny", "Action": "ssm:Get*", "Resource": ["arn:a/bot-b?", "arn:a/bot-[c]"]},
    ]}  # fmt: skip
    assert allows(document, "ssm:GetParameter", "arn:a/bot-a/b")
    assert allows(document, "SSM:getparameter", "arn:a/bot-a")
    assert not allows(document, "ssm:GetParameters", "arn:a/bot-a")
    assert not allows(document, "ssm:GetParameter", "arn:a/BOT-a")
    assert not allows(document, "ssm:GetParameter", "arn:a/bot-bc")
    assert not allows(document, "ssm:GetParameter", "arn:a/bot-[c]")
    assert allows(document, "ssm:GetParameter", "arn:a/bot-c")


PRODUCT = "/production/openai-api-key"
ADMIN = ("/bot/admin/openai", "/bot/admin/production/redis")
STAGED = "/_compromise/inc_a/openai-api-key/new/value"
INBOX = ("/_compromise/inbox/inc_a/openai-api-key/token/value", "/_compromise/inbox/inc_a-1")
ROTATED = ("read", "read_some", "put", "label", "history", "find", "holding", "newest", "written", "values")
USES = {
    "worker": [
        *((method, PRODUCT) for method in ROTATED),
        *((method, name) for name in ADMIN for method in ("read", "newest", "values")),
        *((method, STAGED) for method in ("stage", "read", "staged", "unstage")),
        *((method, name) for name in INBOX for method in ("stage", "read", "staged", "unstage", "history")),
        ("read", "/bot/bot-pagerduty-api-key"),
    ],
    "front": [("read", COMMAND_KEY)],
    "responder": [(method, name) for name in INBOX for method in ("stage", "unstage")],
}
"""What each identity calls of the vault, on which kind of parameter."""


@pytest.mark.parametrize("identity", IDENTITIES)
def test_whatever_an_identity_calls_of_the_vault_is_allowed(identity):
    document = policy(f"{identity}.json")
    denied = [
        f"{method}: {action} on {resource}"
        for method, name in USES[identity]
        for action, resource in sorted(asked_by(method, name))
        if not allows(document, action, resource)
    ]
    assert denied == []


def test_no_method_of_the_vault_is_forgotten_there():
    methods = {name for name, value in vars(Vault).items() if callable(value) and not name.startswith("_")}
    assert {method for method, _ in USES["worker"]} == methods


def test_with_what_the_guide_adds_an_admin_credential_can_be_replaced():
    [recipe] = re.findall(r"An admin credential can leak too\.(.*?)\n\n", guide("installation"), re.DOTALL)
    more = {"Effect": "Allow", "Action": re.findall(r"`(ssm:\w+)`", recipe), "Resource": parameter(ADMIN[0])}
    document = {"Statement": [*policy("worker.json")["Statement"], more]}
    asked = {one for method in ROTATED for one in asked_by(method, ADMIN[0])}
    assert [one for one in sorted(asked) if not allows(document, *one)] == []


def guide(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


@pytest.mark.parametrize("identity", IDENTITIES)
def test_every_process_may_read_each_setting_that_it_cannot_do_without(identity):
    """A read that AWS refuses is a mistake there, whether or not there is such a parameter: nothing starts."""
    names = [parameter_name(row.variable) for row in settings_table() if row.parameter]
    needed = [name for name in names if name not in NOT_FOR_EVERY_PROCESS]
    assert len(needed) > 20
    assert [name for name in needed if identity not in readers(name)] == []


@pytest.mark.parametrize("identity", ["front", "responder"])
def test_one_list_says_which_settings_an_identity_reads(identity):
    [settings] = [each for each in policy(f"{identity}.json")["Statement"] if each["Sid"] == "Settings"]
    assert settings["Resource"] == [parameter(name) for name in sorted(settings_of(identity))]
    assert {each["Effect"] for each in policy(f"{identity}.json")["Statement"]} == {"Allow"}


def test_each_secret_setting_is_read_by_those_alone_who_work_with_it():
    rows = [row for row in settings_table() if row.secret and row.parameter]
    assert {row.variable: readers(parameter_name(row.variable)) for row in rows} == READERS


def readers(name):
    """The identities that may read a parameter's value, in whatever way."""
    reads = ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory", "ssm:GetParametersByPath")
    return {
        identity
        for identity in IDENTITIES
        if any(allows(policy(f"{identity}.json"), action, parameter(name)) for action in reads)
    }


# --- which actions the program calls --------------------------------------------------------------------------------

CALLS = re.compile(
    r"\b(?:client|ssm|cloudtrail|iam|cache|account|client\(\"(?:ssm|kms|lambda|cloudtrail|sts|iam)\"\))\.([a-z]+(?:_[a-z]+)+)[(,]"
)
FREE = {"get_caller_identity"}  # needs no permission (STS API reference)
AWS_PROVIDERS = ("providers/aws_iam/*.py",)
ADAPTERS = (
    "app/*.py",
    "vault/*.py",
    "aws/lookups.py",
    "usage/*.py",
    "consumers/aws_lambda/*.py",
    "news/sources/aws.py",
    "cli/diagnostics/aws.py",
    *AWS_PROVIDERS,
)


def calls_of(files):
    """The actions that these files call, without the service."""
    called = {name for path in files for name in CALLS.findall(path.read_text())} - FREE
    return {"".join(word.capitalize() for word in name.split("_")) for name in called}


BY_THE_KEY = {"DescribeKey"}
"""What the staging key's own policy allows the worker."""


def allowed(name):
    """The actions that a policy allows, without the service."""
    found = set()
    for statement in policy(name)["Statement"]:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            found |= {a.partition(":")[2] for a in ([actions] if isinstance(actions, str) else actions)}
    return found


def test_the_workers_policy_allows_what_the_program_calls_and_no_more():
    files = [path for pattern in ADAPTERS for path in (ROOT / "bot").glob(pattern)]
    keys = {"Decrypt", "Encrypt", "GenerateDataKey"}  # what Parameter Store does on its caller's behalf
    assert allowed("worker.json") | BY_THE_KEY == calls_of(files) | keys


ONLY_FOR_ALL = {
    "ssm:DescribeParameters", "iam:ListUsers", "iam:ListRoles", "iam:GetAccountAuthorizationDetails",
    "cloudtrail:LookupEvents", "account:ListRegions",
}  # fmt: skip
"""Actions that AWS allows for the resource ``*`` or not at all. Source: its Service Authorization Reference."""


@EVERY_POLICY
def test_what_can_only_be_allowed_for_everything_is(path):
    for statement in policy(path.name)["Statement"]:
        if ONLY_FOR_ALL & set(listed(statement["Action"])):
            assert listed(statement["Resource"]) == ["*"]


def test_a_responder_can_hand_a_value_over_and_not_read_it_back():
    assert "Decrypt" not in allowed("responder.json")
    assert "Decrypt" not in allowed("front.json")
    keys = policy("command-key.json")["Statement"]
    [decrypts] = [each for each in keys if each["Principal"]["AWS"].endswith("/BOT_FRONT")]
    assert decrypts["Action"] == "kms:Decrypt"
    only = "arn:aws:ssm:REGION:ACCOUNT:parameter/bot/command-key"
    assert decrypts["Condition"]["StringEquals"]["kms:EncryptionContext:PARAMETER_ARN"] == only
    readers = [
        statement["Principal"]["AWS"].rpartition("/")[2]
        for statement in policy("staging-key.json")["Statement"]
        if "kms:Decrypt" in statement["Action"]
    ]
    assert readers == ["BOT_WORKER"]


def test_the_keys_of_proofs_and_seals_are_read_by_those_alone_who_need_them():
    assert {key: readers(key) for key in (COMMAND_KEY, WORKER_KEY, FINGERPRINT_KEY)} == {
        COMMAND_KEY: {"worker", "front"},
        WORKER_KEY: {"worker"},
        FINGERPRINT_KEY: {"worker"},
    }


def test_the_staging_keys_administrators_can_make_its_alias_and_do_not_decrypt():
    """The policy names no root of the account, so nobody can what it does not say."""
    key = policy("staging-key.json")
    administrators = {"Statement": [each for each in key["Statement"] if "KEY_ADMIN" in each["Principal"]["AWS"]]}
    wanted = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")
    assert [action for action in wanted if not allows(administrators, action, "key")] == []
    assert not any(allows(administrators, action, "key") for action in ("kms:Decrypt", "kms:Encrypt"))


@EVERY_POLICY
def test_policies_allow_no_whole_service(path):
    for statement in policy(path.name)["Statement"]:
        actions = statement["Action"]
        assert not [a for a in ([actions] if isinstance(actions, str) else actions) if a.endswith("*")]
