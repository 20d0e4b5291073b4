"""Who reports leaks from outside, by the name under which settings and logs have each."""

from __future__ import annotations

from collections.abc import Mapping

SOURCES: Mapping[str, str] = {"github": "GitHub secret scanning", "gitguardian": "GitGuardian", "aws": "AWS"}


def source_title(name: str) -> str:
    """What people call it; its name where a log has one that nobody knows any more."""
    return SOURCES.get(name, name)
