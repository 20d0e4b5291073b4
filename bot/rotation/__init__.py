"""The operations on secrets: plain functions from what is known to what came of it, over the ports."""

from bot.rotation.job import Job, Tools
from bot.rotation.registry import HANDLERS

__all__ = ["HANDLERS", "Job", "Tools"]
