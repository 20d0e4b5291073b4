"""What a responder reads off the card, drawn here by the bot's own code from real states."""

import pytest

from bot.drill.card_parser import Card, Offered, finished, incident_channels, live, read_card
from bot.drill.fakes.slack import Button
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.operations import Op
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card as drawn
from tests.support.incidents import CHLOE, Story, declaration, entry, wanted


class Workspace:
    """As the driver shows it: one channel with the card pinned."""

    def __init__(self, story) -> None:
        self.blocks = to_json(drawn(story.incident, story.now, "1:abc"))

    def card(self, channel):
        return {"ts": "1.5", "blocks": self.blocks} if channel == "C1" else None

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


def seen(story) -> Card:
    return read_card(Workspace(story), "C1")


def test_channels_with_a_card_newest_first():
    workspace = Workspace(Story(declaration(wanted())))
    assert incident_channels(workspace, "U1") == ["C1", "C0"]
    assert read_card(workspace, "C9") is None


def test_a_fresh_incident():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    card = seen(story)
    assert card.incident == story.incident.id
    assert set(card.secrets()) == set(card.unfinished) == {"openai-api-key", "sendgrid-api-key"}
    assert not card.hopeless
    assert not card.reported
    assert not card.closed
    assert all(offered.button.ts == "1.5" for offered in card.offered)


def test_a_secret_that_is_done():
    story = Story(declaration(wanted()))
    story.run(120)
    card = seen(story)
    assert card.unfinished == {}
    assert finished(card.secrets()["openai-api-key"])
    assert live(card.secrets()["openai-api-key"])


def test_a_new_value_that_lives_while_the_old_one_does():
    story = Story(declaration(wanted()))
    story.world.controls = False
    story.run(10)
    said = seen(story).secrets()["openai-api-key"]
    assert live(said)
    assert not finished(said)


def test_what_has_failed_for_good():
    story = Story(declaration(wanted()))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Unexpected", "openai: HTTP 500", None))
    story.run(60)
    card = seen(story)
    assert card.hopeless
    assert [offered.press.subject for offered in card.buttons(ActionId.RETRY)] == ["old:openai-api-key"]


def test_a_report_and_a_close():
    story = Story(declaration(wanted()))
    story.run(120)
    story.complete()
    story.do(c.Close(), CHLOE)
    story.run(30)
    card = seen(story)
    assert card.reported
    assert card.closed


def test_a_button_is_known_by_what_it_acts_on():
    offered = Offered(
        Button("Kill", ActionId.KILL, ButtonValue("inc_aaaaaa", "redis-url").encode(), "1", "C"),
        ButtonValue("inc_aaaaaa"),
    )
    assert offered.key == ("kill", '{"incident":"inc_aaaaaa","subject":"redis-url"}')


@pytest.mark.parametrize("said", ["✅ *X*  `x`\nOld: dead\nNew: 🔹 staged", "🔴 *X*  `x`\nOld: ALIVE\nNew: ✅ live"])
def test_half_done_is_not_finished(said):
    assert not finished(said)


def test_a_card_of_many_secrets_is_read_line_by_line():
    blocks = (
        "🖐 *1 wait for somebody*",
        "🔴 *Stripe* `stripe-secret-key`: old alive; new ▫️ none\n`bot submit inc_abcdef stripe-secret-key`",
        "✅ *Done*\n✅ *OpenAI* `openai-api-key`: old dead; new ✅ live\n✅ *Redis* `redis-url`: old dead; new ☑️ live",
    )
    seen = Card("C1", "1", "", blocks, ()).secrets()
    assert list(seen) == ["stripe-secret-key", "openai-api-key", "redis-url"]
    assert "bot submit inc_abcdef stripe-secret-key" in seen["stripe-secret-key"]
    assert [finished(said) for said in seen.values()] == [False, True, True]
