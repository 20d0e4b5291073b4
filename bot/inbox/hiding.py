"""Incidents that Slack must not know: declared without trust in it, or continued without it."""

from __future__ import annotations

from contextlib import suppress

from bot.errors import Misuse
from bot.eventlog import Damaged
from bot.eventlog.sql import EventLog
from bot.inbox.declaration import AddChoice, Declaration
from bot.inbox.wire import PersonCommand
from bot.incident.commands import Merge


def hidden(event_log: EventLog, incident: str, command: PersonCommand) -> bool:
    """Whether a command is about such an incident, by its id or by a secret that such a one deals with."""
    concerned = {incident}
    match command:
        case Declaration():
            holders = (event_log.incident_of(command.environment, each.name) for each in command.secrets)
            concerned.update(filter(None, holders))
        case AddChoice():
            with suppress(Misuse):
                holder = event_log.incident_of(event_log.load(incident).environment, command.choice.name)
                concerned.update(filter(None, [holder]))
        case Merge(into=into):
            concerned.add(into)
        case _:
            pass
    return any(kept_from_slack(event_log, each) for each in concerned)


def kept_from_slack(event_log: EventLog, incident: str) -> bool:
    """Whether Slack must not know it; true also if that is unknown because the log is unreadable."""
    try:
        return event_log.look(incident).incident.slack_untrusted
    except Damaged:
        return True
    except Misuse:
        return False  # one that is still to be declared
