"""A new value that is verified and not put in its place: why it waits, and whose word puts it there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.next_actions import next_actions
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.order import holds
from bot.incident.promotion import promotion_digest, promotion_words
from bot.incident.track_new import TOLD_AGAIN
from bot.slack.card import card
from tests.support.incidents import ANNA, BEN, CHLOE, DORA, Story, World, abilities, declaration, entry, wanted

NAME = "stripe-secret-key"
STRIPE = entry(NAME, can=abilities(makes=m.Makes.PERSON, revokes=m.RevokedBy.PERSON, compares=True))
AWS = entry("aws-access-key", provider="aws-iam")


class Untold(World):
    """Accepts what is brought, and cannot tell whose it is."""

    untold = "acct_1 live"

    def answer(self, incident, claim):
        if claim.op is Op.VERIFY and self.untold:
            return e.ValueVerified(
                claim.number, claim.subject, "HTTP 200; the account could not be compared", untold=self.untold
            )
        return super().answer(incident, claim)


def brought(by=ANNA):
    story = Story(declaration(wanted(STRIPE)), world=Untold()).run(10)
    story.do(c.AnnounceSubmission(NAME, "/_compromise/inbox/x"), by)
    return story.run(10)


def waits(story, name=NAME):
    return list(promotion_words(story.incident, story.secret(name)))


def test_a_brought_value_whose_account_cannot_be_told_is_staged_and_not_put_in_place():
    story = brought().run(3600)
    assert story.secret(NAME).new_state is m.New.STAGED
    assert not story.secret(NAME).restored
    [words] = waits(story)
    assert words == (
        "the new value waits for a second person: it is accepted, but whether it is of the old one's account "
        "(acct_1 live) could not be told"
    )
    assert words in holds(story.incident, story.secret(NAME), story.now)
    assert "a new value waits for a second person" in story.incident.milestones
    assert story.incident.alerts.count("a new value waits for a second person") == 1


def test_a_second_person_with_approve_puts_it_to_use():
    story = brought()
    assert "anna handed over the new stripe-secret-key" in story.refused(
        c.UseValue(NAME, "mine"), replace(ANNA, rights=BEN.rights)
    )
    assert "may not approve" in story.refused(c.UseValue(NAME, "fine"), DORA)
    stranger = m.Actor("slack:U0ONCALL", BEN.rights)
    assert "not in the people file" in story.refused(c.UseValue(NAME, "fine"), stranger)
    seen = promotion_digest(story.incident, story.secret(NAME))
    story.do(c.UseValue(NAME, "I saw it made in our dashboard", seen), BEN)
    story.run(10)
    assert story.secret(NAME).restored
    assert waits(story) == []
    assert "no new value waits" in story.refused(c.UseValue(NAME, "again"), CHLOE)


def test_it_is_put_to_use_at_once_although_the_next_look_was_put_off():
    story = brought()
    story.now += TOLD_AGAIN
    claim = story.begin(Op.VERIFY)
    story.finish(claim, e.OperationYielded(claim.number, Op.VERIFY, story.now + timedelta(minutes=15)))
    assert (Op.PROMOTE, NAME) not in story.ops()
    story.do(c.UseValue(NAME, "I saw it made"), BEN)
    assert (Op.PROMOTE, NAME) in story.ops()


def test_what_an_account_outside_the_people_file_handed_over_has_no_second_person():
    story = brought(m.Actor("slack:U0ONCALL", ANNA.rights))
    assert "Somebody of that file must hand it over again" in story.refused(c.UseValue(NAME, "fine"), BEN)


def test_one_who_refuses_it_makes_another_one_awaited():
    story = brought()
    story.do(c.RefuseValue(NAME, "nobody made it"), DORA)
    assert story.secret(NAME).new_state is m.New.NONE
    assert story.secret(NAME).new.rejected == "nobody made it"
    story.world.untold = ""
    story.do(c.AnnounceSubmission(NAME, "/_compromise/inbox/y"), DORA)
    story.run(10)
    assert story.secret(NAME).restored
    assert "no new value waits" in story.refused(c.RefuseValue(NAME, "late"), DORA)


def test_a_word_for_one_value_does_not_count_for_the_next():
    story = brought()
    seen = promotion_digest(story.incident, story.secret(NAME))
    story.do(c.AnnounceSubmission(NAME, "/_compromise/inbox/y"), DORA)
    story.run(10)
    assert "has changed since this was shown to you" in story.refused(c.UseValue(NAME, "fine", seen), BEN)
    story.do(c.UseValue(NAME, "fine"), BEN)
    story.do(c.AnnounceSubmission(NAME, "/_compromise/inbox/z"), ANNA)
    story.work(only={Op.RECEIVE, Op.VERIFY})
    assert (Op.PROMOTE, NAME) not in story.ops()
    assert waits(story)


def test_an_account_that_can_be_told_later_needs_nobody():
    story = brought()
    story.world.untold = ""
    story.run(TOLD_AGAIN.total_seconds() + 10)
    assert story.secret(NAME).restored


def test_the_word_of_whoever_is_not_trusted_any_more_does_not_count():
    story = brought()
    story.do(c.UseValue(NAME, "fine"), BEN)
    story.do(c.TellTrust(1, "d", ("ben",), True), m.BOT)
    assert (Op.PROMOTE, NAME) not in story.ops()
    assert waits(story)


def test_both_answers_are_offered_to_those_who_may_give_them():
    story = brought()
    offers = {offer.kind: offer for offer in unblocked(available(story.incident, story.now), secret=NAME)}
    assert offers[c.UseValue].who[0].excluded == {"anna"}
    assert offers[c.UseValue].reason == waits(story)[0]
    assert c.RefuseValue in offers


def test_both_faces_say_why_it_waits_and_have_both_answers():
    story = brought()
    drawn = " ".join(str(block.to_dict()) for block in card(story.incident, story.now, "1:abc"))
    assert waits(story)[0][1:] in drawn
    assert "Use the new value…" in drawn
    assert "Refuse it…" in drawn
    lines = [action.command for action in next_actions(story.incident, story.now)]
    assert f"bot use {story.incident.id} {NAME} --reason WHY" in lines
    assert f"bot refuse {story.incident.id} {NAME} --reason WHY" in lines


# --- a leaked AWS key beside it -------------------------------------------------------------------------------------


def beside(strategy=m.Strategy.KILL_FIRST, aws=AWS, other=None):
    return Story(declaration(wanted(other or entry()), wanted(aws, strategy)))


def test_a_new_value_waits_for_the_death_of_an_aws_key_that_leaked_too():
    story = beside()
    story.world.look = lambda name: World.look(story.world, name if name != AWS.name else "none")
    story.run(120)
    assert story.secret("openai-api-key").old_state is m.Old.DEAD, "the old value is killed all the same"
    assert story.secret("openai-api-key").new_state is m.New.STAGED
    [words] = waits(story, "openai-api-key")
    assert "aws-access-key, an AWS key that leaked too, is not dead and may read it where it is put" in words
    assert "IAM was not asked" in words
    del story.world.look
    story.run(120)
    assert all(secret.restored for secret in story.incident.secrets.values())
    dead = next(r.at for r in story.log if isinstance(r.event, e.OldProvenDead) and r.event.secret == AWS.name)
    assert all(r.at >= dead for r in story.log if isinstance(r.event, e.ValuePromoted))


def test_one_responder_says_go_on_with_a_reason():
    story = beside(m.Strategy.OVERLAP).run(20)
    assert story.secret("openai-api-key").new_state is m.New.STAGED
    assert "empty" in story.refused(c.UseValue("openai-api-key", " "), DORA)
    story.do(c.UseValue("openai-api-key", "the key may only write to one bucket"), DORA)
    story.run(20)
    assert story.secret("openai-api-key").restored
    [allowed] = [r.event for r in story.log if isinstance(r.event, e.ValueAllowed)]
    assert (allowed.readers, allowed.account) == ((AWS.name,), False)


def test_an_aws_key_in_overlap_does_not_wait_for_its_own_end():
    story = beside(m.Strategy.OVERLAP).run(20)
    assert story.secret(AWS.name).restored


@pytest.mark.parametrize("administered", ["aws", "itself"])
def test_what_ends_the_aws_key_does_not_wait_for_that(administered):
    admin = entry("admin-key", parts=(m.Part("key", "/production/admin"),))
    aws = replace(AWS, admin_parameter="/production/admin" if administered == "aws" else AWS.main.parameter)
    story = beside(aws=aws, other=admin).run(300)
    assert all(secret.settled for secret in story.incident.secrets.values()), holds
