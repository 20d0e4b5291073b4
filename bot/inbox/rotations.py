"""The secrets that people name for planned rotations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.catalog.model import seconds
from bot.errors import Misuse
from bot.inbox.declaration import Declaration
from bot.inbox.incidents import Incidents
from bot.planned.ages.due import DueState
from bot.planned.ages.looks import Looked


def due(looked: Looked, environment: str) -> list[str]:
    """The names of all secrets that are overdue or due within two weeks; leaves out secrets whose age could not be
    asked, since they may be young. Misuse if there are none.
    """
    found = [
        each.secret
        for each in looked.rotations
        if each.environment == environment and each.state in {DueState.OVERDUE, DueState.SOON} and not each.age.unasked
    ]
    if not found:
        raise Misuse(f"No rotation is due in {environment}: `bot rotation policy` says when each is.")
    return found


def overlap_seconds(text: str) -> float:
    """``24h`` in seconds. Misuse for anything else, nothing too."""
    if re.fullmatch(r"[1-9][0-9]{0,4}[smhd]", text) is None:
        raise Misuse(f"{text!r} is no length of an overlap; expected one like 90m, 24h or 3d.")
    return seconds(text)


def runs_of(
    incidents: Incidents, names: Sequence[str], environment: str, overlap: float | None, because: str
) -> list[Declaration]:
    """A run for each secret; secrets that die together share one. Misuse for an unknown name or environment."""
    runs: list[Declaration] = []
    for name in names:
        if not any(name == choice.name for run in runs for choice in run.secrets):
            runs.append(incidents.resolver.rotation(name, environment, overlap=overlap, because=because))
    return runs
