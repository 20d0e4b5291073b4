"""What holds a verified new value back from its place, and what a person may say to that.

The old value is killed all the same. A value that a person brought, and of which nobody can tell that it is of the old
one's account, is put to use only once a second person has agreed: else whoever can hand over a value could have the
product work with an account of theirs. And whoever can read the old value's parameter reads the new one as soon as it
stands there: while a leaked AWS key of the same incident lives, the new value waits for its end, or for a named person.
"""

from __future__ import annotations

import hashlib
import json

from bot.incident.model import Strategy
from bot.incident.plan import kill_wanted
from bot.incident.state import Incident, SecretState

AWS_KEYS = frozenset({"aws-iam", "aws-root"})
"""Providers of keys that may read the vault."""


def account_held(secret: SecretState) -> bool:
    """Whether it may be another account's, and no second person has agreed to that."""
    new = secret.new
    return new.verified_at is not None and new.promoted_at is None and bool(new.untold) and new.vouched is None


def readers_held(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Leaked AWS keys, by the names of their secrets, that would read the new value, and that nobody has accepted."""
    if secret.new.promoted_at is not None:
        return ()
    living = [other for other in incident.secrets.values() if other.entry.provider in AWS_KEYS and not other.gone]
    held = [other.name for other in living if not _must_come_first(incident, secret, other)]
    return tuple(name for name in held if name not in secret.new.readers_accepted)


def _must_come_first(incident: Incident, secret: SecretState, key: SecretState) -> bool:
    """Whether the AWS key ends only after this value is in place: they would wait for each other."""
    if key.name == secret.name:
        overlaps = key.strategy is Strategy.OVERLAP and not kill_wanted(key)
        return overlaps or key.entry.admin_parameter == key.entry.main.parameter
    seen, name = set[str](), key.name
    while name not in seen:
        seen.add(name)
        name = incident.by_parameter.get(incident.secrets[name].entry.admin_parameter or "", name)
    return secret.name in seen


def promotion_held(incident: Incident, secret: SecretState) -> bool:
    return account_held(secret) or bool(readers_held(incident, secret))


def promotion_words(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Why the verified value is not put in its place, each as a phrase; nothing once it is there."""
    if secret.new.verified_at is None or secret.new.promoted_at is not None:
        return ()
    words = []
    if account_held(secret):
        words.append(
            f"the new value waits for a second person: it is accepted, but whether it is of the old one's account "
            f"({secret.new.untold}) could not be told"
        )
    words += [
        f"the new value waits: {name}, an AWS key that leaked too, is not dead and may read it where it is put; IAM "
        "was not asked what the key may"
        for name in readers_held(incident, secret)
    ]
    return tuple(words)


def promotion_digest(incident: Incident, secret: SecretState) -> str:
    """What a button carries: bound to the value, and to why it waits."""
    document = [incident.id, secret.name, secret.new.fingerprint, *promotion_words(incident, secret)]
    return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()
