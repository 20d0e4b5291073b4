"""Commands that look: list, show, timeline, plan. None of them needs AWS."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import argument, flag
from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError
from bot.model.playbooks import RunKind
from bot.phrases.times import counted, not_proven_words

if TYPE_CHECKING:
    from bot.eventlog import Looked, Summary
    from bot.incident.state import Incident

IncidentId = Annotated[str, argument("INCIDENT", "Its id, such as inc_ab12cd.")]
SecretName = Annotated[str, argument("SECRET", "Its name in the catalog.")]


def tell_waiting(terminal: Terminal) -> None:
    """Tells the reader that commands wait for a worker."""
    from bot.phrases.times import counted

    if waits := terminal.application.unattended():
        commands = counted(waits, "command")
        terminal.hint(f"No worker runs; {commands} wait in the inbox. Start `bot work`.", style="bold red", warns=True)


def meeting_of(terminal: Terminal, incident: Incident) -> tuple[str, ...]:
    """How people find each other, where Slack is not to know of the incident. A people file that cannot be read must
    not keep the incident from being shown.
    """
    if not incident.slack_untrusted:
        return ()
    try:
        return terminal.application.files.people.meeting
    except ConfigurationError as error:
        terminal.hint(str(error), style="red", warns=True)
        return ()


def _tell_house(terminal: Terminal) -> None:
    """What holds for every incident, before any of them."""
    from bot.cli.trust import tell_trust, tell_word

    if mistake := terminal.application.mistake():
        terminal.hint(f"The catalog or a playbook has a mistake: {mistake}", style="bold red", warns=True)
    tell_waiting(terminal)
    tell_trust(terminal)
    tell_word(terminal)


def list_(
    terminal: Terminal,
    *,
    only: Annotated[bool | None, flag("--open/--closed", "Only those; all by default.")] = None,
) -> None:
    """List incidents, the newest first; planned rotations stand apart below them.

    For example:
      bot list
      bot list --open --json
    """
    from msgspec.structs import asdict

    from bot.eventlog.damage import Damages

    wanted = None if only is None else "open" if only else "closed"
    found = terminal.register.incidents(wanted)
    _tell_house(terminal)
    damaged = Damages(terminal.register.cursors).noted()
    terminal.document([{**asdict(each), "damaged": each.incident in damaged} for each in found])
    if not found:
        log = terminal.application.log_name
        terminal.say(f"There is no {wanted + ' ' if wanted else ''}incident in the event log {log}.")
    runs = [summary for summary in found if summary.kind != RunKind.COMPROMISE]
    for summary in found:
        if summary.kind == RunKind.COMPROMISE:
            _tell(terminal, summary, damaged, "declared")
    if runs:
        terminal.say("Planned: no page", style="bold")
    for summary in runs:
        _tell(terminal, summary, damaged, "begun", kind=f"{summary.kind}  ", indent=2)


def _tell(
    terminal: Terminal, summary: Summary, damaged: Collection[str], began: str, *, kind: str = "", indent: int = 0
) -> None:
    keys, broken = not_proven_words(summary.alive, len(summary.secrets)), summary.incident in damaged
    style = "red" if not kind and (summary.alive or broken) else ""
    line = f"{summary.incident}  {kind}{state_words(summary)}  {summary.environment}  {keys}"
    terminal.say(line, style=style, indent=indent)
    if broken:
        said = f"DAMAGED: nothing runs for it. `bot show {summary.incident}` shows the damage."
        terminal.say(said, style="bold red", indent=indent + 2)
    by = f"{began} {summary.declared_at:%Y-%m-%d %H:%M} UTC by {summary.declared_by}"
    terminal.say(f"{summary.title} ({by})", indent=indent + 2)


def state_words(summary: Summary) -> str:
    """``open``, ``closed``, or ``closed with 3 open items``, which its author accepted."""
    left = summary.closed_over
    return f"{summary.state} with {counted(left, 'open item')}" if left else summary.state


def show(terminal: Terminal, incident: IncidentId) -> int:
    """Show an incident: what is true now, each key's state, and what to do next.

    For example:
      bot show inc_ab12cd
      bot show inc_ab12cd --json
    """
    from bot.cli.incident_view import show_incident
    from bot.cli.todo_list import seat_of

    looked = terminal.event_log.look(incident)
    if looked.damage:
        state = "THIS PROGRAM IS TOO OLD" if looked.too_old else "DAMAGED"
        terminal.hint(
            f"{state}: {looked.damage}. Nothing runs for {incident}. Below is its last readable state.",
            style="bold red",
            warns=True,
        )
    _tell_house(terminal)
    meeting, seat = meeting_of(terminal, looked.incident), seat_of(terminal)
    show_incident(terminal, looked.incident, terminal.clock(), meeting, looked, seat)
    if looked.damage:
        _by_hand(terminal, looked)
        return status.FAILED
    return status.of_keys(looked.incident)


def _by_hand(terminal: Terminal, looked: Looked) -> None:
    """What to do if no command would be accepted: how to find out, and how to revoke each secret without it. The list
    may know secrets that the readable part does not name.
    """
    incident, line = looked.incident, terminal.register.summary(looked.incident.id)
    terminal.say()
    terminal.say("Next (this incident takes no commands)", style="bold")
    if looked.too_old:
        terminal.say("Read it with the newer program that wrote it.", indent=2)
    else:
        terminal.command(f"bot log verify {incident.id}")
        terminal.say("shows what was changed; the database backup has the original", indent=4)
    names = dict.fromkeys([*incident.secrets, *(line.secrets if line is not None else ())])
    environment = incident.environment or (line.environment if line is not None else "")
    for name in names:
        if name not in incident.secrets or not incident.secrets[name].gone:
            terminal.command(f"bot runbook {name} -e {environment}")
            terminal.say(f"how to revoke {name} by hand", indent=4)


def timeline(
    terminal: Terminal,
    incident: IncidentId,
    *,
    everything: Annotated[bool, flag("--all", "Also internal details.")] = False,
) -> None:
    """Show what happened, in order.

    For example:
      bot incident timeline inc_ab12cd
      bot incident timeline inc_ab12cd --all
    """
    from bot.incident.events import kind_of
    from bot.phrases.events import sentence

    event_log = terminal.event_log
    state, rows = event_log.load(incident), []
    for recorded in event_log.events(incident):
        text = sentence(recorded, state)
        if text is None and not everything:
            continue
        kind = kind_of(recorded.event)
        rows.append({"seq": recorded.seq, "at": recorded.at, "actor": recorded.actor, "kind": kind, "text": text})
        terminal.say(f"{recorded.seq:>4}  {recorded.at:%m-%d %H:%M:%S}  {text or f'({kind})'}")
    terminal.document(rows)


def plan(terminal: Terminal, incident: IncidentId) -> int:
    """Show what will be done about each secret, and the digest that an approval is bound to.

    For example:
      bot incident plan inc_ab12cd
      bot incident plan inc_ab12cd --json
    """
    from bot.cli.documents import plan_document
    from bot.cli.incident_view import show_plan

    now = terminal.clock()
    state = terminal.event_log.load(incident)
    terminal.document(plan_document(state, now))
    for each in state.secrets.values():
        show_plan(terminal, state, each, now)
    _waiting(terminal, state, now)
    return status.DONE


def _waiting(terminal: Terminal, incident: Incident, now: datetime) -> None:
    request = incident.request
    if request is None or now >= request.until:
        terminal.say("Nothing waits for approval.")
        return
    digest = request.digest
    terminal.say(f"Waits for approval until {request.until:%H:%M:%S} UTC, digest {digest}:", style="bold")
    terminal.command(f"bot approve {incident.id} --digest {digest[:16]}")
