"""Twilio's HTTP interface, as far as the auth tokens of one account go, and what else may have been made there.

Sources: Twilio's OpenAPI files (api v2010, iam v1, accounts v1) and its pages on API keys, auth tokens and error 20003.
US region only: credentials of another region are unknown here. Unverified: how soon a revocation is everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Unpack
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from bot.errors import ConfigurationError, Refused, Unexpected
from bot.model.keys import Leftover
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Content, Http, Reply
from bot.providers.contract import Setup, as_control, newer, unclear_if_it_fails
from bot.secrets.secret import Secret

NAME = "twilio"
HOSTS = ("api", "iam", "accounts", "monitor")
PAGE_SIZE, MOST_PAGES = 1000, 20
API_KEYS = "API keys"
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_ADMIN = re.compile(r"(SK[0-9a-fA-F]{32}):(\S+)")


class Account(Struct):
    sid: str
    owner_account_sid: str | None = None
    friendly_name: str | None = None
    status: str | None = None
    auth_token: str | None = None
    """The primary one, in clear: this object goes nowhere."""


class Key(Struct):
    sid: str
    friendly_name: str | None = None
    date_created: str | None = None

    @property
    def as_leftover(self) -> Leftover:
        return Leftover(API_KEYS, self.sid, self.friendly_name or "", _utc(self.date_created))


class Meta(Struct):
    next_page_url: str | None = None


class _Keys(Struct):
    keys: list[Key]
    meta: Meta


class _Failure(Struct):
    code: int | None = None


@dataclass(frozen=True)
class TwilioApi:
    """`account` is the SID of the catalog's account. `admin` gives ``SK…:secret``, a Main API key of that account."""

    account: str
    api: Http
    iam: Http
    accounts: Http
    monitor: Http
    admin: Callable[[], Secret]

    @classmethod
    def configured(cls, setup: Setup) -> TwilioApi:
        setup.check_options(NAME, {"account"}, {"account"})
        account = setup.options["account"]
        if not _ACCOUNT.fullmatch(account):
            raise ConfigurationError(f"{NAME}: the option 'account' is no account SID; expected AC and 32 hex digits")
        hosts = {role: setup.http(role) for role in HOSTS}
        return cls(account, **hosts, admin=setup.admin_for(NAME))

    def admin_pair(self) -> tuple[str, Secret]:
        """The admin credential as user name and password. Refused if it is an auth token, which rotating would end."""
        found = _ADMIN.fullmatch(self.admin().reveal())
        if found is None:
            cause = "it has not the form SK…:secret of a Main API key (an auth token would be revoked by the rotation)"
            raise Refused(NAME, "read the admin credential", cause)
        return found[1], Secret(found[2])

    def read_account(self, sid: str, pair: tuple[str, Secret], http: Http | None = None) -> Reply:
        path = f"/2010-04-01/Accounts/{sid}.json"
        return (http or self.api).send("GET", path, verb=f"read account {sid}", priority=Priority.VERIFY, basic=pair)

    def probe_token(self, sid: str, token: Secret) -> Answer:
        """Whether an auth token is accepted, by reading its account.

        20003 is also what a suspended account and a lost header get, and an account that the control cannot vouch for.
        """
        answer = self._judged(sid, (sid, token))
        if answer.liveness is Liveness.DEAD and sid != self.account:
            return Answer(Liveness.UNKNOWN, f"{answer.detail}, and its account is not the catalog's")
        return answer

    def control(self) -> Answer:
        """Whether the admin key is accepted, by reading the account."""
        return as_control("the admin key at this account", lambda: self._judged(self.account, self.admin_pair()))

    @unclear_if_it_fails
    def _judged(self, sid: str, pair: tuple[str, Secret]) -> Answer:
        reply = self.read_account(sid, pair)
        if reply.status == 200:
            status = reply.parse(Account).status
            idle = f", the account is {status}" if status in {"suspended", "closed"} else ""
            return Answer(Liveness.LIVE, f"HTTP 200{idle}")
        code = reply.parse(_Failure).code
        if (reply.status, code) == (401, 20003):
            return Answer(Liveness.DEAD, "HTTP 401, code 20003")
        return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}" + (f", code {code}" if code else ""))

    def _listed(self) -> list[Key]:
        found: list[Key] = []
        query: dict[str, str | int] = {"AccountSid": self.account, "PageSize": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            reply = self.ask(self.iam, "GET", "/v1/Keys", "list keys", Priority.READ, query=query)
            page = reply.expect(200).parse(_Keys)
            found += page.keys
            if page.meta.next_page_url is None:
                return found
            query = dict(parse_qsl(urlsplit(page.meta.next_page_url).query))
        raise Unexpected(NAME, "list keys", f"the list does not end after {len(found)} keys")

    def newer_keys(self, since: datetime) -> list[Leftover]:
        own = self.admin_pair()[0]
        return newer((key.as_leftover for key in self._listed() if key.sid != own), since)

    def ask(
        self, http: Http, method: str, path: str, verb: str, priority: Priority, **content: Unpack[Content]
    ) -> Reply:
        return http.send(method, path, verb=verb, priority=priority, basic=self.admin_pair(), **content)


def is_account_sid(text: str) -> bool:
    return _ACCOUNT.fullmatch(text) is not None


def _utc(date: str | None) -> datetime | None:
    """A date of RFC 2822 (``Mon, 13 Jun 2016 22:50:08 +0000``); None if absent or unreadable."""
    try:
        found = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
