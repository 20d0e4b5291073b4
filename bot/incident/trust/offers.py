"""Offers to vouch."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import COMMANDER, Offer


def seal() -> Iterator[Offer]:
    yield Offer(c.SealLog, None, "", "to vouch for a log that was written before logs were sealed", COMMANDER)
