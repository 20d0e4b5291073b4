"""A new key that is verified and not put in its place: why it waits, and whose word puts it there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.changes import put
from bot.incident.closing.open_items import open_items
from bot.incident.new_value.promotion import (
    READING_WAITS,
    keys_held,
    promoted_from,
    promotion_digest,
    promotion_words,
    to_be_asked,
)
from bot.incident.new_value.schedule import TOLD_AGAIN
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.order import holds
from bot.incident.todos import todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.reads import Read
from bot.model.secrets import Part
from bot.phrases.events import sentence
from bot.phrases.todos import todo_words
from bot.slack.incident_card import incident_card
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    DORA,
    START,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    wanted,
)
from tests.support.typed import typed_now

NAME = "stripe-secret-key"
STRIPE = entry(NAME, can=capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, compares=True))
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
    story.do(c.AnnounceSubmission(NAME, "a" * 16), by)
    return story.run(10)


def waits(story, name=NAME):
    return list(promotion_words(story.incident, story.secret(name)))


def test_a_brought_value_whose_account_cannot_be_told_is_staged_and_not_put_in_place():
    story = brought().run(3600)
    assert story.secret(NAME).new_state is m.New.STAGED
    assert not story.secret(NAME).restored
    [words] = waits(story)
    assert words == (
        "the new key needs a second approver: it is accepted, but whether it belongs to the old key's account "
        "(acct_1 live) is unknown"
    )
    assert words in holds(story.incident, story.secret(NAME), story.now)
    assert "a new key needs a second approver" in story.incident.milestones
    assert story.incident.alerts.count("a new key needs a second approver") == 1


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
    assert "no new key waits" in story.refused(c.UseValue(NAME, "again"), CHLOE)


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
    assert "A person in that file must hand it over again" in story.refused(c.UseValue(NAME, "fine"), BEN)


def test_one_who_refuses_it_makes_another_one_awaited():
    story = brought()
    story.do(c.RefuseValue(NAME, "nobody made it"), DORA)
    assert story.secret(NAME).new_state is m.New.NONE
    assert story.secret(NAME).new.rejected == "nobody made it"
    story.world.untold = ""
    story.do(c.AnnounceSubmission(NAME, "b" * 16), DORA)
    story.run(10)
    assert story.secret(NAME).restored
    assert "no new key waits" in story.refused(c.RefuseValue(NAME, "late"), DORA)


def test_while_it_is_put_in_place_it_is_too_late_to_refuse_it_or_to_bring_another():
    story = brought()
    story.do(c.UseValue(NAME, "I saw it made"), BEN)
    claim = story.begin(Op.PROMOTE)
    words = f"{NAME}: the new key is being put in place right now. Wait for the result."
    assert story.refused(c.RefuseValue(NAME, "not ours"), DORA) == words
    assert story.refused(c.AnnounceSubmission(NAME, "b" * 16), DORA) == words
    story.finish(claim, e.OperationFailed(claim.number, Op.PROMOTE, "Refused", "ssm: changed from outside", None))
    story.do(c.RefuseValue(NAME, "not ours"), DORA)
    assert story.secret(NAME).new_state is m.New.NONE


def test_a_word_for_one_value_does_not_count_for_the_next():
    story = brought()
    seen = promotion_digest(story.incident, story.secret(NAME))
    story.do(c.AnnounceSubmission(NAME, "b" * 16), DORA)
    story.run(10)
    assert "changed since you saw it. Look" in story.refused(c.UseValue(NAME, "fine", seen), BEN)
    story.do(c.UseValue(NAME, "fine"), BEN)
    story.do(c.AnnounceSubmission(NAME, "c" * 16), ANNA)
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
    drawn = " ".join(str(block.to_dict()) for block in incident_card(story.incident, story.now, "1:abc"))
    assert waits(story)[0][1:] in drawn
    assert "Use the new key…" in drawn
    assert "Refuse it…" in drawn
    lines = typed_now(story.incident, story.now)
    assert f"bot answer {story.incident.id} held:{NAME} used --note TEXT" in lines
    assert f"bot answer {story.incident.id} held:{NAME} refused --note TEXT" in lines


# --- a leaked AWS key beside it -------------------------------------------------------------------------------------


def beside(strategy=m.Strategy.KILL_FIRST, aws=AWS, other=None):
    return Story(declaration(wanted(other or entry()), wanted(aws, strategy)))


def test_a_new_value_waits_for_the_death_of_an_aws_key_that_leaked_too():
    story = beside()
    story.world.look = lambda name: World.look(story.world, name if name != AWS.name else "none")
    story.run(120)
    assert story.secret("openai-api-key").old_state is m.Old.DEAD, "the old key is killed anyway"
    assert story.secret("openai-api-key").new_state is m.New.STAGED
    [words] = waits(story, "openai-api-key")
    assert words == (
        "the new key waits: aws-access-key, an AWS key that is replaced here too, is not dead and can read it "
        "there, as IAM says"
    )
    del story.world.look
    story.run(120)
    assert all(secret.restored for secret in story.incident.secrets.values())
    dead = next(r.at for r in story.log if isinstance(r.event, e.OldProvenDead) and r.event.secret == AWS.name)
    assert all(r.at >= dead for r in story.log if isinstance(r.event, e.ValuePromoted))


def living(story):
    """The AWS key lives on, whatever is done."""
    story.world.look = lambda name: World.look(story.world, name if name != AWS.name else "none")
    return story


def unanswered(story, seconds):
    """So many seconds in which IAM does not answer."""
    for _ in range(seconds):
        story.work(only=set(Op) - {Op.LOOK_UP_KEY})
        story.now += timedelta(seconds=1)


def test_an_aws_key_that_cannot_read_a_value_does_not_hold_it():
    story = living(beside())
    story.world.key_reads = ()
    story.run(120)
    assert not story.secret(AWS.name).gone
    assert story.secret("openai-api-key").restored
    looked = [r for r in story.log if isinstance(r.event, e.KeyLookedUp)]
    assert len(looked) == 1
    assert sentence(looked[0], story.incident) == "The bot looked up which new keys aws-access-key could read: none"


def test_an_aws_key_holds_only_what_it_can_read():
    story = living(Story(declaration(wanted(entry()), wanted(entry("sendgrid-api-key")), wanted(AWS))))
    story.world.key_reads = ("sendgrid-api-key",)
    story.run(120)
    assert story.secret("openai-api-key").restored
    assert story.secret("sendgrid-api-key").new_state is m.New.STAGED
    assert "can read it" in waits(story, "sendgrid-api-key")[0]


def test_where_nobody_can_tell_what_an_aws_key_reads_it_holds_all():
    story = living(beside())
    story.world.key_reads, story.world.key_unknown = (), "its user may do more than read and write data, by Admin"
    story.run(120)
    assert story.secret("openai-api-key").new_state is m.New.STAGED
    words = "may read it there: its user may do more than read and write data, by Admin"
    assert words in waits(story, "openai-api-key")[0]
    looked = next(r for r in story.log if isinstance(r.event, e.KeyLookedUp))
    assert "could not read which new keys aws-access-key could read: its user" in sentence(looked, story.incident)


def test_until_iam_has_answered_an_aws_key_holds_all():
    story = living(beside())
    story.world.key_reads = ()
    unanswered(story, 60)
    assert "is not dead and may read it there; IAM has not answered yet" in waits(story, "openai-api-key")[0]
    assert (Op.LOOK_UP_KEY, AWS.name) in story.ops()
    claim = story.begin(Op.LOOK_UP_KEY)
    story.finish(claim, e.OperationFailed(claim.number, Op.LOOK_UP_KEY, "Refused", "iam: no", None))
    unanswered(story, 60)
    assert story.secret("openai-api-key").new_state is m.New.STAGED


def test_a_secret_that_is_added_later_is_asked_about_too():
    story = living(beside())
    story.world.key_reads = ()
    story.run(30)
    story.do(c.AddSecret(wanted(entry("sendgrid-api-key"))), CHLOE)
    unanswered(story, 5)
    assert (Op.LOOK_UP_KEY, AWS.name) in story.ops()
    story.world.key_reads = ("sendgrid-api-key",)
    story.run(120)
    assert story.secret("sendgrid-api-key").new_state is m.New.STAGED


def test_what_was_said_of_one_key_says_nothing_of_another_that_a_person_chooses():
    story = living(beside())
    story.world.key_reads = ()
    story.work(only={Op.CAPTURE, Op.LOOK_UP_KEY})
    key = story.secret(AWS.name)
    assert not keys_held(story.incident, story.secret("openai-api-key"))
    other = put(story.incident, replace(key, old=replace(key.old, key_id="AKIAOTHER")))
    assert keys_held(other, other.secrets["openai-api-key"]) == (AWS.name,)
    assert to_be_asked(other, other.secrets[AWS.name])


def test_of_an_aws_key_without_a_known_id_nobody_is_asked():
    story = living(beside(aws=structs.replace(AWS, capabilities=capabilities(identifies=False)))).run(60)
    assert not [r for r in story.log if isinstance(r.event, e.KeyLookedUp)]
    assert keys_held(story.incident, story.secret("openai-api-key")) == (AWS.name,)


def test_what_a_leaked_key_can_reach_is_asked_even_if_it_holds_nothing_and_is_proposed_until_people_judged_it():
    story = Story(declaration(wanted(AWS, m.Strategy.OVERLAP), wanted(entry(), replace=False)))
    story.world.key_beyond = {"stripe-key": "/production/stripe-key", "openai-api-key": "/production/openai-api-key"}
    story.run(20)
    assert len([r for r in story.log if isinstance(r.event, e.KeyLookedUp)]) == 1
    [owed] = [item for item in open_items(story.incident) if item.settled_by is c.AddSecret]
    assert owed.words == f"{AWS.name} can read stripe-key (/production/stripe-key)"
    [todo] = [one for one in todos(story.incident, story.now) if one.kind.name == "undeclared"]
    assert todo_words(story.incident, todo) == f"add what leaked too: {owed.words}"
    story.do(c.RecordFinding("impact", "nobody used it there"), CHLOE)
    assert not [item for item in open_items(story.incident) if item.settled_by is c.AddSecret]


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
    admin = entry("admin-key", parts=(Part("key", "/production/admin"),))
    aws = structs.replace(AWS, admin_parameter="/production/admin" if administered == "aws" else AWS.main.parameter)
    story = beside(aws=aws, other=admin).run(300)
    assert all(secret.settled for secret in story.incident.secrets.values()), holds


# --- a reader whom nobody can explain -------------------------------------------------------------------------------

LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
ROLE = "arn:aws:sts::111122223333:assumed-role/api/api"
KEY = "openai-api-key"


class ReadBefore(World):
    """Its parameters were read by a function's role and by a stranger; a value is staged, and not verified yet."""

    verifies = False

    def answer(self, incident, claim):
        if claim.op is Op.USAGE:
            reads = tuple(
                Read(incident.last_at, each, "192.0.2.1", "cli", "GetParameter", "/x") for each in (LAPTOP, ROLE)
            )
            return e.UsageRead(claim.number, claim.subject, "CloudTrail", START, incident.last_at, reads, (), False)
        if claim.op is Op.VERIFY and not self.verifies:
            return e.OperationYielded(claim.number, claim.op, incident.last_at + timedelta(seconds=5))
        return super().answer(incident, claim)


def read(*items):
    """The readers are known, and the new key is not in its place."""
    story = Story(declaration(*(items or (wanted(entry()),))), world=ReadBefore()).run(20)
    assert story.secret(KEY).new.promoted_at is None
    return story


def on(story, seconds=60):
    story.world.verifies = True
    return story.run(seconds)


def say(story, principal=LAPTOP, outcome=m.ReaderOutcome.UNEXPLAINED, note="nobody knows that laptop"):
    story.do(c.AccountReader(principal, outcome, note), ANNA)
    return story


def test_a_reader_of_whom_nobody_has_said_anything_holds_no_new_value():
    assert on(read()).secret(KEY).restored


def test_a_new_value_waits_while_a_reader_of_its_parameter_stands_as_unexplained():
    story = on(say(read()))
    assert story.secret(KEY).old_state is m.Old.DEAD, "the old key is killed anyway"
    assert story.secret(KEY).new_state is m.New.STAGED
    [words] = waits(story, KEY)
    assert "user/contractor-laptop read the old one where it is stored, and anna could not" in words
    assert "Remove its access, then use the new key" in words
    assert words in holds(story.incident, story.secret(KEY), story.now)


@pytest.mark.parametrize("outcome", [m.ReaderOutcome.OURS, m.ReaderOutcome.EXPLAINED])
def test_it_goes_on_once_somebody_says_whose_reads_these_were(outcome):
    story = say(on(say(read())), outcome=outcome, note="dora: my old laptop")
    assert story.run(30).secret(KEY).restored


def test_it_goes_on_at_one_press_and_the_report_tells_over_whom():
    story = on(say(read()))
    story.do(c.UseValue(KEY, "its access key is deleted"), DORA)
    story.run(30)
    assert story.secret(KEY).restored
    [allowed] = [r for r in story.log if isinstance(r.event, e.ValueAllowed)]
    assert allowed.event.readers == (LAPTOP,)
    assert "although user/contractor-laptop, not identified, read the old one there" in sentence(
        allowed, story.incident
    )


def test_a_word_for_one_stranger_does_not_count_for_the_next():
    story = on(say(read()))
    seen = promotion_digest(story.incident, story.secret(KEY))
    say(story, ROLE, note="that role is of no function")
    assert "changed since you saw it. Look" in story.refused(c.UseValue(KEY, "denied", seen), DORA)
    story.do(c.UseValue(KEY, "both are denied"), DORA)
    assert story.run(30).secret(KEY).restored


def test_it_holds_only_what_the_stranger_was_seen_reading():
    story = read(wanted(entry()), wanted(entry("other-api-key")))
    usage = story.incident.usage
    unread = replace(usage["other-api-key"], principals=())
    story.incident = replace(story.incident, usage={**usage, "other-api-key": unread})
    on(say(story))
    assert waits(story, KEY)
    assert story.secret("other-api-key").restored


def test_both_faces_say_what_a_value_waits_for_and_have_the_press():
    story = on(say(read()))
    drawn = " ".join(str(block.to_dict()) for block in incident_card(story.incident, story.now, "1:abc"))
    assert "read the old one where it is stored, and anna could not" in drawn
    assert "Use the new key…" in drawn
    lines = typed_now(story.incident, story.now)
    assert f"bot answer {story.incident.id} held:{KEY} used --note TEXT" in lines


def test_what_a_living_key_is_ended_with_does_not_wait_for_that():
    admin = entry("admin-key", parts=(Part("key", "/production/admin"),))
    story = read(wanted(entry(admin_parameter="/production/admin")), wanted(admin))
    on(say(story), 300)
    assert all(secret.gone for secret in story.incident.secrets.values())
    assert story.secret("admin-key").restored
    assert waits(story, KEY), "nothing is ended with this one"


def test_the_reading_is_waited_for_a_few_seconds_and_only_where_a_reader_of_others_is_unexplained():
    story = say(read(wanted(entry()), wanted(entry("other-api-key"))))
    late = replace(story.secret("other-api-key").new, verified_at=story.now)
    unread = {name: seen for name, seen in story.incident.usage.items() if name == KEY}
    incident = replace(story.incident, usage=unread)
    other = replace(story.secret("other-api-key"), new=late)
    assert promoted_from(incident, other, story.now) == story.now + READING_WAITS
    assert promoted_from(story.incident, other, story.now) == story.now
    assert promoted_from(replace(incident, readers={}), other, story.now) == story.now
