"""The programme of rotations as its events have made it, and what of it counts at a moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident.model import By, Right
from bot.model.standing import StandingApproval, StandingGiver
from bot.programme.commands import SignStanding

AT_MOST = timedelta(days=90)
"""How long a standing approval holds, and how far a waiver puts a rotation off."""

type Entitled = Callable[[str, Right], bool]
"""Whether a person, by their name in the people file, has a right now, and is trusted."""


@dataclass(frozen=True)
class Standing:
    """A standing approval, from its first signature on."""

    number: int
    environment: str
    secrets: tuple[str, ...]
    overlap: float
    when: str
    until: datetime
    digest: str
    signed: By
    agree_by: datetime
    order: tuple[str, ...] = ()
    agreed: By | None = None
    withdrawn: By | None = None
    withdrawn_because: str = ""

    @property
    def givers(self) -> tuple[str, ...]:
        """Who has signed so far."""
        return (self.signed.name, *((self.agreed.name,) if self.agreed is not None else ()))

    def waits(self, now: datetime) -> bool:
        """Whether a second signature is waited for."""
        return self.agreed is None and self.withdrawn is None and now < min(self.agree_by, self.until)

    def why_not(self, now: datetime, entitled: Entitled) -> str:
        """Why nothing rests on it now, as a clause; empty if it is in force."""
        if self.withdrawn is not None:
            return f"withdrawn by {self.withdrawn.name} on {self.withdrawn.at:%Y-%m-%d}"
        if now >= self.until:
            return f"lapsed on {self.until:%Y-%m-%d}"
        if self.agreed is None:
            return "a second person has not signed" if self.waits(now) else "no second person signed in time"
        lost = [name for name in self.givers if not entitled(name, Right.APPROVE)]
        return f"{' and '.join(lost)} may not approve any more" if lost else ""

    @property
    def approval(self) -> StandingApproval:
        """What a run's kill can rest on, once it is in force."""
        signed = (self.signed, *((self.agreed,) if self.agreed is not None else ()))
        return StandingApproval(
            number=self.number,
            environment=self.environment,
            secrets=self.secrets,
            overlap=self.overlap,
            when=self.when,
            until=self.until,
            givers=tuple(StandingGiver(by.name, by.at) for by in signed),
            order=self.order,
        )


@dataclass(frozen=True)
class Waiver:
    """A rotation put off from `due` to `until`, from the moment that somebody asked for it."""

    number: int
    secret: str
    environment: str
    due: datetime
    until: datetime
    reason: str
    asked: By
    agreed: By | None = None
    withdrawn: By | None = None
    withdrawn_because: str = ""

    def waits(self, now: datetime) -> bool:
        """Whether a second person's agreement is waited for: it must come before the due date."""
        return self.agreed is None and self.withdrawn is None and now < self.due

    def in_force(self, now: datetime) -> bool:
        return self.agreed is not None and self.withdrawn is None and now < self.until


@dataclass(frozen=True)
class Stop:
    """Why a provider's schedule is stopped, and by whom; `incident` is the rotation that failed, if one did."""

    provider: str
    by: By
    reason: str
    incident: str = ""

    @property
    def words(self) -> str:
        """``openai is stopped by eve since 2026-11-27 03:14 UTC: the new key was refused (run inc_ab12cd)``."""
        run = f" (run {self.incident})" if self.incident else ""
        why = self.reason.rstrip(".")
        return f"{self.provider} is stopped by {self.by.name} since {self.by.at:%Y-%m-%d %H:%M} UTC: {why}{run}"


@dataclass(frozen=True)
class Programme:
    """The whole. `number` and `digest` are those of the newest entry of its log, 0 before the first."""

    standing: Mapping[int, Standing] = field(default_factory=dict)
    waivers: Mapping[int, Waiver] = field(default_factory=dict)
    stopped: Mapping[str, Stop] = field(default_factory=dict)
    number: int = 0
    digest: str = ""

    def waiver_of(self, environment: str, secret: str, due: datetime, now: datetime) -> Waiver | None:
        """The waiver that puts off this due date now."""
        held = [
            waiver
            for waiver in self.waivers.values()
            if (waiver.environment, waiver.secret) == (environment, secret)
            and due <= waiver.due
            and waiver.in_force(now)
        ]
        return max(held, key=lambda waiver: waiver.until, default=None)

    def waiting(self, now: datetime) -> Iterator[Standing | Waiver]:
        """What a second person's agreement is waited for."""
        yield from (each for each in self.standing.values() if each.waits(now))
        yield from (each for each in self.waivers.values() if each.waits(now))


def in_force(
    programme: Programme, environment: str, secret: str, now: datetime, entitled: Entitled
) -> StandingApproval | None:
    """The newest standing approval that covers this secret's kill now: signed by two people who may both still approve,
    neither withdrawn nor lapsed. None if nothing does. Whether its window is open at this moment is the schedule's
    matter.
    """
    for number in sorted(programme.standing, reverse=True):
        each = programme.standing[number]
        covers = each.environment == environment and secret in each.secrets
        if covers and not each.why_not(now, entitled):
            return each.approval
    return None


def digest_of(number: int, command: SignStanding, when: str, signer: str) -> str:
    """16 hex digits over everything that is signed: two signatures are under the same text, or there is no second."""
    signed = [
        number, command.environment, list(command.secrets), command.overlap, when, command.until.isoformat(),
        list(command.order), signer,
    ]  # fmt: skip
    text = json.dumps(signed, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
