"""Who reports leaks from outside, by the name under which settings, logs and addresses have each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reporting:
    """`title` is what people call it, `asked_with` the variable without which no worker can ask it."""

    title: str
    asked_with: str


SOURCES: Mapping[str, Reporting] = {
    "github": Reporting("GitHub secret scanning", "BOT_INTAKE_GITHUB_TOKEN"),
    "gitguardian": Reporting("GitGuardian", "BOT_INTAKE_GITGUARDIAN_TOKEN"),
    "aws": Reporting("AWS", "BOT_INTAKE_AWS_TOPICS"),
}


def source_title(name: str) -> str:
    """What people call it; its name where a log has one that nobody knows any more."""
    return SOURCES[name].title if name in SOURCES else name
