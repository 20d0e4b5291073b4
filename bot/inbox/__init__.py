"""What responders can ask for: the command, the proof of its author, and the worker's answer.

A front and a terminal hold a `Client`, which puts commands into the inbox. A worker holds the `InboxHandler`, which
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
