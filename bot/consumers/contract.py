"""What became of a consumer: of its refresh, and of a question for its health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
