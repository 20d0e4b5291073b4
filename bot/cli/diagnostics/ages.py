"""How old the secrets of one environment are, as `bot policy` tells it: asked once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Doubtful
from bot.errors import BotError
from bot.planned.ages.due import DueState
from bot.planned.ages.words import put_off, when

if TYPE_CHECKING:
    from bot.catalog import CatalogEntry
    from bot.planned.ages.looks import Looked


@dataclass
class Ages:
    """Safe to use from several threads."""

    look: Callable[[], Looked]
    _looked: list[Looked | BotError] = field(default_factory=list)
    _asking: Lock = field(default_factory=Lock)

    def of(self, entry: CatalogEntry) -> str:
        """Its age. Doubtful if it is overdue, or the error of the look."""
        looked = self._found()
        found = looked.of(entry.environment, entry.name)
        assert found is not None
        if found.state is DueState.OVERDUE:
            raise Doubtful("; ".join([*found.overdue_because, *put_off(found, looked.at)]))
        return f"{when(found, looked.at)}; counts from: {found.age.words}"

    def _found(self) -> Looked:
        with self._asking:
            if not self._looked:
                try:
                    self._looked.append(self.look())
                except BotError as error:
                    self._looked.append(error)
        looked = self._looked[0]
        if isinstance(looked, BotError):
            raise looked
        return looked
