"""What people were shown, named by its digest: a decision carries that, and counts for nothing else."""

from __future__ import annotations

import hashlib
import json

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def tag_of(text: str) -> str:
    """A short name of what has a long one, such as an ARN: for keys, fields and options, which have little room."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_of(document: object) -> str:
    """SHA-256 of what is shown to people, in hex. `document` is of what JSON knows."""
    return hashlib.sha256(_CANONICAL.encode(document).encode()).hexdigest()
