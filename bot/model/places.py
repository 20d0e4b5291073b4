"""Where values wait that stand in no parameter of the product. A place is worked out from an incident and a secret
wherever something is read, written or deleted there: no command carries one.
"""

from __future__ import annotations

STAGING = "/_compromise"
"""Root of the staging area: its own KMS key, its own policy; nothing of the product reads below it."""
INBOX = f"{STAGING}/inbox"
"""Where terminals leave values that people bring, and proofs of commands, for the worker."""
IN_INBOX = r"[0-9a-f]{16}"
"""What a value that somebody brings is called in the inbox of its secret."""


def staging_of(incident: str, secret: str) -> str:
    """Below this stand the staged values of one secret in one incident."""
    return f"{STAGING}/{incident}/{secret}"


def old_place(incident: str, secret: str) -> str:
    """Where a leaked value stands that is in no history: put there by whoever identified it."""
    return f"{staging_of(incident, secret)}/old"


def inbox_of(incident: str, secret: str) -> str:
    """Below this stand the values that people bring for one secret of one incident, each under its token."""
    return f"{INBOX}/{incident}/{secret}"
