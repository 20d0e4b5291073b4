"""The command line: commands parse, call and print; everything else is done below.

A module here holds a few related commands, each a function; `bot.cli.commands` lists them. At its top a module imports
nothing heavy, so that ``bot --help`` answers at once: a command imports what it needs as it runs.
"""

from bot.cli.entry import app, run

__all__ = ["app", "run"]
