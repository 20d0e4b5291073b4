"""The command that says when each planned rotation begins, stops a provider's schedule and resumes it: schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import OnlyEnvironment, any_environment, argument
from bot.cli.inbox import Note, tell_installation
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.planned.rules.rotatable import Planned
    from bot.planned.rules.schedule import Failing
    from bot.planned.rules.stops import ResumeProvider, Stop, StopProvider, Stops
    from bot.planned.scheduler import Schedule

Provider = Annotated[str, argument("PROVIDER", "As the catalog names it, such as openai.")]
RESUME = "Resume it: bot rotation resume {provider} --note TEXT"
SETTLE = "It goes on once somebody retries or closes that: bot incident retry {run}, or bot close {run}"


def schedule(terminal: Terminal, *, environment: OnlyEnvironment = "") -> None:
    """Show when each planned rotation begins and ends, what it waits for, and which providers are stopped.

    The worker begins what is due inside the windows of the catalog, development first and production a day later, one
    at a time at each provider, never while an incident has the secret, its provider or a function that reads it. A run
    that failed stops the schedule of its provider until somebody retries or closes it; one that waits for people stops
    nothing.

    For example:
      bot rotation schedule
      bot rotation schedule -e production --json
    """
    from bot.phrases.times import counted
    from bot.planned.scheduler import BY_HAND

    environment = any_environment(terminal, environment)
    with terminal.progress() as progress:
        made = _schedule(terminal, progress)
        found = made.look()
    every = found.plan.planned.values()
    planned = sorted((each for each in every if environment in {"", each.of.environment}), key=_begins)
    by_hand = [name for name in made.unscheduled() if environment in {"", name[0]}]
    stops: list[Stop | Failing] = [*terminal.event_log.stops.current().stopped.values(), *found.failed]
    now = terminal.clock()
    terminal.document(document(planned, by_hand, stops, now))
    _show_stops(terminal, stops)
    _show(terminal, planned, now)
    if by_hand:
        terminal.say(f"{counted(len(by_hand), 'secret has', 'secrets have')} {BY_HAND}")
        names = sorted({name for _, name in by_hand})
        terminal.say(", ".join(names), indent=2, style="dim")
    if not planned and not by_hand:
        terminal.say("The catalog has no secret whose policy names an age: nothing is rotated by schedule.")


def stop(terminal: Terminal, provider: Provider, *, note: Note) -> None:
    """Begin nothing more of this provider by schedule, until somebody resumes it. Runs that are open go on.

    For example:
      bot rotation stop stripe --note 'they move their API this week'
      bot rotation stop stripe --note 'the launch is on Thursday' --json
    """
    from bot.planned.rules.stops import StopProvider

    _known(terminal, provider)
    stops = list(_ask(terminal, StopProvider(provider, note)).stopped.values())
    terminal.document(_documents(stops))
    _show_stops(terminal, stops)


def resume(terminal: Terminal, provider: Provider, *, note: Note) -> None:
    """Let the schedule of a provider go on that somebody stopped. A run that failed is retried or closed instead.

    For example:
      bot rotation resume openai --note 'their API answers again'
      bot rotation resume openai --note 'the quota was raised' --json
    """
    from bot.planned.rules.stops import ResumeProvider

    _known(terminal, provider)
    stops = list(_ask(terminal, ResumeProvider(provider, note)).stopped.values())
    terminal.document(_documents(stops))
    terminal.say(f"The schedule of {provider} goes on.", style="bold green")
    _show_stops(terminal, stops)


def document(
    planned: Sequence[Planned], by_hand: Sequence[tuple[str, str]], stops: Sequence[Stop | Failing], now: datetime
) -> dict[str, object]:
    """What `--json` prints; `due` is null where nobody knows an age, which is overdue unless it could not be asked."""
    from bot.planned.scheduler import NEVER_ROTATED

    return {
        "at": now,
        "stopped": _documents(stops),
        "rotations": [
            {
                "environment": each.of.environment,
                "secret": each.of.secret,
                "provider": each.of.provider,
                "owner": each.of.owner,
                "due": None if each.of.due_at == NEVER_ROTATED else each.of.due_at,
                "starts": each.starts_at,
                "ends": each.ends_at,
                "late": each.late,
                "waits": each.waits or None,
                "running": each.running or None,
                "windows": each.of.windows.words,
            }
            for each in planned
        ],
        "by_hand": [{"environment": where, "secret": name} for where, name in by_hand],
    }


def _documents(stops: Sequence[Stop | Failing]) -> list[dict[str, object]]:
    from bot.planned.rules.stops import Stop

    return [
        {"provider": each.provider, "at": each.by.at, "by": each.by.name, "reason": each.reason, "incident": None}
        if isinstance(each, Stop)
        else {"provider": each.provider, "at": each.at, "by": None, "reason": each.what, "incident": each.incident}
        for each in stops
    ]


def _show_stops(terminal: Terminal, stops: Sequence[Stop | Failing]) -> None:
    from bot.planned.rules.stops import Stop

    for each in stops:
        how = RESUME.format(provider=each.provider) if isinstance(each, Stop) else SETTLE.format(run=each.incident)
        terminal.say(f"STOPPED  {each.words}.", style="bold red")
        terminal.say(how, indent=9)


def _show(terminal: Terminal, planned: Sequence[Planned], now: datetime) -> None:
    wide = max((len(f"{each.of.environment} {each.of.secret}") for each in planned), default=0)
    for each in planned:
        name = f"{each.of.environment} {each.of.secret}"
        line = f"{_when(each, now):<20} {name:<{wide}}  due {_due(each)}"
        terminal.say(line + (", LATE" if each.late else ""), style="yellow" if each.late else "")
        if each.waits:
            terminal.say(each.waits, indent=21, style="dim")


def _when(each: Planned, now: datetime) -> str:
    if each.running:
        return "running"
    if each.starts_at is None:
        return "waits"
    return "now" if each.starts_at <= now else f"{each.starts_at:%Y-%m-%d %H:%M} UTC"


def _due(each: Planned) -> str:
    from bot.planned.scheduler import NEVER_ROTATED

    if each.of.due_at == NEVER_ROTATED:
        return "unknown" if each.of.held else "now, since its age is unknown"
    return f"{each.of.due_at:%Y-%m-%d}"


def _begins(each: Planned) -> tuple[float, str, str]:
    """What runs comes first, then by its beginning, what waits for something else last."""
    at = 0.0 if each.running else float("inf") if each.starts_at is None else each.starts_at.timestamp()
    return at, each.of.environment, each.of.secret


def _schedule(terminal: Terminal, progress: Callable[[str], None]) -> Schedule:
    from functools import partial

    from bot.app.policies import policies
    from bot.planned.scheduler import Schedule

    application = terminal.application
    return Schedule(
        application.event_log, application.files.loaded.catalog, partial(policies(application).look, "", progress),
        application.settings.rotation_overlap * 3600, application.clock,
    )  # fmt: skip


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
