"""One check, and how its outcome is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from bot.errors import BotError, ConfigurationError, OutsideError, Throttled, Unreachable


class Skipped(BotError):
    """There is nothing to look at; the message says why that is all right."""


class Flaw(BotError):
    """Something that answers, and is not well. `remedy`: what helps against just this, before the check's own."""

    def __init__(self, said: str, remedy: str = "") -> None:
        super().__init__(said)
        self.remedy = remedy


class Doubtful(Flaw):
    """Not wrong, but someone should look; the message says at what."""


class Wrong(Flaw):
    """It is not as it should be."""


@dataclass(frozen=True)
class Diagnostic:
    """`look` gives what it saw, or raises; `remedy` says what to do when it fails. `outside`: it asks another system,
    and the remedy is for what that refuses.
    """

    name: str
    look: Callable[[], str]
    remedy: str
    outside: bool = False
    step: int = 0
    """The step of docs/installation.md that it belongs to."""
    needed: bool = False
    """Whether no incident can be led without it."""


@dataclass(frozen=True)
class Checks[S]:
    """The checks of one kind of subject, in the order in which their functions are defined."""

    _every: list[Callable[[S], Diagnostic]] = field(default_factory=list)

    def __call__[T: Callable[..., str]](
        self, name: str, remedy: str, *, outside: bool = False, needed: bool = False
    ) -> Callable[[T], T]:
        """Makes a check of a function that takes the subject and gives what it saw, or raises; as `Diagnostic`."""

        def add(look: T) -> T:
            self._every.append(lambda subject: Diagnostic(name, partial(look, subject), remedy, outside, needed=needed))
            return look

        return add

    def of(self, subject: S) -> Iterator[Diagnostic]:
        return (made(subject) for made in self._every)


@dataclass(frozen=True)
class Finding:
    """`cause` is equal for failures that have the same cause."""

    name: str
    state: Literal["ok", "doubtful", "skipped", "failed"]
    detail: str
    remedy: str = ""
    step: int = 0
    cause: str = ""


def look(check: Diagnostic) -> Finding:
    """Carries the check out. Any failure in it is its finding."""
    return replace(_look(check), step=check.step)


def _look(check: Diagnostic) -> Finding:
    try:
        return Finding(check.name, "ok", check.look())
    except Skipped as skipped:
        return Finding(check.name, "skipped", str(skipped))
    except Doubtful as doubtful:
        return Finding(check.name, "doubtful", str(doubtful), doubtful.remedy or check.remedy)
    except BotError as error:
        cause = error.cause if isinstance(error, OutsideError) else str(error)
        return Finding(check.name, "failed", str(error), _remedy(check, error), cause=cause)
    except Exception as error:  # noqa: BLE001 - a broken check must not take the others with it
        return Finding(check.name, "failed", f"unexpected {type(error).__name__}", check.remedy)


def _remedy(check: Diagnostic, error: BotError) -> str:
    """The remedy for this cause: a system that was never asked has refused nothing."""
    match error:
        case Wrong(remedy=remedy) if remedy:
            return remedy
        case ConfigurationError() if check.outside:
            return "Correct that setting of this process. No request was sent, so no right is missing."
        case Unreachable():
            return f"Check the network between here and {error.system}, and its status page. Nothing was rejected."
        case Throttled():
            return "Try again in a minute: it is rate-limiting. Nothing else was rejected."
        case _:
            return check.remedy
