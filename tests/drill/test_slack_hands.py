"""People do a thing once, and again only where it has had no effect."""

from types import SimpleNamespace

from bot.drill.card_parser import CardButton
from bot.drill.fakes.slack import Button
from bot.drill.personas import DANA
from bot.drill.slack_hands import AGAIN, Attempts, SlackHands, choices, fields
from bot.slack.actions import ActionId, ButtonValue

REPORT = CardButton(Button("Write report", ActionId.REPORT, "{}", "1.5", "C1"), ButtonValue("inc_ab3cde"))


def test_a_thing_is_due_again_after_a_while():
    times = iter([0.0, 0.0, AGAIN - 1, AGAIN, AGAIN])
    attempts = Attempts(lambda: next(times))
    assert attempts.make("report")
    assert not attempts.due("report")
    assert attempts.make("report")


def test_what_reached_nobody_is_due_at_once():
    attempts = Attempts(lambda: 0.0)
    assert attempts.make("report")
    attempts.forget("report")
    assert attempts.make("report")


def test_a_button_is_pressed_once_unless_the_bot_was_away():
    pressed, taken = [], [False, True]

    def press(*given):
        pressed.append(given)
        return SimpleNamespace(ok=taken.pop(0))

    hands = SlackHands(SimpleNamespace(press=press), {"dana": "U1"}, lambda: None, Attempts(lambda: 0.0))
    assert [hands.press(DANA, REPORT) for _ in range(3)] == [False, True, False]
    assert pressed == [("U1", "C1", "1.5", "report", "{}")] * 2


def test_a_form_is_known_by_its_ids():
    option = {"text": {"type": "plain_text", "text": "x"}, "value": "t1"}
    view = {"blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "input", "block_id": "check|redis-url|users|abc", "element": {"action_id": "check"}},
        {"type": "input", "block_id": "task", "element": {"action_id": "task", "options": [option]}},
    ]}  # fmt: skip
    assert fields(view, "check") == ["redis-url|users|abc"]
    assert choices(view, "task") == ["t1"]
    assert choices(view, "owner") == []
