"""The forms of several pages go one way: the same is looked at first, and said, whatever they ask about."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from bot.errors import Misuse
from bot.people import People
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.listeners.paged import register


class App:
    """Keeps what is registered, by the kind of request and its name."""

    def __init__(self) -> None:
        self.taken = {}

    def _take(self, kind):
        return lambda name: lambda listener: self.taken.setdefault((kind, name), listener)

    @property
    def action(self):
        return self._take("action")

    @property
    def view(self):
        return self._take("view")


def unknown(_incident):
    raise Misuse("there is no such incident")


@pytest.mark.parametrize("act", [ActionId.ANSWER, ActionId.NOTIFICATION])
def test_of_an_incident_that_slack_may_not_know_no_rule_is_told_and_the_commands_say_so(act):
    explained, acked = [], []
    ctx = SimpleNamespace(
        people=People(),
        incident=unknown,
        explaining=lambda _request, terminal: explained.append(terminal) or nullcontext(),
    )
    register(app := App(), ctx)
    view = {"id": "V1", "private_metadata": ButtonValue("inc_ab12cd").encode(), "state": {"values": {"copy|x": {}}}}
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    with pytest.raises(Misuse, match="no such incident"):
        app.taken["view", act](lambda **answer: acked.append(answer), body)
    assert (acked, len(explained)) == ([{}], 1)


def test_each_is_opened_saved_and_turned_where_it_has_pages():
    register(app := App(), SimpleNamespace())
    for act in (ActionId.ANSWER, ActionId.NOTIFICATION):
        assert {("action", act), ("view", act)} <= app.taken.keys()
    assert ("action", ActionId.ANSWER_OF) in app.taken
