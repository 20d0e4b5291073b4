"""Access keys of an IAM user, administered by the bot's own AWS identity.

Keys have no names at IAM. So that an interrupted creation can be found, the user is tagged before it with the name, the
time by AWS's clock and the existing ids. The key of that name is then the new one that was made within two minutes
after. If another key must make room, the tag names it before it is deleted. Sources: botocore's model iam 2010-05-08;
IAM user guide (quotas, rotating access keys).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from bot.aws import Aws, answered
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.model.keys import MAKES_ROOM, KeyRef, Leftover, Snapshot
from bot.model.probes import Answer
from bot.model.uses import Use, UseReport
from bot.providers.aws_iam import access_keys
from bot.providers.aws_iam.access_keys import ID, NAME, SECRET, AccessKey, RolePolicy, User
from bot.providers.aws_iam.actions import GIVES, SESSIONS, by_hand
from bot.providers.aws_iam.trail import Trail
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Issued, Setup, demand_made, newer
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret

MAKING, OFF = "compromise:", "compromise-off:"
"""Tags of the user: what is being made under which name, and which keys the bot has switched off and keeps."""
MOST_KEYS = 2
ROOM = "room:"
"""Before an id in the tag of a making: the key that is deleted for it."""
MAKING_TAKES, TAGS_KEPT = timedelta(minutes=2), timedelta(days=7)
SKEW = timedelta(seconds=5)
"""Between the clocks of AWS's own servers; the ids that there were before tell the keys apart anyway."""
MOST_USERS = 500
"""The most users whose access keys are read one by one."""


@dataclass(frozen=True)
class AwsIam:
    """The key id is the access key id. Switching off comes first; deleting is another operation, after the end."""

    card: ClassVar[Card] = load_card(__file__)
    aws: Aws
    user: User

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, {"user"}, {"user"})
        aws = setup.aws_for(NAME).with_timeout(setup.timeout)
        return cls(aws, User(aws, setup.options["user"]))

    def probe(self, credential: Credential) -> Answer:
        return access_keys.probe(self.aws, credential)

    def control(self) -> Answer:
        return access_keys.control(self.aws)

    def account(self, credential: Credential) -> str | None:
        """The user and its account, if it has this key."""
        return self._place() if self.identify(credential) else None

    def aws_user(self) -> str:
        return self.user.name

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The user's key with this id, switched off or not."""
        key_id = credential.parts[ID].reveal() if ID in credential.parts else ""
        keys = self._keys(f"list keys of {self.user.name}")
        return [KeyRef(key.id, self.user.name, _state(key), key.created_at) for key in keys if key.id == key_id]

    def snapshot(self, _credential: Credential, key_id: str) -> Snapshot:
        aws = self.aws.with_timeout(SNAPSHOT_SECONDS / 4)  # it takes four calls
        user, verb = User(aws, self.user.name), f"read key {key_id}"
        keys, _ = user.keys(verb)
        if key_id not in [key.id for key in keys]:
            raise Missing(NAME, verb, "the user has no such key")
        used_at, used_for = user.last_used(key_id, verb)
        facts = {_state(key): key.id for key in keys if key.id != key_id} | {"last use": used_for}
        spare = [key.id for key in keys if key.id != key_id and not key.active]
        if spare and OFF + spare[0] not in user.tags(verb):
            facts[MAKES_ROOM] = spare[0]
        facts["rights"] = "those of the user: the new key has the same"
        return Snapshot(account=self._place(aws), owner=f"user {self.user.name}", last_used_at=used_at, facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a key. Where both places are taken, only an inactive key goes that the snapshot has named before."""
        verb = f"make key {name}"
        keys, now = self.user.keys(verb)
        spare = self._spare(keys, like, verb) if len(keys) >= MOST_KEYS else ""
        makings = _makings(self.user.tags(verb))
        old = [tag for tag, (began, *_) in makings.items() if began < now - TAGS_KEPT]
        self.user.untag(old, verb)
        before = [key.id for key in keys] + ([ROOM + spare] if spare else [])
        self.user.tag(MAKING + name, " ".join([now.isoformat(), *before]), verb)
        if spare:
            self._make_room(spare, name, verb)
        try:
            key_id, secret = self.user.make(verb)
        except OutsideError as error:
            if answered(error, "LimitExceeded"):  # although the list had a free place
                raise Unexpected(NAME, verb, "LimitExceeded: IAM's list of keys is behind, ask again") from None
            raise
        return Issued(key_id, Credential({ID: Secret(key_id), SECRET: Secret(secret)}, SECRET), spare)

    def made_room(self, prefix: str) -> str:
        """The key that a making under such a name set out to delete, once the user has it no more."""
        verb = f"list keys of {self.user.name}"
        there = {key.id for key in self._keys(verb)}
        makings = sorted(_makings(self.user.tags(verb)).values()) if there else []  # with the user went its tags
        named = [each for _, name, before in makings if name.startswith(prefix) for each in before]
        gone = [each.removeprefix(ROOM) for each in named if each.startswith(ROOM)]
        return next((key_id for key_id in reversed(gone) if key_id not in there), "")

    def issued(self, prefix: str) -> list[KeyRef]:
        """Active keys that were made under such a name; of several names, the one that was recorded last."""
        verb = f"list keys of {self.user.name}"
        keys = [key for key in self._keys(verb) if key.active]
        found = self._made(keys, verb) if keys else []
        return [key for key in found if key.name.startswith(prefix)]

    def _made(self, keys: list[AccessKey], verb: str) -> list[KeyRef]:
        """The ones of `keys` that a tag of the user records as made here, with their names."""
        found = {}
        for began, name, before in sorted(_makings(self.user.tags(verb)).values()):
            for key in keys:
                if key.id not in before and -SKEW <= key.created_at - began <= MAKING_TAKES:
                    found[key.id] = KeyRef(key.id, name, _state(key), key.created_at)
        return list(found.values())

    def revoke(self, held: Held) -> None:
        """Switches the key off and denies the sessions of its user. A key whose value was lost is deleted if it was
        never used: there is nothing to investigate, and its place is needed.
        """
        verb = f"revoke key {held.key_id}"
        self._check(held, verb)
        try:
            keys, now = self.user.keys(verb)
        except Missing:
            return  # with the user went its keys, and its sessions
        key = next((key for key in keys if key.id == held.key_id), None)
        if not held.credential.key:
            self._end_lost(key, verb)
            return
        if key is not None and key.active:
            self.user.switch_off(key.id, verb)
        try:
            self.user.cut_sessions(held.key_id, now, verb, anew=key is not None and key.active)
        except OutsideError as error:
            cause = f"it is disabled, but its sessions could not be closed: {error.cause}"
            raise type(error)(NAME, verb, cause) from None
        if key is not None:
            with suppress(OutsideError):  # a hint for later, that is not worth failing now
                self.user.tag(OFF + key.id, now.isoformat(), verb)

    def delete(self, held: Held) -> None:
        verb = f"delete key {held.key_id}"
        self._check(held, verb)
        try:
            keys, _ = self.user.keys(verb)
        except Missing:
            return
        if any(key.id == held.key_id and key.active for key in keys):
            raise Refused(NAME, verb, "it is enabled")
        self.user.delete(held.key_id, verb)
        self.user.untag([OFF + held.key_id], verb)

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        verb, own = "look for what is new", {key_id, self.aws.access_key_id()}
        everyone = list(access_keys.users(self.aws, verb))
        found = [Leftover("users", name, name, at) for name, at in everyone]
        found += [Leftover("roles", name, name, at) for name, at in access_keys.roles(self.aws, verb)]
        if len(everyone) > MOST_USERS:
            cause = f"more than {MOST_USERS} users: take the credential report in the console for their keys"
            raise Refused(NAME, verb, cause)
        for name, _ in everyone:
            with suppress(Missing):
                keys, _ = User(self.aws, name).keys(verb)
                found += [Leftover("access-keys", k.id, f"of {name}", k.created_at) for k in keys if k.id not in own]
        return newer(found, since)

    def use(self, held: Held, look: Look) -> UseReport:
        region = ""
        with suppress(OutsideError):  # only where to begin
            region = self.user.last_used(held.key_id, "read when the key was last used")[1].partition(" in ")[2]
        return Trail(self.aws, region, look).report(held.key_id)

    def still_there(self, made: Sequence[Use]) -> Iterator[tuple[Use, bool]]:
        """Sessions by the inline policies of their role or user, policies and groups by who has them: with the owner
        went either. Nothing of another account's roles.
        """
        rights = access_keys.rights(self.aws, "look whether it is undone")
        account = self.aws.caller_identity().split(":")[4]
        for use in made:
            role = next((each for each in use.what if ":role/" in each), "")
            if use.action in SESSIONS and role.split(":")[4:5] in ([], [account]):
                owner = rights.get(("Role", role.rpartition("/")[2]) if role else ("User", self.user.name))
                yield use, owner is not None and owner.denied_until <= use.last
            elif use.action in GIVES and len(use.what) == 2:
                kind = GIVES[use.action]
                name, given = reversed(use.what) if kind == "Group" else use.what  # as a record names them
                owner = rights.get((kind, name))
                yield use, owner is not None and given in owner.has

    def deny(self, role: str, policy: str, until: datetime | None) -> None:
        here = RolePolicy(self.aws, role, policy)
        verb = f"{'deny' if until else 'admit'} earlier sessions of role {role}"
        try:
            if here.denied_until(verb) == until:
                return
            if until is None:
                here.delete(verb)
            else:
                here.put(until, verb)
            if here.denied_until(verb) != until:
                raise Unexpected(NAME, verb, f"IAM does not show policy {policy} so yet")
        except Unauthorized as error:
            raise Unauthorized(NAME, verb, f"{error.cause}. {by_hand(role, policy, until)}") from None

    def _place(self, aws: Aws | None = None) -> str:
        return f"user {self.user.name} of {(aws or self.aws).caller_identity().split(':')[4]}"

    def _keys(self, verb: str) -> list[AccessKey]:
        """The user's keys; none if the user does not exist."""
        try:
            return self.user.keys(verb)[0]
        except Missing:
            return []

    def _check(self, held: Held, verb: str) -> None:
        if held.key_id == self.aws.access_key_id():
            raise Refused(NAME, verb, "this is the access key that the bot itself runs on")
        if held.credential.key and held.credential.parts[ID].reveal() != held.key_id:
            raise Refused(NAME, verb, "this id is not the one that belongs to the value")

    def _spare(self, keys: list[AccessKey], like: Snapshot, verb: str) -> str:
        """The inactive key that the snapshot named. Refused if there is none: a person has to decide."""
        spare = next((key for key in keys if key.id == like.facts.get(MAKES_ROOM) and not key.active), None)
        if spare is None:
            ids = " and ".join(f"{key.id} ({_state(key)})" for key in keys)
            cause = f"a user has two access keys at most, and {self.user.name} has {ids}"
            decide = "decide which one is no longer needed and delete it; then press retry"
            raise Refused(NAME, verb, f"{cause}: {decide}")
        return spare.id

    def _make_room(self, spare: str, name: str, verb: str) -> None:
        """Deletes it. Where that is declined, nothing says any longer that it went for this: a person may delete it."""
        try:
            self.user.delete(spare, verb)
        except OutsideError as error:
            if not error.retryable:
                with suppress(OutsideError):
                    self.user.untag([MAKING + name], verb)
            raise

    def _end_lost(self, key: AccessKey | None, verb: str) -> None:
        if key is None:
            return
        used_at, _ = self.user.last_used(key.id, verb)
        if used_at is not None:
            raise Refused(NAME, verb, "it was used, so another person made it and has its value")
        demand_made(NAME, verb, next((made.name for made in self._made([key], verb)), ""))
        self.user.switch_off(key.id, verb)
        self.user.delete(key.id, verb)


def _state(key: AccessKey) -> str:
    return "active" if key.active else "inactive"


def _makings(tags: Mapping[str, str]) -> dict[str, tuple[datetime, str, tuple[str, ...]]]:
    """By tag: when a making began, under which name, and the ids that there were before. A tag that only begins like
    ours is someone else's, and left alone.
    """
    found = {}
    for tag, value in tags.items():
        began, *before = value.split() or [""]
        try:
            at = datetime.fromisoformat(began)
        except ValueError:
            continue
        if tag.startswith(MAKING) and at.tzinfo is not None:
            found[tag] = at, tag.removeprefix(MAKING), tuple(before)
    return found
