"""Given a plan, when people consent to it, change it or lose their rights: on whose word a kill may start, or who is
still needed.
"""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import (
    KILL_WINDOW,
    MissingConsent,
    kill_allowed,
    kill_basis,
    press_missing,
    superseded,
)
from bot.incident.approval.consent import unentitled
from bot.incident.approval.plan import plan_of
from bot.incident.operations import Op
from bot.incident.state import Basis
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef, Owner
from bot.model.secrets import Data, Kill, Outage
from bot.phrases import plans
from bot.phrases.plans import step_words
from tests.support.consents import SHOWN, shown
from tests.support.incidents import (
    ALL,
    ANNA,
    BEN,
    CHLOE,
    DORA,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    wanted,
)

NAME = "openai-api-key"
OVERLAP = m.Strategy.OVERLAP


def fatal_entry(name=NAME, **changes):
    return entry(name, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN, **changes)


FATAL = fatal_entry()
PERSON = capabilities(makes=Makes.PERSON)
SWAPS = capabilities(makes=Makes.INSTALL, revoke_needs_replacement=True, swaps=True)
KILL, APPROVAL, GLASS = m.ConsentKind.KILL, m.ConsentKind.APPROVAL, m.ConsentKind.BREAK_GLASS
KEYS = (KeyRef("one"), KeyRef("two"))


def ready(secret=None, by=ANNA, strategy=m.Strategy.KILL_FIRST):
    story = Story(declaration(wanted(secret or entry(), strategy)), by)
    return story.work(only={Op.CAPTURE, Op.TICK, Op.SNAPSHOT})


def basis(story, name=NAME):
    return kill_basis(story.incident, story.secret(name), story.now)


def rests(story, name=NAME):
    """The kind and the people, or who is needed."""
    found = basis(story, name)
    return (found.kind, *(giver.name for giver in found.givers)) if isinstance(found, Basis) else found.whom


def withdraw(story, kind, name):
    return story.do(c.WithdrawConsent(NAME, kind, name, "anna left."), m.BOT)


# --- what a kill rests on -------------------------------------------------------------------------------------------


def test_one_responder_or_two_people_or_broken_glass():
    assert rests(ready()) == (KILL, "anna")
    story = ready(FATAL)
    assert basis(story) == MissingConsent("revoking it cannot be undone and stops the product", ("anna",), 1, True)
    assert rests(story) == "anyone with approve except anna"
    story.approve(BEN)
    assert rests(story) == (APPROVAL, "ben", "anna")
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), CHLOE)
    assert rests(story) == (GLASS, "chloe")


def test_where_one_with_approve_made_the_plan_any_responder_is_the_other():
    story = ready(FATAL, by=BEN)
    assert rests(story) == "anyone with respond except ben"
    assert "cannot be its second approver. Needed: anyone with respond except ben." in story.refused(
        story.approval(), BEN
    )
    story.approve(DORA)
    assert rests(story) == (APPROVAL, "ben", "dora")


def test_a_plan_of_somebody_without_rights_takes_two_others():
    story = ready(FATAL, by=STRANGER)
    assert rests(story) == "two responders, one of them with approve"
    assert story.approve(BEN)
    assert rests(story) == "anyone with respond except ben"
    assert story.incident.request is not None
    assert "ben already made or approved the plan of openai-api-key and" in story.refused(story.approval(), BEN)
    story.approve(DORA)
    assert rests(story) == (APPROVAL, "ben", "dora")
    assert story.incident.request is None


def test_two_responders_without_approve_are_not_enough():
    story = ready(FATAL, by=STRANGER)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    assert rests(story) == "anyone with approve except anna or dora"
    assert "may not approve" in story.refused(story.approval(), DORA)
    story.approve(CHLOE)
    assert rests(story) == (APPROVAL, "chloe", "anna")


def test_pressing_kill_consents_to_the_plan_as_it_is():
    story = ready(FATAL)
    (asked,) = story.do(c.KillNow(NAME, SHOWN), BEN)
    assert asked == e.KillRequested(
        NAME, False, plan_of(story.incident, story.secret()).digest, tuple(sorted(BEN.rights))
    )
    assert rests(story) == (APPROVAL, "ben", "anna")


def test_pressing_kill_in_an_overlap_consents_although_the_new_key_was_brought():
    story = ready(FATAL, strategy=OVERLAP)
    story.do(c.AnnounceSubmission(NAME, "a" * 16), DORA)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    assert rests(story) == "anyone with approve except anna"
    story.do(c.Tick(), m.BOT)
    story.approve(BEN)
    assert rests(story) == (APPROVAL, "ben", "anna")


def test_whoever_may_approve_and_not_respond_is_neither():
    story = ready(FATAL)
    finn = m.Actor("finn", frozenset({m.Right.APPROVE}))
    assert "may not respond" in story.refused(story.approval(), finn)


def test_an_account_that_is_not_in_the_people_file_may_kill_alone_and_is_never_one_of_two():
    oncall = m.Actor("slack:U0ONCALL", ALL)
    assert rests(ready(by=oncall)) == (KILL, "slack:U0ONCALL")
    story = ready(FATAL, by=oncall)
    assert rests(story) == "two responders, one of them with approve"
    assert "so the account could be anyone's" in story.refused(story.approval(), oncall)
    assert "so the account could be anyone's" in story.refused(c.ChooseStrategy(NAME, OVERLAP, "customers"), oncall)


# --- who changes the plan has consented to it, and nobody else any more ---------------------------------------------


def captured(secret, by=ANNA, strategy=m.Strategy.KILL_FIRST):
    """Two keys can be it."""
    story = Story(declaration(wanted(secret, strategy)), by)
    story.begin(Op.CAPTURE)
    story.record(e.OldCaptured(1, NAME, "f" * 12, {"/production/openai-api-key": 1}, True, KEYS))
    story.do(c.Tick(), m.BOT)
    return story


@pytest.mark.parametrize(
    "change",
    [
        c.ChooseCandidate(NAME, "two"),
        c.AnnounceSubmission(NAME, "a" * 16),
        c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "abuse"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_whoever_changes_key_strategy_or_value_makes_the_plan(change):
    story = captured(FATAL)
    if isinstance(change, c.ChooseStrategy):
        story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), BEN)
        story.agree(CHLOE)
    story.approve(CHLOE)
    story.do(change, BEN)
    assert rests(story) == "anyone with respond except ben"
    story.do(c.Tick(), m.BOT)
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)
    story.approve(ANNA)  # who declared it may second what another has made of it
    assert rests(story) == (APPROVAL, "ben", "anna")


def test_what_the_machine_finds_out_leaves_the_plan_to_whoever_made_it_and_asks_the_others_again():
    story = Story(declaration(wanted(FATAL)))
    story.do(c.KillNow(NAME, SHOWN), BEN)  # before anything is known of the key
    assert rests(story) == (APPROVAL, "ben", "anna")
    story.work(only={Op.CAPTURE, Op.TICK})
    assert rests(story) == "anyone with approve except anna"
    assert set(story.incident.request.plans) == {NAME}
    story.do(c.KillNow(NAME, SHOWN), BEN)
    assert rests(story) == (APPROVAL, "ben", "anna")


def test_a_kill_that_one_may_decide_is_not_asked_for_again_when_the_key_becomes_known():
    story = Story(declaration(), STRANGER)
    assert press_missing(story.incident, story.secret(), story.now)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.work(only={Op.CAPTURE, Op.TICK})
    assert rests(story) == (KILL, "anna")


def test_a_kill_by_one_rests_on_whoever_chose_the_key_since():
    story = captured(entry())
    story.do(c.ChooseCandidate(NAME, "two"), DORA)
    assert rests(story) == (KILL, "dora")


def test_one_responder_cannot_turn_an_approved_overlap_into_a_kill_at_once():
    story = ready(FATAL, by=BEN, strategy=OVERLAP)
    story.approve(CHLOE)
    assert rests(story) == (APPROVAL, "chloe", "ben")
    story.do(c.KillNow(NAME, SHOWN), DORA)
    assert step_words(plan_of(story.incident, story.secret()))[0].startswith("revoke the old key")
    assert rests(story) == "anyone with approve except dora"


def test_an_overlap_that_two_agreed_to_needs_nobody_at_its_end():
    story = ready(FATAL)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.agree(BEN)
    assert story.secret().chosen_by == "anna"
    assert rests(story) == (APPROVAL, "ben", "anna")
    assert not story.incident.request
    story.run(60)
    assert story.secret().old_state is m.Old.ALIVE
    story.run(1000)
    assert story.secret().gone


def test_an_overlap_ends_the_wish_to_kill_at_once():
    story = ready()
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.agree(BEN)
    story.run(60)
    assert story.secret().kill is None
    assert story.secret().old_state is m.Old.ALIVE


def test_a_plan_that_comes_back_has_to_be_agreed_to_anew():
    story = ready(FATAL)
    before = story.incident.request.plans
    story.approve(CHLOE)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.agree(CHLOE)
    story.do(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "abuse"), ANNA)
    story.do(c.Tick(), m.BOT)
    assert story.incident.request.plans == before
    assert rests(story) == "anyone with approve except anna"


def test_an_overlap_that_two_agree_to_mends_the_glass():
    story = ready(FATAL)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), DORA)
    story.agree(BEN)
    assert rests(story) == (APPROVAL, "ben", "anna")
    assert story.secret().broken.name == "dora"


def test_broken_glass_is_for_the_key_that_was_meant():
    story = captured(FATAL)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    story.do(c.ChooseCandidate(NAME, "two"), ANNA)
    assert rests(story) == (GLASS, "anna")
    story.do(c.ChooseCandidate(NAME, "one"), DORA)
    assert rests(story) == "anyone with approve except dora"


def test_a_rejection_takes_all_consents_back():
    story = ready(FATAL, by=STRANGER)
    story.approve(BEN)
    story.do(c.RejectPlan(story.digest(), "wrong key"), CHLOE)
    assert rests(story) == "two responders, one of them with approve"
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.do(c.Tick(), m.BOT)
    story.approve(CHLOE)
    assert rests(story) == (APPROVAL, "chloe", "dora")


# --- how many kills one responder each may decide -------------------------------------------------------------------


def slots(story):
    return [r.event.secret for r in story.log if isinstance(r.event, e.KillRequested) and r.event.slot]


def many(count, **changes):
    return [wanted(entry(f"key-{n}", **changes)) for n in range(count)]


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_first_three_of_a_declaration_are_killed_and_the_rest_is_one_request(environment):
    story = Story(declaration(*many(5), environment=environment)).run(60)
    assert slots(story) == ["key-0", "key-1", "key-2"]
    assert [secret.gone for secret in story.incident.secrets.values()] == [True] * 3 + [False] * 2
    assert set(story.incident.request.plans) == {"key-3", "key-4"}
    found = basis(story, "key-4")
    assert found.why == f"one person may revoke at most 3 old keys in {environment} within 12 hours"
    story.approve(BEN)
    assert story.run(60).incident.worries == ()


def test_the_most_harmful_take_the_slots_and_those_that_need_two_take_none():
    fatal = wanted(entry("fatal", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN, data=Data.CHILDREN))
    by_hand = wanted(entry("by-hand", can=capabilities(revokes=RevokedBy.PERSON), data=Data.CHILDREN))
    story = Story(declaration(fatal, by_hand, *many(3), wanted(entry("children", data=Data.CHILDREN))))
    assert slots(story) == ["key-0", "key-1", "children"]


def test_a_slot_lapses_with_its_twelve_hours_and_the_kill_is_decided_anew():
    story = captured(entry())  # which of two keys it is nobody says
    assert rests(story) == (KILL, "anna")
    story.now += KILL_WINDOW
    assert rests(story) == "anyone with approve except anna"
    story.do(c.Tick(), m.BOT)
    assert set(story.incident.request.plans) == {NAME}
    assert story.do(c.KillNow(NAME, SHOWN), ANNA)[0].slot
    assert rests(story) == (KILL, "anna")
    assert story.incident.request is None


def test_a_kill_for_which_no_slot_was_free_can_take_one_later():
    story = Story(declaration(*many(4))).work(only={Op.CAPTURE, Op.TICK})
    assert "It needs a second approver, because one person may revoke at most 3 old" in story.refused(
        c.KillNow("key-3", SHOWN)
    )
    story.now += KILL_WINDOW
    assert story.do(c.KillNow("key-3", SHOWN))[0].slot
    assert rests(story, "key-3") == (KILL, "anna")


def test_no_slot_is_taken_twice_within_its_time():
    story = captured(entry())
    story.do(c.ChooseCandidate(NAME, "two"), DORA)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.agree(BEN)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    assert slots(story) == [NAME]
    assert rests(story) == (KILL, "dora")


ANOTHER = "d" * 64
"""The digest of another plan than today's."""


def test_a_wish_to_kill_that_names_no_plan_is_none():
    assert "Name the plan by its digest" in ready(by=STRANGER).refused(c.KillNow(NAME, ""), ANNA)


def test_a_stale_wish_to_kill_is_taken_and_is_no_second_consent():
    story = ready(FATAL)
    seen = shown(story.incident, c.KillNow(NAME, SHOWN))
    story.record(e.RevocationNeedsOwner(9, NAME, Owner("svc-1", "service account “app”", True)))
    assert "The plan changed since it was shown" in story.refused(seen, BEN)
    assert rests(story) == "two responders, one of them with approve"  # nor is the author's word for this
    story.do(c.KillNow(NAME, SHOWN), BEN)
    assert rests(story) == "anyone with respond except ben"


@pytest.mark.parametrize("secret", [entry(), FATAL], ids=["one would do", "two are needed"])
def test_a_stale_wish_about_another_key_turns_an_overlap_into_a_kill_and_decides_on_none(secret):
    story = captured(secret, strategy=OVERLAP)
    story.do(c.ChooseCandidate(NAME, "one"), ANNA)
    seen = shown(story.incident, c.KillNow(NAME, SHOWN))
    story.do(c.ChooseCandidate(NAME, "two"), DORA)
    (asked,) = story.do(seen, CHLOE)
    assert (asked.plan, story.secret().kill.name, story.secret().author) == (seen.digest, "chloe", None)
    assert not kill_allowed(story.incident, story.secret(), story.now)
    assert story.secret().kill is not None
    story.do(c.KillNow(NAME, SHOWN), CHLOE)
    assert rests(story) == ((KILL, "chloe") if secret is not FATAL else "anyone with respond except chloe")


def test_a_wish_to_kill_the_same_key_counts_alone_whatever_else_of_the_plan_has_changed():
    story = ready(strategy=OVERLAP)
    seen = shown(story.incident, c.KillNow(NAME, SHOWN))
    story.do(c.AnnounceSubmission(NAME, "a" * 16), BEN)
    story.do(seen, DORA)
    assert rests(story) == (KILL, "dora")
    fatal = ready(fatal_entry(can=SWAPS), strategy=OVERLAP)
    seen = shown(fatal.incident, c.KillNow(NAME, SHOWN))
    fatal.do(c.AnnounceSubmission(NAME, "a" * 16), BEN)
    fatal.do(seen, DORA)
    assert rests(fatal) == "two responders, one of them with approve"


@pytest.mark.parametrize(("can", "asked"), [(PERSON, 1), (SWAPS, 2)])
def test_a_handed_over_key_is_agreed_to_again_only_if_it_is_in_use_before_the_revocation(can, asked):
    story = Story(declaration(*[wanted(fatal_entry(name, can=can)) for name in ("a", "b", "c")]))
    story.work(only={Op.CAPTURE, Op.TICK, Op.SNAPSHOT})
    seen = story.approval()
    for name in ("b", "c"):
        story.do(c.AnnounceSubmission(name, "a" * 16), ANNA)
    story.work(only={Op.RECEIVE, Op.TICK})
    assert all(story.secret(name).new.staged for name in ("b", "c"))
    assert sum(isinstance(recorded.event, e.ApprovalRequested) for recorded in story.log) == asked
    if can is SWAPS:
        assert "The plan changed since you saw it" in story.refused(seen, BEN)
    else:
        assert set(story.do(seen, BEN)[0].plans) == {"a", "b", "c"}


def test_an_approval_covers_what_is_left_of_what_it_showed_and_never_more():
    story = Story(declaration(*[wanted(fatal_entry(name)) for name in ("a", "b", "c")]))
    story.work(only={Op.CAPTURE, Op.TICK, Op.SNAPSHOT})
    seen = story.approval()
    story.do(c.BreakGlass({"a": SHOWN}, "abuse"), ANNA)  # it waits for no second person any more
    assert story.approval() == seen
    story.do(c.ChooseStrategy("b", OVERLAP, "customers"), ANNA)
    story.agree(CHLOE)  # another plan than was shown
    assert set(story.do(seen, BEN)[0].plans) == {"c"}
    before = Story(declaration(wanted(FATAL))).work(only={Op.CAPTURE, Op.TICK, Op.SNAPSHOT})
    shown_first = before.approval()
    before.run(2000)  # it has expired, and was asked again
    assert before.approval() != shown_first


def test_a_wish_from_before_the_capture_counts_alone_once_the_one_key_is_known():
    story = Story(declaration(), STRANGER)
    seen = shown(story.incident, c.KillNow(NAME, SHOWN))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.do(seen, ANNA)
    assert rests(story) == (KILL, "anna")


def test_another_value_than_was_declared_leaves_nobody_who_has_decided():
    target = m.Target(m.TargetKind.CONFIRMED, "a" * 12)
    story = Story(declaration(wanted(target=target)))
    story.begin(Op.CAPTURE)
    story.record(e.OldCaptured(1, NAME, "f" * 12, {"/production/openai-api-key": 1}, True, KEYS[:1]))
    assert rests(story) == "any responder"
    assert press_missing(story.incident, story.secret(), story.now)


def test_an_overlap_that_was_proposed_for_another_key_is_proposed_again():
    story = captured(entry())
    story.do(c.ChooseCandidate(NAME, "one"), ANNA)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.do(c.ChooseCandidate(NAME, "two"), DORA)
    assert "revoke changed since this was proposed" in story.refused(story.proposed(), BEN)


def test_glass_is_broken_for_the_key_that_was_shown():
    story = captured(FATAL)
    story.do(c.ChooseCandidate(NAME, "one"), ANNA)
    seen = shown(story.incident, c.BreakGlass({NAME: SHOWN}, "abuse"))
    story.do(c.ChooseCandidate(NAME, "two"), DORA)
    assert "The plan changed since it was shown" in story.refused(seen, ANNA)


def test_a_review_is_of_the_glass_that_was_shown():
    story = ready(FATAL)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    seen = shown(story.incident, c.ReviewGlass("it was right", SHOWN))
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.agree(BEN)
    story.do(c.BreakGlass({NAME: SHOWN}, "again"), DORA)
    assert "Look again, then decide" in story.refused(seen, CHLOE)
    story.do(c.ReviewGlass("it was right", SHOWN), CHLOE)


def test_consents_to_another_plan_are_asked_for_anew_and_it_is_said_whose():
    story = ready(FATAL, by=STRANGER)
    story.record(e.KillRequested(NAME, rights=(m.Right.RESPOND,), plan=ANOTHER), "anna")
    story.record(e.PlanApproved({NAME: ANOTHER}, story.now + KILL_WINDOW, (m.Right.RESPOND, m.Right.APPROVE)), "ben")
    assert not kill_allowed(story.incident, story.secret(), story.now)
    assert superseded(story.incident, story.secret()) == ("anna", "ben")
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.approve(BEN)
    assert superseded(story.incident, story.secret()) == ()
    assert rests(story)[0] == APPROVAL


def test_rewording_a_plan_is_the_same_plan(monkeypatch):
    story = ready(FATAL, by=STRANGER)
    before = plan_of(story.incident, story.secret())
    monkeypatch.setattr(plans, "_words", lambda _plan, step: f"do {step.does}")
    assert step_words(before)[0] == "do revoke"
    assert plan_of(story.incident, story.secret()).digest == before.digest


# --- who lost the right before the kill -----------------------------------------------------------------------------


def test_one_consent_withdrawn_leaves_the_next_to_stand():
    story = ready(FATAL)
    story.approve(BEN)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), CHLOE)
    assert withdraw(story, GLASS, "chloe") == (e.ConsentWithdrawn(NAME, GLASS, "chloe", "anna left."),)
    assert rests(story) == (APPROVAL, "ben", "anna")
    withdraw(story, APPROVAL, "ben")
    assert not kill_allowed(story.incident, story.secret(), story.now)
    assert (Op.REVOKE, NAME) not in story.ops()
    story.do(c.Tick(), m.BOT)
    assert story.incident.request is not None


def test_both_people_of_an_approval_are_asked_about():
    story = ready(FATAL)
    story.approve(BEN)

    def asked(*gone):
        body = unentitled(story.incident, story.secret(), story.now, lambda name, right: (name, right) not in gone)
        return body and (body.kind, body.name, body.reason)

    assert asked() is None
    assert asked(("anna", m.Right.RESPOND))[:2] == (APPROVAL, "anna")
    assert asked(("anna", m.Right.APPROVE)) is None
    assert asked(("ben", m.Right.APPROVE))[2] == "ben no longer has the right to approve in the people file."
    withdraw(story, APPROVAL, "anna")
    assert rests(story) == "anyone with respond except ben"


def test_nobodys_consent_is_taken_out_where_the_others_are_enough():
    story = ready(FATAL, by=BEN)
    story.approve(CHLOE)
    gone = {("ben", m.Right.APPROVE)}
    assert unentitled(story.incident, story.secret(), story.now, lambda *right: right not in gone) is None
    gone = {("chloe", m.Right.APPROVE)}
    assert unentitled(story.incident, story.secret(), story.now, lambda *right: right not in gone) is None
    gone = {("ben", m.Right.APPROVE), ("chloe", m.Right.APPROVE)}
    assert unentitled(story.incident, story.secret(), story.now, lambda *right: right not in gone).name == "chloe"


def test_a_kill_withdrawn_can_be_asked_for_by_somebody_else():
    story = ready()
    withdraw(story, KILL, "anna")
    assert (Op.REVOKE, NAME) not in story.ops()
    assert "an approval of a revocation no longer counts" in story.incident.milestones
    assert press_missing(story.incident, story.secret(), story.now)
    assert not story.do(c.KillNow(NAME, SHOWN), BEN)[0].slot  # it has one
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_consent_on_which_nothing_rests_any_more_is_left_alone():
    story = ready()
    assert withdraw(story, KILL, "ben") == ()
    assert withdraw(story, GLASS, "anna") == ()
    assert story.do(c.WithdrawConsent("redis", KILL, "anna", "x"), m.BOT) == ()
    story.run(5)
    assert withdraw(story, KILL, "anna") == ()
    assert ANNA.name == story.secret().kill.name


def test_what_a_kill_began_on_is_kept():
    story = Story(declaration(wanted(FATAL))).run(5)
    story.approve(BEN, after=90)
    story.run(60)
    assert [giver.name for giver in story.secret().began_on.givers] == ["ben", "anna"]
    assert story.secret().began_on.at - story.incident.declared.at == timedelta(seconds=95)
