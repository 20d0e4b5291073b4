"""Figures kept beside the commit that they were measured on, and what got worse since the last ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WORSE = 1.25
"""So many times what it was is said loudly."""


def commit_of(folder: Path) -> str:
    """The commit that is checked out there, with `+` where files differ from it; empty outside of a repository."""
    asked = ["git", "-C", str(folder), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def newest(folder: Path) -> Mapping[str, Any] | None:
    """The document that was kept there last, by the time in it; None where there is none."""
    kept = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return max(kept, key=lambda document: str(document["at"]), default=None)


def keep(folder: Path, document: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{document['at'].replace(':', '')}-{document['commit'] or 'no-commit'}.json"
    (folder / name).write_text(json.dumps(document, indent=2) + "\n")


def compared(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """A line for each figure that got worse by a quarter, and for each that is not measured any more."""
    for name, was in before["figures"].items():
        figure = now["figures"].get(name)
        if figure is None:
            yield f"GONE: {name} is not measured any more ({was:g} at {before['commit']})"
        elif figure > WORSE * was:
            yield f"WORSE: {name} is {figure:g}, and was {was:g} at {before['commit']}"
