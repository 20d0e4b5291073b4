"""Commands that decide about keys and incidents, from approve and kill to close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import inbox
from bot.cli.command import command
from bot.cli.declare import Strategies, parse_strategies, parse_strategy
from bot.cli.inbox import AtWorker, NoWait, Reason, ask, ask_and_show, follow
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import ApprovePlan, ApproveProposal
    from bot.incident.state import Incident

PANEL = "Decide"
SecretName = Annotated[str, typer.Argument(metavar="SECRET", help="Its name in the catalog.")]
ProposalNumber = Annotated[
    int | None, typer.Option("--proposal", metavar="N", help="A proposal (strategy, closing) instead of the plan.")
]
Digest = Annotated[
    str, typer.Option("--digest", metavar="HEX", help="What you looked at, as `bot plan` prints it (16 digits do).")
]
SHORTEST_DIGEST = 12


def register(app: typer.Typer) -> None:
    for name, function in (
        ("approve", approve),
        ("reject", reject),
        ("kill", kill),
        ("break-glass", break_glass),
        ("review", review),
        ("retry", retry),
        ("add", add),
        ("replace", replace),
        ("strategy", strategy),
        ("overrule", overrule),
        ("roll-back", roll_back),
        ("extend", extend),
        ("promote", promote),
        ("another", another),
        ("abuse", abuse),
        ("choose", choose),
        ("use", use),
        ("refuse", refuse),
        ("scopes", scopes),
        ("revoked", revoked),
        ("attest", attest),
        ("close", close),
        ("reopen", reopen),
    ):
        app.command(name, rich_help_panel=PANEL)(command(function))


def approve(
    terminal: Terminal,
    incident: IncidentId,
    *,
    digest: Digest = "",
    proposal: ProposalNumber = None,
    no_wait: NoWait = False,
) -> int:
    """Agree as the second person to the plan that waits, or to a proposal."""
    state = terminal.incidents.load(incident)
    body: ApprovePlan | ApproveProposal = (
        _agreement(terminal, state, proposal, digest) if proposal is not None else _approval(terminal, state, digest)
    )
    return ask_and_show(terminal, incident, body, no_wait=no_wait)


def _agreement(terminal: Terminal, incident: Incident, number: int, digest: str) -> ApproveProposal:
    """Without a digest the proposal is shown and asked about."""
    from bot.incident.commands import ApproveProposal

    waiting = incident.proposal
    if not digest and waiting is not None and waiting.number == number:
        if not terminal.interactive:
            raise Misuse(f"Say which proposal you mean: `bot show {incident.id}` has the line to type, with --digest.")
        terminal.say(f"{waiting.by} proposes {waiting.what} for {waiting.subject}: {waiting.reason}")
        if not typer.confirm("Agree to this?", default=False):
            raise typer.Abort
        return ApproveProposal(number, _proposed(incident))
    return ApproveProposal(number, _in_full(_proposed(incident), digest))


def _proposed(incident: Incident) -> str:
    from bot.incident.approval.proposals import proposal_digest

    return proposal_digest(incident, incident.proposal) if incident.proposal is not None else ""


def _approval(terminal: Terminal, incident: Incident, digest: str) -> ApprovePlan:
    """Without a digest the plan is shown and asked about: nobody approves what they have not seen."""
    from bot.cli.incident_view import show_plan
    from bot.incident.approval.plan import request_digest
    from bot.incident.commands import ApprovePlan

    if digest or incident.request is None:
        return ApprovePlan(_in_full(_requested(incident), digest))
    current = request_digest(incident.request.plans)
    if not terminal.interactive:
        raise Misuse(
            f"Say which plan you approve: `bot plan {incident.id}` shows it and the line to type, with --digest."
        )
    for name in incident.request.plans:
        show_plan(terminal, incident, incident.secrets[name], terminal.clock())
    if not typer.confirm("Approve this?", default=False):
        raise typer.Abort
    return ApprovePlan(current)


def _requested(incident: Incident) -> str:
    from bot.incident.approval.plan import request_digest

    return request_digest(incident.request.plans) if incident.request is not None else ""


def _in_full(current: str, digest: str) -> str:
    """The whole digest that a beginning stands for. One that fits nothing is passed on: the rules say what changed."""
    if digest and len(digest) < SHORTEST_DIGEST:
        raise Misuse(f"Give at least {SHORTEST_DIGEST} digits of the digest.")
    return current if digest and current.startswith(digest) else digest


def reject(
    terminal: Terminal,
    incident: IncidentId,
    *,
    reason: Reason,
    digest: Digest = "",
    proposal: ProposalNumber = None,
) -> int:
    """Refuse the plan that waits, or a proposal. With --digest it is the one that you looked at, or none."""
    from bot.incident.commands import RejectPlan, RejectProposal

    state = terminal.incidents.load(incident)
    body: RejectPlan | RejectProposal = (
        RejectProposal(proposal, reason, _in_full(_proposed(state), digest) or _proposed(state))
        if proposal is not None
        else RejectPlan(_in_full(_requested(state), digest) or _requested(state), reason)
    )
    return ask_and_show(terminal, incident, body, no_wait=True)


def kill(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """End the old value now, whatever the strategy. One that is being ended is found so, and waited for."""
    from bot.incident.commands import KillNow
    from bot.incident.refusals import Declined

    try:
        state = ask(terminal, incident, KillNow(secret))
    except Declined as declined:
        state = terminal.incidents.load(incident)
        if not _being_killed(state, secret):
            raise
        terminal.hint(str(declined))
    return follow(terminal, state, no_wait=no_wait)


def _being_killed(incident: Incident, name: str) -> bool:
    secret = incident.secrets.get(name)
    return secret is not None and (secret.gone or secret.old.revoked_at is not None or secret.kill is not None)


def break_glass(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str], typer.Argument(metavar="SECRET...", help="Which to kill.")],
    *,
    reason: Reason,
    at_worker: AtWorker = False,
    no_wait: NoWait = False,
) -> int:
    """Kill without the second person. Everybody is told; until another person has reviewed it, it heads the report.

    With --at-worker, at the worker's own host, without any proof of who you are: for when AWS cannot say who anybody
    is, Slack is down and nobody has an SSH key at hand.
    """
    from bot.incident.commands import BreakGlass

    asker = None
    if at_worker:
        _demand_inside(terminal, incident, secrets)
        asker = inbox.at_worker(terminal)
    return ask_and_show(terminal, incident, BreakGlass(tuple(secrets), reason), no_wait=no_wait, asker=asker)


def _demand_inside(terminal: Terminal, incident: str, secrets: list[str]) -> None:
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


def review(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str] | None, typer.Argument(metavar="[SECRET...]", help="All unless said.")] = None,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What you found; the report quotes it.")],
) -> int:
    """Review why the glass was broken, as another person than the one who broke it."""
    from bot.incident.commands import ReviewGlass

    return ask_and_show(terminal, incident, ReviewGlass(reason, tuple(secrets or ())), no_wait=True)


def retry(
    terminal: Terminal,
    incident: IncidentId,
    lane: Annotated[str, typer.Argument(metavar="[LANE]", help="As `bot show` names it; all unless said.")] = "",
    *,
    no_wait: NoWait = False,
) -> int:
    """Try again what has failed for good. Always safe: every operation looks first."""
    from bot.incident.codec import lane_of
    from bot.incident.commands import Retry

    return ask_and_show(terminal, incident, Retry(lane_of(lane)), no_wait=no_wait)


def add(
    terminal: Terminal,
    incident: IncidentId,
    secrets: Annotated[list[str], typer.Argument(metavar="SECRET...", help="Names from the catalog.")],
    *,
    strategy: Strategies = None,
    no_wait: NoWait = False,
) -> int:
    """Add secrets to an open incident: what else stood in the same place leaked too. Kill-first is killed at once."""
    from bot.response import AddChoice, SecretChoice

    strategies = parse_strategies(strategy or [], secrets)
    for name in dict.fromkeys(secrets):
        state = ask(terminal, incident, AddChoice(SecretChoice(name, strategies.get(name))))
    return follow(terminal, state, no_wait=no_wait)


def replace(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Ask for a new value where the declaration wanted none."""
    from bot.incident.commands import AskReplacement

    return ask_and_show(terminal, incident, AskReplacement(secret), no_wait=no_wait)


def strategy(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    chosen: Annotated[str, typer.Argument(metavar="kill-first|overlap")],
    *,
    reason: Reason,
    if_failing: Annotated[
        str,
        typer.Option("--if-failing", metavar="keep|end", help="The old key, while consumers fail at an overlap's end."),
    ] = "keep",
    no_wait: NoWait = False,
) -> int:
    """Change how a secret's old value is ended. Towards overlap a second person must agree."""
    from bot.incident.commands import ChooseStrategy
    from bot.incident.model import IfFailing

    if if_failing not in set(IfFailing):
        raise Misuse(f"--if-failing is keep or end, not {if_failing!r}.")
    body = ChooseStrategy(secret, parse_strategy(chosen), reason, IfFailing(if_failing))
    return ask_and_show(terminal, incident, body, no_wait=no_wait)


def roll_back(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Put the leaked value back in place while it still lives and consumers fail with the new one."""
    from bot.incident.commands import RollBack

    return ask_and_show(terminal, incident, RollBack(secret, reason), no_wait=no_wait)


def extend(terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason) -> int:
    """Propose that a leaked value which was rolled back to serves for another hour; a second person must agree."""
    from bot.incident.commands import ExtendRollBack

    return ask_and_show(terminal, incident, ExtendRollBack(secret, reason), no_wait=True)


def promote(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Put a new value that was rolled back in place again."""
    from bot.incident.commands import PromoteAgain

    return ask_and_show(terminal, incident, PromoteAgain(secret), no_wait=no_wait)


def another(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Have another value made in place of one that was rolled back."""
    from bot.incident.commands import MakeAnother

    return ask_and_show(terminal, incident, MakeAnother(secret), no_wait=no_wait)


def abuse(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    seen: Annotated[str, typer.Argument(metavar="WHAT_WAS_SEEN", help="Who was seen using it, when, for what.")],
    *,
    no_wait: NoWait = False,
) -> int:
    """Record that somebody uses the leaked value. An overlap ends with that."""
    from bot.incident.commands import RecordAbuse

    return ask_and_show(terminal, incident, RecordAbuse(secret, seen), no_wait=no_wait)


def overrule(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Say that consumers which fail with the new value failed before it too, so that they hold nothing up."""
    from bot.incident.commands import ExcuseFailing

    return ask_and_show(terminal, incident, ExcuseFailing(secret, reason), no_wait=no_wait)


def choose(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="One of those that `bot show` lists.")],
    *,
    no_wait: NoWait = False,
) -> int:
    """Say which of several keys at the provider is the leaked one."""
    from bot.incident.commands import ChooseCandidate

    return ask_and_show(terminal, incident, ChooseCandidate(secret, key_id), no_wait=no_wait)


def use(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Put a new value that waits in its place all the same. `bot show` says why it waits.

    One whose account could not be told needs a second person: somebody with approve who did not hand it over.
    """
    from bot.incident.commands import UseValue

    return ask_and_show(terminal, incident, UseValue(secret, reason), no_wait=no_wait)


def refuse(terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason) -> int:
    """Do not use a new value that somebody handed over, and that is not in its place yet."""
    from bot.incident.commands import RefuseValue

    return ask_and_show(terminal, incident, RefuseValue(secret, reason), no_wait=True)


def scopes(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    wanted: Annotated[list[str], typer.Argument(metavar="SCOPE...", help="The new key's rights.")],
    *,
    no_wait: NoWait = False,
) -> int:
    """Choose the new key's rights where the old one's cannot be read."""
    from bot.incident.commands import ChooseScopes

    return ask_and_show(terminal, incident, ChooseScopes(secret, tuple(wanted)), no_wait=no_wait)


def revoked(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Say that you revoked the old value in the provider's console; the bot then proves it."""
    from bot.incident.commands import ConfirmRevoked

    return ask_and_show(terminal, incident, ConfirmRevoked(secret), no_wait=no_wait)


def attest(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Vouch by name for a death that cannot be proven."""
    from bot.incident.commands import AttestDeath

    return ask_and_show(terminal, incident, AttestDeath(secret, reason), no_wait=no_wait)


def close(
    terminal: Terminal,
    incident: IncidentId,
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why what is open may stay so; the report quotes it.")
    ] = "",
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="ITEM", help="What is open and may stay; as `bot show` names it."),
    ] = None,
    no_wait: NoWait = False,
) -> int:
    """Close the incident. What is still open is accepted by name, with a reason; keys at risk need a second person."""
    from bot.incident.commands import Close

    named = tuple(accept or ())
    if not named and reason and terminal.interactive:
        named = _accepted(terminal, terminal.incidents.load(incident))
    return ask_and_show(terminal, incident, Close(reason, named), no_wait=no_wait)


def _accepted(terminal: Terminal, incident: Incident) -> tuple[str, ...]:
    """Every open item, once the person has read them all and said that they may stay."""
    from bot.incident.closing.open_items import acceptable

    left = acceptable(incident)
    for item in left:
        terminal.say(f"{item.key}  {item.words}", indent=2)
    if left and not typer.confirm(
        f"Accept {'this' if len(left) == 1 else f'all {len(left)}'} under your name?", default=False
    ):
        raise typer.Abort
    return tuple(item.key for item in left)


def reopen(terminal: Terminal, incident: IncidentId, *, reason: Reason, no_wait: NoWait = False) -> int:
    """Open a closed incident again."""
    from bot.incident.commands import Reopen

    return ask_and_show(terminal, incident, Reopen(reason), no_wait=no_wait)
