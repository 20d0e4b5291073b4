"""Each secret of the catalog: can its parameters be read, and is its provider's admin credential accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Diagnostic, Doubtful, Skipped, Wrong
from bot.cli.diagnostics.exposure import EXPOSED, Exposure, check_ends
from bot.errors import BotError, OutsideError, Refused, Unauthorized

if TYPE_CHECKING:
    from bot.app.outside import Outside
    from bot.catalog.catalog import CatalogEntry
    from bot.providers.contract import Provider

READABLE = (
    "Create the parameter or take the secret out of the catalog; allow ssm:GetParameter and the key's kms:Decrypt."
)
ADMIN = "Store a working admin credential there; docs/providers.md says what it is for."
HISTORY = "Allow ssm:GetParameterHistory on it, as docs/policies/worker.json does."
HOSTS = "If that host is ours, add it under `hosts:` of this secret. If not, find out who wrote it."
LOOKS = "Give it the right to read this, if your plan has it."


def checks(outside: Outside, environment: str) -> Iterator[Diagnostic]:
    """Nothing if the catalog cannot be read: that is a finding of its own. Misuse for an unknown environment."""
    try:
        catalog = outside.files.loaded.catalog
    except BotError:
        return
    for name in [environment] if environment else catalog.environments:
        for entry in catalog.all(name):
            yield Diagnostic(f"{name} {entry.name}", partial(readable, outside, entry), READABLE, outside=True)
            yield Diagnostic(f"{name} {entry.name}: admin", partial(_admin, outside, entry), ADMIN, outside=True)
            exposure = Exposure(entry, catalog.environments, outside)
            yield from (replace(check, name=f"{name} {entry.name}: {check.name}") for check in EXPOSED.of(exposure))


def readable(outside: Outside, entry: CatalogEntry) -> str:
    """Reads each part as the rotation would; nothing of the values is kept or shown, but where a URL leads that is none
    of ours.
    """
    stored = {part.parameter: outside.vault.read(part.parameter) for part in entry.parts}
    check_ends(stored)
    if leads(entry) and (said := led_elsewhere(outside, entry)):
        raise Wrong(said, HOSTS)
    return f"readable: {', '.join(f'{name} version {one.version}' for name, one in stored.items())}"


def _admin(outside: Outside, entry: CatalogEntry) -> str:
    from bot.model.probes import Liveness
    from bot.providers.contract import Controls

    if entry.admin_parameter is None:
        raise Skipped("the catalog names none: a person does that work")
    outside.vault.read(entry.admin_parameter)
    _history(outside, entry.admin_parameter)
    provider = outside.provider(outside.files.freeze(entry))
    if not isinstance(provider, Controls):
        return f"{entry.admin_parameter} is readable; the provider has no way to try it"
    answer = provider.control()
    if answer.liveness != Liveness.LIVE:
        raise Wrong(f"{entry.admin_parameter} was not accepted by {entry.provider}: {answer.detail}")
    try:
        _looks(outside, entry, provider)
    except OutsideError as error:
        said = f"{entry.admin_parameter} is accepted, but people look up by hand how a key was used: {error}"
        raise Doubtful(said, LOOKS) from None
    return f"{entry.admin_parameter} is accepted"


def _looks(outside: Outside, entry: CatalogEntry, provider: Provider) -> None:
    """Reads a page of how the key was used in the last minute, and what was made since."""
    from bot.providers.contract import Held, Identifies, Inspects, ReportsUse
    from bot.providers.looks import Look
    from bot.rotation.versions import credential_at

    now, page = datetime.now(UTC), iter([False])
    credential = credential_at(outside.vault, outside.files.freeze(entry), {}).trimmed
    keys = provider.identify(credential) if isinstance(provider, Identifies) else []
    key_id = keys[0].id if keys else ""
    if isinstance(provider, ReportsUse):
        look = Look(provider.card.records, now - timedelta(minutes=1), now, lambda: next(page, True))
        provider.use(Held(credential, key_id), look)
    if isinstance(provider, Inspects):
        provider.leftovers(now, credential, key_id)


def leads(entry: CatalogEntry) -> bool:
    """Whether its value says itself where it leads."""
    from bot.providers import provider_class
    from bot.providers.contract import Leads

    return issubclass(provider_class(entry.provider, entry.options), Leads)


def led_elsewhere(outside: Outside, entry: CatalogEntry) -> str:
    """What is wrong with where its current value leads; empty if nothing is. A failure of the vault is raised."""
    from bot.providers.contract import Leads
    from bot.providers.hosts import shown
    from bot.rotation.versions import credential_at

    provider = outside.provider(outside.files.freeze(entry))
    credential = credential_at(outside.vault, outside.files.freeze(entry), {}).trimmed
    try:
        places = provider.elsewhere(credential) if isinstance(provider, Leads) else ()
    except Refused as error:
        return f"its value cannot be used: {error.cause}"
    names = ", ".join(shown(place) for place in places)
    return f"its value points to {names}, which is not one of its hosts, so it is not checked there" if places else ""


def _history(outside: Outside, parameter: str) -> None:
    """Leaks are compared with all of its versions, and a replacement looks for the leaked one among them."""
    try:
        outside.vault.history(parameter)
    except Unauthorized as error:
        raise Wrong(f"{error}: leaks are not compared with it, and it cannot be replaced", HISTORY) from None
