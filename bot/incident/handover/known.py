"""What a run knew of one secret, as the log of the incident holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.incident.new_value.state import NewValue
from bot.incident.old_value.state import OldValue


@dataclass(frozen=True)
class Handed:
    """What the incident takes over of one secret. `run` made keys under names of its own, and staged values below its
    own place: both are looked for there as well.

    `old` is the value that leaked, if the run had captured it; `new` a new value that is no leaked one; `earlier` the
    value before the leaked one where that still has to end: each as the run had it, but for a new value that no longer
    serves. `set_aside` are ids and names of keys of the run's that must never be taken for a new value; `orphans` those
    that nothing uses, with whether they have ended; `superseded` those that were in place once, with their
    fingerprints; `unknown` says that a call may still make one.
    """

    secret: str
    run: str
    old: OldValue | None = None
    new: NewValue | None = None
    earlier: OldValue | None = None
    set_aside: tuple[str, ...] = ()
    orphans: Mapping[str, bool] = field(default_factory=dict)
    unknown: bool = False
    superseded: Mapping[str, str] = field(default_factory=dict)
