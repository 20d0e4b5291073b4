"""A provider that can do what few can: switch a key off and delete it later, say what was left behind, and end a key
with its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import structs

from bot.errors import NotAlone, Refused
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef, Leftover, Owner
from bot.model.probes import Answer, Liveness
from bot.providers.contract import Card
from bot.secrets.secret import Credential, Secret
from tests.support.rotation import entry_for

VALUE = "el4borate-" + "a" * 20
KEY = "key-1"
CHECKLIST = {"keys": "Look for keys that nobody of you made.", "webhooks": "Look where events are sent."}


@dataclass
class Elaborate:
    """`owner_alone` None: keys can be ended by themselves."""

    leftover: list[Leftover] = field(default_factory=list)
    owner_alone: bool | None = None
    asked_since: list = field(default_factory=list)
    on: bool = True
    deleted: bool = False
    deletions: int = 0
    owners_deleted: list[str] = field(default_factory=list)
    owner_id: str = "svc-1"

    card = Card(
        name="elaborate",
        title="Elaborate",
        console="https://elaborate.example/keys",
        checklist=CHECKLIST,
        inspects=("keys",),
    )

    def probe(self, credential):
        alive = self.on and not self.deleted and credential.key == Secret(VALUE)
        return Answer(Liveness.LIVE if alive else Liveness.DEAD, "asked")

    def control(self):
        return Answer(Liveness.LIVE, "asked")

    def identify(self, _credential):
        return [KeyRef(KEY, "app")]

    def revoke(self, held):
        assert held.key_id == KEY
        if self.owner_alone is not None:
            raise NotAlone("elaborate", f"revoke key {held.key_id}", "it is ended with its service account only")
        self.on = False

    def delete(self, held):
        assert held.key_id == KEY
        if self.on:
            raise Refused("elaborate", f"delete key {held.key_id}", "it is enabled")
        self.deletions += not self.deleted
        self.deleted = True

    def owner(self, held):
        assert held.key_id == KEY
        return Owner(self.owner_id, f"service account “{self.owner_id}”", bool(self.owner_alone))

    def revoke_with_owner(self, held, owner_id):
        assert held.key_id == KEY
        if owner_id != self.owner_id:
            raise Refused("elaborate", f"delete {owner_id}", "it no longer owns the key")
        self.owners_deleted.append(owner_id)
        self.deleted = True

    def leftovers(self, since, credential, key_id):
        assert credential.key == Secret(VALUE)
        assert key_id == KEY
        self.asked_since.append(since)
        return self.leftover


def elaborate_entry(**flags):
    """A secret at that provider; `flags` are capabilities."""
    can = Capabilities(Makes.PERSON, RevokedBy.MACHINE, identifies=True, controls=True, **flags)
    inspects = Elaborate.card.inspects if can.inspects else ()
    return structs.replace(
        entry_for("stripe"), name="elaborate-key", title="Elaborate", provider="elaborate", capabilities=can,
        checklist=CHECKLIST, inspects=inspects,
    )  # fmt: skip


def stored(harness, entry):
    """Puts the value where the entry says."""
    harness.store(entry, Credential.single(Secret(VALUE)))
