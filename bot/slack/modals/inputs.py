"""The kinds of fields that our forms have. A field's name is both its block_id and its action_id."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    CheckboxesElement,
    DateTimePickerElement,
    InputInteractiveElement,
    Option,
    OptionGroup,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticMultiSelectElement,
    StaticSelectElement,
    UserSelectElement,
)

from bot.asks.ask import NEVER
from bot.incident.refusals import TEXT_LIMIT, Declined, clean
from bot.incident.state import SecretState
from bot.people import People
from bot.phrases.marks import code, literal
from bot.slack.blocks import field, option, paragraphs, plain

FEW = 10
"""Slack shows at most so many radio buttons or checkboxes."""
OPTION_TEXT = 75
"""Characters of an option's text, and of the line below it (docs.slack.dev, option object)."""
LISTED = 40
"""Lines of a list above a field."""
MANY = 100
"""Options of a menu, or of one group of a menu's, which may have as many groups (docs.slack.dev, option group)."""


def menu(options: Sequence[Option]) -> dict[str, Any]:
    """The options as a menu takes them, all of them: in groups, where they are too many for a plain list."""
    if len(options) <= MANY:
        return {"options": list(options)}
    return {"option_groups": [*groups(options)]}


def groups(options: Sequence[Option]) -> Iterator[OptionGroup]:
    """The options by the hundred, each hundred called by its numbers."""
    for number, batch in enumerate(itertools.batched(options, MANY)):
        first = number * MANY + 1
        label = f"{first} to {first + len(batch) - 1} of {len(options)}"
        yield OptionGroup(label=plain(label, 75), options=list(batch))


def words(
    name: str, label: str, *, hint: str = "", initial: str = "", optional: bool = False, lines: bool = True
) -> Block:
    """A text. What looks like a secret is refused before it is recorded."""
    element = PlainTextInputElement(
        action_id=name, multiline=lines, max_length=TEXT_LIMIT, initial_value=initial or None
    )
    return field(name, label, element, hint=hint or NEVER, optional=optional)


def how_noticed(initial: str) -> Block:
    return words("how_noticed", "How was it noticed?", initial=initial, hint="Who saw what, where.")


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
        element = StaticSelectElement(action_id=name, **menu(options), initial_option=first)
    return field(name, label, element, hint=hint, tell=tell, optional=optional)


def some_of(name: str, label: str, options: Sequence[Option], *, optional: bool = False, tell: bool = False) -> Block:
    """Checkboxes, or a menu where there are too many."""
    element: InputInteractiveElement
    if len(options) <= FEW:
        element = CheckboxesElement(action_id=name, options=list(options))
    else:
        element = StaticMultiSelectElement(action_id=name, **menu(options), placeholder=plain("Choose", 150))
    return field(name, label, element, optional=optional, tell=tell)


def in_full(incident_id: str, texts: Sequence[str]) -> list[Block]:
    """Texts too long for an option, which is cut, as a list above it."""
    return paragraphs(listed_lines(incident_id, [literal(text) for text in texts if len(text) > OPTION_TEXT]))


def listed_lines(incident_id: str, phrases: Sequence[str]) -> Iterator[str]:
    """A line for each, of so many as there is room for; the last counts the others, and says what lists them."""
    yield from (f"• {phrase}" for phrase in phrases[:LISTED])
    if left := len(phrases[LISTED:]):
        yield f"• and {left} more, which {code(f'bot show {incident_id}')} lists"


def fitting(parts: Iterable[tuple[int, Iterable[Block]]], room: int) -> tuple[list[Block], int]:
    """As many of the blocks as there is room for, and how many rows have none; a part is so many rows."""
    shown: list[Block] = []
    left = 0
    for number, made in parts:
        blocks = list(made)
        if left or len(shown) + len(blocks) > room:
            left += number
        else:
            shown += blocks
    return shown, left


def at(name: str, label: str, *, initial: datetime | None = None, hint: str = "", optional: bool = True) -> Block:
    """A moment, in the person's own time zone."""
    element = DateTimePickerElement(
        action_id=name, initial_date_time=int(initial.timestamp()) if initial is not None else None
    )
    return field(name, label, element, hint=f"{hint} Your time zone.".lstrip(), optional=optional)


def someone(name: str, label: str, user: str = "", *, hint: str = "", optional: bool = False) -> Block:
    element = UserSelectElement(action_id=name, initial_user=user or None)
    return field(name, label, element, hint=hint, optional=optional)


def pages_of(
    secrets: Iterable[SecretState], shown: SecretState, action: str, note: Callable[[SecretState], str]
) -> list[Block]:
    """A menu of secrets that turns to the page of the chosen one, if there is a choice; `note` is said of each."""
    every = list(secrets)
    if [secret.name for secret in every] in ([], [shown.name]):
        return []
    options = [option(secret.name, secret.entry.title, note(secret)) for secret in every]
    return [turning(action, options, shown.name)]


def turning(action: str, options: Sequence[Option], shown: str) -> Block:
    """The menu on the page `shown`, which it names. Its block differs on each page: in a block that stays, Slack keeps
    the earlier choice.
    """
    initial = next((each for each in options if each.value == shown), None)
    pages = StaticSelectElement(action_id=action, **menu(options), initial_option=initial)
    return ActionsBlock(block_id=f"{action}|{shown}", elements=[pages])


def unfit(note: str) -> str:
    """Why the note cannot be recorded, as a sentence; empty if it can."""
    try:
        clean(note, "note")
    except Declined as declined:
        return str(declined)
    return ""


# What someone typed and chose in a form, read out of Slack's `view.state.values`.


@dataclass(frozen=True)
class Entered:
    """`values` is block_id → action_id → state, as Slack sends it. A field that is not there is an empty one."""

    values: Mapping[str, Mapping[str, Mapping[str, Any]]]
    people: People

    def asked(self, name: str) -> bool:
        """Whether the form had this field."""
        return name in self.values

    def text(self, name: str) -> str:
        return str(self._state(name).get("value") or "")

    def choice(self, name: str) -> str:
        """The value of a select or of radio buttons."""
        return _value(self._state(name).get("selected_option"))

    def page(self, menu: str) -> str:
        """The value that was chosen in the menu which turns the pages."""
        return next(iter(self.named(f"{menu}|").values()), "")

    def choices(self, name: str) -> tuple[str, ...]:
        """The values of checkboxes or of a multi-select."""
        chosen = self._state(name).get("selected_options")
        return tuple(filter(None, map(_value, chosen))) if isinstance(chosen, list) else ()

    def time(self, name: str) -> datetime | None:
        """In UTC; None for what is none."""
        chosen = self._state(name).get("selected_date_time")
        try:
            return datetime.fromtimestamp(int(chosen), UTC) if chosen else None
        except (ValueError, TypeError, OverflowError, OSError):
            return None

    def person(self, name: str) -> str:
        """The chosen person's name in the people file, empty without a choice."""
        chosen = self._state(name).get("selected_user")
        return self.people.by_slack(str(chosen)).name if chosen else ""

    def named(self, prefix: str) -> dict[str, str]:
        """Choices of all fields whose block_id begins with `prefix`, by the rest of it."""
        return {name.removeprefix(prefix): self.choice(name) for name in self.values if name.startswith(prefix)}

    def _state(self, name: str) -> Mapping[str, Any]:
        return next(iter(self.values.get(name, {}).values()), {})


def _value(option: object) -> str:
    return str(option.get("value", "")) if isinstance(option, dict) else ""
