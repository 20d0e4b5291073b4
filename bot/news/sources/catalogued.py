"""The values that can leak: all versions of the catalog's parameters, the admin credentials, and the bot's own keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.catalog.catalog import CatalogEntry
from bot.errors import OutsideError
from bot.secrets.secret import Secret
from bot.vault.contract import Vault
from bot.vault.own import OWN_KEYS

SHORTEST = 6
"""The fewest characters of a value that is searched for: shorter ones occur by chance."""


@dataclass(frozen=True)
class Place:
    """A current or earlier place of a value. `secret` is empty for a value that no declaration can name: an admin
    credential, or one of the bot's own, which `words` then describes.
    """

    parameter: str
    secret: str = ""
    environment: str = ""
    words: str = ""
    current: bool = True
    version: int | None = None
    """The newest version of the parameter that holds it, which orders earlier keys; None outside a history."""
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """``redis-url (production)``; of an older version ``redis-url (production), an earlier key``."""
        name = self.words or f"{self.secret} ({self.environment})"
        return name if self.current else f"{name}, an earlier key"


def places(entries: Iterable[CatalogEntry]) -> tuple[Place, ...]:
    """The places of secret values: the secrets' own parts, the admin credentials, the bot's keys."""
    known = tuple(entries)
    secret = [
        Place(part.parameter, entry.name, entry.environment)
        for entry in known
        for part in entry.parts
        if part.secret and not entry.public_by_design
    ]
    admins = {entry.admin_parameter for entry in known if entry.admin_parameter}
    return (
        *secret,
        *(Place(name, words=f"the admin credential {name}") for name in sorted(admins)),
        *(Place(name, words=f"the bot's own {name}") for name in OWN_KEYS),
    )


def own_place(variable: str) -> Place:
    """The place of a credential of the bot's own that comes from a setting."""
    return Place("", words=f"the bot's own {variable}")


def public_places(entries: Iterable[CatalogEntry]) -> tuple[Place, ...]:
    """The places of values that are public by design."""
    public = [entry for entry in entries if entry.public_by_design]
    return tuple(
        Place(part.parameter, one.name, one.environment) for one in public for part in one.parts if part.secret
    )


@dataclass(frozen=True)
class Catalogued:
    """`values` with their places, each once, current ones before earlier ones. `unread` are parameters that could not
    be read.
    """

    values: tuple[tuple[Secret, Place], ...]
    unread: tuple[str, ...]


def read_values(
    wanted: Iterable[Place],
    vault: Vault,
    common: Iterable[str] = (),
    own: Iterable[tuple[str, Secret]] = (),
) -> Catalogued:
    """Reads every version of every parameter, and the bot's `own` values, which come by their variables. `common` are
    words that are not looked for: the catalog's own.
    """
    words = frozenset(word.casefold() for word in common)
    found: list[tuple[Secret, Place]] = []
    unread: dict[str, None] = {}
    for place in wanted:
        try:
            stored = vault.values(place.parameter)
        except OutsideError:
            unread[place.parameter] = None
            continue
        last = max((one.version for one in stored), default=0)
        for one in stored:
            part = one.value.trimmed.secret_part.reveal()
            if len(part) >= SHORTEST and part.casefold() not in words:
                found.append((one.value, replace(place, current=one.version == last, version=one.version)))
    found += ((value, own_place(variable)) for variable, value in own if _opens(value))
    return Catalogued(tuple(_each_once(found)), tuple(unread))


def _opens(value: Secret) -> bool:
    """Whether it can be looked for; a database's URL without a password opens nothing."""
    part = value.trimmed.secret_part.reveal()
    return len(part) >= SHORTEST and ("://" not in part or part.startswith("https://"))


def _each_once(found: list[tuple[Secret, Place]]) -> Iterator[tuple[Secret, Place]]:
    """The most important place of each value: current before earlier, a secret's before an admin credential's, and in
    one parameter the newest version.
    """
    seen: set[str] = set()
    newest_first = sorted(found, key=lambda one: -(one[1].version or 0))
    for value, holder in sorted(newest_first, key=lambda one: (not one[1].current, not one[1].secret)):
        key = value.trimmed.secret_part.reveal()
        if key not in seen:
            seen.add(key)
            yield value, holder
