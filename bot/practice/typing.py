"""How a command of the bot is typed here: what is printed while practising can be copied as it stands."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

_COMMAND = re.compile(r"^(\s*)bot (?=[a-z-])", re.MULTILINE)


def program() -> str:
    """``uv run bot`` where this program runs from a checkout's own environment, whose folder is on nobody's path."""
    environment = Path(sys.prefix)
    in_checkout = environment.name == ".venv" and (environment.parent / "pyproject.toml").is_file()
    return "uv run bot" if in_checkout else "bot"


def typed(text: str, folder: Path | str, person: str) -> str:
    """The text with each line that begins with ``bot …`` as `person` has to type it to be in the practice world of
    `folder`.
    """
    start = f"{program()} --drill {shlex.quote(str(folder))} --as {person} "
    return _COMMAND.sub(lambda found: found[1] + start, text)
