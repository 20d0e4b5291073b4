"""The command that says who can read each parameter, who did, and who could and never did: access.

Here IAM and CloudTrail are asked; what they told is shown by `access_view`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.access_view import Access, Asked, Place, show
from bot.cli.arguments import OnlyEnvironment, argument
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse, Unauthorized
from bot.phrases.times import counted

if TYPE_CHECKING:
    from bot.usage.contract import Granted, Usage

KEPT_DAYS = 90
"""As far back as CloudTrail's event history goes."""


def access(
    terminal: Terminal,
    secrets: Annotated[list[str] | None, argument("[SECRET...]", "Names in the catalog; all unless said.")] = None,
    *,
    environment: OnlyEnvironment = "",
    days: Annotated[
        int, typer.Option("--days", min=1, max=KEPT_DAYS, metavar="N", help="How far back reads are looked up.")
    ] = KEPT_DAYS,
) -> int:
    """Say who can read each parameter, who did, and who could and never did. Nothing is changed, no value is read.

    It asks IAM and CloudTrail, so it needs the worker's rights. What cannot be known is said to be unknown, and the
    command then ends with 1.

    For example:
      bot catalog access
      bot catalog access openai-api-key -e production --json
    """
    from bot.usage.audit import audit, idle_readers

    places = _places(terminal, secrets or [], environment)
    until = terminal.application.clock()
    since = until - timedelta(days=days)
    with terminal.progress() as progress:
        asked = _ask(terminal, [place.parameter for place in places], since, until, progress)
    bot = _bot(terminal)
    audited = [(place, audit(place.parameter, asked.granted, asked.usage, bot)) for place in places]
    idle = idle_readers((place.parameter, readers) for place, readers in audited)
    show(terminal, Access(asked, audited, idle, since, until))
    return status.FAILED if asked.troubles or (asked.usage is not None and asked.usage.truncated) else status.DONE


def _places(terminal: Terminal, names: Sequence[str], environment: str) -> list[Place]:
    """Each parameter once, the admin credentials last. Misuse for a name or environment that is not in the catalog."""
    catalog = terminal.application.files.loaded.catalog
    environments = [environment] if environment else list(catalog.environments)
    entries = [entry for where in environments for entry in catalog.all(where)]
    if unknown := sorted(set(names) - {entry.name for entry in entries}):
        catalog.entry(unknown[0], environments[0])  # whose error suggests the nearest
        raise Misuse(f"The catalog has no secret {unknown[0]}.")
    found: dict[str, Place] = {}
    for entry in entries:
        if names and entry.name not in names:
            continue
        parameters = [(part.parameter, False) for part in entry.parts]
        parameters += [(entry.admin_parameter, True)] if entry.admin_parameter else []
        for parameter, admin in parameters:
            before = found.get(parameter)
            theirs = (*before.secrets, entry.name) if before else (entry.name,)
            where = entry.environment if before is None or before.environment == entry.environment else "every"
            found[parameter] = Place(parameter, where, tuple(dict.fromkeys(theirs)), admin)
    return sorted(found.values(), key=lambda place: place.admin)


def _ask(
    terminal: Terminal, parameters: Sequence[str], since: datetime, until: datetime, progress: Callable[[str], None]
) -> Asked:
    troubles: list[str] = []
    granted: Granted | None = None
    usage: Usage | None = None
    outside = terminal.application.outside
    try:
        granted = outside.grants.grants(parameters, progress)
    except BotError as error:
        troubles.append(f"Who can read is unknown: {error}")
    try:
        progress(f"reads of {counted(len(parameters), 'parameter')} …")
        usage = outside.usage.reads(parameters, since, until)
    except BotError as error:
        needs = " (cloudtrail:LookupEvents)" if isinstance(error, Unauthorized) else ""
        troubles.append(f"Who did read is unknown: {error}{needs}")
    return Asked(granted, usage, tuple(troubles))


def _bot(terminal: Terminal) -> str:
    try:
        return terminal.application.outside.caller
    except BotError:
        return ""
