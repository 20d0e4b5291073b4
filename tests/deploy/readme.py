"""Writes the inputs and outputs of each module into its README: uv run python -m tests.deploy.readme"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.deploy.evaluated import DEPLOY, declared

MARK = "<!-- written by tests.deploy.readme: inputs -->"
MODULES = sorted(path.parent for path in DEPLOY.glob("modules/*/README.md"))


def written(module: Path) -> str:
    """The README as it has to be."""
    by_hand = (module / "README.md").read_text().partition(MARK)[0]
    return by_hand + "\n".join([MARK, *_table(module)]) + "\n"


def _table(module: Path) -> Iterator[str]:
    inputs, outputs = declared(module)
    yield from ("", "| input | what | without it |", "| --- | --- | --- |")
    for name, (what, default) in inputs.items():
        yield f"| `{name}` | {what} | {default} |"
    yield from ("", f"Outputs: {', '.join(f'`{name}`' for name in outputs)}.")


if __name__ == "__main__":
    for each in MODULES:
        (each / "README.md").write_text(written(each))
