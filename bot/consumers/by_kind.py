"""All kinds of consumers as one: each refresh goes to the class of its kind, found by the consumer's name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from threading import Lock
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.consumers.contract import ByHand, Health, Kind, KnowsReader, Refreshed, Setup
from bot.errors import Refused, Throttled, Unexpected, Unreachable
from bot.model.consumer_kinds import CLASSES
from bot.model.consumers import split_name
from bot.model.priority import Priority
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer
from bot.net.hosts import is_loopback
from bot.net.http import Http, split_url

# Health of a consumer of any kind: any 2xx of its own health URL.


TIMEOUT = 5.0
"""Seconds."""


def ask_health(url: str, timeout: float = TIMEOUT) -> Health:
    """Calls the URL once. Refused for a URL that is not https, or on this machine."""
    verb = "ask for health"
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or (parts.scheme != "https" and not is_loopback(host)):
        raise Refused("health", verb, "a health URL needs https")
    base, path = split_url(url)
    http = Http("health", base, timeout=timeout)
    try:
        status = http.send("GET", path, verb=verb, priority=Priority.VERIFY).status
    except (Unexpected, Throttled, Unreachable) as error:
        return Health(ok=False, detail=error.cause)
    return Health(ok=200 <= status < 300, detail=f"HTTP {status}")


@dataclass
class ConsumersByKind:
    """All kinds together. Errors as for `Kind`.

    Imports and makes a class when the first consumer of its kind is refreshed: `made` by key. Thread-safe.
    """

    setup: Setup
    made: dict[str, Kind] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)

    def refresh(
        self,
        function: str,
        alias: str | None,
        versions: Mapping[str, int],
        newest: Mapping[str, int] = MappingProxyType({}),
    ) -> Refreshed:
        """As `Kind.refresh`."""
        key, name = split_name(function, CLASSES)
        return self._of(key).refresh(name, alias, versions, newest)

    def reader(self, function: str) -> KnownReader | None:
        """As of `KnowsReader`; None for a consumer of another kind."""
        key, name = split_name(function, CLASSES)
        kind = self._of(key)
        return kind.reader(name) if isinstance(kind, KnowsReader) else None

    def health(self, url: str) -> Health:
        """Asks the consumer's own health URL once."""
        return ask_health(url)

    def _of(self, key: str) -> Kind:
        with self._making:
            if key not in self.made:
                self.made[key] = class_of(key).set_up(self.setup)
            return self.made[key]


def class_of(key: str) -> type[Kind]:
    """The class of an existing kind."""
    found: type[Kind] = resolve_name(CLASSES[key])
    return found


def by_hand(consumers: Sequence[Consumer]) -> Iterator[tuple[ByHand, tuple[str, ...]]]:
    """How people make these consumers read a new key: a step for each kind, in the order of the catalog, and its
    commands.
    """
    named = [(*split_name(consumer.function, CLASSES), consumer) for consumer in consumers]
    for key in dict.fromkeys(key for key, _, _ in named):
        kind = class_of(key)
        commands: list[str] = []
        for each, name, consumer in named:
            if each == key:
                commands += kind.commands(replace(consumer, function=name))
                commands += _health(consumer)
        yield kind.by_hand, tuple(commands)


def _health(consumer: Consumer) -> Iterator[str]:
    if consumer.health:
        yield f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {shlex.quote(consumer.health)}  # 2xx: it is well"
