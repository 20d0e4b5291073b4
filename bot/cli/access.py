"""The command that says who can read each parameter, who did, and who could and never did: access."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.command import command
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse, Unauthorized

if TYPE_CHECKING:
    from bot.playbook import Catalog
    from bot.usage.audit import IdleReader, Reader
    from bot.usage.contract import Granted, Usage

KEPT_DAYS = 90
"""As far back as CloudTrail's event history goes."""
MANY = 20
"""Readers of one parameter that are listed; the rest is counted (all of them under --json)."""
Environment = Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Only this environment.")]


def register(app: typer.Typer) -> None:
    app.command("access", rich_help_panel="Set up")(command(access))


@dataclass(frozen=True)
class _Place:
    """A parameter, and for which secrets it is kept. `stored` is False where it stands in the product's .env."""

    parameter: str
    environment: str
    secrets: tuple[str, ...]
    admin: bool
    stored: bool = True

    @property
    def title(self) -> str:
        what = "admin credential of " if self.admin else ""
        return f"{self.environment} {what}{', '.join(self.secrets)}: {self.parameter}"


@dataclass
class _Asked:
    """What IAM and CloudTrail told; where one of them could not be asked, why."""

    granted: Granted | None
    usages: tuple[Usage, ...]
    troubles: tuple[str, ...]


def access(
    terminal: Terminal,
    secrets: Annotated[
        list[str] | None, typer.Argument(metavar="[SECRET...]", help="Names in the catalog; all unless said.")
    ] = None,
    *,
    environment: Environment = "",
    days: Annotated[
        int, typer.Option("--days", min=1, max=KEPT_DAYS, metavar="N", help="How far back reads are looked up.")
    ] = KEPT_DAYS,
) -> int:
    """Say who can read each parameter, who did, and who could and never did. Nothing is changed, no value is read.

    It asks IAM and CloudTrail, so it needs the worker's rights. What cannot be known is said to be unknown, and the
    command then ends with 1.
    """
    from bot.usage.audit import audit, idle_readers

    places = _places(terminal, secrets or [], environment)
    until = terminal.application.clock()
    since = until - timedelta(days=days)
    with terminal.progress() as progress:
        asked = _ask(terminal, [place.parameter for place in places if place.stored], since, until, progress)
    bot = _bot(terminal)
    audited = [(place, audit(place.parameter, asked.granted, asked.usages, bot)) for place in places if place.stored]
    idle = idle_readers((place.parameter, readers) for place, readers in audited)
    elsewhere = [place for place in places if not place.stored]
    terminal.document(_document(asked, audited, idle, elsewhere, since, until))
    for place, readers in audited:
        _tell(terminal, place, readers, asked, since)
    _tell_idle(terminal, idle, since)
    _tell_limits(terminal, asked, elsewhere)
    return status.FAILED if asked.troubles or any(usage.truncated for usage in asked.usages) else status.DONE


# --- asking ---------------------------------------------------------------------------------------------------------


def _places(terminal: Terminal, names: Sequence[str], environment: str) -> list[_Place]:
    """Each parameter once, the admin credentials last. Misuse for a name or environment that is not in the catalog."""
    application = terminal.application
    catalog = application.loaded.catalog
    in_file = _in_dotenv(terminal, catalog)
    environments = [environment] if environment else list(catalog.environments)
    entries = [entry for where in environments for entry in catalog.all(where)]
    if unknown := sorted(set(names) - {entry.name for entry in entries}):
        catalog.entry(unknown[0], environments[0])  # whose error suggests the nearest
        raise Misuse(f"The catalog has no secret {unknown[0]}.")
    found: dict[str, _Place] = {}
    for entry in entries:
        if names and entry.name not in names:
            continue
        parameters = [(part.parameter, False) for part in entry.parts]
        parameters += [(entry.admin_parameter, True)] if entry.admin_parameter else []
        for parameter, admin in parameters:
            before = found.get(parameter)
            theirs = (*before.secrets, entry.name) if before else (entry.name,)
            where = entry.environment if before is None or before.environment == entry.environment else "every"
            found[parameter] = _Place(
                parameter, where, tuple(dict.fromkeys(theirs)), admin, stored=parameter not in in_file
            )
    return sorted(found.values(), key=lambda place: place.admin)


def _in_dotenv(terminal: Terminal, catalog: Catalog) -> frozenset[str]:
    from bot.playbook import DEVELOPMENT

    if terminal.application.settings.vault_dotenv is None or DEVELOPMENT not in catalog.environments:
        return frozenset()
    return frozenset(catalog.in_dotenv())


def _ask(
    terminal: Terminal, parameters: Sequence[str], since: datetime, until: datetime, progress: Callable[[str], None]
) -> _Asked:
    troubles: list[str] = []
    granted: Granted | None = None
    usages: list[Usage] = []
    outside = terminal.application.outside
    try:
        granted = outside.grants.grants(parameters, progress)
    except BotError as error:
        troubles.append(f"Who can read is unknown: {error}")
    try:
        for number, parameter in enumerate(parameters, 1):
            progress(f"reads of {number} of {len(parameters)} parameters looked up …")
            usages.append(outside.usage.reads([parameter], since, until))
        progress("reads of whole paths …")
        usages.append(outside.usage.reads_by_path(parameters, since, until))
    except BotError as error:
        usages.clear()
        needs = " (cloudtrail:LookupEvents)" if isinstance(error, Unauthorized) else ""
        troubles.append(f"Who did read is unknown: {error}{needs}")
    return _Asked(granted, tuple(usages), tuple(troubles))


def _bot(terminal: Terminal) -> str:
    try:
        return terminal.application.caller
    except BotError:
        return ""


# --- telling --------------------------------------------------------------------------------------------------------


def _document(
    asked: _Asked,
    audited: Iterable[tuple[_Place, Sequence[Reader]]],
    idle: Sequence[IdleReader],
    elsewhere: Sequence[_Place],
    since: datetime,
    until: datetime,
) -> dict[str, object]:
    granted = asked.granted
    return {
        "since": since,
        "until": until,
        "can": {"known": granted is not None, "source": granted.source if granted else None},
        "did": {
            "known": bool(asked.usages),
            "source": asked.usages[0].source if asked.usages else None,
            "complete": bool(asked.usages) and not any(usage.truncated for usage in asked.usages),
        },
        "parameters": [
            {
                "parameter": place.parameter,
                "environment": place.environment,
                "secrets": place.secrets,
                "admin": place.admin,
                "readers": [{**asdict(reader), "idle": reader.idle} for reader in readers],
            }
            for place, readers in audited
        ],
        "never_read_any": [asdict(each) for each in idle],
        "in_dotenv": [place.parameter for place in elsewhere],
        "not_visible": _not_visible(asked),
        "troubles": asked.troubles,
    }


def _tell(terminal: Terminal, place: _Place, readers: Sequence[Reader], asked: _Asked, since: datetime) -> None:
    from bot.usage.audit import Seen
    from bot.usage.contract import Verdict

    terminal.say(place.title, style="bold")
    for reader in readers[:MANY]:
        style = "yellow" if reader.idle or (reader.seen is Seen.READ and reader.can is Verdict.CANNOT) else ""
        terminal.say(_line(reader, since), style=style, indent=2)
    if len(readers) > MANY:
        terminal.say(f"and {len(readers) - MANY} more (--json lists all)", indent=2)
    if not readers:
        terminal.say(_none(asked, since), indent=2)


def _none(asked: _Asked, since: datetime) -> str:
    can = "who can read it is unknown" if asked.granted is None else "no user or role that IAM lists can read it"
    did = f"no read of it was seen since {since:%Y-%m-%d}" if asked.usages else "who did is unknown"
    return f"{can}; {did}"


def _line(reader: Reader, since: datetime) -> str:
    who = reader.principal.rpartition(":")[2] or reader.principal
    who += " (the bot)" if reader.by_bot else ""
    by = f" by {', '.join(reader.by)}" if reader.by else ""
    return f"{who} {_did(reader, since)}; {_can(reader)}{by}"


def _can(reader: Reader) -> str:
    from bot.usage.policies import READS

    if reader.can is None:
        return "whether it can read is unknown"
    every = not reader.actions or len(reader.actions) == len(READS)
    ways = "" if every else f" with {', '.join(action.partition(':')[2] for action in reader.actions)} only"
    return {
        "can": f"can read{ways}",
        "may": f"may read{ways}, as a condition decides,",
        "cannot": "cannot read now",
    }[reader.can]


def _did(reader: Reader, since: datetime) -> str:
    tried = f", refused {_times(reader.refused)}" if reader.refused else ""
    match reader.seen:
        case "read":
            sessions = f" as {_some(reader.sessions)}" if reader.sessions else ""
            return f"read it {_times(reader.reads)}{sessions}, last {reader.last:%Y-%m-%d %H:%M} UTC{tried}"
        case "unknown":
            return f"may have read it or not, which is unknown{tried}"
        case _:
            return f"was not seen to read it since {since:%Y-%m-%d}{tried}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _tell_idle(terminal: Terminal, idle: Sequence[IdleReader], since: datetime) -> None:
    if not idle:
        return
    terminal.say()
    terminal.say(f"Could read, and were seen to read none of these since {since:%Y-%m-%d}:", style="bold")
    for each in idle:
        many = f"{len(each.parameters)} parameters" if len(each.parameters) > 1 else each.parameters[0]
        terminal.say(f"{each.principal.rpartition(':')[2]}: {many}, by {', '.join(each.by)}", indent=2)
    terminal.say("→ Ask their owners; then take the rights away, or list what needs them in the catalog.", indent=2)


def _tell_limits(terminal: Terminal, asked: _Asked, elsewhere: Sequence[_Place]) -> None:
    terminal.say()
    for place in elsewhere:
        terminal.say(f"{place.parameter} stands in the product's .env: who can read that file is not known here.")
    if asked.granted is not None:
        terminal.say(f"Who can read: {asked.granted.source}, asked now.")
    if asked.usages:
        first = asked.usages[0]
        terminal.say(f"Who did: {first.source}, {first.since:%Y-%m-%d} to {first.until.astimezone(UTC):%Y-%m-%d}.")
    if any(usage.truncated for usage in asked.usages):
        terminal.say("There are more reads than were looked through: ask for fewer --days.", style="yellow")
    if gaps := _not_visible(asked):
        terminal.say("Not visible:")
    for gap in gaps:
        terminal.say(f"- {gap}", indent=2)
    for trouble in asked.troubles:
        terminal.say(trouble, style="bold red")


def _not_visible(asked: _Asked) -> list[str]:
    """Reads by name and reads by path together leave open only what both do."""
    from bot.usage.cloudtrail import PATHS_NOT_VISIBLE

    can = asked.granted.not_visible if asked.granted is not None else ()
    did = dict.fromkeys(gap for usage in asked.usages for gap in usage.not_visible if gap != PATHS_NOT_VISIBLE)
    return [*can, *did]
