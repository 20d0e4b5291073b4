"""What people read where a compromise takes over a planned rotation."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.handover.known import Handed
from bot.incident.operations import OPERATIONS
from bot.phrases.times import counted, listed


def handover_words(event: e.HandoverEvent) -> str:
    """Behind whoever did it."""
    match event:
        case e.HandedOver():
            under_way = (
                f"; {counted(len(event.void), 'operation')} under way here no longer counted" if event.void else ""
            )
            return f"handed {listed(event.secrets)} over to {event.incident}, since it leaked{under_way}"
        case e.TakenOver():
            return f"took {event.secret} over from {event.known.run}: {listed(_known(event.known))}"
        case e.LateOutcomeNoted():
            late = f"could not be told in time whether {event.run} did {OPERATIONS[event.op].does}"
            return f"looks again for keys of {event.secret}, since it {late}"


def _known(known: Handed) -> list[str]:
    """What the incident begins with, a phrase each."""
    words = []
    if known.old is not None:
        seen = ", seen alive" if known.old.baseline_at is not None else ""
        words.append(f"the old value {known.old.fingerprint} is pinned{seen}")
    if known.new is not None:
        new = known.new
        state = (
            "in place" if new.promoted_at else "verified" if new.verified_at else "staged" if new.staged else "brought"
        )
        words.append(f"a new value is {state}, and no other one is made")
    if known.set_aside:
        words.append("the new value that it had put in place is what leaked")
    left = sum(not ended for ended in known.orphans.values())
    if left:
        words.append(f"{counted(left, 'key')} that nothing uses {'is' if left == 1 else 'are'} to be ended")
    if known.unknown:
        words.append("a call may still make a key, which is looked for and ended")
    return words or ["nothing was known yet"]
