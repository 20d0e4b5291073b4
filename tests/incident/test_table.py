"""The schedule's tables say what happens."""

import random

import pytest

from bot.incident import events as e
from bot.incident.evolve import evolve
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import Strategy
from bot.incident.new_value.schedule import NEW_VALUE
from bot.incident.old_value.schedule import OLD_VALUE
from bot.incident.table import SecretMoment
from bot.model.capabilities import Makes
from tests.support.architecture import TABLES
from tests.support.chaos import Chaos
from tests.support.incidents import Story, capabilities, declaration, entry, wanted


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_they_lead_to_states_of_their_own(table):
    names = [state.name for state in table.states]
    assert len(set(names)) == len(names)
    assert {to for state in table.states for row in state.rows for to in row.to} <= set(names)


def went_well(incident, event):
    """The claim whose operation went well with this event."""
    if incident is None or not isinstance(event, e.OUTCOMES):
        return None
    if isinstance(event, e.OperationFailed | e.OperationYielded):
        return None
    return next(
        (each.claim for each in incident.lanes.values() if each.claim and each.claim.number == event.claim), None
    )


def moves(table, lane, log):
    """(operation, state before, state after) of each that went well: with the death that a look has proven."""
    incident = None
    for recorded, following in zip(log, [*log[1:], None], strict=True):
        before, incident = incident, evolve(incident, recorded)
        claim = went_well(before, recorded.event)
        if claim is None or claim.lane != lane(claim.lane.subject):
            continue
        proven = following is not None and isinstance(following.event, e.OldProvenDead)
        after = evolve(incident, following) if proven else incident
        name = claim.lane.subject
        states = [table.state(SecretMoment(each, recorded.at, each.secrets[name])) for each in (before, after)]
        yield str(claim.op), *(state.name for state in states)


@pytest.mark.parametrize(("table", "lane"), [(OLD_VALUE, old_lane), (NEW_VALUE, new_lane)], ids=["old", "new"])
def test_what_went_well_led_where_they_say(table, lane):
    installs = entry("redis", can=capabilities(makes=Makes.INSTALL))
    declared = declaration(wanted(), wanted(installs), wanted(entry("sendgrid"), Strategy.OVERLAP))
    logs = [Story(declared).run(7200).log]
    digits = random.Random(7)
    for _ in range(30):
        chaos = Chaos(digits.getrandbits(64), lambda *_: None)
        for _ in range(60):
            chaos.happen(digits.getrandbits(64))
        logs.append(chaos.log)
    seen = {move for log in logs for move in moves(table, lane, log)}
    said = {(str(row.op), state.name, to) for state in table.states for row in state.rows for to in row.to}
    told = {(op, before) for op, before, _ in said}
    assert {move for move in seen if move[:2] in told} <= said
    assert len(seen & said) >= 6, "too little happened to say so"
