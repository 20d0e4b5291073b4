"""One check, and how its outcome is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.errors import BotError


class Skipped(BotError):
    """There is nothing to look at; the message says why that is all right."""


class Doubtful(BotError):
    """Not wrong, but somebody should look; the message says at what."""


class Wrong(BotError):
    """Something that answers, and is not as it should be."""


@dataclass(frozen=True)
class Check:
    """`look` gives what it saw, or raises; `remedy` says what to do when it fails."""

    name: str
    look: Callable[[], str]
    remedy: str


@dataclass(frozen=True)
class Finding:
    name: str
    state: Literal["ok", "doubtful", "skipped", "failed"]
    detail: str
    remedy: str = ""


def look(check: Check) -> Finding:
    """Carries the check out. Whatever goes wrong in it is its finding."""
    try:
        return Finding(check.name, "ok", check.look())
    except Skipped as skipped:
        return Finding(check.name, "skipped", str(skipped))
    except Doubtful as doubtful:
        return Finding(check.name, "doubtful", str(doubtful), check.remedy)
    except BotError as error:
        return Finding(check.name, "failed", str(error), check.remedy)
    except Exception as error:  # noqa: BLE001 - a broken check must not take the others with it
        return Finding(check.name, "failed", f"unexpected {type(error).__name__}", check.remedy)
