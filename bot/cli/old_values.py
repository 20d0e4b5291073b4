"""Commands about old values: how they are ended, by whose word, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import inbox
from bot.cli.arguments import argument, flag, option
from bot.cli.declare import parse_if_failing, parse_strategy
from bot.cli.inbox import AtWorker, NoWait, Reason, Yes, ask, ask_and_show, follow
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident


def kill(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, yes: Yes = False, no_wait: NoWait = False
) -> int:
    """Revoke the old value now, whatever the strategy: shows what that does, and asks. Waits if already in progress.

    For example:
      bot kill inc_ab12cd openai-api-key
      bot kill inc_ab12cd openai-api-key --no-wait
    """
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


def _sure(terminal: Terminal, incident: Incident, secrets: Iterable[str], *, yes: bool) -> None:
    """Shows what it does to revoke these now, and asks, where somebody can be asked. typer.Abort for a no."""
    from bot.phrases.approvals import kill_lines
    from bot.phrases.marks import plain

    for name in secrets:
        if name in incident.secrets:
            terminal.hint(f"{name}: {incident.secrets[name].entry.title}", style="bold")
            for line in kill_lines(incident, incident.secrets[name]):
                terminal.hint(f"  {plain(line)}")
    if terminal.interactive and not yes and not typer.confirm("Revoke now?", default=False, err=True):
        raise typer.Abort


def _being_killed(incident: Incident, name: str) -> bool:
    secret = incident.secrets.get(name)
    return secret is not None and (secret.gone or secret.old.revoked_at is not None or secret.kill is not None)


def break_glass(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str] | None, argument("SECRET...", "Which to revoke.")] = None,
    *,
    reason: Reason,
    review: Annotated[bool, flag("--review", "It was right, or not: by another person, of these or of all.")] = False,
    at_worker: AtWorker = False,
    yes: Yes = False,
    no_wait: NoWait = False,
) -> int:
    """Revoke without the second person: shows what that does, and asks. Everybody is told; until another person has
    reviewed it, with --review, it heads the report.

    With --at-worker, at the worker's own host, without any proof of who you are: for when AWS cannot say who anybody
    is, Slack is down and nobody has an SSH key at hand.

    For example:
      bot break-glass inc_ab12cd openai-api-key --reason 'AWS is down' --at-worker
      bot break-glass inc_ab12cd --review --reason 'right: nobody else was awake'
    """
    from bot.incident.approval.kills import glass_digest
    from bot.incident.approval.plan import end_of
    from bot.incident.commands import BreakGlass, ReviewGlass
    from bot.incident.refusals import secret_named

    names = tuple(secrets or ())
    if review:
        seen = glass_digest(terminal.incidents.load(incident), names)
        return ask_and_show(terminal, incident, ReviewGlass(reason, seen, names), no_wait=True)
    if not names:
        raise Misuse("Name the secrets to revoke: `bot break-glass INCIDENT SECRET... --reason TEXT`.")
    asker = None
    if at_worker:
        _demand_inside(terminal, incident, names)
        asker = inbox.at_worker(terminal)
    state = terminal.event_log.look(incident).incident
    _sure(terminal, state, names, yes=yes)
    shown = {name: end_of(state, secret_named(state, name)) for name in names}
    return ask_and_show(terminal, incident, BreakGlass(shown, reason), no_wait=no_wait, asker=asker)


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
            "--at-worker`, then break the glass in the incident which that opens."
        )


def strategy(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    chosen: Annotated[str, typer.Argument(metavar="kill-first|overlap")],
    *,
    reason: Reason,
    if_failing: Annotated[
        str, option("--if-failing", "keep|end", "The old key, while consumers fail at an overlap's end.")
    ] = "keep",
    no_wait: NoWait = False,
) -> int:
    """Change how a secret's old value is ended. Towards overlap a second person must agree.

    For example:
      bot strategy inc_ab12cd openai-api-key kill-first --reason 'it is being used'
      bot strategy inc_ab12cd openai-api-key overlap --reason 'payments hang on it'
    """
    from bot.incident.commands import ChooseStrategy

    body = ChooseStrategy(secret, parse_strategy(chosen), reason, parse_if_failing(if_failing))
    return ask_and_show(terminal, incident, body, no_wait=no_wait)


def abuse(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    seen: Annotated[str, argument("WHAT_WAS_SEEN", "Who was seen using it, when, for what.")],
    *,
    no_wait: NoWait = False,
) -> int:
    """Record that somebody uses the leaked value. An overlap ends with that.

    For example:
      bot abuse inc_ab12cd openai-api-key 'completions from an address in no region of ours'
      bot abuse inc_ab12cd sendgrid-api-key '40,000 mails since 02:10' --no-wait
    """
    from bot.incident.commands import RecordAbuse

    return ask_and_show(terminal, incident, RecordAbuse(secret, seen), no_wait=no_wait)


def revoked(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Say that you revoked the old value in the provider's console; the bot then proves it.

    For example:
      bot revoked inc_ab12cd stripe-secret-key
      bot revoked inc_ab12cd stripe-secret-key --no-wait
    """
    from bot.incident.commands import ConfirmRevoked

    return ask_and_show(terminal, incident, ConfirmRevoked(secret), no_wait=no_wait)


def attest(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Vouch by name for a death that cannot be proven.

    For example:
      bot attest inc_ab12cd smtp-password --reason 'the provider closed the account'
      bot attest inc_ab12cd smtp-password --reason 'the server is switched off' --no-wait
    """
    from bot.incident.commands import AttestDeath

    return ask_and_show(terminal, incident, AttestDeath(secret, reason), no_wait=no_wait)
