"""Approving the revocations of planned rotations beforehand: the command `standing`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import usual_environment
from bot.cli.command import command, command_of_group
from bot.cli.programme import (
    PANEL,
    Because,
    Environment,
    Until,
    ask,
    end_of,
    entitled_here,
    tell_agreement,
)
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.programme.state import Entitled, Programme, Standing

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Which one: `bot standing list`.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(invoke_without_command=True)
    group.callback()(command_of_group(standing))
    group.command("list")(command(standing_list))
    group.command("sign")(command(sign))
    group.command("agree")(command(agree))
    group.command("withdraw")(command(withdraw))
    app.add_typer(group, name="standing", rich_help_panel=PANEL)


def standing(terminal: Terminal) -> None:
    """Approve the revocations of scheduled rotations beforehand: two people who may approve sign the same thing.

    It covers named secrets of one environment, with an overlap and a window, for 90 days at most; either of the two
    withdraws it. Without one, the owner and a second person consent to each rotation. Which comes first is the
    schedule's matter: a rotation that is begun by hand rests on it too, and waits for no other environment.
    """
    standing_list(terminal)


def standing_list(terminal: Terminal) -> None:
    """List the standing approvals: what they cover, until when, who signed, and whether they are in force."""
    programme, entitled = terminal.event_log.programme.current(), entitled_here(terminal)
    now = terminal.clock()
    terminal.document([standing_document(each, now, entitled) for each in programme.standing.values()])
    if not programme.standing:
        terminal.say("There is no standing approval: each rotation waits for its owner and a second person.")
    for each in programme.standing.values():
        show_standing(terminal, programme, each, now, entitled)


def sign(
    terminal: Terminal,
    secrets: Annotated[list[str] | None, typer.Argument(metavar="SECRET...", help="Names from the catalog.")] = None,
    *,
    environment: Environment = "",
    provider: Annotated[
        str, typer.Option("--provider", metavar="NAME", help="All that this provider has there by today.")
    ] = "",
    until: Until = "",
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="4h", help="How long the old value lives beside the new one.")
    ] = "24h",
    when: Annotated[
        str, typer.Option("--when", metavar="TEXT", help="Only then, as in 'Tue-Thu 09:00-16:00 Europe/Berlin'.")
    ] = "",
) -> None:
    """Sign a standing approval. Nothing rests on it until a second person has agreed, within a week."""
    from bot.programme.commands import SignStanding
    from bot.programme.events import StandingSigned
    from bot.response.rotations import overlap_seconds

    where = usual_environment(terminal, environment)
    names = _secrets(terminal, secrets or [], where, provider)
    order = _before(terminal, where, names)
    body = SignStanding(where, names, overlap_seconds(overlap), end_of(terminal, until), when, order)
    programme, event = ask(terminal, body, StandingSigned)
    _show_one(terminal, programme, event.approval)


def agree(
    terminal: Terminal,
    number: Number,
    *,
    digest: Annotated[str, typer.Option("--digest", metavar="HEX", help="Of what you agree to, as the list shows it.")],
) -> None:
    """Agree to a standing approval that another person has signed: to exactly what the digest is made over."""
    from bot.programme.commands import AgreeStanding
    from bot.programme.events import StandingAgreed

    programme, _ = ask(terminal, AgreeStanding(number, digest), StandingAgreed)
    _show_one(terminal, programme, number)


def withdraw(terminal: Terminal, number: Number, *, because: Because) -> None:
    """Withdraw a standing approval, at once: either of the two who signed, or whoever may approve or command."""
    from bot.programme.commands import WithdrawStanding
    from bot.programme.events import StandingWithdrawn

    programme, _ = ask(terminal, WithdrawStanding(number, because), StandingWithdrawn)
    _show_one(terminal, programme, number)


def _show_one(terminal: Terminal, programme: Programme, number: int) -> None:
    entitled, now = entitled_here(terminal), terminal.clock()
    terminal.document(standing_document(programme.standing[number], now, entitled))
    show_standing(terminal, programme, programme.standing[number], now, entitled)


def show_standing(terminal: Terminal, programme: Programme, each: Standing, now: datetime, entitled: Entitled) -> None:
    """Its state first, then what it covers, then what to do."""
    from bot.phrases.times import duration

    why_not = each.why_not(now, entitled)
    state = f"not in force: {why_not}" if why_not else f"in force until {each.until:%Y-%m-%d %H:%M} UTC"
    terminal.say(f"Standing approval {each.number}, {each.environment}: {state}", style="" if why_not else "bold green")
    terminal.say(f"secrets: {', '.join(each.secrets)}", indent=2)
    terminal.say(f"the old value ends {duration(each.overlap)} after the new one is live", indent=2)
    terminal.say(f"window: {each.when or 'at any time'}", indent=2)
    if each.order:
        terminal.say(f"by schedule after {' and '.join(each.order)}, unless waived; by hand at any time", indent=2)
    signed = f"signed by {each.signed.name} on {each.signed.at:%Y-%m-%d}"
    terminal.say(f"{signed}, {each.agreed.name} on {each.agreed.at:%Y-%m-%d}" if each.agreed else signed, indent=2)
    if each.withdrawn_because:
        terminal.say(f"withdrawn because: {each.withdrawn_because}", indent=2)
    if each.waits(now):
        tell_agreement(terminal, programme, each, f"by {each.agree_by:%Y-%m-%d %H:%M} UTC")


def standing_document(each: Standing, now: datetime, entitled: Entitled) -> dict[str, object]:
    """What `--json` prints of one."""
    why_not = each.why_not(now, entitled)
    return {
        "number": each.number,
        "environment": each.environment,
        "secrets": list(each.secrets),
        "order": list(each.order),
        "overlap_seconds": each.overlap,
        "when": each.when,
        "until": each.until,
        "digest": each.digest,
        "signed": each.signed,
        "agreed": each.agreed,
        "agree_by": each.agree_by,
        "withdrawn": each.withdrawn,
        "in_force": not why_not,
        "why_not": why_not or None,
    }


def _secrets(terminal: Terminal, named: Sequence[str], environment: str, provider: str) -> tuple[str, ...]:
    catalog = terminal.application.loaded.catalog
    if bool(named) == bool(provider):
        raise Misuse("Name the secrets, or one --provider whose secrets are meant.")
    if named:
        return tuple(catalog.entry(name, environment).name for name in named)
    found = [entry.name for entry in catalog.all(environment) if entry.provider == provider]
    if not found:
        known = sorted({entry.provider for entry in catalog.all(environment)})
        raise Misuse(f"{environment} has no secret of {provider!r}; it has {', '.join(known)}.")
    return tuple(found)


def _before(terminal: Terminal, environment: str, names: Sequence[str]) -> tuple[str, ...]:
    """The environments that come before this one: those behind it in the catalog, the last first, that have any."""
    catalog = terminal.application.loaded.catalog
    behind = catalog.environments[catalog.environments.index(environment) + 1 :]
    has = {each: {entry.name for entry in catalog.all(each)} for each in behind}
    return tuple(each for each in reversed(behind) if has[each].intersection(names))
