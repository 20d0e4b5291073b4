"""Which points of a run are the same in all but when they come: with `--each-point` one of them is tried."""

from __future__ import annotations

import re
from collections.abc import Iterable

OCCURRENCE = re.compile(r" #\d+")
SECRETS = re.compile(r"(openai|sendgrid|elevenlabs)[-_]api[-_]key|redis[-_]url|stripe[-_]secret[-_]key")
SAME = ((SECRETS, "SECRET"), (re.compile(r"(function:|functions/|health/)\w+"), "FUNCTION"),
        (re.compile(r"/bot/[\w/-]+"), "/bot/OWN"))  # fmt: skip
"""Of which there are several, all treated by the same lines of code."""
READING = re.compile(
    r"call \| .* \| (aws (Get|Describe|List|Lookup)\w+|\w+ GET|redis (ACL GETUSER|CLIENT (LIST|ID)|PING))\b"
)
"""Calls that change nothing: whether one was sent, carried out or read is the same to whoever comes next."""


def site(point: str) -> str:
    """Where in the program, and in what state: its occurrence, and which of several secrets it is, do not matter."""
    found = OCCURRENCE.sub("", point)
    for pattern, word in SAME:
        found = pattern.sub(word, found)
    return found.rpartition(" | ")[0] if READING.match(found) else found


def of_log(points: Iterable[str]) -> list[str]:
    """What is written into the database. What is called outside is the same on either, so that it is tried on one."""
    return [point for point in points if not point.startswith("call")]


class Sites:
    """Those that were tried already."""

    def __init__(self) -> None:
        self._seen: set[object] = set()

    def fresh(self, points: Iterable[str], state: object = (), name=site) -> list[str]:
        """The first point of each site that was not tried in this state."""
        return [point for point in points if self._is_new((state, name(point)))]

    def _is_new(self, key: object) -> bool:
        new = key not in self._seen
        self._seen.add(key)
        return new
