"""The forms for roles: to hand one over, accept, decline or take it over, with a summary of where things are."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.people import People
from bot.phrases.handover import decisions_words, handover_summary
from bot.phrases.marks import literal
from bot.phrases.team import closers
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, section, to_json
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import Entered, somebody, words

EFFECTIVE = "It changes hands once they accept. Until then you have it."
VACANT = "They have the role once they accept."


def with_decisions(view: Json, decisions: Sequence[str]) -> Json:
    """The form with what was decided last below the rest of the summary."""
    said = decisions_words(decisions)
    if not said:
        return view
    blocks = view["blocks"]
    return {**view, "blocks": [*blocks[:2], *to_json([section(*said)]), *blocks[2:]]}


def with_closers(view: Json, people: People) -> Json:
    """The form with who can close, where not everybody who can be commander can."""
    said = closers([person.actor for person in people])
    if not said:
        return view
    first, *rest = view["blocks"]
    return {**view, "blocks": [first, *to_json([section(f"⚠️ {said}")]), *rest]}


def _summary(incident: Incident, offers: Sequence[Offer]) -> Block:
    return section(*handover_summary(incident, offers))


def _hand_over(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    holder = incident.commander
    now = f"*The commander is {literal(holder)}.* {EFFECTIVE}" if holder else f"*Nobody is the commander.* {VACANT}"
    return [
        section(f"{now} They see this:"),
        _summary(incident, offers),
        somebody("to", "To whom", hint="Somebody with the right `respond`."),
        words("note", "What only you know", optional=True, hint="They read it before they accept. Never a secret."),
    ]


def _given(_pressed: ButtonValue, said: Entered) -> c.HandOver:
    return c.HandOver(said.person("to"), said.text("note"))


def _accept(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    offered = incident.team.offered
    if offered is None:
        return [section("Nobody offers the role of the commander any more."), _summary(incident, offers)]
    lines = [f"*{literal(offered.by.name)} hands the role of the commander to {literal(offered.to)}.*"]
    if offered.note:
        lines.append(f"{literal(offered.by.name)} says: {literal(offered.note)}")
    return [section(*lines), _summary(incident, offers)]


def _decline(_incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [words("reason", "Why is the commander to be somebody else?")]


def _withdraw(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    offered = incident.team.offered
    to = f" to {offered.to}" if offered is not None else ""
    return [words("reason", f"Why do you withdraw the offer of the commander's role{to}?"[:150])]


def _take(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    holder = incident.commander
    whose = f"*{literal(holder)} is the commander*, and will read this." if holder else "Nobody is the commander."
    label = f"Why you take it over from {holder}"[:150] if holder else "Anything to add"
    return [section(whose), _summary(incident, offers), words("reason", label, optional=not holder)]


ROLE_FORMS: tuple[Form, ...] = (
    Form(ActionId.HAND_OVER, "Hand over", "Hand over", _hand_over, _given, ("note",), about="to"),
    Form(ActionId.ACCEPT_ROLE, "Accept the role", "Accept", _accept,
         lambda _pressed, _said: c.AcceptRole()),
    Form(ActionId.DECLINE_ROLE, "Decline the role", "Decline", _decline,
         lambda _pressed, said: c.DeclineRole(said.text("reason")), ("reason",)),
    Form(ActionId.WITHDRAW_ROLE, "Withdraw the offer", "Withdraw", _withdraw,
         lambda _pressed, said: c.DeclineRole(said.text("reason")), ("reason",)),
    Form(ActionId.TAKE_ROLE, "Take the role", "Take it", _take,
         lambda _pressed, said: c.TakeRole(said.text("reason")), ("reason",)),
)  # fmt: skip
"""`with_decisions` is laid over those that show the summary as their second block."""
