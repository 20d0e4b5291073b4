"""What somebody typed and chose in a form, read out of Slack's `view.state.values`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.people import People


@dataclass(frozen=True)
class Entered:
    """`values` is block_id → action_id → state, as Slack sends it. A field that is not there is an empty one."""

    values: Mapping[str, Mapping[str, Mapping[str, Any]]]
    people: People

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
        """The chosen person's name in the people file, empty if nobody was chosen."""
        chosen = self._state(name).get("selected_user")
        return self.people.by_slack(str(chosen)).name if chosen else ""

    def named(self, prefix: str) -> dict[str, str]:
        """Choices of all fields whose block_id begins with `prefix`, by the rest of it."""
        return {name.removeprefix(prefix): self.choice(name) for name in self.values if name.startswith(prefix)}

    def unchosen(self, choice: str, note: str) -> dict[str, str]:
        """A sentence for each field `choice`… that was left alone while its `note`… was written: it would be lost."""
        names = [name for name, value in self.named(choice).items() if not value and self.text(note + name).strip()]
        return {choice + name: "Choose what it is: without that, the note below is not recorded." for name in names}

    def _state(self, name: str) -> Mapping[str, Any]:
        return next(iter(self.values.get(name, {}).values()), {})


def _value(option: object) -> str:
    return str(option.get("value", "")) if isinstance(option, dict) else ""
