"""The drill's own catalog, as far as the practice world must know it: which function reads which parameter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from bot.drill.account import Function
from bot.drill.personas import ENVIRONMENTS
from bot.drill.rehearsal import Entry, played, ruled
from bot.model.secrets import Part
from bot.private import make_folder, write_file

CATALOG = "secrets.yaml"
HEALTH = "HEALTH"
"""The placeholder in the file for the address of the functions' health pages."""
_PLACEHOLDER = "{environment}"


@dataclass(frozen=True)
class Inventory:
    """The catalog's entries as the file has them, without those whose provider is not here."""

    document: Mapping[str, Any]
    plays: Mapping[str, Entry] = field(default_factory=dict)
    """In a rehearsal, by secret the entry of the installation whose rules it has."""

    @classmethod
    def read(cls, here: Collection[str], own: Sequence[Entry] = ()) -> Inventory:
        """The catalog that comes with the drill, cut down to the secrets that are `here` and plain configuration. `own`
        are the entries of an installation that rehearses.
        """
        package = resources.files("bot.drill")
        head = yaml.safe_load((package / "data" / CATALOG).read_text())
        folders = sorted((package / "providers").iterdir(), key=lambda folder: folder.name)
        listed = [yaml.safe_load(file.read_text()) for folder in folders if (file := folder / CATALOG).is_file()]
        kept = [entry for entries in listed for entry in entries if entry["name"] in here]
        names = {entry["name"] for entry in kept}
        for entry in kept:
            if "dies-with" in entry:
                entry["dies-with"] = [name for name in entry["dies-with"] if name in names]
        plays = played(kept, own)
        return cls({**head, "secrets": list(ruled(kept, plays))}, plays)

    def parts(self, secret: str, environment: str) -> list[Part]:
        """The parts of a secret in one environment."""
        (entry,) = (entry for entry in self.document["secrets"] if entry["name"] == secret)
        return [
            Part(name, _expand(part["parameter"], environment), part["variable"], part.get("secret", True))
            for name, part in entry["parts"].items()
        ]

    def holder(self, parameter: str) -> tuple[str, str]:
        """The (secret, part) that a parameter belongs to. KeyError for another one."""
        return self._holders[parameter]

    @cached_property
    def _holders(self) -> Mapping[str, tuple[str, str]]:
        """By parameter: functions ask with every look at their health."""
        return {
            part.parameter: (entry["name"], part.name)
            for entry in self.document["secrets"]
            for environment in ENVIRONMENTS
            for part in self.parts(entry["name"], environment)
        }

    def plain(self) -> frozenset[str]:
        """The parameters that are no secrets, such as an account's id."""
        entries = [(entry["name"], environment) for entry in self.document["secrets"] for environment in ENVIRONMENTS]
        return frozenset(part.parameter for each in entries for part in self.parts(*each) if not part.secret)

    def plain_parts(self) -> frozenset[tuple[str, str]]:
        """The parts that are no secrets, by the secret's name and their own."""
        return frozenset(
            (entry["name"], part.name)
            for entry in self.document["secrets"]
            for part in self.parts(entry["name"], ENVIRONMENTS[0])
            if not part.secret
        )

    def functions(self) -> tuple[Function, ...]:
        """The product's functions in every environment, each with the parameters of all secrets that it reads."""
        read: dict[str, list[str]] = {}
        for environment in ENVIRONMENTS:
            for entry in self.document["secrets"]:
                parameters = [part.parameter for part in self.parts(entry["name"], environment)]
                for name in (each["lambda"] for each in entry.get("consumers", ()) if "lambda" in each):
                    function = _expand(name, environment)
                    read.setdefault(function, []).extend(parameters)
        return tuple(Function(name, tuple(found)) for name, found in read.items())

    def write(self, folder: Path, functions: str) -> None:
        """Writes the catalog into `folder`; `functions` is the base address of the functions."""
        text = yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True, width=1000)
        write_file(make_folder(folder) / CATALOG, text.replace(HEALTH, f"{functions}/health"))


def _expand(text: str, environment: str) -> str:
    return text.replace(_PLACEHOLDER, environment)
