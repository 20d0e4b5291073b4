"""What can have happened to status updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.stored import stored


@stored("update-drafted")
@dataclass(frozen=True)
class UpdateDrafted:
    """Draft `number` for the audience, out of its template. `milestone`: what it tells, empty for one that is merely
    due; `tells`: since when each milestone stands that it covers. `released`: nobody has to look at it first.
    """

    claim: int
    audience: str
    number: int
    milestone: str
    text: str
    tells: Mapping[str, datetime]
    released: bool = False
    v: int = 1


@stored("update-released")
@dataclass(frozen=True)
class UpdateReleased:
    """By whoever lets it go out: `text` is what is sent, `edited` that it is not what the template said."""

    audience: str
    number: int
    text: str
    edited: bool = False
    v: int = 1


@stored("update-skipped")
@dataclass(frozen=True)
class UpdateSkipped:
    """A person decided that it does not go out, or not to those of whom the bot said that nobody can tell them."""

    audience: str
    number: int
    reason: str
    v: int = 1


@stored("update-sent")
@dataclass(frozen=True)
class UpdateSent:
    """`target` has it: a channel's id, or ``@`` and a secret's owner. `missing` says why nobody could be told there."""

    claim: int
    audience: str
    number: int
    target: str
    missing: str = ""
    v: int = 1


UpdatesByPerson = UpdateReleased | UpdateSkipped
UpdatesOutcome = UpdateDrafted | UpdateSent
UpdatesEvent = UpdatesByPerson | UpdatesOutcome
