"""What `bot doctor` looks at: each check by itself, so that one that fails hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from bot.cli.diagnostics import alerts, aws, home, pager, secrets, slack
from bot.cli.diagnostics.check import Diagnostic, Finding, look

if TYPE_CHECKING:
    from bot.app import Application

__all__ = ["Diagnostic", "Finding", "checks", "look"]


def checks(application: Application, environment: str = "") -> Iterator[Diagnostic]:
    """All checks by the steps of docs/installation.md; of the secrets only those of `environment` if it is named."""
    outside = application.outside
    steps = (
        aws.CHECKS.of(outside),
        home.FILES.of(application),
        slack.CHECKS.of(application),
        chain(pager.CHECKS.of(outside), alerts.checks(application)),
        home.RUNNING.of(application),
        secrets.checks(outside, environment),
    )
    for number, step in enumerate(steps, start=1):
        yield from (replace(check, step=number) for check in step)
