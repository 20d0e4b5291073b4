"""What people are asked about who commands."""

from __future__ import annotations

from collections.abc import Iterator

from bot.asks.ask import NEVER, Ask, Asking, Field, Takes, why
from bot.incident import commands as c
from bot.phrases.handover import handover_summary
from bot.phrases.marks import literal

EFFECTIVE = "It changes hands once they accept. Until then you have it."
VACANT = "They have the role once they accept."


def _hand_over(at: Asking) -> Iterator[str]:
    holder = at.incident.commander
    now = f"*The commander is {literal(holder)}.* {EFFECTIVE}" if holder else f"*There is no commander.* {VACANT}"
    yield from (f"{now} They see this:", "")
    yield from handover_summary(at.incident, at.offers)


def _accept(at: Asking) -> Iterator[str]:
    offered = at.incident.team.offered
    if offered is None:
        yield from ("The role of the commander is no longer offered.", "")
    else:
        yield f"*{literal(offered.by.name)} hands the role of the commander to {literal(offered.to)}.*"
        if offered.note:
            yield f"{literal(offered.by.name)} says: {literal(offered.note)}"
        yield ""
    yield from handover_summary(at.incident, at.offers)


def _take(at: Asking) -> Iterator[str]:
    holder = at.incident.commander
    yield f"*{literal(holder)} is the commander*, and will read this." if holder else "There is no commander."
    yield ""
    yield from handover_summary(at.incident, at.offers)


_WHY = Field("reason", "Reason", hint=NEVER)
PEOPLE_ASKS = (
    Ask(
        "hand_over", c.HandOver, "Hand over", "Hand over",
        (
            Field("to", "To whom", Takes.PERSON, "Somebody with the right `respond`.", option="", metavar="NAME"),
            Field("note", "What only you know", hint=f"They read it before they accept. {NEVER}", optional=True),
        ),
        help="Offer the command to somebody: it changes hands once they accept.",
        examples=("inc_ab12cd ben --note 'Stripe support calls back at four'",), told=_hand_over,
    ),
    Ask(
        "accept_role", c.AcceptRole, "Accept the role", "Accept", (),
        help="Accept the command that was offered to you. `bot people brief` says what you take over.",
        examples=("inc_ab12cd",),
        told=_accept,
    ),
    Ask(
        "decline_role", c.DeclineRole, "Decline the role", "Decline", (_WHY,),
        help="Decline the command that was offered to you, or withdraw your offer.",
        examples=("inc_ab12cd --note 'I am on a train'",),
    ),
    Ask("withdraw_role", c.DeclineRole, "Withdraw the offer", "Withdraw", (_WHY,)),
    Ask(
        "take_role", c.TakeRole, "Take the role", "Take it",
        (why("Why do you take it over? Leave empty if there is no commander", optional=True),),
        help="Take command. Where somebody else has it, with a reason.",
        examples=("inc_ab12cd --note 'anna does not answer her phone'",), told=_take,
    ),
)  # fmt: skip
