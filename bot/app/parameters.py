"""Settings that stand as parameters, which only production has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bot.aws import Aws, answered, check_endpoints
from bot.errors import Missing, Unauthorized
from bot.logs import Logger
from bot.net.http import check_no_proxy
from bot.secrets.secret import Secret
from bot.settings.model import settings_table
from bot.settings.table import parameter_name
from bot.vault.contract import Vault
from bot.vault.ssm import SsmVault

EVERYBODYS = frozenset({"BOT_DATABASE_URL"})
"""The secret settings that no process can do without."""
NOT_FOR_EVERY_PROCESS = frozenset(
    parameter_name(row.variable)
    for row in settings_table()
    if row.secret and row.parameter and row.variable not in EVERYBODYS
)

_log = Logger(__name__)


def reader(environ: Mapping[str, str]) -> Callable[[str], Secret | None] | None:
    """Reads a parameter under `/bot/`; None without AWS credentials. ConfigurationError for variables that would lead
    calls elsewhere.
    """
    check_no_proxy(environ)
    check_endpoints(environ)
    aws = Aws()
    if not aws.has_credentials():
        # A process for Slack alone holds Slack's credentials and the database's, and nothing of AWS.
        _log.warning("no AWS credentials here: settings come from the environment alone")
        return None
    return partial(read_setting, SsmVault(aws))


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
