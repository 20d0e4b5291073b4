"""A planned rotation ends an old key in the catalog's hours; what leaked waits for none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op
from bot.incident.overlap.rules import overlap_end
from bot.model.playbooks import RunKind
from bot.model.window import Window
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, PLAYBOOK, START, Story, declaration, entry, wanted

NAME = "openai-api-key"
ROUTINE = replace(PLAYBOOK, id="rotation", kind=RunKind.ROTATION)
THURSDAY = datetime(2026, 11, 26, 10, tzinfo=UTC)
FRIDAY = THURSDAY + timedelta(days=1)
WINDOW = Window("Thu-Fri 10:00-12:00 UTC")
"""It is declared on a Wednesday at three."""


def story(playbook=ROUTINE, strategy=Strategy.OVERLAP, window=WINDOW):
    told = Story(declaration(wanted(entry(window=window), strategy), playbook=playbook, public=False))
    told.run(30)
    if told.incident.request is not None:
        told.approve(BEN)
    return told


def revoked_at(told):
    return next((recorded.at for recorded in told.log if isinstance(recorded.event, e.AccessRevoked)), None)


def test_the_overlap_of_a_planned_rotation_ends_in_a_window():
    told = story()
    assert overlap_end(told.incident, told.secret()) == THURSDAY
    told.work(until=THURSDAY - timedelta(seconds=1))
    assert told.secret().new.live_at is not None
    assert revoked_at(told) is None
    told.work(until=THURSDAY + timedelta(seconds=60))
    assert THURSDAY <= revoked_at(told) < THURSDAY + timedelta(seconds=10)


def test_what_leaked_is_ended_whatever_the_windows_say():
    told = story(PLAYBOOK).run(1200)
    assert revoked_at(told) < START + timedelta(seconds=1000)


def test_a_window_that_nobody_worked_in_is_not_made_up_for_before_the_next_one():
    told = story()
    told.work(until=THURSDAY - timedelta(seconds=1))
    told.now = THURSDAY + timedelta(hours=2)
    assert not any(op is Op.REVOKE for op, _ in told.ops())
    told.work(until=FRIDAY - timedelta(seconds=1))
    assert revoked_at(told) is None
    told.work(until=FRIDAY + timedelta(seconds=60))
    assert revoked_at(told) >= FRIDAY
    assert told.secret().old_state is Old.DEAD


def test_the_consumers_are_asked_in_that_window_and_not_in_the_one_that_was_missed():
    told = story()
    told.work(until=THURSDAY - timedelta(seconds=1))
    told.now = THURSDAY + timedelta(hours=2)
    told.work(until=FRIDAY + timedelta(seconds=60))
    asked = [r.at for r in told.log if isinstance(r.event, e.ConsumersAsked)]
    before = [at for at in asked if at <= revoked_at(told)]
    assert before[-1] >= FRIDAY


def test_what_consumers_said_in_a_window_that_was_missed_is_asked_again_in_the_next_one():
    told = story()
    told.work(until=THURSDAY - timedelta(seconds=1))
    told.now = THURSDAY
    told.work(until=THURSDAY + timedelta(minutes=1), only={Op.CONFIRM})
    assert told.secret().new.asked_at >= THURSDAY
    told.now = THURSDAY + timedelta(hours=2)
    told.world.failing.add("checkout")
    told.work(until=FRIDAY + timedelta(seconds=60))
    assert told.secret().new_state is New.FAILING
    assert revoked_at(told) is None


def test_who_wants_it_killed_now_waits_for_no_window():
    told = story()
    told.do(c.KillNow(NAME, SHOWN), ANNA)
    told.run(60)
    if told.incident.request is not None:
        told.approve(BEN)
    told.run(60)
    assert revoked_at(told) < THURSDAY


@pytest.mark.parametrize("window", [Window(), Window("Wed 00:00-24:00 UTC")])
def test_inside_a_window_nothing_waits(window):
    told = story(window=window).run(1200)
    assert revoked_at(told) < START + timedelta(seconds=1000)
