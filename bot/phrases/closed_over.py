"""What was open at the close and accepted by name, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.incident import events as e
from bot.incident.closing.open_items import (
    ATTESTED,
    CHECKS,
    COPIES,
    NEW,
    OLD,
    SUPERSEDED,
    TARGET,
    TASK,
    kind_of,
    settled_since,
)
from bot.incident.model import Accepted, By
from bot.incident.state import Incident
from bot.phrases.marks import code, literal
from bot.phrases.times import counted, up_to

NAMED = 3
"""So many of a kind are named; more are counted."""
_OF_SECRETS = {
    OLD: ("old value not proven dead", "old values not proven dead"),
    ATTESTED: ("old value attested dead, not proven", "old values attested dead, not proven"),
    NEW: ("new value not in place", "new values not in place"),
    SUPERSEDED: ("earlier new value whose key lives", "earlier new values whose keys live"),
    TARGET: ("other value that leaked instead", "other values that leaked instead"),
}
_CALLED = {
    "reader": ("reader", "readers"),
    TASK: ("task", "tasks"),
    "usage": ("key whose readers are not all known", "keys whose readers are not all known"),
    "glass": ("broken glass not reviewed", "keys with broken glass not reviewed"),
    "left-alone": ("undeclared secret", "undeclared secrets"),
    "leaver": ("secret they had", "secrets they had"),
    "notification": ("notice", "notices"),
}
"""Of which there can be any number: one, and several."""
_SINGLE = {
    "departure": "no second person's agreement",
    "impact": "no impact",
    "root-cause": "no root cause",
    "abuse": "nothing said of abuse",
    "page": "a page that nobody took",
}


def closed_by(incident: Incident) -> str:
    """``ada``, or ``ada, ben agreed`` where a second person had to; empty while it is open. Plain."""
    if incident.closed is None:
        return ""
    return closer_words(incident.closed.name, incident.closer)


def closer_words(name: str, proposer: str) -> str:
    """The same of an event: by whom it is, and who proposed it."""
    return f"{proposer}, {name} agreed" if proposer else name


def over_words(incident: Incident, event: e.IncidentClosed, by: By) -> str:
    """`closed_over` as it was with this event, whatever came after it."""
    then = replace(
        incident, closed=by, accepted=event.accepted, accepted_items=event.items, accepted_reason=event.reason
    )
    return _over(then, {})


def closed_over(incident: Incident) -> str:
    """``2 persistence checks of a, done since · 3 tasks. REASON``, as a phrase; empty where nothing was open at the
    close.
    """
    return _over(incident, _done_since(incident)) if incident.closed is not None else ""


def _over(incident: Incident, done: Mapping[str, int]) -> str:
    if incident.closed is None or not (incident.accepted_items or incident.accepted):
        return ""
    older = [up_to([code(name) for name in incident.accepted], NAMED)]  # logs that keep no more
    said = list(_kinds(incident, _named, done)) or older
    return f"{' · '.join(said)}. {literal(incident.accepted_reason)}".rstrip()


def closed_over_outside(incident: Incident) -> str:
    """The same for those who may read no names and no reasons: ``2 persistence checks, 3 tasks; closed by ada``."""
    if incident.closed is None or not (incident.accepted_items or incident.accepted):
        return ""
    said = list(_kinds(incident, lambda _names: "")) or [counted(len(incident.accepted), "key")]
    return f"{', '.join(said)}; closed by {closed_by(incident)}"


def _named(names: Sequence[str]) -> str:
    return f" of {up_to([code(name) for name in names], NAMED)}"


def _done_since(incident: Incident) -> Mapping[str, int]:
    """How many of each kind that was open at the close people have settled since."""
    done = Counter(map(kind_of, settled_since(incident)))
    names = [item.key.partition(":")[2] for item in incident.accepted_items if item.key.startswith(f"{CHECKS}:")]
    left = sum(len(incident.secrets[name].open_checks) for name in names if name in incident.secrets)
    return {**done, CHECKS: sum(_checks_at_close(incident, name) for name in names) - left}


def _since(done: int, count: int) -> str:
    if done <= 0:
        return ""
    return ", done since" if done == count else f", {done} of them done since"


def _kinds(
    incident: Incident, of: Callable[[Sequence[str]], str], done: Mapping[str, int] = MappingProxyType({})
) -> Iterator[str]:
    kinds: dict[str, list[Accepted]] = {}
    for item in incident.accepted_items:
        kinds.setdefault(kind_of(item.key), []).append(item)
    for kind, items in kinds.items():
        names = [item.key.partition(":")[2] for item in items]
        if kind in _OF_SECRETS:
            yield f"{counted(len(names), *_OF_SECRETS[kind])}{of(names)}"
        elif kind == CHECKS:
            count = sum(_checks_at_close(incident, name) for name in names)
            yield f"{counted(count, 'persistence check')}{of(names)}{_since(done.get(kind, 0), count)}"
        elif kind == COPIES:
            yield f"{counted(sum(_copies_at_close(incident, name) for name in names), 'copy', 'copies')}{of(names)}"
        elif kind in _CALLED:
            yield f"{counted(len(items), *_CALLED[kind])}{_since(done.get(kind, 0), len(items))}"
        else:
            yield _SINGLE.get(kind, kind.replace("-", " "))


def _checks_at_close(incident: Incident, name: str) -> int:
    """Those that were ended since were open then too."""
    secret, closed = incident.secrets.get(name), incident.closed
    if secret is None or closed is None:
        return 0
    return sum(check.ended is None or check.ended.at > closed.at for check in secret.checks.values())


def _copies_at_close(incident: Incident, name: str) -> int:
    """None can be settled after it."""
    return len(incident.secrets[name].open_copies) if name in incident.secrets else 0
