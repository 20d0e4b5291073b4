"""What the practice world needs from each provider: an account that holds the product's secrets.

A folder a provider: `fake.py`, `fixture.py`. A fixture furnishes its fake, hands its values to the practice vault, and
judges what functions hold. What only people can do at a provider they do through `Console`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

from bot.drill.providers.pagerduty.fake import FakePagerDuty

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from bot.drill.account import Account
    from bot.drill.fakes.faults import Faults


@dataclass(frozen=True)
class Environment:
    """The resources of a fixture: a folder for files without values, the practice AWS account, and the PagerDuty
    account that pages people.
    """

    folder: Path
    account: Account
    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)


@dataclass(frozen=True)
class Seed:
    """A catalogued secret in one environment: each part's values by the part's name, oldest first.

    The last is what functions use and what leaked. A part that never changed has one value.
    """

    secret: str
    parts: Mapping[str, tuple[str, ...]]


class Fixture(Protocol):
    """The practice world's account at one provider."""

    name: ClassVar[str]
    """The provider's name, which is also that of the place in ``--fault PLACE:FAULT``; Slack's is the bot's own."""
    secrets: ClassVar[tuple[str, ...]]
    """The entries of the drill's catalog whose values are here."""

    @classmethod
    def opened(cls, environment: Environment) -> Self | None:
        """The fixture, running; None where what it needs does not exist for this system."""
        ...

    def applications(self) -> Mapping[str, WSGIApplication]:
        """What is to be served on loopback, by a name for its address."""
        ...

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        """Settings that lead the bot here (`BOT_<PROVIDER>_<HOST>_URL`). `urls` are the addresses by name."""
        ...

    def seeds(self, environment: str) -> Iterable[Seed]:
        """Makes the secrets of one environment and gives their values. Called once for each environment."""
        ...

    def admins(self, environment: str) -> Mapping[str, str]:
        """The admin credentials by parameter."""
        ...

    def accepts(self, secret: str, parts: Mapping[str, str]) -> bool:
        """Whether the provider takes these values now; parts that a function does not hold are missing."""
        ...

    def faults(self) -> Faults | None:
        """What can be made to go wrong here; None for a real server."""
        ...

    def values(self) -> Iterator[tuple[str, str]]:
        """Every value that was ever made here, with words for it: they must be seen nowhere."""
        ...

    def pid(self) -> int | None:
        """The process of a real server that has to end with the world, even if the world was killed."""
        ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Presses:
    """What people press in the provider's own console, in the words of the card's steps: to make a key, and one after
    the other to revoke the leaked one. `title` is the provider's.
    """

    title: str
    make: str
    revoke: tuple[str, ...]


@runtime_checkable
class Console(Protocol):
    """Where a person does what the provider's API cannot."""

    presses: ClassVar[Mapping[str, Presses]]
    """By secret."""

    def make(self, secret: str, label: str) -> Mapping[str, str]:
        """A new key of the secret in production, its parts in the order of the catalog, which is shown this once."""
        ...

    def made(self, secret: str, label: str) -> bool:
        """Whether a living value bears this label: consoles show names, not values."""
        ...

    def discard(self, secret: str, label: str) -> None:
        """Ends living values of this label: made before, and lost since."""
        ...

    def end(self, secret: str, parts: Mapping[str, str]) -> bool:
        """Ends the value with these parts, as a person finds it by what the console shows. False if it is gone."""
        ...
