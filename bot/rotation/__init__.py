"""The operations on secrets: plain functions from a job (what is known, and the ports) to the event that came of it.

`Op.REVOKE` is `revoke`, as `registry.py` has it. Their lanes, priorities and phrases stand in one table,
`bot.incident.operations`; when they are due, in the `schedule.py` of each subject of `bot.incident`.
"""

from bot.rotation.job import Job, Tools
from bot.rotation.registry import HANDLERS

__all__ = ["HANDLERS", "Job", "Tools"]
