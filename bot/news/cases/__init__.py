"""News of leaks: the reports from outside, whether a value is ours, and what people decided.

They belong to the whole installation, and to no incident until one is declared. Pure: the event log keeps them as a log
of their own, without any value: a value is named by secret, environment and fingerprint.
"""
