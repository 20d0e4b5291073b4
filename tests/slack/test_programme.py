"""Standing approvals and waivers in Slack: a second person agrees to a waiver, and what was given is withdrawn."""

from datetime import timedelta

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident.model import Right
from bot.people import Person
from bot.programme.commands import AskWaiver, SignStanding
from bot.programme.decide import decide
from bot.programme.offers import agreement, offered, withdrawal
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.modals.programme import agree_form, value_of, withdraw_form
from tests.slack.test_listeners import wait_for

OPENAI = "openai-api-key"


def two_approvers(world):
    people = (
        Person("ada", slack=world.ada, rights=frozenset(Right)),
        Person("bob", slack=world.bob, rights=frozenset(Right)),
    )
    object.__setattr__(world.people, "listed", people)  # all that look at the file look at this one


def pressed(world, user, act, value):
    """The form that a button of the home tab opens."""
    assert world.driver.open_home(user).ok
    home = wait_for(lambda: (home := world.driver.home_of(user)) and value.encode() in values(home) and home)
    before = (world.driver.view_of(user) or {}).get("id")
    assert world.driver.press_in_view(user, home["id"], act, value.encode()).ok
    return wait_for(lambda: (view := world.driver.view_of(user)) and view["id"] != before and view)


def values(home):
    return [each.get("value") for block in home["blocks"] for each in block.get("elements", ())]


def test_a_standing_approval_is_withdrawn_in_slack_by_whoever_signed_and_signed_there_by_nobody(world):
    two_approvers(world)
    programme, now, ada = world.event_log.programme, world.start, world.people.by_slack(world.ada).actor
    until = now + timedelta(days=30)
    said_by(programme, ada, now, SignStanding("production", (OPENAI,), 3600.0, until, order=("staging",)))
    signed = programme.current().standing[1]
    everybody = {"entitled": lambda *_: True, "due": lambda *_: None}
    [mine] = offered(programme.current(), withdrawal, ada, now, **everybody)
    assert check_view(withdraw_form(signed)) == []
    view = pressed(world, world.ada, ActionId.PROGRAMME_WITHDRAW, value_of(mine))
    shown = read(view["blocks"])
    assert f"Digest `{signed.digest}`" in shown
    assert "may end the old values of these: `openai-api-key`. By schedule first in staging, unless waived." in shown
    assert world.driver.submit(world.ada, view["id"], {"because": "new owner"}).ok
    assert wait_for(lambda: programme.current().standing[1].withdrawn).name == "ada"


def said_by(programme, actor, now, command, due=None):
    programme.append(
        lambda state: decide(state, command, actor, now, entitled=lambda *_: True, due=lambda *_: due),
        at=now, actor=actor.name, command_id=f"{command}"[:60],
    )  # fmt: skip


def test_a_waiver_is_agreed_to_by_a_second_person_and_not_offered_to_whoever_asked(world):
    two_approvers(world)
    programme, now = world.event_log.programme, world.start
    ada = world.people.by_slack(world.ada).actor
    due = now + timedelta(days=3)
    ask = AskWaiver(OPENAI, "production", now + timedelta(days=20), "the vendor moves")
    said_by(programme, ada, now, ask, due)
    waiver = programme.current().waivers[1]
    assert check_view(agree_form(waiver)) == []
    everybody = {"entitled": lambda *_: True, "due": lambda *_: due}
    assert list(offered(programme.current(), agreement, ada, now, **everybody)) == []
    view = pressed(world, world.bob, ActionId.PROGRAMME_AGREE, ButtonValue("waiver", "1"))
    assert "the vendor moves" in read(view["blocks"])
    assert world.driver.submit(world.bob, view["id"], {}).ok
    assert wait_for(lambda: programme.current().waivers[1].agreed).name == "bob"
