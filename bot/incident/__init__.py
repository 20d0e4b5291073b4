"""What an incident is: pure data and pure functions.

No clock, no network, no environment, no logging: times and ids come in as arguments.
"""
