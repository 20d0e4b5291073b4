"""AWS: who we are, the fingerprint key, and the staging area with its own KMS key."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Checks, Doubtful, Skipped, Wrong
from bot.errors import Missing
from bot.model.places import STAGING

if TYPE_CHECKING:
    from bot.app.outside import Outside


CHECKS = Checks["Outside"]()
FUNCTIONS = "Correct `consumers` in the catalog, and allow lambda:GetFunctionConfiguration on each of them."
MOST_SECONDS = 60.0
"""By how much the clock may be off: proofs of people are valid for about a minute."""


@CHECKS(
    "AWS identity",
    "Give this process AWS credentials: a role, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    outside=True,
    needed=True,
)
def _identity(outside: Outside) -> str:
    arn = outside.caller
    person = outside.files.people.by_principal(arn)
    known = f", {person.name} in the people file" if person.rights else ", who is not in the people file"
    return arn + known


@CHECKS("clock", "Let the machine's clock be set by NTP.", outside=True)
def _clock(outside: Outside) -> str:
    """Compares it with AWS's, by the date of an answer."""
    from bot.aws import call

    answer = call("sts", "ask the time", outside.aws.client("sts").get_caller_identity)
    theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    if off > MOST_SECONDS:
        raise Wrong(f"{off:.0f} seconds from AWS's: proofs of people are refused")
    return "right within a minute"


@CHECKS(
    "product's account",
    "Allow sts:AssumeRole on BOT_PRODUCT_ROLE; that role must trust this identity and BOT_PRODUCT_EXTERNAL_ID.",
    outside=True,
)
def _product(outside: Outside) -> str:
    if outside.settings.product_role is None:
        raise Skipped("BOT_PRODUCT_ROLE is not set: it is the bot's own")
    return outside.product_caller


@CHECKS(
    "fingerprint key", "Allow ssm:GetParameter, ssm:PutParameter and kms:Decrypt on /bot/fingerprint-key.", outside=True
)
def _fingerprint_key(outside: Outside) -> str:
    from bot.vault.own import FINGERPRINT_KEY

    return _readable(outside, FINGERPRINT_KEY)


def _readable(outside: Outside, name: str) -> str:
    """Reads a key of the bot's own, and never makes one: this may be before there is a staging key to make it under."""
    from bot.vault.own import read_key

    try:
        read_key(outside.aws, name)
    except Missing:
        raise Doubtful(f"{name} does not exist yet", "The worker makes it at its first start.") from None
    return "readable"


@CHECKS(
    "command key",
    "Let BOT_COMMAND_KMS_KEY name the second KMS key, and allow ssm:GetParameter and kms:Decrypt on it.",
    outside=True,
)
def _command_key(outside: Outside) -> str:
    from bot.vault.own import COMMAND_KEY

    if outside.settings.command_kms_key is None:
        raise Doubtful("BOT_COMMAND_KMS_KEY is not set: anyone who may read /bot/command-key can act for all in Slack")
    return _readable(outside, COMMAND_KEY)


@CHECKS(
    "staging KMS key",
    "Let BOT_STAGING_KMS_KEY name an enabled KMS key, and allow kms:DescribeKey, Encrypt and Decrypt on it.",
    outside=True,
    needed=True,
)
def _kms_key(outside: Outside) -> str:
    from bot.aws import call

    key = outside.settings.staging_kms_key
    if key is None:
        raise Wrong("BOT_STAGING_KMS_KEY is not set: no key can be staged or rotated")
    answer = call("kms", f"describe {key}", lambda: outside.aws.client("kms").describe_key(KeyId=key))
    metadata = answer["KeyMetadata"]
    if not metadata.get("Enabled", False):
        raise Wrong(f"{key} is not enabled")
    if metadata.get("KeyManager") == "AWS":
        raise Doubtful(f"{key} is AWS's own key: anyone who may read the path can decrypt it")
    return f"{key} is enabled"


@CHECKS(
    "staging area",
    "Allow ssm:PutParameter, ssm:GetParameter, ssm:GetParameterHistory, ssm:GetParametersByPath and "
    f"ssm:DeleteParameter on {STAGING}/*.",
    outside=True,
    needed=True,
)
def _staging(outside: Outside) -> str:
    """Stages a probe, reads it back and deletes it."""
    from bot.secrets.secret import Secret

    vault = outside.vault
    parameter = f"{STAGING}/inbox/doctor/{secrets.token_hex(8)}"
    value = Secret(secrets.token_hex(16))
    vault.stage(parameter, value)
    try:
        if vault.read(parameter).value != value:
            raise Wrong("what was read is not what was written")
        vault.history(parameter)  # by which values that were forgotten there are cleared away
        vault.staged(f"{STAGING}/inbox/doctor")
    finally:
        vault.unstage(parameter)
    return "a probe was encrypted, read back and deleted"


@CHECKS("functions", FUNCTIONS, outside=True, needed=True)
def _functions(outside: Outside) -> str:
    """Whether each Lambda function of the catalog exists."""
    from bot.aws import call

    entries = outside.files.loaded.catalog.entries
    names = sorted({each.function for entry in entries for each in entry.consumers})
    if not names:
        raise Doubtful("the catalog names no function: none would get a new key")
    client, missing = outside.product.client("lambda"), []
    for name in names:
        try:
            call("lambda", f"look at {name}", partial(client.get_function_configuration, FunctionName=name))
        except Missing:
            missing.append(name)
    if missing:
        raise Wrong(f"{len(missing)} of {len(names)} do not exist: {', '.join(missing)}")
    return f"all {len(names)} exist"


@CHECKS("CloudTrail", "Allow cloudtrail:LookupEvents.", outside=True)
def _trail(outside: Outside) -> str:
    until = datetime.now(UTC)
    outside.usage.reads(frozenset({"/bot/doctor"}), until - timedelta(minutes=1), until)
    return "can be asked who read a secret"
