"""The offer of paging again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import POSSIBLE, RESPONDER, Offer
from bot.incident.state import Incident


def page_again(incident: Incident) -> Iterator[Offer]:
    if incident.open:
        yield Offer(c.PageAgain, c.PageAgain(""), "", "wakes on-call by hand", RESPONDER, POSSIBLE)
