"""What the catalog needs to know of each kind of consumer before its code is loaded.

A consumer's name begins with its kind: ``ecs/shop/api`` is ``ecs: shop/api`` in the catalog. A Lambda function has no
such prefix; neither its name nor its ARN can have a slash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

LAMBDA = "lambda"
_MARK = "/"


@dataclass(frozen=True)
class ConsumerKind:
    """A kind of consumer as its class declares it. People read all fields except `key`, `pattern` and `services`.

    `key` is the catalog's key, and `name` describes its value; the value must match the regular expression `pattern`,
    which `expected` puts in words. `alias`, `reads_as` and `health` describe further keys; an empty one does not exist.
    `services` are the AWS services that it calls, by boto3's names.
    """

    key: str
    name: str
    longest: int = 170
    pattern: str = ""
    expected: str = ""
    alias: str = ""
    reads_as: str = ""
    health: str = "a URL that answers 2xx while it is healthy"
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
    """The word for these consumers: ``function`` if all are Lambda functions, else ``consumer``."""
    return "function" if all(map(is_function, consumers)) else "consumer"
