"""Twilio's HTTP interface, as far as credentials of one account go.

Sources: Twilio's OpenAPI files (api v2010, iam v1, accounts v1) and its pages on API keys, auth tokens and error 20003.
US region only: credentials of another region are unknown here. Unverified: how soon a revocation is everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Unpack
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from bot.errors import ConfigurationError, Refused, Unexpected
from bot.model.keys import KeyRef, Leftover
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Content, Http, Reply
from bot.providers.contract import (
    Held,
    Setup,
    as_control,
    demand_captured,
    demand_made,
    newer,
    unclear_if_it_fails,
)
from bot.secrets.secret import Secret

NAME = "twilio"
HOSTS = ("api", "iam", "accounts")
PAGE_SIZE, MOST_PAGES = 1000, 20
API_KEYS = "API keys"
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_ADMIN = re.compile(r"(SK[0-9a-fA-F]{32}):(\S+)")


class Account(Struct):
    sid: str
    owner_account_sid: str | None = None
    friendly_name: str | None = None
    status: str | None = None
    auth_token: str | None = None
    """The primary one, in clear: this object goes nowhere."""


class Policy(Struct):
    allow: list[str] = []


class Key(Struct):
    sid: str
    friendly_name: str | None = None
    date_created: str | None = None
    policy: Policy | None = None

    @property
    def id(self) -> KeyRef:
        return KeyRef(self.sid, self.friendly_name or "", self.sid, _utc(self.date_created))


class _Meta(Struct):
    next_page_url: str | None = None


class _Keys(Struct):
    keys: list[Key]
    meta: _Meta


class _Messages(Struct):
    page_size: int


class _Failure(Struct):
    code: int | None = None


@dataclass(frozen=True)
class TwilioApi:
    """`account` is the SID of the catalog's account. `admin` gives ``SK…:secret``, a Main API key of that account."""

    account: str
    api: Http
    iam: Http
    accounts: Http
    admin: Callable[[], Secret]

    @classmethod
    def configured(cls, setup: Setup) -> TwilioApi:
        setup.check_options(NAME, {"account"}, {"account"})
        account = setup.options["account"]
        if not _ACCOUNT.fullmatch(account):
            raise ConfigurationError(f"{NAME}: the option 'account' is no account SID; expected AC and 32 hex digits")
        hosts = {role: setup.http(role) for role in HOSTS}
        return cls(account, hosts["api"], hosts["iam"], hosts["accounts"], setup.admin_for(NAME))

    def admin_pair(self) -> tuple[str, Secret]:
        """The admin credential as user name and password. Refused if it is an auth token, which rotating would end."""
        found = _ADMIN.fullmatch(self.admin().reveal())
        if found is None:
            cause = "it has not the form SK…:secret of a Main API key (an auth token would end with the rotation)"
            raise Refused(NAME, "read the admin credential", cause)
        return found[1], Secret(found[2])

    def read_account(self, sid: str, pair: tuple[str, Secret], http: Http | None = None) -> Reply:
        path = f"/2010-04-01/Accounts/{sid}.json"
        return (http or self.api).send("GET", path, verb=f"read account {sid}", priority=Priority.VERIFY, basic=pair)

    def probe_token(self, sid: str, token: Secret) -> Answer:
        """Whether an auth token is accepted, by reading its account.

        20003 is also what a suspended account and a lost header get, and an account that the control cannot vouch for.
        """
        answer = _judged(lambda: self.read_account(sid, (sid, token)), Account)
        if answer.liveness is Liveness.DEAD and sid != self.account:
            return Answer(Liveness.UNKNOWN, f"{answer.detail}, and its account is not the catalog's")
        return answer

    def probe_key(self, sid: str, secret: Secret) -> Answer:
        """Whether an API key is accepted, by the smallest page of messages: the URL with which AWS validates such keys.

        A restricted key that may not read messages is answered like one that is unknown to the account: UNKNOWN.
        """
        path, pair = f"/2010-04-01/Accounts/{self.account}/Messages.json?PageSize=1", (sid, secret)
        ask = partial(self.api.send, "GET", path, verb="probe an API key", priority=Priority.VERIFY, basic=pair)
        return _judged(ask, _Messages)

    def control(self, probe: Callable[[str, Secret], Answer]) -> Answer:
        """`probe` with the admin key."""
        return as_control("the admin key at this account", lambda: probe(*self.admin_pair()))

    def probe_account(self, user: str, password: Secret) -> Answer:
        return _judged(lambda: self.read_account(self.account, (user, password)), Account)

    def key(self, sid: str, http: Http | None = None) -> Key | None:
        """The key of this SID; None if there is none."""
        reply = self.ask(http or self.iam, "GET", f"/v1/Keys/{checked(sid)}", f"read key {sid}", Priority.READ)
        if reply.status == 404:
            return None
        found = reply.expect(200).parse(Key)
        demand_captured(NAME, f"read key {sid}", sid, found.sid)
        return found

    def listed(self) -> list[Key]:
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

    def newer_keys(self, since: datetime, but: str) -> list[Leftover]:
        listed, ours = [key.id for key in self.listed()], {but, self.admin_pair()[0]}
        found = [Leftover(API_KEYS, key.id, key.name, key.created_at) for key in listed if key.id not in ours]
        return newer(found, since)

    def delete_key(self, held: Held) -> None:
        verb, key_id = f"revoke key {checked(held.key_id)}", held.key_id
        if key_id == self.admin_pair()[0]:
            raise Refused(NAME, verb, "this is the admin key that the bot itself uses")
        if not held.credential.key:
            found = self.key(key_id)
            if found is None:
                return
            demand_made(NAME, verb, found.friendly_name or "")
        elif held.credential.parts["sid"].reveal() != key_id:
            raise Refused(NAME, verb, "this SID is not the one that stands beside the value")
        self.ask(self.iam, "DELETE", f"/v1/Keys/{key_id}", verb, Priority.REVOKE).expect(204, 404)

    def ask(
        self, http: Http, method: str, path: str, verb: str, priority: Priority, **content: Unpack[Content]
    ) -> Reply:
        return http.send(method, path, verb=verb, priority=priority, basic=self.admin_pair(), **content)


def checked(sid: str) -> str:
    """`sid`, or Refused if it is no SID of a key."""
    if not _KEY.fullmatch(sid):
        raise Refused(NAME, "find a key", "its id is no SID of an API key")
    return sid


def is_key_sid(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def is_account_sid(text: str) -> bool:
    return _ACCOUNT.fullmatch(text) is not None


def _utc(date: str | None) -> datetime | None:
    """A date of RFC 2822 (``Mon, 13 Jun 2016 22:50:08 +0000``); None if absent or unreadable."""
    try:
        found = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)


@unclear_if_it_fails
def _judged(ask: Callable[[], Reply], shape: type[Account | _Messages]) -> Answer:
    reply = ask()
    if reply.status == 200:
        found = reply.parse(shape)
        status = found.status if isinstance(found, Account) else None
        idle = f", the account is {status}" if status in {"suspended", "closed"} else ""
        return Answer(Liveness.LIVE, f"HTTP 200{idle}")
    code = reply.parse(_Failure).code
    if (reply.status, code) == (401, 20003):
        return Answer(Liveness.DEAD, "HTTP 401, code 20003")
    return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}" + (f", code {code}" if code else ""))
