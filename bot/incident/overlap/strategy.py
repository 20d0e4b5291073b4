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
    Data.NONE: "it opens no personal data",
    Data.PERSONAL: "it opens personal data",
    Data.PAYMENT: "it opens payments",
    Data.CHILDREN: "it opens children's data",
}
_OUTAGE_WORDS = {
    Outage.NONE: "ending it stops nothing",
    Outage.DEGRADED: "ending it degrades the product",
    Outage.DOWN: "ending it takes the product down until the new value is in place",
}


ONE_AT_A_TIME = "its provider holds one value, and the old one ends in the moment in which the new one begins"
NONE_WANTED = "no new value is wanted"


@dataclass(frozen=True)
class Proposed:
    """`only`: nothing else can be chosen, since nothing can overlap."""

    strategy: Strategy
    reason: str
    only: bool = False


def harm(entry: SecretEntry) -> int:
    """How much harm the leaked value can do to people by what it opens: 0 is none."""
    return _HARM[entry.data]


def no_overlap(entry: SecretEntry, *, replace: bool) -> str:
    """Why the old value cannot live on until a new one serves, as a phrase; empty where it can. `replace`: a new one is
    wanted.
    """
    if entry.capabilities.swaps:
        return ONE_AT_A_TIME
    return "" if replace else NONE_WANTED


def propose(entry: SecretEntry, *, public: bool, abused: bool = False, replace: bool = True) -> Proposed:
    """Weighs the harm of a live leaked value against the outage of killing it.

    `public`: strangers can read it, or nobody knows whether they can; `abused`: somebody has been seen using it. Either
    way it is not kept alive for anybody's sake. Nor is it where nothing can overlap: without a new value (`replace`) it
    would be kept for nothing.
    """
    where = "strangers can read it" if public else "it is not known to be public"
    if entry.public_by_design:
        where, public = "it is public by design", False
    if abused:
        where = "it is being abused"
    weight = harm(entry) + (2 if public else 0) + (4 if abused else 0)
    pain = _PAIN[entry.outage]
    never = no_overlap(entry, replace=replace)
    at_once = weight >= pain or public or abused or bool(never)
    strategy = Strategy.KILL_FIRST if at_once else Strategy.OVERLAP
    verdict = "kill it first" if strategy is Strategy.KILL_FIRST else "overlap, so that nothing stops"
    if never:
        verdict = f"{never}, so nothing can overlap: {verdict}"
    consequence = f" ({entry.if_killed.rstrip('.')})" if entry.if_killed else ""
    stops = f"{_OUTAGE_WORDS[entry.outage]}{consequence}: {verdict}" if never != NONE_WANTED else verdict
    reason = f"{where}, {_DATA_WORDS[entry.data]}, and {stops}."
    return Proposed(strategy, reason[0].upper() + reason[1:], only=bool(never))


def incident_id(command_id: str, attempt: int = 0) -> str:
    """``inc_`` and six lower-case base32 characters, the same for the same command: a redelivery declares once."""
    seed = command_id if attempt == 0 else f"{command_id}#{attempt}"
    digest = hashlib.sha256(seed.encode()).digest()
    return "inc_" + base64.b32encode(digest)[:6].decode().lower()


# Whether something still lived on the old key after the new value had been put in place.


OWN_LOOK = timedelta(minutes=1)
"""A use so close to a look of ours is that look: providers round their times."""


def used_since(secret: SecretState) -> datetime | None:
    """When the old key was last used, if that was after the new value had been put in place and was no look of ours."""
    used, promoted, looked = secret.old.used_at, secret.new.promoted_at, secret.old.last_probe_at
    if used is None or promoted is None or used <= promoted:
        return None
    own = looked is not None and looked > promoted and abs(used - looked) <= OWN_LOOK
    return None if own else used
