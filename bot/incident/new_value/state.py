"""What is known of the replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By


@dataclass(frozen=True)
class NewValue:
    """What is known of the replacement."""

    wanted: bool = True
    name: str = ""
    key_id: str = ""
    fingerprint: str = ""
    staged: str = ""
    staged_at: datetime | None = None
    source: str = ""
    submitted_by: str = ""
    inbox: str = ""
    """Where one lies that a person has brought and nobody has taken yet."""
    taken_before: int = 0
    """How often one had been taken from an inbox before this one was announced: none of those is what lies there."""
    receiving: bool = False
    """Whether the last claim was one on what lies there. What was brought since is not."""
    rejected: str = ""
    held: bool = False
    """Nothing more is made or put in place before a person presses retry: a value that we had made ourselves was
    rejected, or the leaked value was put back in this one's place.
    """
    verified_at: datetime | None = None
    verified_detail: str = ""
    unwell_before: tuple[str, ...] = ()
    """Consumers that were not well before it was put in place: what they say with it says nothing of it."""
    untold: str = ""
    """The old value's account, where that of this one could not be told."""
    vouched: By | None = None
    """Who agreed, as the second person, to use it all the same."""
    readers_accepted: frozenset[str] = frozenset()
    """Leaked AWS keys and unexplained principals that may read it, as somebody has accepted."""
    promote_began_at: datetime | None = None
    """Since when it may stand in its parameters, whether or not that is known: the first write of it since it was
    staged, or since the leaked value was put back.
    """
    versions: Mapping[str, int] = field(default_factory=dict)
    promoted_at: datetime | None = None
    placed_at: datetime | None = None
    """When it was found accepted and what consumers read, however they are with it."""
    live_at: datetime | None = None
    """Since when no consumer refuses it; None while one does."""
    restored_at: datetime | None = None
    """Since when every consumer says that it is well with it."""
    confirmed: bool = False
    live_detail: str = ""
    asked_at: datetime | None = None
    """When the consumers were last asked whether they are well with it; None: they are to be asked."""
    failing: tuple[str, ...] = ()
    """Consumers that refuse it, by their own health."""
    failing_since: datetime | None = None
    blamed_at: datetime | None = None
    """Since when that is known to be about this very value: what fails with it lacked no other any more."""
    as_before: tuple[str, ...] = ()
    """Consumers that refuse it as they refused before it."""
    rolling_back: By | None = None
    """Who wants the leaked value back in its place, while that is not done."""
    roll_back_began_at: datetime | None = None
    """Since when the leaked value may stand in its place again, in some parameters or all: what was seen before says
    nothing of what serves. None once a look tells.
    """
    back_since: datetime | None = None
    """When the leaked value was put back in its place; None once a new value has been put in place."""
    overdue: bool = False
    """Whether people were woken because the leaked value, put back in part or all, still works after an hour."""
    standing: Mapping[str, int] = field(default_factory=dict)
    """What was put in place last, this value or the leaked one, by the version of each parameter; empty while nobody
    can tell, since another one is being written, or was in part.
    """
    began: Mapping[str, str] = field(default_factory=dict)
    """The new values that it was begun to put in place, by fingerprint, and where each was staged."""
    escalations: int = 0
    """How often people were woken because a leaked value is kept alive while consumers fail, and when last."""
    escalated_at: datetime | None = None
    orphans: Mapping[str, bool] = field(default_factory=dict)
    """Orphans by id, and whether they have been ended."""
    superseded: Mapping[str, str] = field(default_factory=dict)
    """The bot's keys of new values before this one that may have been in their place, by id, each with its fingerprint:
    one ends once nothing may use it any more.
    """
    made_room: str = ""
    """Another key of the provider's that was deleted for one to have a place, by its id: the last that is recorded."""
    sweep_at: datetime | None = None
    unstaged: bool = False

    @property
    def ours(self) -> str:
        """By what the key that the bot made is known at its provider; empty if it made none."""
        return {"issue": self.key_id, "install": self.name}.get(self.source, "")

    @property
    def known_keys(self) -> frozenset[str]:
        """By what the bot's keys are known that are not the new value, ended or not."""
        return frozenset({*self.orphans, *self.superseded})

    @property
    def may_serve(self) -> bool:
        """Whether it stands in its parameters, or may by now: then it must not end."""
        return self.promoted_at is not None or self.promote_began_at is not None
