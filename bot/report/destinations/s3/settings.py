"""The variables of the bucket for reports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings.basics import Basics
from bot.settings.values import setting

ARRIVED = "put the report into the bucket for reports"
"""The words of logs for its arrival."""


class BucketSettings(Basics):
    """An S3 bucket that keeps each version of a report; with Object Lock, under a legal hold or its own retention."""

    reports_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = setting(
        "BOT_REPORTS_BUCKET", "the S3 bucket in which each version of a report is kept", shown="in `BOT_DATA` alone"
    )
    reports_prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*$", max_length=200)] = setting(
        "BOT_REPORTS_PREFIX", "what stands before their names there, ending in a slash", "incidents/"
    )
