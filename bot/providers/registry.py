"""The existing providers: the built-in ones, and the ones of other packages that BOT_PROVIDERS names.

A class is imported on first use, so that a process that looks at an incident does not load two dozen of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pkgutil import resolve_name

from bot.errors import ConfigurationError
from bot.providers.built_in import BUILT_IN
from bot.providers.contract import KIND, Provider


class Registry(Mapping[str, type[Provider]]):
    """By ``name``, or ``name/kind`` where a provider has several classes; the built-in ones first."""

    def __init__(self) -> None:
        self._others: dict[str, type[Provider]] = {}

    def __getitem__(self, key: str) -> type[Provider]:
        return self._others[key] if key in self._others else resolve_name(BUILT_IN[key])

    def __iter__(self) -> Iterator[str]:
        return chain(BUILT_IN, self._others)

    def __len__(self) -> int:
        return len(BUILT_IN) + len(self._others)

    def __contains__(self, key: object) -> bool:
        return key in BUILT_IN or key in self._others

    def use(self, names: Iterable[str]) -> None:
        """From now on these of other packages, and no others. ConfigurationError for one that cannot be had so."""
        from bot.providers.entry_points import offered  # noqa: PLC0415 - slow to import, and most installations name none

        self._others = offered(names)


PROVIDERS = Registry()


def provider_class(name: str, options: Mapping[str, str]) -> type[Provider]:
    """The class for a catalog entry of provider `name`. ConfigurationError for a kind that it does not have."""
    kind = options.get(KIND, "")
    try:
        return PROVIDERS[f"{name}/{kind}" if kind else name]
    except KeyError:
        known = ", ".join(sorted(kinds_of(name))) or "none"
        raise ConfigurationError(f"{name}: unknown kind {kind!r}; expected: {known}") from None


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds that an entry of this provider may name, in the order of the registry; the plain class has none."""
    return tuple(kind for found, _, kind in (key.partition("/") for key in PROVIDERS) if found == name)


def provider_names() -> tuple[str, ...]:
    """Every provider once, in the order of the registry."""
    return tuple(dict.fromkeys(key.partition("/")[0] for key in PROVIDERS))
