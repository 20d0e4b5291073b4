"""How a key was used, as far as open sessions show it: at a server that keeps no record of closed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.model.uses import Per, Use, UseReport
from bot.providers.hosts import at_each


def in_open_sessions(
    places: Sequence[str], at: Callable[[str], list[Use]], now: datetime, source: str, not_visible: tuple[str, ...]
) -> UseReport:
    """The report of a user's sessions, which `at` gives for each server. A server under two names counts once. Raises
    what the servers answered if none could be asked.

    Of no earlier time than `now`, and of all who share the user: it can show use by others, and never only ours.
    """
    found, failed = at_each(places, at)
    if failed is not None and not found:
        raise failed
    unasked = (f"Servers without an answer: {failed.cause}.",) if failed is not None else ()
    return UseReport(
        source=source,
        per=Per.PROJECT,
        since=now,
        until=now,
        delay=None,
        uses=tuple({use.id: use for uses in found for use in uses}.values()),
        not_visible=(*not_visible, *unasked),
        gap=f"the server shows only {source}",
    )
