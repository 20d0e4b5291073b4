"""The values that can leak: those of all versions that the catalog's parameters keep, and of the admin credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot.errors import OutsideError
from bot.playbook import Catalog, CatalogEntry
from bot.secret import Secret
from bot.vault.contract import Vault

SHORTEST = 6
"""Characters of a value that is looked for: shorter ones stand everywhere by chance."""


@dataclass(frozen=True)
class Place:
    """Where a value stands or stood. `secret` is empty for what no declaration can name: an admin credential, or one of
    the bot's own, which `words` then describes.
    """

    parameter: str
    secret: str = ""
    environment: str = ""
    words: str = ""
    current: bool = True
    version: int | None = None
    """The newest version of the parameter that holds it, by which earlier values are told apart; None for what stands
    in no history.
    """
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """``redis-url (production)``; of an older version ``redis-url (production), an earlier value``."""
        name = self.words or f"{self.secret} ({self.environment})"
        return name if self.current else f"{name}, an earlier value"


def places(entries: Iterable[CatalogEntry]) -> tuple[Place, ...]:
    """Where values stand that nobody else may know: the secrets' own parts, then the admin credentials."""
    known = tuple(entries)
    secret = [
        Place(part.parameter, entry.name, entry.environment)
        for entry in known
        for part in entry.parts
        if part.secret and not entry.public_by_design
    ]
    admins = {entry.admin_parameter for entry in known if entry.admin_parameter}
    return (*secret, *(Place(name, words=f"the admin credential {name}") for name in sorted(admins)))


def public_places(entries: Iterable[CatalogEntry]) -> tuple[Place, ...]:
    """Where values stand that everybody may know."""
    public = [entry for entry in entries if entry.public_by_design]
    return tuple(
        Place(part.parameter, one.name, one.environment) for one in public for part in one.parts if part.secret
    )


@dataclass(frozen=True)
class Catalogued:
    """`values` with whose they are, each once, current ones before earlier ones. `unread` are parameters that could not
    be read, with the reason; `unsearchable` those of whose values one is too short or a plain word of the catalog.
    """

    values: tuple[tuple[Secret, Place], ...]
    unread: tuple[str, ...]
    unsearchable: tuple[str, ...]

    @property
    def unread_parameters(self) -> tuple[str, ...]:
        """Their names alone, each once."""
        return tuple(dict.fromkeys(one.partition(": ")[0] for one in self.unread))


def read_catalog(
    catalog: Catalog, vault: Vault, environment: str, progress: Callable[[str], object] = lambda _text: None
) -> Catalogued:
    """The values of one environment, or, where it is empty, of all. The catalog's own words are not looked for."""
    entries = catalog.all(environment) if environment else catalog.entries
    return read_values(entries, vault, catalog.vocabulary, progress)


def read_values(
    entries: Iterable[CatalogEntry],
    vault: Vault,
    common: Iterable[str] = (),
    progress: Callable[[str], object] = lambda _text: None,
) -> Catalogued:
    """Reads every version of every parameter. `common` are words that are not looked for: the catalog's own."""
    return _read(places(entries), vault, common, progress)


def read_all(entries: Iterable[CatalogEntry], vault: Vault, common: Iterable[str] = ()) -> Catalogued:
    """The same with what is public by design."""
    known = tuple(entries)
    return _read((*places(known), *public_places(known)), vault, common, lambda _text: None)


def _read(
    wanted: Iterable[Place], vault: Vault, common: Iterable[str], progress: Callable[[str], object]
) -> Catalogued:
    words = frozenset(word.casefold() for word in common)
    found: list[tuple[Secret, Place]] = []
    unread: list[str] = []
    unsearchable: dict[str, None] = {}
    for place in wanted:
        progress(f"reading {place.parameter}")
        try:
            stored = vault.values(place.parameter)
        except OutsideError as error:
            unread.append(f"{place.parameter}: {error.cause}")
            continue
        last = max((one.version for one in stored), default=0)
        for one in stored:
            part = one.value.trimmed.secret_part.reveal()
            if len(part) < SHORTEST or part.casefold() in words:
                unsearchable[place.parameter] = None
                continue
            found.append((one.value, replace(place, current=one.version == last, version=one.version)))
    return Catalogued(tuple(_each_once(found)), tuple(unread), tuple(unsearchable))


def _each_once(found: list[tuple[Secret, Place]]) -> Iterator[tuple[Secret, Place]]:
    """Of the places of one value the one that counts: current before earlier, a secret's before an admin credential's,
    and of one parameter the newest version.
    """
    seen: set[str] = set()
    newest_first = sorted(found, key=lambda one: -(one[1].version or 0))
    for value, holder in sorted(newest_first, key=lambda one: (not one[1].current, not one[1].secret)):
        key = value.trimmed.secret_part.reveal()
        if key not in seen:
            seen.add(key)
            yield value, holder
