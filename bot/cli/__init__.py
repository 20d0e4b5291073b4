"""The command line: commands parse, call and print; everything else is done below.

A module here holds a few related commands, each a function; `bot.cli.commands` lists them, and `bot.cli.entry` runs
them. At its top a module imports nothing heavy: a command imports what it needs as it runs.
"""
