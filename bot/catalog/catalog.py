"""The catalog as the program uses it: every entry worked out for one environment, parameters as full paths."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import Misuse
from bot.model.capabilities import Capabilities
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer, DeclaredSecret, Part, SecretEntry, Sibling
from bot.model.uses import OurUse

PRODUCTION = "production"
"""The environment that is meant where none is named."""
RESERVED = ("/_compromise/", "/bot/")
"""The bot's own parameters: staging, and its settings and admin credentials."""
SIBLINGS = 5
"""The most other secrets that are probed around one revocation; each probe is a read of the vault and a call."""


@dataclass(frozen=True)
class Policy:
    """When a secret is rotated without a leak: at an age in days, or when someone who knew it leaves."""

    rotate_after_days: int | None = None
    on_personnel_change: bool = False
    overlap: float | None = None
    """Seconds for which a planned rotation keeps the old key working; None: as in the settings."""
    not_before: datetime | None = None
    """Before this (UTC) nothing begins by schedule, `because` says why: it stays overdue meanwhile."""
    because: str = ""


class CatalogEntry(DeclaredSecret, frozen=True, kw_only=True):
    """One secret in one environment, from the file. `frozen` adds what the provider can do."""

    environment: str
    policy: Policy
    held_by: tuple[str, ...] = ()
    """Vendors that hold a copy of the value."""
    hosts: tuple[str, ...] = ()
    """The places (``host:port``) of its service besides the admin credential's: names, poolers, standbys. No incident
    carries them: what the file says now is what holds.
    """
    used_from: tuple[OurUse, ...] = ()
    """From where we use it. No incident carries this either."""

    def frozen(self, capabilities: Capabilities, **of_card: Any) -> SecretEntry:
        """The copy that an incident carries. `of_card` are its further fields, from the provider's card."""
        declared = {name: getattr(self, name) for name in DeclaredSecret.__struct_fields__}
        return SecretEntry(**{**declared, "options": dict(self.options)}, capabilities=capabilities, **of_card)

    def sibling(self) -> Sibling:
        """The data needed to probe this secret while another one is revoked."""
        return Sibling(self.name, self.parts, dict(self.options), self.admin_parameter)


@dataclass(frozen=True)
class NotRotated:
    """A parameter that is no secret, listed so that its absence from the secrets is explained."""

    name: str
    title: str
    environment: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Catalog:
    """All entries, in the order of the file. Methods raise Misuse for an environment or name that is not in it."""

    environments: tuple[str, ...]
    entries: tuple[CatalogEntry, ...]
    configuration: tuple[NotRotated, ...] = ()
    ours: tuple[KnownReader, ...] = ()
    """Readers that are ours: people need not identify them."""

    @property
    def usual(self) -> str:
        """The environment that is meant where none is named: production if there is one, else the file's first."""
        return PRODUCTION if PRODUCTION in self.environments else self.environments[0]

    def known(self, environment: str) -> str:
        """The environment of this name. Misuse if there is none."""
        if environment not in self.environments:
            raise Misuse(f"There is no such environment; the catalog knows {', '.join(self.environments)}.")
        return environment

    def chosen(self, environment: str) -> str:
        """The named environment, or the only one. Misuse if it does not exist, or must be named."""
        if not environment and len(self.environments) > 1:
            raise Misuse(f"Say where: --environment {'|'.join(self.environments)}.")
        return self.known(environment or self.environments[0])

    def all(self, environment: str) -> tuple[CatalogEntry, ...]:
        """The secrets of `environment`."""
        self.known(environment)
        return tuple(entry for entry in self.entries if entry.environment == environment)

    def everything(self, environment: str, also: Collection[str] = ()) -> tuple[CatalogEntry, ...]:
        """The secrets of “everything has leaked”: all except those public by design, unless they are
        named in `also`.
        """
        return tuple(entry for entry in self.all(environment) if not entry.public_by_design or entry.name in also)

    def left_alone(self, environment: str, also: Collection[str] = ()) -> tuple[CatalogEntry, ...]:
        """The secrets that `everything` leaves out."""
        return tuple(entry for entry in self.all(environment) if entry.public_by_design and entry.name not in also)

    def held_by(self, vendor: str, environment: str) -> tuple[CatalogEntry, ...]:
        """The secrets that `vendor` holds a copy of, public ones included. Misuse, with the nearest name, if the file
        does not know the vendor: a typing error must not read as "they had nothing".
        """
        known = self.vendors
        if vendor not in known:
            near = difflib.get_close_matches(vendor, known, n=3)
            named = f"did you mean {' or '.join(near)}?" if near else f"it names {', '.join(known) or 'no one'}."
            raise Misuse(f"The catalog says of no secret that {vendor[:64]!r} holds it (`held-by`); {named}")
        return tuple(entry for entry in self.all(environment) if vendor in entry.held_by)

    @property
    def vendors(self) -> tuple[str, ...]:
        """The names of everyone who holds a copy of something, according to the file."""
        return tuple(sorted({vendor for entry in self.entries for vendor in entry.held_by}))

    def left_alone_words(self, entry: CatalogEntry) -> str:
        """Why it is left alone, and when it cannot be: another secret's end may be its own."""
        takers = [each.name for each in self.all(entry.environment) if entry.name in each.dies_with]
        dies = f"; revoking also affects {' or '.join(takers)}" if takers else ""
        return f"{entry.name} is public by design, skipped unless it is named{dies}"

    def not_rotated(self, environment: str) -> tuple[NotRotated, ...]:
        """The plain configuration that the file lists for `environment`."""
        self.known(environment)
        return tuple(entry for entry in self.configuration if entry.environment == environment)

    def entry(self, name: str, environment: str) -> CatalogEntry:
        """The secret called `name`; the Misuse for a wrong name suggests the nearest."""
        entries = {entry.name: entry for entry in self.all(environment)}
        if name in entries:
            return entries[name]
        if any(entry.name == name for entry in self.not_rotated(environment)):
            raise Misuse(f"{name} is configuration, not a secret: there is nothing to rotate.")
        near = difflib.get_close_matches(name, entries, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`bot catalog check` lists all secrets."
        raise Misuse(f"The catalog has no such secret in {environment}; {hint}")

    def tied(self, entry: CatalogEntry) -> tuple[CatalogEntry, ...]:
        """The entry, and the entries that its revocation takes along: they are replaced together."""
        every = {other.name: other for other in self.all(entry.environment)}
        found = {entry.name: entry}
        while new := [
            other
            for other in every.values()
            if other.name not in found and any(_dies_together(other, one) for one in found.values())
        ]:
            found |= {other.name: other for other in new}
        return tuple(found.values())

    def siblings(self, entry: CatalogEntry) -> tuple[CatalogEntry, ...]:
        """At most SIBLINGS other secrets of the entry's provider and environment, none that dies with it."""
        others = [
            other
            for other in self.all(entry.environment)
            if other.provider == entry.provider and other.name not in {entry.name, *entry.dies_with}
        ]
        return tuple(others[:SIBLINGS])

    def search(self, text: str, environment: str) -> tuple[CatalogEntry, ...]:
        """Secrets for which every word of `text` occurs in name, title, provider, a variable, a parameter or a vendor.

        Names that begin with the text come first; an empty text gives all.
        """
        words = text.casefold().split()
        found = [entry for entry in self.all(environment) if all(word in _searched(entry) for word in words)]
        return tuple(sorted(found, key=lambda entry: not entry.name.startswith("-".join(words))))

    def parameters(self, environment: str) -> tuple[str, ...]:
        """The parameters of all secrets of `environment`, each once. Of one that is not in the catalog, none."""
        here = (entry for entry in self.entries if entry.environment == environment)
        return tuple(dict.fromkeys(part.parameter for entry in here for part in entry.parts))

    def owners(self, environment: str) -> dict[str, str]:
        """The secret of each parameter of `environment` that gives access. Of one that is not in the catalog, none."""
        return {entry.main.parameter: entry.name for entry in self.entries if entry.environment == environment}

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word with which the catalog names its secrets. A value that equals one of them cannot be searched for,
        since that would block the secret's own name.
        """
        return frozenset(
            text
            for entry in self.entries
            for text in (
                entry.name, entry.title, entry.provider, entry.environment, entry.owner,
                *entry.options.values(), *(part.variable for part in entry.parts),
                *(part.parameter for part in entry.parts),
            )
        )  # fmt: skip

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Those of all entries, each once."""
        return tuple(dict.fromkeys(each for entry in self.entries for each in entry.consumers))

    def known_readers(self, secret: str, environment: str) -> tuple[KnownReader, ...]:
        """Whose reads of this secret are ours."""
        return tuple(one for one in self.ours if one.reads(secret, environment))

    def our_uses(self, secret: str, environment: str) -> tuple[OurUse, ...]:
        """From where we use this secret at its provider; nothing for one that the file no longer has."""
        found = (entry for entry in self.entries if (entry.name, entry.environment) == (secret, environment))
        return next((entry.used_from for entry in found), ())

    def holding(self, parameter: str) -> tuple[CatalogEntry, ...]:
        """The entries, of any environment, that have `parameter` among their parts."""
        return tuple(entry for entry in self.entries if any(part.parameter == parameter for part in entry.parts))


def _dies_together(one: CatalogEntry, other: CatalogEntry) -> bool:
    return one.name in other.dies_with or other.name in one.dies_with


def _searched(entry: CatalogEntry) -> str:
    parts = " ".join(f"{part.variable} {part.parameter}" for part in entry.parts)
    held = " ".join(entry.held_by)
    return f"{entry.name} {entry.title} {entry.provider} {parts} {held}".casefold()
