"""Bot tokens of a Slack app of the product's own. Sources: Slack's Web API specification and its pages on auth.test,
auth.revoke and token rotation.

Slack answers HTTP 200 to nearly everything and says in the body whether it went well. Making a token takes a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Refused, Throttled, Unauthorized, Unexpected
from bot.model.keys import KeyRef
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import Card, Setup, as_control, unclear_if_it_fails
from bot.secrets.secret import Credential, Secret

NAME = "slack"
DEAD = frozenset({"invalid_auth", "token_revoked", "token_expired", "account_inactive"})
"""`invalid_auth` is also what Slack answers where a workspace does not allow our address; a control shows that."""
RECOGNISED = frozenset({"missing_scope"})
"""Errors that come only after the token was recognised."""
UNCLEAR = frozenset({"ratelimited", "org_login_required", "ekm_access_denied", "not_authed", "team_access_not_granted"})
"""Errors that are repeated in an answer's detail, without being proof of anything."""
ROTATING = "xoxe."
"""The beginning of a token of an app with token rotation: it ends by itself, and its refresh token makes others."""
_VALUE = re.compile(r"((?:xoxe\.)?xox[abp]-)[A-Za-z0-9-]{8,400}")
"""The token of a bot or user. For a refresh token or a webhook's address Slack always answers that it is invalid."""


class _Identity(Struct):
    """The answer to auth.test. An error has neither team nor user."""

    ok: bool
    error: str = ""
    team_id: str = ""
    team: str = ""
    user_id: str = ""
    user: str = ""


class _Revoked(Struct):
    ok: bool
    error: str = ""
    revoked: bool = False


@dataclass(frozen=True)
class SlackToken:
    card: ClassVar[Card] = load_card(__file__)
    http: Http
    admin: Callable[[], Secret]
    runs_on: tuple[Secret, ...]

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        return cls(setup.http("api"), setup.admin_for(NAME), setup.runs_on)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Asks who the token is, which needs no scope."""
        value = credential.key.reveal()
        if not _VALUE.fullmatch(value):
            return Answer(Liveness.UNKNOWN, "not the token of a bot or user")
        found = self._identity(credential.key)
        match found:
            case _Identity(ok=False, error="token_expired") if value.startswith(ROTATING):
                return Answer(Liveness.UNKNOWN, "HTTP 200 token_expired, which says nothing of its refresh token")
            case _Identity(ok=True) if found.team_id and found.user_id:
                return Answer(Liveness.LIVE, "HTTP 200, ok")
            case _Identity(ok=False, error=error) if error in DEAD:
                return Answer(Liveness.DEAD, f"HTTP 200 {error}")
            case _Identity(ok=False, error=error) if error in RECOGNISED:
                return Answer(Liveness.LIVE, f"HTTP 200 {error}, recognised but without this right")
            case _Identity(error=error):
                return Answer(Liveness.UNKNOWN, f"HTTP 200 {error if error in UNCLEAR else 'with another error'}")

    def control(self) -> Answer:
        """Asks with the catalog's admin credential, which here is any other token of the workspace."""
        return as_control("the workspace's other token", lambda: self.probe(Credential.single(self.admin())))

    def account(self, credential: Credential) -> str | None:
        """The workspace. Not the bot user: whether a new installation keeps it is not documented."""
        found = self._identity(credential.key)
        return found.team_id or None if found.ok else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """Slack names no tokens: beginning and last four characters serve as the id, with the bot user's name.

        A token that Slack does not recognise is named too, since it revokes itself without an id.
        """
        shape = _VALUE.fullmatch(credential.key.reveal())
        if shape is None:
            return []
        hint = f"{shape[1]}…{credential.key.reveal()[-4:]}"
        try:
            found = self._identity(credential.key)
        except (Refused, Unauthorized):
            return [KeyRef(hint, hint=hint)]
        return [KeyRef(hint, f"{found.user} of {found.team}" if found.ok else "", hint)]

    def revoke_itself(self, credential: Credential) -> None:
        """Ends the token. Slack also switches the bot user off and takes it out of its channels."""
        verb = "revoke a token"
        if credential.key in self.runs_on:
            raise Refused(NAME, verb, "this is the token that the bot itself works with")
        reply = self.http.send("POST", "/auth.revoke", verb=verb, priority=Priority.REVOKE, bearer=credential.key)
        answer = reply.expect(200).parse(_Revoked)
        match answer:
            case _Revoked(ok=True, revoked=True):
                return
            case _Revoked(ok=False, error=error) if error in DEAD:
                return
            case _Revoked(ok=False, error="ratelimited"):
                raise Throttled(NAME, verb, "HTTP 200 ratelimited")
            case _Revoked(ok=False, error=error) if error in UNCLEAR | RECOGNISED:
                raise Unauthorized(NAME, verb, f"HTTP 200 {error}")
            case _:
                raise Unexpected(NAME, verb, "the answer does not say that it was revoked")

    def _identity(self, token: Secret) -> _Identity:
        reply = self.http.send("POST", "/auth.test", verb="probe a token", priority=Priority.VERIFY, bearer=token)
        return reply.expect(200).parse(_Identity)
