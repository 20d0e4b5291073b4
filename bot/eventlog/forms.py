"""The form of times in the database, and the digest before the first event of a chain."""

from __future__ import annotations

from datetime import UTC, datetime

ROOT = ""
"""The digest before the first event."""


def format_time(at: datetime) -> str:
    """A UTC time of fixed width, microseconds included: ``2026-11-25T13:19:00.123456Z``. ValueError without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time in the log needs its time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """The UTC datetime that `format_time` wrote."""
    return datetime.fromisoformat(text)
