"""Copies are consumers: each is updated, purged or accepted by name before an overlap ends and before the close."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.copies import copy_digest
from bot.incident.approval.plan import plan_of
from bot.incident.closing.open_items import secrets_among
from bot.incident.lanes import new_lane
from bot.incident.model import CopyOutcome, New, Old, Right, Strategy
from bot.incident.offers import available, may, unblocked
from bot.incident.operations import Op
from bot.incident.order import holds
from bot.model.secrets import Copy, CopyKind
from bot.phrases.plans import step_words
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, BOT_TOKEN, CHLOE, STRANGER, Story, declaration, entry, wanted

NAME = "openai-api-key"
COPIES = (
    Copy("ci", CopyKind.CI, "GitHub Actions secret OPENAI_API_KEY of example/app", "gh secret set", "Platform"),
    Copy("backup", CopyKind.BACKUP, "nightly export of Parameter Store", "delete exports", "Ops"),
)


def told(strategy=Strategy.OVERLAP, **changes):
    return Story(declaration(wanted(entry(copies=COPIES, **changes), strategy)))


def overlapping(seconds=1200):
    """Live in its consumers, the kill agreed on by two, the overlap's time over."""
    story = told().run(10)
    story.approve(BEN)
    return story.run(seconds)


def settle(story, copy, outcome, note="", by=ANNA):
    return story.do(c.SettleCopy(NAME, copy, outcome, note), by)


def test_an_overlap_does_not_end_while_a_copy_may_be_served_by_the_old_value():
    story = overlapping()
    assert story.secret().new.live_at is not None
    assert story.secret().old_state is Old.ALIVE
    [words] = holds(story.incident, story.secret(), story.now)
    assert words == "the overlap ends once these copies are updated, purged or accepted: ci, backup"

    settle(story, "ci", CopyOutcome.UPDATED)
    story.run(600)
    assert story.secret().old_state is Old.ALIVE
    settle(story, "backup", CopyOutcome.ACCEPTED, "it expires in a week")
    story.approve(BEN)
    story.run(120)
    assert story.secret().old_state is Old.DEAD


def test_people_are_told_once_when_the_time_is_over_and_a_copy_holds_the_old_value():
    story = overlapping()
    held = [recorded for recorded in story.log if isinstance(recorded.event, e.OverlapHeld)]
    assert [recorded.event.copies for recorded in held] == [("ci", "backup")]
    assert held[0].at >= story.secret().new.live_at + timedelta(seconds=story.incident.timings.overlap)
    assert "an overlap is over; copies keep the old key WORKING" in story.incident.milestones
    assert any("copies keep the old key WORKING" in alert for alert in story.incident.alerts)


def test_consumers_are_asked_once_more_when_the_last_copy_is_settled():
    """One may have come to refuse the new key while the copies held the kill."""
    story = overlapping()
    story.run(2 * 24 * 3600)
    story.world.failing.add("checkout")
    settle(story, "ci", CopyOutcome.UPDATED)
    settle(story, "backup", CopyOutcome.PURGED)
    story.run(120)
    assert story.secret().new_state is New.FAILING
    assert story.secret().old_state is Old.ALIVE
    assert not story.world.killed


def test_consumers_that_are_well_are_asked_once_before_a_kill_that_copies_held():
    story = overlapping()
    story.run(3600)
    settle(story, "ci", CopyOutcome.UPDATED)
    story.run(600)
    settle(story, "backup", CopyOutcome.PURGED)
    last = story.now
    story.run(120)
    assert story.secret().old_state is Old.DEAD
    before = [r.at for r in story.log if isinstance(r.event, e.ConsumersAsked) and r.at < story.secret().old.revoked_at]
    assert len([at for at in before if at >= last]) == 1


def test_a_kill_that_somebody_wants_now_waits_for_no_copy():
    story = overlapping()
    story.do(c.KillNow(NAME, SHOWN), BEN)
    story.run(120)
    assert story.secret().old_state is Old.DEAD
    assert not [*holds(story.incident, story.secret(), story.now)]


def test_a_kill_at_once_waits_for_no_copy_and_the_close_does():
    story = told(Strategy.KILL_FIRST).run(120)
    assert story.secret().old_state is Old.DEAD
    story.complete()
    sentence = story.refused(c.Close(), CHLOE)
    assert "copies not updated, purged or accepted: ci, backup" in sentence
    settle(story, "ci", CopyOutcome.UPDATED)
    settle(story, "backup", CopyOutcome.PURGED, "deleted all of them")
    assert story.do(c.Close(), CHLOE) == (e.IncidentClosed(),)


def test_closing_over_a_copy_is_agreed_on_by_name():
    story = told(Strategy.KILL_FIRST).run(120)
    settle(story, "ci", CopyOutcome.UPDATED)
    story.complete()
    [proposed] = story.close_over("the backup is offline", CHLOE)
    assert proposed.subject == "openai-api-key: copies not updated, purged or accepted: backup"
    assert proposed.items == (f"copies:{NAME}",)
    approved, closed = story.agree(BEN)
    assert isinstance(approved, e.ProposalApproved)
    assert secrets_among(closed.items) == (NAME,)


def test_whoever_agreed_to_close_over_something_else_has_not_agreed_to_a_copy():
    story = told(Strategy.KILL_FIRST, checklist={"keys": "Look for keys."}).run(120)
    settle(story, "ci", CopyOutcome.UPDATED)
    settle(story, "backup", CopyOutcome.PURGED)
    story.complete()
    story.close_over("keys are looked at tomorrow", CHLOE)
    story.record(e.ValueStaged(0, NAME, "n", "k", "f" * 12, "/s", "issue"))
    story.record(e.ValuePromoted(0, NAME, {}))
    story.record(e.ValueLive(0, NAME, True, ""))
    assert [state.copy.name for state in story.secret().open_copies] == ["ci"]
    assert "more items are open than were proposed" in story.refused(story.proposed(), BEN)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (c.SettleCopy(NAME, "ci", CopyOutcome.ACCEPTED), "Explain in the note why the old key"),
        (c.SettleCopy(NAME, "lambda", CopyOutcome.PURGED), "Its copies: ci, backup."),
        (c.SettleCopy("redis", "ci", CopyOutcome.PURGED), "has no secret 'redis'"),
        (c.SettleCopy(NAME, "ci", CopyOutcome.PURGED, seen="stale"), "has changed since you saw it"),
        (c.SettleCopy(NAME, "ci", CopyOutcome.PURGED, BOT_TOKEN), "Never type a secret here"),
    ],
)
def test_what_is_declined(body, part):
    story = told().run(10)
    assert part in story.refused(body)


def test_nothing_can_be_updated_before_there_is_a_new_value():
    story = told()
    assert "no new key in place yet" in story.refused(c.SettleCopy(NAME, "ci", CopyOutcome.UPDATED))
    assert settle(story, "ci", CopyOutcome.PURGED) == (e.CopySettled(NAME, "ci", CopyOutcome.PURGED),)
    assert "was purged by anna" in story.refused(c.SettleCopy(NAME, "ci", CopyOutcome.PURGED))


def test_where_an_older_version_leaked_a_copy_can_have_the_current_one():
    story = Story(declaration(wanted(entry(copies=COPIES), replace=False)))
    assert settle(story, "ci", CopyOutcome.UPDATED)


def test_another_new_value_is_to_be_brought_to_every_copy_that_had_the_one_before():
    story = overlapping()
    settle(story, "ci", CopyOutcome.UPDATED)
    settle(story, "backup", CopyOutcome.ACCEPTED, "it expires")
    before = copy_digest(story.secret().copies["ci"])
    story.record(e.ValueStaged(0, NAME, "n", "k2", "f" * 12, "/s", "issue"))
    assert [state.copy.name for state in story.secret().open_copies] == ["ci"]
    assert copy_digest(story.secret().copies["ci"]) != before


def test_the_plan_names_the_copies_and_is_as_before_without_any():
    story = told().run(10)
    steps = step_words(plan_of(story.incident, story.secret()))
    assert steps[-4].startswith("people update, purge or accept each copy: ci (GitHub Actions secret OPENAI_API_KEY")
    assert steps[-3].startswith("wait 15 minutes")
    plain = Story(declaration(wanted())).run(10)
    assert not [step for step in step_words(plan_of(plain.incident, plain.secret())) if "copy" in step]


def test_the_offers_are_a_responders_and_needed_while_an_overlap_is_held():
    story = overlapping()
    offers = unblocked(available(story.incident, story.now), c.SettleCopy)
    assert {(offer.subject, offer.command.outcome) for offer in offers} == {
        (copy, outcome) for copy in ("ci", "backup") for outcome in CopyOutcome
    }
    assert {offer.urgency for offer in offers} == {0}
    assert may(ANNA, offers[0])
    assert not may(STRANGER, offers[0])
    assert "may not respond" in story.refused(offers[0].command, m.Actor("eve", frozenset({Right.APPROVE})))
    settle(story, "ci", CopyOutcome.UPDATED)
    left = [offer for offer in unblocked(available(story.incident, story.now), c.SettleCopy) if offer.urgency == 0]
    assert {offer.subject for offer in left} == {"backup"}


def test_a_secret_without_copies_overlaps_as_ever():
    story = Story(declaration(wanted(entry(), Strategy.OVERLAP))).run(10)
    story.approve(BEN)
    story.run(1200)
    assert story.secret().old_state is Old.DEAD
    assert Op.REVOKE not in story.incident.lane(new_lane(NAME)).attempts
