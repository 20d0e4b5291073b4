"""The work when someone leaves: which secrets are rotated, why and in which order, and what people do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.catalog.catalog import Catalog, CatalogEntry
from bot.model.departures import Leaver, Reach
from bot.model.playbooks import Playbook, PlaybookStep
from bot.model.secrets import SecretEntry

PERSON = "{person}"
"""The placeholder for the leaver's name in a playbook's tasks."""


@dataclass(frozen=True)
class Planned:
    """A secret that is rotated, with each reason for it as a phrase."""

    name: str
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """``Its policy asks for it when someone leaves; ben owned it``."""
        text = "; ".join(self.reasons)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Departure:
    """The secrets that a leaver knew in one environment. `left` are public by design and were only seen, so they are
    left alone.
    """

    environment: str
    planned: tuple[Planned, ...] = ()
    left: tuple[str, ...] = ()


def plan(
    catalog: Catalog, name: str, environment: str, reaches: Mapping[str, Reach] = MappingProxyType({})
) -> Departure:  # fmt: skip
    """The secrets of `environment` to rotate because `name` leaves, in the order in which they depend on each other.
    `reaches` says by secret what the leaver read and can read, as far as known.
    """
    found: dict[str, tuple[str, ...]] = {}
    left: list[str] = []
    for entry in catalog.all(environment):
        reasons = (*_by_file(entry, name), *reach_reasons(name, reaches.get(entry.name)))
        if entry.public_by_design and not _by_file(entry, name):
            left += [entry.name] if reasons else []
        elif reasons:
            found[entry.name] = reasons
    for name_ in list(found):
        for other in catalog.tied(catalog.entry(name_, environment)):
            found.setdefault(other.name, (f"it and {name_} are revoked together",))
    entries = [catalog.entry(each, environment) for each in found]
    ordered = (Planned(entry.name, found[entry.name]) for entry in in_dependency_order(entries))
    return Departure(environment, tuple(ordered), tuple(each for each in left if each not in found))


def _by_file(entry: CatalogEntry, name: str) -> Iterable[str]:
    found = ["its policy requires it when someone leaves"] if entry.policy.on_personnel_change else []
    return (*found, f"{name} owned it") if entry.owner.casefold() == name.casefold() else tuple(found)


def reach_reasons(name: str, reach: Reach | None) -> tuple[str, ...]:
    """``ben read it 3 times, last at 2026-11-20 09:12 UTC``, ``ben can read it``."""
    if reach is None:
        return ()
    found = []
    if reach.reads and reach.last_read is not None:
        at = f"{reach.last_read:%Y-%m-%d %H:%M} UTC"
        found.append(
            f"{name} read it {reach.reads} times, last at {at}" if reach.reads > 1 else f"{name} read it at {at}"
        )
    if reach.can:
        found.append(f"{name} can read it" + (" under a condition" if reach.can == "may" else ""))
    return tuple(found)


def in_dependency_order(entries: Sequence[CatalogEntry]) -> list[CatalogEntry]:
    """Each secret after the admin credential that manages it; in a circle, and without dependencies, in the given
    order.
    """
    left, done = {entry.name: entry for entry in entries}, list[CatalogEntry]()
    by_parameter = {entry.main.parameter: entry.name for entry in entries}
    while left:
        ready = [entry for entry in left.values() if not _waits(entry, left, by_parameter)]
        for entry in ready or list(left.values())[:1]:
            done.append(left.pop(entry.name))
    return done


def _waits(entry: CatalogEntry, left: Mapping[str, CatalogEntry], by_parameter: Mapping[str, str]) -> bool:
    admin = by_parameter.get(entry.admin_parameter or "", "")
    return admin != entry.name and admin in left


def for_leaver(playbook: Playbook, leaver: Leaver, secrets: Iterable[SecretEntry]) -> Playbook:
    """The playbook as the run carries it: its tasks name the person, and its first step has one for the console of each
    provider, where the leaver may have a login that no parameter shows.
    """
    consoles = {entry.provider: entry.console for entry in secrets if entry.console}
    told = [f"Take {leaver.name} out of {provider}: {console}" for provider, console in sorted(consoles.items())]
    steps = tuple(_named(step, leaver) for step in playbook.steps)
    if not steps:
        return playbook
    return replace(playbook, steps=(replace(steps[0], tasks=(*steps[0].tasks, *told)), *steps[1:]))


def _named(step: PlaybookStep, leaver: Leaver) -> PlaybookStep:
    return replace(step, tasks=tuple(task.replace(PERSON, leaver.name) for task in step.tasks))
