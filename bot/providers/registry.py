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
        try:
            self._others = dict(chain.from_iterable(_offered(name) for name in dict.fromkeys(names)))
        except ConfigurationError as error:
            raise ConfigurationError("\n".join(f"{VARIABLE}: {line}" for line in str(error).splitlines())) from None


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


def examined(name: str) -> Mapping[str, list[str]]:
    """What is wrong with each class of provider `name`, by its key; of another package's, whether it is used or not.

    ConfigurationError where there is none of this name.
    """
    if name in {key.partition("/")[0] for key in BUILT_IN}:
        return {key: flaws(key, _imported(BUILT_IN[key])) for key in BUILT_IN if key.partition("/")[0] == name}
    return {offer.name: _flaws(offer.name, _loaded(offer)) for offer in _offers(name)}


def _offered(name: str) -> Iterator[tuple[str, type[Provider]]]:
    """The classes that installed packages offer for provider `name`, by their keys, if they may be used."""
    if name in {key.partition("/")[0] for key in BUILT_IN}:
        raise ConfigurationError(f"{name} is built in; another package's provider needs another name")
    for offer in _offers(name):
        provider = _loaded(offer)
        if found := _flaws(offer.name, provider):
            raise ConfigurationError("\n".join(f"{offer.name}: {flaw}" for flaw in found))
        yield offer.name, provider


def _offers(name: str) -> list[EntryPoint]:
    offers = entry_points(group=GROUP)
    found = [offer for offer in offers if offer.name.partition("/")[0] == name]
    if not found:
        known = ", ".join(sorted({offer.name.partition("/")[0] for offer in offers})) or "none"
        raise ConfigurationError(f"no installed package offers a provider {name!r}; offered: {known}")
    if len({offer.name for offer in found}) < len(found):
        raise ConfigurationError(f"two installed packages offer a provider {name!r}; expected one")
    return found


def _loaded(offer: EntryPoint) -> type[Provider]:
    try:
        found: type[Provider] = offer.load()
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever another package's code raises
        raise ConfigurationError(f"{offer.name}: {offer.value} cannot be imported ({type(error).__name__})") from None
    return found


def _flaws(key: str, provider: type[Provider]) -> list[str]:
    """Those of a class of another package: as of a built-in one, and hosts that are a built-in one's."""
    found = flaws(key, provider)
    hosts = [] if found else [_host(url) for url in provider.card.hosts.values()]
    taken = [(host, owner) for host in hosts for owner, theirs in _built_in_hosts() if _overlap(host, theirs)]
    return found + [f"hosts: {host} is the built-in {owner}'s" for host, owner in dict.fromkeys(taken)]


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
