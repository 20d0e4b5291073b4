"""The form behind “Show steps”: what a person does at a provider and at a terminal, one step after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.needs import needs
from bot.incident.offers import Offer, available, urged
from bot.incident.overlap.rules import held_by_readers, overlapping, readers_words
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name
from bot.phrases.marks import authored, code, link, literal
from bot.phrases.needs import without_terminal
from bot.phrases.secrets import key_words
from bot.phrases.states import effect_now, old_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, command, form, maybe, row, section, steps
from bot.slack.buttons import offer_button, offered
from bot.slack.incident_card.needs import need_blocks
from bot.slack.modals.form import the_secret

_SUBMIT = "bot submit"
NOTHING_LEFT = "✅ *Nothing is left to do by hand*: the old key has ended, and the new one is in place."
_NEVER = ", never in Slack"
"""As cards say it, whose steps stand elsewhere too; here it stands above the steps."""


def new_by_hand(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """The same for whoever pressed *New key…*: making it comes first."""
    return by_hand(incident, pressed, now, answer, new_first=True)


def by_hand(
    incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "", *, new_first: bool = False
) -> Json:
    """Whichever of both is to be done, in the order in which it is done; where nothing is, to read, what is not done
    yet. `answer` is what a press here came to.
    """
    secret = the_secret(incident, pressed)
    offers = available(incident, now)
    press, wanted = offered(offers, c.ConfirmRevoked, secret), offered(offers, c.AnnounceSubmission, secret)
    asked = press is not None or wanted is not None
    parts = [
        [*_revoke(incident, secret, press)] if press is not None or not (asked or secret.gone) else [],
        [*_hand_over(incident, secret, wanted)] if wanted is not None or not (asked or secret.in_place) else [],
    ]
    new_first = new_first or overlapping(secret)
    blocks = [
        *maybe(answer),
        section(*_which(secret)),
        *([section(NOTHING_LEFT)] if not asked and secret.gone and secret.in_place else []),
        *(block for part in (reversed(parts) if new_first else parts) for block in part),
    ]
    return form(ActionId.BY_HAND, "By hand", blocks, close="Back", note=ButtonValue(incident.id, secret.name).encode())


def _which(secret: SecretState) -> Iterator[str]:
    """The key, as the provider's console shows it, and where that is."""
    hint = f" {code(secret.old.hint)}" if secret.old.hint else ""
    yield f"*{literal(secret.entry.title)}* {code(secret.name)}{hint}"
    if secret.old.key_id and not secret.old.none_of_these:
        yield f"In the console: {literal(key_words(secret.old))}"
    elif (named := secret.entry.parts) and (plain := [part.name for part in named if not part.secret]):
        yield f"Its {literal(', '.join(plain))} stands in {code(named[0].parameter)}"
    if secret.by_hand.console:
        yield f"Where: {link(secret.by_hand.console)}"
    yield f"Old key: {old_words(secret)}"


def _revoke(incident: Incident, secret: SecretState, press: Offer | None) -> Iterator[Block]:
    guide = list(guide_steps(secret.by_hand.revoke)) or [
        f"Revoke it in {literal(provider_name(secret.entry.provider))}'s console."
    ]
    if press is None and not secret.entry.revoke_by_hand:
        return
    yield section("*End the old key*", literal(effect_now(secret)) if secret.old.revoked_at is None else "")
    if incident.routine and (readers := held_by_readers(incident, secret)):
        yield section(f"*Not yet*: {literal(readers_words(incident, readers))}.")
    yield steps(
        [*guide, *(["Then press *I revoked it*: the bot asks the provider until it refuses."] if press else [])]
    )
    yield from row(offer_button(incident, press) if press else None)


def _hand_over(incident: Incident, secret: SecretState, wanted: Offer | None) -> Iterator[Block]:
    if wanted is None and not (secret.made_by_person and secret.entry.issue_by_hand):
        return
    told = secret.by_hand.issue.replace(f"`{_SUBMIT}`", "the command below").replace(_NEVER, "")
    guide = list(guide_steps(told)) or [f"Make a new one in {literal(provider_name(secret.entry.provider))}'s console."]
    yield section("*Make the new key and hand it over*", "Never paste it into Slack.")
    yield steps([*guide, "At a terminal, type this; it asks for the value at a hidden prompt:"])
    yield command(f"{_SUBMIT} {incident.id} {secret.name}")
    if wanted is not None:
        yield section(*without_terminal(incident, secret, wanted))


def guide_steps(guide: str) -> Iterator[str]:
    """A guide's steps without their numbers."""
    for line in filter(None, map(str.strip, guide.splitlines())):
        number, dot, rest = line.partition(". ")
        yield authored(rest if dot and number.isdecimal() else line)


# The form behind “and 9 more…”: everything that needs a person, a page of it at a time.


PAGE = 10
"""Needs on one page: two blocks each, of which a modal takes a hundred."""


def needed_form(incident: Incident, pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """The page whose number the button carries, from 0; the last one where there are fewer by now."""
    every = needs(incident, urged(incident, now), now)
    page = min(pressed.number, max(0, (len(every) - 1) // PAGE))
    shown = every[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    head = f"{first} to {first + len(shown) - 1} of {len(every)}" if shown else "Nothing needs a person now."
    blocks = [
        *maybe(answer),
        section(head),
        *(block for number, need in enumerate(shown, first) for block in need_blocks(incident, need, number)),
        *row(
            _page(incident, "Back", page - 1, ActionId.NEEDED_BACK) if page else None,
            _page(incident, "Next", page + 1, ActionId.NEEDED_ON) if first - 1 + len(shown) < len(every) else None,
        ),
    ]
    note = ButtonValue(incident.id, str(page)).encode()
    return form(ActionId.NEEDED, "Needs a person", blocks, close="Back", note=note)


def _page(incident: Incident, label: str, page: int, action: ActionId) -> ButtonElement:
    return button(label, action, ButtonValue(incident.id, str(page)))
