"""What can be asked about the programme of rotations."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Due, Overlap


@dataclass(frozen=True)
class SignStanding:
    """Proposes a standing approval: planned rotations of these secrets may end their old values `overlap` seconds after
    the new ones are live, inside the window `when` (empty: at any time), until `until` (UTC). `order` are the
    environments that the schedule rotates before this one: signed as it was shown, and no condition of a kill.
    """

    environment: str
    secrets: tuple[str, ...]
    overlap: Overlap
    until: Due
    when: str = ""
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgreeStanding:
    """The second signature, under exactly what `digest` was made over."""

    approval: int
    digest: str


@dataclass(frozen=True)
class WithdrawStanding:
    approval: int
    reason: str


@dataclass(frozen=True)
class AskWaiver:
    """Asks that a secret need not be rotated by its due date, but by `until` (UTC)."""

    secret: str
    environment: str
    until: Due
    reason: str


@dataclass(frozen=True)
class AgreeWaiver:
    waiver: int


@dataclass(frozen=True)
class WithdrawWaiver:
    waiver: int
    reason: str


@dataclass(frozen=True)
class StopProvider:
    """Nothing of this provider is rotated by schedule from now on. The machine says so after a failure, in the run that
    `incident` names.
    """

    provider: str
    reason: str
    incident: str = ""


@dataclass(frozen=True)
class ResumeProvider:
    provider: str
    reason: str


ProgrammeFromPeople = (
    SignStanding
    | AgreeStanding
    | WithdrawStanding
    | AskWaiver
    | AgreeWaiver
    | WithdrawWaiver
    | StopProvider
    | ResumeProvider
)
"""What a person can ask for."""
ProgrammeCommand = ProgrammeFromPeople
