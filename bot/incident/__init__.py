"""The core: what an incident is, what may happen next, and who may do it, as pure data and functions.

No clock, no network, no environment, no logging: times and ids are arguments.
"""
