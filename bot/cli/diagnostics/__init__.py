"""What `bot doctor` looks at: each check by itself, so that one that fails hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.diagnostics import alerts, aws, home, pager, secrets, slack
from bot.cli.diagnostics.check import Diagnostic, Finding, look

if TYPE_CHECKING:
    from bot.app import Application

__all__ = ["Diagnostic", "Finding", "checks", "look"]


def checks(application: Application, environment: str = "") -> Iterator[Diagnostic]:
    """All checks in the order in which they make sense; of the secrets only those of `environment` if it is named."""
    yield from home.checks(application)
    yield from slack.checks(application.settings)
    yield from pager.checks(application.outside)
    yield from alerts.checks(application)
    yield from aws.checks(application.outside)
    yield from secrets.checks(application.outside, environment)
