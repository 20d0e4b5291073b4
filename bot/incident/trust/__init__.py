"""Whose word counts: proofs, seals, and whom the installation does not trust any more."""
