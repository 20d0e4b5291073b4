"""REST API keys of PagerDuty. Sources: PagerDuty's REST API v2 and its page on API access keys.

No API makes, lists or ends them: people do, and the bot proves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from urllib.parse import urlsplit

from msgspec import Raw, Struct

from bot.model.keys import KeyRef, Leftover
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use, UseReport
from bot.net.http import Http, Reply
from bot.providers.cards import load_card
from bot.providers.contract import REGION, Card, Held, Setup, as_control, in_path, newer, unclear_if_it_fails
from bot.providers.looks import Look
from bot.providers.pagerduty.account import NAME, REGIONS, Account, region_of, rest_headers
from bot.providers.pagerduty.audit import LISTED_AT, use_of
from bot.secrets.secret import Credential, Secret

_VALUE = re.compile(r"[A-Za-z0-9+_-]{20}|pd(?:us|eu)\+[A-Za-z0-9+_-]{16,160}")


class _Abilities(Struct):
    abilities: list[str]


class _Failure(Struct):
    error: Raw


class _User(Struct):
    html_url: str | None = None


class _Users(Struct):
    users: list[_User]


@dataclass(frozen=True)
class PagerDutyRest:
    card: ClassVar[Card] = load_card(__file__, "rest-key")
    http: Http
    admin: Callable[[], Secret]
    europe: bool
    others: Http
    """Bound to the other service region, for keys that say that they are of that one."""

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `region` (us, eu) is the account's service region."""
        setup.check_options(NAME, {REGION})
        here, europe = setup.in_region(NAME, REGIONS)("api"), setup.options.get(REGION) == "eu"
        return cls(here, setup.admin_for(NAME), europe, setup.http("api" if europe else "euapi"))

    def probe(self, credential: Credential) -> Answer:
        """Lists the account's abilities, which every key may, in the region that the key itself says, else in that of
        the account.
        """
        return _probed(credential.key, self._where(credential.key))

    def control(self) -> Answer:
        """Asks with the catalog's admin credential, which is another REST key of the account."""
        return as_control("the account's other key", lambda: self.probe(Credential.single(self.admin())))

    def control_along(self, probed: Credential) -> Answer:
        """In the region in which `probed` is asked."""
        where = self._where(probed.key)
        return as_control("the account's other key", lambda: _probed(self.admin(), where))

    def account(self, credential: Credential) -> str | None:
        """The account's subdomain, from the address of any of its users; None if that is not shown."""
        reply = _ask(self._where(credential.key), "/users?limit=1", credential.key)
        if reply.status != 200:
            return None
        urls = [user.html_url or "" for user in reply.parse(_Users).users]
        return (urlsplit(urls[0]).hostname if urls else None) or None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """PagerDuty shows no ids: the last four characters must do for one."""
        value = credential.key.reveal()
        if not _VALUE.fullmatch(value):
            return []
        return [KeyRef(f"…{value[-4:]}", hint=f"…{value[-4:]}")]

    def leftovers(self, since: datetime, credential: Credential, key_id: str) -> list[Leftover]:  # noqa: ARG002 - the same for every key
        """Integrations of any service made since then."""
        found = self._account.integrations()
        shown = (Leftover("integrations", x.key_id, f"{x.name} of {x.service_name}", x.created_at) for x in found)
        return newer(shown, since)

    def use(self, held: Held, look: Look) -> UseReport:
        return use_of(self._account, held.key_id, look)

    def still_there(self, made: Sequence[Use]) -> Iterator[tuple[Use, bool]]:
        """People and services, each read by its id."""
        verb = "look whether it is undone"
        for use in made:
            if (where := LISTED_AT.get(use.action)) is not None:
                reply = self._account.ask("GET", f"/{where}/{in_path(NAME, verb, use.what[-1])}", verb)
                yield use, reply.expect(200, 404).status == 200

    @property
    def _account(self) -> Account:
        return Account(self.http, self.admin, europe=self.europe)

    def _where(self, key: Secret) -> Http:
        return self.others if region_of(key) not in {None, self.europe} else self.http


@unclear_if_it_fails
def _probed(key: Secret, http: Http) -> Answer:
    if not _VALUE.fullmatch(key.reveal()):
        return Answer(Liveness.UNKNOWN, "not a REST key, which has 20 characters")
    reply = _ask(http, "/abilities", key)
    if reply.status == 200:
        reply.parse(_Abilities)
        return Answer(Liveness.LIVE, "HTTP 200")
    if reply.status == 401:
        reply.parse(_Failure)  # a proxy in between would not answer in PagerDuty's form
        return Answer(Liveness.DEAD, "HTTP 401")
    return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}")


def _ask(http: Http, path: str, key: Secret) -> Reply:
    return http.send("GET", path, verb="probe a key", priority=Priority.VERIFY, headers=rest_headers(key))
