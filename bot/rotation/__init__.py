"""The operations on secrets: one function for each, from a job to the event that it produced.

A job holds what is known and the ports. `registry.py` maps `Op.REVOKE` to `revoke`. Lanes, priorities and phrases of
the operations are in `bot.incident.operations`; the `schedule.py` of each subject of `bot.incident` says when one is
due.
"""

from bot.rotation.job import Job, Tools
from bot.rotation.registry import HANDLERS

__all__ = ["HANDLERS", "Job", "Tools"]
