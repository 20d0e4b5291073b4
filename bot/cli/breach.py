"""The secrets of a breached vendor, and the ones that are left alone: shown, and open in the incident."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.incident.model import LeftAlone, Strategy, WhyLeft
from bot.phrases.times import counted, listed

if TYPE_CHECKING:
    from bot.catalog.catalog import Catalog
    from bot.inbox import Declaration


@dataclass(frozen=True)
class Meant:
    """The declared secrets of one environment, by name, and the undeclared ones from the same place."""

    environment: str
    names: Sequence[str]
    left: tuple[LeftAlone, ...] = ()
    title: str = ""

    def declaration(self, told: Declaration, strategies: Mapping[str, Strategy]) -> Declaration:
        """What is declared of them; `told` has what holds for all environments."""
        from bot.inbox import SecretChoice

        choices = tuple(SecretChoice(name, strategies.get(name)) for name in self.names)
        return replace(
            told,
            environment=self.environment,
            secrets=choices,
            left_alone=self.left,
            title=told.title or self.title,
        )


def held(terminal: Terminal, vendor: str, environment: str, also: Collection[str]) -> list[Meant]:
    """Everything that `vendor` had, an item an environment, the most harmful one first. `also` are declared with it,
    public by design or not. Misuse where nothing is left to declare.
    """
    catalog = terminal.application.files.loaded.catalog
    environments = (environment,) if environment else catalog.environments
    found = [meant for each in environments if (meant := _held_in(catalog, vendor, each, also)) is not None]
    if not found:
        raise Misuse(f"The catalog lists nothing in {listed(list(environments))} as held by {vendor}.")
    strange = [name for name in also if not any(_knows(meant, name) for meant in found)]
    if strange:
        raise Misuse(f"{vendor} holds no {listed(strange)} in {listed(list(environments))}.")
    declared = [meant for meant in found if meant.names]
    if not declared:
        left = listed([one.name for meant in found for one in meant.left])
        raise Misuse(
            f"Nothing that {vendor} holds in {listed(list(environments))} is to be revoked (left out: {left})."
        )
    for meant in found:
        for words in _words(catalog, vendor, meant):
            terminal.hint(words)
    return declared


def _held_in(catalog: Catalog, vendor: str, environment: str, also: Collection[str]) -> Meant | None:
    """None where the vendor holds nothing."""
    entries = catalog.held_by(vendor, environment)
    in_all = {entry.name for entry in catalog.all(environment)}
    names = [entry.name for entry in entries if not entry.public_by_design or entry.name in also]
    names = list(dict.fromkeys([*names, *(name for name in also if name in in_all)]))
    left = tuple(LeftAlone(entry.name, WhyLeft.PUBLIC) for entry in entries if entry.name not in names)
    if not (names or left):
        return None
    return Meant(environment, names, left, f"{vendor} breached: {counted(len(names), f'{environment} secret')}")


def _knows(meant: Meant, name: str) -> bool:
    return name in meant.names or any(one.name == name for one in meant.left)


def _words(catalog: Catalog, vendor: str, meant: Meant) -> Iterator[str]:
    """What is declared, what is left, and what the vendor may hold without an entry."""
    if not meant.names:
        yield f"{meant.environment}: nothing that {vendor} holds needs declaring."
    else:
        yield f"{meant.environment}: {counted(len(meant.names), 'secret')} of {vendor}, an incident of its own."
    for one in meant.left:
        words = catalog.left_alone_words(catalog.entry(one.name, meant.environment))
        yield f"{words}. It stays an open item of the incident."
    for entry in catalog.perhaps_held_by(vendor, meant.environment):
        if entry.name not in meant.names:
            why = f"{vendor} issued it" if entry.provider == vendor else f"a copy of it is of the kind {vendor}"
            yield f"{entry.name} is left out: {why}, but `held-by` does not name {vendor}. Name it to include it."
