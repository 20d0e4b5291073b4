"""Builds the provider of a catalogued secret: its options, a client for each of its hosts, its admin credential."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from bot.aws import Aws
from bot.errors import ConfigurationError
from bot.model.secrets import SecretEntry
from bot.net.http import Http, check_base_url
from bot.net.limits import Bucket
from bot.providers import PROVIDERS, provider_class, provider_names, validation_error
from bot.providers.contract import Card, Provider, Setup
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from bot.catalog.checks import Validator

ADMIN_KEPT = 2.0
"""Seconds for which an admin credential is not read again; one that was replaced is refused for so long at most."""
CALLS_A_SECOND, CALLS_BURST = 10.0, 20
"""To one provider; a bucket learns from 429 what the provider really allows."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class ProviderBuilder:
    """Shares one client for each host and one bucket for each provider between all providers that it builds.

    `host_urls` replace addresses of cards, by (provider, role): by another host of the same card, or outside
    `production` by one on loopback. `read` gives the value of a parameter; `timeout` is in seconds, `aws` gives the
    bot's own identity, `runs_on` are other credentials of the bot, and `hosts` gives the places that the catalog names
    for a secret.
    """

    host_urls: Mapping[tuple[str, str], str]
    read: Callable[[str], Secret]
    _: KW_ONLY
    production: bool
    timeout: float
    aws: Callable[[], Aws] | None = None
    runs_on: tuple[Secret, ...] = ()
    hosts: Callable[[SecretEntry], tuple[str, ...]] = lambda _entry: ()
    _clients: dict[tuple[str, str], Http] = field(default_factory=dict)
    """By provider and base URL."""
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _admins: dict[str, tuple[Secret, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, entry: SecretEntry, timeout: float | None = None) -> Provider:
        """The provider, ready to use. ConfigurationError for options or addresses that are wrong."""
        made = provider_class(entry.provider, entry.options)
        seconds = timeout or self.timeout
        admin = entry.admin_parameter
        setup = Setup(
            options=entry.options,
            http=lambda role: self._http(made.card, role, entry.options).with_timeout(seconds),
            admin=None if admin is None else cache(lambda: self._admin(admin)),
            timeout=seconds,
            aws=self.aws,
            runs_on=self.runs_on,
            hosts=self.hosts(entry),
        )
        return made.configured(setup)

    def _admin(self, parameter: str) -> Secret:
        """Read when first needed and kept for a moment: each further read would wait its turn in the vault's quota,
        before the very call that revokes.
        """
        with self._lock:
            kept = self._admins.get(parameter)
        if kept is None or time.monotonic() - kept[1] > ADMIN_KEPT:
            kept = self.read(parameter).trimmed, time.monotonic()
            with self._lock:
                self._admins[parameter] = kept
        return kept[0]

    def _http(self, card: Card, role: str, options: Mapping[str, str]) -> Http:
        provider = card.name
        if role not in card.hosts:
            raise ConfigurationError(f"{provider}: its card names no host {role!r}; expected {', '.join(card.hosts)}")
        url = address(card, role, options, self.host_urls, production=self.production)
        with self._lock:
            if (provider, url) not in self._clients:
                bucket = self._buckets.setdefault(provider, Bucket(CALLS_A_SECOND, CALLS_BURST))
                self._clients[provider, url] = Http(provider, url, timeout=self.timeout, bucket=bucket)
            return self._clients[provider, url]


def address(
    card: Card, role: str, options: Mapping[str, str], host_urls: Mapping[tuple[str, str], str], *, production: bool
) -> str:
    """Where the host `role` of a card is asked. ConfigurationError for one that is neither the card's nor allowed."""
    own = [filled(card.name, url, options) for url in card.hosts.values()]
    url = filled(card.name, host_urls.get((card.name, role), card.hosts[role]), options)
    try:
        check_base_url(url, own, production)
    except ConfigurationError as error:
        raise ConfigurationError(f"{address_variable(card.name, role)}: {error}") from None
    return url


def address_variable(provider: str, role: str) -> str:
    """The setting that replaces the address: ``BOT_AWS_IAM_API_URL`` for the host `api` of `aws-iam`."""
    return f"BOT_{provider}_{role}_URL".upper().replace("-", "_")


def check_addresses(host_urls: Mapping[tuple[str, str], str], *, production: bool) -> None:
    """Raises ConfigurationError naming each address that its provider could never accept.

    Called at the start, before a catalog gives the options in a host's name: any plain label is accepted for these.
    """
    wrong = []
    for (provider, role), url in sorted(host_urls.items()):
        for card in _cards(provider, role):
            own = [_as_in(url, template) for template in card.hosts.values()]
            try:
                check_base_url(url, own, production)
            except ConfigurationError as error:
                wrong.append(f"{address_variable(provider, role)}: {error}")
                break
    if wrong:
        raise ConfigurationError("\n".join(wrong))


def unknown_addresses(host_urls: Mapping[tuple[str, str], str]) -> list[str]:
    """The variables that replace nothing: no card has such a host."""
    return [address_variable(*key) for key in sorted(host_urls) if not _cards(*key)]


def validator_for(host_urls: Mapping[tuple[str, str], str], *, production: bool) -> Validator:
    """`validation_error` for an installation that asks these addresses."""

    def found(name: str, options: Mapping[str, str], parts: Collection[str], hosts: Collection[str] = ()) -> str:
        if said := validation_error(name, options, parts, hosts):
            return said
        if name not in provider_names():
            return ""
        card = provider_class(name, options).card
        try:
            for role in card.hosts:
                if (name, role) in host_urls:
                    address(card, role, options, host_urls, production=production)
        except ConfigurationError as error:
            return str(error)
        return ""

    return found


def _cards(provider: str, role: str) -> list[Card]:
    keys = [key for key in PROVIDERS if key.partition("/")[0] == provider]
    return [card for card in (PROVIDERS[key].card for key in keys) if role in card.hosts]


def _as_in(url: str, template: str) -> str:
    """The address that results from `template` with the values of its braces taken from `url`."""
    pattern = re.escape(_PLACEHOLDER.sub("*", template)).replace(r"\*", f"(?:{_LABEL.pattern}|{_PLACEHOLDER.pattern})")
    found = re.match(rf"{pattern}(?=/|$)", url)
    return found[0] if found else template


def filled(provider: str, url: str, options: Mapping[str, str]) -> str:
    """`url` with each name in braces replaced by the option of that name.

    ConfigurationError unless that is a single label of a host's name: it must not lead to another host than the card's.
    """

    def value(name: re.Match[str]) -> str:
        found = options.get(name[1], "")
        if not _LABEL.fullmatch(found):
            raise ConfigurationError(f"{provider}: the option {name[1]!r} must be letters, digits and dashes only")
        return found

    return _PLACEHOLDER.sub(value, url)
