"""The command that begins planned rotations: rotate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, chosen_environment, flag, option
from bot.cli.inbox import NoWait, Yes, answered, new_command_id
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.inbox import Declaration, Incidents
    from bot.incident.routine import Rotating
    from bot.incident.state import Incident
    from bot.planned.ages.looks import Looked

LONG = 60.0
"""Seconds: what comes later is not waited for at a terminal."""


def rotate(
    terminal: Terminal,
    secrets: Annotated[list[str] | None, argument("SECRET...", "Names from the catalog.")] = None,
    *,
    due: Annotated[bool, flag("--due", "All that are due or overdue (bot rotation policy).")] = False,
    environment: Annotated[str, option("--environment -e", "NAME", "Where: an environment of the catalog.")] = "",
    overlap: Annotated[str, option("--overlap", "TIME", "For how long both keys work: 90m, 24h, 3d.")] = "",
    note: Annotated[str, option("--note", "TEXT", "Why now; the report quotes it.")] = "",
    no_wait: NoWait = False,
    dry_run: Annotated[bool, flag("--dry-run", "Show what would happen; begin nothing.")] = False,
    yes: Yes = False,
) -> int:
    """Rotate keys as planned. No page; the new key is in use before the old one is revoked, where the provider holds
    two.

    Shows first who makes each key, when the old one is revoked, and who agrees; then asks. --dry-run only shows it.
    Each secret is a run of its own. One at a time at each provider, and none while an incident has the secret, its
    provider or a function that reads it. What cannot begin now is listed, with when it can.

    The old key is revoked once its owner and a second person have agreed; with planned: auto in the catalog, once every
    consumer has confirmed the new one. If a secret has leaked, declare that instead: bot declare.

    Exit status: 0 begun or over, 1 failed or nothing could begin, 2 misuse, 3 a new key is not in use, or an old one
    died before that.

    For example:
      bot rotate openai-api-key --dry-run
      bot rotate --due -e staging --yes
    """
    where = chosen_environment(terminal, environment)
    names = _names(terminal, secrets or [], where, due=due)
    lives = overlap_seconds(overlap) if overlap else None
    runs = _runs(terminal.incidents, names, where, lives, note)
    foreseen = _show(terminal, runs)
    planned = [one for plans in foreseen for one in plans]
    wanted = [run for run, plans in zip(runs, foreseen, strict=True) if any(one.begins for one in plans)]
    if dry_run or not wanted:
        terminal.document({"begun": [], "planned": planned})
        return status.FAILED if any(one.waits for one in planned) and not dry_run else status.DONE
    if not _agreed(terminal, wanted, yes=yes):
        terminal.hint("Nothing was begun.")
        return status.DONE
    begun = [state for run in wanted if (state := _begin(terminal, run)) is not None]
    if not begun:
        terminal.document({"begun": [], "planned": planned})
        return status.FAILED
    return _follow(terminal, begun, planned, no_wait=no_wait)


def _names(terminal: Terminal, secrets: list[str], environment: str, *, due: bool) -> list[str]:
    """Those named, and all that are due where that is said."""
    named = list(dict.fromkeys(secrets))
    if due:
        return [*named, *(name for name in _due(terminal, environment) if name not in named)]
    if not named:
        raise Misuse("Name the secrets to rotate, or use --due.")
    return named


def _due(terminal: Terminal, environment: str) -> list[str]:
    from bot.app.policies import policies

    with terminal.progress() as progress:
        looked = policies(terminal.application).look(environment, progress)
    for sentence in looked.trouble:
        terminal.hint(f"Could not be asked: {sentence}", style="yellow", warns=True)
    return due_of(looked, environment)


def due_of(looked: Looked, environment: str) -> list[str]:
    """What `bot rotation policy` calls due within two weeks, or overdue, without secrets whose age could not be asked:
    they may be young. Misuse where nothing is.
    """
    from bot.planned.ages.due import DueState

    wanted = {DueState.OVERDUE, DueState.SOON}
    here = [each for each in looked.rotations if each.environment == environment and not each.age.unasked]
    if not (found := [each.secret for each in here if each.state in wanted]):
        raise Misuse(f"No rotation is due in {environment}: `bot rotation policy` says when each is.")
    return found


def overlap_seconds(text: str) -> float:
    """``24h`` in seconds. Misuse for anything else, nothing too."""
    from bot.catalog.model import seconds

    if re.fullmatch(r"[1-9][0-9]{0,4}[smhd]", text) is None:
        raise Misuse(f"{text!r} is no length of an overlap; expected one like 90m, 24h or 3d.")
    return seconds(text)


def _runs(
    incidents: Incidents, names: Sequence[str], environment: str, overlap: float | None, because: str
) -> list[Declaration]:
    """A run for each secret; secrets that die together share one. Misuse for an unknown name or environment."""
    runs: list[Declaration] = []
    for name in names:
        if not any(name == choice.name for run in runs for choice in run.secrets):
            runs.append(incidents.resolver.rotation(name, environment, overlap=overlap, because=because))
    return runs


def _show(terminal: Terminal, runs: list[Declaration]) -> list[tuple[Rotating, ...]]:
    """On standard error: it is a word on the side of what the command prints."""
    from bot.phrases.marks import plain
    from bot.phrases.rotations import HEADING, rotating_words

    actor = terminal.application.askers.here().actor
    foreseen = terminal.incidents.foresee_rotations(runs, actor)
    terminal.hint(f"{HEADING}:", style="bold")
    for one in (one for plans in foreseen for one in plans):
        terminal.hint(f"  {plain(rotating_words(one))}")
    return foreseen


def _agreed(terminal: Terminal, runs: list[Declaration], *, yes: bool) -> bool:
    from bot.phrases.times import counted

    count = sum(len(run.secrets) for run in runs)
    if yes or not terminal.interactive:
        return True
    return typer.confirm(f"Rotate {counted(count, 'secret')}?", default=True, err=True)


def _begin(terminal: Terminal, declaration: Declaration) -> Incident | None:
    """The run; None where it was refused, which does not keep the others from being begun."""
    from bot.incident.overlap.strategy import incident_id

    command_id = new_command_id()
    answer = answered(terminal, incident_id(command_id), declaration, command_id)
    if answer.reason:
        terminal.hint(f"Not begun: {answer.reason}", style="red", warns=True)
        return None
    reply = terminal.client.reply(answer)
    names = ", ".join(choice.name for choice in declaration.secrets)
    if reply.events:
        terminal.hint(f"Began {reply.incident.id}: {names}.", style="bold")
    else:
        terminal.hint(f"Nothing new was begun: {names} is in {reply.incident.id}.", style="yellow", warns=True)
    return reply.incident


def _follow(terminal: Terminal, begun: list[Incident], planned: list[Rotating], *, no_wait: bool) -> int:
    """Until each waits for people, or for its overlap."""
    from bot.cli.follow import carry_through
    from bot.phrases.marks import plain
    from bot.phrases.rotations import disturbed, run_lines

    states = begun if no_wait else [carry_through(terminal, run.id, at_rest, since=run.seq) for run in begun]
    terminal.document({"begun": [_run(state) for state in states], "planned": planned})
    now = terminal.clock()
    for state in states:
        for line in run_lines(state, now):
            terminal.say(f"{state.id}  {plain(line)}")
    harmed = any(disturbed(state) for state in states)
    return status.AT_RISK if harmed and not no_wait else status.DONE


def at_rest(incident: Incident, now: datetime) -> bool:
    """Whether nothing runs, and nothing is to come by itself within a minute."""
    from bot.cli.follow import settled
    from bot.incident.schedule import agenda

    if any(lane.claim is not None for lane in incident.lanes.values()):
        return False
    soon = [work for work in agenda(incident, now) if (work.ready_at - now).total_seconds() < LONG]
    return not soon or settled(incident, now)


def _run(incident: Incident) -> dict[str, object]:
    return {
        "run": incident.id,
        "state": "open" if incident.open else "closed",
        "secrets": [
            {"name": name, "old": secret.old_state, "new": secret.new_state}
            for name, secret in incident.secrets.items()
        ],
    }
