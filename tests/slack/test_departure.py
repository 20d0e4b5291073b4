"""`/compromise departure @name`: the form, what follows from it, and the second person's press on the card."""

import json
from dataclasses import replace

import pytest

from bot.catalog.catalog import Catalog, Policy
from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.inbox import Declaration, SecretChoice, Waits
from bot.incident.commands import AgreeDeparture
from bot.incident.departure.rules import departure_digest
from bot.incident.model import LeftAlone, Right, WhyLeft
from bot.model.departures import Reach
from bot.people import People, Person
from bot.slack.incident_card import incident_card
from bot.slack.listeners.departure import departure_form, person_meant
from tests.incident.departure.test_departure import Leaving
from tests.slack.conftest import entry
from tests.slack.test_distrust import HIDDEN, distrust_slack
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
    assert "their commands no longer count" in shown
    assert "Its policy requires it when someone leaves; cleo owned it" in shown
    nobody = departure_form(PEOPLE, CATALOG, "")
    assert check_view(nobody) == []
    assert "cleo owned it" not in read(nobody["blocks"])


def test_everybody_of_the_file_can_be_chosen_and_whoever_was_named_is():
    people = People(tuple(Person(f"person-{number:03}", slack=f"U{number:03}") for number in range(230)))
    view = departure_form(people, CATALOG, "person-229")
    assert check_view(view) == []
    [menu] = [each["element"] for each in view["blocks"] if each.get("block_id") == "who"]
    assert sum(len(group["options"]) for group in menu["option_groups"]) == 230
    assert menu["initial_option"]["value"] == "person-229"


def test_the_card_asks_the_second_person_until_they_agree():
    story = Story(departure(), CHLOE).run(60)
    card = incident_card(story.incident, story.now, "1:ab")
    shown = read([block.to_dict() for block in card])
    assert "mallory leaves: 1 secret to rotate" in shown
    assert "Agree to the departure" in shown
    story.do(AgreeDeparture(departure_digest(story.incident)), BEN)
    agreed = read([block.to_dict() for block in incident_card(story.incident, story.now, "1:ab")])
    assert "Agree to the departure" not in agreed


def test_the_card_of_a_run_without_secrets_says_whose_departure_it_is_and_what_is_owed():
    left = (LeftAlone("stripe-secret-key", WhyLeft.ELSEWHERE, "inc_other1"),)
    more = [Reach(f"key-{number}", "can", ("All",)) for number in range(7)]
    story = Story(replace(departure(left_alone=left), secrets=()), CHLOE, Leaving(*more))
    assert "what they can read is being looked up" in shown_on(story)
    shown = shown_on(story.run(60))
    assert "The departure of mallory: nothing to rotate here." in shown
    assert "stripe-secret-key: in inc_other1, which does not wait until mallory can no longer read it." in shown
    assert "They had it, not rotated: key-0, key-1, key-2, key-3, key-4 and 2 more." in shown.replace("`", "")
    unknown = Story(replace(departure(), secrets=()), CHLOE, Leaving(unknown=("iam: HTTP 403",))).run(60)
    assert "what they can read is unknown*" in shown_on(unknown)
    assert "iam: HTTP 403" in shown_on(unknown)


def shown_on(story):
    blocks = [block.to_dict() for block in incident_card(story.incident, story.now, "1:ab")]
    assert check_message(blocks) == []
    return read(blocks).replace("`", "")


@pytest.fixture
def leaving(world):
    """eve owns a secret of production and one of staging."""
    everything = frozenset(Right)
    people = (
        Person("ada", slack=world.ada, rights=everything),
        Person("bob", slack=world.bob, rights=everything),
        Person("eve", slack=world.eve, rights=frozenset({Right.RESPOND})),
    )
    object.__setattr__(world.people, "listed", people)  # all that look at the file look at this one
    resolver = world.incidents.resolver
    resolver.playbooks = {**resolver.playbooks, "departure": DEPARTURE}
    resolver.catalog = Catalog(
        ("production", "staging"),
        tuple(
            entry("database-url", "Database", environment, "postgres", policy=LEAVES, owner="eve")
            for environment in ("production", "staging")
        ),
    )
    return world


def leave(world):
    assert world.driver.slash(world.ada, "/compromise", "departure @eve").ok
    view = wait_for(lambda: world.driver.view_of(world.ada))
    assert "Someone leaves" in json.dumps(view)
    assert world.driver.submit(world.ada, view["id"], {"who": "eve", "reason": "last day"}).ok


def told(world):
    """What the bot has written to whoever said it."""
    [words] = said(world, world.ada, "eve has left")
    return words


def test_somebody_leaves_by_slack(leaving):
    leave(leaving)
    words = told(leaving)
    assert leaving.event_log.trust.current().lost["eve"].left
    runs = {each.environment: each.incident for each in leaving.incidents.summaries("open")}
    for environment in ("production", "staging"):
        assert f"{environment}: {runs[environment]} rotates database-url, once another person agrees." in words
    assert "bot people departure eve --agree" in words


@pytest.mark.parametrize("slack", [True, False])
def test_the_form_is_for_whoever_may_command_where_slack_is_trusted(leaving, slack):
    asks = leaving.eve if slack else leaving.ada
    if not slack:
        distrust_slack(leaving)
    assert leaving.driver.slash(asks, "/compromise", "departure @eve").ok
    assert said(leaving, asks, "eve may not command incidents" if slack else HIDDEN)
    assert leaving.driver.view_of(asks) is None


def test_where_open_incidents_have_all_that_is_planned_a_run_asks_what_they_can_read_and_owes_it(leaving):
    declaration = Declaration("production", (SecretChoice("database-url"),), "in a gist")
    incident = leaving.incidents.declare(declaration, leaving.people.by_slack(leaving.ada).actor, "d").incident.id
    leave(leaving)
    words = told(leaving)
    runs = {one.environment: one.incident for one in leaving.incidents.summaries("open") if one.kind == "departure"}
    run = runs["production"]
    assert (
        f"production: {run} rotates nothing so far: it looks up what eve read and can read, and holds the tasks. "
        "database-url: an open incident already handles it and does not wait until eve can no longer read it."
    ) in words
    assert f"{incident} rotates" not in words
    assert "staging: inc_" in words
    assert leaving.incidents.load(run).left_alone == (LeftAlone("database-url", WhyLeft.ELSEWHERE, incident),)


def test_whoever_owns_nothing_has_a_run_in_each_environment_all_the_same(leaving):
    resolver = leaving.incidents.resolver
    resolver.catalog = Catalog(
        resolver.catalog.environments,
        tuple(entry("database-url", "Database", each, "postgres", owner="bob") for each in ("production", "staging")),
    )
    leave(leaving)
    words = told(leaving)
    runs = {each.environment: each.incident for each in leaving.incidents.summaries("open")}
    assert set(runs) == {"production", "staging"}
    for environment, run in runs.items():
        assert f"{environment}: {run} rotates nothing so far" in words
        assert leaving.incidents.load(run).departure.leaver.name == "eve"
    assert "--agree" not in words


def test_one_environment_that_waits_keeps_no_other_from_being_asked_for(leaving, monkeypatch):
    real, asked = type(leaving.inbox.client).give, []

    def give(self, incident, command, asker, command_id):
        asked.append(command.environment)
        if command.environment == "production":
            raise Waits(incident, command_id)
        return real(self, incident, command, asker, command_id)

    monkeypatch.setattr(type(leaving.inbox.client), "give", give)
    leave(leaving)
    words = told(leaving)
    assert asked == ["production", "staging"]
    assert words.index("eve has left") < words.index("production: Saved for inc_") < words.index("staging: inc_")
    assert "Not done" not in json.dumps(leaving.driver.view_of(leaving.ada))
