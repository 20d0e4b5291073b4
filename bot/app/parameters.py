"""Settings that stand as parameters, which only production has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bot.aws import Aws, check_endpoints
from bot.http import check_no_proxy
from bot.logs import Logger
from bot.secret import Secret
from bot.vault.own import read_setting
from bot.vault.ssm import SsmVault

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
