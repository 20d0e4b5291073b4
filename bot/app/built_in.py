"""What makes the parts, each imported where one of its settings is given. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.aws import Aws
from bot.pager.contract import Pager
from bot.pager.pagerduty.settings import PagerDutySettings
from bot.report.contract import Destination
from bot.report.destinations.s3.settings import BucketSettings
from bot.settings.model import Settings


def first_pagers(settings: Settings, sender: str) -> Iterator[tuple[str, Pager | None]]:
    """By the names of their folders."""
    if settings.gives(PagerDutySettings):
        from bot.pager.pagerduty import pager as pagerduty_pager

        yield "pagerduty", pagerduty_pager.make(settings, sender)


def fallback_pagers(settings: Settings) -> Iterator[tuple[str, Pager | None]]:
    """By the names of their folders."""
    if settings.gives(PagerDutySettings):
        from bot.pager.pagerduty import pager as pagerduty_pager

        yield "pagerduty", pagerduty_pager.make_fallback(settings)


def destinations(settings: Settings, aws: Aws) -> Iterator[tuple[str, Destination | None]]:
    """By the names of their folders."""
    if settings.gives(BucketSettings):
        from bot.report.destinations.s3 import destination as s3_destination

        yield "s3", s3_destination.make(settings, aws)
