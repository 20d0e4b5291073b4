"""The bot's own settings, from the environment and, in production, from SSM parameters under `/bot/`.

Read once by the composition root with `Settings.load`; nothing else looks at the environment. A value that is wrong is
reported by the variable's name and what was expected, never by the value. The module is slow to import
(pydantic): the command line imports it when a command runs, not before.
"""
