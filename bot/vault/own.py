"""The bot's own parameters under `/bot/`: its settings, and the key under which it makes fingerprints."""

from __future__ import annotations

import secrets

import structlog

from bot.aws import Aws, answered, call
from bot.errors import Missing, Refused, Unauthorized
from bot.limits import Rank
from bot.secret import Secret
from bot.settings import parameter_name
from bot.vault.contract import Vault

FINGERPRINT_KEY = "/bot/fingerprint-key"
AWS_MANAGED_KEY = "alias/aws/ssm"
NOT_FOR_EVERY_PROCESS = frozenset(
    parameter_name(variable)
    for variable in (
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
        "BOT_PAGERDUTY_ROUTING_KEY",
        "BOT_PAGERDUTY_API_KEY",
        "BOT_PAGER_FALLBACK_ROUTING_KEY",
        "BOT_TWILIO_API_KEY_SECRET",
    )
)

_log = structlog.get_logger(__name__)


def read_setting(vault: Vault, name: str) -> Secret | None:
    """The setting that stands in the parameter `name`; None if there is none, or if it is a credential of others.

    A front must not page and a responder's terminal must not speak to Slack: a credential that their AWS identity may
    not read is none of theirs. Any other setting that may not be read is a mistake, and raises Unauthorized.
    """
    try:
        return vault.read(name).value
    except Missing:
        return None
    except Unauthorized as error:
        if name in NOT_FOR_EVERY_PROCESS and answered(error, "AccessDeniedException"):
            _log.warning("not readable by this process, taken as unset", parameter=name)
            return None
        raise


def fingerprint_key(aws: Aws, kms_key: str | None) -> Secret:
    """32 random bytes in hex, the same for all processes of an installation: whoever comes first makes them."""
    try:
        return _read(aws)
    except Missing:
        _make(aws, kms_key)
    return _read(aws)


def _read(aws: Aws) -> Secret:
    answer = call(
        "ssm",
        f"read {FINGERPRINT_KEY}",
        lambda: aws.client("ssm").get_parameter(Name=FINGERPRINT_KEY, WithDecryption=True),
        rank=Rank.READ,
    )
    return Secret(answer["Parameter"]["Value"])


def _make(aws: Aws, kms_key: str | None) -> None:
    try:
        call(
            "ssm",
            f"make {FINGERPRINT_KEY}",
            lambda: aws.client("ssm").put_parameter(
                Name=FINGERPRINT_KEY,
                Value=secrets.token_hex(32),
                Type="SecureString",
                Overwrite=False,
                KeyId=kms_key or AWS_MANAGED_KEY,
            ),
            rank=Rank.PUT,
        )
    except Refused as error:
        # Somebody else was faster: theirs counts.
        if not answered(error, "ParameterAlreadyExists"):
            raise
