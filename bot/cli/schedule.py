"""Commands that stop a provider's planned rotations and resume them: stop, resume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import argument
from bot.cli.inbox import Note, tell_installation
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.planned.rules.schedule import Failing
    from bot.planned.rules.stops import ResumeProvider, Stop, StopProvider, Stops

Provider = Annotated[str, argument("PROVIDER", "As the catalog names it, such as openai.")]
RESUME = "Resume it: bot rotation resume {provider} --note TEXT"
SETTLE = "It continues once that is retried or closed: bot incident retry {run}, or bot close {run}"


def stop(terminal: Terminal, provider: Provider, *, note: Note) -> None:
    """Stop this provider's schedule until someone resumes it. Open runs continue.

    For example:
      bot rotation stop stripe --note 'they move their API this week'
      bot rotation stop stripe --note 'the launch is on Thursday' --json
    """
    from bot.planned.rules.stops import StopProvider

    _known(terminal, provider)
    stops = list(_ask(terminal, StopProvider(provider, note)).stopped.values())
    terminal.document(stops_document(stops))
    show_stops(terminal, stops)


def resume(terminal: Terminal, provider: Provider, *, note: Note) -> None:
    """Resume a provider's schedule that someone stopped. A failed run is retried or closed instead.

    For example:
      bot rotation resume openai --note 'their API answers again'
      bot rotation resume openai --note 'the quota was raised' --json
    """
    from bot.planned.rules.stops import ResumeProvider

    _known(terminal, provider)
    stops = list(_ask(terminal, ResumeProvider(provider, note)).stopped.values())
    terminal.document(stops_document(stops))
    terminal.say(f"The schedule of {provider} continues.", style="bold green")
    show_stops(terminal, stops)


def stops_document(stops: Sequence[Stop | Failing]) -> list[dict[str, object]]:
    from bot.planned.rules.stops import Stop

    return [
        {"provider": each.provider, "at": each.by.at, "by": each.by.name, "reason": each.reason, "incident": None}
        if isinstance(each, Stop)
        else {"provider": each.provider, "at": each.at, "by": None, "reason": each.what, "incident": each.incident}
        for each in stops
    ]


def show_stops(terminal: Terminal, stops: Sequence[Stop | Failing]) -> None:
    from bot.planned.rules.stops import Stop

    for each in stops:
        how = RESUME.format(provider=each.provider) if isinstance(each, Stop) else SETTLE.format(run=each.incident)
        terminal.say(f"STOPPED  {each.words}.", style="bold red")
        terminal.say(how, indent=9)


def _known(terminal: Terminal, provider: str) -> None:
    """Misuse for one that no secret of the catalog is of: a typing mistake would stop nothing."""
    from bot.errors import Misuse

    known = sorted({entry.provider for entry in terminal.application.files.loaded.catalog.entries})
    if provider not in known:
        raise Misuse(f"The catalog has no secret of {provider!r}; it has {', '.join(known)}.")


def _ask(terminal: Terminal, body: StopProvider | ResumeProvider) -> Stops:
    """What is stopped after it. Declined with the worker's words if it refuses."""
    tell_installation(terminal, body)
    return terminal.event_log.stops.current()
