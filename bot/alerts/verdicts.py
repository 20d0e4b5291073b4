"""What a worker finds out about a report: whose value it holds, and whether that is dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.state import Value


@dataclass(frozen=True)
class Ours:
    """A value of the catalog that nobody deals with. `auto`: it is to be declared at once."""

    value: Value
    auto: bool = False


@dataclass(frozen=True)
class InIncident:
    """An open incident deals with its secret."""

    value: Value
    incident: str


@dataclass(frozen=True)
class Dead:
    """An earlier value that its provider refuses. `incident` is the one that has ended it, where there was one."""

    value: Value
    incident: str = ""


@dataclass(frozen=True)
class ByDesign:
    """A value that everybody may know."""

    value: Value


@dataclass(frozen=True)
class Ended:
    """Its source says that it is over: resolved there, with these words."""

    words: str


@dataclass(frozen=True)
class Stranger:
    """No value that is known here: `owner` is to find out whose it is, before `due`. `credential`: it is an admin
    credential or one of the bot's own, which no declaration can name; `fingerprint` tells it from others. `unread` are
    parameters that could not be read just then, whose values it was not compared with; `cut`: it is so long that only
    its first part was compared; `partly`: beside what is known of it, another value may stand in it for that. `ended`
    is what its source said then, if it is over there.
    """

    owner: str
    due: datetime
    credential: bool = False
    unread: tuple[str, ...] = ()
    ended: str = ""
    fingerprint: str = ""
    partly: bool = False
    cut: bool = False


Verdict = Ours | InIncident | Dead | ByDesign | Ended | Stranger
