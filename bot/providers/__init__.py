"""The providers: a contract, and a folder for each. README.md says how to add one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.aws import Aws
from bot.errors import ConfigurationError
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.net.http import Http
from bot.providers.contract import (
    Compares,
    Controls,
    CountsSessions,
    Deletes,
    Identifies,
    Inspects,
    Installs,
    Issues,
    Leads,
    Provider,
    ReportsUse,
    Revokes,
    RevokesItself,
    RevokesWithOwner,
    Setup,
    Snapshots,
)
from bot.providers.registry import PROVIDERS, kinds_of, provider_class, provider_names

__all__ = ["PROVIDERS", "capabilities", "kinds_of", "provider_class", "provider_names", "validation_error"]


def capabilities(provider: type[Provider], *, admin: bool = True) -> Capabilities:
    """Reads capabilities off the protocols that the class satisfies.

    `admin` False is for a catalog entry that names no admin credential: what needs one is then left to a person.
    """
    admin = admin or provider.card.own_identity
    reports_use = admin and issubclass(provider, ReportsUse)
    makes, revokes = Makes.PERSON, RevokedBy.ITSELF if issubclass(provider, RevokesItself) else RevokedBy.PERSON
    if admin:
        makes = Makes.INSTALL if issubclass(provider, Installs) else makes
        makes = Makes.ISSUE if issubclass(provider, Issues) else makes
        revokes = RevokedBy.MACHINE if issubclass(provider, Revokes) else revokes
    return Capabilities(
        makes=makes,
        revokes=revokes,
        identifies=issubclass(provider, Identifies),
        snapshots=admin and issubclass(provider, Snapshots),
        compares=issubclass(provider, Compares),
        controls=admin and issubclass(provider, Controls),
        copies_scopes=provider.card.copies_scopes,
        holds_sessions=provider.card.holds_sessions,
        revoke_needs_replacement=provider.card.revoke_needs_replacement,
        swaps=provider.card.swaps,
        deletes=admin and issubclass(provider, Deletes),
        inspects=admin and issubclass(provider, Inspects),
        revokes_with_owner=admin and issubclass(provider, RevokesWithOwner),
        reports_use=reports_use,
        use_in_sessions=reports_use and issubclass(provider, CountsSessions),
    )


def validation_error(name: str, options: Mapping[str, str], parts: Collection[str], hosts: Collection[str] = ()) -> str:
    """What the provider's class refuses in a catalog entry, in words; empty if it fits or the provider
    does not exist.
    """
    if name not in provider_names():
        return ""
    try:
        provider = provider_class(name, options)
        provider.configured(Setup(options, lambda role: Http(name, provider.card.hosts[role], timeout=1.0), aws=Aws))
    except ConfigurationError as error:
        return str(error)
    if hosts and not issubclass(provider, Leads):
        return f"{name}: `hosts` are for values that are URLs; its calls go to the hosts of its card"
    wanted = provider.card.parts
    if wanted and set(parts) != set(wanted):
        return f"{name}: the parts are called {', '.join(parts)}; expected {', '.join(wanted)}"
    return ""
