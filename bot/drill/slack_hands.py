"""How the drill's people press buttons and fill in forms: what has been done lately is not done again at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.drill.card_parser import CardButton, IncidentCard
from bot.drill.fakes.slack import SlackDriver
from bot.drill.fakes.slack.payloads import Values
from bot.drill.personas import Persona
from bot.slack.actions import ActionId, ButtonValue

type Json = dict[str, Any]

PAUSE = 0.2
PATIENCE = 6.0
"""Seconds that people wait for a form to open."""
AGAIN = 12.0
"""Seconds after which they repeat an act without effect: card and log are slower under load."""

FORM_WITH: Mapping[str, ActionId] = dict.fromkeys(
    (ActionId.TAKE_STEPS, ActionId.TAKE, ActionId.END_SESSIONS), ActionId.TODOS
)
"""The button of the form that has all of a kind; *More…* has the others."""


@dataclass
class Attempts:
    """What was done when, each thing named by a few words."""

    clock: Callable[[], float] = time.monotonic
    _made: dict[tuple[str, ...], float] = field(default_factory=dict)

    def due(self, *what: str) -> bool:
        """Whether it has not been done, or so long ago that it came to nothing."""
        return self.clock() - self._made.get(what, -AGAIN) >= AGAIN

    def make(self, *what: str) -> bool:
        """Whether it is due; it counts as done from now on."""
        due = self.due(*what)
        if due:
            self._made[what] = self.clock()
        return due

    def forget(self, *what: str) -> None:
        """It did not reach anyone: it is due again."""
        self._made.pop(what, None)


@dataclass
class SlackHands:
    """`ids` are Slack ids by name; `mind` raises when the bot has died."""

    driver: SlackDriver
    ids: Mapping[str, str]
    mind: Callable[[], None]
    attempts: Attempts = field(default_factory=Attempts)

    def press(self, person: Persona, button: CardButton) -> bool:
        """Whether it was pressed and taken: not again while the last press has had no time to show."""
        what = (button.action, button.value.subject, button.value.digest)
        if not self.attempts.make(*what):
            return False
        taken = self._press(person, button)
        if not taken:
            self.attempts.forget(*what)
        return taken

    def consent(self, person: Persona, button: CardButton) -> bool:
        """Whether what the form behind it shows was agreed to and taken: not again while that had no time to show."""
        what = (button.action, button.value.subject, button.value.digest)
        if not self.attempts.make(*what):
            return False
        view = self.open(person, button)
        taken = view is not None and bool(view.get("submit")) and self.submit(person, view, {})
        if not taken:
            self.attempts.forget(*what)
        return taken

    def open(self, person: Persona, button: CardButton) -> Json | None:
        """The form behind a button; None if none opens."""
        self.put_away(person)
        return self.form(person) if self._press(person, button) else None

    def press_behind(self, person: Persona, card: IncidentCard, action: ActionId, subject: str) -> bool:
        """Presses what is on the card, or else in the form behind it that has such a button. Whether it was taken."""
        if not self.attempts.make(action, subject):
            return False
        button = card.first(action, subject)
        if button is not None:
            taken = self._press(person, button)
        else:
            view = self._form_with(person, card, action)
            taken = view is not None and self.press_in(person, view, action, subject)
            self.put_away(person)
        if not taken:
            self.attempts.forget(action, subject)
        return taken

    def open_behind(self, person: Persona, card: IncidentCard, action: ActionId, subject: str = "") -> Json | None:
        """The form behind a button that is on the card, or else in a form behind the card. None if none opens."""
        button = card.first(action, subject or None)
        if button is not None:
            return self.open(person, button)
        view = self._form_with(person, card, action)
        if view is None or not self.press_in(person, view, action, subject):
            return None
        return self.form(person, lambda shown: bool(shown["id"] != view["id"]))

    def _form_with(self, person: Persona, card: IncidentCard, action: ActionId) -> Json | None:
        """The form behind the card that has buttons of this kind."""
        button = card.first(FORM_WITH.get(action, ActionId.MORE))
        return self.open(person, button) if button is not None else None

    def turn(self, person: Persona, view: Json, menu: ActionId, subject: str) -> Json | None:
        """The page of this subject, which the form shows or its menu leads to; None if it has none."""
        if not view.get("private_metadata"):
            return None  # to read only
        if _shown(view) == subject:
            return view
        if not self.driver.press_in_view(self.ids[person.name], str(view["id"]), menu, subject).ok:
            return None
        return self.form(person, lambda shown: _shown(shown) == subject)

    def press_in(self, person: Persona, view: Json, action: ActionId, subject: str) -> bool:
        """Whether the form has such a button, and it was pressed."""
        value = _button_value(view, action, subject)
        if value is None:
            return False
        return self.driver.press_in_view(self.ids[person.name], str(view["id"]), action, value).ok

    def submit(self, person: Persona, view: Json, values: Values) -> bool:
        """Whether the bot took what was entered. A form that it refuses is closed."""
        answer = self.driver.submit(self.ids[person.name], str(view["id"]), values)
        if answer.errors:
            self.close(person, view)
        return answer.ok and not answer.errors

    def close(self, person: Persona, view: Json) -> None:
        self.driver.close(self.ids[person.name], str(view["id"]))

    def put_away(self, person: Persona) -> None:
        """Closes what is still open from before, one form on another."""
        while (view := self.driver.view_of(self.ids[person.name])) is not None:
            self.close(person, view)

    def form(self, person: Persona, fits: Callable[[Json], bool] = lambda _: True) -> Json | None:
        """The form that this person has before them, once there is one that `fits`; None if none comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            view = self.driver.view_of(self.ids[person.name])
            if view is not None and fits(view):
                return view
            self.mind()
            time.sleep(PAUSE / 4)
        return None

    def _press(self, person: Persona, button: CardButton) -> bool:
        found = button.button
        return self.driver.press(self.ids[person.name], found.channel, found.ts, found.action_id, found.value).ok


def _shown(page: Json) -> str:
    """What a form with a menu is about."""
    return ButtonValue.decode(str(page["private_metadata"])).subject


def _button_value(view: Json, action: ActionId, subject: str) -> str | None:
    """What the form's button of this kind carries that acts on `subject`, on anything if that is empty."""
    elements = (element for block in view["blocks"] for element in block.get("elements") or ())
    values = (str(each["value"]) for each in elements if each.get("action_id") == action)
    return next((value for value in values if subject in {"", ButtonValue.decode(value).subject}), None)


def fields(view: Json, kind: str) -> list[str]:
    """The texts after ``KIND|`` in the block ids of a form."""
    names = (str(block.get("block_id", "")).partition("|") for block in view["blocks"])
    return [rest for found, _, rest in names if found == kind]


def choices(view: Json, name: str) -> list[str]:
    """The values that a field of a form offers."""
    for block in view["blocks"]:
        element = block.get("element") or {}
        if element.get("action_id") == name:
            return [str(each["value"]) for each in element["options"]]
    return []
