"""A drill by an installation's own rules, for practice keys: its catalog, people's rights and playbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from bot.data_files import CATALOG
from bot.documents import read
from bot.drill.personas import PERSONAS
from bot.people import load_listing
from bot.private import make_folder, write_file

type Entry = Mapping[str, Any]
"""An entry of a catalog, as its file has it."""

OWN = "own.yaml"
"""In the drill's folder: the installation's rules."""
RULES = ("title", "owner", "policy", "if_killed", "outage", "kill", "data", "public_by_design")
"""The fields that a rehearsal takes over. Parameters, accounts and functions are those of the practice world."""


@dataclass(frozen=True)
class Own:
    """The rules of an installation; none in an ordinary drill. `entries` are its catalog's, `rights` its people's,
    `playbooks` its other files by name.
    """

    entries: Sequence[Entry] = ()
    rights: Mapping[str, Sequence[str]] = field(default_factory=dict)
    playbooks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, installation: Path) -> Own:
        """Those in the folder that `bot setup` wrote. ConfigurationError."""
        found = {
            path.name: cast("dict[str, Any]", read(path).data)
            for path in sorted((installation / "playbooks").glob("*.yaml"))
        }
        people = load_listing(installation / "people.yaml").people
        rights = {person.name: sorted(right.value for right in person.rights) for person in people if person.rights}
        return cls(found.pop(CATALOG)["secrets"], rights, found)

    @property
    def parts(self) -> dict[str, str]:
        """By persona, the person whose rights they have: of the same name, or else with the most rights in common."""
        found, left = dict[str, str](), {name: {*rights} for name, rights in self.rights.items()}
        for each in PERSONAS[: len(left)]:
            fits = {name: (name == each.name, len(has & {*each.rights}), -len(has)) for name, has in left.items()}
            found[each.name] = max(fits, key=fits.__getitem__)
            del left[found[each.name]]
        return found

    @property
    def given(self) -> dict[str, Sequence[str]]:
        """The rights of each persona; empty in an ordinary drill."""
        return {each.name: self.rights.get(self.parts.get(each.name, ""), ()) for each in PERSONAS if self.rights}

    def write(self, folder: Path, channel: str) -> None:
        """Its playbooks, with the practice world's channel in place of its own."""
        for name, playbook in self.playbooks.items():
            moved = dict(playbook)
            if audience := playbook.get("audience"):
                moved["audience"] = [
                    each if "channels" not in each else {**each, "channels": [channel]} for each in audience
                ]
            write_file(make_folder(folder) / name, yaml.safe_dump(moved, sort_keys=False))


def keep(folder: Path, own: Own) -> None:
    """For the practice world that starts in `folder`."""
    write_file(make_folder(folder) / OWN, yaml.safe_dump(asdict(own)))


def kept(folder: Path) -> Own:
    """The rules that were kept there."""
    path = folder / OWN
    return Own(**yaml.safe_load(path.read_text())) if path.is_file() else Own()


def played(practice: Sequence[Entry], own: Sequence[Entry]) -> dict[str, Entry]:
    """By the practice world's secret, the entry that it plays: of the same name, or else of the same provider."""
    left = {each["name"]: each for each in own}
    found = {
        each["name"]: left.pop(each["name"])
        for each in practice
        if each["name"] in left and left[each["name"]]["provider"] == each["provider"]
    }
    for each in practice:
        partner = next((name for name, entry in left.items() if entry["provider"] == each["provider"]), None)
        if each["name"] not in found and partner is not None:
            found[each["name"]] = left.pop(partner)
    return found


def ruled(practice: Sequence[Entry], plays: Mapping[str, Entry]) -> Iterator[Entry]:
    """The practice world's entries, each with the rules of the entry that it plays."""
    for each in practice:
        entry = plays.get(each["name"], {})
        yield {**each, **{name: entry[name] for name in RULES if name in entry}}
