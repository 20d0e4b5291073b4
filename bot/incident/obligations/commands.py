"""What can be asked of the obligations."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Past
from bot.incident.model import NoticeOutcome
from bot.incident.stored import stored
from bot.model.fields import Name, Person, Words


@stored("record-awareness", text="reason")
@dataclass(frozen=True)
class RecordAwareness:
    """`aware_at`: since when the organisation has known, in UTC. The law's clocks run from there."""

    aware_at: Past
    reason: Words


@stored("record-exposure", text="reason")
@dataclass(frozen=True)
class RecordExposure:
    """`exposed_at`: since when the values could be read by whom they are no business of, in UTC."""

    exposed_at: Past
    reason: Words


@stored("decide-notice", text="reason")
@dataclass(frozen=True)
class DecideNotice:
    """Whether an obligation is owed. `decider` is who has decided, if not whoever records it."""

    obligation: Name
    outcome: NoticeOutcome
    reason: Words
    decider: Person = ""


@stored("record-notice-sent", text="reference")
@dataclass(frozen=True)
class RecordNoticeSent:
    """A person has sent a notice: `reference` names it (a case number, a ticket, a mail's subject). `sent_at` is UTC;
    None: now. `delay` says why, where it was late.
    """

    obligation: Name
    reference: Words
    sent_at: Past | None = None
    delay: Words = ""


ObligationsCommand = RecordAwareness | RecordExposure | DecideNotice | RecordNoticeSent
