"""Passwords that are ours to choose."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
"""Letters and digits only: the password goes into a URL, and 40 of them hold 238 bits."""
LENGTH = 40


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
