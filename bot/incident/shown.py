"""What people were shown, named by its digest: a decision carries that, and counts for nothing else."""

from __future__ import annotations

import hashlib
import json


def digest_of(document: object) -> str:
    """SHA-256 of what is shown to people, in hex. `document` is of what JSON knows."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
