"""A drill by an installation's own rules: what its catalog says of each secret, for keys of the practice world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.private import make_folder, write_file

type Entry = Mapping[str, Any]
"""An entry of a catalog, as its file has it."""

OWN = "own-secrets.yaml"
"""In the drill's folder: the entries of the installation's catalog."""
RULES = ("title", "owner", "policy", "if_killed", "outage", "kill", "data", "public_by_design")
"""The fields that a rehearsal takes over. Parameters, accounts and functions are those of the practice world."""


def keep(folder: Path, own: Sequence[Entry]) -> None:
    """For the practice world that starts in `folder`."""
    write_file(make_folder(folder) / OWN, yaml.safe_dump([dict(each) for each in own]))


def kept(folder: Path) -> list[Entry]:
    """The installation's entries; none in an ordinary drill."""
    path = folder / OWN
    return list(yaml.safe_load(path.read_text())) if path.is_file() else []


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
