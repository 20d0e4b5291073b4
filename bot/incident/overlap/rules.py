"""The overlap of both values: when it ends, what its revocation waits for, and the roll back while the
old one works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.incident.approval.basis import kill_basis
from bot.incident.lanes import new_lane
from bot.incident.model import Strategy
from bot.incident.operations import Op
from bot.incident.overlap.strategy import ONE_AT_A_TIME
from bot.incident.state import Basis, Incident, SecretState
from bot.model.playbooks import RunKind
from bot.model.window import ALWAYS, Window

SERVES_FOR = timedelta(hours=1)
"""So long after a leaked key was put back people are woken, once, if it still serves, or may in part."""


def overlapping(secret: SecretState) -> bool:
    """Whether the revocation waits for the end of an overlap."""
    overlaps = secret.strategy is Strategy.OVERLAP and not secret.entry.capabilities.swaps and secret.new.wanted
    return overlaps and secret.kill is None and secret.glass is None


def last_look_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the consumers are checked again, because the revocation at the end of an overlap could begin then; None if
    that will not come, waits for copies, or they were checked. An answer from a missed window is too old.
    """
    new = secret.new
    end = overlap_end(incident, secret) if overlapping(secret) and new.live_at is not None else None
    if end is None or not any(one.health for one in secret.entry.consumers):
        return None
    basis = kill_basis(incident, secret, now)
    if not isinstance(basis, Basis) or secret.old.revoked_at is not None or secret.gone:
        return None
    if held_by_copies(incident, secret) or held_by_readers(incident, secret):
        return None
    begins = in_window(incident, secret, max(end, basis.at, *_held_until(incident, secret)), now)
    opened = _window(incident, secret).opened_at(now) if begins <= now else None
    begins = begins if opened is None else max(begins, opened)
    return begins if new.asked_at is None or new.asked_at < begins else None


def look_after_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When the consumers are checked again because the old key, which one may still have used, is refused now: as
    long after its first refusal as a proof takes; None if that will not come, or they were checked.
    """
    new, old = secret.new, secret.old
    refused = old.gone_at or (old.refusals.first_at if old.refusals is not None else None)
    if not new.wanted or new.rolling_back is not None or all(one.health is None for one in secret.entry.consumers):
        return None
    if refused is None or new.asked_at is None or new.placed_at is None or new.placed_at > refused:
        return None  # what was put in place after that was asked about after it
    after = refused + timedelta(seconds=incident.timings.confirm)
    return after if new.asked_at < after else None


def _held_until(incident: Incident, secret: SecretState) -> Iterator[datetime]:
    """When everything that can hold a revocation beyond its overlap has ended: its copies, functions that are not fully
    refreshed, and a missing admin credential.
    """
    for copy in secret.copies.values():
        if copy.settled is not None:
            yield copy.settled.at
    admin = incident.by_parameter.get(secret.entry.admin_parameter or "", secret.name)
    if admin != secret.name and (promoted := incident.secrets[admin].new.promoted_at) is not None:
        yield promoted
    for consumer in secret.entry.consumers:
        state = incident.functions.get(consumer.function)
        if state is not None and state.refreshed_at is not None:
            yield state.refreshed_at


def overlap_end(incident: Incident, secret: SecretState) -> datetime | None:
    """When the overlap of both values ends, of a planned rotation in a window; None until the new one is in place, and
    no consumer refuses it.
    """
    start = secret.new.live_at
    if secret.new.rolling_back is not None or secret.strategy is not Strategy.OVERLAP or start is None:
        return None
    end = start + timedelta(seconds=incident.timings.overlap)
    return secret.entry.window.next_open(end) if incident.kind is RunKind.ROTATION else end


def in_window(incident: Incident, secret: SecretState, at: datetime, now: datetime) -> datetime:
    """When the machine may revoke the old key that it could revoke at `at`: in a planned rotation only in the
    catalog's hours. A missed window is made up for in the next one. A wish to revoke now waits for none.
    """
    begins = max(at, now)
    opens = _window(incident, secret).next_open(begins)
    return at if opens == begins else opens


def _window(incident: Incident, secret: SecretState) -> Window:
    """The window in which the machine may revoke the old key."""
    if incident.kind is not RunKind.ROTATION or secret.kill is not None or secret.glass is not None:
        return ALWAYS
    return secret.entry.window


def too_soon(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether people should not revoke the old key yet: in a planned rotation before its overlap is over, or while a
    function may still read it.
    """
    if not incident.routine or not overlapping(secret):
        return False
    end = overlap_end(incident, secret)
    return end is None or end > now or bool(held_by_readers(incident, secret))


def kept_while_failing(incident: Incident, secret: SecretState) -> bool:
    """Whether the revocation at the end of an overlap waits because a consumer rejects the new key, and nothing else
    would hold it permanently.
    """
    return _works(incident, secret) and bool(secret.new.failing) and overlapping(secret)


def held_by_copies(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The names of the copies that hold up the end of an overlap: they may still use the old key. A wish to revoke
    now does not wait for them.
    """
    return tuple(state.copy.name for state in secret.open_copies) if _to_end(incident, secret) else ()


def held_by_readers(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The names of the functions that hold up the end of an overlap: part of their traffic may still read the old
    value. A wish to revoke now does not wait for them.
    """
    functions = dict.fromkeys(one.function for one in secret.entry.consumers)
    return tuple(name for name in functions if incident.incomplete(name)) if _to_end(incident, secret) else ()


def _to_end(incident: Incident, secret: SecretState) -> bool:
    """Whether its overlap has an end, at which its old key, which works, is revoked."""
    over = secret.old.revoked_at is not None or secret.gone
    return not over and overlapping(secret) and overlap_end(incident, secret) is not None


def readers_words(incident: Incident, readers: Iterable[str]) -> str:
    """Why each of these functions still reads the old key, and what to do about it: a phrase for people."""
    known = {name: incident.functions.get(name) for name in readers}
    why = "; ".join(f"{name} ({state.detail})" if state and state.detail else name for name, state in known.items())
    return f"not all traffic uses the new key: {why}. Fix it, then retry; the bot also checks again by itself"


def roll_back_overdue_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are woken because the leaked key was put back in place, in part or all, and still works; None where
    it is not, or they were.
    """
    since = secret.new.back_since or secret.new.roll_back_began_at
    if since is None or secret.new.overdue or not _works(incident, secret):
        return None
    return since + SERVES_FOR


def serves_again(incident: Incident, secret: SecretState) -> bool:
    """Whether the leaked key, alive, is what consumers read again."""
    return _works(incident, secret) and secret.new.back_since is not None


def _works(incident: Incident, secret: SecretState) -> bool:
    return incident.open and secret.old.revoked_at is None and not secret.gone


def roll_back_failed(incident: Incident, secret: SecretState) -> bool:
    """Whether putting the leaked key back was given up: some parameters may hold it, and nothing proceeds."""
    return incident.lane(new_lane(secret.name)).gave_up(Op.ROLL_BACK) and secret.new.rolling_back is not None


def held_by_roll_back(incident: Incident, secret: SecretState) -> bool:
    """Whether an overlap does not end because putting the leaked key back was given up, and people are to decide."""
    alive = _works(incident, secret) and secret.old.revoke_began_at is None
    return alive and overlapping(secret) and roll_back_failed(incident, secret)


def not_rolled_back(incident: Incident, secret: SecretState) -> str:
    """Why the leaked key may not be put back in place, as a sentence; empty if it may."""
    old, new, name = secret.old, secret.new, secret.name
    looked = old.last_probe
    if roll_back_failed(incident, secret):
        return f"{name}: putting the old key back failed. Retry, or revoke the old key."
    if new.back_since is not None or new.rolling_back is not None:
        return f"{name} is already rolled back, or about to be."
    if secret.entry.capabilities.swaps:
        return f"{name} cannot be rolled back: {ONE_AT_A_TIME}."
    if new.promoted_at is None or not old.current:
        return f"{name}: the new key is not in place. There is nothing to roll back."
    if (
        secret.gone
        or old.revoked_at is not None
        or old.revoke_began_at is not None
        or (old.claimed is not None and not old.contradicted)
    ):
        return f"{name}: its old key is {secret.old_state} and its revocation has begun. It can't be used again."
    if not overlapping(secret):
        return f"{name}: its old key is to be revoked at once. Roll back works only during an overlap."
    if incident.public and not secret.entry.public_by_design:
        return f"{name}: the old key is public. It must not be used again."
    if secret.abused is not None:
        return f"{name}: {secret.abused.name} recorded abuse of the old key. It must not be used again."
    if looked is None or looked.liveness != "live":
        return f"{name}: its old key was rejected at the last check. Only a working key can be put back."
    return ""


def held_overlap(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are informed that copies, or functions that are not fully refreshed, hold up the end of an overlap;
    None if none do, or they were informed.
    """
    held = secret.held_at is None and (held_by_copies(incident, secret) or held_by_readers(incident, secret))
    return overlap_end(incident, secret) if held else None


# When the old key was last used at its provider, asked just before the kill at the end of an overlap.
#
# A use after the new key was put in place shows that the old one still has a user. In an incident people are informed
# and the revocation proceeds: what leaked must be revoked. In a planned rotation, where nothing leaked, that voids all
# consents: people look for the user first, and two of them agree again.


def ask_at(incident: Incident, secret: SecretState, kill_at: datetime) -> datetime | None:
    """When the provider is asked again, because the revocation could begin at `kill_at`; None if it is not, or was.

    Only if it has told before: the snapshot knew a last use; or where the revocation closes the sessions that show the
    use. Each end of an overlap asks once, with any result, so the revocation never waits for it.
    """
    old, end = secret.old, overlap_end(incident, secret)
    if secret.entry.capabilities.use_in_sessions and incident.traits.investigates:
        return kill_at if old.use_asked_at is None else None
    tells = old.snapshot is not None and old.snapshot.last_used_at is not None
    if not overlapping(secret) or end is None or not tells or not secret.entry.capabilities.snapshots:
        return None
    return kill_at if old.use_asked_at is None or old.use_asked_at < end else None
