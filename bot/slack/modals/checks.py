"""The form behind “Checks”: what may outlive a dead key, one secret a page, each item with where to look."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.lanes import access_lane
from bot.incident.model import CheckOutcome
from bot.incident.state import Check, Incident, SecretState
from bot.incident.steps.rules import check_digest
from bot.phrases.access import leftover_words
from bot.phrases.marks import code, link, literal, moment
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, context, form, option, row, section
from bot.slack.modals.inputs import Entered, one_of, pages_of, unfit, words

ITEMS = 30
"""On one page; a modal has room for 100 blocks."""
CHOICES = (
    option(CheckOutcome.CLEAR, "Clear", "Somebody looked, and nothing suspicious is there"),
    option(CheckOutcome.HANDLED, "Handled", "It was there and has been removed"),
)
CHOICES_FOUND = (
    option(CheckOutcome.CLEAR, "Clear", "What was found is ours, and legitimate"),
    CHOICES[1],
)
HINT = "Needed with an outcome: the report quotes it. Never a secret, not even in part."
FOUND_HINT = (
    "Needed with an outcome. Why it is legitimate, or what was removed. The report quotes it. Never a secret, not even "
    "in part."
)
_CHECK, _NOTE = "check|", "note|"


def waiting(incident: Incident, ended: Collection[c.EndCheck] = ()) -> list[SecretState]:
    """Secrets with items that can be ended now, apart from those that are being `ended`."""
    over = {(body.secret, body.item) for body in ended}
    return [
        secret
        for secret in incident.secrets.values()
        if any((secret.name, check.item) not in over for check in secret.due_checks)
    ]


def checks_form(incident: Incident, pressed: ButtonValue, ended: Collection[c.EndCheck] = ()) -> Json:
    """The page of the secret that `press` names if it waits, else of the first that does. `ended` is what was just said
    of another page, and is not yet in the log.
    """
    left = waiting(incident, ended)
    if not left:
        later = _all_of_them(incident) or [section("Nothing is left to check.")]
        return form(ActionId.CHECKS, "Checks", later, close="Back")
    shown = next((secret for secret in left if secret.name == pressed.subject), left[0])
    several = len(shown.due_checks) > 1
    items = (block for check in shown.due_checks[:ITEMS] for block in _item(shown, check, optional=several))
    pages = pages_of(left, shown, ActionId.CHECKS_OF, lambda each: str(checks_of([each])))
    blocks = [
        *pages,
        *([context(f"{len(left)} secrets left; *Save* leads to the next.")] if len(left) > 1 else []),
        *(_all_of_them(incident) if not ended else ()),
        *_head(incident, shown),
        *items,
    ]
    return form(ActionId.CHECKS, "Checks", blocks, submit="Save", note=ButtonValue(incident.id, shown.name).encode())


def _all_of_them(incident: Incident) -> list[Block]:
    """How many the card counts, where this page and those beside it cannot show them all."""
    checks = checks_of(incident.secrets.values())
    if not checks.waiting:
        return []
    return [section(f"{checks.in_full}.")]


def _head(incident: Incident, secret: SecretState) -> list[Block]:
    pressed = ButtonValue(incident.id, str(access_lane(secret.name)))
    title = f"*{literal(secret.entry.title)}* {code(secret.name)}"
    words = section(
        f"{title}: its old value is dead. Check for what was created with it.",
        f"Console: {link(secret.by_hand.console)}" if secret.by_hand.console else "",
        f"Read by API {moment(secret.inspected_at)}." if secret.inspected_at else "",
    )
    again = secret.inspected_at is not None and incident.open
    return [words, *row(button("Rescan", ActionId.RETRY, pressed) if again else None)]


def _item(secret: SecretState, check: Check, *, optional: bool) -> list[Block]:
    found = [f"⚠️ Found by API: {literal(leftover_words(left))}" for left in check.found]
    name = f"{secret.name}|{check.item}|{check_digest(check)}"
    return [
        section(literal(secret.where_to_look(check)), *found),
        one_of(_CHECK + name, check.item, CHOICES_FOUND if found else CHOICES, optional=optional),
        words(
            _NOTE + name,
            f"{check.item}: who looked, and what they saw",
            hint=FOUND_HINT if found else HINT,
            optional=optional,
            lines=False,
        ),
    ]


def commands(entered: Entered) -> list[c.EndCheck]:
    """One for each item that was given an outcome."""
    return list(_chosen(entered))


def _chosen(entered: Entered) -> Iterator[c.EndCheck]:
    for name, outcome in entered.named(_CHECK).items():
        if outcome in set(CheckOutcome):
            secret, _, rest = name.partition("|")
            item, _, seen = rest.rpartition("|")
            yield c.EndCheck(secret, item, CheckOutcome(outcome), entered.text(_NOTE + name), seen)


def mistakes(incident: Incident, entered: Entered) -> dict[str, str]:
    """A sentence for each field that keeps the page from being saved."""
    ended, found = commands(entered), entered.unchosen(_CHECK, _NOTE)
    if not ended and not found:
        first = next(iter(entered.named(_CHECK)), "")
        return {_CHECK + first: "Say of at least one what you found."}
    for body in ended:
        if sentence := _mistake(incident, body):
            found[f"{_NOTE}{body.secret}|{body.item}|{body.seen}"] = sentence
    return found


def _mistake(incident: Incident, body: c.EndCheck) -> str:
    secret = incident.secrets.get(body.secret)
    check = secret.checks.get(body.item) if secret is not None else None
    if body.note.strip():
        return unfit(body.note)
    if body.outcome is CheckOutcome.HANDLED:
        return "Say what was removed: the report quotes it."
    if check is not None and check.found:
        return "Explain why this is legitimate."
    return "Say who looked, and what they saw: the report quotes it."


def following(incident: Incident, entered: Entered) -> Json | None:
    """The page after this one: that of another secret that waits; None if there is none."""
    ended = commands(entered)
    done = {body.secret for body in ended}
    left = next((secret for secret in waiting(incident) if secret.name not in done), None)
    return checks_form(incident, ButtonValue(incident.id, left.name), ended) if left is not None else None
