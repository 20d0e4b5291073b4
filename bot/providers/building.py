"""Builds the provider of a catalogued secret: its options, a client for each of its hosts, its admin credential."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache

from bot.aws import Aws
from bot.errors import ConfigurationError
from bot.http import Http, check_base_url, new_session
from bot.incident.model import Abilities, Makes, RevokedBy, SecretEntry
from bot.limits import Bucket
from bot.providers import abilities, provider_class
from bot.providers.contract import Card, Provider, Setup
from bot.secret import Secret

CALLS_A_SECOND, CALLS_BURST = 10.0, 20
"""To one provider; a bucket learns from 429 what the provider really allows."""


class ProviderBuilder:
    """Shares one client for each host and one bucket for each provider between all that it builds.

    `host_urls` replace addresses of cards, by (provider, role): outside the card's own hosts only on loopback, and not
    in `production`. `read` gives the value of a parameter; `timeout` is in seconds, `aws` gives the bot's own
    identity, and `runs_on` are other credentials that the bot works with.
    """

    def __init__(
        self,
        host_urls: Mapping[tuple[str, str], str],
        read: Callable[[str], Secret],
        *,
        production: bool,
        timeout: float,
        aws: Callable[[], Aws] | None = None,
        runs_on: tuple[Secret, ...] = (),
    ) -> None:
        self._host_urls = host_urls
        self._read = read
        self._production = production
        self._timeout = timeout
        self._aws = aws
        self._runs_on = runs_on
        self._clients: dict[tuple[str, str], Http] = {}
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def __call__(self, entry: SecretEntry, timeout: float | None = None) -> Provider:
        """The provider, ready to use. ConfigurationError for options or addresses that are wrong."""
        made = provider_class(entry.provider, entry.options)
        seconds = timeout or self._timeout
        admin = entry.admin_parameter
        setup = Setup(
            options=entry.options,
            http=lambda role: self._http(made.card, role).with_timeout(seconds),
            # Read when first needed and kept as long as this provider, one operation: each further read would wait its
            # turn in the vault's quota, before the very call that revokes.
            admin=None if admin is None else cache(lambda: self._read(admin)),
            timeout=seconds,
            aws=self._aws,
            runs_on=self._runs_on,
        )
        return made.configured(setup)

    def _http(self, card: Card, role: str) -> Http:
        with self._lock:
            client = self._clients.get((card.name, role))
            if client is None:
                client = self._clients[card.name, role] = self._make(card, role)
            return client

    def _make(self, card: Card, role: str) -> Http:
        provider, hosts = card.name, card.hosts
        if role not in hosts:
            raise ConfigurationError(f"{provider}: its card names no host {role!r}; expected {', '.join(hosts)}")
        url = self._host_urls.get((provider, role), hosts[role])
        check_base_url(url, [hosts[role]], self._production)
        bucket = self._buckets.setdefault(provider, Bucket(CALLS_A_SECOND, CALLS_BURST))
        return Http(provider, url, timeout=self._timeout, bucket=bucket, session=new_session())


def incident_abilities(provider: type[Provider], *, admin: bool) -> Abilities:
    """What the provider's class can do, in the words that an incident keeps."""
    can = abilities(provider, admin=admin)
    return Abilities(
        makes=Makes(can.makes),
        revokes=RevokedBy(can.revokes),
        identifies=can.identifies,
        snapshots=can.snapshots,
        compares=can.compares,
        controls=can.controls,
        copies_scopes=can.copies_scopes,
        holds_sessions=can.holds_sessions,
        revoke_needs_replacement=can.revoke_needs_replacement,
        swaps=can.swaps,
        deletes=can.deletes,
        inspects=can.inspects,
        revokes_itself=can.revokes_itself,
        revokes_with_owner=can.revokes_with_owner,
    )
