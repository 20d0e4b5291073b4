"""AWS: who we are, the fingerprint key, and the staging area with its own KMS key."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Diagnostic, Doubtful, Wrong
from bot.errors import Missing
from bot.model.places import STAGING

if TYPE_CHECKING:
    from bot.app.outside import Outside


def checks(outside: Outside) -> Iterator[Diagnostic]:
    yield Diagnostic(
        "AWS identity",
        lambda: _identity(outside),
        "Give this process AWS credentials: a role, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        outside=True,
    )
    yield Diagnostic(
        "fingerprint key",
        lambda: _fingerprint_key(outside),
        "Allow ssm:GetParameter, ssm:PutParameter and kms:Decrypt on /bot/fingerprint-key.",
        outside=True,
    )
    yield Diagnostic(
        "staging KMS key",
        lambda: _kms_key(outside),
        "Let BOT_STAGING_KMS_KEY name an enabled KMS key, and allow kms:DescribeKey, Encrypt and Decrypt on it.",
        outside=True,
    )
    yield Diagnostic(
        "staging area",
        lambda: _staging(outside),
        "Allow ssm:PutParameter, ssm:GetParameter, ssm:GetParameterHistory, ssm:GetParametersByPath and "
        f"ssm:DeleteParameter on {STAGING}/*.",
        outside=True,
    )


def _identity(outside: Outside) -> str:
    arn = outside.caller
    person = outside.files.people.by_principal(arn)
    known = f", {person.name} in the people file" if person.rights else ", who is not in the people file"
    return arn + known


def _fingerprint_key(outside: Outside) -> str:
    """Reads it, and never makes one: this may be before there is a staging key to make it under."""
    from bot.vault.own import FINGERPRINT_KEY, read_key

    try:
        read_key(outside.aws, FINGERPRINT_KEY)
    except Missing:
        raise Doubtful(f"{FINGERPRINT_KEY} does not exist yet", "The worker makes it at its first start.") from None
    return "readable"


def _kms_key(outside: Outside) -> str:
    from bot.aws import call

    key = outside.settings.staging_kms_key
    if key is None:
        raise Wrong("BOT_STAGING_KMS_KEY is not set: nothing can be staged, so nothing can be rotated")
    answer = call("kms", f"describe {key}", lambda: outside.aws.client("kms").describe_key(KeyId=key))
    metadata = answer["KeyMetadata"]
    if not metadata.get("Enabled", False):
        raise Wrong(f"{key} is not enabled")
    if metadata.get("KeyManager") == "AWS":
        raise Doubtful(f"{key} is AWS's own key: whoever may read the path can decrypt it")
    return f"{key} is enabled"


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
