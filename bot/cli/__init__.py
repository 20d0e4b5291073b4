"""The terminal: one function for each command, which parses, calls and prints, and decides nothing.

`bot.cli.commands` lists the commands, and `bot.cli.entry` runs them. At its top a module imports only what is quick to
import; a command imports the rest when it runs.
"""
