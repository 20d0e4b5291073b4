"""What a responder finds of the card in Slack, drawn here by the bot's own code from real states."""

from bot.drill.card_parser import IncidentCard, incident_channels, read_card
from bot.drill.fakes.slack import Button
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.operations import Op
from bot.slack.actions import ActionId
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card as drawn
from tests.support.incidents import CHLOE, Story, declaration, entry, wanted


class Workspace:
    """As the driver shows it: one channel with the card pinned."""

    def __init__(self, story) -> None:
        self.blocks = to_json(drawn(story.incident, story.now, "1:abc"))
        self.metadata = {"event_type": "compromise_card", "event_payload": {"incident": story.incident.id}}

    def card(self, channel):
        return {"ts": "1.5", "blocks": self.blocks, "metadata": self.metadata} if channel == "C1" else None

    def buttons(self, channel):
        elements = [each for block in self.blocks if block["type"] == "actions" for each in block["elements"]]
        return [
            Button(each["text"]["text"], each["action_id"], each.get("value"), "1.5", channel)
            for each in elements
            if "action_id" in each
        ] + [Button("Older", ActionId.KILL, "{}", "0.9", channel)]

    def state(self, _channel):
        return {
            "channels": {
                "C0": {"id": "C0", "members": ["U1"], "pins": ["1"], "created": 5},
                "C1": {"id": "C1", "members": ["U1"], "pins": ["1"], "created": 9},
                "C2": {"id": "C2", "members": ["U2"], "pins": ["1"], "created": 10},
                "C3": {"id": "C3", "members": ["U1"], "pins": [], "created": 11},
            }
        }


def seen(story) -> IncidentCard:
    return read_card(Workspace(story), "C1")


def test_channels_with_a_card_newest_first():
    workspace = Workspace(Story(declaration(wanted())))
    assert incident_channels(workspace, "U1") == ["C1", "C0"]
    assert read_card(workspace, "C9") is None


def test_a_pinned_message_that_is_of_no_incident_is_no_card():
    workspace = Workspace(Story(declaration(wanted())))
    workspace.metadata = None
    assert read_card(workspace, "C1") is None


def test_a_fresh_incident():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    card = seen(story)
    assert card.incident == story.incident.id
    assert not card.closed
    assert all(found.button.ts == "1.5" for found in card.buttons)


def test_a_button_is_known_by_what_it_acts_on():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Unexpected", "openai: HTTP 500", None))
    story.run(60)
    card = seen(story)
    assert [found.value.subject for found in card.all(ActionId.RETRY)] == ["old:openai-api-key"]
    assert card.first(ActionId.RETRY, "old:openai-api-key") == card.first(ActionId.RETRY)
    assert card.first(ActionId.RETRY, "old:sendgrid-api-key") is None


def test_a_close():
    story = Story(declaration(wanted()))
    story.run(120)
    story.complete()
    story.do(c.Close(), CHLOE)
    story.run(30)
    assert seen(story).closed
