"""How the obligations change."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.access.evolve import inspect_again
from bot.incident.changes import milestone, replace, responded
from bot.incident.events import ObligationsEvent
from bot.incident.model import By
from bot.incident.state import Awareness, Exposure, Incident, Notice, NoticeDecision, SentNotice


def evolve(incident: Incident, event: ObligationsEvent, by: By) -> Incident:
    seq = incident.seq + 1
    match event:
        case e.AwarenessRecorded():
            aware = Awareness(event.aware_at, event.reason, by, seq)
            changed = replace(incident, awareness=aware)
        case e.ExposureRecorded():
            changed = replace(incident, exposed_at=event.exposed_at, exposure=Exposure(event.reason, by, seq))
            changed = replace(changed, secrets={s.name: inspect_again(s) for s in incident.secrets.values()})
        case e.NoticeDecided():
            decision = NoticeDecision(event.outcome, event.reason, event.decider, event.facts, by, seq, event.again)
            changed = _put(incident, event.obligation, Notice(decision))
            changed = milestone(changed, "a decision on notification was recorded")
        case e.NoticeSent():
            sent = SentNotice(event.reference, event.sent_at, event.delay, by, seq)
            before = incident.notices.get(event.obligation, Notice())
            changed = _put(incident, event.obligation, replace(before, sent=sent))
        case _:
            assert_never(event)
    return responded(changed, by)


def _put(incident: Incident, obligation: str, notice: Notice) -> Incident:
    """A decided obligation needs no reminder; if new facts reopen it, people are reminded again."""
    reminded = {key: last for key, last in incident.reminded.items() if key != f"decision:{obligation}"}
    return replace(incident, notices={**incident.notices, obligation: notice}, reminded=reminded)
