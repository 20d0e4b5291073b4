"""The benchmarks' product: so many secrets of each provider, and functions that read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

SIGNING_SECRET = "practice-signing-secret"
FRONT_KEY = "c0" * 32
"""By which a front without AWS vouches for what Slack asked of it."""
FUNCTIONS = ("api", "worker", "mailer", "billing", "reports")


@dataclass(frozen=True)
class Product:
    """`counts` is how many secrets it has of each provider; they are named `openai-1` and so on."""

    counts: Mapping[str, int]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{provider}-{number}" for provider, n in self.counts.items() for number in range(1, n + 1))

    def consumers_of(self, name: str) -> tuple[str, ...]:
        """One function each, so that five functions share all secrets; every third secret has a second reader."""
        at = self.names.index(name)
        first = FUNCTIONS[at % len(FUNCTIONS)]
        return (first, FUNCTIONS[(at + 2) % len(FUNCTIONS)]) if at % 3 == 0 else (first,)

    def to_json(self) -> str:
        return json.dumps(dict(self.counts))

    @classmethod
    def from_json(cls, text: str) -> Product:
        return cls(json.loads(text))


FOURTEEN = Product({"openai": 4, "sendgrid": 4, "redis": 3, "stripe": 3})
HUNDRED = Product({"openai": 10, "sendgrid": 30, "redis": 60})


def provider_of(name: str) -> str:
    return name.partition("-")[0]
