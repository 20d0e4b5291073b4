"""Passwords of an ElastiCache user (RBAC), administered by the bot's own AWS identity.

A user holds two passwords at most, and ModifyUser replaces the whole list: what is to stay accepted has to be known and
named, and AWS shows none of them. So every change asks the server itself which values it accepts. Sources: botocore's
model elasticache 2015-02-02; ElastiCache user guide, "Automatically rotating passwords for users".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import msgspec
from msgspec import Struct

from bot.aws import Aws, answered, call
from bot.decoding import convert
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Setup, unclear_if_it_fails
from bot.providers.redis.provider import UserPasswords
from bot.providers.redis.server import NAME, Address, Session, accepts, missing_user, ping, session
from bot.secrets.secret import Credential

MOST_PASSWORDS = 2
POLL_SECONDS = 1.0
ACTIVE = "active"


class _Authentication(Struct, rename="pascal"):
    type: str = ""
    password_count: int = 0


class _User(Struct, rename="pascal"):
    user_id: str
    user_name: str
    status: str
    access_string: str = ""
    authentication: _Authentication = msgspec.field(default_factory=_Authentication)


class _Users(Struct, rename="pascal"):
    users: list[_User]


@dataclass(frozen=True)
class ElastiCache(UserPasswords):
    """The key id is ElastiCache's user id. An admin URL, where there is one, is of a user who may cut connections; what
    AWS accepts says nothing of the path to the server.
    """

    card: ClassVar[Card] = load_card(__file__, "elasticache")
    aws: Aws
    user_id: str
    pause: Callable[[float], None] = time.sleep

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, {"user_id"}, {"user_id"})
        aws = setup.aws_for(NAME).with_timeout(setup.timeout)
        hosts = setup.hosts_for(NAME, lambda admin: (Address.of(admin).place,))
        return cls(setup.admin, hosts, setup.timeout, aws, setup.options["user_id"])

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        return ping(Address.of(credential.key), self.hosts, self.timeout)

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The user of the catalog, if the URL names it and the server accepts the password."""
        verb = "find the user"
        try:
            user = self._user(self.aws, verb)
        except Missing:
            return []
        if user.user_name != Address.of(credential.key).user or not self._accepts(credential, verb):
            return []
        return [KeyRef(user.user_id, user.user_name, f"1 of {user.authentication.password_count} passwords")]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        user = self._user(self.aws.with_timeout(SNAPSHOT_SECONDS), f"read user {key_id}")
        return Snapshot(
            account=self.account(credential),
            scopes=tuple(user.access_string.split()),
            owner=user.user_name,
            facts={"passwords": str(user.authentication.password_count), "status": user.status},
        )

    def install(self, new: Credential, old: Credential) -> None:
        """Sets both passwords. Refused where that would end one that is in use, or bring an ended one back."""
        verb = "install a password"
        user = self._settled(Address.of(new.key), verb)
        old_accepted = self._accepts(old, verb)
        if self._accepts(new, verb):
            return
        if not old_accepted:
            cause = "the server accepts neither value, and setting both would end the one that is in use"
            raise Refused(NAME, verb, cause)
        self._demand_known(user, 1, verb)
        self._set([new, old], verb)

    def uninstall(self, unwanted: Credential) -> None:
        """Refused where it is accepted: the list is replaced, and who stays on it is not known here."""
        verb = "uninstall a password"
        self._settled(Address.of(unwanted.key), verb)
        if self._accepts(unwanted, verb):
            raise Refused(NAME, verb, "ElastiCache removes a password only when told which stay")

    def uninstall_beside(self, unwanted: Credential, old: Credential, new: Credential | None) -> None:
        verb = "uninstall a password"
        self._settled(Address.of(unwanted.key), verb)
        if not self._accepts(unwanted, verb):
            return
        kept = [*([new] if new is not None else []), *([old] if self._accepts(old, verb) else [])]
        if not kept:
            raise Refused(NAME, verb, "no other password of this user is known, and it cannot have none")
        self._set(kept, verb)

    def revoke(self, held: Held) -> None:
        """Sets the replacement alone, and cuts all connections of the user at the node that the URL names."""
        verb, new = f"revoke a password of {held.key_id}", held.replacement
        address = Address.of(held.credential.key)
        if held.key_id != self.user_id:
            raise Refused(NAME, verb, "the catalog names another user")
        if new is None:
            raise Refused(NAME, verb, "a user cannot have no password: it needs the replacement")
        with self._cutting(address, verb) as admin:
            user = self._settled(address, verb)
            if self._accepts(held.credential, verb):
                self._demand_known(user, MOST_PASSWORDS if self._accepts(new, verb) else 1, verb)
                self._set([new], verb)
            if admin is not None:
                admin.cut(address.user)
            elif self._accepts(new, verb):
                self._cut_by_itself(Address.of(new.key), verb)

    @contextmanager
    def _cutting(self, target: Address, verb: str) -> Iterator[Session | None]:
        """A connection of the admin user, opened before anything is changed; None where the catalog names none."""
        if self.admin is None:
            yield None
            return
        admin = Address.of(self.admin())
        if admin.user == target.user:
            raise Refused(NAME, verb, "the admin URL is of the very user that is to be changed")
        with session(admin.reached_as(target), self.hosts, self.timeout, verb) as server:
            server.run("CLIENT", "ID")
            yield server

    def _cut_by_itself(self, address: Address, verb: str) -> None:
        try:
            with session(address, self.hosts, self.timeout, verb) as server:
                server.cut(address.user)
        except Unauthorized:
            cause = "it is refused now, but its open connections live on: the user may not cut them, and the catalog"
            raise Refused(NAME, verb, f"{cause} names no admin URL. Run CLIENT KILL USER there") from None

    def _accepts(self, credential: Credential, verb: str) -> bool:
        return accepts(Address.of(credential.key), self.hosts, self.timeout, verb)

    def _demand_known(self, user: _User, known: int, verb: str) -> None:
        count = user.authentication.password_count
        if count > known:
            cause = f"the user has {count} passwords, and the bot knows {known}: the change would end the others"
            raise Refused(NAME, verb, f"{cause}. Remove what nobody uses in the console; then press retry")

    def _set(self, credentials: list[Credential], verb: str) -> None:
        """Replaces the list of passwords, and waits as long as one answer may take until that has come about."""
        passwords = [Address.of(one.key).password.reveal() for one in credentials]
        cache = self.aws.client("elasticache")
        try:
            change = partial(cache.modify_user, UserId=self.user_id, Passwords=passwords)
            call(NAME, verb, change, priority=Priority.REVOKE)
        except OutsideError as error:
            if answered(error, "InvalidUserState"):
                raise Unexpected(NAME, verb, "InvalidUserState: another change of the user is in progress") from None
            raise
        for _ in range(max(1, int(self.timeout / POLL_SECONDS))):
            if self._user(self.aws, verb).status == ACTIVE:
                return
            self.pause(POLL_SECONDS)
        raise Unexpected(NAME, verb, "ElastiCache is still at it")

    def _settled(self, address: Address, verb: str) -> _User:
        """The user, which no change is in progress for and which the URL names."""
        user = self._user(self.aws, verb)
        if user.user_name != address.user:
            raise Refused(NAME, verb, "the URL names another user than the catalog's user id")
        if user.authentication.type != "password":
            raise Refused(NAME, verb, "the user does not sign in by password")
        if user.status != ACTIVE:
            raise Unexpected(NAME, verb, "another change of the user is in progress")
        return user

    def _user(self, aws: Aws, verb: str) -> _User:
        cache = aws.client("elasticache")
        answer = call(NAME, verb, lambda: cache.describe_users(UserId=self.user_id))
        try:
            found = convert(answer, _Users).users
        except msgspec.ValidationError:
            raise Unexpected(NAME, verb, "an answer that is not documented") from None
        if not found:
            raise missing_user(verb)
        return found[0]
