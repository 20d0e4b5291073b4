"""Who reads the values: what keeps them until it is told to start afresh.

Each kind of them is a folder beside this file, with one class that satisfies `Kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from bot.aws import Aws
from bot.model.consumers import ConsumerKind
from bot.model.secrets import Consumer

MARKER = "SECRET_VERSIONS"
"""The one environment variable that the bot writes to a function: a JSON map from parameter to version. Changing it
replaces all warm containers, which then read the parameters again."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh came to. `versions` is the consumer's marker now.

    `complete` is False, with a sentence in `detail`, where some traffic still reaches what was there before (an alias
    on a published version that could not be moved).
    """

    versions: Mapping[str, int]
    complete: bool
    detail: str = ""


@dataclass(frozen=True)
class Health:
    """The answer of a consumer's health URL: `ok` for any 2xx; `detail` names the status. `asked` is False where the
    URL is none that may be asked: that says nothing about the consumer.
    """

    ok: bool
    detail: str
    asked: bool = True


@dataclass(frozen=True)
class Setup:
    """What the composition root gives each kind: `aws` makes the bot's own identity when it is first needed, `poll` are
    the seconds between two looks at what is being changed, `timeout` those of one call elsewhere.
    """

    aws: Callable[[], Aws]
    poll: float = 0.5
    timeout: float = 20.0


@dataclass(frozen=True)
class ByHand:
    """How people have a kind's consumers read a new value: the title of that step, and why it works, as Markdown."""

    title: str
    words: str


class Kind(Protocol):
    """Errors: Missing (no such consumer), Unexpected (an update failed), Throttled, Unauthorized, Unreachable, Refused.

    Safe to use from several threads. `name` is always what the catalog calls it.
    """

    kind: ClassVar[ConsumerKind]
    by_hand: ClassVar[ByHand]

    @classmethod
    def set_up(cls, setup: Setup) -> Self:
        """Asks nothing yet."""

    def refresh(
        self, name: str, /, alias: str | None, versions: Mapping[str, int], newest: Mapping[str, int] = ...
    ) -> Refreshed:
        """As `Consumers.refresh`. A kind that keeps no marker gives `versions` back, once all traffic reads them."""

    @staticmethod
    def commands(consumer: Consumer) -> Iterator[str]:
        """The lines of a shell that do the same by hand; `function` of `consumer` is its name."""


class Consumers(Protocol):
    """All kinds together. Errors: as of `Kind`."""

    def refresh(
        self, function: str, alias: str | None, versions: Mapping[str, int], newest: Mapping[str, int] = ...
    ) -> Refreshed:
        """Makes `function` read at least these parameter versions, waiting until its system reports success.

        Looks first: a function whose marker already holds at least these versions is left alone. The marker is merged
        by maximum, so that nobody else's change is lost. Blocks for seconds.

        `newest` are the newest versions that there are, where known: what a marker holds beyond is of a parameter that
        was deleted since and made anew, with versions from 1 again, and promises nothing.
        """

    def health(self, url: str) -> Health:
        """Asks the consumer's own health URL once."""
