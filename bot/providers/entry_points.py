"""Providers of other packages.

They are entry points of the group `compromise_bot.providers`, from a name of the registry to a class: ``acme``,
``acme/webhook``. They get admin credentials, so one is loaded only if the setting names it. It must pass the same
checks as the built-in ones, and may take neither their names nor their hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.providers.built_in import BUILT_IN
from bot.providers.cards import FILE, read_cards
from bot.providers.contract import Provider
from bot.providers.questions import flaws
from bot.providers.registry import PROVIDERS

GROUP = "compromise_bot.providers"
VARIABLE = "BOT_PROVIDERS"


def offered(names: Iterable[str]) -> dict[str, type[Provider]]:
    """The classes that installed packages offer for these providers, by key. ConfigurationError with all faults of the
    first unusable one.
    """
    try:
        return dict(chain.from_iterable(_usable(name) for name in dict.fromkeys(names)))
    except ConfigurationError as error:
        raise ConfigurationError("\n".join(f"{VARIABLE}: {line}" for line in str(error).splitlines())) from None


def examined(name: str) -> Mapping[str, list[str]]:
    """The faults of each class of provider `name`, by its key; also for another package's, used or not.

    ConfigurationError if the name does not exist.
    """
    if own := [key for key in BUILT_IN if key.partition("/")[0] == name]:
        return {key: flaws(key, PROVIDERS[key]) for key in own}
    return {offer.name: _flaws(offer.name, _loaded(offer)) for offer in _offers(name)}


def _usable(name: str) -> Iterator[tuple[str, type[Provider]]]:
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
    except Exception as error:  # noqa: BLE001 - another package's code may raise any error
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
    """The host's name in small letters. A name in braces stays, since it may be any label."""
    return (urlsplit(url).hostname or "").rstrip(".")


def _overlap(one: str, other: str) -> bool:
    """Whether the two can be the same host, for any values in the braces."""
    pairs = list(zip(one.split("."), other.split("."), strict=False))
    return one.count(".") == other.count(".") and all(a == b or "{" in a or "{" in b for a, b in pairs)
