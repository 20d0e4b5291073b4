"""The names of providers for people."""

from __future__ import annotations

from bot.model.built_in import PROVIDERS


def provider_name(provider: str) -> str:
    """Its proper name, by its name in the catalog, where the bot comes with it; else that of the catalog."""
    return PROVIDERS.get(provider, provider)
