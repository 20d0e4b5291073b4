"""Who can read each parameter, who did, and who could and never did, as one document and as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.cli.terminal import Terminal
from bot.phrases.times import first_of

if TYPE_CHECKING:
    from bot.usage.audit import IdleReader, Reader
    from bot.usage.contract import Granted, Usage

MANY = 20
"""Readers of one parameter that are listed; the rest is counted (all of them under --json)."""


@dataclass(frozen=True)
class Place:
    """A parameter, and for which secrets it is kept."""

    parameter: str
    environment: str
    secrets: tuple[str, ...]
    admin: bool

    @property
    def title(self) -> str:
        what = "admin credential of " if self.admin else ""
        return f"{self.environment} {what}{', '.join(self.secrets)}: {self.parameter}"


@dataclass
class Asked:
    """What IAM and CloudTrail told; where one of them could not be asked, why."""

    granted: Granted | None
    usage: Usage | None
    troubles: tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """What is shown: the readers of each parameter, `idle` those who could read and were seen to read none of them."""

    asked: Asked
    audited: Sequence[tuple[Place, Sequence[Reader]]]
    idle: Sequence[IdleReader]
    since: datetime
    until: datetime


def show(terminal: Terminal, seen: Access) -> None:
    terminal.document(_document(seen))
    for place, readers in seen.audited:
        _tell(terminal, place, readers, seen.asked, seen.since)
    _tell_idle(terminal, seen.idle, seen.since)
    _tell_limits(terminal, seen.asked)


def _document(seen: Access) -> dict[str, object]:
    asked, granted = seen.asked, seen.asked.granted
    return {
        "since": seen.since,
        "until": seen.until,
        "can": {"known": granted is not None, "source": granted.source if granted else None},
        "did": {
            "known": asked.usage is not None,
            "source": asked.usage.source if asked.usage else None,
            "complete": asked.usage is not None and not asked.usage.truncated,
        },
        "parameters": [
            {
                "parameter": place.parameter,
                "environment": place.environment,
                "secrets": place.secrets,
                "admin": place.admin,
                "readers": [{**asdict(reader), "idle": reader.idle} for reader in readers],
            }
            for place, readers in seen.audited
        ],
        "never_read_any": [asdict(each) for each in seen.idle],
        "not_visible": _not_visible(asked),
        "troubles": asked.troubles,
    }


def _tell(terminal: Terminal, place: Place, readers: Sequence[Reader], asked: Asked, since: datetime) -> None:
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


def _none(asked: Asked, since: datetime) -> str:
    can = "who can read it is unknown" if asked.granted is None else "no user or role that IAM lists can read it"
    did = f"no read of it was seen since {since:%Y-%m-%d}" if asked.usage else "who did is unknown"
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
            sessions = f" as {first_of(reader.sessions, 3)}" if reader.sessions else ""
            return f"read it {_times(reader.reads)}{sessions}, last {reader.last:%Y-%m-%d %H:%M} UTC{tried}"
        case "unknown":
            return f"may have read it or not, which is unknown{tried}"
        case _:
            return f"was not seen to read it since {since:%Y-%m-%d}{tried}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _tell_idle(terminal: Terminal, idle: Sequence[IdleReader], since: datetime) -> None:
    if not idle:
        return
    terminal.say()
    terminal.say(f"Could read, and were seen to read none of these since {since:%Y-%m-%d}:", style="bold")
    for each in idle:
        many = f"{len(each.parameters)} parameters" if len(each.parameters) > 1 else each.parameters[0]
        terminal.say(f"{each.principal.rpartition(':')[2]}: {many}, by {', '.join(each.by)}", indent=2)
    terminal.say("→ Ask their owners; then take the rights away, or list what needs them in the catalog.", indent=2)


def _tell_limits(terminal: Terminal, asked: Asked) -> None:
    terminal.say()
    if asked.granted is not None:
        terminal.say(f"Who can read: {asked.granted.source}, asked now.")
    if (did := asked.usage) is not None:
        terminal.say(f"Who did: {did.source}, {did.since:%Y-%m-%d} to {did.until.astimezone(UTC):%Y-%m-%d}.")
    if did is not None and did.truncated:
        terminal.say("There are more reads than were looked through: ask for fewer --days.", style="yellow")
    if gaps := _not_visible(asked):
        terminal.say("Not visible:")
    for gap in gaps:
        terminal.say(f"- {gap}", indent=2)
    for trouble in asked.troubles:
        terminal.say(trouble, style="bold red")


def _not_visible(asked: Asked) -> list[str]:
    can = asked.granted.not_visible if asked.granted is not None else ()
    did = asked.usage.not_visible if asked.usage is not None else ()
    return [*can, *did]
