"""How old each secret is and when it is due, as this process can ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.eventlog import TrustDamaged
from bot.people import Person
from bot.planned.ages.history import Histories
from bot.planned.ages.looks import Looked, PolicyLooks
from bot.planned.scheduler import Schedule
from bot.trust import TrustState

if TYPE_CHECKING:
    from bot.app.application import Application


def policies(app: Application) -> PolicyLooks:
    """Asks the log, the vault and the providers, by the people file of this process."""
    return PolicyLooks(
        app.event_log, app.files.loaded.catalog, app.outside.vault, app.outside.provider, app.files.freeze, app.clock,
        Histories(app.event_log), partial(owned, app),
    )  # fmt: skip


def schedule(app: Application, look: Callable[[], Looked]) -> Schedule:
    """Which rotations are begun when, by the ages that `look` gives."""
    overlap = app.settings.rotation_overlap * 3600
    return Schedule(app.event_log, app.files.loaded.catalog, look, overlap, app.clock)


def owned(app: Application, owner: str) -> bool:
    """Whether an owner's name in the catalog means a person: it is not empty, and not someone who has left."""
    name = owner.strip()
    meant = app.files.people.owning(name) or (Person(name),)
    try:
        trust = app.event_log.trust.current()
    except TrustDamaged:
        trust = TrustState()
    known = [trust.against(person.name, person.accounts) for person in meant]
    return bool(name) and any(lost is None or not lost.left for lost in known)
