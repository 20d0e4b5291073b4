"""What an entry of the programme's log changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incident.model import By
from bot.programme.events import (
    ProgrammeEvent,
    ProviderResumed,
    ProviderStopped,
    StandingAgreed,
    StandingSigned,
    StandingWithdrawn,
    WaiverAgreed,
    WaiverAsked,
    WaiverWithdrawn,
)
from bot.programme.state import Programme, Standing, Stop, Waiver


def evolve(state: Programme, event: ProgrammeEvent, by: str, at: datetime, number: int, digest: str) -> Programme:
    """The state after entry `number` of the log. KeyError for one that does not follow from those before it."""
    who = By(by, at)
    state = replace(state, number=number, digest=digest)
    match event:
        case StandingSigned() | StandingAgreed() | StandingWithdrawn():
            each = _standing(state, event, who)
            return replace(state, standing={**state.standing, each.number: each})
        case WaiverAsked() | WaiverAgreed() | WaiverWithdrawn():
            waiver = _waiver(state, event, who)
            return replace(state, waivers={**state.waivers, waiver.number: waiver})
        case ProviderStopped():
            stop = Stop(event.provider, who, event.reason, event.incident)
            return replace(state, stopped={**state.stopped, event.provider: stop})
        case ProviderResumed():
            return replace(
                state, stopped={name: stop for name, stop in state.stopped.items() if name != event.provider}
            )


def _standing(state: Programme, event: StandingSigned | StandingAgreed | StandingWithdrawn, who: By) -> Standing:
    match event:
        case StandingSigned():
            return Standing(
                event.approval, event.environment, event.secrets, event.overlap, event.when, event.until, event.digest,
                who, event.agree_by, event.order,
            )  # fmt: skip
        case StandingAgreed():
            return replace(state.standing[event.approval], agreed=who)
        case StandingWithdrawn():
            return replace(state.standing[event.approval], withdrawn=who, withdrawn_because=event.reason)


def _waiver(state: Programme, event: WaiverAsked | WaiverAgreed | WaiverWithdrawn, who: By) -> Waiver:
    match event:
        case WaiverAsked():
            return Waiver(event.waiver, event.secret, event.environment, event.due, event.until, event.reason, who)
        case WaiverAgreed():
            return replace(state.waivers[event.waiver], agreed=who)
        case WaiverWithdrawn():
            return replace(state.waivers[event.waiver], withdrawn=who, withdrawn_because=event.reason)
