"""What a leaked key was used to make, in Slack: on the card first of all, with who has taken it, and in *Answer…*."""

from dataclasses import replace

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import CheckOutcome
from bot.incident.shown import tag_of
from bot.incident.steps.rules import check_digest
from bot.model.uses import Undo, Use
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from bot.slack.modals import answers
from bot.slack.modals.todos import todos_form
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_modals import entered
from tests.support.events import USED

NAME, ITEM = "aws-access-key", "CreateUser eve"


def told():
    story = Story(entry(NAME, provider="aws-iam", checklist={"keys": "Look."}))
    use = Use(
        story.at, story.at, "iam:CreateUser", "AKIA1", "arn:aws:iam::1:user/ci", "198.51.100.7", what=("*eve*",),
        undo=Undo("Delete the user: https://console.aws.amazon.com/iam/home#/users.", "users"),
    )  # fmt: skip
    story.captured(NAME).then(e.UseLookedUp(3, NAME, replace(USED, uses=(use,))))
    return story


def card(story):
    blocks = to_json(incident_card(story.incident, story.at, HEAD))
    assert check_message(blocks) == []
    return read(blocks)


def test_the_card_has_it_first_with_who_made_it_when_and_where_it_is_undone():
    story = told()
    text = card(story)
    assert "DO NOW: undo CreateUser *eve* at AWS IAM" in text
    assert "https://console.aws.amazon.com/iam/home#/users" in text
    assert "by user/ci from 198.51.100.7" in text
    assert "Take, open steps" in text
    every = todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(every) == []
    assert "Undo CreateUser *eve* at AWS IAM" in read(every)


def test_it_is_answered_before_the_death_of_the_key_with_a_note():
    story = told()
    view = answers.answers_form(story.incident, ButtonValue("inc_ab12cd", f"check:{NAME}"), story.at)
    assert check_view(view) == []
    assert "Undone" in read(view)
    item = next(iter(story.incident.secrets[NAME].checks.keys() - {"keys"}))
    check = story.incident.secrets[NAME].checks[item]
    block = f"answer|{tag_of(f'undo:{NAME}/{item}')}|{check_digest(check)}"
    given = entered(**{block: "handled", "note": "deleted the user"})
    [settle] = answers.command(story.incident, given, story.at)
    assert settle == c.Settle((c.EndCheck(NAME, item, CheckOutcome.HANDLED, "deleted the user", check_digest(check)),))
    assert answers.mistakes(story.incident, entered(**{block: "handled"}), story.at) != {}
