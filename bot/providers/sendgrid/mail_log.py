"""Which e-mails were sent with a key of SendGrid, from the account's e-mail log.

Sources: Twilio SendGrid's OpenAPI files tsg_logs_v3 and tsg_stats_v3, and its page on the e-mail log, which keeps 30
days. The log is listed by time only, at most 1000 e-mails at once and without pages; the key and the sender's address
are in an e-mail's details. Unverified: how late an e-mail is listed, and whether those of a deleted key stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, Struct

from bot.errors import Missing, OutsideError, Refused, Unexpected
from bot.model.priority import Priority
from bot.model.uses import Use, UseReport
from bot.net.http import Http
from bot.phrases.times import counted
from bot.providers.contract import AnyTime
from bot.providers.looks import Look
from bot.secrets.secret import Secret

NAME = "sendgrid"
KEPT = timedelta(days=30)
LISTED = 1000
"""E-mails in one list, at most."""
MOST = 1000
"""E-mails whose details are read, the newest ones."""
SHORTEST = timedelta(seconds=10)
"""A time that is not divided further."""
FIRST = (timedelta(hours=1), timedelta(days=1))
"""Before the end of the window: what is listed first."""
_ID = re.compile(r"[A-Za-z0-9._~+=-]{1,200}")


class _Listed(Struct):
    sg_message_id: str
    sg_message_id_created_at: AnyTime
    from_email: str = ""


class _List(Struct):
    messages: list[_Listed]


class _Details(Struct):
    sg_message_id: str
    api_key_id: Annotated[str, Meta(max_length=64)]
    client_ip: str = ""


class _Metrics(Struct):
    requests: int = 0


class _Stat(Struct):
    metrics: _Metrics


class _Day(Struct):
    stats: list[_Stat]


@dataclass(frozen=True)
class MailLog:
    http: Http
    admin: Callable[[], Secret]

    def use(self, key_id: str, look: Look) -> UseReport:
        """The e-mails of the key of this id, the newest first. Errors: the OutsideError family."""
        asked, look.since = look.since, max(look.since, look.until - KEPT)
        look.read("E-mail log", self._sent(key_id, look.since, look.until), MOST)
        return look.report(*(() if look.enough() else self._counted(asked, look.until)))

    def _counted(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """How many e-mails were sent with any key, by the account's statistics, which go back further than its log.
        Nothing without the right (``stats.read``).
        """
        start, end, days = f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}", list[_Day]()
        query: dict[str, str | int] = {"start_date": start, "end_date": end, "aggregated_by": "month"}
        with suppress(OutsideError):
            reply = self.http.send("GET", "/v3/stats", verb="read statistics", query=query, bearer=self.admin())
            days = reply.expect(200).parse(list[_Day])
        total = sum(stat.metrics.requests for day in days for stat in day.stats)
        sent = f"Which key sent each of the account's {counted(total, 'e-mail')} from {start} to {end}."
        return (sent,) if total else ()

    def _sent(self, key_id: str, since: datetime, until: datetime) -> Iterator[list[Use]]:
        for messages in self._lists(since, until):
            yield []
            for message in sorted(messages, key=lambda each: each.sg_message_id_created_at, reverse=True):
                yield list(self._of_key(message, key_id))

    def _lists(self, since: datetime, until: datetime) -> Iterator[list[_Listed]]:
        """The e-mails between two times, the newest times first. Where there are too many, in halves of that time."""
        edges = [since, *(max(since, until - each) for each in reversed(FIRST)), until]
        waiting = [(start, end) for start, end in pairwise(edges) if start < end]
        while waiting:
            start, end = waiting.pop()
            found = self._list(start, end)
            if len(found) < LISTED:
                yield found
            elif end - start <= SHORTEST:
                raise Unexpected(NAME, "read the e-mail log", f"more than {LISTED} e-mails in {SHORTEST.seconds} s")
            else:
                middle = start + (end - start) / 2
                waiting += [(start, middle), (middle, end)]
                yield []

    def _list(self, start: datetime, end: datetime) -> list[_Listed]:
        """From `start` until before `end`."""
        named = "sg_message_id_created_at"
        query = f"{named} >= TIMESTAMP {_quoted(start)} AND {named} < TIMESTAMP {_quoted(end)}"
        body = {"query": query, "limit": LISTED}
        reply = self.http.send(
            "POST", "/v3/logs", verb="read the e-mail log", priority=Priority.READ, bearer=self.admin(), json_body=body
        )
        return reply.expect(200).parse(_List).messages

    def _of_key(self, message: _Listed, key_id: str) -> Iterator[Use]:
        """The e-mail as a use, if it is one of the key. One that is no longer there is none."""
        verb = "read an e-mail's details"
        if not _ID.fullmatch(message.sg_message_id):
            raise Refused(NAME, verb, "its id has characters that change a path")
        path = f"/v3/logs/{message.sg_message_id}"
        reply = self.http.send("GET", path, verb=verb, priority=Priority.READ, bearer=self.admin())
        try:
            found = reply.expect(200).parse(_Details)
        except Missing:
            return
        if found.sg_message_id != message.sg_message_id:
            raise Unexpected(NAME, verb, "the answer is about another e-mail")
        if found.api_key_id == key_id:
            at = message.sg_message_id_created_at.astimezone(UTC)
            what = (message.from_email,) if message.from_email else ()
            yield Use(at, at, "mail.send", key_id, address=found.client_ip, what=what, id=found.sg_message_id)


def _quoted(at: datetime) -> str:
    return f'"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"'
