"""News of leaks: what was reported from outside, whether it is ours, and what people decided about it.

It holds for the whole installation and belongs to no incident until one is declared. Pure: the event log keeps what
follows as a log of its own, and no value is ever in it: a value is named by secret, environment and fingerprint.
"""
