"""The places of values that are in no parameter of the product.

A place is computed from incident and secret for each read, write or deletion: no command carries one.
"""

from __future__ import annotations

STAGING = "/_compromise"
"""Root of the staging area: its own KMS key, its own policy; nothing of the product reads below it."""
INBOX = f"{STAGING}/inbox"
"""Where terminals leave values that people bring, and proofs of commands, for the worker."""
IN_INBOX = r"[0-9a-f]{16}"
"""The name of a submitted value in the inbox of its secret."""


def staging_of(incident: str, secret: str) -> str:
    """The path of all staged values of one secret in one incident."""
    return f"{STAGING}/{incident}/{secret}"


def old_place(incident: str, secret: str) -> str:
    """The place of a leaked key that is in no history; `bot identify` writes it there."""
    return f"{staging_of(incident, secret)}/old"


def inbox_of(incident: str, secret: str) -> str:
    """The path of the values that people submit for one secret of one incident, each under its token."""
    return f"{INBOX}/{incident}/{secret}"
