"""The bot's settings, from the environment and, in production, from SSM parameters under `/bot/`.

The composition root reads them once with `Settings.load`; no other code reads the environment. A wrong value is
reported by the variable's name and the expected form, never by the value. Importing pydantic is slow, so the command
line imports this package only when a command runs.
"""
