"""What `bot check`, `bot copy` and `bot readers` have in common: names, and behind them one word on all of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState


def names_and_outcome[O: StrEnum](
    said: list[str], outcomes: type[O], *, nameless: str, unknown: str
) -> tuple[list[str], O]:
    """The names, and the outcome. Misuse with `unknown` behind a word that is none, with `nameless` without a name."""
    *names, word = said
    try:
        outcome = outcomes(word)
    except ValueError:
        raise Misuse(f"{word!r} {unknown}") from None
    if not names:
        raise Misuse(nameless)
    return names, outcome


def secrets_of(incident: Incident, name: str) -> list[SecretState]:
    """The secret of that name, all of the incident for an empty one."""
    from bot.incident.refusals import secret_named

    return [secret_named(incident, name)] if name else list(incident.secrets.values())
