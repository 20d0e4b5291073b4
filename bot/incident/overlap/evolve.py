"""How strategies change, and what becomes of a leaked key that is kept alive."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.access.copies import rolled_back
from bot.incident.approval.consent import authored, consented
from bot.incident.changes import alert, decided, milestone, put, replace, responded, worse
from bot.incident.events import OverlapEvent
from bot.incident.model import By, Strategy, Worse
from bot.incident.new_value.transitions import given_up, unplaced
from bot.incident.state import Incident, SecretState
from bot.incident.work.rules import readers_hurried

ABUSED = "a leaked key is being abused"
SERVES = "an old key is in production again"
SERVES_ON = "an old key is STILL in production an hour after it was put back"


def evolve(incident: Incident, event: OverlapEvent, by: By) -> Incident:
    secret = incident.secrets[event.secret]
    new = secret.new
    match event:
        case e.StrategyChosen():
            return decided(incident, _strategy(incident, secret, event, by), by)
        case e.OverlapHeld():
            said = Worse.HELD if event.copies else Worse.HELD_BY_READERS
            held = put(incident, replace(secret, held_at=by.at))
            return milestone(worse(held, said, by.at), said)
        case e.AbuseRecorded():
            abused = responded(put(incident, replace(secret, abused=by)), by)
            return alert(milestone(abused, ABUSED), ABUSED)
        case e.RollBackRequested():
            return responded(put(incident, replace(secret, new=replace(new, rolling_back=by))), by)
        case e.RolledBack():
            back = replace(unplaced(new), versions=event.versions, standing=event.versions, promote_began_at=None)
            back = replace(back, back_since=by.at, held=True)
            after = rolled_back(replace(secret, new=back))
            after = after if incident.open else given_up(incident, after)
            incident = readers_hurried(put(incident, after), after)
            return alert(milestone(incident, SERVES), SERVES)
        case e.RollBackRefused():
            refused = put(incident, replace(secret, new=unplaced(new)))
            return milestone(refused, "not rolled back: the old key no longer works")
        case e.RollBackOverdue():
            return alert(put(incident, replace(secret, new=replace(new, overdue=True))), SERVES_ON)
        case _:
            assert_never(event)


def _strategy(incident: Incident, secret: SecretState, event: e.StrategyChosen, by: By) -> SecretState:
    """An overlap cancels every wish to revoke at once. Its proposer made the plan; the person who agreed has consented
    to it.
    """
    overlap = event.strategy is Strategy.OVERLAP
    chosen = replace(
        secret,
        strategy=event.strategy,
        strategy_reason=event.reason,
        chosen_by=event.proposer or by.name,
        kill=None if overlap else secret.kill,
        glass=None if overlap else secret.glass,
    )
    if not event.proposer:
        return authored(incident, chosen, by, event.rights)
    made = authored(incident, chosen, By(event.proposer, by.at), event.proposer_rights)
    return consented(made, by, event.rights, event.plan, event.until)
