"""Given a kill that is allowed, when the one on whose word it rests has lost the right: who is asked anew."""

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.consent import Consent, consent
from bot.incident.operations import Op
from bot.incident.plan import kill_allowed
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, wanted

NAME = "openai-api-key"
FATAL = entry(kill=m.Kill.IRREVERSIBLE, outage=m.Outage.DOWN)
KILL, APPROVAL, GLASS = m.ConsentKind.KILL, m.ConsentKind.APPROVAL, m.ConsentKind.BREAK_GLASS


def ready(secret=None):
    return Story(declaration(wanted(secret or entry()))).work(only={Op.CAPTURE, Op.TICK, Op.SNAPSHOT})


def held(story):
    return consent(story.incident, story.secret(), story.now)


def withdraw(story, kind, name):
    return story.do(c.WithdrawConsent(NAME, kind, name, "anna left."), m.BOT)


def test_what_a_kill_rests_on():
    assert held(ready()) == Consent(KILL, "anna", m.Right.RESPOND)
    story = ready(FATAL)
    assert held(story) is None
    story.do(c.ApprovePlan(""), BEN)
    assert held(story) == Consent(APPROVAL, "ben", m.Right.APPROVE)
    story.do(c.BreakGlass((NAME,), "abuse"), CHLOE)
    assert held(story) == Consent(GLASS, "chloe", m.Right.RESPOND)


def test_one_consent_withdrawn_leaves_the_next_to_stand():
    story = ready(FATAL)
    story.do(c.ApprovePlan(""), BEN)
    story.do(c.BreakGlass((NAME,), "abuse"), CHLOE)
    assert withdraw(story, GLASS, "chloe") == (e.ConsentWithdrawn(NAME, GLASS, "chloe", "anna left."),)
    assert held(story).kind is APPROVAL
    withdraw(story, APPROVAL, "ben")
    assert not kill_allowed(story.incident, story.secret(), story.now)
    assert (Op.REVOKE, NAME) not in story.ops()
    story.do(c.Tick(), m.BOT)
    assert story.incident.request is not None


def test_a_kill_withdrawn_can_be_asked_for_by_somebody_else():
    story = ready()
    withdraw(story, KILL, "anna")
    assert (Op.REVOKE, NAME) not in story.ops()
    assert "a consent to kill no longer counts" in story.incident.milestones
    assert story.do(c.KillNow(NAME), BEN) == (e.KillRequested(NAME),)
    assert (Op.REVOKE, NAME) in story.ops()


def test_a_consent_on_which_nothing_rests_any_more_is_left_alone():
    story = ready()
    assert withdraw(story, KILL, "ben") == ()
    assert withdraw(story, GLASS, "anna") == ()
    assert story.do(c.WithdrawConsent("redis", KILL, "anna", "x"), m.BOT) == ()
    story.run(5)
    assert withdraw(story, KILL, "anna") == ()
    assert ANNA.name == story.secret().kill.name
