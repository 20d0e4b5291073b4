"""The keys that the bot makes for itself at its first start, in parameters of its own under `/bot/`.

============================ ======================================= ====================================
parameter                    what it is for                          who may read it
============================ ======================================= ====================================
`/bot/fingerprint-key`       fingerprints of values                  workers
`/bot/command-key`           the front's proofs of commands          workers, the front
`/bot/worker-key`            seals on the event log                  workers
============================ ======================================= ====================================

None of them stands under `/bot/bot-…`, where the settings are that every process may read. To change one, write a new
version of the parameter: earlier versions still count where they did.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.aws import Aws, answered, call, pages
from bot.errors import ConfigurationError, Missing, Refused
from bot.model.priority import Priority
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import GetParameterHistoryResultTypeDef

FINGERPRINT_KEY = "/bot/fingerprint-key"
COMMAND_KEY = "/bot/command-key"
WORKER_KEY = "/bot/worker-key"
OWN_KEYS = (FINGERPRINT_KEY, COMMAND_KEY, WORKER_KEY)
AWS_MANAGED_KEY = "alias/aws/ssm"


def fingerprint_key(aws: Aws, kms_key: str | None, *, apart: bool = False) -> Secret:
    """32 random bytes in hex, the same for all processes of an installation: whoever comes first makes them, under
    `kms_key`, or AWS's own. `apart`: never under that; ConfigurationError where there is no key yet and no `kms_key`.
    """
    try:
        return read_key(aws, FINGERPRINT_KEY)
    except Missing:
        _make(aws, FINGERPRINT_KEY, kms_key, apart=apart)
    return read_key(aws, FINGERPRINT_KEY)


def all_keys(aws: Aws, name: str, kms_key: str | None, *, apart: bool = False) -> tuple[Secret, ...]:
    """Every version of a key, the one in force first; the first one is made if there is none, as above."""
    try:
        return _history(aws, name)
    except Missing:
        _make(aws, name, kms_key, apart=apart)
    return _history(aws, name)


def read_key(aws: Aws, name: str) -> Secret:
    """The key in force. Missing if no worker has made it yet, Unauthorized if this process may not read it."""
    answer = call(
        "ssm",
        f"read {name}",
        lambda: aws.client("ssm").get_parameter(Name=name, WithDecryption=True),
        priority=Priority.READ,
    )
    return Secret(answer["Parameter"]["Value"])


def _history(aws: Aws, name: str) -> tuple[Secret, ...]:
    """All versions that Parameter Store keeps, newest first. A page holds no more than fifty, the oldest first."""

    def ask(more: Mapping[str, Any]) -> GetParameterHistoryResultTypeDef:
        return call(
            "ssm",
            f"read {name}",
            lambda: aws.client("ssm").get_parameter_history(Name=name, WithDecryption=True, MaxResults=50, **more),
            priority=Priority.READ,
        )

    versions = [version for page in pages(ask) for version in page["Parameters"]]
    return tuple(Secret(version["Value"]) for version in reversed(versions))


def _make(aws: Aws, name: str, kms_key: str | None, *, apart: bool) -> None:
    if apart and kms_key is None:
        raise ConfigurationError(
            f"{name} does not exist yet, and BOT_STAGING_KMS_KEY, under which it is made, is not set: with AWS's own "
            "key whoever may read the parameter could decrypt it. Set it, then do this again."
        )
    try:
        call(
            "ssm",
            f"make {name}",
            lambda: aws.client("ssm").put_parameter(
                Name=name,
                Value=secrets.token_hex(32),
                Type="SecureString",
                Overwrite=False,
                KeyId=kms_key or AWS_MANAGED_KEY,
            ),
            priority=Priority.PUT,
        )
    except Refused as error:
        # Somebody else was faster: theirs counts.
        if not answered(error, "ParameterAlreadyExists"):
            raise
