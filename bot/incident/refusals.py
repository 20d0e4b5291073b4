"""Why a command is declined, in sentences for the person who gave it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from bot.errors import BotError, Misuse
from bot.incident.model import EARLIER, Actor, By, Right
from bot.secrets.escapes import without_colours
from bot.secrets.keyshapes import recognise

if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState

TEXT_LIMIT = 3000
"""Characters; what Slack lets a person type into one field."""

RIGHT_WORDS = {
    Right.RESPOND: "respond to incidents",
    Right.APPROVE: "approve",
    Right.COMMAND: "command incidents",
    Right.COUNSEL: "act as counsel",
}


class Declined(BotError):
    """Raised inside `decide` and turned into a `CommandRefused` event there."""


class NotInIncident(Declined, Misuse):
    """The incident does not have the named secret, which the author can correct."""


def when(by: By) -> str:
    """``by anna at 03:14:07 UTC``."""
    return f"by {by.name} at {by.at:%H:%M:%S} UTC"


def demand(actor: Actor, right: Right) -> None:
    if not actor.may(right):
        raise Declined(
            f"{actor.name} may not {RIGHT_WORDS[right]}: the people file does not give that right. Nothing changed."
        )


def demand_open(incident: Incident) -> None:
    if incident.closed is not None:
        closed, agreed = incident.closed, ""
        if incident.closer:
            closed, agreed = By(incident.closer, closed.at), f", {closed.name} agreed"
        raise Declined(f"{incident.id} was closed {when(closed)}{agreed}. Reopen it first.")


def demand_responder(incident: Incident, actor: Actor) -> None:
    """For what most commands are: something that a responder does to an open incident."""
    demand_open(incident)
    demand(actor, Right.RESPOND)


def secret_named(incident: Incident, name: str) -> SecretState:
    secret = incident.secrets.get(name)
    if secret is None:
        known = ", ".join(incident.secrets) or "none"
        raise NotInIncident(f"{incident.id} has no secret {name!r}. Its secrets: {known}.")
    return secret


def demand_replaced(secret: SecretState) -> None:
    """For what asks for a new key of its own, or brings one."""
    if secret.earlier:
        name = secret.name.removesuffix(EARLIER)
        raise Declined(f"{secret.name}: its replacement is the new key of {name}.")


def clean(text: str, what: str) -> str:
    """The text, stripped, and without control characters but line breaks and tabs. Declined if there is nothing to see
    in it, if it is too long, or holds what looks like a key.
    """
    given, text = text, without_colours(text)
    text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc").strip()
    if all(unicodedata.category(char)[0] in "CZ" for char in text):
        raise Declined(f"The {what} is empty. Write a sentence that the report can quote.")
    if len(text) > TEXT_LIMIT:
        raise Declined(f"The {what} has {len(text)} characters; at most {TEXT_LIMIT} fit.")
    if found := [one for one in (*recognise(text), *recognise(given)) if one.shape.opens]:
        raise Declined(
            f"The {what} holds what looks like a {found[0].shape.name}, so it was not recorded. Never type a secret "
            "here. To hand over a new key run `bot submit`; to check a leaked one run `bot identify`. If it is in "
            "use, Slack or your terminal has now seen it: treat it as leaked."
        )
    return text
