"""All kinds of consumers as one: each refresh goes to the class of its kind, by the consumer's name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from types import MappingProxyType
from typing import cast

from bot.classes import class_at
from bot.consumers.contract import ByHand, Health, Kind, Refreshed, Setup
from bot.consumers.health import ask_health
from bot.model.consumer_kinds import CLASSES
from bot.model.consumers import split_name
from bot.model.secrets import Consumer


@dataclass
class ConsumersByKind:
    """A class is imported, and made, when the first consumer of its kind is refreshed: `made` by key. Safe to use from
    several threads.
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
        key, name = split_name(function, CLASSES)
        return self._of(key).refresh(name, alias, versions, newest)

    def health(self, url: str) -> Health:
        return ask_health(url)

    def _of(self, key: str) -> Kind:
        with self._making:
            if key not in self.made:
                self.made[key] = class_of(key).set_up(self.setup)
            return self.made[key]


def class_of(key: str) -> type[Kind]:
    """The class of a kind that there is."""
    return cast("type[Kind]", class_at(CLASSES[key]))


def by_hand(consumers: Sequence[Consumer]) -> Iterator[tuple[ByHand, tuple[str, ...]]]:
    """How people have these read a new value: a step for each kind, in the order of the catalog, and its commands."""
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
