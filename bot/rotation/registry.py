"""Which function carries out which operation: that of the operation's name, in the file of that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from bot.incident.events import Outcome
from bot.incident.lanes import OF_THE_INCIDENT
from bot.incident.operations import OPERATIONS, Op
from bot.rotation.job import Job

Handler = Callable[[Job], Outcome]


def _handler(op: Op) -> Handler:
    name = op.name.lower()
    return cast("Handler", getattr(import_module(f"bot.rotation.{name}"), name))


HANDLERS: Mapping[Op, Handler] = {op: _handler(op) for op, row in OPERATIONS.items() if row.lane not in OF_THE_INCIDENT}
"""Of all operations on secrets and functions. Those on the incident itself are methods of `bot.workflow.operations`."""
