"""What every part of the house speaks of: secrets, keys, playbooks, timings. Each of these types exists once, here.

Plain frozen values, made where something is declared or answered, kept by events as they are, and shown in reports.
None can hold a secret: values are named by fingerprint. Whatever an event holds is stored under the names that stand
here, for ever: a new field gets a default, with which older logs fold as before.
"""
