"""The licences of all that the program and its practice world bring along, as their packages name them."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
PERMITTED = re.compile(r"\b(?:MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zope|ZPL|PostgreSQL|Unlicense)\b")
NAMED = {
    "certifi": "MPL-2.0: a list of certificates, unchanged",
    "psycopg": "LGPL-3.0: the PostgreSQL driver, unchanged, and an extra",
    "psycopg-binary": "LGPL-3.0: as psycopg",
}
"""What is under another licence, and why it may be here."""


def brought():
    """The names of all packages that the program and its extras bring along, by the lock file."""
    packages = {each["name"]: each for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    found, left = set(), ["compromise-bot"]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            package = packages[name]
            extras = package.get("optional-dependencies", {}).values()
            left += [each["name"] for some in (package.get("dependencies", ()), *extras) for each in some]
    return found - {"compromise-bot"}


def licence(name):
    """Every word about it that the package has, of which one is enough; None where it is not installed here."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return None
    words = [told.get("License-Expression"), (told.get("License") or "").partition("\n")[0]]
    words += [each for each in told.get_all("Classifier") or () if each.startswith("License")]
    return "; ".join(filter(None, words))


def test_each_licence_is_permitted_or_named():
    found = {name: licence(name) for name in brought()}
    assert len([each for each in found.values() if each is not None]) > 50
    others = {name: each for name, each in found.items() if each is not None and not PERMITTED.search(each)}
    assert sorted(others) == sorted(NAMED), others
    assert [name for name, each in found.items() if "AGPL" in (each or "")] == []
