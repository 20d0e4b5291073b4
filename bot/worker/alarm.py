"""Where an incident's log cannot be trusted the worker pages, and says so in the channel, once for each damage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.errors import BotError, Misuse
from bot.eventlog import INSTALLATION, Damaged, TooOld, TrustDamaged
from bot.eventlog.sql import EventLog
from bot.incident.state import Incident
from bot.logs import Logger
from bot.pager.contract import Page, Pager
from bot.worker.ports import Board

CHANNEL, PAGER, TRUST = "slack", "pagerduty", "trust"
SAID = (
    "🛑 {headline}. The bot does nothing for it until that is repaired: keys that work keep working. "
    "`bot log verify {incident}` says more. Do urgent work by hand: `bot runbook SECRET`."
)
TOO_OLD = (
    "🛑 {headline}. It does nothing for the incident: keys that work keep working until a newer program runs. Start "
    "that one. Do urgent work by hand: `bot runbook SECRET`."
)

_log = Logger(__name__)


@dataclass(frozen=True)
class Alarm:
    """Reports damage. Reports are stored beside the log, so that a restart does not repeat them."""

    event_log: EventLog
    pager: Pager
    board: Board
    clock: Callable[[], datetime]

    def raise_for(self, damaged: Damaged) -> None:
        """Pages and posts, as far as this damage was not reported yet; a failure is tried again at the next look.

        For a closed incident it only writes a log line: only late probes of dead values are due there.
        """
        try:
            looked = self.event_log.look(damaged.incident)
        except BotError:
            last, done = None, False
        else:
            last, done = looked.incident, looked.trusted and not looked.incident.open
        if done:
            return
        self._once(damaged, PAGER, lambda: self._page(damaged, last))
        if last is not None and last.channel and not last.slack_untrusted:
            text = TOO_OLD if isinstance(damaged, TooOld) else SAID
            channel, said = last.channel, text.format(headline=damaged.headline, incident=damaged.incident)
            self._once(damaged, CHANNEL, lambda: self.board.say(channel, said))

    def over(self, incident: str) -> None:
        """The incident's log is valid again: resolves the page about it."""
        try:
            told = self.event_log.damages.over(incident, self.clock())
        except BotError as error:
            _log.warning("that damage is over could not be kept", incident=incident, error=str(error))
            return
        try:
            if PAGER in told:
                self.pager.resolve(_page_key(incident))
        except BotError as error:
            _log.warning("the page for damage is still open at the pager", incident=incident, error=str(error))

    def trust_damaged(self, damaged: TrustDamaged) -> None:
        """Pages, and says so in the channel of every open incident."""
        about = Damaged(INSTALLATION, damaged.what)
        summary = f"{damaged}"
        self._once(about, PAGER, lambda: self.pager.trigger(Page("trust-damaged", summary, "critical", "", "")))
        for name in self.event_log.open_incidents():
            with suppress(BotError):
                last = self.event_log.look(name).incident
                if last.channel and not last.slack_untrusted:
                    self._once(
                        Damaged(name, damaged.what), TRUST, partial(self.board.say, last.channel, f"🛑 {damaged}.")
                    )

    def trust_locked(self, words: str) -> None:
        """Pages: only one person is left who can give trust back."""
        page = Page("trust-locked", words, "critical", "", "")
        self._once(Damaged(INSTALLATION, words), PAGER, lambda: self.pager.trigger(page))

    def _page(self, damaged: Damaged, last: Incident | None) -> None:
        summary = f"Nothing runs for {damaged.incident}. {damaged.headline}"
        environment, link = (last.environment, last.channel_url) if last is not None else ("", "")
        self.pager.trigger(Page(_page_key(damaged.incident), summary, "critical", link, environment))

    def _once(self, damaged: Damaged, way: str, do: Callable[[], object]) -> None:
        try:
            if not self.event_log.damages.told(damaged, way):
                do()
                head = "" if way == TRUST else self._head(damaged.incident)
                self.event_log.damages.tell(damaged, way, head, self.clock())
        except BotError as error:
            _log.warning("damage could not be told", incident=damaged.incident, surface=way, error=str(error))

    def _head(self, incident: str) -> str:
        try:
            return self.event_log.head(incident)
        except Misuse:
            return ""


def _page_key(incident: str) -> str:
    return f"{incident}-damaged"


_log = Logger(__name__)


@dataclass
class SetAside:
    """`shows` runs what tells people in a thread of its own."""

    event_log: EventLog
    alarm: Alarm | None
    shows: Callable[..., object]
    untrusting: str = ""
    """Why people's commands are refused now; empty if they are not."""
    _locked: str = ""
    _damaged: dict[str, str] = field(default_factory=dict)
    """Incidents that are set aside, with the fault."""
    _noted: set[str] | None = None
    """Incidents that an earlier worker set aside; None before the first look."""

    def add(self, damaged: Damaged) -> None:
        told, self._damaged[damaged.incident] = self._damaged.get(damaged.incident), damaged.what
        if told != damaged.what:
            _log.error("an incident is set aside", incident=damaged.incident, why=damaged.headline)
        if self.alarm is not None:
            self.shows(self.alarm.raise_for, damaged)

    def holds(self, incident: str) -> None:
        """Withdraws the report of damage, of this worker or an earlier one."""
        if self._noted is None:
            self._noted = set(self.event_log.damages.noted())
        damaged = self._damaged.pop(incident, None) is not None
        if (damaged or incident in self._noted) and self.alarm is not None:
            self._noted.discard(incident)
            _log.warning("an incident's log holds again", incident=incident)
            self.shows(self.alarm.over, incident)

    def trust(self, damaged: TrustDamaged) -> None:
        """Trust is unknown."""
        if self.untrusting != str(damaged):
            self.untrusting = str(damaged)
            _log.error("no command counts: the trust record is damaged", what=damaged.what)
            if self.alarm is not None:
                self.shows(self.alarm.trust_damaged, damaged)

    def trust_locked(self, words: str) -> None:
        """Only one person can give trust back, as `words` say; empty if that is not so."""
        if self._locked != words:
            self._locked = words
            if words and self.alarm is not None:
                self.shows(self.alarm.trust_locked, words)
