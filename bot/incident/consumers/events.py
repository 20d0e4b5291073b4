"""What can have happened to those who read the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.stored import stored


@stored("function-refreshed")
@dataclass(frozen=True)
class FunctionRefreshed:
    claim: int
    function: str
    versions: Mapping[str, int]
    complete: bool
    detail: str
    v: int = 1


@stored("value-live")
@dataclass(frozen=True)
class ValueLive:
    """The new value is what consumers read, it is accepted, and none of them refuses it; `confirmed` False where one
    could not be asked, or refuses it `as_before` the new value was put in place, which says nothing of it.
    """

    claim: int
    secret: str
    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()
    v: int = 1


@stored("consumers-asked")
@dataclass(frozen=True)
class ConsumersAsked:
    """The consumers of a value that is in place were asked again, and none refuses it."""

    claim: int
    secret: str
    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()
    """As in `ValueLive`."""
    v: int = 1


@stored("consumers-failing")
@dataclass(frozen=True)
class ConsumersFailing:
    """The new value is what consumers read and it is accepted, but these refuse it by their own health: it is not
    live.
    """

    claim: int
    secret: str
    consumers: tuple[str, ...]
    detail: str
    as_before: tuple[str, ...] = ()
    v: int = 1


ConsumersEvent = FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing
