"""When updates are drafted and sent. Each target is a lane of its own, so that a lost channel delays no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.lanes import update_lane
from bot.incident.operations import Op, Work
from bot.incident.state import Draft, Incident
from bot.incident.table import Moment, Row, State, Table
from bot.incident.updates.rules import audiences, draft_at, send_lane, state_of
from bot.model.playbooks import Audience


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    """Nothing while Slack is not to be trusted: people tell others then, in the words that `bot show` has."""
    if incident.slack_untrusted:
        return
    for audience in audiences(incident):
        yield from DRAFT.wanted(_Audience(incident, now, audience))
        for target in audience.channels:
            yield from SEND.wanted(_Target(incident, now, audience, target))


@dataclass(frozen=True)
class _Audience(Moment):
    audience: Audience

    @property
    def draft(self) -> Draft | None:
        return state_of(self.incident, self.audience.name).draft


@dataclass(frozen=True)
class _Target(_Audience):
    target: str

    @property
    def owed(self) -> bool:
        """Whether a text may be sent that this target does not have. An unknown address is not looked for again."""
        state = state_of(self.incident, self.audience.name)
        if state.draft is None or state.draft.released_at is None or state.draft.skipped is not None:
            return False
        if self.target in state.missing:
            return False
        return state.sent.get(self.target, 0) < state.draft.number


def number_of(audience: str, number: int) -> str:
    """The detail of a claim: which update it is about."""
    return f"{audience}#{number}"


DRAFT: Table[_Audience] = Table(
    "An audience of status updates",
    lane=lambda at: update_lane(at.audience.name),
    subject=lambda at: at.audience.name,
    states=(
        State(
            "told", "people outside are told at milestones, and regularly", lambda _at: True, (
                Row(Op.DRAFT_UPDATE, "a milestone is reached, or the next one is due: by day once the page resolved",
                    lambda at: draft_at(at.incident, at.audience),
                    detail=lambda at: number_of(at.audience.name, (at.draft.number if at.draft else 0) + 1)),
            ),
        ),
    ),
)  # fmt: skip

SEND: Table[_Target] = Table(
    "A channel or person that gets them",
    lane=lambda at: send_lane(at.audience, at.target),
    subject=lambda at: at.target,
    states=(
        State(
            "untold", "they lack the newest text", lambda at: at.owed, (
                Row(Op.SEND_UPDATE, "once it may go out", lambda at: at.draft.released_at if at.draft else None,
                    ("told",), lambda at: number_of(at.audience.name, at.draft.number if at.draft else 0)),
            ),
        ),
        State("told", "they have the newest text", lambda _at: True),
    ),
)  # fmt: skip
