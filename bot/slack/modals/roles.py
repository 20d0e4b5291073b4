"""The forms for roles: to hand one over, accept, decline or take it over, with a summary of where things are."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident.model import Role
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


def role_of(pressed: ButtonValue) -> Role:
    """The role that a button is about. Misuse for none that there is."""
    if pressed.subject not in set(Role):
        raise Misuse("There is no such role. Use the pinned card.")
    return Role(pressed.subject)


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


def _hand_over(incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    role = role_of(pressed)
    holder = incident.team.holder(role)
    now = f"*The {role} is {literal(holder)}.* {EFFECTIVE}" if holder else f"*Nobody is the {role}.* {VACANT}"
    return [
        section(f"{now} They see this:"),
        _summary(incident, offers),
        somebody("to", "To whom", hint="Somebody with the right `respond`."),
        words("note", "What only you know", optional=True, hint="They read it before they accept. Never a secret."),
    ]


def _given(pressed: ButtonValue, said: Entered) -> c.HandOver:
    return c.HandOver(role_of(pressed), said.person("to"), said.text("note"))


def _accept(incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    role = role_of(pressed)
    offered = incident.team.offered.get(role)
    if offered is None:
        return [section(f"Nobody offers the role of the {role} any more."), _summary(incident, offers)]
    lines = [f"*{literal(offered.by.name)} hands the role of the {role} to {literal(offered.to)}.*"]
    if offered.note:
        lines.append(f"{literal(offered.by.name)} says: {literal(offered.note)}")
    return [section(*lines), _summary(incident, offers)]


def _decline(_incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [words("reason", f"Why is the {role_of(pressed)} to be somebody else?")]


def _withdraw(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    role = role_of(pressed)
    offered = incident.team.offered.get(role)
    to = f" to {offered.to}" if offered is not None else ""
    return [words("reason", f"Why do you withdraw the offer of the {role}'s role{to}?"[:150])]


def _take(incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    role = role_of(pressed)
    holder = incident.team.holder(role)
    whose = f"*{literal(holder)} is the {role}*, and will read this." if holder else f"Nobody is the {role}."
    label = f"Why you take it over from {holder}"[:150] if holder else "Anything to add"
    return [section(whose), _summary(incident, offers), words("reason", label, optional=not holder)]


ROLE_FORMS: tuple[Form, ...] = (
    Form(ActionId.HAND_OVER, "Hand over", "Hand over", _hand_over, _given, ("note",), about="to"),
    Form(ActionId.ACCEPT_ROLE, "Accept the role", "Accept", _accept,
         lambda pressed, _said: c.AcceptRole(role_of(pressed))),
    Form(ActionId.DECLINE_ROLE, "Decline the role", "Decline", _decline,
         lambda pressed, said: c.DeclineRole(role_of(pressed), said.text("reason")), ("reason",)),
    Form(ActionId.WITHDRAW_ROLE, "Withdraw the offer", "Withdraw", _withdraw,
         lambda pressed, said: c.DeclineRole(role_of(pressed), said.text("reason")), ("reason",)),
    Form(ActionId.TAKE_ROLE, "Take the role", "Take it", _take,
         lambda pressed, said: c.TakeRole(role_of(pressed), said.text("reason")), ("reason",)),
)  # fmt: skip
"""`with_decisions` is laid over those that show the summary as their second block."""
