"""Settings in parameters, which only production has."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bot.aws import Aws, answered, check_endpoints
from bot.errors import OutsideError, Unauthorized
from bot.logs import Logger
from bot.net.http import check_no_proxy
from bot.secrets.secret import Secret
from bot.settings.model import ReadParameters, settings_table
from bot.settings.table import parameter_name
from bot.vault.contract import Stored
from bot.vault.gathering import MOST
from bot.vault.ssm import SsmVault

type ReadTen = Callable[[Sequence[str]], Mapping[str, Stored]]
"""`SsmVault.read_ten`."""

EVERYBODYS = frozenset({"BOT_DATABASE_URL"})
"""The secret settings that no process can do without."""
NOT_FOR_EVERY_PROCESS = frozenset(
    parameter_name(row.variable)
    for row in settings_table()
    if row.secret and row.parameter and row.variable not in EVERYBODYS
)

_log = Logger(__name__)


def reader(environ: Mapping[str, str]) -> ReadParameters | None:
    """Reads parameters under `/bot/`; None without AWS credentials. ConfigurationError for variables that would lead
    calls elsewhere.
    """
    check_no_proxy(environ)
    check_endpoints(environ)
    aws = Aws()
    if not aws.has_credentials():
        # A process for Slack alone holds Slack's credentials and the database's, and nothing of AWS.
        _log.warning("no AWS credentials here: settings come from the environment alone")
        return None
    return partial(read_settings, SsmVault(aws).read_ten)


def read_settings(read_ten: ReadTen, names: Sequence[str]) -> dict[str, Secret]:
    """The settings in the parameters that exist, by name, in requests of ten.

    A front must not page and a responder's terminal must not call Slack: a credential that their AWS identity may not
    read is not theirs. Any other unreadable setting is a mistake, and raises Unauthorized.
    """
    everybodys = [name for name in names if name not in NOT_FOR_EVERY_PROCESS]
    credentials = [name for name in names if name in NOT_FOR_EVERY_PROCESS]
    found = dict[str, Secret]()
    for some in (everybodys, credentials):
        for ten in itertools.batched(some, MOST):
            found |= _read(read_ten, ten)
    return found


def _read(read_ten: ReadTen, names: Sequence[str]) -> dict[str, Secret]:
    """Of ten at most: each is asked for alone if AWS refuses them together, since one may be the reason."""
    try:
        return {name: stored.value for name, stored in read_ten(names).items()}
    except OutsideError as error:
        if error.retryable:
            raise
        if len(names) == 1:
            if names[0] not in NOT_FOR_EVERY_PROCESS or not _denied(error):
                raise
            _log.warning("not readable by this process, taken as unset", parameter=names[0])
            return {}
    return {name: value for one in names for name, value in _read(read_ten, [one]).items()}


def _denied(error: OutsideError) -> bool:
    return isinstance(error, Unauthorized) and answered(error, "AccessDeniedException")
