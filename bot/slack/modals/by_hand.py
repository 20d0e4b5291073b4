"""What a person does at a provider and at a terminal, step by step: revoking the old key, making a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.offers import Offer, available
from bot.incident.overlap.rules import held_by_readers, readers_words
from bot.incident.refusals import secret_named
from bot.incident.state import Incident, SecretState
from bot.incident.taking import BY_HAND, NEW_KEY
from bot.model.providers import provider_name
from bot.phrases.marks import code, guidance, link, literal, moment
from bot.phrases.needs import hint_words, without_terminal
from bot.phrases.secrets import key_words
from bot.phrases.states import old_words, undone_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, command, look, maybe, row, section, steps
from bot.slack.buttons import offer_button, offered

_SUBMIT = "bot submit"
NOTHING_LEFT = "✅ *Nothing to do by hand*: the old key is revoked, and the new one is in place."
_NEVER = ", never in Slack"
"""The warning in the cards' own words, here above the steps."""


def by_hand(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """How the old key is revoked; where nothing is to be done, to read, what is not done yet. `answer` is what a press
    here came to.
    """
    secret = secret_named(incident, pressed.subject)
    press, wanted = _wanted(incident, secret, now)
    if press is None and wanted is not None:
        return new_by_hand(incident, pressed, now, answer)
    other = button("New key…", ActionId.HAND_OVER_KEY, ButtonValue(incident.id, secret.name)) if wanted else None
    done = press is None and secret.gone and secret.in_place
    blocks = [
        *_taken(incident, pressed, f"{BY_HAND}:{secret.name}"),
        section(*_which(secret, secret.by_hand.revoke, state=press is None), NOTHING_LEFT if done else ""),
        *([] if done or secret.gone else _revoke(incident, secret, press, other)),
    ]
    return look(ActionId.BY_HAND, f"Revoke {secret.entry.title}", ButtonValue(incident.id, secret.name), blocks, answer)


def new_by_hand(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """How a new key is made and handed over."""
    secret = secret_named(incident, pressed.subject)
    press, wanted = _wanted(incident, secret, now)
    other = button("Revoke the old key…", ActionId.BY_HAND, ButtonValue(incident.id, secret.name)) if press else None
    blocks = [
        *_taken(incident, pressed, f"{NEW_KEY}:{secret.name}"),
        section(
            *_which(secret, secret.by_hand.issue, state=True),
            NOTHING_LEFT if secret.in_place and press is None else "",
        ),
        *_hand_over(incident, secret, wanted),
        *row(other),
    ]
    return look(
        ActionId.HAND_OVER_KEY, f"New {secret.entry.title}", ButtonValue(incident.id, secret.name), blocks, answer
    )


def _wanted(incident: Incident, secret: SecretState, now: datetime) -> tuple[Offer | None, Offer | None]:
    """To say that it is revoked, and to hand over a new one; None where that is not wanted now."""
    offers = available(incident, now)
    return offered(offers, c.ConfirmRevoked, secret), offered(offers, c.AnnounceSubmission, secret)


def _taken(incident: Incident, pressed: ButtonValue, todo: str) -> Iterator[Block]:
    """Who does it, and how someone else takes it over."""
    has = incident.taken.get(todo)
    if has is None:
        return
    mine = has.name == pressed.name
    act, label = (ActionId.GIVE_BACK, "Give back…") if mine else (ActionId.TAKE, "Take over…")
    yield from maybe("" if mine else f"*{literal(has.name)} took this* at {moment(has.at)}.")
    yield from row(button(label, act, ButtonValue(incident.id, todo)))


def _which(secret: SecretState, guide: str, *, state: bool) -> Iterator[str]:
    """The key, as the provider's console shows it, and where that is unless its steps say so. The form's title
    has its own.
    """
    yield f"{code(secret.name)}{hint_words(secret)}"
    if secret.old.key_id and not secret.old.none_of_these and not secret.old.hint:
        yield f"In the console: {literal(key_words(secret.old))}"
    elif (named := secret.entry.parts) and (plain := [part.name for part in named if not part.secret]):
        yield f"Its {literal(', '.join(plain))} is in {code(named[0].parameter)}"
    if secret.by_hand.console and "https://" not in guide:
        yield f"Where: {link(secret.by_hand.console)}"
    if state:
        yield f"Old key: {old_words(secret)}"


def _revoke(
    incident: Incident, secret: SecretState, press: Offer | None, other: ButtonElement | None
) -> Iterator[Block]:
    guide = list(guide_steps(secret.by_hand.revoke)) or [
        f"Revoke it in {literal(provider_name(secret.entry.provider))}'s console."
    ]
    if press is None and not secret.entry.revoke_by_hand:
        return
    yield from maybe(undone_words(secret) if secret.old.revoked_at is None else "")
    if incident.routine and (readers := held_by_readers(incident, secret)):
        yield section(f"*Not yet*: {literal(readers_words(incident, readers))}.")
    yield steps([*guide, *(["Press *I revoked it*. The bot then checks."] if press else [])])
    yield from row(offer_button(incident, press) if press else None, other)


def _hand_over(incident: Incident, secret: SecretState, wanted: Offer | None) -> Iterator[Block]:
    if wanted is None and not (secret.made_by_person and secret.entry.issue_by_hand):
        return
    told = secret.by_hand.issue.replace(f"`{_SUBMIT}`", "the command below").replace(_NEVER, "")
    guide = list(guide_steps(told)) or [f"Make a new one in {literal(provider_name(secret.entry.provider))}'s console."]
    yield steps([*guide, "Type this at a terminal, then the key at its hidden prompt, never in Slack."])
    yield command(f"{_SUBMIT} {incident.id} {secret.name}")
    if wanted is not None:
        yield section(*without_terminal(incident, secret, wanted))


def guide_steps(guide: str) -> Iterator[str]:
    """A guide's steps without their numbers."""
    for line in filter(None, map(str.strip, guide.splitlines())):
        number, dot, rest = line.partition(". ")
        yield guidance(rest if dot and number.isdecimal() else line)
