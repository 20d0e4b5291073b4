"""Which strategy to propose for a secret, and why, in one sentence. A person chooses."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.model import Strategy
from bot.incident.state import SecretState
from bot.model.secrets import Data, Outage, SecretEntry

_HARM = {Data.NONE: 0, Data.PERSONAL: 2, Data.PAYMENT: 2, Data.CHILDREN: 3}
_PAIN = {Outage.NONE: 0, Outage.DEGRADED: 1, Outage.DOWN: 3}
_DATA_WORDS = {
    Data.NONE: "it gives no access to personal data",
    Data.PERSONAL: "it gives access to personal data",
    Data.PAYMENT: "it gives access to payments",
    Data.CHILDREN: "it gives access to children's data",
}
_OUTAGE_WORDS = {
    Outage.NONE: "revoking it stops nothing",
    Outage.DEGRADED: "revoking it degrades the product",
    Outage.DOWN: "revoking it stops the product until the new key is in place",
}


ONE_AT_A_TIME = "replacing this one revokes the old one"
NONE_WANTED = "no new key is wanted"


@dataclass(frozen=True)
class Proposed:
    """`only`: nothing else can be chosen, since nothing can overlap."""

    strategy: Strategy
    reason: str
    only: bool = False


def harm(entry: SecretEntry) -> int:
    """How much harm the leaked key's access can do to people: 0 is none."""
    return _HARM[entry.data]


def no_overlap(entry: SecretEntry, *, replace: bool) -> str:
    """Why the old key cannot keep working until a new one is in use, as a phrase; empty if it can. `replace`: a new
    one is wanted.
    """
    if entry.capabilities.swaps:
        return ONE_AT_A_TIME
    return "" if replace else NONE_WANTED


def propose(entry: SecretEntry, *, public: bool, replace: bool = True) -> Proposed:
    """Weighs the harm of a working leaked key against the outage of revoking it.

    `public`: it is public, or that is unknown: nothing justifies keeping it. Nor if nothing can overlap: without a new
    key (`replace`) keeping it has no use.
    """
    where = "it is public" if public else "it is not known to be public"
    if entry.public_by_design:
        where, public = "it is public by design", False
    weight = harm(entry) + (2 if public else 0)
    pain = _PAIN[entry.outage]
    never = no_overlap(entry, replace=replace)
    at_once = weight >= pain or public or bool(never)
    strategy = Strategy.KILL_FIRST if at_once else Strategy.OVERLAP
    verdict = "revoke it first" if strategy is Strategy.KILL_FIRST else "replace it first, so nothing stops"
    if never:
        verdict = f"{never}: {verdict}"
    consequence = f" ({entry.if_killed.rstrip('.')})" if entry.if_killed else ""
    stops = f"{_OUTAGE_WORDS[entry.outage]}{consequence}: {verdict}" if never != NONE_WANTED else verdict
    reason = f"{where}, {_DATA_WORDS[entry.data]}, and {stops}."
    return Proposed(strategy, reason[0].upper() + reason[1:], only=bool(never))


def incident_id(command_id: str, attempt: int = 0) -> str:
    """``inc_`` and six lower-case base32 characters, the same for the same command: a redelivery declares once."""
    seed = command_id if attempt == 0 else f"{command_id}#{attempt}"
    digest = hashlib.sha256(seed.encode()).digest()
    return "inc_" + base64.b32encode(digest)[:6].decode().lower()


# Whether something still lived on the old key after the new key had been put in place.


OWN_LOOK = timedelta(minutes=1)
"""A use so close to a look of ours is that look: providers round their times."""


def used_since(secret: SecretState) -> datetime | None:
    """When the old key was last used, if that was after the new key had been put in place and was no look of ours."""
    used, promoted, looked = secret.old.used_at, secret.new.promoted_at, secret.old.last_probe_at
    if used is None or promoted is None or used <= promoted:
        return None
    own = looked is not None and looked > promoted and abs(used - looked) <= OWN_LOOK
    return None if own else used
