"""Offers of more secrets."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import RESPONDER, Offer


def more_secrets() -> Iterator[Offer]:
    yield Offer(c.AddSecret, None, "", "if another secret stood in the same place", RESPONDER)
