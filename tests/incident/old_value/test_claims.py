"""“I revoked it” is a claim: what the provider answers afterwards is what counts."""

from datetime import timedelta

import pytest

from bot.cli.words import old_words
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import to_revoke_by_hand
from bot.incident.deadlines import come
from bot.incident.lanes import old_lane
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.incident.todos import needed, todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.probes import Probe
from bot.phrases.alive import alive_groups
from bot.phrases.marks import plain
from bot.phrases.states import headline
from bot.report.proof import proof_of
from bot.report.warnings import warnings
from bot.slack.actions import ActionId
from bot.slack.incident_card.layout import secret_buttons
from tests.support.incidents import BEN, Story, capabilities, declaration, entry, wanted
from tests.support.typed import typed_now

NAME = "openai-api-key"
PERSON = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)


def overdue(incident, at):
    return [event for event in come(incident, at) if isinstance(event, e.ContainmentOverdue)]


def by_hand() -> Story:
    """A key that only people can revoke, seen working."""
    return Story(declaration(wanted(entry(can=PERSON)))).run(1)


def offered(story: Story) -> set[str]:
    offers = available(story.incident, story.now)
    return {button.action_id for button in secret_buttons(story.incident, story.secret(), offers) if button.action_id}


def commands(story: Story) -> str:
    return "\n".join(typed_now(story.incident, story.now))


def test_a_claim_is_looked_at_at_once():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    assert (Op.PROVE, NAME) in story.ops()


def test_a_key_that_still_answers_stays_alive_whoever_says_that_it_is_revoked():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    assert story.secret().old_state is m.Old.ALIVE
    story.run(30)
    assert story.secret().old_state is m.Old.ALIVE
    assert "reported revoked by anna" in old_words(story.secret())
    assert "still accepts it" in old_words(story.secret())
    assert f"{NAME} STILL WORKS" in plain(headline(story.incident))


def looked_across_a_claim(*, killed: bool) -> Story:
    """Someone says that they have revoked it while a look is under way."""
    story = by_hand()
    if killed:
        story.world.killed.add(NAME)
    story.now += timedelta(minutes=2)
    look = story.begin(Op.PROVE)
    story.do(c.ConfirmRevoked(NAME), after=1)
    story.now += timedelta(seconds=1)
    story.finish(look)
    return story


def test_a_look_that_was_under_way_when_it_was_said_does_not_contradict_it():
    story = looked_across_a_claim(killed=False)
    assert not story.secret().old.contradicted
    assert story.secret().old.seen_alive_at == story.now
    assert story.secret().old.claim_answer == ""
    facts = [fact.text for fact in proof_of(story.incident, story.secret(), story.log).facts]
    assert any("(a claim); not checked since" in text for text in facts)
    story.run(10)
    assert story.secret().old.contradicted


def test_a_refusal_that_was_under_way_when_it_was_said_is_no_part_of_its_proof():
    story = looked_across_a_claim(killed=True)
    assert (story.secret().old.refusals, story.secret().old.claim_answer) == (None, "")
    story.run(60)
    kinds = [type(recorded.event) for recorded in story.log]
    after = kinds[kinds.index(e.RevokedByPerson) : kinds.index(e.OldProvenDead)]
    assert (story.secret().old_state, after.count(e.OldProbed)) == (m.Old.DEAD, 3)


def test_all_offers_stay_until_the_key_is_refused():
    story = by_hand()
    before = offered(story)
    assert ActionId.REVOKED in before
    story.do(c.ConfirmRevoked(NAME))
    assert offered(story) == before
    story.run(10)
    assert offered(story) == before
    assert f"bot incident revoked {story.incident.id} {NAME}" in commands(story)
    story.world.killed.add(NAME)
    story.run(10)
    assert story.secret().old_state is m.Old.REVOKING
    assert ActionId.REVOKED not in offered(story)
    assert "bot incident revoked" not in commands(story)
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD


def test_a_claim_that_was_contradicted_can_be_made_again():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    story.run(10)
    assert story.do(c.ConfirmRevoked(NAME), BEN) == (e.RevokedByPerson(NAME),)
    assert story.secret().old.claimed.name == "ben"
    assert (Op.PROVE, NAME) in story.ops()


def refused_without_control(seconds: float) -> Story:
    """Revoked by a person so long before it is due to be proven, and refused since, without a comparison key."""
    story = by_hand()
    story.world.controls = False
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME))
    return story.run(story.incident.timings.retry_for - seconds)


@pytest.mark.parametrize("seconds", [20, 2])
def test_nobody_is_called_while_a_new_key_that_has_just_come_into_place_may_yet_prove_it(seconds):
    story = refused_without_control(seconds)
    assert story.secret().lacks_control
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    story.world.controls = True
    story.run(300)
    assert story.secret().old_state is m.Old.DEAD
    assert not any(isinstance(recorded.event, e.ContainmentOverdue) for recorded in story.log)


def test_nobody_is_called_while_the_new_key_is_being_verified():
    story = refused_without_control(2)
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    story.work(only={Op.RECEIVE})
    assert story.secret().new.staged
    assert story.secret().new.promote_began_at is None
    assert list(overdue(story.incident, story.now + timedelta(seconds=5))) == []
    later = story.now + timedelta(minutes=2)
    assert list(overdue(story.incident, later)) == [e.ContainmentOverdue(NAME)], "they are called after all"


def test_they_are_called_once_the_looks_beside_the_new_key_have_proven_nothing():
    story = refused_without_control(20)
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    story.run(30)
    assert story.secret().new.promoted_at is not None
    assert not story.secret().old.overdue
    story.run(120)
    assert story.secret().old.overdue


def test_they_are_called_in_time_where_no_new_key_has_come():
    story = refused_without_control(2)
    assert not story.secret().old.overdue
    story.run(4)
    assert story.secret().old.overdue


def test_a_retry_says_that_it_only_asks_where_only_people_revoke():
    story = refused_without_control(0).run(4)
    [again] = [offer for offer in available(story.incident, story.now) if offer.command == c.Retry(old_lane(NAME))]
    assert again.reason == "it was revoked and is not confirmed dead: check again whether it is rejected"


def test_a_claim_that_no_refusal_bears_out_becomes_overdue():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    story.run(story.incident.timings.retry_for + 60)
    assert story.secret().old.overdue
    assert story.secret().old_state is m.Old.ALIVE
    assert "REVOCATION NOT CONFIRMED" in old_words(story.secret())


def test_a_revocation_that_failed_for_good_can_be_made_by_hand_and_retried():
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
    assert to_revoke_by_hand(story.incident, story.secret())
    assert {ActionId.REVOKED, ActionId.RETRY} <= offered(story)
    assert f"bot incident revoked {story.incident.id} {NAME}" in commands(story)
    story.do(c.ConfirmRevoked(NAME))
    story.run(10)
    assert story.secret().old_state is m.Old.ALIVE
    assert {ActionId.REVOKED, ActionId.RETRY} <= offered(story)
    story.do(c.Retry(old_lane(NAME)))
    assert (Op.REVOKE, NAME) in story.ops()
    assert "reported revoked by anna" in old_words(story.secret()), "it is told until the looks prove it"
    assert "still accepts it" in old_words(story.secret())
    story.run(60)
    assert story.secret().gone


def test_a_retry_leaves_the_word_of_whoever_revoked_it_where_only_people_do():
    """It asks again: what was said is neither proven nor contradicted by that."""
    story = refused_without_control(0).run(4)
    assert story.secret().old.overdue
    again = story.now
    story.do(c.Retry(old_lane(NAME)), BEN)
    assert (Op.PROVE, NAME) in story.ops()
    secret = story.secret()
    assert secret.old_state is m.Old.REVOKING
    assert old_words(secret).startswith("reported revoked by anna at ")
    [warned] = [fact.text for fact in warnings(story.incident, story.log, story.now) if "NOT CONFIRMED" in fact.text]
    assert "reported revoked by anna" in warned
    story.run(30)
    assert not story.secret().old.overdue, "it has as long again"
    assert list(overdue(story.incident, again + timedelta(seconds=story.incident.timings.retry_for + 1)))
    story.world.controls = True
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD


def test_a_look_that_accepts_it_after_the_retry_is_told_beside_the_word():
    story = refused_without_control(0).run(4)
    story.do(c.Retry(old_lane(NAME)), BEN)
    story.world.killed.clear()
    story.run(30)
    assert story.secret().old_state is m.Old.ALIVE
    assert "reported revoked by anna" in old_words(story.secret())
    assert "still accepts it" in old_words(story.secret())


def test_what_was_claimed_keeps_the_machine_from_no_revocation_that_is_retried():
    """Refused with no comparison key to ask beside it, so that the claim stands uncontradicted."""
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
    story.do(c.ConfirmRevoked(NAME), BEN)
    story.do(c.Retry(old_lane(NAME)))
    assert (Op.REVOKE, NAME) in story.ops()
    assert "reported revoked by ben" in old_words(story.secret())
    stuck = needed(story.incident, todos(story.incident, story.now), story.now)
    [(_, words, _)] = alive_groups(story.incident, stuck, story.now)
    assert "the bot revokes it again" in words
    story.run(60)
    assert story.secret().gone
    assert story.secret().old.revoked_at is not None


def failing_again() -> Story:
    """Ben said that he had revoked it; the machine was to do it again, and has failed for good again."""
    story = Story(declaration())
    story.world.controls = False
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    for again in (False, True):
        claim = story.begin(Op.REVOKE)
        story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
        if not again:
            story.do(c.ConfirmRevoked(NAME), BEN)
            story.do(c.Retry(old_lane(NAME)))
    return story


def test_once_the_machine_has_given_up_again_nobody_is_told_that_it_is_to_revoke_it():
    story = failing_again()
    assert "reported revoked by ben at " in old_words(story.secret())
    groups = alive_groups(
        story.incident, needed(story.incident, todos(story.incident, story.now), story.now), story.now
    )
    assert not [words for _, words, _ in groups if "again" in words]


def test_once_the_machine_has_given_up_again_the_word_counts_and_its_proof_can_be_overdue():
    story = failing_again()
    claim = story.begin(Op.PROVE)
    story.finish(claim, e.OldProbed(claim.number, NAME, Probe("old", "dead", "401")))
    assert story.secret().old_state is m.Old.REVOKING
    late = story.secret().old.retried_at + timedelta(seconds=story.incident.timings.retry_for)
    assert not [*overdue(story.incident, late - timedelta(seconds=1))]
    assert [*overdue(story.incident, late + timedelta(seconds=1))] == [e.ContainmentOverdue(NAME)]


def test_the_report_tells_a_claim_as_a_claim():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    story.run(10)
    heads = [fact.text for fact in warnings(story.incident, story.log, story.now)]
    assert any(text.startswith(f"STILL WORKS: the old key of {NAME} was reported revoked by anna") for text in heads)
    facts = [fact.text for fact in proof_of(story.incident, story.secret(), story.log).facts]
    assert not [text for text in facts if text.startswith("Revoked")]
    assert any("(a claim); the next check" in text and "ACCEPTED" in text for text in facts)


def test_a_refusal_without_a_control_is_no_proof_but_the_claim_is_not_contradicted():
    story = by_hand()
    story.do(c.ConfirmRevoked(NAME))
    claim = story.begin(Op.PROVE)
    story.finish(claim, e.OldProbed(claim.number, NAME, Probe("old", "dead", "401")))
    assert story.secret().old_state is m.Old.REVOKING
    assert story.secret().old.refusals is None
    story.run(timedelta(seconds=30).total_seconds())
    assert story.secret().old_state is m.Old.ALIVE  # it was accepted again
