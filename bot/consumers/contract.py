"""The programs that read a value and keep it until they are restarted or refreshed.

Each kind is a folder beside this file, with one class that satisfies `Kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self, runtime_checkable

from bot.aws import Aws
from bot.model.consumers import ConsumerKind
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer

MARKER = "SECRET_VERSIONS"
"""The one environment variable that the bot writes to a function: a JSON map from parameter to version. A change
replaces all warm containers, which then read the parameters again.
"""


@dataclass(frozen=True)
class Refreshed:
    """The result of a refresh. `versions` is the consumer's marker now.

    `complete` is False, with a sentence in `detail`, if some traffic still reaches the earlier state (an alias on a
    published version that could not be moved).
    """

    versions: Mapping[str, int]
    complete: bool
    detail: str = ""


@dataclass(frozen=True)
class Health:
    """The answer of a consumer's health URL: `ok` for any 2xx; `detail` names the status. `asked` is False if the URL
    may not be called, which says nothing about the consumer.
    """

    ok: bool
    detail: str
    asked: bool = True


@dataclass(frozen=True)
class Setup:
    """What the composition root gives each kind: `aws` makes the bot's own identity on first use, `poll` is the seconds
    between two looks at a change, `timeout` the seconds for one other call.
    """

    aws: Callable[[], Aws]
    poll: float = 0.5
    timeout: float = 20.0


@dataclass(frozen=True)
class ByHand:
    """How people make a kind's consumers read a new key: the title of that step, and why it works, as Markdown."""

    title: str
    words: str


class Kind(Protocol):
    """Errors: Missing (no such consumer), Unexpected (an update failed), Throttled, Unauthorized, Unreachable, Refused.

    Thread-safe. `name` is always the catalog's name.
    """

    kind: ClassVar[ConsumerKind]
    by_hand: ClassVar[ByHand]

    @classmethod
    def set_up(cls, setup: Setup) -> Self:
        """Makes no call."""

    def refresh(
        self, name: str, /, alias: str | None, versions: Mapping[str, int], newest: Mapping[str, int] = ...
    ) -> Refreshed:
        """Makes it read at least these parameter versions, and waits until its system reports success.

        Looks first: a function whose marker has at least these versions is left alone. Markers merge by maximum, so
        that no other change is lost. A kind without a marker returns `versions` once all traffic reads them. Blocks for
        seconds.

        `newest` holds the newest existing versions, if known. A marker beyond them belongs to a parameter that was
        deleted and made again, with versions from 1, and promises nothing.
        """

    @staticmethod
    def commands(consumer: Consumer) -> Iterator[str]:
        """Shell lines that do the same by hand; `function` of `consumer` is its name."""


@runtime_checkable
class KnowsReader(Protocol):
    """A kind that can tell as whom its consumers read. Errors as of `Kind`."""

    def reader(self, name: str, /) -> KnownReader:
        """The principal that this consumer is to AWS, as its system says now."""
