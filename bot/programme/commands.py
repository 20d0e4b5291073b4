"""What can be asked about the programme of rotations."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Due, Overlap
from bot.model.fields import Digest, IncidentId, Name, Number, Words


@dataclass(frozen=True)
class SignStanding:
    """Proposes a standing approval: planned rotations of these secrets may end their old values `overlap` seconds after
    the new ones are live, inside the window `when` (empty: at any time), until `until` (UTC). `order` are the
    environments that the schedule rotates before this one: signed as it was shown, and no condition of a kill.
    """

    environment: Name
    secrets: tuple[Name, ...]
    overlap: Overlap
    until: Due
    when: Words = ""
    order: tuple[Name, ...] = ()


@dataclass(frozen=True)
class AgreeStanding:
    """The second signature, under exactly what `digest` was made over."""

    approval: Number
    digest: Digest


@dataclass(frozen=True)
class WithdrawStanding:
    approval: Number
    reason: Words


@dataclass(frozen=True)
class AskWaiver:
    """Asks that a secret need not be rotated by its due date, but by `until` (UTC)."""

    secret: Name
    environment: Name
    until: Due
    reason: Words


@dataclass(frozen=True)
class AgreeWaiver:
    waiver: Number


@dataclass(frozen=True)
class WithdrawWaiver:
    waiver: Number
    reason: Words


@dataclass(frozen=True)
class StopProvider:
    """Nothing of this provider is rotated by schedule from now on. The machine says so after a failure, in the run that
    `incident` names.
    """

    provider: Name
    reason: Words
    incident: IncidentId = ""


@dataclass(frozen=True)
class ResumeProvider:
    provider: Name
    reason: Words


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
