"""Proofs that a command comes from the person whom it names: made at the front or a terminal, checked by the worker."""
