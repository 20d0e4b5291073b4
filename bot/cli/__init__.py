"""The command line: commands parse, call and print; everything else is done below.

A module here holds a few related commands and a `register` that adds them; `bot.cli.entry` lists the modules. At its
top a module imports nothing heavy, so that ``bot --help`` answers at once: a command imports what it needs as it runs.
"""

from bot.cli.entry import app, run

__all__ = ["app", "run"]
