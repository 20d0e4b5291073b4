"""What settings are made of: the form of a value, the table of variables, and the basics that every part may go by.

A part of the bot says in a `settings.py` of its own which variables it reads, as a class over `Basics`; `bot.settings`
puts them together.
"""
