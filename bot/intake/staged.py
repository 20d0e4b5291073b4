"""What a commit would add, before it is one: values of a local ``.env``, and whatever looks like a key.

It runs on a laptop, which holds neither the installation's fingerprint key nor any right: values are compared in
memory, and nothing is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.keyshapes import recognise

ALLOWED = "pragma: allowlist secret"
"""Whoever writes this on a line has looked at it: the mark that other scanners know too."""
SHORTEST = 8
"""Characters of a value of ``.env`` that is looked for."""


@dataclass(frozen=True)
class Added:
    """Line `line` of `path` would hold the value of `variable`, or (empty) what looks like a `shape`."""

    path: str
    line: int
    variable: str = ""
    shape: str = ""


def added_secrets(
    lines: Iterable[tuple[str, int, str]], local: Mapping[str, str], example: Mapping[str, str]
) -> Iterator[Added]:
    """`lines` are (path, number, text); `local` the variables of the ``.env``, without those values that the example
    shows to everybody. What a line of UTF-16 says is compared too.
    """
    public = frozenset(value.strip() for value in example.values())
    trimmed = {name: value.strip() for name, value in local.items()}
    values = {name: value for name, value in trimmed.items() if len(value) >= SHORTEST and value not in public}
    for path, number, text in lines:
        shown = text.replace("\0", "")
        if ALLOWED in shown:
            continue
        names = [name for name, value in values.items() if value in shown]
        yield from (Added(path, number, variable=name) for name in names)
        if not names:
            shapes = dict.fromkeys(found.shape.name for found in recognise(text) if found.shape.opens)
            yield from (Added(path, number, shape=shape) for shape in shapes)
