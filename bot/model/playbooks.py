"""A playbook: the steps of an incident, over a closed set of actions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class RunKind(StrEnum):
    """The purpose of a playbook: an answer to a leak, a planned rotation without a leak, or a departure."""

    COMPROMISE = "compromise"
    ROTATION = "rotation"
    DEPARTURE = "departure"

    @property
    def planned(self) -> bool:
        """Whether nothing leaked."""
        return self is not RunKind.COMPROMISE


class Action(StrEnum):
    """The closed set of actions that a playbook's steps allow the machine; it does only those. INVESTIGATE: until the
    step is over, the machine keeps switched-off keys as evidence. GENERATE, UPDATE and VERIFY are the parts of ROTATE.
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
    GENERATE = "generate"
    UPDATE = "update"
    VERIFY = "verify"


REVOKES = (Action.REVOKE,)
MAKES = (Action.ROTATE, Action.GENERATE)
PLACES = (Action.ROTATE, Action.UPDATE)
VERIFIES = (Action.ROTATE, Action.VERIFY)
"""What the machine may do if a step has any one of these."""


@dataclass(frozen=True)
class PlaybookStep:
    """One step: `guide` is the text for a tired person, `within` is seconds from the declaration (None: no limit),
    `approval` asks for a second person in addition to the rules. `by_itself`: the machine ends it when nothing of it is
    open, and reopens it; else a person does.
    """

    id: str
    title: str
    why: str = ""
    guide: str = ""
    actions: tuple[Action, ...] = ()
    approval: bool = False
    within: float | None = None
    tasks: tuple[str, ...] = ()
    by_itself: bool = False


class Milestone(StrEnum):
    """A state of an incident that is reported to people who do not take part."""

    DECLARED = "declared"
    CONTAINED = "contained"
    RESTORED = "restored"
    CLOSED = "closed"
    REOPENED = "reopened"


class Preview(StrEnum):
    """Which updates the commander looks at before they go out: the first to each audience, each, or none."""

    FIRST = "first"
    EACH = "each"
    NONE = "none"


@dataclass(frozen=True)
class Audience:
    """Recipients of status updates: Slack channels by id, or, with `owners`, each secret's owner directly. The text is
    the template ``update-TEMPLATE.txt.j2``; `every` is the seconds between updates without a milestone (None: only
    milestones).
    """

    name: str
    channels: tuple[str, ...]
    template: str
    milestones: tuple[Milestone, ...] = tuple(Milestone)
    every: float | None = None
    preview: Preview = Preview.FIRST
    owners: bool = False


@dataclass(frozen=True)
class Playbook:
    """The frozen copy that an incident carries; later edits of the file never change a running incident.
    `channel`: the Slack channel that all of a kind share, if they have none of their own; empty for none.
    """

    id: str
    title: str
    steps: tuple[PlaybookStep, ...]
    audience: tuple[Audience, ...] = ()
    kind: RunKind = RunKind.COMPROMISE
    channel: str = ""

    def allows(self, actions: Collection[Action]) -> bool:
        """Whether a step has one of them; True for none. What no step allows, the machine does not do."""
        return not actions or any(action in actions for step in self.steps for action in step.actions)
