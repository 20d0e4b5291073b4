"""What can be done now about standing approvals and waivers, by whom, and if not, why not: every face draws from it. It
has `decide` rehearse each, so no face has a rule of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.programme.commands import AgreeStanding, AgreeWaiver, WithdrawStanding, WithdrawWaiver
from bot.programme.decide import DueOf, decide
from bot.programme.state import Entitled, Programme, Standing, Waiver

Asked = AgreeStanding | AgreeWaiver | WithdrawStanding | WithdrawWaiver

ANYBODY = Actor("whoever is asked", frozenset(Right))
"""Stands for an entry of the people file who has had no part in it so far."""


def agreement(each: Standing | Waiver) -> AgreeStanding | AgreeWaiver:
    """The second person's yes to all of it."""
    return AgreeStanding(each.number, each.digest) if isinstance(each, Standing) else AgreeWaiver(each.number)


def withdrawal(each: Standing | Waiver, reason: str = "a reason") -> WithdrawStanding | WithdrawWaiver:
    """Its end. The reason is one that people have yet to write, unless it is given."""
    if isinstance(each, Standing):
        return WithdrawStanding(each.number, reason)
    return WithdrawWaiver(each.number, reason)


def offered(
    state: Programme,
    ask: Callable[[Standing | Waiver], Asked],
    actor: Actor,
    now: datetime,
    *,
    entitled: Entitled,
    due: DueOf,
) -> Iterator[Standing | Waiver]:
    """What this person can give their `agreement` to, or their `withdrawal` of."""
    given: tuple[Standing | Waiver, ...] = (*state.standing.values(), *state.waivers.values())
    for each in given:
        if not refusal(state, ask(each), actor, now, entitled=entitled, due=due):
            yield each


def refusal(state: Programme, command: Asked, actor: Actor, now: datetime, *, entitled: Entitled, due: DueOf) -> str:
    """Why this person cannot give it now, in the words of the rules; empty if they can."""

    def entitled_here(name: str, right: Right) -> bool:
        return name == ANYBODY.name == actor.name or entitled(name, right)

    try:
        decide(state, command, actor, now, entitled=entitled_here, due=due)
    except Declined as declined:
        return str(declined)
    return ""
