"""What people were shown, named by its digest: a decision carries it, and is valid only for that."""

from __future__ import annotations

import hashlib
import json

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def tag_of(text: str) -> str:
    """A short name for something with a long one, such as an ARN: for keys, fields and options with little room."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_of(document: object) -> str:
    """SHA-256 of what people are shown, in hex. `document` consists of JSON's types."""
    return hashlib.sha256(_CANONICAL.encode(document).encode()).hexdigest()
