"""The JSON Schemas of catalog, playbooks and deadlines. `python -m bot.catalog.schema` writes them beside the files.

An editor with a YAML language server uses them to complete keys and to show their meaning.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from bot.catalog.deadlines import DeadlinesModel
from bot.catalog.model import CatalogModel, PlaybookModel
from bot.data_files import shipped

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: dict[str, type[BaseModel]] = {
    "secrets.schema.json": CatalogModel,
    "playbook.schema.json": PlaybookModel,
    "deadlines.schema.json": DeadlinesModel,
}


def schema(name: str) -> str:
    """The text of the schema file `name`, one of `SCHEMAS`."""
    body = {"$schema": DRAFT, **SCHEMAS[name].model_json_schema(by_alias=True)}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[Path]:
    """Writes all schemas into `folder` and gives their paths."""
    written = []
    for name in SCHEMAS:
        path = folder / name
        path.write_text(schema(name), encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write(shipped("playbooks")):
        print(path)  # noqa: T201 - the module's only output, for the person who runs it
