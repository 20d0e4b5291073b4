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
        """What a message about these cases looks like, as a digest: it is drawn again where that has changed."""

    def post(self, cases: Sequence[Case], now: datetime) -> str:
        """Posts one message about all of them, or finds the one that a crash left; gives its id, empty where there is
        no channel to post it in.
        """

    def update(self, message: str, cases: Sequence[Case], now: datetime) -> bool:
        """Draws it again. False where somebody has deleted it, or Slack lets nobody change it any more."""


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
    """The message about the cases numbered `first` to `last`; `look` is what it looked like. One that is `gone`, since
    somebody has deleted it, is not drawn any more.
    """

    id: str
    first: int
    last: int
    look: str
    at: datetime
    gone: bool = False


@dataclass(frozen=True)
class _Pages:
    """When the last page was sent, and how many were begun. `keys` are those under which an alert may be open at the
    pager, the newest last; `told` numbers the cases that wait and were told, and `opening` those of a page that was
    about to be sent.
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
        """What fails is logged, and tried again at the next round."""
        for what in (self._show, self._page):
            try:
                what(state, now)
            except BotError as error:
                _log.warning("alerts are not told yet", error=str(error))

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
                if not message.gone and not self._draw(message, state, now):  # what was not in it yet is told anew
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
        """Where it looks otherwise by now. False where it has been deleted, or cannot be changed any more."""
        cases = self._shown(state, message.first, message.last)
        look = self.board.look(cases, now)
        if look != message.look:
            if not self.board.update(message.id, cases, now):
                return False
            self._keep(replace(message, look=look))
        return True

    def _shown(self, state: Alerts, first: int, last: int) -> list[Case]:
        """Nothing of an incident of which Slack is not to know."""
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
        """For values of ours that wait for a person: they leak while nobody decides. Each page is an alert of its own
        at the pager, since one that somebody has acknowledged wakes nobody again. That it is about to be sent, under
        which key and of which cases, is kept before it is: whatever is lost then, the same one is sent again, and what
        may be open at the pager is resolved in the end.
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
        if left != pages:  # whatever waits again after that is told again
            self._paged(left)
        if left.opening:
            self._send(left, left, waiting, now)
        elif now - left.at >= EVERY and (new := tuple(sorted(waiting.keys() - left.told))):
            begun = replace(left, number=left.number + 1, keys=(*left.keys, f"{DEDUP}-{left.number + 1}"), opening=new)
            self._paged(begun)
            self._send(begun, left, waiting, now)

    def _send(self, pages: _Pages, before: _Pages, waiting: Mapping[int, Case], now: datetime) -> None:
        """The page that is about to be sent. One that was not is none: `before` holds then."""
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
        """All that may be open at the pager, and what they told is told anew if it comes again."""
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
