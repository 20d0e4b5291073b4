"""Which value leaked, as seen from a run that is under way, and so what its incident begins with.

A run has at most two values: the old one that it captured, and the new one that it made. Which of them leaked the
declaration says by version or fingerprint; else it is the one that the parameter holds: after promotion the new one.
Nothing is forgotten: whatever lives and is not the value that goes on serving ends in the incident.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from enum import StrEnum

from bot.incident.lanes import new_lane
from bot.incident.model import Target
from bot.incident.new_value.still_used import kept_for
from bot.incident.new_value.transitions import ending, orphaned
from bot.incident.operations import Op
from bot.incident.state import Handed, Incident, NewValue, SecretState

MAKING = frozenset({Op.ISSUE, Op.INSTALL, Op.RECEIVE})


class Leaked(StrEnum):
    OLD = "old"
    NEW = "new"
    OTHER = "other"
    """Neither: an older version, or a value that stands in no parameter."""


def handed(run: Incident, secret: SecretState, target: Target, *, replace: bool) -> Handed:
    """What the incident takes over, if it declares `target` of this secret; `replace`: the current value is to be
    replaced.
    """
    which, new = leaked(secret, target), secret.new
    ours, promoted = new.ours, new.may_serve
    keeps = which is not Leaked.NEW and (promoted or which is Leaked.OLD or replace)
    overlapped = promoted and which is not Leaked.OLD and not secret.gone
    left = new
    if ours and not promoted and not keeps:
        over = which is Leaked.NEW or not kept_for(run, secret)  # what leaked ends at once, whatever may use it
        left = orphaned(new) if over else ending(new)
    return Handed(
        secret=secret.name,
        run=run.id,
        old=secret.old if which is Leaked.OLD else None,
        new=_serving(new) if keeps and (new.staged or new.inbox) else None,
        earlier=with_fields(secret.old, current=False) if overlapped and secret.old.captured_at is not None else None,
        set_aside=(ours,) if ours and promoted and which is Leaked.NEW else (),
        orphans=left.orphans,
        superseded=left.superseded,
        unknown=new.sweep_at is not None or _making(run, secret),
    )


def leaked(secret: SecretState, target: Target) -> Leaked:
    """Which of the run's two values the declaration means. After a roll-back the old one stands in the newest version
    too.
    """
    old, new, main = secret.old, secret.new, secret.entry.main.parameter
    if target.staged:
        return Leaked.OTHER
    if target.fingerprint or target.version is not None:
        placed = _at(target, new.versions.get(main))
        if target.fingerprint == new.fingerprint != "" or (placed and new.back_since is None):
            return Leaked.NEW
        if target.fingerprint == old.fingerprint != "" or placed or _at(target, old.versions.get(main)):
            return Leaked.OLD
        return Leaked.OTHER
    if new.promoted_at is not None:
        return Leaked.NEW
    return Leaked.OLD if old.captured_at is not None and old.current else Leaked.OTHER


def _at(target: Target, version: int | None) -> bool:
    return not target.fingerprint and version is not None and target.version == version


def _making(run: Incident, secret: SecretState) -> bool:
    claim = run.lane(new_lane(secret.name)).claim
    return claim is not None and claim.op in MAKING


def _serving(new: NewValue) -> NewValue:
    """What was rolled back, or is being, is to be put in its place once more: what leaked must not serve on."""
    placed = new.promoted_at is not None and new.rolling_back is None
    return new if placed else with_fields(new, versions={}, promoted_at=None)
