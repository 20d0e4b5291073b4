"""How a line for people is laid out on a terminal: words are never cut, and what is copied still works."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_WORDS = re.compile(r"\s*\S+")
_ARGUMENTS = re.compile(r"""\s*(?:'[^']*'|"[^"]*"|\S)+""")
_LABEL = re.compile(r"\s*(?:(?:(?:\S+ )?\S+ {2,})+|\d+\. |[→•-] |\[.\] )?")
GOES_ON = " \\"
"""What tells a shell that a command goes on in the next line."""


def paragraph(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """The text's lines in lines of at most `width` columns. Further lines begin below the first word behind a label,
    such as ``old     `` or ``3. ``. A word that is wider than the terminal, such as an address, stays whole.
    """
    for line in text.split("\n"):
        begun = f"{' ' * indent}{line.expandtabs()}"
        label = _LABEL.match(begun)
        below = label.end() if label is not None and label.end() <= width // 2 else indent + 2
        yield from _broken(_WORDS.findall(begun), width, below)


def command(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """A command to copy, broken between its arguments as shells read it."""
    parts = _ARGUMENTS.findall(f"{' ' * indent}{text}")
    *broken, last = _broken(parts, width - len(GOES_ON), indent + 2)
    yield from (f"{line}{GOES_ON}" for line in broken)
    yield last


def _broken(parts: Iterable[str], width: int, below: int) -> Iterator[str]:
    """`parts` are words with the blanks before them; all lines but the first begin at column `below`."""
    from rich.cells import cell_len

    so_far = ""
    for part in parts:
        if so_far.strip() and cell_len(so_far + part) > width:
            yield so_far
            so_far = " " * below + part.lstrip()
        else:
            so_far += part
    yield so_far
