"""Stripe secret and restricted keys. Source: Stripe's OpenAPI file, and its pages on API keys and errors.

No generally available API makes, rolls or expires keys: people do that in the dashboard, and the bot proves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import Struct

from bot.model.keys import KeyRef
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http, Reply
from bot.providers.cards import load_card
from bot.providers.contract import Card, Setup, as_control, unclear_if_it_fails
from bot.secrets.secret import Credential, Secret

NAME = "stripe"
_VALUE = re.compile(r"((?:sk|rk)_(live|test)_)[A-Za-z0-9_]{8,250}")


class _Account(Struct):
    id: str
    object: str


class _Error(Struct):
    type: str | None = None
    code: str | None = None
    message: str | None = None


class _Failure(Struct):
    error: _Error


@dataclass(frozen=True)
class Stripe:
    card: ClassVar[Card] = load_card(__file__)
    http: Http
    admin: Callable[[], Secret]

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        return cls(setup.http("api"), setup.admin_for(NAME))

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Reads the account, one small object. A restricted key without that right gets a refusal that
        names the right.
        """
        if credential.key.reveal().startswith("whsec_"):
            return Answer(Liveness.UNKNOWN, "a webhook's signing secret, not an API key")
        reply = self._account(credential.key)
        if reply.status == 200:
            reply.parse(_Account)
            return Answer(Liveness.LIVE, "HTTP 200")
        error = reply.parse(_Failure).error
        invalid = error.type == "invalid_request_error" and (error.message or "").startswith("Invalid API Key provided")
        match reply.status:
            case 401 if error.code == "api_key_expired":
                return Answer(Liveness.DEAD, "HTTP 401 api_key_expired")
            case 401 if invalid:
                return Answer(Liveness.DEAD, "HTTP 401, invalid API key")
            case 403 if error.type is not None:
                return Answer(Liveness.LIVE, "HTTP 403, recognised but without this right")
            case status:
                return Answer(Liveness.UNKNOWN, f"HTTP {status}")

    def control(self) -> Answer:
        """Asks with the catalog's admin credential, which here is any other key of the account."""
        return as_control("the account's other key", lambda: self.probe(Credential.single(self.admin())))

    def account(self, credential: Credential) -> str | None:
        """The account's id with the key's mode (``acct_… live``); None for a key that may not read it."""
        shape = _VALUE.fullmatch(credential.key.reveal())
        reply = self._account(credential.key)
        if reply.status != 200 or shape is None:
            return None
        return f"{reply.parse(_Account).id} {shape[2]}"

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The key as the dashboard shows it: prefix and last four characters, which must do for an id."""
        value = credential.key.reveal()
        shape = _VALUE.fullmatch(value)
        if shape is None:
            return []
        hint = f"{shape[1]}…{value[-4:]}"
        return [KeyRef(hint, hint=hint)]

    def _account(self, key: Secret) -> Reply:
        return self.http.send("GET", "/v1/account", verb="read the account", priority=Priority.VERIFY, bearer=key)
