"""Tells people of alerts: one message and one page in a quarter of an hour, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.json import encode

from bot.decoding import decode
from bot.errors import BotError, OutsideError, Unexpected, Unreachable
from bot.eventlog import INSTALLATION
from bot.eventlog.contract import Cursor
from bot.eventlog.sql import EventLog
from bot.inbox.hiding import kept_from_slack
from bot.logs import Logger
from bot.news.cases.state import Alerts, Case, Stage
from bot.pager.contract import Page, Pager
from bot.phrases.alerts import summary
from bot.phrases.marks import plain

# Where people read of alerts.


class AlertBoard(Protocol):
    """The channel of `BOT_INTAKE_CHANNEL`. Every method raises an OutsideError where Slack does not take it."""

    def look(self, cases: Sequence[Case], now: datetime) -> str:
        """A digest of a message about these cases: the message is drawn again when it changes."""

    def post(self, cases: Sequence[Case], now: datetime) -> str:
        """Posts one message about all of them, or finds the one that a crash left; gives its id, empty where there is
        no channel to post it in.
        """

    def update(self, message: str, cases: Sequence[Case], now: datetime) -> bool:
        """Draws it again. False if someone deleted it, or Slack no longer allows a change."""


class NoAlertBoard:
    """For an installation without a channel for alerts: `bot news alerts` has them."""

    def look(self, *_: object) -> str:
        return ""

    def post(self, *_: object) -> str:
        return ""

    def update(self, *_: object) -> bool:
        return True


EVERY = timedelta(minutes=15)
"""Between two messages, and two pages: what comes meanwhile is added to the message that is there."""
MESSAGE, PAGE = "alerts", "alerts-page"
"""Surfaces of cursors."""
DEDUP = "alerts"
"""How a page's key at the pager begins."""
REDRAWN = 20
"""Messages that are drawn again when something changes, the newest ones."""
DIGITS = 8

_log = Logger(__name__)


@dataclass(frozen=True)
class _Message:
    """The message about the cases numbered `first` to `last`, drawn with the digest `look`. One that is `gone`, because
    someone deleted it, is not drawn again.
    """

    id: str
    first: int
    last: int
    look: str
    at: datetime
    gone: bool = False


@dataclass(frozen=True)
class _Pages:
    """The time of the last page, and the number of pages. `keys` name alerts that may be open at the pager, the newest
    last; `told` numbers the waiting cases that were paged, and `opening` those of a page that is being sent.
    """

    at: datetime
    number: int = 0
    keys: tuple[str, ...] = ()
    told: frozenset[int] = frozenset()
    opening: tuple[int, ...] = ()


@dataclass(frozen=True)
class News:
    """`trusted` says whether anything may go to Slack now."""

    event_log: EventLog
    board: AlertBoard
    pager: Callable[[], Pager]
    trusted: Callable[[], bool]

    def tell(self, state: Alerts, now: datetime) -> None:
        """Failures are logged, and tried again at the next round."""
        for what in (self._show, self._page):
            try:
                what(state, now)
            except BotError as error:
                _log.warning("alerts are not posted yet", error=str(error))

    # --- messages ---------------------------------------------------------------------------------------------------

    def _show(self, state: Alerts, now: datetime) -> None:
        if not self.trusted():
            return
        messages = sorted(self._messages(), key=lambda one: one.first)
        kept = {one.first: one for one in messages}
        last = messages[-1] if messages else None
        new = [case for case in state.cases.values() if last is None or case.number > last.last]
        if new:
            newest = max(case.number for case in new)
            if last is not None and not last.gone and now - last.at < EVERY:
                messages[-1] = replace(last, last=newest)
            else:
                messages.append(self._post(min(case.number for case in new), newest, state, now))
        failed: BotError | None = None
        for message in messages[-REDRAWN:]:
            try:
                if not message.gone and not self._draw(
                    message, state, now
                ):  # cases that were not in it are paged again
                    self._keep(replace(kept.get(message.first, message), gone=True))
            except BotError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _post(self, first: int, last: int, state: Alerts, now: datetime) -> _Message:
        cases = self._shown(state, first, last)
        made = _Message(self.board.post(cases, now), first, last, self.board.look(cases, now), now)
        if made.id:
            self._keep(made)
        return made

    def _draw(self, message: _Message, state: Alerts, now: datetime) -> bool:
        """Draws it again if it changed. False if it was deleted, or cannot be changed any longer."""
        cases = self._shown(state, message.first, message.last)
        look = self.board.look(cases, now)
        if look != message.look:
            if not self.board.update(message.id, cases, now):
                return False
            self._keep(replace(message, look=look))
        return True

    def _shown(self, state: Alerts, first: int, last: int) -> list[Case]:
        """Leaves out incidents that Slack must not know."""
        cases = (state.cases[number] for number in range(first, last + 1) if number in state.cases)
        return [case for case in cases if not (case.incident and kept_from_slack(self.event_log, case.incident))]

    def _messages(self) -> Iterator[_Message]:
        for cursor in self.event_log.cursors.all(INSTALLATION, MESSAGE):
            yield decode(cursor.data, _Message)

    def _keep(self, message: _Message) -> None:
        data = encode(message).decode()
        key = f"{message.first:0{DIGITS}}"
        self.event_log.cursors.put(Cursor(INSTALLATION, MESSAGE, key, message.last, data, message.at))

    # --- the page ---------------------------------------------------------------------------------------------------

    def _page(self, state: Alerts, now: datetime) -> None:
        """Pages for values of ours that wait for a person, since they leak until someone decides. Each page is a new
        alert at the pager, because an acknowledged one wakes no one again. Key and cases are stored before sending:
        after a crash the same page is sent again, and every open alert is resolved in the end.
        """
        undecided = (case for case in state.undecided if case.stage is Stage.PROPOSED and not case.declares_itself(now))
        waiting = {case.number: case for case in undecided}
        pages = self._pages(now)
        if not waiting:
            self._resolve(pages)
            return
        left = replace(
            pages, told=pages.told & waiting.keys(), opening=tuple(one for one in pages.opening if one in waiting)
        )
        if left != pages:  # cases that wait again later are paged again
            self._paged(left)
        if left.opening:
            self._send(left, left, waiting, now)
        elif now - left.at >= EVERY and (new := tuple(sorted(waiting.keys() - left.told))):
            begun = replace(left, number=left.number + 1, keys=(*left.keys, f"{DEDUP}-{left.number + 1}"), opening=new)
            self._paged(begun)
            self._send(begun, left, waiting, now)

    def _send(self, pages: _Pages, before: _Pages, waiting: Mapping[int, Case], now: datetime) -> None:
        """Sends the stored page. If that fails, `before` stays valid."""
        cases = [waiting[number] for number in pages.opening]
        environment = next((case.value.environment for case in cases if case.value is not None), "")
        try:
            self.pager().trigger(Page(pages.keys[-1], plain(summary(cases)), "critical", "", environment))
        except OutsideError as error:
            if not isinstance(error, (Unreachable, Unexpected)):
                self._paged(before)
            raise
        self._paged(replace(pages, told=pages.told | {*pages.opening}, opening=(), at=now))

    def _resolve(self, pages: _Pages) -> None:
        """Resolves everything that may be open at the pager; its cases are paged again if they come back."""
        while pages.keys:
            self.pager().resolve(pages.keys[0])
            pages = replace(pages, keys=pages.keys[1:])
            self._paged(pages)
        if pages.told or pages.opening:
            self._paged(replace(pages, told=frozenset(), opening=()))

    def _pages(self, now: datetime) -> _Pages:
        cursor = self.event_log.cursors.get(INSTALLATION, PAGE, "")
        return _Pages(now - EVERY) if cursor is None else decode(cursor.data, _Pages)

    def _paged(self, pages: _Pages) -> None:
        data = encode(pages, order="deterministic").decode()
        self.event_log.cursors.put(Cursor(INSTALLATION, PAGE, "", pages.number, data, pages.at))
