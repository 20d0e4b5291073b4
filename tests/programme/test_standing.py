"""Standing approvals: two people sign the same thing, and it counts only while both may still approve."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident.bounds import LONGEST_OVERLAP
from bot.incident.model import Right
from bot.incident.refusals import Declined
from bot.programme.commands import AgreeStanding, SignStanding, WithdrawStanding
from bot.programme.decide import AGREE_WITHIN
from bot.programme.state import AT_MOST
from tests.programme.conftest import AT, Office
from tests.support.searches import search

SIGN = SignStanding(
    "production",
    ("openai-api-key", "sendgrid-api-key"),
    4 * 3600.0,
    AT + AT_MOST,
    "Tue-Thu 09:00-16:00 Europe/Berlin",
    ("development", "staging"),
)


def signed(office, by="ada", command=SIGN):
    return office.say(command, by)


def agreed(office, first="ada", second="ben"):
    event = signed(office, first)
    office.say(AgreeStanding(event.approval, event.digest), second)
    return office.state.standing[event.approval]


def test_it_is_in_force_once_a_second_person_has_agreed_to_exactly_that(office):
    event = signed(office)
    assert office.in_force() is None
    office.say(AgreeStanding(event.approval, event.digest), "ben")
    found = office.in_force()
    assert (found.number, found.environment, found.secrets, found.overlap, found.when, found.until, found.order) == (
        1, "production", SIGN.secrets, SIGN.overlap, SIGN.when, SIGN.until, SIGN.order,
    )  # fmt: skip
    assert [(giver.name, giver.at) for giver in found.givers] == [("ada", AT), ("ben", AT)]
    assert office.in_force("stripe-secret-key") is None
    assert office.in_force(environment="staging") is None


def test_the_first_one_is_no_second_one(office):
    event = signed(office)
    with pytest.raises(Declined, match="cannot be its second person"):
        office.say(AgreeStanding(event.approval, event.digest), "ada")


@pytest.mark.parametrize("by", ["dan", "eve", "fay", "nobody"])
def test_it_is_signed_and_agreed_to_by_those_who_may_approve(office, by):
    with pytest.raises(Declined, match="may not approve"):
        signed(office, by)
    event = signed(office)
    with pytest.raises(Declined, match="may not approve"):
        office.say(AgreeStanding(event.approval, event.digest), by)


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "staging"},
        {"secrets": ("sendgrid-api-key", "openai-api-key")},
        {"overlap": 1.0},
        {"until": AT + timedelta(days=1)},
        {"when": ""},
        {"order": ("staging", "development")},
    ],
)
def test_a_signature_under_something_else_is_none(office, change):
    event = signed(office)
    other = Office()
    with pytest.raises(Declined, match=f"has the digest {event.digest}"):
        office.say(AgreeStanding(1, signed(other, command=replace(SIGN, **change)).digest), "ben")
    assert office.in_force() is None


def test_the_same_thing_signed_by_another_person_is_another_digest():
    assert signed(Office()).digest != signed(Office(), "ben").digest


@pytest.mark.parametrize("by", ["ada", "ben", "cleo", "dan"])
def test_either_of_the_two_withdraws_it_and_whoever_may_approve_or_command(office, by):
    agreed(office)
    office.say(WithdrawStanding(1, "the overlap was too short"), by)
    assert office.in_force() is None
    assert office.state.standing[1].why_not(office.now, office.entitled) == f"withdrawn by {by} on 2026-11-27"


def test_who_signed_withdraws_it_even_without_any_right_left(office):
    agreed(office)
    office.rights["ben"] = set()
    office.say(WithdrawStanding(1, "I left"), "ben")
    assert office.state.standing[1].withdrawn_because == "I left"


def test_others_do_not(office):
    agreed(office)
    with pytest.raises(Declined, match="eve has not signed standing approval 1"):
        office.say(WithdrawStanding(1, "x"), "eve")


def test_what_is_withdrawn_is_not_agreed_to(office):
    event = signed(office)
    office.say(WithdrawStanding(1, "wrong window"), "ada")
    with pytest.raises(Declined, match="was withdrawn by ada"):
        office.say(AgreeStanding(1, event.digest), "ben")


@pytest.mark.parametrize("name", ["ada", "ben"])
def test_it_counts_only_while_both_may_approve(office, name):
    standing = agreed(office)
    office.rights[name].discard(Right.APPROVE)
    assert office.in_force() is None
    assert standing.why_not(office.now, office.entitled) == f"{name} may not approve any more"
    office.rights[name].add(Right.APPROVE)
    assert office.in_force().number == 1


def test_it_lapses_by_time(office):
    agreed(office)
    office.now = SIGN.until - timedelta(seconds=1)
    assert office.in_force()
    office.now = SIGN.until
    assert office.in_force() is None
    assert "lapsed on" in office.state.standing[1].why_not(office.now, office.entitled)
    with pytest.raises(Declined, match="lapsed"):
        office.say(WithdrawStanding(1, "x"), "ada")


def test_the_second_signature_comes_within_a_week(office):
    event = signed(office)
    office.now += AGREE_WITHIN
    with pytest.raises(Declined, match="not agreed to in time"):
        office.say(AgreeStanding(1, event.digest), "ben")


def test_nobody_agrees_with_somebody_who_may_not_approve_any_more(office):
    event = signed(office)
    office.rights["ada"] = set()
    with pytest.raises(Declined, match="ada, who signed first"):
        office.say(AgreeStanding(1, event.digest), "ben")


def test_the_newest_one_in_force_counts(office):
    agreed(office)
    agreed(office, "ben", "cleo")
    assert office.in_force().number == 2
    office.say(WithdrawStanding(2, "x"), "ben")
    assert office.in_force().number == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secrets": ()}, "names 1 to"),
        ({"secrets": ("a", "b", "a")}, "a is named twice"),
        ({"overlap": 0.0}, "overlap"),
        ({"overlap": float("nan")}, "overlap"),
        ({"overlap": LONGEST_OVERLAP.total_seconds() + 1}, "30 days at most"),
        ({"until": AT}, "has passed"),
        ({"until": AT + AT_MOST + timedelta(seconds=1)}, "within 90 days"),
        ({"when": "x" * 201}, "one line"),
        ({"when": "Tue\nWed"}, "one line"),
    ],
)
def test_what_cannot_be_signed(office, change, words):
    with pytest.raises(Declined, match=words):
        signed(office, command=replace(SIGN, **change))
    assert office.state.number == 0


@pytest.mark.parametrize("command", [AgreeStanding(9, "x"), WithdrawStanding(9, "x")])
def test_one_that_is_not_there_is_named(office, command):
    with pytest.raises(Declined, match="no standing approval 9"):
        office.say(command, "ada")


people = st.sampled_from(["ada", "ben", "cleo", "dan", "eve", "fay"])
steps = st.one_of(
    st.tuples(st.just("sign"), people, st.integers(1, 100)),
    st.tuples(st.just("agree"), people, st.integers(1, 4)),
    st.tuples(st.just("withdraw"), people, st.integers(1, 4)),
    st.tuples(st.just("right"), people, st.just(0)),
    st.tuples(st.just("days"), people, st.integers(1, 40)),
)


@search(60)
@given(st.lists(steps, max_size=25))
def test_whatever_people_do_a_kill_rests_on_two_of_them_who_may_approve(told):
    office = Office()
    for what, who, number in told:
        standing = office.state.standing.get(number)
        try:
            match what:
                case "sign":
                    office.say(replace(SIGN, until=office.now + timedelta(days=number)), who)
                case "agree":
                    office.say(AgreeStanding(number, standing.digest if standing else ""), who)
                case "withdraw":
                    office.say(WithdrawStanding(number, "because"), who)
                case "right":
                    office.rights[who] ^= {Right.APPROVE}
                case "days":
                    office.now += timedelta(days=number)
        except Declined:
            pass
        found = office.in_force()
        if found is not None:
            names = {giver.name for giver in found.givers}
            assert len(names) == 2
            assert all(office.entitled(name, Right.APPROVE) for name in names)
            assert office.now < found.until
            assert min(giver.at for giver in found.givers) >= found.until - AT_MOST
            assert office.state.standing[found.number].withdrawn is None
