"""Who reads the values: functions that keep what they read until they are told to start afresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

MARKER = "SECRET_VERSIONS"
"""The one environment variable that the bot writes to a function: a JSON map from parameter to version. Changing it
replaces all warm containers, which then read the parameters again."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh came to. `versions` is the function's marker now.

    `complete` is False, with a sentence in `detail`, where some traffic still reaches containers from before (an alias
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


class Consumers(Protocol):
    """Errors: Missing (no function), Unexpected (an update failed), Throttled, Unauthorized, Unreachable, Refused."""

    def refresh(
        self, function: str, alias: str | None, versions: Mapping[str, int], newest: Mapping[str, int] = ...
    ) -> Refreshed:
        """Makes `function` read at least these parameter versions, waiting until Lambda reports success.

        Looks first: a function whose marker already holds at least these versions is left alone. The marker is merged
        into the environment by maximum, under `RevisionId`, so that nobody else's change is lost. Blocks for seconds.

        `newest` are the newest versions that there are, where known: what a marker holds beyond is of a parameter that
        was deleted since and made anew, with versions from 1 again, and promises nothing.
        """
        ...

    def health(self, url: str) -> Health:
        """Asks the consumer's own health URL once."""
        ...
