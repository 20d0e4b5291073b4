"""Types that every package shares: secrets, keys, playbooks, timings.

The values are plain and frozen. Declarations and answers make them, events keep them, and reports show them. None can
hold a secret: a value is named by fingerprint. Logs keep the field names of this package permanently; a new field gets
a default, so that older logs can be read.
"""
