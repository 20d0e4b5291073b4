"""The overlap of both values: when it ends, what its kill waits for, and the way back while the old one lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.incident.approval.basis import kill_basis
from bot.incident.lanes import new_lane
from bot.incident.model import IfFailing, Strategy
from bot.incident.operations import Op
from bot.incident.overlap.strategy import ONE_AT_A_TIME
from bot.incident.state import Basis, Incident, SecretState
from bot.model.playbooks import RunKind
from bot.model.windows import ALWAYS, Windows

ESCALATED_AFTER = timedelta(minutes=5)
"""While consumers fail and the plan keeps the old value, people are woken so often."""
SERVES_FOR = timedelta(hours=1)
"""So long after a leaked value was put back people are woken, once, if it still serves, or may in part."""


def overlapping(secret: SecretState) -> bool:
    """Whether the kill waits for the end of an overlap."""
    overlaps = secret.strategy is Strategy.OVERLAP and not secret.entry.capabilities.swaps and secret.new.wanted
    return overlaps and secret.kill is None and secret.glass is None


def last_look_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the consumers are asked once more, since the kill at the end of an overlap could begin then; None if that
    is not to come, waits for copies, or they have been. What they said in a window that was missed is too old.
    """
    new = secret.new
    end = overlap_end(incident, secret) if overlapping(secret) and new.live_at is not None else None
    if end is None or secret.if_failing is IfFailing.END or not any(one.health for one in secret.entry.consumers):
        return None
    basis = kill_basis(incident, secret, now)
    if not isinstance(basis, Basis) or secret.old.revoked_at is not None or secret.gone:
        return None
    if held_by_copies(incident, secret) or held_by_readers(incident, secret):
        return None
    begins = in_window(incident, secret, max(end, basis.at, *_held_until(incident, secret)), now)
    opened = _windows(incident, secret).opened_at(now) if begins <= now else None
    begins = begins if opened is None else max(begins, opened)
    return begins if new.asked_at is None or new.asked_at < begins else None


def look_after_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When the consumers are asked once more because the old value, with which one may still have worked, is refused by
    now: as long after its first refusal as proves it; None if that is not to come, or they have been.
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
    """When what can hold a kill beyond its overlap came to an end: its copies, functions that are not fully refreshed,
    and the lack of an admin credential.
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
    no consumer refuses it or the plan says to end the old one all the same.
    """
    start = secret.new.live_at
    if secret.new.rolling_back is not None:
        return None
    if start is None and secret.new.failing and secret.if_failing is IfFailing.END:
        start = secret.new.placed_at
    if secret.strategy is not Strategy.OVERLAP or start is None:
        return None
    end = start + timedelta(seconds=incident.timings.overlap)
    return secret.entry.windows.next_open(end) if incident.kind is RunKind.ROTATION else end


def in_window(incident: Incident, secret: SecretState, at: datetime, now: datetime) -> datetime:
    """When the machine may end the old value that it could end at `at`: of a planned rotation in the secret's windows
    alone. One that was missed is not made up for before the next one opens. Whoever asks for a kill now waits for none.
    """
    begins = max(at, now)
    opens = _windows(incident, secret).next_open(begins)
    return at if opens == begins else opens


def _windows(incident: Incident, secret: SecretState) -> Windows:
    """Those in which the machine may end the old value."""
    if incident.kind is not RunKind.ROTATION or secret.kill is not None or secret.glass is not None:
        return ALWAYS
    return secret.entry.windows


def too_soon(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether people should not end the old value yet: of a planned rotation before its overlap is over, or while a
    function may still read it.
    """
    if not incident.routine or not overlapping(secret):
        return False
    end = overlap_end(incident, secret)
    return end is None or end > now or bool(held_by_readers(incident, secret))


def kept_while_failing(incident: Incident, secret: SecretState) -> bool:
    """Whether the kill at the end of an overlap waits, and nothing else would hold it up for ever: a consumer refuses
    the new value, and the plan says to keep the old one then.
    """
    alive = incident.open and secret.old.revoked_at is None and not secret.gone
    return alive and bool(secret.new.failing) and overlapping(secret) and secret.if_failing is IfFailing.KEEP


def held_by_copies(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The copies that an overlap does not end for, by name: the old value may still serve by them. Whoever wants it
    killed now does not wait for them.
    """
    over = secret.old.revoked_at is not None or secret.gone
    if over or not overlapping(secret) or overlap_end(incident, secret) is None:
        return ()
    return tuple(state.copy.name for state in secret.open_copies)


def held_by_readers(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The functions that an overlap does not end for, by name: part of their traffic may still read the old value.
    Whoever wants it killed now does not wait for them, nor does a plan that ends it whether or not consumers fail.
    """
    over = secret.old.revoked_at is not None or secret.gone
    if over or not overlapping(secret) or secret.if_failing is IfFailing.END or overlap_end(incident, secret) is None:
        return ()
    functions = dict.fromkeys(one.function for one in secret.entry.consumers)
    return tuple(name for name in functions if incident.incomplete(name))


def readers_words(incident: Incident, readers: Iterable[str]) -> str:
    """Why each of these functions still reads the old value, and what to do about it: a phrase for people."""
    known = {name: incident.functions.get(name) for name in readers}
    why = "; ".join(f"{name} ({state.detail})" if state and state.detail else name for name, state in known.items())
    return f"not all traffic reads the new value: {why}. Once that is mended, retry; it is looked at again anyway"


def escalation_due(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are woken next because a leaked value is kept alive while consumers fail with the new one; None where
    it is not, or somebody ends it.
    """
    new = secret.new
    going_back = new.rolling_back is not None and not roll_back_failed(incident, secret)
    last = new.escalated_at or new.failing_since
    if last is None or going_back or not kept_while_failing(incident, secret):
        return None
    return last + ESCALATED_AFTER


def roll_back_overdue_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are woken because the leaked value was put back in place, in part or all, and still works; None where
    it is not, or they were.
    """
    since = secret.new.back_since or secret.new.roll_back_began_at
    if since is None or secret.new.overdue or not _works(incident, secret):
        return None
    return since + SERVES_FOR


def serves_again(incident: Incident, secret: SecretState) -> bool:
    """Whether the leaked value, alive, is what consumers read again."""
    return _works(incident, secret) and secret.new.back_since is not None


def _works(incident: Incident, secret: SecretState) -> bool:
    return incident.open and secret.old.revoked_at is None and not secret.gone


def roll_back_failed(incident: Incident, secret: SecretState) -> bool:
    """Whether putting the leaked value back was given up: it may stand in some parameters, and nothing goes on."""
    return incident.lane(new_lane(secret.name)).gave_up(Op.ROLL_BACK) and secret.new.rolling_back is not None


def held_by_roll_back(incident: Incident, secret: SecretState) -> bool:
    """Whether an overlap does not end because putting the leaked value back was given up, and people are to decide."""
    alive = incident.open and secret.old.revoke_began_at is None and secret.old.revoked_at is None and not secret.gone
    return alive and overlapping(secret) and roll_back_failed(incident, secret)


def not_rolled_back(incident: Incident, secret: SecretState) -> str:
    """Why the leaked value may not be put back in place, as a sentence; empty if it may."""
    old, new, name = secret.old, secret.new, secret.name
    looked = old.last_probe
    if roll_back_failed(incident, secret):
        return f"{name}: putting its old value back has failed. Retry, or revoke the old value."
    if new.back_since is not None or new.rolling_back is not None:
        return f"{name} is rolled back already, or about to be."
    if secret.entry.capabilities.swaps:
        return f"{name} cannot be rolled back: {ONE_AT_A_TIME}."
    if new.promoted_at is None or not old.current:
        return f"{name}: no new value stands where the old one stood. There is nothing to roll back."
    if (
        secret.gone
        or old.revoked_at is not None
        or old.revoke_began_at is not None
        or (old.claimed is not None and not old.contradicted)
    ):
        return f"{name}: its old value is {secret.old_state}, and its end has begun. Nothing can serve on it again."
    if not overlapping(secret):
        return f"{name}: its old value is to be ended at once. It can be rolled back only while it overlaps."
    if incident.public and not secret.entry.public_by_design:
        return f"{name}: strangers can read the old value. It must not serve again."
    if secret.abused is not None:
        return f"{name}: {secret.abused.name} has recorded that the old value is abused. It must not serve again."
    if looked is None or looked.liveness != "live":
        return f"{name}: its old value was not accepted when it was last looked at. Only one that answers can serve."
    return ""


def held_overlap(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are told that an overlap does not end for its copies, or for functions that are not fully refreshed;
    None where none is held, or they were told.
    """
    held = secret.held_at is None and (held_by_copies(incident, secret) or held_by_readers(incident, secret))
    return overlap_end(incident, secret) if held else None


# When the old key was last used at its provider, asked just before the kill at the end of an overlap.
#
# A use after the new value was put in place shows that something still lives on the old one. In an incident people
# are told, and the kill goes on: what leaked must end. In a planned rotation, where nothing leaked, nobody's word
# counts any more by that: whatever uses it is looked for first, and two people agree anew.


def ask_at(incident: Incident, secret: SecretState, kill_at: datetime) -> datetime | None:
    """When the provider is asked once more, since the kill could begin at `kill_at`; None if it is not, or has been.

    Only where it has told before: the snapshot knew a last use. It is asked once for each end of an overlap, whatever
    comes of that, so that no kill waits for it.
    """
    old, end = secret.old, overlap_end(incident, secret)
    tells = old.snapshot is not None and old.snapshot.last_used_at is not None
    if not overlapping(secret) or end is None or not tells or not secret.entry.capabilities.snapshots:
        return None
    return kill_at if old.use_asked_at is None or old.use_asked_at < end else None
