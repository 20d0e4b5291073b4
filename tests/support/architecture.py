"""The tables of docs/architecture.md and docs/lanes.md, made from the code (`tests.support.documents`)."""

import ast
import tomllib
from pathlib import Path

from bot.incident.access.schedule import DENIES, KEY_REACH, LEFTOVERS, READS, SIBLINGS, USES
from bot.incident.closing.schedule import DELIVERY, REPORT
from bot.incident.consumers.schedule import FUNCTION
from bot.incident.departure.schedule import LEAVER
from bot.incident.new_value.schedule import NEW_VALUE
from bot.incident.old_value.schedule import DISABLED_KEY, OLD_VALUE
from bot.incident.paging.schedule import CHANNEL, PAGE
from bot.incident.updates.schedule import DRAFT, SEND

TABLES = (
    OLD_VALUE,
    NEW_VALUE,
    DISABLED_KEY,
    FUNCTION,
    READS,
    USES,
    KEY_REACH,
    LEFTOVERS,
    DENIES,
    SIBLINGS,
    LEAVER,
    PAGE,
    CHANNEL,
    DRAFT,
    SEND,
    REPORT,
    DELIVERY,
)
DRAWN = (OLD_VALUE, NEW_VALUE)
"""Those that are worth a diagram; the others have two or three states each."""
ROOT = Path(__file__).parents[2]
ENTRANCES = {"__main__", "generate"}


def packages():
    """A row for each package in the order of the layers: an import goes from a row to one below it."""
    yield "| package | what it is |"
    yield "| --- | --- |"
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    named = [part.strip().split(".")[0] for layer in layers for part in layer.replace(":", "|").split("|")]
    for name in dict.fromkeys(named):
        if name not in ENTRANCES and (path := ROOT / "bot" / name / "__init__.py").exists():
            yield f"| `{name}` | {_summary(path)} |"


def subjects():
    """A row for each subject of the core that is a folder."""
    yield "| subject | what it is about |"
    yield "| --- | --- |"
    for path in sorted((ROOT / "bot" / "incident").glob("*/__init__.py")):
        yield f"| `{path.parent.name}` | {_summary(path)} |"


def _summary(path):
    """The first line of a package's docstring."""
    return ast.get_docstring(ast.parse(path.read_text())).partition("\n")[0]


def lines():
    """A diagram of each of the two lanes of a secret, and every row of every lane."""
    return "\n".join([*map(_diagram, DRAWN), _listing()]).strip().splitlines()


def _diagram(table):
    lines = [f"### {table.title}", "", "```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{state.name}" as {_id(state.name)}' for state in table.states]
    arrows = {}
    for state in table.states:
        for row in state.rows:
            for to in (each for each in row.to if each != state.name):
                arrows.setdefault((state.name, to), []).append(str(row.op))
    for (start, end), ops in arrows.items():
        lines.append(f"    {_id(start)} --> {_id(end)} : {', '.join(dict.fromkeys(ops))}")
    return "\n".join([*lines, "```", ""])


def _listing():
    lines = ["### Every lane, state by state", "", "| lane | state | operation | when |", "| --- | --- | --- | --- |"]
    for table in TABLES:
        for state in table.states:
            name = f"{state.name}: {state.meaning}"
            lines += [f"| {table.title} | {name} | {row.op} | {row.condition} |" for row in state.rows]
            if not state.rows:
                lines.append(f"| {table.title} | {name} | | |")
        lines += [f"| {table.title} | (any) | {row.op} | {row.condition} |" for row in table.beside]
    return "\n".join(["A lane is in the first of its states that holds; the rows of that state apply in order.", "",
                      *lines, ""])  # fmt: skip


def _id(name):
    return name.replace(" ", "_")
