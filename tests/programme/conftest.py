"""The programme of an installation with five people, and its commands."""

from datetime import UTC, datetime

import pytest

from bot.incident.model import BOT, Actor, Right
from bot.programme.decide import decide
from bot.programme.evolve import evolve
from bot.programme.state import Programme, in_force

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)
RIGHTS = {
    "ada": {Right.RESPOND, Right.APPROVE, Right.COMMAND},
    "ben": {Right.RESPOND, Right.APPROVE},
    "cleo": {Right.RESPOND, Right.APPROVE},
    "dan": {Right.COMMAND},
    "eve": {Right.RESPOND},
    "fay": set(),
    "slack:U0ONCALL": {Right.RESPOND, Right.APPROVE, Right.COMMAND},
}


class Office:
    """The state, the people's rights as they are now, and when each secret is due."""

    def __init__(self) -> None:
        self.state, self.now = Programme(), AT
        self.rights = {name: set(rights) for name, rights in RIGHTS.items()}
        self.due = {}

    def entitled(self, name, right):
        return right in self.rights.get(name, ())

    def say(self, command, by):
        actor = BOT if by == "bot" else Actor(by, frozenset(self.rights.get(by, ())))
        event = decide(
            self.state, command, actor, self.now, entitled=self.entitled, due=lambda *secret: self.due.get(secret)
        )
        number = self.state.number + 1
        self.state = evolve(self.state, event, by, self.now, number, f"d{number}")
        return event

    def in_force(self, secret="openai-api-key", environment="production"):
        return in_force(self.state, environment, secret, self.now, self.entitled)


@pytest.fixture
def office():
    return Office()
