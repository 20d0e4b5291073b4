"""Providers whose planned rotations a person stopped, until a person resumes them.

Pure: the event log keeps the two events as a log of the installation's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.incident.model import Actor, By, Right
from bot.incident.refusals import Declined, clean, demand
from bot.incident.stored import Fact, Stored
from bot.model.codec import Recorded
from bot.model.fields import Name, Words


class StopProvider(Stored, stored="stop-provider"):
    """Nothing of this provider is rotated by schedule from now on. Runs that are open go on."""

    provider: Name
    reason: Words


class ResumeProvider(Stored, stored="resume-provider"):
    provider: Name
    reason: Words


StopCommand = StopProvider | ResumeProvider


class ProviderStopped(Fact, stored="provider-stopped"):
    provider: str
    reason: str


class ProviderResumed(Fact, stored="provider-resumed"):
    provider: str
    reason: str


StopEvent = ProviderStopped | ProviderResumed


@dataclass(frozen=True)
class Stop:
    """Why a provider's schedule is stopped, and by whom."""

    provider: str
    by: By
    reason: str

    @property
    def words(self) -> str:
        """``openai is stopped by eve since 2026-11-27 03:14 UTC: its console is being moved``."""
        since = f"{self.by.at:%Y-%m-%d %H:%M} UTC"
        return f"{self.provider} is stopped by {self.by.name} since {since}: {self.reason.rstrip('.')}"


@dataclass(frozen=True)
class Stops:
    """By provider."""

    stopped: Mapping[str, Stop] = field(default_factory=dict)

    @property
    def words(self) -> Mapping[str, str]:
        """A clause for each provider that is stopped."""
        return {name: stop.words for name, stop in self.stopped.items()}


def decide(state: Stops, command: StopCommand, actor: Actor) -> StopEvent:
    """The event that follows. The actor's proof has been checked. Declined with a sentence if none does."""
    demand(actor, Right.RESPOND)
    provider, reason = command.provider, clean(command.reason, "reason")
    stop = state.stopped.get(provider)
    match command:
        case StopProvider():
            if stop is not None:
                raise Declined(f"Nothing to do: {stop.words}.")
            return ProviderStopped(provider, reason)
        case ResumeProvider():
            if stop is None:
                raise Declined(f"Nothing to do: the schedule of {provider} is not stopped.")
            return ProviderResumed(provider, reason)


def evolve(state: Stops, recorded: Recorded[StopEvent]) -> Stops:
    """The state after one more event."""
    event = recorded.event
    stopped = {name: stop for name, stop in state.stopped.items() if name != event.provider}
    if isinstance(event, ProviderStopped):
        stopped[event.provider] = Stop(event.provider, By(recorded.actor, recorded.at), event.reason)
    return Stops(stopped)
