"""An incident when someone, or Slack, is not trusted: consents, the channel, and who is woken."""

from datetime import timedelta

import pytest

from bot.incident import codec
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import MissingConsent, kill_basis, rests_on
from bot.incident.departure.rules import departure_digest, unagreed
from bot.incident.offers import available, can
from bot.incident.operations import Op
from bot.model.frozen import replace
from bot.model.secrets import Kill, Outage
from tests.support.consents import SHOWN
from tests.support.departures import departure
from tests.support.incidents import ANNA, BEN, CHLOE, STRANGER, Story, declaration, entry, wanted
from tests.support.rotations import OVERLAP

NAME = "openai-api-key"
DORA = m.Actor("dora", frozenset({m.Right.RESPOND, m.Right.APPROVE}))
DOWN = entry(NAME, outage=Outage.DOWN, kill=Kill.IRREVERSIBLE)


def tell(story, *people, slack=True, number=1):
    return story.do(c.TellTrust(number, "d" * 64, people, slack, ("said by chloe",)), m.BOT)


def by_slack(story, body, by):
    """A command for which Slack's front vouched: the worker puts that behind what follows, at the same time."""
    events = story.do(body, by)
    story.record(e.CommandProven("slack", {}), by.name)
    return events


@pytest.mark.parametrize("secret", [entry(NAME), DOWN])
def test_whoever_is_not_trusted_has_consented_to_nothing(secret):
    story = Story(declaration(wanted(secret, m.Strategy.OVERLAP)), STRANGER).run(3)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    tell(story, "anna")
    assert (story.secret().kill, story.secret().glass) == (None, None)
    story.run(30)
    assert story.secret().old_state is m.Old.ALIVE


def test_a_kill_that_was_made_is_not_unmade():
    story = Story(declaration(), ANNA).run(5)
    assert story.secret().old.revoked_at is not None
    tell(story, "anna")
    assert story.secret().kill is not None


def test_only_what_was_said_through_slack_is_void_without_it():
    story = Story(declaration(wanted(DOWN), wanted(entry("sendgrid-api-key"), m.Strategy.OVERLAP)), STRANGER).run(3)
    by_slack(story, c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    story.now += timedelta(seconds=1)
    story.do(c.KillNow("sendgrid-api-key", SHOWN), ANNA)
    tell(story, slack=False)
    assert story.secret().glass is None
    assert story.secret("sendgrid-api-key").kill.name == "anna"


def test_what_they_proposed_is_off_the_table():
    story = Story(declaration(), STRANGER).run(3)
    story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "customers"), ANNA)
    assert story.incident.proposal is not None
    tell(story, "anna")
    assert story.incident.proposal is None


def test_it_is_told_once_never_backwards_and_not_to_a_closed_incident():
    story = Story(declaration(), ANNA).run(120).complete()
    assert tell(story, "ben", number=3)
    assert tell(story, "ben", number=3) == ()
    assert tell(story, number=2) == ()
    assert tell(story, number=4)
    story.close_over("done", CHLOE)
    assert tell(story, "ben", number=5) == ()


# --- a departure ----------------------------------------------------------------------------------------------------


def leaving(*, begun_in_slack=False):
    """Chloe has begun it, at her terminal unless said; her secret waits for a second person."""
    story = Story(departure(), CHLOE)
    if begun_in_slack:
        story.record(e.CommandProven("slack", {}), CHLOE.name)
    return story.run(30)


def agreement(story):
    return c.AgreeDeparture(departure_digest(story.incident))


def rests(story):
    return kill_basis(story.incident, story.secret(), story.now)


@pytest.mark.parametrize("lost", [{"slack": False}, {"people": ("ben",)}])
def test_an_agreement_to_a_departure_is_asked_for_anew(lost):
    story = leaving()
    by_slack(story, agreement(story), BEN)
    story.run(60)
    assert rests_on(rests(story)) == "the departure, by chloe and ben"
    tell(story, *lost.get("people", ()), slack=lost.get("slack", True))
    assert story.incident.departure.agreed is None
    assert isinstance(rests(story), MissingConsent)
    assert can(available(story.incident, story.now), c.AgreeDeparture)
    story.run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    story.do(agreement(story), DORA)
    assert rests_on(rests(story)) == "the departure, by chloe and dora"
    assert story.run(3600).secret().old_state is m.Old.DEAD


@pytest.mark.parametrize("lost", [{"slack": False}, {"people": ("chloe",)}])
def test_a_departure_that_somebody_began_whose_word_is_void_carries_no_kill(lost):
    story = leaving(begun_in_slack=True)
    story.do(agreement(story), BEN)
    story.run(60)
    tell(story, *lost.get("people", ()), slack=lost.get("slack", True))
    assert isinstance(rests(story), MissingConsent)
    story.run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    assert NAME in story.incident.request.plans


def test_an_agreement_at_the_terminal_stands_without_slack():
    story = leaving()
    story.do(agreement(story), BEN)
    tell(story, slack=False)
    assert rests_on(rests(story)) == "the departure, by chloe and ben"


def test_a_kill_of_a_departure_that_was_made_is_not_unmade():
    story = leaving()
    by_slack(story, agreement(story), BEN)
    story.run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.DEAD
    tell(story, slack=False)
    assert unagreed(story.incident) == ()


# --- without Slack --------------------------------------------------------------------------------------------------


def test_without_slack_no_channel_is_opened_and_nobody_waits_for_one_to_be_paged():
    body = declaration()
    story = Story(replace(body, out_of_slack=True), ANNA)
    assert (Op.OPEN_CHANNEL, story.incident.id) not in story.ops()
    assert (Op.PAGE, story.incident.id) in story.ops()
    story.run(60)
    assert story.incident.channel == ""
    assert story.incident.page.triggered_at - story.incident.declared.at < timedelta(seconds=1)


def test_a_declaration_of_an_older_log_says_nothing_about_slack():
    declared = next(r.event for r in Story(declaration(), ANNA).log if isinstance(r.event, e.IncidentDeclared))
    older = codec.encode(declared).replace('"out_of_slack":false,', "")
    assert "out_of_slack" not in older
    assert codec.decode("incident-declared", older) == declared


def test_it_can_be_ended_and_begun_again_for_an_open_incident():
    story = Story(declaration(), ANNA)
    tell(story, slack=False)
    assert story.incident.slack_untrusted
    assert (Op.OPEN_CHANNEL, story.incident.id) not in story.ops()
    tell(story, number=3)
    assert not story.incident.slack_untrusted
    assert (Op.OPEN_CHANNEL, story.incident.id) in story.ops()


# --- who is woken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda story: story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), BEN), "glass was broken"),
        (lambda story: tell(story, "ben"), "a person is no longer trusted"),
        (lambda story: tell(story, slack=False), "Slack is no longer trusted"),
    ],
)
def test_whoever_has_acknowledged_the_page_is_woken_once_more(happens, said):
    story = Story(declaration(wanted(DOWN)), STRANGER).run(20)
    story.do(c.AddNote("I am on it"), ANNA)
    story.run(20)
    assert story.incident.page.acknowledged_at is not None
    before = len(story.log)
    happens(story)
    story.run(20)
    actions = [r.event.action for r in story.log[before:] if isinstance(r.event, e.PageSent)]
    assert actions.count("alert") == 1
    assert said in story.incident.alerts[-1]
    assert NAME not in story.incident.alerts[-1]


def test_an_alert_is_not_sent_again_after_the_incident_was_reopened():
    story = Story(declaration(), STRANGER).run(5)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), BEN)
    story.run(120).complete()
    story.close_over("done", CHLOE)
    story.run(5)
    story.do(c.Reopen("again"), CHLOE)
    before = len(story.log)
    story.run(20)
    sent = [r.event.action for r in story.log[before:] if isinstance(r.event, e.PageSent)]
    assert "alert" not in sent
    assert "trigger" in sent
