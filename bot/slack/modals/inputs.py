"""The kinds of fields that our forms have. A field's name is both its block_id and its action_id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    CheckboxesElement,
    DateTimePickerElement,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticMultiSelectElement,
    StaticSelectElement,
    UserSelectElement,
)

from bot.incident.refusals import TEXT_LIMIT
from bot.incident.state import SecretState
from bot.slack.blocks import field, option, plain

FEW = 10
"""Slack shows at most so many radio buttons or checkboxes; a menu takes 100."""
MANY = 100


def words(
    name: str, label: str, *, hint: str = "", initial: str = "", optional: bool = False, lines: bool = True
) -> Block:
    """A text. What looks like a secret is refused before it is recorded."""
    element = PlainTextInputElement(
        action_id=name, multiline=lines, max_length=TEXT_LIMIT, initial_value=initial or None
    )
    return field(name, label, element, hint=hint or "Never a secret, not even in part.", optional=optional)


def one_of(
    name: str,
    label: str,
    options: Sequence[Option],
    *,
    initial: str = "",
    hint: str = "",
    tell: bool = False,
    optional: bool = False,
) -> Block:
    """Radio buttons, or a menu where there are too many."""
    first = next((each for each in options if each.value == initial), None)
    element: InputInteractiveElement
    if len(options) <= FEW:
        element = RadioButtonsElement(action_id=name, options=list(options), initial_option=first)
    else:
        element = StaticSelectElement(action_id=name, options=list(options[:MANY]), initial_option=first)
    return field(name, label, element, hint=hint, tell=tell, optional=optional)


def some_of(name: str, label: str, options: Sequence[Option], *, optional: bool = False, tell: bool = False) -> Block:
    """Checkboxes, or a menu where there are too many."""
    element: InputInteractiveElement
    if len(options) <= FEW:
        element = CheckboxesElement(action_id=name, options=list(options))
    else:
        element = StaticMultiSelectElement(
            action_id=name, options=list(options[:MANY]), placeholder=plain("Choose", 150)
        )
    return field(name, label, element, optional=optional, tell=tell)


def at(name: str, label: str, *, initial: datetime | None = None, hint: str = "") -> Block:
    """A moment, in the person's own time zone."""
    element = DateTimePickerElement(
        action_id=name, initial_date_time=int(initial.timestamp()) if initial is not None else None
    )
    return field(name, label, element, hint=hint, optional=True)


def somebody(name: str, label: str, user: str = "") -> Block:
    return field(name, label, UserSelectElement(action_id=name, initial_user=user or None))


def pages_of(
    secrets: Iterable[SecretState], shown: SecretState, action: str, note: Callable[[SecretState], str]
) -> list[Block]:
    """A menu of secrets that turns to the page of the chosen one, if there is a choice; `note` is said of each."""
    every = list(secrets)
    if [secret.name for secret in every] in ([], [shown.name]):
        return []
    options = [option(secret.name, secret.entry.title, note(secret)) for secret in every[:MANY]]
    chosen = next((each for each in options if each.value == shown.name), None)
    menu = StaticSelectElement(action_id=action, options=options, initial_option=chosen)
    return [ActionsBlock(block_id=action, elements=[menu])]
