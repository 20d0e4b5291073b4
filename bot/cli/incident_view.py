"""An incident on a terminal of any width: lines, not tables, and the truth first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cli import words
from bot.cli.documents import incident_document, severity_document
from bot.cli.next_actions import next_actions
from bot.cli.terminal import Terminal
from bot.eventlog import Looked
from bot.incident.access.checks import checks_of
from bot.incident.approval.basis import superseded
from bot.incident.approval.plan import plan_of
from bot.incident.clocks import clocks, notification
from bot.incident.closing.open_items import open_items
from bot.incident.lanes import access_lane, delete_lane, new_lane, old_lane
from bot.incident.model import OPERATOR, StepState
from bot.incident.needs import Need, needs
from bot.incident.offers import urged
from bot.incident.old_value.rules import own_words
from bot.incident.paging.rules import announcement
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import blockers
from bot.incident.updates.rules import next_update_due
from bot.phrases.access import open_words
from bot.phrases.alive import alive_groups, names_of, why_not_dead
from bot.phrases.closing import by_whom, closed_by, closed_over, tasks_beside
from bot.phrases.hold import hold_words
from bot.phrases.marks import plain
from bot.phrases.needs import need_title, need_words
from bot.phrases.notices import count_words
from bot.phrases.paging import reach_words
from bot.phrases.plans import if_failing_words, steps_so_far, superseded_words
from bot.phrases.readers import left_words, reader_words
from bot.phrases.rotations import disturbed, run_headline, run_lines
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, headline, probe_words, target_words
from bot.phrases.team import roles_words, trust_words
from bot.phrases.times import after, counted, duration, listed
from bot.phrases.typed import command_line

STEP_SIGNS = {StepState.WAITING: "[ ]", StepState.OPEN: "[>]", StepState.DONE: "[x]", StepState.SKIPPED: "[-]"}


def show_incident(
    terminal: Terminal, incident: Incident, now: datetime, meeting: Sequence[str] = (), looked: Looked | None = None
) -> None:
    """The whole of it; the document under ``--json``. `meeting` is how people find each other without Slack. What was
    `looked` at and cannot be read to its end has no commands: none would be taken.
    """
    terminal.document(incident_document(incident, now, meeting, looked))
    damaged = looked is not None and bool(looked.damage)
    if words := hold_words(incident):
        terminal.say(f"{words}.", style="bold red")
        terminal.command(f"bot incident resume {incident.id} --note WHY")
    if incident.routine:
        _run(terminal, incident, meeting, now, damaged=damaged)
        return
    _top(terminal, incident, now)
    grave = severity_document(incident)
    terminal.say(f"{grave['words']}, {grave['because']}")
    _without_slack(terminal, incident, meeting)
    _alive(terminal, incident, now, commands=not damaged)
    for secret in incident.secrets.values():
        _secret(terminal, incident, secret, now)
    _steps(terminal, incident)
    _tasks(terminal, incident)
    _access(terminal, incident)
    _open_items(terminal, incident, commands=not damaged)
    _surroundings(terminal, incident)
    if not damaged:
        show_next(terminal, incident, now)


def show_secret(
    terminal: Terminal, incident: Incident, secret: SecretState, now: datetime, meeting: Sequence[str] = ()
) -> None:
    """What is true of one secret, what happens next and what it needs of a person, in a few lines. The document is that
    of the whole incident.
    """
    terminal.document(incident_document(incident, now, meeting))
    wanted = needs(incident, urged(incident, now), now) if incident.open else []
    its = next((need for need in wanted if need.secret == secret.name), None)
    terminal.say(f"{secret.name}: {secret.entry.title}", style="bold")
    terminal.say(f"new     {words.new_words(incident, secret)}", style=words.NEW_STYLES[secret.new_state], indent=2)
    old = words.old_words(secret) if secret.gone else plain(why_not_dead(incident, secret, its, now))
    terminal.say(f"old     {old}", style=words.OLD_STYLES[secret.old_state], indent=2)
    for line in words.secret_lanes(incident, secret, now):
        terminal.say(f"now     {line}", indent=2)
    if its is not None:
        _need(terminal, incident, its)
    others = len(wanted) - (its is not None)
    more = f"{counted(others, 'other thing')} {'needs' if others == 1 else 'need'} a person. " if others else ""
    terminal.say(f"{more}All of the incident: `bot show {incident.id}`.")


def _top(terminal: Terminal, incident: Incident, now: datetime) -> None:
    terminal.say(plain(headline(incident)), style="bold red" if incident.at_risk else "bold green")
    if over := closed_over(incident):
        terminal.say(f"CLOSED OVER WHAT IS NOT DONE: {plain(over)}", style="bold red")
    for secret in incident.secrets.values():
        if secret.broken is not None:
            name = secret.broken.name
            who = "an operator at the worker's host, IDENTITY UNPROVEN," if name == OPERATOR else name
            review = f"reviewed by {secret.reviewed_by}" if secret.reviewed_by else "NOT REVIEWED"
            terminal.say(f"GLASS WAS BROKEN by {who} for {secret.name}, {review}.", style="bold magenta")
    for secret in incident.secrets.values():
        if secret.own:
            terminal.say(
                f"THE BOT'S OWN: {secret.name}, and {own_words(secret.own, planned=incident.routine)}", style="bold red"
            )
    if incident.halted:
        terminal.say(f"HALTED: {incident.halted}.", style="bold red")
    terminal.say(f"{_state(incident, now)} after the declaration")
    due = next_update_due(incident)
    updates = f"; next status update by {due:%Y-%m-%d %H:%M} UTC" if due is not None else ""
    terminal.say(f"{roles_words(incident)}{updates}.")
    terminal.say(f"{incident.title} (declared by {incident.declared.name} at {incident.declared.at:%H:%M:%S} UTC)")


def _run(terminal: Terminal, incident: Incident, meeting: Sequence[str], now: datetime, *, damaged: bool) -> None:
    """A planned rotation: what is live, when the old value ends and on whose word; then what needs a person."""
    troubled = disturbed(incident)
    terminal.say(plain(capitalised(run_headline(incident))), style="bold red" if troubled else "bold green")
    terminal.say(f"{_state(incident, now)} after it began")
    terminal.say(f"{incident.title} (begun by {incident.declared.name} at {incident.declared.at:%H:%M:%S} UTC)")
    for line in run_lines(incident, now):
        terminal.say(plain(line), indent=2)
    _without_slack(terminal, incident, meeting)
    _needed(terminal, incident, now, commands=not damaged)
    for secret in incident.secrets.values():
        for line in words.secret_lanes(incident, secret, now):
            terminal.say(f"{secret.name}: {line}", indent=2)
    _steps(terminal, incident)
    _tasks(terminal, incident)
    _open_items(terminal, incident, commands=not damaged)
    terminal.say()
    terminal.say(f"Channel: {incident.channel_url or incident.channel or 'none'}.")
    if incident.report.path:
        terminal.say(f"Report: {incident.report.path}")
    if not damaged:
        show_next(terminal, incident, now)


def _state(incident: Incident, now: datetime) -> str:
    state = f"closed by {closed_by(incident)}" if incident.closed else "open"
    age = duration(round(incident.age(incident.closed.at if incident.closed else now).total_seconds()))
    return f"{incident.id}  {incident.environment}  {state}, {age}"


def _alive(terminal: Terminal, incident: Incident, now: datetime, *, commands: bool) -> None:
    """As on the card: what is alive and why, what needs a person with what is typed for it, readers and checks."""
    offers = urged(incident, now)
    for _, why, secrets in alive_groups(incident, offers, now):
        terminal.say(plain(f"{names_of(secrets)}: {why}"), style="bold red", indent=2)
    _needed(terminal, incident, now, commands=commands)
    for said in reader_words(incident):
        terminal.say(plain(f"Readers: {said}. `bot todo {incident.id} readers`"), style="yellow")


def _needed(terminal: Terminal, incident: Incident, now: datetime, *, commands: bool) -> None:
    offers = urged(incident, now)
    wanted = needs(incident, offers, now) if incident.open else []
    if wanted:
        terminal.say()
        terminal.say(f"Needs a person: {len(wanted)}", style="bold")
    for need in wanted:
        _need(terminal, incident, need, commands=commands)


def _need(terminal: Terminal, incident: Incident, need: Need, *, commands: bool = True) -> None:
    terminal.say(plain(f"{need_title(incident, need)}: {need_words(incident, need)}"), indent=2)
    lines = [command_line(incident, offer, need.offers) for offer in need.offers if commands]
    for line in dict.fromkeys(lines):
        terminal.command(line)


def _without_slack(terminal: Terminal, incident: Incident, meeting: Sequence[str]) -> None:
    lost = incident.trust
    if lost.people or not lost.slack:
        terminal.say(f"{trust_words(lost.people, slack=lost.slack)}.", style="bold red")
    if incident.slack_untrusted:
        known = "; ".join(meeting) or "the people file names neither a bridge nor a telephone number"
        terminal.say(f"NOT IN SLACK: nothing of it is posted there, and nothing from there counts. Meet: {known}.")


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
        terminal.say("key     switched off at its provider, kept until the investigation is over", indent=2)
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
        terminal.say(f"BACK    it stands again in {listed(secret.old.reappeared)}", style="bold red", indent=2)
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


def _tasks(terminal: Terminal, incident: Incident) -> None:
    tasks = [task for task in incident.tasks.values() if task.open]
    if tasks:
        terminal.say()
        terminal.say("Open tasks", style="bold")
    for task in tasks:
        terminal.say(f"{task.id}  {task.title} ({by_whom(task)})", indent=2)


def _access(terminal: Terminal, incident: Incident) -> None:
    checks = checks_of(incident.secrets.values())
    if checks.open:
        terminal.say()
        terminal.say(f"Access: {checks.in_full}. `bot todo {incident.id} checks`", style="yellow")


def _open_items(terminal: Terminal, incident: Incident, *, commands: bool) -> None:
    items = open_items(incident) if incident.open else ()
    if any(not item.must for item in items):
        terminal.say()
        terminal.say("Open before the close", style="bold")
    for item in items:
        if not item.must:
            terminal.say(f"{item.key}  {item.words}", indent=2)
    if steps := [item for item in items if item.must]:
        terminal.say()
        terminal.say("Before the close as well, done or skipped: --accept takes none of these", style="bold")
        for item in steps:
            terminal.say(f"{item.subject}  {item.words}", indent=2)
        for how in ("done", "skipped --note WHY") if commands else ():
            terminal.command(f"bot answer {incident.id} step:STEP {how}")


def _surroundings(terminal: Terminal, incident: Incident) -> None:
    terminal.say()
    kinds = (old_lane, new_lane, access_lane, delete_lane)
    own = {kind(name) for name in incident.secrets for kind in kinds}
    second = f", fallback {incident.fallback.word}" if incident.fallback.word != "none" else ""
    reached = reach(incident)
    style = "bold red" if reached is Reach.NOBODY else ""
    terminal.say(f"Page: {reach_words(incident)} (pager {incident.page.word}{second}).", style=style)
    terminal.say(f"Channel: {incident.channel_url or incident.channel or 'none'}.")
    clock = notification(incident)
    if clock is not None:
        decided = count_words(incident) if clock.decided else f"UNDECIDED, due {clock.due:%m-%d %H:%M} UTC"
        about = f" ({listed(clock.data)} data)" if clock.data else ""
        terminal.say(f"Notification{about}: {decided}.")
    for lane in incident.lanes:
        for line in words.lane_words(incident, lane) if lane not in own else ():
            terminal.say(f"{lane}: {line}", style="yellow" if incident.lane(lane).failure else "")
    if incident.report.path:
        terminal.say(f"Report: {incident.report.path}")
    terminal.say(f"What may be said outside, in words laid down beforehand: {announcement(incident)}.")


def show_next(terminal: Terminal, incident: Incident, now: datetime) -> None:
    """The commands that make sense now."""
    actions = next_actions(incident, now)
    if not actions:
        return
    terminal.say()
    terminal.say("Next", style="bold")
    for action in actions:
        terminal.command(action.command)
        terminal.say(action.why, indent=4)


def show_plan(terminal: Terminal, incident: Incident, secret: SecretState, now: datetime) -> None:
    """One secret's plan in words, on whose word it can go on, and its digest."""
    plan = plan_of(incident, secret)
    fails = f"; {if_failing_words(plan.if_failing)}" if plan.if_failing is not None else ""
    terminal.say(f"{plan.secret}: {plan.title} ({plan.strategy}{fails})", style="bold")
    terminal.say(f"old value {plain(target_words(secret))}", indent=2)
    for number, step in enumerate(steps_so_far(incident, secret, now), start=1):
        terminal.say(f"{number}. {step}", indent=2)
    if waits := words.strategy_words(incident, secret, now):
        terminal.say(waits, indent=2)
    if used := use_words(secret):
        terminal.say(used, style="bold yellow", indent=2)
    if changed := superseded_words(superseded(incident, secret)):
        terminal.say(f"{changed}.", style="bold yellow", indent=2)
    terminal.say(f"plan digest {plan.digest}", indent=2)
