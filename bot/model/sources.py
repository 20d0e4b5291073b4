"""Who reports leaks from outside, by the name under which settings and logs have each."""

from __future__ import annotations

from collections.abc import Mapping

SOURCES: Mapping[str, str] = {"github": "GitHub secret scanning", "gitguardian": "GitGuardian", "aws": "AWS"}


def source_title(name: str) -> str:
    """The source's name for people; the name in the log if that source no longer exists."""
    return SOURCES.get(name, name)
