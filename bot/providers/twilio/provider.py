"""Twilio auth tokens. Sources: see `api.py`; Twilio's pages on the secondary auth token and its promotion.

An account has a primary token and, during a rotation, a secondary one; both are accepted. Promoting the secondary makes
it the primary and revokes the old primary. No call shows whether there is a secondary: one whose value was lost is
deleted by the next `issue`, as its first step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Refused, Unexpected
from bot.model.keys import KeyRef, Leftover, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use, UseReport
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Issued, Setup, demand_captured
from bot.providers.looks import Look
from bot.providers.twilio.api import NAME, Account, TwilioApi, is_account_sid
from bot.providers.twilio.events import ACCOUNT_MADE, use_of
from bot.secrets.secret import Credential, Secret

SECONDARY = "/v1/AuthTokens/Secondary"
ROLE, PRIMARY, SECOND = "role", "primary", "secondary"
TOKEN_LENGTH = 32


class _Made(Struct):
    account_sid: str
    secondary_auth_token: str


class _Promoted(Struct):
    auth_token: str | None = None


@dataclass(frozen=True)
class Twilio:
    """The key id is the account's SID; that of a token made here is ``AC…/name``, and means the secondary one."""

    card: ClassVar[Card] = load_card(__file__)
    api: TwilioApi

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `account` is the SID, and must be that of the secret's part `sid`."""
        return cls(TwilioApi.configured(setup))

    def probe(self, credential: Credential) -> Answer:
        sid = self._sid(credential)
        if not is_account_sid(sid):
            return Answer(Liveness.UNKNOWN, "the SID beside the token is none of an account")
        return self.api.probe_token(sid, credential.key)

    def control(self) -> Answer:
        return self.api.control()

    def account(self, credential: Credential) -> str | None:
        found = self._read(credential)
        return found.sid if found else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        found = self._read(credential)
        return [KeyRef(found.sid, f"{_role(found, credential.key)} auth token")] if found else []

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        sid = self._sid(credential)
        if sid != key_id:
            raise Refused(NAME, f"read account {key_id}", "the token's account is another")
        http = self.api.api.with_timeout(SNAPSHOT_SECONDS)
        found = self.api.read_account(sid, (sid, credential.key), http).expect(200).parse(Account)
        facts = {
            ROLE: _role(found, credential.key),
            "account": f"{found.friendly_name or ''} ({found.status or 'status unknown'})".strip(),
            "webhooks": "signed with the primary token: consumers must accept both while it changes",
        }
        return Snapshot(account=sid, owner=found.owner_account_sid or "", facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes the secondary token, after deleting one that an interrupted try, or an attacker, may have left.

        Refused unless the old token is known to be the primary one: the deleted one might be in use.
        """
        verb, role = f"make a secondary auth token, {name}", like.facts.get(ROLE)
        if role == SECOND:
            cause = "the old token is the secondary one: no other can be made beside it"
            raise Refused(NAME, verb, f"{cause}. Use the primary one, and delete the secondary in the console")
        if role != PRIMARY:
            cause = "unknown whether the old token is the primary one; a secondary may be in use"
            raise Refused(NAME, verb, f"{cause}. Look in the console, make another one there, and `bot submit` it")
        self._own_account(verb)
        self._delete_secondary(verb)
        reply = self.api.ask(self.api.accounts, "POST", SECONDARY, verb, Priority.PUT)
        made = reply.expect(200, 201).parse(_Made)
        if made.account_sid != self.api.account:
            self._delete_secondary(verb)
            raise Refused(NAME, verb, "the admin key is of another account than the catalog's")
        parts = {"sid": Secret(self.api.account), "token": Secret(made.secondary_auth_token)}
        return Issued(f"{self.api.account}/{name}", Credential(parts, "token"))

    def issued(self, prefix: str) -> list[KeyRef]:  # noqa: ARG002 - nothing has a name here
        """Always empty: tokens have no names and are in no list. The next `issue` deletes a lost one."""
        return []

    def revoke(self, held: Held) -> None:
        """Promotes the replacement, which revokes the old token, or deletes the old one if it is the secondary.

        Refused or Unexpected, without any change, unless the replacement is accepted and it is clear which of the two
        is the primary. A lost token made here is the secondary, and deleted.
        """
        verb = f"revoke the auth token of {held.key_id}"
        primary = self._own_account(verb).auth_token
        if not held.credential.key:
            self._end_lost(held.key_id, verb)
            return
        new = self._replacement(held, verb)
        match self.probe(held.credential).liveness:
            case Liveness.DEAD:
                return
            case Liveness.UNKNOWN:
                raise Unexpected(NAME, verb, "unknown whether the old token is accepted: nothing changed")
            case Liveness.LIVE:
                pass
        if primary == new.reveal():
            self._delete_secondary(verb)
        elif primary == held.credential.key.reveal():
            self._promote(new, verb)
        else:
            cause = "Twilio does not show which of the two tokens is the primary one"
            raise Refused(NAME, verb, f"{cause}: promote or delete the secondary in the console")

    def leftovers(self, since: datetime, _credential: Credential, _key_id: str) -> list[Leftover]:
        return self.api.newer_keys(since)

    def use(self, _held: Held, look: Look) -> UseReport:
        return use_of(self.api, look)

    def still_there(self, made: Sequence[Use]) -> Iterator[tuple[Use, bool]]:
        """Subaccounts, by their status: a closed one is still shown."""
        for use in made:
            if use.action == ACCOUNT_MADE and is_account_sid(use.what[-1]):
                reply = self.api.read_account(use.what[-1], self.api.admin_pair()).expect(200, 404)
                yield use, reply.status == 200 and reply.parse(Account).status != "closed"

    def _sid(self, credential: Credential) -> str:
        part = credential.parts.get("sid")
        return part.reveal() if part else self.api.account

    def _read(self, credential: Credential) -> Account | None:
        """The token's account as the token itself sees it; None if it is refused."""
        sid = self._sid(credential)
        if not is_account_sid(sid):
            return None
        reply = self.api.read_account(sid, (sid, credential.key))
        return None if reply.status in {401, 403, 404} else reply.expect(200).parse(Account)

    def _own_account(self, verb: str) -> Account:
        """The catalog's account. Refused for a subaccount: its parent's key may read it, but would rotate the parent's
        token.
        """
        found = self.api.read_account(self.api.account, self.api.admin_pair()).expect(200).parse(Account)
        demand_captured(NAME, verb, self.api.account, found.sid)
        if found.owner_account_sid not in {None, found.sid}:
            raise Refused(NAME, verb, "it is a subaccount: a person rotates its token in the console")
        return found

    def _delete_secondary(self, verb: str) -> None:
        """Nothing to delete is success: 404, or 400 in case that is how Twilio says it, which is not documented."""
        self.api.ask(self.api.accounts, "DELETE", SECONDARY, verb, Priority.REVOKE).expect(204, 400, 404)

    def _end_lost(self, key_id: str, verb: str) -> None:
        account, _, name = key_id.partition("/")
        if account != self.api.account or not name:
            raise Refused(NAME, verb, "without its value only a token made here can be revoked")
        self._delete_secondary(verb)

    def _replacement(self, held: Held, verb: str) -> Secret:
        """The replacement's token, once it is certain that it can take the old one's place."""
        account, new = self.api.account, held.replacement
        if held.key_id != account or self._sid(held.credential) != account:
            raise Refused(NAME, verb, "the token is of another account than the catalog's")
        if new is None or new.key == held.credential.key or self._sid(new) != account:
            raise Refused(NAME, verb, "only another token of the account can take its place, and there is none")
        if self.probe(new).liveness is not Liveness.LIVE:
            raise Unexpected(NAME, verb, "the replacement is not accepted: nothing was promoted")
        return new.key

    def _promote(self, new: Secret, verb: str) -> None:
        reply = self.api.ask(self.api.accounts, "POST", "/v1/AuthTokens/Promote", verb, Priority.REVOKE)
        promoted = reply.expect(200).parse(_Promoted).auth_token
        dead = self.api.probe_token(self.api.account, new).liveness is Liveness.DEAD
        if dead or promoted not in {None, new.reveal()}:
            cause = "another token than the replacement was promoted: read the account's token in the console at once"
            raise Unexpected(NAME, verb, cause)


def _role(account: Account, token: Secret) -> str:
    """Whether `token`, which is accepted, is the primary or the secondary one, or that Twilio does not show it."""
    if account.auth_token == token.reveal():
        return PRIMARY
    return SECOND if len(account.auth_token or "") == TOKEN_LENGTH else "unknown"
