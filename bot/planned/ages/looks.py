"""Asks the log, the vault and the providers for the age of everything.

It reads a value only if its age is known nowhere else: then it asks the provider for the key's creation time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.catalog.catalog import Catalog, CatalogEntry
from bot.errors import BotError, LogError
from bot.eventlog.sql import EventLog
from bot.model.secrets import SecretEntry
from bot.planned.ages.age import Age, History, age_of
from bot.planned.ages.due import DueRotation, How, due_of, how_of, in_order
from bot.planned.ages.history import Histories
from bot.providers.contract import Identifies, Provider
from bot.secrets.secret import Credential
from bot.vault.contract import Vault


@dataclass(frozen=True)
class Looked:
    """All rotations, the most pressing first, as of `at` (UTC). `trouble` are sentences on what could not be asked."""

    rotations: tuple[DueRotation, ...]
    at: datetime
    trouble: tuple[str, ...] = ()

    def of(self, environment: str, secret: str) -> DueRotation | None:
        """The result for one secret; None if the catalog does not have it."""
        return next((one for one in self.rotations if (one.environment, one.secret) == (environment, secret)), None)


@dataclass(frozen=True)
class PolicyLooks:
    """`owned` says whether an owner's name means any person."""

    event_log: EventLog
    catalog: Catalog
    vault: Vault
    provider: Callable[[SecretEntry], Provider]
    freeze: Callable[[CatalogEntry], SecretEntry]
    clock: Callable[[], datetime]
    histories: Histories
    owned: Callable[[str], bool] = lambda owner: bool(owner.strip())

    def look(self, environment: str = "", progress: Callable[[str], None] = lambda _text: None) -> Looked:
        """Everything of one environment, or of all. Misuse for an unknown one; LogUnavailable without the log. Other
        failures make an age unknown, and are named.
        """
        return self._look(self.catalog.all(environment) if environment else self.catalog.entries, progress)

    def _look(self, entries: Sequence[CatalogEntry], progress: Callable[[str], None]) -> Looked:
        progress("what the log knows …")
        histories = self.histories.of([(entry.environment, entry.name) for entry in entries])
        progress("when the parameters were written …")
        written, unasked = self._written(entries)
        trouble = [f"When {name}'s parameters were written could not be asked: {why}." for name, why in unasked.items()]
        now = self.clock()
        rotations = []
        for number, entry in enumerate(entries):
            progress(f"{number} of {len(entries)} secrets …")
            history = histories[entry.environment, entry.name]
            due = partial(due_of, entry, now=now, owned=self.owned, history=history)
            try:
                age, how = self._age(entry, history, written, unasked, trouble), how_of(self.freeze(entry).capabilities)
                rotations.append(due(age, how))
            except LogError:
                raise
            except Exception as error:  # noqa: BLE001 - nothing about one secret hides another
                why = f"it cannot be checked ({type(error).__name__})"
                trouble.append(f"{entry.environment} {entry.name}: {why}.")
                rotations.append(due(Age(missing=(why,)), How.BY_HAND))
        return Looked(tuple(in_order(rotations)), now, tuple(dict.fromkeys(trouble)))

    def _written(self, entries: Iterable[CatalogEntry]) -> tuple[dict[str, datetime], dict[str, str]]:
        """The write time by parameter. Environments are asked separately, so that a closed account hides no other.
        Returns the failures by name, each with its reason.
        """
        names: dict[str, list[str]] = {}
        for entry in entries:
            names.setdefault(entry.environment, []).append(entry.main.parameter)
        written: dict[str, datetime] = {}
        unasked: dict[str, str] = {}
        for environment, parameters in names.items():
            try:
                written |= self.vault.written(parameters)
            except BotError as error:
                unasked[environment] = str(error)
        return written, unasked

    def _age(
        self, entry: CatalogEntry, history: History, written: Mapping[str, datetime], unasked: Mapping[str, str],
        trouble: list[str],
    ) -> Age:  # fmt: skip
        """If the write time could not be asked, no other date replaces it: the parameter may be young."""
        at, asks = written.get(entry.main.parameter), partial(self._created, entry)
        if history.version is not None:
            at, asks = None, partial(self._written_before, entry, history.version)
        if history.proven is not None or at is not None:
            return age_of(history, at, None)
        if entry.policy.rotate_after_days is None:
            return age_of(history, None, None)  # nothing depends on it: its value need not be read
        if entry.environment in unasked:
            return age_of(history, None, None, (unasked[entry.environment],))
        try:
            return asks()
        except BotError as error:
            trouble.append(f"{entry.environment} {entry.name}: {error}.")
            return age_of(history, None, None, (str(error),))

    def _written_before(self, entry: CatalogEntry, number: int) -> Age:
        """The age by the replaced value, whose successor is unproven; unknown if the vault no longer has it."""
        versions = self.vault.history(entry.main.parameter)
        return age_of(History(), next((one.written_at for one in versions if one.number == number), None), None)

    def _created(self, entry: CatalogEntry) -> Age:
        """Since its provider made the key, where it lists keys and this value is one of them beyond doubt."""
        provider = self.provider(self.freeze(entry))
        if not isinstance(provider, Identifies):
            return Age()
        parts = {part.name: self.vault.read(part.parameter).value for part in entry.parts}
        found = provider.identify(Credential(parts, entry.main.name))
        return age_of(History(), None, found[0].created_at if len(found) == 1 and not found[0].by_looks else None)
