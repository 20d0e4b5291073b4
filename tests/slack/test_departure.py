"""`/compromise departure @name`: the form, what follows from it, and the second person's press on the card."""

import json

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident.commands import AgreeDeparture
from bot.incident.departure.rules import departure_digest
from bot.incident.model import Right
from bot.people import People, Person
from bot.playbook.catalog import Catalog, Policy
from bot.slack.incident_card import incident_card
from bot.slack.modals.departure import departure_form, person_meant
from tests.slack.conftest import entry
from tests.slack.test_listeners import said, wait_for
from tests.support.departures import DEPARTURE, departure
from tests.support.incidents import BEN, CHLOE, Story

PEOPLE = People((Person("ada", slack="U0ADA"), Person("Ben.B", slack="U0BEN"), Person("cleo", slack="U0CLEO")))
LEAVES = Policy(None, on_personnel_change=True)
CATALOG = Catalog(
    ("production",),
    (entry("database-url", "Database", "production", "postgres", policy=LEAVES, owner="cleo"),),
)


def test_a_person_is_meant_by_name_or_mention():
    meant = ["@ben.b", "Ben.B", "<@U0BEN|whoever>", "<@U0BEN>", "@nobody", ""]
    assert [person_meant(PEOPLE, each) for each in meant] == ["Ben.B"] * 4 + ["", ""]


def test_the_form_says_what_follows_and_why():
    view = departure_form(PEOPLE, CATALOG, "cleo")
    assert check_view(view) == []
    shown = read(view["blocks"])
    assert "their word counts for nothing" in shown
    assert "Its policy asks for it when somebody leaves; cleo owned it" in shown
    nobody = departure_form(PEOPLE, CATALOG, "")
    assert check_view(nobody) == []
    assert "cleo owned it" not in read(nobody["blocks"])


def test_the_card_asks_the_second_person_until_they_agree():
    story = Story(departure(), CHLOE).run(60)
    card = incident_card(story.incident, story.now, "1:ab")
    shown = read([block.to_dict() for block in card])
    assert "mallory leaves: 1 secret to rotate" in shown
    assert "Agree to the departure" in shown
    story.do(AgreeDeparture(departure_digest(story.incident)), BEN)
    agreed = read([block.to_dict() for block in incident_card(story.incident, story.now, "1:ab")])
    assert "Agree to the departure" not in agreed


def test_somebody_leaves_by_slack(world):
    everything = frozenset(Right)
    people = (
        Person("ada", slack=world.ada, rights=everything),
        Person("bob", slack=world.bob, rights=everything),
        Person("eve", slack=world.eve, rights=frozenset({Right.RESPOND})),
    )
    object.__setattr__(world.people, "listed", people)  # all that look at the file look at this one
    world.incidents.resolver.playbooks = {**world.incidents.resolver.playbooks, "departure": DEPARTURE}
    assert world.driver.slash(world.ada, "/compromise", "departure @eve").ok
    view = wait_for(lambda: world.driver.view_of(world.ada))
    assert "Somebody leaves" in json.dumps(view)
    assert world.driver.submit(world.ada, view["id"], {"who": "eve", "reason": "last day"}).ok
    assert said(world, world.ada, "eve has left")
    assert world.event_log.trust.current().departed == ("eve",)
