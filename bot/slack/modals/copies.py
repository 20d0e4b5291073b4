"""The form behind “Copies”: where else a secret's value is kept, one secret a page, each copy with how to update it."""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.copies import copies_with_new, copy_digest
from bot.incident.model import CopyOutcome
from bot.incident.state import CopyState, Incident, SecretState
from bot.phrases.access import place_words
from bot.phrases.marks import code, literal
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, form, option, section
from bot.slack.modals.inputs import Entered, one_of, pages_of, unfit, words

ITEMS = 30
"""On one page; a modal has room for 100 blocks."""
CHOICES = (
    option(CopyOutcome.UPDATED, "Updated", "It has the new value"),
    option(CopyOutcome.PURGED, "Purged", "Nothing of it is left there"),
    option(CopyOutcome.ACCEPTED, "Accepted", "The old value may stay there; say why in the note"),
)
HINT = "Needed with Accepted: why the old value may stay there. Never a secret, not even in part."
BACK = (
    "It was updated to the new value, which was rolled back: put the old one back there, then press *Accepted* and say "
    "so in the note, or accept that it fails."
)
_COPY, _NOTE = "copy|", "note|"


def waiting(incident: Incident) -> list[SecretState]:
    """Secrets with copies that nobody has settled."""
    return [secret for secret in incident.secrets.values() if secret.open_copies]


def copies_form(incident: Incident, pressed: ButtonValue) -> Json:
    """The page of the secret that `press` names if it waits, else of the first that does."""
    left = waiting(incident)
    if not left:
        return form(ActionId.COPIES, "Copies", [section("Every copy is updated, purged or accepted.")], close="Back")
    shown = next((secret for secret in left if secret.name == pressed.subject), left[0])
    several = len(shown.open_copies) > 1
    items = (block for state in shown.open_copies[:ITEMS] for block in _item(shown, state, optional=several))
    pages = pages_of(
        left, shown, ActionId.COPIES_OF, lambda each: counted(len(each.open_copies), "open copy", "open copies")
    )
    blocks = [*pages, _head(shown), *items]
    return form(ActionId.COPIES, "Copies", blocks, submit="Save", note=ButtonValue(incident.id, shown.name).encode())


def _head(secret: SecretState) -> Block:
    title = f"*{literal(secret.entry.title)}* {code(secret.name)}"
    return section(
        f"{title} is kept in other places too, which the bot cannot reach.",
        "An overlap does not end, and the incident does not close, before you say what became of each.",
    )


def _item(secret: SecretState, state: CopyState, *, optional: bool) -> list[Block]:
    copy, name = state.copy, f"{secret.name}|{state.copy.name}|{copy_digest(state)}"
    back = BACK if copy.name in copies_with_new(secret) else ""
    ask = f"Ask: {literal(copy.owner)}" if copy.owner else ""
    return [
        section(literal(place_words(state)), back, literal(copy.update), ask),
        one_of(_COPY + name, copy.name, CHOICES, optional=optional),
        words(_NOTE + name, f"Note on {copy.name}", hint=HINT, optional=True, lines=False),
    ]


def commands(entered: Entered) -> list[c.SettleCopy]:
    """One for each copy that was given an outcome."""
    return list(_chosen(entered))


def _chosen(entered: Entered) -> Iterator[c.SettleCopy]:
    for name, outcome in entered.named(_COPY).items():
        if outcome in set(CopyOutcome):
            secret, _, rest = name.partition("|")
            copy, _, seen = rest.rpartition("|")
            yield c.SettleCopy(secret, copy, CopyOutcome(outcome), entered.text(_NOTE + name), seen)


def mistakes(entered: Entered) -> dict[str, str]:
    """A sentence for each field that keeps the page from being saved."""
    said = commands(entered)
    if not said:
        return {_COPY + next(iter(entered.named(_COPY)), ""): "Say of at least one what became of it."}
    return {f"{_NOTE}{body.secret}|{body.copy}|{body.seen}": sentence for body in said if (sentence := _mistake(body))}


def _mistake(body: c.SettleCopy) -> str:
    if not body.note.strip():
        return "Say why the old value may stay there." if body.outcome is CopyOutcome.ACCEPTED else ""
    return unfit(body.note)


def following(incident: Incident, entered: Entered) -> Json | None:
    """The page after this one: that of another secret that waits; None if there is none."""
    done = {body.secret for body in commands(entered)}
    left = next((secret for secret in waiting(incident) if secret.name not in done), None)
    return copies_form(incident, ButtonValue(incident.id, left.name)) if left is not None else None
