"""Someone leaves: nothing is made before a second person agrees, and nothing is stored where they can read it."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import MissingConsent, kill_basis, rests_on
from bot.incident.approval.planned import not_planned
from bot.incident.closing.open_items import acceptable, left_digest, open_items
from bot.incident.departure.rules import departure_digest
from bot.incident.departure.schedule import AGAIN, AGAIN_UNKNOWN
from bot.incident.new_value.promotion import promotion_words
from bot.incident.offer import NEEDED
from bot.incident.offers import available, filled, may, unblocked
from bot.incident.order import holds
from bot.incident.routine import over
from bot.incident.state import Basis
from bot.model.capabilities import Makes
from bot.model.departures import Leaver, Reach
from bot.model.keys import KeyRef
from bot.model.secrets import Kill, Outage
from bot.phrases.events import sentence
from bot.phrases.rotations import run_lines
from tests.support.departures import CAN, departure
from tests.support.incidents import ALL, ANNA, BEN, CHLOE, STRANGER, Story, World, capabilities, entry, wanted
from tests.support.rotations import OVERLAP
from tests.support.typed import typed_now

NAME = "openai-api-key"
DAN = m.Actor("dan", frozenset({m.Right.RESPOND, m.Right.COMMAND}))


class Leaving(World):
    """What the leaver can read is what `reaches` says."""

    def __init__(self, *reaches, unknown=()) -> None:
        super().__init__()
        self.reaches, self.unknown = reaches, unknown


def begun(*secrets, world=None, **changes):
    return Story(departure(*secrets, **changes), CHLOE, world or Leaving()).run(60)


def agreement(story):
    return c.AgreeDeparture(departure_digest(story.incident))


def agreed(*secrets, by=BEN, **changes):
    story = begun(*secrets, **changes)
    story.do(agreement(story), by)
    return story.run(60)


# --- the second person ----------------------------------------------------------------------------------------------


def test_nothing_is_made_before_a_second_person_agrees():
    story = begun().run(24 * 3600)
    assert story.secret().new_state is m.New.NONE
    assert story.secret().old_state is m.Old.ALIVE
    assert "nothing is made before a second person approves the departure of mallory" in [
        *holds(story.incident, story.secret(), story.now)
    ]
    assert story.incident.request is None  # one question, not one for each secret besides


def test_then_it_is_replaced_and_after_the_overlap_the_old_one_ends_by_the_word_of_the_two():
    story = agreed()
    assert story.secret().new_state is m.New.LIVE
    basis = kill_basis(story.incident, story.secret(), story.now)
    assert isinstance(basis, Basis)
    assert rests_on(basis) == "the departure, by chloe and ben"
    assert story.secret().old.revoked_at is None
    story.run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.DEAD


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (CHLOE, "chloe began this departure. Another person"),
        (ANNA, "anna cannot approve or command incidents"),
        (m.Actor("slack:U0", ALL), "not in the people file"),
        (m.Actor("mallory", ALL), "Another person in the people file must"),
    ],
)
def test_who_cannot_be_the_second_person(by, words):
    story = begun()
    assert words in story.refused(agreement(story), by)
    assert story.secret().new_state is m.New.NONE


def test_what_an_account_without_an_entry_began_two_people_agree_to():
    """The first of them may be who began it."""
    role = m.Actor("arn:aws:sts::123456789012:assumed-role/OnCall/session", ALL)
    story = Story(departure(), role, Leaving()).run(60)
    story.do(agreement(story), CHLOE)
    assert story.run(3600).secret().new_state is m.New.NONE
    assert "chloe added" in story.refused(agreement(story), CHLOE)
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.AgreeDeparture]
    assert (may(CHLOE, offer), may(BEN, offer)) == (False, True)
    story.do(agreement(story), BEN)
    story.run(60)
    assert rests_on(kill_basis(story.incident, story.secret(), story.now)) == "the departure, by chloe and ben"


def test_an_agreement_to_what_was_changed_since_is_none_of_the_two():
    role = m.Actor("arn:aws:sts::123456789012:assumed-role/OnCall/session", ALL)
    story = Story(departure(), role, Leaving()).run(60)
    story.do(agreement(story), CHLOE)
    story.do(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "at once"), role)
    story.do(agreement(story), BEN)
    assert story.run(3600).secret().new_state is m.New.NONE
    story.do(agreement(story), CHLOE)
    assert story.run(3600).secret().new_state is not m.New.NONE


def test_one_who_may_command_is_a_second_person_too():
    story = agreed(by=DAN)
    assert rests_on(kill_basis(story.incident, story.secret(), story.now)) == "the departure, by chloe and dan"


def test_what_is_agreed_to_is_what_was_shown():
    story = begun()
    shown = agreement(story)
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), CHLOE)
    assert "The rotations of inc_ab3cde changed since you saw them. Look again." in story.refused(shown, BEN)
    story.do(agreement(story), BEN)
    assert "No rotation of inc_ab3cde needs a second approver. It was agreed by ben" in story.refused(
        agreement(story), BEN
    )


def test_a_secret_that_is_added_later_waits_for_another_agreement():
    story = agreed()
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), CHLOE)
    story.run(3600)
    assert story.secret("redis").new_state is m.New.NONE
    story.do(agreement(story), BEN)
    story.run(3600)
    assert story.secret("redis").new_state is m.New.LIVE


def test_whoever_adds_a_secret_does_not_agree_to_it():
    story = agreed()
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), BEN)
    assert "ben added redis, changed how it is rotated or approved that. Another person" in story.refused(
        agreement(story), BEN
    )
    [offer] = unblocked(available(story.incident, story.now), c.AgreeDeparture)
    assert [may(actor, offer) for actor in (BEN, DAN, CHLOE, ANNA)] == [False, True, True, False]
    story.run(OVERLAP + 3600)
    assert story.secret("redis").new_state is m.New.NONE
    assert not [r for r in story.log if isinstance(r.event, e.AccessRevoked) and r.event.secret == "redis"]


def test_nor_is_a_value_taken_that_a_person_brings():
    story = begun(wanted(entry(can=capabilities(makes=Makes.PERSON)), m.Strategy.OVERLAP))
    brings = c.AnnounceSubmission(NAME, "a" * 16)
    words = f"{NAME}: no new key is accepted before a second person approves the departure of mallory."
    assert story.refused(brings, BEN) == words
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.AnnounceSubmission]
    assert (offer.urgency is NEEDED, offer.blocked) == (False, words)
    story.do(agreement(story), BEN)
    story.do(brings, BEN)
    assert story.run(60).secret().new_state is m.New.LIVE


def test_nor_does_whoever_last_changed_how_it_is_rotated():
    story = begun(wanted(entry(), m.Strategy.OVERLAP, replace=False))
    story.do(c.AskReplacement(NAME), BEN)
    assert "changed how it is rotated" in story.refused(agreement(story), BEN)
    assert story.do(agreement(story), DAN) == (e.DepartureAgreed((NAME,), DAN.recorded),)


def test_two_agree_to_what_the_other_has_added():
    story = begun()
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), BEN)
    assert story.do(agreement(story), BEN) == (e.DepartureAgreed((NAME,), BEN.recorded),)
    assert story.do(agreement(story), CHLOE) == (e.DepartureAgreed(("redis",), CHLOE.recorded),)
    story.run(60)
    on = [rests_on(kill_basis(story.incident, story.secret(name), story.now)) for name in (NAME, "redis")]
    assert on == ["the departure, by chloe and ben", "the departure, by ben and chloe"]
    story.run(OVERLAP + 3600)
    assert story.secret("redis").old_state is m.Old.DEAD


def test_the_kill_of_what_was_added_ends_with_the_right_of_either():
    story = agreed()
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), ANNA)
    story.do(agreement(story), BEN)
    basis = partial(kill_basis, story.incident, story.secret("redis"), story.now)
    assert isinstance(basis(lambda name, _right: name != "chloe"), Basis)
    assert isinstance(basis(lambda name, _right: name != "anna"), MissingConsent)
    assert isinstance(basis(lambda name, _right: name != "ben"), MissingConsent)


def test_adding_a_secret_as_kill_first_kills_nothing():
    story = agreed()
    events = story.do(c.AddSecret(wanted(entry("redis"))), CHLOE)
    assert [type(event) for event in events] == [e.SecretAdded]


def test_the_agreement_ends_with_the_right_of_either():
    story = agreed()
    for lost in ("chloe", "ben"):
        basis = kill_basis(story.incident, story.secret(), story.now, lambda name, _right, lost=lost: name != lost)
        assert not isinstance(basis, Basis)


def test_a_kill_that_takes_the_product_down_for_good_is_asked_about_again():
    fatal = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    story = agreed(wanted(fatal, m.Strategy.OVERLAP)).run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    assert story.incident.request is not None
    story.approve(BEN)
    assert story.run(3600).secret().old_state is m.Old.DEAD


class Ambiguous(Leaving):
    """Two keys at the provider can be the one."""

    def answer(self, incident, claim):
        answer = super().answer(incident, claim)
        if isinstance(answer, e.OldCaptured):
            keys = (KeyRef("one", "first"), KeyRef("two", "second"))
            return replace(answer, candidates=keys)
        return answer


def test_which_of_several_keys_ends_is_not_for_one_person_to_choose_on_the_word_of_two():
    story = agreed(world=Ambiguous()).run(600)
    story.do(c.ChooseCandidate(NAME, "two"), ANNA)
    story.run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    assert "one person chose which" in not_planned(story.incident, story.secret())
    assert story.incident.request is not None
    story.approve(BEN)
    assert story.run(3600).secret().old_state is m.Old.DEAD


class Sharing(Leaving):
    """Another secret has the same value."""

    def answer(self, incident, claim):
        answer = super().answer(incident, claim)
        if isinstance(answer, e.OldCaptured):
            return replace(answer, shared=("openai-batch (production)",))
        return answer


def test_what_revokes_another_secret_with_it_is_asked_about_again():
    story = agreed(world=Sharing()).run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    words = "openai-batch (production) has the same key"
    assert not_planned(story.incident, story.secret()) == words
    story.approve(BEN)  # the word of whoever began it was given before that was known
    assert story.run(60).secret().old_state is m.Old.ALIVE
    story.approve(ANNA)
    assert story.run(3600).secret().old_state is m.Old.DEAD


def test_the_second_person_is_offered_it_and_nobody_else():
    story = begun()
    [offer] = unblocked(available(story.incident, story.now), c.AgreeDeparture)
    assert [may(actor, offer) for actor in (BEN, DAN, CHLOE, ANNA, STRANGER)] == [True, True, False, False, False]
    assert any(line == "bot people departure mallory --agree" for line in typed_now(story.incident, story.now))
    assert not unblocked(available(agreed().incident, story.now), c.AgreeDeparture)


# --- access first ---------------------------------------------------------------------------------------------------


def test_no_new_value_is_made_while_the_leaver_can_read_its_parameter():
    """What is staged waits in the vault too, where whoever may read all of it could take it."""
    story = agreed(world=Leaving(CAN)).run(3600)
    assert story.secret().new_state is m.New.NONE
    assert not any(isinstance(r.event, e.ValueStaged) for r in story.log)
    [words] = promotion_words(story.incident, story.secret())
    assert words.startswith("no new key is made yet: mallory can still read it there by ReadProduction. Remove the")
    assert words in holds(story.incident, story.secret(), story.now)
    story.world.reaches = (Reach(NAME, "", (), 3),)
    story.run(AGAIN.total_seconds() + 60)
    assert story.secret().new_state is m.New.LIVE


@pytest.mark.parametrize(
    ("world", "leaver", "words"),
    [
        (Leaving(Reach(NAME, "may", ("Odd",))), None, "mallory can still read it there under a condition by Odd"),
        (Leaving(unknown=("iam: HTTP 403",)), None, "it: iam: HTTP 403"),
        (Leaving(), Leaver("mallory"), "the people file has no AWS principal for mallory"),
    ],
)
def test_what_cannot_be_told_holds_it_too_until_somebody_says_by_name_to_go_on(world, leaver, words):
    story = agreed(world=world, **({"leaver": leaver} if leaver else {})).run(3 * 3600)
    assert words in promotion_words(story.incident, story.secret())[0]
    story.do(c.UseValue(NAME, "I have seen that the user is gone"), ANNA)
    story.run(60)
    assert story.secret().new_state is m.New.LIVE


def test_a_value_that_a_person_brings_meanwhile_waits_too():
    story = agreed(wanted(entry(can=capabilities(makes=Makes.PERSON)), m.Strategy.OVERLAP), world=Leaving(CAN))
    [offer] = unblocked(available(story.incident, story.now), c.AnnounceSubmission)
    assert offer.urgency is not NEEDED
    story.do(c.AnnounceSubmission(NAME, "a" * 16), ANNA)
    story.run(600)
    assert story.secret().new_state is m.New.STAGED
    assert promotion_words(story.incident, story.secret())[0].startswith("the new key waits: mallory can still read")
    story.world.reaches = (Reach(NAME, "", (), 3),)
    story.run(AGAIN.total_seconds() + 60)
    assert story.secret().new_state is m.New.LIVE


def test_whoever_lets_it_be_made_all_the_same_is_quoted():
    story = agreed(world=Leaving(CAN))
    [offer] = unblocked(available(story.incident, story.now), c.UseValue)
    assert offer.urgency is NEEDED
    [event] = story.do(filled(offer.command, "her laptop is here"), ANNA)
    said = sentence(story.log[-1], story.incident)
    assert said == (
        f"anna accepted the new key of {NAME}, although mallory, who is leaving, can still read it there: "
        "her laptop is here"
    )
    assert event.readers == (story.incident.departure.who,)


def test_it_is_looked_up_at_once_and_again_only_while_something_waits_for_it():
    looks = [r.event for r in agreed().run(24 * 3600).log if isinstance(r.event, e.LeaverLookedUp)]
    assert len(looks) == 1
    held = agreed(world=Leaving(CAN)).run(3600)
    assert len([r for r in held.log if isinstance(r.event, e.LeaverLookedUp)]) == 1 + 3600 // AGAIN.total_seconds()
    unknown = agreed(world=Leaving(unknown=("iam: HTTP 403",))).run(3 * 3600)
    assert len([r for r in unknown.log if isinstance(r.event, e.LeaverLookedUp)]) <= 1 + 3
    assert AGAIN_UNKNOWN > AGAIN


def test_no_principal_is_asked_about_once_and_never_again():
    story = agreed(leaver=Leaver("mallory"), world=Leaving(unknown=("no principal",))).run(24 * 3600)
    assert len([r for r in story.log if isinstance(r.event, e.LeaverLookedUp)]) == 1


# --- what is owed ---------------------------------------------------------------------------------------------------


def test_what_they_read_and_nobody_rotates_is_an_open_item_until_it_is_added_or_accepted():
    story = agreed(world=Leaving(Reach("redis", "can", ("All",), 2, None)))
    words = {item.key: item.words for item in open_items(story.incident)}
    assert words["leaver:redis"] == "redis: mallory read it 2 times, and can read it; not rotated"
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), CHLOE)
    assert "leaver:redis" not in {item.key for item in open_items(story.incident)}


def test_it_closes_by_itself_once_nothing_is_open():
    story = agreed().run(OVERLAP + 4 * 3600)
    assert story.incident.open  # the list for people is theirs
    for task in list(story.incident.tasks):
        story.do(c.FinishTask(task), ANNA)
    story.do(c.CompleteStep("access"), ANNA)
    story.run(3600)
    assert not story.incident.open


def test_nobody_is_paged_and_it_has_no_channel_of_its_own():
    story = agreed().run(OVERLAP + 3600)
    assert not [r for r in story.log if isinstance(r.event, e.PageSent | e.ChannelOpened)]


def test_its_events_read_well():
    story = agreed(world=Leaving(CAN))
    told = [words for r in story.log if (words := sentence(r, story.incident))]
    assert any(words.endswith("agreed to the departure: rotate openai-api-key") for words in told)
    assert any("can still read openai-api-key; has read openai-api-key" in words for words in told)


def test_no_other_run_has_anything_to_agree_to():
    story = Story(departure(leaver=None), CHLOE)
    assert "is not a departure" in story.refused(agreement(story), BEN)
    assert timedelta(0) < AGAIN


# --- nothing of theirs to rotate ------------------------------------------------------------------------------------


def nothing(world=None, **changes):
    return Story(replace(departure(**changes), secrets=()), CHLOE, world or Leaving()).run(60)


def people_do_theirs(story):
    for task in list(story.incident.tasks):
        story.do(c.FinishTask(task), ANNA)
    story.do(c.CompleteStep("access"), ANNA)
    return story.run(3600)


def test_a_run_without_secrets_asks_what_they_can_read_all_the_same():
    story = nothing(Leaving(Reach("redis", "can", ("All",))))
    assert story.incident.departure.looked_at is not None
    assert {item.key for item in open_items(story.incident)} >= {"leaver:redis"}
    story.do(c.AddSecret(wanted(entry("redis"), m.Strategy.OVERLAP)), CHLOE)
    story.run(60)
    assert story.secret("redis").new_state is m.New.NONE  # the second person, and their access
    assert unblocked(available(story.incident, story.now), c.AgreeDeparture)


def test_it_ends_by_itself_once_people_have_done_theirs_and_never_before_it_has_looked():
    story = Story(replace(departure(), secrets=()), CHLOE, Leaving())
    assert not over(story.incident)
    assert story.run(60).incident.open
    assert not people_do_theirs(story).incident.open


def test_it_is_a_person_s_to_close_where_nobody_knows_what_they_can_read():
    story = people_do_theirs(nothing(Leaving(unknown=("no principal",)), leaver=Leaver("mallory")))
    assert story.run(24 * 3600).incident.open
    story.do(c.SkipStep("document", "IAM knows nothing of her, and her account is gone"), CHLOE)
    left = acceptable(story.incident)
    story.do(c.Close("", tuple(item.key for item in left), left_digest(left)), CHLOE)
    assert not story.incident.open


def test_what_another_run_has_is_owed_and_said_in_words_until_it_is_added_or_accepted():
    left = (m.LeftAlone(NAME, m.WhyLeft.ELSEWHERE, "inc_other1"),)
    story = nothing(Leaving(CAN), left_alone=left)
    said = {item.key: item.words for item in open_items(story.incident) if not item.must}
    assert said == {
        f"left-alone:{NAME}": f"{NAME}: in inc_other1, which does not wait until mallory can no longer read it; "
        "mallory read it 3 times, and can read it"
    } | {key: words for key, words in said.items() if key.startswith("task:")}
    assert people_do_theirs(story).incident.open
    story.do(c.AddSecret(wanted(entry(), m.Strategy.OVERLAP)), CHLOE)
    assert f"left-alone:{NAME}" not in {item.key for item in open_items(story.incident)}


def test_what_an_incident_took_over_is_not_called_not_rotated():
    both = [wanted(entry(name), m.Strategy.OVERLAP, reason="hers") for name in (NAME, "redis-url")]
    story = begun(*both, world=Leaving(CAN))
    story.do(c.HandOverSecrets("inc_leak23", (NAME,)), CHLOE)
    words = {item.key: item.words for item in open_items(story.incident)}
    assert words[f"leaver:{NAME}"] == (
        f"{NAME}: in inc_leak23, which does not wait until mallory can no longer read it; "
        "mallory read it 3 times, and can read it"
    )
    assert not [line for line in run_lines(story.incident, story.now) if line.startswith("Not rotated")]
