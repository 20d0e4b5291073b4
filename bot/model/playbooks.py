"""A playbook: the steps of an incident, over a closed set of actions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """The closed set of what a playbook's step may let the machine do. INVESTIGATE: until the step is over, the machine
    keeps as evidence what it has only switched off.
    """

    ROTATE = "rotate"
    USAGE = "usage"
    REVOKE = "revoke"
    PROVE = "prove"
    PAGE = "page"
    ANNOUNCE = "announce"
    INVESTIGATE = "investigate"
    REPORT = "report"
    DECISIONS = "decisions"


@dataclass(frozen=True)
class PlaybookStep:
    """One of the steps: `guide` is the text for a tired person, `within` seconds from the declaration (None: no limit),
    `approval` asks for a second person on top of what the rules ask for.
    """

    id: str
    title: str
    why: str = ""
    guide: str = ""
    actions: tuple[Action, ...] = ()
    approval: bool = False
    within: float | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Playbook:
    """The frozen copy that an incident carries; later edits of the file never change a running incident."""

    id: str
    title: str
    steps: tuple[PlaybookStep, ...]
