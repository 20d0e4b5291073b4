"""How old each secret is and when it is due, as this process can ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.app.files import Files
from bot.app.outside import Outside
from bot.eventlog import TrustDamaged
from bot.eventlog.sql import EventLog
from bot.people import Person
from bot.planned.ages.history import Histories
from bot.planned.ages.looks import PolicyLooks
from bot.trust import TrustState

if TYPE_CHECKING:
    from bot.app.application import Application


def policy_looks(files: Files, outside: Outside, event_log: EventLog, clock: Callable[[], datetime]) -> PolicyLooks:
    """Asks the log, the vault and the providers."""
    return PolicyLooks(
        event_log, files.loaded.catalog, outside.vault, outside.provider, files.freeze, clock,
        Histories(event_log), owned_by(files, event_log),
    )  # fmt: skip


def policies(application: Application) -> PolicyLooks:
    """The same for a terminal, with its own people file."""
    return policy_looks(application.files, application.outside, application.event_log, application.clock)


def owned_by(files: Files, event_log: EventLog) -> Callable[[str], bool]:
    """Whether an owner's name in the catalog means a person: it is not empty, and not someone who has left."""

    def owned(owner: str) -> bool:
        name = owner.strip()
        meant = files.people.owning(name) or (Person(name),)
        try:
            trust = event_log.trust.current()
        except TrustDamaged:
            trust = TrustState()
        known = [trust.against(person.name, person.accounts) for person in meant]
        return bool(name) and any(lost is None or not lost.left for lost in known)

    return owned
