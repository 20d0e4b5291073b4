"""What responders can ask for, from Slack or the terminal alike: who is it, may they, and the command into the log.

A front and a terminal hold a `Client`, which puts commands into the inbox; a worker holds the `InboxHandler`, which
takes them from there to its `Incidents`.
"""

from bot.response.client import Asker, Client, Waits
from bot.response.declaration import AddChoice, Declaration, RedactChoice, SecretChoice
from bot.response.handler import InboxHandler
from bot.response.incidents import CommandReply, Incidents
from bot.response.wire import PersonCommand

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
