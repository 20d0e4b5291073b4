"""The keys that the bot makes for itself at its first start, in parameters of its own under `/bot/`.

============================ ======================================= ====================================
parameter                    what it is for                          who may read it
============================ ======================================= ====================================
`/bot/fingerprint-key`       fingerprints of values                  workers
`/bot/command-key`           the front's proofs of commands          workers, the front
`/bot/worker-key`            seals on the event log                  workers
============================ ======================================= ====================================

A policy names each setting that a front or a responder may read, so no pattern covers these keys. To change a key,
write a new version of its parameter; earlier versions stay valid as described for each key.
"""

from __future__ import annotations

import secrets
from typing import Any

from bot.aws import Aws, answered, call
from bot.errors import ConfigurationError, Missing, Refused
from bot.model.priority import Priority
from bot.secrets.secret import Secret
from bot.vault.ssm import SsmVault

FINGERPRINT_KEY = "/bot/fingerprint-key"
COMMAND_KEY = "/bot/command-key"
WORKER_KEY = "/bot/worker-key"
OWN_KEYS = (FINGERPRINT_KEY, COMMAND_KEY, WORKER_KEY)
AWS_MANAGED_KEY = "alias/aws/ssm"


def fingerprint_key(aws: Aws, kms_key: str | None, *, apart: bool = False) -> Secret:
    """32 random bytes in hex, the same for all processes of an installation. The first process makes them, under
    `kms_key` or AWS's own key. With `apart` AWS's own key is not allowed: ConfigurationError if there is neither a
    fingerprint key nor a `kms_key`.
    """
    try:
        return read_key(aws, FINGERPRINT_KEY)
    except Missing:
        _make(aws, FINGERPRINT_KEY, kms_key, apart=apart)
    return read_key(aws, FINGERPRINT_KEY)


def all_keys(aws: Aws, name: str, kms_key: str | None, *, apart: bool = False) -> tuple[Secret, ...]:
    """Every version of a key, the current one first. Makes the first one if there is none, as
    `fingerprint_key` does.
    """
    if not (found := _history(aws, name)):
        _make(aws, name, kms_key, apart=apart)
        found = _history(aws, name)
    return found


def read_key(aws: Aws, name: str) -> Secret:
    """The key in force. Missing if no worker has made it yet, Unauthorized if this process may not read it."""
    return SsmVault(aws).read(name).value


def _history(aws: Aws, name: str) -> tuple[Secret, ...]:
    """All versions that Parameter Store keeps, newest first; none for a key that was never made."""
    return tuple(each.value for each in reversed(SsmVault(aws).values(name)))


def _make(aws: Aws, name: str, kms_key: str | None, *, apart: bool) -> None:
    if apart and kms_key is None:
        raise ConfigurationError(
            f"{name} does not exist yet, and BOT_STAGING_KMS_KEY, which encrypts it, is not set. With AWS's own "
            "key, anyone who may read the parameter could decrypt it. Set it, then try again."
        )
    made: Any = {"Name": name, "Value": secrets.token_hex(32), "Type": "SecureString", "Overwrite": False}
    made["KeyId"] = kms_key or AWS_MANAGED_KEY
    try:
        call("ssm", f"make {name}", lambda: aws.client("ssm").put_parameter(**made), priority=Priority.PUT)
    except Refused as error:
        # Someone else was faster: theirs counts.
        if not answered(error, "ParameterAlreadyExists"):
            raise
