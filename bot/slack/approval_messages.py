"""Direct messages to people who can answer: the question with its buttons; edited after a decision or change.

In a planned rotation a secret's owner is asked for work by hand. Each message is sent once: the publisher stores it,
and after a crash it is found by its metadata before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.errors import Missing, OutsideError, Unauthorized
from bot.incident import commands as c
from bot.incident.approval.proposals import proposal_digest
from bot.incident.events import ApprovalExpired, Recorded
from bot.incident.offers import Offer, available, may, unblocked, urged
from bot.incident.old_value.reminders import readers_awaited
from bot.incident.state import Incident
from bot.logs import Logger
from bot.people import People
from bot.phrases.approvals import answered, expires, plan_asked, proposal_asked
from bot.phrases.marks import code
from bot.phrases.needs import by_hand, by_hand_lines
from bot.slack.blocks import context, link, row, section
from bot.slack.buttons import offer_button
from bot.slack.errors import SlackRefused
from bot.slack.gateway import SlackGateway
from bot.slack.message import PLAN, PROPOSAL

ASK_EVENT = "compromise_ask"
HAND = "hand"
LATE = "#late"
"""The suffix of the key when broken glass is offered because no one answered: then people are asked again."""
MOST = 20
"""People who are asked; of more, the first of the file."""
_log = Logger(__name__)


@dataclass(frozen=True)
class Question:
    """What waits for a second person. `key` is the same for the same plan with the same end of its time."""

    kind: str
    key: str
    lines: tuple[str, ...]
    small: str
    offers: tuple[Offer, ...]

    def blocks(self, incident: Incident) -> list[Block]:
        buttons = [offer_button(incident, offer) for offer in self.offers]
        url = incident.channel_url
        return [
            section(*self.lines),
            *row(*buttons, link("Open incident", url) if url else None),
            context(" · ".join(filter(None, [self.small, incident.id]))),
        ]


def questions(incident: Incident, now: datetime) -> Iterator[Question]:
    """The questions that someone can still answer."""
    offers = urged(incident, now) if incident.open and (incident.request or incident.proposal) else []
    if incident.request is not None and (found := unblocked(offers, c.ApprovePlan, c.RejectPlan)):
        digest = incident.request.digest
        lines, small = tuple(plan_asked(incident, incident.request)), expires(incident.request, digest)
        late = any(incident.secrets[name].glass_offered for name in incident.request.plans if name in incident.secrets)
        lines = (f"⏰ *Not answered yet.* {lines[0]}", *lines[1:]) if late else lines
        key = _key(digest, incident.request.until) + LATE * late
        yield Question(PLAN, key, lines, small, tuple(found))
    if incident.proposal is not None and (found := unblocked(offers, c.ApproveProposal, c.RejectProposal)):
        digest = proposal_digest(incident, incident.proposal)
        lines, small = tuple(proposal_asked(incident, incident.proposal)), expires(incident.proposal, digest)
        yield Question(PROPOSAL, _key(digest, incident.proposal.until), lines, small, tuple(found))


def _key(digest: str, until: datetime) -> str:
    return f"{digest[:24]}@{int(until.timestamp())}"


@dataclass
class ApprovalMessages:
    """Implements `bot.worker.ports.Asks`."""

    gateway: SlackGateway
    people: People

    def ask(
        self, incident: Incident, news: Sequence[Recorded], asked: Mapping[str, str], now: datetime
    ) -> tuple[Mapping[str, str], OutsideError | None]:
        return _Round(self.gateway, incident, news, dict(asked)).run(self._wanted(incident, now))

    def _wanted(self, incident: Incident, now: datetime) -> dict[str, Question]:
        """By Slack id and kind: whom each question is for."""
        wanted: dict[str, Question] = {}
        for question in questions(incident, now):
            yes = question.offers[0]
            fitting = [person.slack for person in self.people if person.slack and may(person.actor, yes)]
            wanted |= {f"{user}:{question.kind}": question for user in fitting[:MOST]}
        return wanted | self._owners(incident, now)

    def _owners(self, incident: Incident, now: datetime) -> dict[str, Question]:
        """Of a planned rotation each secret's owner, where hands are needed."""
        wanted: dict[str, Question] = {}
        if not incident.routine or not incident.open:
            return wanted
        offers = available(incident, now)
        for secret in incident.secrets.values():
            owners = [one.slack for one in self.people.owning(secret.entry.owner) if one.slack]
            hands, readers = by_hand(offers, secret), readers_awaited(incident, secret, now)
            if owners and (hands or readers):
                kinds = "+".join([*(c.name_of(offer.kind) for offer in hands), *readers])
                lines = tuple(by_hand_lines(incident, secret, hands, readers))
                question = Question(HAND, f"{secret.name}:{kinds}", lines, "", _pressed(hands))
                wanted |= {f"{user}:{HAND}/{secret.name}": question for user in owners[:MOST]}
        return wanted


def _pressed(by_hand: Sequence[Offer]) -> tuple[Offer, ...]:
    """What has a button in a message: a value is handed over at a terminal, copies are settled one by one."""
    return tuple(offer for offer in by_hand if offer.kind is c.ConfirmRevoked)


@dataclass
class _Round:
    """One look at the questions. `asked` is by Slack id and kind ``channel ts key``; a `-` means that the person cannot
    be reached.
    """

    gateway: SlackGateway
    incident: Incident
    news: Sequence[Recorded]
    asked: dict[str, str]
    trouble: OutsideError | None = None

    def run(self, wanted: Mapping[str, Question]) -> tuple[Mapping[str, str], OutsideError | None]:
        for whom in sorted({*self.asked, *wanted}):
            try:
                self._settle(whom, wanted.get(whom))
            except OutsideError as error:
                # The next person may be reachable: a rate limit applies to one channel.
                if error.retryable or isinstance(error, Unauthorized):
                    self.trouble = self.trouble or error
                    continue
                _log.warning("someone cannot be asked", incident=self.incident.id, error=str(error))
                question = wanted.get(whom)
                self.asked.pop(whom, None)
                if question is not None:
                    self.asked[whom] = f"- - {question.key}"
        return self.asked, self.trouble

    def _settle(self, whom: str, question: Question | None) -> None:
        channel, ts, key = self.asked.get(whom, "- - -").split(" ")
        if question is not None and key == question.key:
            return
        if ts != "-":
            self._close(channel, ts, self._over(whom, key, question))
        self.asked.pop(whom, None)
        if question is not None:
            self.asked[whom] = self._sent(whom.partition(":")[0], question)

    def _over(self, whom: str, key: str, question: Question | None) -> str:
        if question is None and f":{HAND}/" in whom:
            return "✅ Nothing here needs you now."
        if question is None:
            return answered(self.incident, self.news, plan=whom.endswith(PLAN))
        late = question.kind == PLAN and any(isinstance(each.event, ApprovalExpired) for each in self.news)
        if late or key.partition("@")[0] == question.key.partition("@")[0]:
            return "⏰ No answer in time. A new message asks again."
        if question.kind == HAND:
            return "🔁 This request changed. A new message follows."
        return "🔁 *The plan changed.* Use the new message."

    def _close(self, channel: str, ts: str, words: str) -> None:
        """Writes the result into the old message. A deleted message needs none, and an uneditable one
        (``edit_window_closed``) does not prevent the next.
        """
        try:
            self.gateway.update(channel, ts, words, [section(words), context(f"{self.incident.id}")])
        except (Missing, SlackRefused) as gone:
            _log.info("a message to an approver cannot be changed", incident=self.incident.id, error=str(gone))

    def _sent(self, user: str, question: Question) -> str:
        channel = self.gateway.direct(user)
        known = {"incident": self.incident.id, "ask": question.key, "kind": question.kind}
        for posted in self.gateway.recent(channel):
            if posted.event_type == ASK_EVENT and posted.payload == known:
                return f"{channel} {posted.ts} {question.key}"
        text = f"{question.lines[0]} {code(self.incident.id)}"
        ts = self.gateway.post(channel, text, question.blocks(self.incident), (ASK_EVENT, known))
        return f"{channel} {ts} {question.key}"
