"""Reads what the law and contracts oblige to tell, from the file that counsel fills."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.catalog.model import Name, Sentence
from bot.documents import Location, Strict, read_as
from bot.model.obligations import DEFAULT, Facts, Obligation, StartsFrom
from bot.model.secrets import Data

LONGEST = 8760
"""Hours: a year."""
_SURE = "for an obligation that no fact switches off, leave `when` out"


class FactsModel(Strict):
    """All named facts must hold; of data and environments, one of the list."""

    data: tuple[Data, ...] = Field(default=(), description="the most sensitive data a leaked secret gives access to")
    public: bool | None = Field(default=None, description="true: only if it was public; false: only if not")
    environments: tuple[str, ...] = Field(default=(), description="environments of the catalog; empty: all")


class ObligationModel(Strict):
    id: Name = Field(description="a short name, unique in this file: `bot report INCIDENT --draft NAME`")
    title: Sentence = Field(description="what people call the notice")
    to: Sentence = Field(description="who gets it")
    basis: Sentence = Field(description="where the duty stands: the law's article, the contract's section")
    decides: Sentence = Field(description="who decides whether it is required: a role or a name")
    starts_from: StartsFrom = Field(
        default=StartsFrom.AWARENESS,
        alias="starts-from",
        description="what its time runs from: awareness, declaration, or containment (every leaked key dead)",
    )
    hours: float | None = Field(
        default=None, gt=0, le=LONGEST, description="to the notice; leave it out where the law names no fixed hour"
    )
    when: FactsModel = Field(default_factory=FactsModel, description="the facts that switch it on; none: always")
    template: Literal["", "regulator", "customer"] = Field(
        default="",
        description="what `bot report INCIDENT --draft NAME` fills in: regulator or customer",
    )
    guide: str = Field(default="", max_length=600, description="what the decider should know")
    confirmed: bool = Field(default=False, description="true once counsel has confirmed the entry")


class DeadlinesModel(Strict):
    """The notices that an installation owes, to whom, and by when. Counsel completes it."""

    version: Literal[1] = Field(alias="schema", description="1, the version of this format")
    obligations: tuple[ObligationModel, ...] = Field(
        max_length=40,
        description="each notice that may be required; none: the notice to the authority, within 72 hours",
    )


def load_deadlines(path: Path, environments: Collection[str] = ()) -> tuple[Obligation, ...]:
    """The obligations at `path`, in the file's order, or the default one if it names none; `environments` are the
    catalog's, if known.

    Raises ConfigurationError with every mistake of the file, each as ``file:line: what was wrong, what was expected``.
    """
    model = read_as(path, DeadlinesModel, lambda found: _across(found, environments))
    return tuple(map(_obligation, model.obligations)) or (DEFAULT,)


def _across(model: DeadlinesModel, environments: Collection[str]) -> Iterator[tuple[Location, str]]:
    seen: set[str] = set()
    for index, one in enumerate(model.obligations):
        if one.id in seen:
            yield ("obligations", index, "id"), f"a second obligation with the id {one.id}; expected each id once"
        seen.add(one.id)
        if Data.NONE in one.when.data:
            yield ("obligations", index, "when"), f"data: none switches nothing on; {_SURE}"
        unknown = [name for name in one.when.environments if environments and name not in environments]
        if unknown:
            known = ", ".join(environments)
            yield ("obligations", index, "when"), f"no environment {unknown[0]} in the catalog; expected one of {known}"


def _obligation(one: ObligationModel) -> Obligation:
    """Its fields are called as the model's are."""
    return Obligation(**{**vars(one), "when": Facts(**vars(one.when)), "guide": one.guide.strip()})
