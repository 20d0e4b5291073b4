"""How to type a command of the bot here, and the address of a provider's console.

In a drill these differ, so that the shown text can be copied and its links work.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_COMMAND = re.compile(r"^(\s*)bot (?=(drill\b)|[a-z-])", re.MULTILINE)
_CHANNEL = re.compile(r"https://slack\.com/app_redirect\?channel=(\w+)")
_GOES_ON = r"(?![\w/#?&=%-])"
"""What may not follow a complete address: characters of a longer one."""


def program() -> str:
    """``uv run bot`` if this program runs from a checkout's own environment, whose folder is not on the path."""
    environment = Path(sys.prefix)
    in_checkout = environment.name == ".venv" and (environment.parent / "pyproject.toml").is_file()
    return "uv run bot" if in_checkout else "bot"


def typed(text: str, folder: Path | str, person: str) -> str:
    """The text with each line that begins with ``bot …`` as `person` has to type it to be in the practice world of
    `folder`. ``bot drill`` is typed outside of it.
    """
    start = f"{program()} --drill {shlex.quote(str(folder))} --as {person} "
    return _COMMAND.sub(lambda found: f"{found[1]}{f'{program()} ' if found[2] else start}", text)


def in_slack(page: str, text: str) -> str:
    """The text with the practice workspace's `page` of a person in place of links to channels of the real Slack."""
    return _CHANNEL.sub(lambda found: f"{page}&channel={found[1]}", text)


def instead_of(addresses: Sequence[str], page: str, text: str) -> str:
    """The text with the practice world's own `page` in place of each of these addresses of real providers."""
    every = "|".join(map(re.escape, sorted(addresses, key=len, reverse=True)))
    return re.sub(f"(?:{every}){_GOES_ON}", lambda _: page, text) if every else text
