"""Each secret of the catalog: can its parameters be read, and is its provider's admin credential accepted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Diagnostic, Skipped, Wrong
from bot.cli.diagnostics.exposure import Exposure, check_ends
from bot.errors import BotError, Unauthorized

if TYPE_CHECKING:
    from bot.app.outside import Outside
    from bot.playbook import CatalogEntry
    from bot.vault.contract import Stored

READABLE = (
    "Create the parameter or take the secret out of the catalog; allow ssm:GetParameter and the key's kms:Decrypt."
)
ADMIN = "Store a working admin credential there; `bot providers` says what it is for."
HISTORY = "Allow ssm:GetParameterHistory on it, as docs/policies/worker.json does."
EXPOSURE = "`bot readiness` says for each secret what is exposed how, and what to do."


def checks(outside: Outside, environment: str) -> Iterator[Diagnostic]:
    """Nothing if the catalog cannot be read: that is a finding of its own. Misuse for an unknown environment."""
    try:
        catalog = outside.files.loaded.catalog
    except BotError:
        return
    for name in [environment] if environment else catalog.environments:
        for entry in catalog.all(name):
            yield Diagnostic(f"{name} {entry.name}", partial(_readable, outside, entry), READABLE, outside=True)
            yield Diagnostic(f"{name} {entry.name}: admin", partial(_admin, outside, entry), ADMIN, outside=True)
            exposure = Exposure(entry, catalog.environments, partial(_read, outside))
            yield Diagnostic(f"{name} {entry.name}: exposure", exposure.all, EXPOSURE, outside=True)


def _read(outside: Outside, parameter: str) -> Stored:
    return outside.vault.read(parameter)


def _readable(outside: Outside, entry: CatalogEntry) -> str:
    """Reads each part as the rotation would; nothing of the values is kept or shown."""
    stored = {part.parameter: outside.vault.read(part.parameter) for part in entry.parts}
    check_ends(stored)
    return f"readable: {', '.join(f'{name} version {one.version}' for name, one in stored.items())}"


def _admin(outside: Outside, entry: CatalogEntry) -> str:
    from bot.model.probes import Liveness
    from bot.providers.contract import Controls

    if entry.admin_parameter is None:
        raise Skipped("the catalog names none: a person does what needs it")
    outside.vault.read(entry.admin_parameter)
    _history(outside, entry.admin_parameter)
    provider = outside.provider(outside.files.freeze(entry))
    if not isinstance(provider, Controls):
        return f"{entry.admin_parameter} is readable; the provider has no way to try it"
    answer = provider.control()
    if answer.liveness != Liveness.LIVE:
        raise Wrong(f"{entry.admin_parameter} was not accepted by {entry.provider}: {answer.detail}")
    return f"{entry.admin_parameter} is accepted"


def _history(outside: Outside, parameter: str) -> None:
    """Leaks are compared with all of its versions, and whoever replaces it looks for the leaked one among them."""
    try:
        outside.vault.history(parameter)
    except Unauthorized as error:
        raise Wrong(f"{error}: leaks are not compared with it, and it cannot be replaced", HISTORY) from None
