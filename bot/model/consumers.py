"""What there is to say of each kind of consumer before its code is needed: how the catalog names one.

A consumer's name tells its kind: ``ecs/shop/api`` is what the catalog calls ``ecs: shop/api``. A Lambda function stands
for itself, as logs have had it since before there were kinds; neither its name nor its ARN can have a slash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

LAMBDA = "lambda"
_MARK = "/"


@dataclass(frozen=True)
class ConsumerKind:
    """A kind of consumer as its class declares it. All but `key`, `pattern` and `services` is read by people.

    `key` is the catalog's, and what stands under it is described by `name`; `pattern` is a regular expression that it
    has to match, `expected` says so in words. `alias`, `reads_as` and `health` describe the keys beside it; one that is
    empty does not exist. `services` are those of AWS that it asks, by boto3's names.
    """

    key: str
    name: str
    longest: int = 170
    pattern: str = ""
    expected: str = ""
    alias: str = ""
    reads_as: str = ""
    health: str = "a URL that answers 2xx while it is well"
    services: tuple[str, ...] = ()


def full_name(key: str, name: str) -> str:
    """The name by which the log knows a consumer: ``api`` of ``lambda``, ``ecs/shop/api`` of ``ecs``."""
    return name if key == LAMBDA else f"{key}{_MARK}{name}"


def split_name(consumer: str, keys: Collection[str]) -> tuple[str, str]:
    """Its kind among `keys`, and what the catalog calls it. What names none of them is a Lambda function."""
    key, mark, name = consumer.partition(_MARK)
    return (key, name) if mark and key != LAMBDA and key in keys else (LAMBDA, consumer)


def is_function(consumer: str) -> bool:
    """Whether this is the name of a Lambda function."""
    return _MARK not in consumer


def called(consumers: Iterable[str]) -> str:
    """What people call one of these: a ``function`` where all are of Lambda, else a ``consumer``."""
    return "function" if all(map(is_function, consumers)) else "consumer"
