"""The values that can leak: those of all versions that the catalog's parameters keep, and of the admin credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.errors import OutsideError
from bot.playbook import CatalogEntry
from bot.secret import Secret
from bot.vault.contract import Vault

SHORTEST = 6
"""Characters of a value that is looked for: shorter ones stand everywhere by chance."""


@dataclass(frozen=True)
class Holder:
    """Whose value it is. `secret` is empty for an admin credential, which no declaration can name."""

    secret: str
    environment: str
    parameter: str
    current: bool

    @property
    def name(self) -> str:
        """``redis-url (production)``; of an older version ``redis-url (production), an earlier value``."""
        name = f"{self.secret} ({self.environment})" if self.secret else f"the admin credential {self.parameter}"
        return name if self.current else f"{name}, an earlier value"


@dataclass(frozen=True)
class Catalogued:
    """`values` with whose they are, each once, current ones before earlier ones. `unread` are parameters that could not
    be read, with the reason; `unsearchable` those of whose values one is too short or a plain word of the catalog.
    """

    values: tuple[tuple[Secret, Holder], ...]
    unread: tuple[str, ...]
    unsearchable: tuple[str, ...]


def read_values(
    entries: Iterable[CatalogEntry],
    vault: Vault,
    common: Iterable[str] = (),
    progress: Callable[[str], object] = lambda _text: None,
) -> Catalogued:
    """Reads every version of every parameter. `common` are words that are not looked for: the catalog's own."""
    words = frozenset(word.casefold() for word in common)
    found: list[tuple[Secret, Holder]] = []
    unread: list[str] = []
    unsearchable: dict[str, None] = {}
    for parameter, secret, environment in dict.fromkeys(_parameters(entries)):
        progress(f"reading {parameter}")
        try:
            stored = vault.values(parameter)
        except OutsideError as error:
            unread.append(f"{parameter}: {error.cause}")
            continue
        last = max((one.version for one in stored), default=0)
        for one in stored:
            part = one.value.secret_part.reveal()
            if len(part) < SHORTEST or part.casefold() in words:
                unsearchable[parameter] = None
                continue
            found.append((one.value, Holder(secret, environment, parameter, one.version == last)))
    return Catalogued(tuple(_each_once(found)), tuple(unread), tuple(unsearchable))


def _parameters(entries: Iterable[CatalogEntry]) -> Iterator[tuple[str, str, str]]:
    for entry in entries:
        if not entry.public_by_design:
            yield from ((part.parameter, entry.name, entry.environment) for part in entry.parts if part.secret)
        if entry.admin_parameter:
            yield entry.admin_parameter, "", ""


def _each_once(found: list[tuple[Secret, Holder]]) -> Iterator[tuple[Secret, Holder]]:
    seen: set[str] = set()
    for value, holder in sorted(found, key=lambda one: (not one[1].current, not one[1].secret)):
        key = value.secret_part.reveal()
        if key not in seen:
            seen.add(key)
            yield value, holder
