"""What the machine can do at a provider. A person does the rest, with guidance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Makes(StrEnum):
    """Who makes a new key: the provider, we, or a person in the provider's console."""

    ISSUE = "issue"
    INSTALL = "install"
    PERSON = "person"


class RevokedBy(StrEnum):
    MACHINE = "machine"
    ITSELF = "itself"
    PERSON = "person"


@dataclass(frozen=True)
class Capabilities:
    """What the machine can do for one secret, read from its provider's class; an incident keeps its declared state.

    `swaps`: the provider holds one value at a time, and revoking puts the replacement in the old one's place.
    `use_in_sessions`: what it reports of a key's use are its open sessions, which the revocation closes.
    """

    makes: Makes
    revokes: RevokedBy
    identifies: bool = False
    snapshots: bool = False
    compares: bool = False
    controls: bool = False
    copies_scopes: bool = False
    holds_sessions: bool = False
    revoke_needs_replacement: bool = False
    swaps: bool = False
    deletes: bool = False
    inspects: bool = False
    revokes_with_owner: bool = False
    reports_use: bool = False
    use_in_sessions: bool = False
