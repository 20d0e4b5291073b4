"""A dead key is not the end: what it may have left behind is read by the machine or looked up by people."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import contained_since
from bot.incident.closing.open_items import secrets_among
from bot.incident.codec import decode, encode
from bot.incident.lanes import access_lane, old_lane
from bot.incident.operations import Op
from bot.incident.steps.rules import check_digest
from bot.model.keys import Leftover
from bot.model.probes import Probe
from tests.support.incidents import (
    ANNA,
    BEN,
    BOT_TOKEN,
    CHLOE,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    wanted,
)

NAME = "openai-api-key"
LANE = access_lane(NAME)
ITEMS = {"keys": "Look for keys newer than the exposure.", "webhooks": "Look at where events are sent."}
CLEAR, HANDLED = m.CheckOutcome.CLEAR, m.CheckOutcome.HANDLED
BACKDOOR = Leftover("keys", "id-666", "backup")


def told(*, reads=("keys",), checklist=None, **changes):
    """An incident with a checklist, its key dead and replaced, and all steps over."""
    can = capabilities(inspects=bool(reads))
    secret = entry(can=can, checklist=checklist or ITEMS, inspects=tuple(reads), **changes)
    return Story(declaration(wanted(secret)))


def finished(story):
    story.run(120)
    return story.complete()


def found(story, *left):
    story.world.left_behind = left
    return story


def state(story):
    return {item: check.outcome for item, check in story.secret().checks.items()}


def test_what_the_api_shows_to_be_empty_is_clear_and_the_rest_waits_for_a_person():
    story = told().run(120)
    assert state(story) == {"keys": CLEAR, "webhooks": None}
    assert story.secret().checks["keys"].ended.name == "bot"
    assert story.secret().access is m.Access.OPEN
    assert story.do(c.EndCheck(NAME, "webhooks", CLEAR, "looked")) == (e.CheckEnded(NAME, "webhooks", CLEAR, "looked"),)
    assert story.secret().access is m.Access.CONTAINED


def test_a_check_that_is_read_again_and_is_clear_as_before_has_ended_when_it_did():
    story = told(checklist={"keys": ITEMS["keys"]})
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), BEN)
    story.run(120)
    first, ended = contained_since(story.incident), story.secret().checks["keys"].ended
    assert first is not None
    story.do(c.Retry(LANE), BEN, after=3600)
    story.run(60)
    check = story.secret().checks["keys"]
    assert check.read_at > first + timedelta(hours=1)
    assert (check.ended, contained_since(story.incident)) == (ended, first)
    found(story, BACKDOOR).do(c.Retry(LANE), BEN)
    story.run(60)
    assert contained_since(story.incident) is None
    story.world.left_behind = ()
    story.do(c.Retry(LANE), BEN)
    story.run(60)
    assert story.secret().checks["keys"].ended.at > first


def test_a_secret_without_a_checklist_is_contained_by_its_death():
    story = Story(declaration())
    assert story.secret().access is m.Access.OPEN
    story.run(120)
    assert story.secret().access is m.Access.CONTAINED


def test_nothing_is_read_before_the_key_is_dead_and_it_is_read_once():
    story = told()
    story.work(until=story.now)
    assert not story.secret().gone
    assert Op.INSPECT not in {op for op, _ in story.ops()}
    story.run(3600)
    dead = next(r.seq for r in story.log if isinstance(r.event, e.OldProvenDead))
    (read,) = [r.seq for r in story.log if isinstance(r.event, e.AccessInspected)]
    assert read > dead


def test_without_an_item_to_read_nothing_is_read():
    story = told(reads=()).run(3600)
    assert not [r for r in story.log if isinstance(r.event, e.AccessInspected)]
    assert state(story) == {"keys": None, "webhooks": None}


def test_a_check_before_the_death_does_not_count():
    story = told()
    refused = story.refused(c.EndCheck(NAME, "webhooks", CLEAR, "looked"))
    assert "an attacker can still leave something behind. Check once it is dead." in refused


def test_what_was_found_needs_a_person_and_a_reason():
    story = found(told(), BACKDOOR).run(120)
    assert state(story) == {"keys": None, "webhooks": None}
    assert "Explain in the note why it may stay" in story.refused(c.EndCheck(NAME, "keys", CLEAR))
    assert "Write in the note what was removed" in story.refused(c.EndCheck(NAME, "keys", HANDLED, " "))
    assert "looks like a Slack token" in story.refused(c.EndCheck(NAME, "keys", HANDLED, f"deleted {BOT_TOKEN}"))
    story.do(c.EndCheck(NAME, "keys", HANDLED, "deleted the key “backup”"), BEN)
    check = story.secret().checks["keys"]
    assert (check.outcome, check.ended.name, check.note) == (HANDLED, "ben", "deleted the key “backup”")


@pytest.mark.parametrize("note", ["", "  "])
def test_what_is_said_to_be_clear_says_who_looked_and_what_they_saw(note):
    words = "Write in the note who checked “webhooks” and what they saw. The report quotes it."
    assert told().run(120).refused(c.EndCheck(NAME, "webhooks", CLEAR, note)) == words


def test_who_may_end_a_check():
    story = told().run(120)
    assert "may not respond" in story.refused(c.EndCheck(NAME, "webhooks", CLEAR, "looked"), STRANGER)
    assert "Its items: keys, webhooks." in story.refused(c.EndCheck(NAME, "users", CLEAR, "looked"))


def test_two_people_at_the_same_item():
    story = told().run(120)
    shown = check_digest(story.secret().checks["webhooks"])
    story.do(c.EndCheck(NAME, "webhooks", CLEAR, "looked", shown))
    assert "was found clear by anna at" in story.refused(c.EndCheck(NAME, "webhooks", CLEAR, "looked"), BEN)
    assert "has changed since you saw it" in story.refused(c.EndCheck(NAME, "webhooks", HANDLED, "x", shown), BEN)
    story.do(c.EndCheck(NAME, "webhooks", HANDLED, "there was one after all"), BEN)
    assert story.secret().checks["webhooks"].outcome is HANDLED


def test_a_person_knows_better_than_the_api():
    story = told().run(120)
    story.do(c.EndCheck(NAME, "keys", HANDLED, "the console shows a key that the API hides"))
    assert story.secret().checks["keys"].ended.name == "anna"


# --- reading again --------------------------------------------------------------------------------------------------


def read_again(story, *left):
    found(story, *left).do(c.Retry(LANE))
    return story.run(10)


def test_reading_again_on_request():
    story = told().run(120)
    assert "Nothing needs a retry" in story.refused(c.Retry())
    read_again(story, BACKDOOR)
    assert state(story)["keys"] is None
    read_again(story)
    assert state(story)["keys"] is CLEAR


def test_what_is_called_removed_and_is_still_there_is_open_again():
    story = found(told(), BACKDOOR).run(120)
    story.do(c.EndCheck(NAME, "keys", HANDLED, "deleted"))
    read_again(story, BACKDOOR)
    assert state(story)["keys"] is None
    story.do(c.EndCheck(NAME, "keys", HANDLED, "deleted, this time"))
    read_again(story)
    assert (state(story)["keys"], story.secret().checks["keys"].ended.name) == (HANDLED, "anna")


def test_what_may_stay_stays_settled_until_there_is_more():
    story = found(told(), BACKDOOR).run(120)
    story.do(c.EndCheck(NAME, "keys", CLEAR, "our own backup"))
    read_again(story, BACKDOOR)
    assert state(story)["keys"] is CLEAR
    read_again(story, BACKDOOR, Leftover("keys", "id-667"))
    assert state(story)["keys"] is None


def test_what_is_on_no_checklist_is_not_lost():
    story = found(told(), Leftover("roles", "r-1")).run(120)
    assert state(story) == {"keys": CLEAR, "webhooks": None, "roles": None}


def test_a_value_that_is_accepted_again_voids_all_checks():
    story = told().run(120)
    story.do(c.EndCheck(NAME, "webhooks", CLEAR, "looked"))
    finished(story).do(c.Close(), CHLOE)
    story.world.killed.clear()
    story.run(3600)
    assert story.incident.open
    assert state(story) == {"keys": None, "webhooks": None}
    assert story.secret().inspected_at is None
    story.world.killed.add(NAME)
    story.do(c.Retry(old_lane(NAME)))
    story.run(300)
    assert state(story) == {"keys": CLEAR, "webhooks": None}


def test_what_was_read_while_the_value_came_back_is_read_once_more():
    story = told()
    story.run(120)
    story.do(c.Retry(LANE))
    claim = story.begin(Op.INSPECT)
    story.record(e.OldProbed(99, NAME, Probe("old", "live", "HTTP 200")))
    story.finish(claim)
    assert state(story) == {"keys": None, "webhooks": None}
    assert story.secret().inspected_at is None


def test_an_inspection_that_fails_holds_nothing_up_and_falls_to_a_person():
    story = told()
    story.world.answer, good = lambda i, claim: _failing(claim) or good(i, claim), story.world.answer
    finished(story)
    assert story.incident.lane(LANE).failure.final
    assert story.incident.worries == ()
    story.do(c.EndCheck(NAME, "keys", CLEAR, "looked"), BEN)
    story.do(c.EndCheck(NAME, "webhooks", CLEAR, "looked"), BEN)
    assert story.do(c.Close(), CHLOE) == (e.IncidentClosed(),)


def _failing(claim):
    return e.OperationFailed(claim.number, claim.op, "Refused", "no", None) if claim.op is Op.INSPECT else None


# --- the close ------------------------------------------------------------------------------------------------------


def test_open_checks_hold_up_the_close():
    story = finished(told())
    assert story.incident.worries == ()
    assert "Not closed: openai-api-key: 1 of 2 backdoor checks open: webhooks." in story.refused(c.Close(), CHLOE)


def test_closing_over_open_checks_needs_a_second_person_and_names_the_secret():
    story = finished(told())
    (proposed,) = story.close_over("the console is down", CHLOE)
    assert proposed.subject == "openai-api-key: 1 of 2 backdoor checks open: webhooks"
    assert proposed.items == ("checks:openai-api-key",)
    assert "cannot be the second person" in story.refused(story.proposed(), CHLOE)
    _, closed = story.agree(BEN)
    assert secrets_among(closed.items) == (NAME,)


def test_who_agreed_to_unchecked_items_has_not_agreed_to_a_living_key():
    story = finished(told())
    story.close_over("the console is down", CHLOE)
    story.record(e.OldProbed(99, NAME, Probe("old", "live", "HTTP 200")))
    assert "more items are open than were proposed" in story.refused(story.proposed(), BEN)


def test_who_agreed_to_a_living_key_has_agreed_to_what_is_left_of_it():
    story = told()
    story.world.controls = False
    finished(story)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "no"), CHLOE)
    story.close_over("no proof to be had", CHLOE)
    story.do(c.AttestDeath(NAME, "seen in the console"), CHLOE)
    story.run(60)  # until who read it has been looked up again
    _, closed = story.agree(BEN)
    assert secrets_among(closed.items) == (NAME,)


def test_after_the_close_nothing_is_read():
    story = told()
    story.world.answer, good = lambda i, claim: _failing(claim) or good(i, claim), story.world.answer
    finished(story).close_over("enough", CHLOE)
    story.agree(BEN)
    assert "Nothing has failed" not in str(story.do(c.Retry(LANE), ANNA))
    assert Op.INSPECT not in {op for op, _ in story.ops()}


# --- the log --------------------------------------------------------------------------------------------------------


def test_an_incident_of_an_older_program_has_no_checklist():
    text = encode(e.SecretAdded(entry(), m.Target(m.TargetKind.ASSUMED), m.Strategy.KILL_FIRST, "x", True))
    for added in (
        '"checklist":{},', '"inspects":[],', '"deletes":false,', '"inspects":false,', ',"revokes_with_owner":false',
    ):  # fmt: skip
        assert added in text
        text = text.replace(added, "")
    read = decode("secret-added", text)
    assert (read.secret.checklist, read.secret.inspects, read.secret.capabilities.inspects) == ({}, (), False)


@pytest.mark.parametrize("outcome", m.CheckOutcome)
def test_outcomes_are_words_of_the_log(outcome):
    assert f'"outcome":"{outcome}"' in encode(e.CheckEnded(NAME, "keys", outcome, "x"))
