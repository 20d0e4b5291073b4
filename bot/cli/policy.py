"""Commands about planned rotations: which are due and when each begins, and providers that are stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import OnlyEnvironment, argument, flag
from bot.cli.inbox import Note, tell_installation
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.planned.ages.due import DueRotation
    from bot.planned.ages.looks import Looked
    from bot.planned.rules.rotatable import Key, Planned
    from bot.planned.rules.schedule import Failing, Look
    from bot.planned.rules.stops import ResumeProvider, Stop, StopProvider

STYLES = {"overdue": "bold red", "soon": "yellow", "later": "", "undated": "dim"}
DUE = frozenset({"overdue", "soon"})


def policy(
    terminal: Terminal,
    *,
    environment: OnlyEnvironment = "",
    every: Annotated[bool, flag("--all", "Show what is not due, too.")] = False,
) -> int:
    """Show which rotations are due, with each secret's age, when its rotation begins, and what is stopped.

    An age counts from the last confirmed rotation (old key dead, new key live), else from when the parameter was
    last written, else from when the provider made the key. A rotation that is not proven changes no age. Overdue is
    also what has no owner, no known age, or was known to someone who has left. A run that failed stops the schedule
    of its provider until someone retries or closes it. Ends with 3 where anything is overdue.

    For example:
      bot rotation policy
      bot rotation policy --all
      bot rotation policy -e production --json
    """
    looked, look = _look(terminal, environment)
    rotations = looked.rotations
    stops: list[Stop | Failing] = [
        *terminal.event_log.stops.current().stopped.values(),
        *(look.failed if look is not None else ()),
    ]
    planned = look.plan.planned if look is not None else {}
    unplanned = _unplanned(terminal, rotations)
    terminal.document({**document(looked, planned, unplanned), "stopped": stops})
    show_stops(terminal, stops)
    show(terminal, looked, rotations, planned, unplanned, every=every)
    for words, since in _waiting(terminal):
        terminal.say(f"The worker's look waits since {since:%Y-%m-%d %H:%M} UTC: {words}", style="bold red")
    return status.AT_RISK if any(each.state == "overdue" for each in rotations) else status.DONE


def _look(terminal: Terminal, environment: str) -> tuple[Looked, Look | None]:
    """The age of everything, and the schedule. None for one environment, since others come before it, and if a needed
    log is invalid, which the look itself reports.
    """
    from bot.app.policies import policies, schedule
    from bot.errors import LogError

    application = terminal.application
    with terminal.progress() as progress:
        looked = policies(application).look(environment, progress)
    if environment:
        return looked, None
    try:
        return looked, schedule(application, lambda: looked).look()
    except LogError:
        return looked, None


def _unplanned(terminal: Terminal, rotations: Sequence[DueRotation]) -> Mapping[Key, str]:
    """Why people begin the rotation of each secret that no schedule begins."""
    from bot.planned.ages.words import by_people

    catalog = terminal.application.files.loaded.catalog
    found = {
        (each.environment, each.secret): by_people(catalog.entry(each.secret, each.environment)) for each in rotations
    }
    return {key: why for key, why in found.items() if why}


def _waiting(terminal: Terminal) -> list[tuple[str, datetime]]:
    """What keeps a worker from looking at the schedule; nothing where the log cannot be asked, which is said anyway."""
    from bot.errors import LogError
    from bot.worker.background import waiting

    try:
        return list(waiting(terminal.event_log, ("schedule",)))
    except LogError:
        return []


def show(
    terminal: Terminal, looked: Looked, rotations: Sequence[DueRotation], planned: Mapping[Key, Planned],
    unplanned: Mapping[Key, str], *, every: bool,
) -> None:  # fmt: skip
    """A line for each secret that is due, the most pressing first, and one below it with what else is known."""
    from bot.planned.ages.words import when

    shown = [each for each in rotations if every or each.state in DUE or _late(planned, each)]
    wide = max((len(_name(each)) for each in shown), default=0)
    for each in shown:
        terminal.say(
            f"{each.state.upper():<8} {_name(each):<{wide}}  {when(each, looked.at)}", style=STYLES[each.state]
        )
        key = each.environment, each.secret
        begins, by_hand = _begins(planned.get(key)), unplanned.get(key)
        details = [*_details(each, looked.at), *([by_hand] if by_hand else begins)]
        terminal.say(" · ".join(details), indent=9, style="dim")
    for sentence in looked.trouble:
        terminal.say(f"Could not be asked: {sentence}", style="yellow")
    terminal.say(_summary(rotations), style="bold")
    if left := len(rotations) - len(shown):
        terminal.say(f"Not due: {left}. `bot rotation policy --all` shows them.")


def _late(planned: Mapping[Key, Planned], rotation: DueRotation) -> bool:
    found = planned.get((rotation.environment, rotation.secret))
    return found is not None and found.late


def _name(rotation: DueRotation) -> str:
    return f"{rotation.environment} {rotation.secret}"


def _begins(planned: Planned | None) -> list[str]:
    """When it is begun, or what it waits for."""
    if planned is None:
        return []
    if planned.starts_at is None:
        return [f"schedule: {planned.waits}"]
    late = ", LATE" if planned.late else ""
    return [f"begins {planned.starts_at:%Y-%m-%d %H:%M} UTC{late}", *([planned.waits] if planned.waits else [])]


def _details(rotation: DueRotation, now: datetime) -> list[str]:
    from bot.planned.ages.due import HOW_WORDS
    from bot.planned.ages.words import nobodys, put_off

    return [
        *nobodys(rotation),
        f"counts from: {rotation.age.words}" + (f" on {rotation.age.since:%Y-%m-%d}" if rotation.age.since else ""),
        f"owner: {rotation.owner.strip() or 'no one'}",
        HOW_WORDS[rotation.how],
        *([f"last: {rotation.last.words} ({rotation.last.incident})"] if rotation.last else []),
        *put_off(rotation, now),
    ]


def _summary(rotations: Sequence[DueRotation]) -> str:
    from bot.phrases.times import counted

    count = {state: sum(each.state == state for each in rotations) for state in STYLES}
    kept = sum(each.compliant for each in rotations)
    return (
        f"{counted(len(rotations), 'secret')}: {count['overdue']} overdue, {count['soon']} due within 14 days. "
        f"The policy is kept by {kept} of {len(rotations)}."
    )


def document(looked: Looked, planned: Mapping[Key, Planned], unplanned: Mapping[Key, str]) -> dict[str, object]:
    """What `--json` prints: each rotation as it is known, with what follows from that now."""
    return {
        "at": looked.at,
        "overdue": sum(each.state == "overdue" for each in looked.rotations),
        "compliant": sum(each.compliant for each in looked.rotations),
        "could_not_be_asked": looked.trouble,
        "secrets": [
            {
                **asdict(each),
                "age_days": each.age.days(looked.at),
                "schedule": _schedule(planned.get((each.environment, each.secret))),
                "begun_by_people_because": unplanned.get((each.environment, each.secret)),
            }
            for each in looked.rotations
        ],
    }


def _schedule(planned: Planned | None) -> dict[str, object] | None:
    """When it begins and ends, whether that is late, and what it waits for; None where no schedule begins it."""
    if planned is None:
        return None
    return {"begins": planned.starts_at, "ends": planned.ends_at, "late": planned.late, "waits": planned.waits}


# Commands that stop a provider's planned rotations and resume them.

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

    _change(terminal, StopProvider(provider, note))


def resume(terminal: Terminal, provider: Provider, *, note: Note) -> None:
    """Resume a provider's schedule that someone stopped. A failed run is retried or closed instead.

    For example:
      bot rotation resume openai --note 'their API answers again'
      bot rotation resume openai --note 'the quota was raised' --json
    """
    from bot.planned.rules.stops import ResumeProvider

    _change(terminal, ResumeProvider(provider, note), f"The schedule of {provider} continues.")


def show_stops(terminal: Terminal, stops: Sequence[Stop | Failing]) -> None:
    from bot.planned.rules.stops import Stop

    for each in stops:
        how = RESUME.format(provider=each.provider) if isinstance(each, Stop) else SETTLE.format(run=each.incident)
        terminal.say(f"STOPPED  {each.words}.", style="bold red")
        terminal.say(how, indent=9)


def _change(terminal: Terminal, body: StopProvider | ResumeProvider, done: str = "") -> None:
    """Gives it, and shows what is stopped after it. Misuse for a provider that no secret of the catalog is of: a typing
    mistake would stop nothing. Declined with the worker's words if it refuses.
    """
    from bot.errors import Misuse

    known = sorted({entry.provider for entry in terminal.application.files.loaded.catalog.entries})
    if body.provider not in known:
        raise Misuse(f"The catalog has no secret of {body.provider!r}; it has {', '.join(known)}.")
    tell_installation(terminal, body)
    stops = list(terminal.event_log.stops.current().stopped.values())
    terminal.document(stops)
    if done:
        terminal.say(done, style="bold green")
    show_stops(terminal, stops)
