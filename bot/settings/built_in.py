"""The settings of the parts that the bot comes with. Written by `python -m bot.generate`."""

from __future__ import annotations

from bot.pager.pagerduty.settings import PagerDutySettings
from bot.report.destinations.s3.settings import BucketSettings


class PartSettings(
    BucketSettings,
    PagerDutySettings,
):
    """In the order of the ports, and of their parts' names."""
