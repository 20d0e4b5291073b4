"""Which providers there are: the built-in ones, and those of other packages that BOT_PROVIDERS names.

A class is imported when it is asked for, so that who looks at an incident does not wait for two dozen of them. What
another package offers stands under the entry points of the group `compromise_bot.providers`, a name of the registry to
a class: ``acme``, ``acme/webhook``. It receives admin credentials, so it is loaded only where the setting names it,
answers the same questions as the built-in ones, and takes neither their names nor their hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.providers.built_in import BUILT_IN
from bot.providers.cards import FILE, read_cards
from bot.providers.contract import KIND, Provider
from bot.providers.questions import flaws

GROUP = "compromise_bot.providers"
VARIABLE = "BOT_PROVIDERS"


class Registry(Mapping[str, type[Provider]]):
    """By ``name``, or ``name/kind`` where a provider has several classes; the built-in ones first."""

    def __init__(self) -> None:
        self._others: dict[str, type[Provider]] = {}

    def __getitem__(self, key: str) -> type[Provider]:
        return self._others[key] if key in self._others else _imported(BUILT_IN[key])

    def __iter__(self) -> Iterator[str]:
        return chain(BUILT_IN, self._others)

    def __len__(self) -> int:
        return len(BUILT_IN) + len(self._others)

    def __contains__(self, key: object) -> bool:
        return key in BUILT_IN or key in self._others

    def use(self, names: Iterable[str]) -> None:
        """From now on these of other packages, and no others. ConfigurationError for one that cannot be had so."""
        self._others = dict(chain.from_iterable(_offered(name) for name in dict.fromkeys(names)))


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


def _imported(place: str) -> type[Provider]:
    module, _, name = place.partition(":")
    found: type[Provider] = getattr(import_module(module), name)
    return found


# --- of other packages -----------------------------------------------------------------------------------------------


def _offered(name: str) -> Iterator[tuple[str, type[Provider]]]:
    """The classes that installed packages offer for provider `name`, by their keys."""
    if name in {key.partition("/")[0] for key in BUILT_IN}:
        raise ConfigurationError(f"{VARIABLE}: {name} is built in; another package's provider needs another name")
    offers = entry_points(group=GROUP)
    found = [offer for offer in offers if offer.name.partition("/")[0] == name]
    if not found:
        known = ", ".join(sorted({offer.name.partition("/")[0] for offer in offers})) or "none"
        raise ConfigurationError(f"{VARIABLE}: no installed package offers a provider {name!r}; offered: {known}")
    keys = [offer.name for offer in found]
    if len(set(keys)) < len(keys):
        raise ConfigurationError(f"{VARIABLE}: two installed packages offer a provider {name!r}; expected one")
    for offer in found:
        yield offer.name, _checked(offer)


def _checked(offer: EntryPoint) -> type[Provider]:
    try:
        provider: type[Provider] = offer.load()
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever another package's code raises
        raise ConfigurationError(
            f"{VARIABLE}: {offer.name}: {offer.value} cannot be imported ({type(error).__name__})"
        ) from None
    if found := flaws(offer.name, provider):
        raise ConfigurationError("\n".join(f"{VARIABLE}: {offer.name}: {flaw}" for flaw in found))
    for host in map(_host, provider.card.hosts.values()):
        for owner, theirs in _built_in_hosts():
            if _overlap(host, theirs):
                raise ConfigurationError(f"{VARIABLE}: {offer.name}: the host {host} is the built-in {owner}'s")
    return provider


def _built_in_hosts() -> Iterator[tuple[str, str]]:
    for path in sorted(Path(__file__).parent.glob(f"*/{FILE}")):
        for card in read_cards(path):
            for url in card.hosts.values():
                yield card.name, _host(url)


def _host(url: str) -> str:
    """The host's name in small letters. A name in braces stays: it may stand for any label."""
    return (urlsplit(url).hostname or "").rstrip(".")


def _overlap(one: str, other: str) -> bool:
    """Whether the two can be the same host, with whatever stands for what is in braces."""
    pairs = list(zip(one.split("."), other.split("."), strict=False))
    return one.count(".") == other.count(".") and all(a == b or "{" in a or "{" in b for a, b in pairs)
