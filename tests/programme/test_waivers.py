"""Waivers: two people put a rotation off before it is due, for 90 days at most; and stopped providers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident.refusals import Declined
from bot.programme.commands import AgreeWaiver, AskWaiver, ResumeProvider, StopProvider, WithdrawWaiver
from bot.programme.state import AT_MOST
from tests.programme.conftest import AT, Office

DUE = AT + timedelta(days=10)
ASK = AskWaiver("openai-api-key", "production", AT + timedelta(days=60), "the vendor changes its API in January")


@pytest.fixture
def office(office):
    office.due["production", "openai-api-key"] = DUE
    return office


def test_one_asks_and_a_second_agrees(office):
    office.say(ASK, "eve")
    assert office.state.waiver_of("production", "openai-api-key", DUE, AT) is None
    assert [each.number for each in office.state.waiting(AT)] == [1]
    office.say(AgreeWaiver(1), "ben")
    waiver = office.state.waiver_of("production", "openai-api-key", DUE, AT)
    assert (waiver.until, waiver.due, waiver.asked.name, waiver.agreed.name) == (ASK.until, DUE, "eve", "ben")
    assert not list(office.state.waiting(AT))


def test_it_is_of_one_secret_in_one_environment(office):
    office.say(ASK, "eve")
    office.say(AgreeWaiver(1), "ben")
    assert office.state.waiver_of("staging", "openai-api-key", DUE, AT) is None
    assert office.state.waiver_of("production", "other", DUE, AT) is None


def test_after_a_rotation_it_says_nothing_of_the_next_due_date(office):
    office.say(ASK, "eve")
    office.say(AgreeWaiver(1), "ben")
    assert office.state.waiver_of("production", "openai-api-key", DUE + timedelta(days=30), AT) is None


def test_it_ends_by_time_and_when_it_is_withdrawn(office):
    office.say(ASK, "eve")
    office.say(AgreeWaiver(1), "ben")
    assert office.state.waiver_of("production", "openai-api-key", DUE, ASK.until) is None
    office.say(WithdrawWaiver(1, "the API has changed"), "eve")
    assert office.state.waiver_of("production", "openai-api-key", DUE, AT) is None


@pytest.mark.parametrize(("asks", "agrees", "words"), [("eve", "eve", "may not approve"), ("ben", "ben", "its second")])
def test_nobody_waives_alone(office, asks, agrees, words):
    office.say(ASK, asks)
    with pytest.raises(Declined, match=words):
        office.say(AgreeWaiver(1), agrees)


@pytest.mark.parametrize("by", ["dan", "fay"])
def test_who_asks_may_respond(office, by):
    with pytest.raises(Declined, match="may not respond"):
        office.say(ASK, by)


def test_who_asks_is_an_entry_of_the_people_file_since_whoever_agrees_later_checks_that(office):
    office.entitled = lambda name, right: name != "eve" and Office.entitled(office, name, right)
    with pytest.raises(Declined, match="eve is no entry of the people file with the right to respond"):
        office.say(ASK, "eve")


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=1)])
def test_nothing_overdue_is_waived(office, later):
    office.say(ASK, "eve")
    office.now = DUE + later
    with pytest.raises(Declined, match="nothing overdue is waived"):
        office.say(AgreeWaiver(1), "ben")
    with pytest.raises(Declined, match="has been overdue since 2026-12-07"):
        office.say(ASK, "eve")


@pytest.mark.parametrize("by_now", [AT, AT - timedelta(days=5), None])
def test_nothing_that_a_shorter_policy_has_made_overdue_meanwhile_is_agreed_to(office, by_now):
    office.say(ASK, "eve")
    office.due["production", "openai-api-key"] = by_now
    with pytest.raises(Declined, match="Rotate it"):
        office.say(AgreeWaiver(1), "ben")
    office.due["production", "openai-api-key"] = DUE - timedelta(days=5)
    office.say(AgreeWaiver(1), "ben")
    assert office.state.waiver_of("production", "openai-api-key", DUE - timedelta(days=5), AT)


def test_an_age_that_nobody_knows_is_overdue(office):
    office.due.clear()
    with pytest.raises(Declined, match="is not known: that is overdue"):
        office.say(ASK, "eve")


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (AT, "has passed"),
        (AT + AT_MOST + timedelta(days=1), "within 90 days"),
        (DUE, "changes nothing"),
    ],
)
def test_how_far_it_reaches(office, until, words):
    with pytest.raises(Declined, match=words):
        office.say(replace(ASK, until=until), "eve")


def test_the_same_is_not_asked_twice(office):
    office.say(ASK, "eve")
    with pytest.raises(Declined, match="eve has asked for that already: `bot waive agree 1`"):
        office.say(ASK, "ada")


def test_who_lost_the_right_to_ask_has_not_asked(office):
    office.say(ASK, "eve")
    office.rights["eve"] = set()
    with pytest.raises(Declined, match="eve, who asked"):
        office.say(AgreeWaiver(1), "ben")


def test_a_reason_holds_no_key(office):
    with pytest.raises(Declined, match="looks like"):
        office.say(replace(ASK, reason="sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"), "eve")


@pytest.mark.parametrize("by", ["bot", "eve"])
def test_a_failure_or_a_person_stops_a_provider_once_and_a_person_resumes_it(office, by):
    office.say(StopProvider("openai", "the new key was refused.", "inc_ab12cd"), by)
    assert office.state.stopped["openai"].words == (
        f"openai is stopped by {by} since 2026-11-27 10:00 UTC: the new key was refused (run inc_ab12cd)"
    )
    with pytest.raises(Declined, match="Nothing to do: openai is stopped"):
        office.say(StopProvider("openai", "again"), by)
    with pytest.raises(Declined, match="may not respond"):
        office.say(ResumeProvider("openai", "the quota was raised"), "bot")
    office.say(ResumeProvider("openai", "the quota was raised"), "eve")
    assert not office.state.stopped
    with pytest.raises(Declined, match="is not stopped"):
        office.say(ResumeProvider("openai", "x"), "eve")


def test_an_account_without_an_entry_neither_asks_nor_agrees(office):
    """It can be anybody's, also that of the one who answers."""
    with pytest.raises(Declined, match="not in the people file"):
        office.say(ASK, "slack:U0ONCALL")
    office.say(ASK, "eve")
    with pytest.raises(Declined, match="not in the people file"):
        office.say(AgreeWaiver(1), "slack:U0ONCALL")
