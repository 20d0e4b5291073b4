"""Consents to a revocation: one person's to an immediate one (revoke), and the second person's to a plan (approve)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

from bot.cli import inbox
from bot.cli.arguments import argument, flag, option
from bot.cli.inbox import AtWorker, Note, NoWait, Yes, ask, ask_and_show, follow
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import ApprovePlan
    from bot.incident.state import Incident


def revoke(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str], argument("SECRET...", "Which to revoke; several only with --break-glass.")],
    *,
    break_glass: Annotated[bool, flag("--break-glass", "Without a second approver, with a reason.")] = False,
    note: Note = "",
    at_worker: AtWorker = False,
    yes: Yes = False,
    no_wait: NoWait = False,
) -> int:
    """Revoke the old key now, with either strategy. Shows the effect, and asks.

    With --break-glass no second person is needed. Everyone is told, and it heads the report until another person
    reviews it, by `bot incident review`. Add --at-worker on the worker's own host if AWS cannot say who anyone is,
    Slack is down and there is no SSH key: then nothing proves who you are.

    For example:
      bot revoke inc_ab12cd openai-api-key
      bot revoke inc_ab12cd openai-api-key --break-glass --note 'AWS is down' --at-worker
    """
    if break_glass:
        return _break_glass(terminal, incident, tuple(secrets), note, at_worker=at_worker, yes=yes, no_wait=no_wait)
    if len(secrets) > 1 or at_worker:
        raise Misuse("Revoke one key at a time; several, and --at-worker, only with --break-glass and --note.")
    return _revoke(terminal, incident, secrets[0], yes=yes, no_wait=no_wait)


def _revoke(terminal: Terminal, incident: str, secret: str, *, yes: bool, no_wait: bool) -> int:
    """Waits for it where someone else has begun it already."""
    from bot.incident.approval.plan import plan_of
    from bot.incident.commands import KillNow
    from bot.incident.refusals import Declined, secret_named

    state = terminal.incidents.load(incident)
    meant = secret_named(state, secret)
    if not _being_killed(state, secret):
        _sure(terminal, state, [secret], yes=yes)
    try:
        state = ask(terminal, incident, KillNow(secret, plan_of(state, meant, at_once=True).digest))
    except Declined as declined:
        state = terminal.incidents.load(incident)
        if not _being_killed(state, secret):
            raise
        terminal.hint(str(declined))
    return follow(terminal, state, no_wait=no_wait)


def _break_glass(
    terminal: Terminal, incident: str, names: Sequence[str], note: str, *, at_worker: bool, yes: bool, no_wait: bool
) -> int:
    from bot.incident.approval.plan import end_of
    from bot.incident.commands import BreakGlass
    from bot.incident.refusals import secret_named

    if not note.strip():
        raise Misuse("Explain why it cannot wait: add --note TEXT.")
    asker = None
    if at_worker:
        _demand_inside(terminal, incident, names)
        asker = inbox.at_worker(terminal)
    state = terminal.event_log.look(incident).incident
    _sure(terminal, state, names, yes=yes)
    shown = {name: end_of(state, secret_named(state, name)) for name in names}
    return ask_and_show(terminal, incident, BreakGlass(shown, note), no_wait=no_wait, asker=asker)


def _sure(terminal: Terminal, incident: Incident, secrets: Iterable[str], *, yes: bool) -> None:
    """Shows what it does to revoke these now, and asks, where someone can be asked. typer.Abort for a no."""
    from bot.phrases.approvals import kill_lines
    from bot.phrases.marks import plain

    for name in secrets:
        if name in incident.secrets:
            terminal.hint(f"{name}: {incident.secrets[name].entry.title}", style="bold")
            for line in kill_lines(incident, incident.secrets[name]):
                terminal.hint(f"  {plain(line)}")
    terminal.sure("Revoke now?", yes=yes)


def _being_killed(incident: Incident, name: str) -> bool:
    secret = incident.secrets.get(name)
    return secret is not None and (secret.gone or secret.old.revoked_at is not None or secret.kill is not None)


def _demand_inside(terminal: Terminal, incident: str, secrets: Iterable[str]) -> None:
    """Glass is broken for secrets of an incident. Misuse says how one that is in none gets into one."""
    state = terminal.event_log.look(incident).incident
    for name in secrets:
        if name in state.secrets:
            continue
        holder = terminal.event_log.incident_of(state.environment, name)
        if holder is not None:
            raise Misuse(f"{name} is part of {holder}, not of {incident}: break the glass there.")
        raise Misuse(
            f"{name} is in no incident yet. Declare it: `bot declare {name} -e {state.environment} --notice TEXT "
            "--at-worker`, then break the glass in that incident."
        )


# What the second person says to a plan: agrees, or refuses it.

Digest = Annotated[str, option("--digest", "HEX", "What you looked at: 16 digits, from `bot incident plan`.")]
SHORTEST_DIGEST = 12


def approve(
    terminal: Terminal,
    incident: IncidentId,
    *,
    digest: Digest = "",
    refuse: Annotated[bool, flag("--refuse", "Refuse it, with a reason.")] = False,
    note: Annotated[str, option("--note", "TEXT", "Why not; shown to the requester.")] = "",
    no_wait: NoWait = False,
) -> int:
    """Agree as the second person to the plan that waits, or refuse it. `bot answer` agrees to proposals.

    For example:
      bot approve inc_ab12cd --digest 4f1c9a02b7de5566
      bot approve inc_ab12cd --refuse --note 'the consumers are well again'
    """
    from bot.incident.commands import RejectPlan

    state = terminal.incidents.load(incident)
    if refuse:
        body = RejectPlan(_of_request(state, digest) or _requested(state), note)
        return ask_and_show(terminal, incident, body, no_wait=True)
    return ask_and_show(terminal, incident, _approval(terminal, state, digest), no_wait=no_wait)


def _approval(terminal: Terminal, incident: Incident, digest: str) -> ApprovePlan:
    """Without a digest it shows the plan and asks: people approve only what they have seen."""
    from bot.cli.incident_view import show_plan
    from bot.incident.commands import ApprovePlan

    if digest or incident.request is None:
        return ApprovePlan(_of_request(incident, digest))
    current = incident.request.digest
    if not terminal.shown:
        raise Misuse(
            f"Name the plan you approve: `bot incident plan {incident.id}` shows the line to type, with --digest."
        )
    for name in incident.request.plans:
        show_plan(terminal, incident, incident.secrets[name], terminal.clock())
    terminal.sure("Approve this?")
    return ApprovePlan(current)


def _requested(incident: Incident) -> str:
    return incident.request.digest if incident.request is not None else ""


def _in_full(current: str, digest: str) -> str:
    """The whole digest for its beginning. An unknown one is passed on, so that the rules say what changed."""
    if digest and len(digest) < SHORTEST_DIGEST:
        raise Misuse(f"Give at least {SHORTEST_DIGEST} digits of the digest.")
    return current if digest and current.startswith(digest) else digest


def _of_request(incident: Incident, digest: str) -> str:
    """The whole digest of the request for approval. Misuse for a single plan's, which is shown beside it."""
    from bot.incident.approval.plan import plan_of

    full = _in_full(_requested(incident), digest)
    plans = [plan_of(incident, secret).digest for secret in incident.secrets.values()]
    if full != _requested(incident) and digest and any(plan.startswith(digest) for plan in plans):
        raise Misuse(f"No request has that digest: `bot incident plan {incident.id}` has the line.")
    return full
