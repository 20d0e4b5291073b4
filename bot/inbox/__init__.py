"""What responders can ask for, from Slack or the terminal alike: who is it, may they, and the command into the log.

A front and a terminal hold a `Client`, which puts commands into the inbox; a worker holds the `InboxHandler`, which
takes them from there to its `Incidents`.
"""

from bot.inbox.client import Asker, Client, Waits
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice, SecretChoice
from bot.inbox.handler import InboxHandler
from bot.inbox.incidents import CommandReply, Incidents
from bot.inbox.wire import PersonCommand

__all__ = [
    "AddChoice",
    "Asker",
    "Client",
    "CommandReply",
    "Declaration",
    "InboxHandler",
    "Incidents",
    "PersonCommand",
    "RedactChoice",
    "SecretChoice",
    "Waits",
]
