"""All providers, and what each can do. A new one is a file beside these and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.providers.contract import (
    Compares,
    Controls,
    Identifies,
    Installs,
    Issues,
    Provider,
    Revokes,
    RevokesItself,
    Snapshots,
)
from bot.providers.openai import OpenAI
from bot.providers.redis import Redis
from bot.providers.sendgrid import SendGrid
from bot.providers.stripe import Stripe

PROVIDERS: Mapping[str, type[Provider]] = MappingProxyType(
    {provider.card.name: provider for provider in (OpenAI, Redis, SendGrid, Stripe)}
)


@dataclass(frozen=True)
class Abilities:
    """What the machine can do for one provider; the rest a person does, guided.

    `makes`: the provider makes the value, we make and install it, or a person brings it. `revokes`: with an admin
    credential, with the leaked value alone, or a person does it.
    """

    makes: Literal["issue", "install", "person"]
    revokes: Literal["machine", "itself", "person"]
    identifies: bool
    snapshots: bool
    compares: bool
    controls: bool
    copies_scopes: bool
    holds_sessions: bool
    revoke_needs_replacement: bool


def abilities(provider: type[Provider], *, admin: bool = True) -> Abilities:
    """Reads abilities off the protocols that the class satisfies.

    `admin` False is for a catalog entry that names no admin credential: what needs one is then left to a person.
    """
    has_itself = issubclass(provider, RevokesItself)
    makes: Literal["issue", "install", "person"] = "person"
    revokes: Literal["machine", "itself", "person"] = "itself" if has_itself else "person"
    if admin:
        makes = "issue" if issubclass(provider, Issues) else "install" if issubclass(provider, Installs) else makes
        revokes = "machine" if issubclass(provider, Revokes) else revokes
    return Abilities(
        makes=makes,
        revokes=revokes,
        identifies=issubclass(provider, Identifies),
        snapshots=admin and issubclass(provider, Snapshots),
        compares=issubclass(provider, Compares),
        controls=admin and issubclass(provider, Controls),
        copies_scopes=provider.card.copies_scopes,
        holds_sessions=provider.card.holds_sessions,
        revoke_needs_replacement=provider.card.revoke_needs_replacement,
    )
