"""The metadata of the package that says where it was released: its addresses, and the README's links, made absolute.

The release sets `RELEASED_AT`, such as ``https://github.com/OWNER/NAME/blob/v1.2.3``. Without it the README stays as it
is, and there are no addresses: a build by hand is released nowhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r'(?P<before>\]\(|src=")(?P<to>(?!https?:|#)[^)"\s]+)')
PAGES = {
    "Documentation": "docs/installation.md",
    "Changelog": "CHANGELOG.md",
    "Security": "SECURITY.md",
}


class Released(MetadataHookInterface):
    """Fills in the dynamic fields of pyproject.toml."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        where = os.environ.get("RELEASED_AT", "")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, where)}
        metadata["urls"] = urls(where)


def absolute(text: str, where: str) -> str:
    """The page with links to other files of the release that lead to `where`, and pictures to the files themselves."""

    def link(found: re.Match[str]) -> str:
        picture = found["to"].startswith("docs/images/")
        return f"{found['before']}{where.replace('/blob/', '/raw/') if picture else where}/{found['to']}"

    return LINK.sub(link, text) if where else text


def urls(where: str) -> dict[str, str]:
    if not where:
        return {}
    return {"Source": where.partition("/blob/")[0]} | {name: f"{where}/{page}" for name, page in PAGES.items()}
