"""One look at the schedule: what stops a provider, and what is begun by which command."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.evolve import halted
from bot.incident.operations import Op
from bot.model.capabilities import Makes, RevokedBy
from bot.model.probes import Probe
from bot.model.secrets import Copy, CopyKind
from bot.planned.rules.rotatable import Rotatable, occupied
from bot.planned.rules.schedule import command_id, failing, look
from tests.support.incidents import CHLOE, START, Story, World, capabilities, declaration, entry, wanted
from tests.support.rotations import ASK, AUTO, OVERLAP, rotation

NAME = "openai-api-key"
DAY = timedelta(days=1)


def run(world=None):
    return Story(rotation(planned=AUTO), m.BOT, world)


def stuck(op):
    class Stuck(World):
        def answer(self, incident, claim):
            if claim.op is op:
                return e.OperationFailed(claim.number, op, "Refused", "openai: HTTP 403", None)
            return super().answer(incident, claim)

    return Stuck()


def rotatable(**more):
    usual = {
        "secret": NAME, "environment": "production", "provider": "openai", "due_at": START - DAY,
        "counted_at": START - 91 * DAY,
    }  # fmt: skip
    return Rotatable(**{**usual, **more})


def looked(*runs, stopped=None, now=START, **more):
    one = rotatable(**more)
    return look([one], [each.incident for each in runs], stopped or {}, ("production",), now)


def whats(story):
    return [each.what for each in failing(story.incident)]


@pytest.mark.parametrize("op", [Op.CAPTURE, Op.ISSUE, Op.PROMOTE, Op.REFRESH, Op.REVOKE])
def test_an_operation_that_failed_for_good_stops_its_provider(op):
    story = run(stuck(op)).run(2 * OVERLAP)
    [stop] = looked(story, now=story.now).failed
    assert (stop.provider, stop.incident) == ("openai", story.incident.id)
    assert "HTTP 403" in stop.words


def test_a_report_that_cannot_be_written_stops_nothing():
    assert not whats(run(stuck(Op.REPORT)).run(2 * OVERLAP))


def test_a_function_that_cannot_work_with_the_new_value_stops_it():
    story = run()
    story.world.failing.add("checkout")
    story.run(120)
    assert whats(story) == [f"checkout cannot work with the new {NAME}"]


def test_what_succeeds_stops_nothing_and_what_answers_a_leak_does_not_either():
    assert not whats(run().run(2 * OVERLAP))
    assert not whats(Story(declaration(), CHLOE, stuck(Op.ISSUE)).run(120))


def test_whoever_retries_the_run_lets_the_schedule_go_on_and_what_fails_again_stops_it_again():
    story = run(stuck(Op.ISSUE)).run(120)
    story.now += DAY
    story.do(c.Retry(), CHLOE)
    assert not looked(story, now=story.now).failed
    retried = story.now
    story.run(120)
    [again] = looked(story, now=story.now).failed
    assert again.at >= retried


def test_a_halted_run_stops_it_since_it_was_halted():
    story = run().run(60)
    story.incident = halted(story.incident, NAME, (Probe("openai-batch", "dead", "HTTP 401"),), story.now)
    at = story.now
    story.now += DAY
    story.do(c.AddNote("we are looking at it"), CHLOE)
    [stop] = failing(story.incident)
    assert (stop.what, stop.at) == (
        f"it was halted: openai-batch was rejected after revoking {NAME}",
        at,
    )


def test_what_a_person_said_is_what_it_waits_for():
    story = run(stuck(Op.ISSUE)).run(120)
    found = looked(story, stopped={"openai": "openai is stopped by eve"}, now=story.now, secret="another")
    assert [each.waits for each in found.plan.planned.values()] == ["openai is stopped by eve"]


HAND = capabilities(makes=Makes.PERSON)
SWAPS = capabilities(makes=Makes.INSTALL, swaps=True, identifies=False, snapshots=False, revoke_needs_replacement=True)
WAITING = {
    "its overlap has begun": (ASK, {}, 60, False),
    "it waits for consent": (ASK, {}, OVERLAP + 600, True),
    "the catalog asks nobody": (AUTO, {}, OVERLAP - 600, False),
    "a person makes its value": (ASK, {"can": HAND}, 60, True),
    "consent comes before both": (ASK, {"can": SWAPS}, 60, True),
    "a person updates a copy": (AUTO, {"copies": (Copy("ci", CopyKind.CI, "GitHub", "set it"),)}, OVERLAP + 60, True),
    "a person revokes it": (AUTO, {"can": capabilities(revokes=RevokedBy.PERSON)}, OVERLAP + 60, True),
}


@pytest.mark.parametrize("case", WAITING)
def test_a_run_that_waits_for_people_has_its_secrets_alone(case):
    planned, fields, seconds, waits = WAITING[case]
    strategy = m.Strategy.KILL_FIRST if fields.get("can") is SWAPS else m.Strategy.OVERLAP
    story = Story(rotation(wanted(entry(owner="dana", **fields), strategy), planned=planned), m.BOT).run(seconds)
    taken = occupied(story.incident, story.now)
    assert (taken.waits, taken.providers) == (waits, frozenset() if waits else frozenset({"openai"}))
    assert taken.secrets == {NAME}


def test_an_open_run_is_expected_to_end_by_its_overlap():
    story = run().run(60)
    taken = occupied(story.incident, story.now)
    assert taken.routine
    assert START + timedelta(seconds=OVERLAP) < taken.until < START + timedelta(seconds=OVERLAP + 4000)


def test_a_command_is_known_by_what_is_due_and_by_the_last_run():
    [begun] = looked().beginnings
    assert command_id(begun) == command_id(rotatable())
    assert command_id(begun) != command_id(rotatable(last_run="inc_before"))
    assert command_id(begun) != command_id(rotatable(due_at=START))


def test_what_ended_in_this_very_moment_is_not_begun_again():
    """What is due was read before the run had ended, and the run after it."""
    story = run().run(2 * OVERLAP)
    assert not story.incident.open
    name = story.incident.id
    assert not looked(story, last_run=name, now=story.now).beginnings
    proven = replace(rotatable(), proven_at=story.secret().new.live_at, last_run=name)
    assert look([proven], [story.incident], {}, ("production",), story.now).beginnings
    assert not looked(last_run="inc_unread").beginnings


def test_a_run_that_cannot_be_looked_at_stops_its_own_providers_and_no_other():
    endless, broken = run().run(1), run().run(1)
    endless.incident = replace(endless.incident, timings=replace(endless.incident.timings, overlap=1e12))
    broken.incident = replace(broken.incident, lanes={"no lane": None})
    assert occupied(endless.incident, endless.now).until is None
    found = looked(endless, broken, provider="sendgrid", secret="sendgrid-api-key")
    assert [(stop.provider, stop.what) for stop in found.failed] == [
        ("openai", "it cannot be checked (AttributeError)")
    ]
    assert [each.provider for each in found.beginnings] == ["sendgrid"]
    assert looked(endless, secret="another").beginnings == ()
