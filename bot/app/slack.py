"""Slack's side: the calls that the bot makes, and the way by which Slack's requests come in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError, LogError, LogUnavailable
from bot.eventlog import TrustDamaged
from bot.people import Listing, People, Person
from bot.slack.approval_messages import ApprovalMessages
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.incident_channel import SlackIncidentChannel
from bot.trust import TrustState
from bot.worker.ports import Asks, Board, NoBoard

if TYPE_CHECKING:
    from bot.app.application import Application


@dataclass
class SlackSide:
    """What the bot does in Slack."""

    app: Application

    @property
    def trusted(self) -> bool:
        """Whether the bot may post in Slack now: not while distrust is unknown."""
        try:
            return self._trust().slack
        except LogError:
            return False

    def _trust(self) -> TrustState:
        return self.app.event_log.trust.current()

    @cached_property
    def people(self) -> People:
        """Whom Slack's side tells, asks and believes."""
        return trusted(self.app.files.people, self._trust)

    @cached_property
    def gateway(self) -> SlackGateway:
        """Slack's API. ConfigurationError without a bot token."""
        token = self.app.settings.slack_bot_token
        if token is None:
            raise ConfigurationError(
                "SLACK_BOT_TOKEN is not set: `bot setup manifest` and docs/installation.md say how to get one."
            )
        return SlackGateway(web_client(token, self.app.settings.slack_api_url))

    @cached_property
    def board(self) -> Board:
        return NoBoard() if self.app.settings.slack_bot_token is None else self.uploads

    @cached_property
    def uploads(self) -> SlackIncidentChannel:
        """The same channel as the destination of reports. ConfigurationError without a bot token."""
        return SlackIncidentChannel(self.gateway, self.people, word=self.app.takes_a_word)

    @cached_property
    def asks(self) -> Asks:
        """How approvers are asked. ConfigurationError without a bot token."""
        return ApprovalMessages(self.gateway, self.people)


LOOK_AGAIN = 1.0
"""Seconds after which the record of trust is read again: people are asked about many times for one card."""


class TrustedPeople:
    """The people file, where distrusted people have no rights and are `lost`. If the record of distrust is damaged, the
    file alone counts: people must still get messages.

    `trust` gives the record: TrustDamaged, LogUnavailable.
    """

    def __init__(
        self, people: People, trust: Callable[[], TrustState], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._people = people
        self._trust = trust
        self._monotonic = monotonic
        self._looked: tuple[float, TrustState] | None = None
        self._made: tuple[tuple[Person, ...], TrustState, tuple[Person, ...]] | None = None

    def __call__(self) -> Listing:
        listing, state = self._people.listing, self._state()
        if not state.people:
            return listing
        made = self._made
        if made is None or made[0] is not listing.people or made[1] is not state:
            people = tuple(_as_trusted(person, state) for person in listing.people)
            self._made = made = (listing.people, state, people)
        return replace(listing, people=made[2])

    def _state(self) -> TrustState:
        """The record, as of a moment ago; as it was last while the database does not answer."""
        now, looked = self._monotonic(), self._looked
        if looked is not None and now - looked[0] < LOOK_AGAIN:
            return looked[1]
        try:
            state = self._trust()
        except TrustDamaged:
            state = TrustState()
        except LogUnavailable:
            state = looked[1] if looked is not None else TrustState()
        self._looked = (now, state)
        return state


def _as_trusted(person: Person, state: TrustState) -> Person:
    lost = state.against(person.name, person.accounts) is not None
    return replace(person, rights=frozenset(), lost=True) if lost else person


def trusted(people: People, trust: Callable[[], TrustState], monotonic: Callable[[], float] = time.monotonic) -> People:
    """The same people, at each question."""
    return People(current=TrustedPeople(people, trust, monotonic))
