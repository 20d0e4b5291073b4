"""Questions about the incident commander, tasks and their owners."""

from __future__ import annotations

from collections.abc import Iterator

from bot.asks.ask import NEVER, Ask, Asking, Field, Takes, why
from bot.incident import commands as c
from bot.phrases.marks import literal
from bot.phrases.team import handover_summary
from bot.phrases.todos import work_lines

EFFECTIVE = "They get it once they accept. Until then you keep it."
VACANT = "They have the role once they accept."


def _hand_over(at: Asking) -> Iterator[str]:
    holder = at.incident.commander
    now = f"*The commander is {literal(holder)}.* {EFFECTIVE}" if holder else f"*There is no commander.* {VACANT}"
    yield from (f"{now} They see this:", "")
    yield from handover_summary(at.incident, at.incident.last_at)


def _accept(at: Asking) -> Iterator[str]:
    offered = at.incident.team.offered
    if offered is not None:
        yield f"*{literal(offered.by.name)} hands the commander role to {literal(offered.to)}.*"
        if offered.note:
            yield f"{literal(offered.by.name)} says: {literal(offered.note)}"
        yield ""
    yield from handover_summary(at.incident, at.incident.last_at)


def _take(at: Asking) -> Iterator[str]:
    holder = at.incident.commander
    yield f"*{literal(holder)} is the commander*, and will read this." if holder else "There is no commander."
    yield ""
    yield from handover_summary(at.incident, at.incident.last_at)


def _take_todo(at: Asking) -> Iterator[str]:
    has = at.incident.taken.get(at.about.subject)
    if has is not None:
        yield f"*{literal(has.name)} took this* at {has.at:%H:%M} UTC. Take it over only if they cannot do it."
    else:
        yield "Everyone sees that you do it. It locks nothing."
    yield ""
    yield from map(literal, work_lines(at.incident, at.about.subject))


def _give_back(_at: Asking) -> Iterator[str]:
    yield "Everyone sees that it is free. Someone else can take it."


_WHY = Field("reason", "Reason", hint=NEVER)
PEOPLE_ASKS = (
    Ask(
        "hand_over", c.HandOver, "Hand over", "Hand over",
        (
            Field("to", "To whom", Takes.PERSON, "Someone with the right `respond`.", option="", metavar="NAME"),
            Field("note", "What only you know", hint=f"They read it before they accept. {NEVER}", optional=True),
        ),
        help="Offer the command to someone. They get it once they accept.",
        examples=("inc_ab12cd ben --note 'Stripe support calls back at four'",),
        button="Hand over: commander…", told=_hand_over,
    ),
    Ask(
        "accept_role", c.AcceptRole, "Accept the role", "Accept", (), button="Accept: commander…",
        help="Accept the command offered to you: shows what you take over, and asks.",
        examples=("inc_ab12cd",),
        told=_accept,
        rehearsed=True,
        sure=True,
    ),
    Ask(
        "decline_role", c.DeclineRole, "Decline the role", "Decline", (_WHY,), button="Decline: commander…",
        help="Decline the command offered to you, or withdraw your offer.",
        examples=("inc_ab12cd --note 'I am on a train'",),
    ),
    Ask(
        "withdraw_role", c.DeclineRole, "Withdraw the offer", "Withdraw", (_WHY,),
        button="Withdraw the offer: commander…",
    ),
    Ask(
        "take_role", c.TakeRole, "Take the role", "Take it",
        (why("Why do you take over? Leave empty if there is no commander", optional=True),),
        help="Take command. If someone else has it, give a reason.",
        examples=("inc_ab12cd --note 'anna does not answer her phone'",), told=_take, sure=True,
        button="Become: commander…",
    ),
    Ask(
        "take", c.TakeTodo, "Take", "Take", (), button="Take, open steps", about="todo", told=_take_todo,
        help="Take a to-do that is done by hand, or take it over: everyone sees who does it.",
        examples=("inc_ab12cd by-hand:stripe-secret-key",),
    ),
    Ask(
        "give_back", c.ReturnTodo, "Give back", "Give back", (), button="Give back…", about="todo", told=_give_back,
        help="Give back a to-do that you have taken: someone else can take it.",
        examples=("inc_ab12cd by-hand:stripe-secret-key",),
    ),
)  # fmt: skip
