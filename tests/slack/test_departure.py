"""The card of a departure's run, and the second person's press there."""

from dataclasses import replace

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message
from bot.incident.commands import AgreeDeparture
from bot.incident.departure.rules import departure_digest
from bot.incident.model import LeftAlone, WhyLeft
from bot.model.departures import Reach
from bot.slack.incident_card import incident_card
from tests.incident.departure.test_departure import Leaving
from tests.support.departures import departure
from tests.support.incidents import BEN, CHLOE, Story


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
