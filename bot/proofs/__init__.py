"""Proofs of who gave a command, by AWS, SSH key or keyed digest: made at a front or terminal, checked by the worker."""
