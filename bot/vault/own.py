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
    if not (found := _history(aws, name)):
        _make(aws, name, kms_key, apart=apart)
        found = _history(aws, name)
    return found


def read_key(aws: Aws, name: str) -> Secret:
    """The key in force. Missing if no worker has made it yet, Unauthorized if this process may not read it."""
    return SsmVault(aws).read(name).value


def _history(aws: Aws, name: str) -> tuple[Secret, ...]:
    """All versions that Parameter Store keeps, newest first; none of a key that nobody has made yet."""
    return tuple(each.value for each in reversed(SsmVault(aws).values(name)))


def _make(aws: Aws, name: str, kms_key: str | None, *, apart: bool) -> None:
    if apart and kms_key is None:
        raise ConfigurationError(
            f"{name} does not exist yet, and BOT_STAGING_KMS_KEY, under which it is made, is not set: with AWS's own "
            "key whoever may read the parameter could decrypt it. Set it, then do this again."
        )
    made: Any = {"Name": name, "Value": secrets.token_hex(32), "Type": "SecureString", "Overwrite": False}
    made["KeyId"] = kms_key or AWS_MANAGED_KEY
    try:
        call("ssm", f"make {name}", lambda: aws.client("ssm").put_parameter(**made), priority=Priority.PUT)
    except Refused as error:
        # Somebody else was faster: theirs counts.
        if not answered(error, "ParameterAlreadyExists"):
            raise
