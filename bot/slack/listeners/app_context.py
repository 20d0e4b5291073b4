"""What the listeners work with, and how they answer: in a sentence, to the one who asked."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from slack_sdk.models.blocks import Block

from bot.errors import BotError, Misuse, OutsideError
from bot.eventlog import Damaged, Summary, TrustDamaged
from bot.inbox import Asker, Client, CommandReply, Incidents, PersonCommand
from bot.inbox.client import Sign
from bot.inbox.hiding import kept_from_slack
from bot.inbox.proving import CONSENTS, NOT_FROM_SLACK
from bot.inbox.wire import KINDS
from bot.incident.commands import ReviewGlass, Settle, SignReport
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.playbooks import RunKind
from bot.people import People
from bot.phrases.marks import authored, code
from bot.phrases.times import counted
from bot.proofs.statement import ProofKind, Statement
from bot.slack.actions import ActionId
from bot.slack.blocks import form, section
from bot.slack.errors import what_to_do
from bot.slack.gateway import SlackGateway
from bot.slack.listeners.request import SlackRequest
from bot.slack.upkeep import Pauses, Upkeep

_log = Logger(__name__)


SHOWN_FIRST = (*CONSENTS, ReviewGlass, SignReport, Settle)
"""Commands by which someone agrees to something, or answers it: what a form has shown them."""
SUBMITTED = "view_submission"
PRESSES = frozenset({"block_actions", SUBMITTED})
"""Requests that a form can answer. Source: docs.slack.dev, reference/interaction-payloads."""
TRIES = 12
"""Of a message that is insisted on: with pauses of a minute at most, about seven minutes."""


def insistent(say: Callable[[], object], pauses: Pauses) -> Callable[[], float | None]:
    """A look for `Upkeep`: says it, and gives the seconds until the next try; None once it is said or given up."""

    def look() -> float | None:
        try:
            say()
        except OutsideError as error:
            pause = pauses.after(error)
            if error.retryable and pauses.attempts < TRIES:
                return pause
            _log.warning("could not answer", error=str(error))
        return None

    return look


def _sign_no_consent(sign: Sign, statement: Statement) -> tuple[ProofKind, str]:
    if issubclass(KINDS[statement.command], SHOWN_FIRST):
        raise Misuse("A press opens a form and approves nothing. Use the pinned card.")
    return sign(statement)


@dataclass(frozen=True)
class OpenIncidents:
    """`known` is what Slack may know of; so many as `unread` could not be read."""

    known: tuple[tuple[Summary, Incident], ...] = ()
    unread: int = 0


@dataclass(frozen=True)
class AppContext:
    """`incidents` is read here, `client` is what asks; `asker` vouches for a member of the workspace, by Slack id.
    `clock` gives UTC datetimes.
    """

    incidents: Incidents
    client: Client
    asked_by: Callable[[str], Asker]
    people: People
    gateway: SlackGateway
    clock: Callable[[], datetime]
    word: bool = False
    """No proofs are needed here."""
    alerts_channel: str = ""
    """The id of the channel where news of leaks is told and decided on; empty where there is none."""

    @property
    def trusted(self) -> bool:
        """Whether messages and commands are allowed here: Slack is trusted."""
        try:
            return self.incidents.event_log.trust.current().slack
        except TrustDamaged:
            return False

    def demand_known(self, *incidents: str) -> None:
        """Misuse where nothing may be said and done here, or Slack is to know nothing of one of these."""
        if not self.trusted or any(kept_from_slack(self.incidents.event_log, each) for each in incidents):
            raise Misuse(NOT_FROM_SLACK)

    def incident(self, name: str) -> Incident:
        """The incident's state. Misuse if it does not exist, or Slack must not know it."""
        incident = self.incidents.load(name) if self.trusted else None
        if incident is None or incident.slack_untrusted:
            raise Misuse(NOT_FROM_SLACK)
        return incident

    def open_incidents(self) -> OpenIncidents:
        """The open incidents that Slack may know, newest first; planned runs after leaks."""
        found = self.incidents.summaries("open") if self.trusted else []
        return self._known(sorted(found, key=lambda each: each.kind != RunKind.COMPROMISE))

    def owing(self, limit: int) -> OpenIncidents:
        """Up to `limit` closed incidents with open duties that Slack may know; `unread` counts the ones that were not
        read.
        """
        found = self.incidents.owing(limit + 1) if self.trusted else []
        looked = self._known(found[:limit])
        closed = tuple((each, state) for each, state in looked.known if not state.open)
        return OpenIncidents(closed, looked.unread + max(len(found) - limit, 0))

    def _known(self, found: Iterable[Summary]) -> OpenIncidents:
        """For an unreadable incident it is unknown whether Slack may know it."""
        known: list[tuple[Summary, Incident]] = []
        unread = 0
        for each in found:
            try:
                state = self.incidents.look(each.incident).incident
            except (Damaged, Misuse):
                unread += 1
                continue
            if not state.slack_untrusted:
                known.append((each, state))
        return OpenIncidents(tuple(known), unread)

    def do(self, request: SlackRequest, incident: str, command: PersonCommand, command_id: str = "") -> CommandReply:
        """Gives a command to an incident that Slack may know."""
        known = self.incident(incident)
        return self.client.do(known.id, command, self.asker(request), command_id or request.command_id)

    def asker(self, request: SlackRequest) -> Asker:
        """The sender of the request. An attacker with the bot's token can draw buttons, so a press shows a wish, but
        not what the person saw. A consent is signed only for a submitted form, because Slack gives its trigger only to
        the app that was pressed.
        """
        asker = self.asked_by(request.user)
        return asker if request.kind == SUBMITTED else replace(asker, sign=partial(_sign_no_consent, asker.sign))

    def unattended(self) -> str:
        """A warning if commands wait without a running worker; else empty."""
        waits = self.client.unattended()
        return f"🛑 No worker runs: {counted(waits, 'command')} wait undecided." if waits else ""

    def may_see(self, request: SlackRequest, incident: Incident) -> bool:
        """People in the incident's channel, and people with any right, may read about it. A form has no channel: one
        about the incident is open only before people who could open it, while they are trusted.
        """
        person = self.people.by_slack(request.user)
        here = request.channel == incident.channel != ""
        return here or bool(person.rights) or (request.about == incident.id and not person.lost)

    def shown(self, request: SlackRequest, name: str) -> Incident:
        """The incident's state, for a person who may read about it. Misuse for others, and as for `incident`."""
        incident = self.incident(name)
        if not self.may_see(request, incident):
            raise Misuse(f"{incident.id} is visible to its responders, in its channel.")
        return incident

    def tell(self, request: SlackRequest, text: str, blocks: Sequence[Block] = (), channel: str = "") -> None:
        """Answers the person: at the place they asked from, else in `channel` (or the one they asked in), else by a
        direct message.
        """
        if request.response_url and self.gateway.may_respond_at(request.response_url):
            self.gateway.respond(request.response_url, text, blocks)
            return
        if request.response_url:
            _log.warning("a request names an address for the answer that is not Slack's: answered in Slack instead")
        if place := channel or request.channel:
            try:
                self.gateway.whisper(place, request.user, text, blocks)
            except OutsideError:
                pass  # not in that channel: tell them directly
            else:
                return
        self.gateway.post(request.user, text, blocks)

    def tell_surely(self, request: SlackRequest, text: str, then: Callable[[], None] = lambda: None) -> None:
        """The same for what nothing else tells this person: where Slack is busy or away it is tried again, for some
        minutes, in a thread of its own; `then` follows once it is said.
        """

        def say() -> None:
            self.tell(request, text)
            then()

        Upkeep("telling", insistent(say, Pauses())).start()

    def refuse(self, request: SlackRequest, words: str, channel: str = "") -> None:
        """Shows the reason over the pressed or sent form; if Slack no longer opens a form (after three seconds), as a
        normal answer.
        """
        if request.trigger and request.kind in PRESSES:
            upon = request.kind == "block_actions" and request.view_type == "modal"
            show = self.gateway.push_view if upon else self.gateway.open_view
            with suppress(OutsideError):
                show(request.trigger, form(ActionId.OPEN_LINK, "Not done", [section(words)], close="Close"))
                return
        self.tell(request, words, channel=channel)

    def report(self, request: SlackRequest, reply: CommandReply, done: str = "") -> None:
        """Says why it was declined, or `done` where the card does not say so by itself."""
        if reply.refused:
            self.refuse(request, authored(reply.refused), reply.incident.channel)
        elif done and not reply.repeated:
            self.tell(request, done, channel=reply.incident.channel)

    @contextmanager
    def explaining(
        self, request: SlackRequest, terminal: str, channel: str = "", also: Callable[[str], None] = lambda _words: None
    ) -> Iterator[None]:
        """Turns every error into a sentence for the person. `terminal` is the command that does the same there; `also`
        says it in another place.
        """
        try:
            yield
        except BotError as error:
            sentence = (what_to_do(error) if isinstance(error, OutsideError) else "") or authored(str(error))
            self._apologise(request, sentence, channel)
            also(sentence)
        except Exception as error:  # noqa: BLE001 - a traceback helps no one at 3 a.m.
            # Where it happened, and what kind of error it was; its text may carry anything.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("listener failed", error=type(error).__name__, file=frame.filename, line=frame.lineno)
            sentence = f"This could not be done from Slack. At a terminal: {code(terminal)}"
            self._apologise(request, sentence, channel)
            also(sentence)

    def _apologise(self, request: SlackRequest, sentence: str, channel: str) -> None:
        try:
            self.refuse(request, sentence, channel)
        except BotError as error:
            _log.warning("could not answer", error=str(error))
