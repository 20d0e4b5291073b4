"""Reads catalog and playbooks, and reports everything that is wrong with them before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from bot.catalog.catalog import Catalog, CatalogEntry, NotRotated, Policy
from bot.catalog.checks import Placed, Validator, across, expand, fitting, readers, unbuilt
from bot.catalog.model import (
    CONFIGURATION,
    MEANINGS,
    OPEN,
    AudienceModel,
    CatalogHead,
    ConfigurationModel,
    ConsumerModel,
    PartModel,
    PlaybookModel,
    PolicyModel,
    ReaderModel,
    SecretModel,
    StepModel,
    seconds,
)
from bot.documents import Document, Location, Mistakes, check, read, read_as
from bot.errors import ConfigurationError
from bot.model.playbooks import Action, Audience, Playbook, PlaybookStep
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer, Copy, Part
from bot.model.uses import OurUse
from bot.model.window import Window


@dataclass(frozen=True)
class LeftOut:
    """An entry that is left out on purpose, its line, and the reason."""

    name: str
    provider: str
    line: int
    why: str


@dataclass(frozen=True)
class Loaded:
    """A catalog, and what of the file is not in it."""

    catalog: Catalog
    left_out: tuple[LeftOut, ...] = ()


def load_catalog(path: Path, known_providers: Collection[str], validate: Validator = lambda *_: "") -> Loaded:
    """The catalog at `path`. `known_providers` are the names of existing providers, `validate` asks them.

    Raises ConfigurationError with every mistake of the file, each as ``file:line: what was wrong, what was expected``.
    """
    document = read(path)
    mistakes = Mistakes(path)
    head = check(document, (), CatalogHead, mistakes)
    environments = head.environments if head else _environments(document)
    if not environments:
        mistakes.settle()  # what else is wrong cannot be told
    placed = list(_placed(document, environments, mistakes))
    names = list(_names(document))
    for location, text in chain(
        across(placed, names, environments),
        readers(head.ours if head else (), names, environments),
        fitting(placed, validate),
        unbuilt(placed, known_providers),
    ):
        mistakes.add(document.line(location), text)
    mistakes.settle()
    left_out = tuple(
        LeftOut(entry.name, entry.provider, document.line(item.at), entry.left_out)
        for item in placed
        if isinstance(entry := item.entry, SecretModel) and entry.left_out is not None
    )
    built = [item for item in placed if item.entry.name not in {left.name for left in left_out}]
    assert head is not None
    return Loaded(_catalog(head, built), left_out)


def load_playbook(path: Path) -> Playbook:
    """The playbook at `path`. Raises ConfigurationError with every mistake of the file."""
    model = read_as(path, PlaybookModel, _steps)
    audience, steps = tuple(map(_audience, model.audience)), tuple(map(_step, model.steps))
    return Playbook(model.id, model.title, steps, audience, kind=model.kind)


def _audience(model: AudienceModel) -> Audience:
    """Its fields are called as the model's are."""
    return Audience(**{**vars(model), "every": seconds(model.every) if model.every is not None else None})


def load_playbooks(paths: Collection[Path]) -> dict[str, Playbook]:
    """All playbooks by id, in the order given. Two files with one id are refused."""
    playbooks: dict[str, Playbook] = {}
    for path in paths:
        playbook = load_playbook(path)
        if playbook.id in playbooks:
            raise ConfigurationError(f"{path}: a second playbook with the id {playbook.id}; expected each id once")
        playbooks[playbook.id] = playbook
    return playbooks


def _raw_entries(document: Document) -> list[object]:
    entries = document.at(("secrets",))
    return list(entries) if isinstance(entries, list) else []


def _names(document: Document) -> Iterator[str]:
    for index in range(len(_raw_entries(document))):
        name = document.at(("secrets", index, "name"))
        if isinstance(name, str):
            yield name


def _environments(document: Document) -> tuple[str, ...]:
    """The environments of a file whose head is wrong, as far as they can be read."""
    found = document.at(("environments",))
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


def _placed(document: Document, environments: tuple[str, ...], mistakes: Mistakes) -> Iterator[Placed]:
    for index in range(len(_raw_entries(document))):
        at: Location = ("secrets", index)
        if asked := list(_open(document, at)):
            for location, text in asked:
                mistakes.add(document.line(location), text)
            continue
        plain = document.at((*at, "provider")) == CONFIGURATION
        entry: ConfigurationModel | SecretModel | None = (
            check(document, at, ConfigurationModel, mistakes) if plain else check(document, at, SecretModel, mistakes)
        )
        if entry is not None:
            yield Placed(at, entry, entry.only_in or environments)


def _open(document: Document, at: Location) -> Iterator[tuple[Location, str]]:
    """The questions of an entry that no one has answered yet."""
    name = document.at((*at, "name"))
    for location in document.lines:
        if location[: len(at)] == at and document.at(location) == OPEN:
            asked = str(location[len(at)])
            yield location, f"{name}: `{asked}` is an open question: {MEANINGS.get(asked, asked)}"


def _catalog(head: CatalogHead, placed: list[Placed]) -> Catalog:
    window = Window(head.rotation.when or "")
    names = {item.entry.name for item in placed}
    entries: list[CatalogEntry] = []
    configuration: list[NotRotated] = []
    for item in placed:
        for environment in item.environments:
            match item.entry:
                case SecretModel() as entry:
                    entries.append(_entry(entry, environment, names, window))
                case ConfigurationModel() as entry:
                    parts = _parts(entry.parts.items(), environment)
                    configuration.append(NotRotated(entry.name, entry.title, environment, parts))
    ours = tuple(map(_reader, head.ours))
    return Catalog(head.environments, tuple(entries), tuple(configuration), ours)


def _reader(model: ReaderModel) -> KnownReader:
    why, until = f"in the catalog: {model.because}", _day(model.until)
    return KnownReader(model.principal, why, model.secrets, model.only_in, model.networks, model.agents, until)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def _entry(entry: SecretModel, environment: str, names: Collection[str], window: Window) -> CatalogEntry:
    override = entry.environments.get(environment)
    options = {**entry.options, **(override.options if override else {})}
    hosts = entry.hosts if override is None or override.hosts is None else override.hosts
    consumers = entry.consumers if override is None or override.consumers is None else override.consumers
    return CatalogEntry(
        name=entry.name,
        title=entry.title,
        provider=entry.provider,
        environment=environment,
        parts=_parts(entry.parts.items(), environment),
        options=MappingProxyType({key: expand(value, environment) for key, value in options.items()}),
        admin_parameter=expand(entry.admin, environment) if entry.admin else None,
        hosts=tuple(expand(place, environment) for place in hosts),
        used_from=tuple(OurUse(each.because, each.networks, each.agents, _day(each.until)) for each in entry.used_from),
        policy=_policy(entry.policy),
        consumers=tuple(_consumer(consumer, environment) for consumer in consumers),
        owner=entry.owner,
        # An entry that was left out cannot be watched dying.
        dies_with=tuple(name for name in entry.dies_with if name in names),
        if_killed=entry.if_killed,
        outage=entry.outage,
        kill=entry.kill,
        public_by_design=entry.public_by_design,
        data=entry.data,
        copies=tuple(
            Copy(copy.name, copy.kind, expand(copy.where, environment), expand(copy.update, environment), copy.owner)
            for copy in entry.copies
            if not copy.only_in or environment in copy.only_in
        ),
        window=window,
        planned=entry.policy.planned if override is None or override.planned is None else override.planned,
        held_by=entry.held_by if override is None or override.held_by is None else override.held_by,
    )


def _consumer(consumer: ConsumerModel, environment: str) -> Consumer:
    return Consumer(
        expand(consumer.function, environment),
        consumer.alias,
        expand(consumer.health, environment) if consumer.health else None,
    )


def _policy(model: PolicyModel) -> Policy:
    overlap = seconds(model.overlap) if model.overlap is not None else None
    day = datetime.fromisoformat(model.not_before).replace(tzinfo=UTC) if model.not_before is not None else None
    return Policy(model.rotate_after_days, model.on_personnel_change, overlap, day, model.because or "")


def _parts(parts: Collection[tuple[str, PartModel]], environment: str) -> tuple[Part, ...]:
    return tuple(Part(name, expand(part.parameter, environment), part.variable, part.secret) for name, part in parts)


def _steps(model: PlaybookModel) -> Iterator[tuple[Location, str]]:
    seen: set[str] = set()
    for index, step in enumerate(model.steps):
        if step.id in seen:
            yield ("steps", index, "id"), f"a second step with the id {step.id}; expected each id once"
        seen.add(step.id)
        if len(set(step.actions)) != len(step.actions):
            yield ("steps", index, "actions"), "an action twice in one step; expected each once"
        if step.ends == "by-itself" and (why := _only_people_end(step)):
            yield ("steps", index, "ends"), f"by-itself for a step {why}; expected by-person"


def _only_people_end(step: StepModel) -> str:
    if step.tasks:
        return "with tasks, which people do"
    if Action.INVESTIGATE in step.actions:
        return "at whose end switched-off keys are deleted"
    return "" if step.actions else "without actions that the bot can see"


def _step(step: StepModel) -> PlaybookStep:
    """Its other fields are called as the model's are."""
    fields = {name: value for name, value in vars(step).items() if name != "ends"}
    within = seconds(step.within) if step.within else None
    own = {"guide": step.guide.strip(), "within": within, "by_itself": step.ends == "by-itself"}
    return PlaybookStep(**{**fields, **own})
