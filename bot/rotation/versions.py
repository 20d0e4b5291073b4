"""Which versions of several parameters belong together: each parameter of a pair has a history of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.model.secrets import SecretEntry
from bot.secrets.secret import Credential
from bot.vault.contract import Vault, Version

FOREVER = datetime.max.replace(tzinfo=UTC)


def versions_with(vault: Vault, entry: SecretEntry, version: int | None) -> dict[str, int]:
    """The versions of the other parts while the main part was at `version`; the newest ones if that is None.

    Parts are written one after the other, in either order, so the version that was longest beside it is the one.
    """
    main = entry.main
    others = [part.parameter for part in entry.parts if part is not main]
    if not others:
        return {}
    span = None if version is None else _span(vault.history(main.parameter), version)
    found = {}
    for parameter in others:
        history = vault.history(parameter)
        chosen = history[-1]
        if span is not None:
            chosen = max(history, key=lambda each: _beside(span, _span(history, each.number)))
        found[parameter] = chosen.number
    return found


def credential_at(vault: Vault, entry: SecretEntry, versions: Mapping[str, int]) -> Credential:
    """All parts of a secret, each at its version; the current one where `versions` names none."""
    parts = {part.name: vault.read(part.parameter, versions.get(part.parameter)).value for part in entry.parts}
    return Credential(parts, entry.main.name)


def _span(history: Sequence[Version], number: int) -> tuple[datetime, datetime]:
    """From when to when a version was the current one."""
    times = [version.written_at for version in history if version.number >= number]
    return times[0], times[1] if len(times) > 1 else FOREVER


def _beside(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> float:
    """For how many seconds both stood; negative if never."""
    return (min(one[1], other[1]) - max(one[0], other[0])).total_seconds()
