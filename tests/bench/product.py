"""The fourteen secrets of the benchmarks' product, and which of its five functions read them."""

from __future__ import annotations

SIGNING_SECRET = "practice-signing-secret"
COUNTS = {"openai": 4, "sendgrid": 4, "redis": 3, "stripe": 3}
NAMES = tuple(f"{provider}-{number}" for provider, count in COUNTS.items() for number in range(1, count + 1))
FUNCTIONS = ("api", "worker", "mailer", "billing", "reports")


def provider_of(name: str) -> str:
    return name.partition("-")[0]


def consumers_of(name: str) -> tuple[str, ...]:
    """One function each, so that five functions share fourteen secrets; every third secret has a second reader."""
    at = NAMES.index(name)
    first = FUNCTIONS[at % len(FUNCTIONS)]
    return (first, FUNCTIONS[(at + 2) % len(FUNCTIONS)]) if at % 3 == 0 else (first,)
