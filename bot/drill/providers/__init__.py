"""The practice world's accounts at the providers, found by their folders: each has a `fixture.py`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bot.drill.providers.contract import Fixture

HERE = Path(__file__).parent


def _found() -> Iterator[type[Fixture]]:
    """In each fixture.py the class that says which secrets it holds."""
    for path in sorted(HERE.glob("*/fixture.py")):
        module = import_module(f"{__name__}.{path.parent.name}.fixture")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and "secrets" in vars(value):
                yield value


FIXTURES: tuple[type[Fixture], ...] = tuple(_found())
"""In the order of the drill's catalog."""
