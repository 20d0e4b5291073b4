"""Offers about reminders."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right, SnoozeFor
from bot.incident.offer import Offer, Who
from bot.incident.reminders.rules import owner_of, waiting
from bot.incident.state import Incident

_RESPONDER = Who(frozenset({Right.RESPOND}))


def reminders(incident: Incident) -> Iterator[Offer]:
    """To put off what is overdue: by whoever owes it, or any responder."""
    for each, _ in waiting(incident):
        owner = owner_of(incident, each)
        who = (_RESPONDER, Who(only=frozenset({owner}))) if owner else (_RESPONDER,)
        for span in SnoozeFor:
            command = c.SnoozeReminder(each.key, span)
            yield Offer(c.SnoozeReminder, command, each.key, f"“{each.words}” is overdue and can wait", who)
