"""Decisions on reminders."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.due import Due
from bot.incident.model import Right, WhyRaised
from bot.incident.refusals import Declined, demand
from bot.incident.reminders.commands import RemindersCommand
from bot.incident.reminders.rules import owner_of, snoozed_until, waiting
from bot.incident.reminders.state import Reminder
from bot.incident.state import Incident


def decide(incident: Incident, body: RemindersCommand, asked: Asked) -> Events:
    """Also after the close, which tasks outlast."""
    found = next(((each, last) for each, last in waiting(incident) if each.key == body.key), None)
    match body:
        case c.SnoozeReminder():
            return _snooze(incident, body, asked, found)
        case c.RaiseReminder(due=due):
            return _raise(incident, due == found[0].at, *found) if found is not None else ()
        case _:
            assert_never(body)


def _snooze(incident: Incident, body: c.SnoozeReminder, asked: Asked, found: tuple[Due, Reminder] | None) -> Events:
    """Whoever owes it, and every responder."""
    if found is None or asked.actor.name != owner_of(incident, found[0]):
        demand(asked.actor, Right.RESPOND)
    if found is None:
        raise Declined(f"Nobody is reminded of {body.key} now: it is done, or due later. Nothing was changed.")
    each, _ = found
    if each.legal:
        raise Declined(
            f"“{each.words}” is a deadline of the law or of a contract, which nobody can put off: do it and record its "
            f"reference, or decide otherwise. `bot notice {incident.id}` lists them."
        )
    return (e.ReminderSnoozed(each.key, each.words, snoozed_until(incident, body.span, asked.at)),)


def _raise(incident: Incident, same: bool, each: Due, last: Reminder) -> Events:  # noqa: FBT001
    if not same or last.raised_at is not None or last.snoozed is not None:
        return ()
    return (e.ReminderRaised(each.key, each.words, each.at, owner_of(incident, each), WhyRaised.UNREACHABLE),)
