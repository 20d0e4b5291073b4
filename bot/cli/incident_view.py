"""An incident on a terminal of any width: lines, not tables, and the truth first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cli import words
from bot.cli.documents import incident_document, severity_document
from bot.cli.terminal import Terminal
from bot.cli.todo_list import NOBODY, Seat, show_rows, show_todos
from bot.eventlog import Looked
from bot.incident.approval.basis import superseded
from bot.incident.approval.plan import plan_of
from bot.incident.clocks import clocks, notification
from bot.incident.lanes import access_lane, delete_lane, new_lane, old_lane
from bot.incident.model import StepState, Strategy
from bot.incident.paging.rules import announcement
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import blockers
from bot.incident.todos import Todo, needed, todos
from bot.incident.updates.rules import next_update_due
from bot.phrases.access import open_words
from bot.phrases.alive import alive_groups, names_of
from bot.phrases.closing import closed_by, tasks_beside
from bot.phrases.marks import plain
from bot.phrases.notices import count_words
from bot.phrases.paging import reach_words
from bot.phrases.plans import IF_FAILING, steps_so_far, superseded_words
from bot.phrases.readers import left_words, reader_words
from bot.phrases.rotations import disturbed, run_headline, run_lines
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, headline, hold_words, probe_words, target_words
from bot.phrases.team import override_lines, roles_words
from bot.phrases.times import after, counted, duration, listed
from bot.phrases.todos import rows_of

STEP_SIGNS = {StepState.WAITING: "[ ]", StepState.OPEN: "[>]", StepState.DONE: "[x]", StepState.SKIPPED: "[-]"}


def show_incident(
    terminal: Terminal,
    incident: Incident,
    now: datetime,
    meeting: Sequence[str] = (),
    looked: Looked | None = None,
    seat: Seat = NOBODY,
    of: str = "",
) -> None:
    """The whole of it, or `of` the secret of this name; the document of the whole under ``--json``. `meeting` is how
    people find each other without Slack. What was `looked` at and cannot be read to its end has no commands: none
    would be taken.
    """
    terminal.document(incident_document(incident, now, meeting, looked))
    if of:
        _one(terminal, incident, of, now, seat)
        return
    damaged = looked is not None and bool(looked.damage)
    if words := hold_words(incident):
        terminal.say(f"{plain(words)}.", style="bold red")
        terminal.command(f"bot incident resume {incident.id} --note WHY")
    for line in override_lines(incident):
        terminal.say(plain(line).partition(" ")[2], style="bold red")  # without its sign
    every = todos(incident, now)
    if incident.routine:
        _run(terminal, incident, meeting, now)
    else:
        _leak(terminal, incident, meeting, every, now)
    _steps(terminal, incident)
    terminal.say()
    if not incident.routine:
        _surroundings(terminal, incident)
    terminal.say(f"Channel: {incident.channel_url or incident.channel or 'none'}.")
    if incident.report.path:
        terminal.say(f"Report: {incident.report.path}")
    terminal.say()
    show_todos(terminal, incident, now, every, seat, commands=not damaged)


def _one(terminal: Terminal, incident: Incident, name: str, now: datetime, seat: Seat) -> None:
    """One secret, with what waits for people about it."""
    every = todos(incident, now)
    its = [one for one in every if one.secret == name]
    _secret(terminal, incident, incident.secrets[name], now)
    show_rows(terminal, incident, now, rows_of(one for one in its if one.choices), seat)
    others = len(every) - len(its)
    more = f"{counted(others, 'other to-do')}. " if others else ""
    terminal.say(f"{more}All of the incident: `bot show {incident.id}`.")


def _top(terminal: Terminal, incident: Incident, now: datetime) -> None:
    terminal.say(plain(headline(incident)), style="bold red" if incident.at_risk else "bold green")
    if incident.halted:
        terminal.say(f"HALTED: {incident.halted}.", style="bold red")
    terminal.say(f"{_state(incident, now)} after the declaration")
    due = next_update_due(incident)
    updates = f"; next status update by {due:%Y-%m-%d %H:%M} UTC" if due is not None else ""
    terminal.say(f"{capitalised(roles_words(incident))}{updates}.")
    terminal.say(f"{incident.title} (declared by {incident.declared.name} at {incident.declared.at:%H:%M:%S} UTC)")


def _leak(terminal: Terminal, incident: Incident, meeting: Sequence[str], every: Sequence[Todo], now: datetime) -> None:
    _top(terminal, incident, now)
    grave = severity_document(incident)
    terminal.say(f"{grave['words']}, {grave['because']}")
    _without_slack(terminal, incident, meeting)
    _alive(terminal, incident, every, now)
    for secret in incident.secrets.values():
        _secret(terminal, incident, secret, now)


def _run(terminal: Terminal, incident: Incident, meeting: Sequence[str], now: datetime) -> None:
    """A planned rotation: what is live, when the old key is revoked and who agrees; then what needs a person."""
    troubled = disturbed(incident)
    terminal.say(plain(capitalised(run_headline(incident))), style="bold red" if troubled else "bold green")
    terminal.say(f"{_state(incident, now)} after it began")
    terminal.say(f"{incident.title} (begun by {incident.declared.name} at {incident.declared.at:%H:%M:%S} UTC)")
    for line in run_lines(incident, now):
        terminal.say(plain(line), indent=2)
    _without_slack(terminal, incident, meeting)
    for secret in incident.secrets.values():
        for line in words.secret_lanes(incident, secret, now):
            terminal.say(f"{secret.name}: {line}", indent=2)


def _state(incident: Incident, now: datetime) -> str:
    state = f"closed by {closed_by(incident)}" if incident.closed else "open"
    age = duration(round(incident.age(incident.closed.at if incident.closed else now).total_seconds()))
    return f"{incident.id}  {incident.environment}  {state}, {age}"


def _alive(terminal: Terminal, incident: Incident, every: Sequence[Todo], now: datetime) -> None:
    """As on the card: which keys may still work, and why; and who has read them."""
    for _, why, secrets in alive_groups(incident, needed(incident, every, now), now):
        terminal.say(plain(f"{names_of(secrets)}: {why}"), style="bold red", indent=2)
    for said in reader_words(incident):
        terminal.say(plain(f"Readers: {said}. `bot todo {incident.id} readers`"), style="yellow")


def _without_slack(terminal: Terminal, incident: Incident, meeting: Sequence[str]) -> None:
    if incident.slack_untrusted:
        known = "; ".join(meeting) or "the people file names no bridge or phone number"
        terminal.say(f"NOT IN SLACK: it is not posted there, and commands from there don't count. Meet: {known}.")


def _secret(terminal: Terminal, incident: Incident, secret: SecretState, now: datetime) -> None:
    terminal.say()
    terminal.say(f"{secret.name}: {secret.entry.title}", style="bold")
    terminal.say(f"target  {plain(target_words(secret))}", indent=2)
    terminal.say(f"old     {words.old_words(secret)}", style=words.OLD_STYLES[secret.old_state], indent=2)
    terminal.say(f"new     {words.new_words(incident, secret)}", style=words.NEW_STYLES[secret.new_state], indent=2)
    if plan := words.strategy_words(incident, secret, now):
        terminal.say(f"plan    {plan}", indent=2)
    if used := use_words(secret):
        terminal.say(f"USED    {used}", style="bold yellow", indent=2)
    for line in words.secret_lanes(incident, secret, now):
        terminal.say(f"now     {line}", indent=2)
    last = secret.old.last_probe
    if last is not None and not secret.gone:
        terminal.say(f"probe   {plain(probe_words(last))}", indent=2)
    if secret.kept_as_evidence:
        terminal.say("key     disabled at its provider, kept until the investigation ends", indent=2)
    if secret.due_checks:
        terminal.say(
            f"access  {open_words(secret)}. `bot todo {incident.id} check:{secret.name}`", style="yellow", indent=2
        )
    elif secret.gone and (left := left_words(incident, secret.name)):
        terminal.say(f"access  {left}", style="yellow", indent=2)
    elif secret.checks and secret.gone:
        terminal.say("access  contained", style="green", indent=2)
    if secret.open_copies:
        names = listed([state.copy.name for state in secret.open_copies])
        terminal.say(f"copies  OPEN: {names}. `bot todo {incident.id} copy:{secret.name}`", style="yellow", indent=2)
    if secret.old.reappeared:
        terminal.say(f"BACK    it is back in {listed(secret.old.reappeared)}", style="bold red", indent=2)
    if taken := _times(incident, secret):
        terminal.say(f"clocks  {taken}", indent=2)


def _times(incident: Incident, secret: SecretState) -> str:
    """From the declaration; what has not come yet is left out."""
    times = clocks(incident, secret)
    reached = (
        ("key dead", times.contain_seconds),
        ("restored", times.restore_seconds),
    )
    return ", ".join(f"{what} {after(seconds)}" for what, seconds in reached if seconds is not None)


def _steps(terminal: Terminal, incident: Incident) -> None:
    terminal.say()
    terminal.say("Steps", style="bold")
    for step in incident.steps:
        ended = f" ({step.ended.name}{f': {step.reason}' if step.reason else ''})" if step.ended and step.over else ""
        waits = blockers(incident, step) if step.state is StepState.OPEN else ()
        left = plain(tasks_beside(incident, step)) if step.over else ""
        missing = f" - {'; '.join([*waits, left])}" if waits or left else ""
        sign, definition = STEP_SIGNS[step.state], step.definition
        terminal.say(f"{sign} {definition.id}: {definition.title}{ended}{missing}", indent=2)


def _surroundings(terminal: Terminal, incident: Incident) -> None:
    kinds = (old_lane, new_lane, access_lane, delete_lane)
    own = {kind(name) for name in incident.secrets for kind in kinds}
    second = f", fallback {incident.fallback.word}" if incident.fallback.word != "none" else ""
    reached = reach(incident)
    style = "bold red" if reached is Reach.NOBODY else ""
    terminal.say(f"Page: {reach_words(incident)} (pager {incident.page.word}{second}).", style=style)
    clock = notification(incident)
    if clock is not None:
        decided = count_words(incident) if clock.decided else f"UNDECIDED, due {clock.due:%m-%d %H:%M} UTC"
        about = f" ({listed(clock.data)} data)" if clock.data else ""
        terminal.say(f"Notification{about}: {decided}.")
    for lane in incident.lanes:
        for line in words.lane_words(incident, lane) if lane not in own else ():
            terminal.say(f"{lane}: {line}", style="yellow" if incident.lane(lane).failure else "")
    terminal.say(f"Prepared words for outside: {announcement(incident)}.")


def show_plan(terminal: Terminal, incident: Incident, secret: SecretState, now: datetime) -> None:
    """One secret's plan in words, on whose word it can go on, and its digest."""
    plan = plan_of(incident, secret)
    fails = f"; {IF_FAILING}" if plan.strategy is Strategy.OVERLAP else ""
    terminal.say(f"{plan.secret}: {plan.title} ({plan.strategy}{fails})", style="bold")
    terminal.say(f"old key {plain(target_words(secret))}", indent=2)
    for number, step in enumerate(steps_so_far(incident, secret, now), start=1):
        terminal.say(f"{number}. {step.words}", indent=2)
    if waits := words.strategy_words(incident, secret, now):
        terminal.say(waits, indent=2)
    if used := use_words(secret):
        terminal.say(used, style="bold yellow", indent=2)
    if changed := superseded_words(superseded(incident, secret)):
        terminal.say(f"{changed}.", style="bold yellow", indent=2)
    terminal.say(f"plan digest {plan.digest}", indent=2)
