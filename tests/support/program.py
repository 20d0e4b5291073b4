"""The program's modules, all of them loaded at once."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from pathlib import Path

import bot

PROGRAM = Path(bot.__file__).parent
SCRIPTS = frozenset({"migrations"})
"""Folders of what Alembic runs by itself."""


def load_program(without: Collection[str] = ()) -> None:
    """Imports every module; `without`: names of files and folders that are left alone."""
    left_alone = SCRIPTS.union(without)
    for file in sorted(PROGRAM.rglob("*.py")):
        within = file.relative_to(PROGRAM)
        if not left_alone.intersection(within.parts):
            importlib.import_module(".".join(("bot", *within.with_suffix("").parts)).removesuffix(".__init__"))
