"""The form for a status update: its text, to be changed, before it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.incident.updates.rules import OWNER, audience_named, fitting, not_reached, state_of
from bot.phrases.marks import channel, literal
from bot.phrases.times import listed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import section
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import Entered, words

SKIPPED = "With a reason here nothing is sent; the report quotes it under your name."
HINT = "Only what may be said to them: no key, no place of the leak, nothing of how. An attacker may be reading."


def _release(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    audience, draft = audience_named(incident, pressed.subject), state_of(incident, pressed.subject).draft
    if audience is None or draft is None:
        return [section("No such update waits any more.")]
    places = [literal(each) if each.startswith(OWNER) else channel(each) for each in audience.channels]
    lines = [f"To *{literal(audience.name)}*: {listed(places)}"]
    if str(draft.number) != pressed.digest:
        lines.append("*Things have moved on since that button was drawn*: this is the newest text.")
    skip = words("skip", "Skip it instead, because …", optional=True, lines=False, hint=SKIPPED)
    missing = not_reached(incident, audience)
    if draft.skipped is not None:
        said = f"{literal(draft.skipped.by.name)} skipped it: {literal(draft.skipped.reason)}"
        return [section(*lines, said), section(literal(draft.text))]
    if draft.released_at is not None and not missing:
        return [section(*lines, "It has gone out already."), section(literal(draft.text))]
    if draft.released_at is not None:
        who = [f"{literal(target)}: {literal(why)}" for target, why in missing.items()]
        return [
            section(*lines, "*It does not reach all of them*", *who),
            words("skip", "How they are told, or why not"),
        ]
    return [section(*lines), words("text", "Text", initial=fitting(draft.text.strip()), hint=HINT), skip]


def _newest(incident: Incident, pressed: ButtonValue) -> ButtonValue:
    """With the number of the text that the form shows."""
    draft = state_of(incident, pressed.subject).draft
    return replace(pressed, digest=str(draft.number)) if draft is not None else pressed


def _released(pressed: ButtonValue, said: Entered) -> c.ReleaseUpdate | c.SkipUpdate:
    """A reason to skip it says that it is not sent."""
    number = int(pressed.digest) if pressed.digest.isdecimal() else 0
    if (reason := said.text("skip")).strip():
        return c.SkipUpdate(pressed.subject, number, reason)
    return c.ReleaseUpdate(pressed.subject, number, said.text("text"))


UPDATE_FORMS: tuple[Form, ...] = (
    Form(ActionId.RELEASE_UPDATE, "Status update", "Send or skip", _release, _released, ("text", "skip"), _newest),
)
