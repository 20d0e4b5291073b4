"""The program's commands in the order in which help lists them, and where each is.

A new command is its function in a module of this folder, whose docstring is its help and ends with two examples, and
its row here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Row:
    """`module` is a file of this folder, `panel` the part of the help in which the command stands, or the group that it
    is in, and `called` what its function is called, where that is not the command's own name.
    """

    module: str
    panel: str
    called: str = ""


COMMANDS = {
    "declare": Row("declare", "Declare"),
    "rotate": Row("rotate", "Rotate"),
    "list": Row("show", "Look", "list_"),
    "show": Row("show", "Look"),
    "todo": Row("todo", "Look"),
    "timeline": Row("show", "Look"),
    "plan": Row("show", "Look"),
    "approve": Row("approvals", "Decide"),
    "reject": Row("approvals", "Decide"),
    "kill": Row("old_values", "Decide"),
    "break-glass": Row("old_values", "Decide"),
    "hold": Row("lifecycle", "Decide"),
    "retry": Row("lifecycle", "Decide"),
    "add": Row("lifecycle", "Decide"),
    "replace": Row("new_values", "Decide"),
    "strategy": Row("old_values", "Decide"),
    "roll-back": Row("new_values", "Decide"),
    "abuse": Row("old_values", "Decide"),
    "use": Row("new_values", "Decide"),
    "revoked": Row("old_values", "Decide"),
    "attest": Row("old_values", "Decide"),
    "close": Row("lifecycle", "Decide"),
    "page": Row("lifecycle", "Decide"),
    "reopen": Row("lifecycle", "Decide"),
    "distrust": Row("trust", "Decide"),
    "departure": Row("departure", "Decide"),
    "trust": Row("trust", "Decide"),
    "policy": Row("policy", "Rotate"),
    "schedule": Row("schedule", "Rotate"),
    "schedule list": Row("schedule", "Rotate", "schedule_list"),
    "schedule stop": Row("schedule", "Rotate"),
    "schedule resume": Row("schedule", "Rotate"),
    "submit": Row("submit", "Bring or check a value"),
    "identify": Row("identify", "Bring or check a value"),
    "commander": Row("commander", "Decide"),
    "update": Row("updates", "Decide"),
    "note": Row("notes", "Keep the record"),
    "task": Row("notes", "Keep the record"),
    "severity": Row("decisions", "Keep the record"),
    "times": Row("decisions", "Keep the record"),
    "notice": Row("decisions", "Keep the record"),
    "redact": Row("notes", "Keep the record"),
    "report": Row("report", "Keep the record"),
    "answer": Row("todo", "Keep the record"),
    "log init": Row("eventlog", "Keep the record"),
    "log verify": Row("eventlog", "Keep the record"),
    "log rebuild": Row("eventlog", "Keep the record"),
    "log backup": Row("eventlog", "Keep the record"),
    "log restore": Row("eventlog", "Keep the record"),
    "catalog check": Row("catalog", "Set up"),
    "providers": Row("catalog", "Set up"),
    "providers check": Row("catalog", "Set up", "check_provider"),
    "manifest": Row("catalog", "Set up"),
    "doctor": Row("doctor", "Set up"),
    "intake": Row("intake", "Declare"),
    "alerts": Row("alerts", "Declare"),
    "readiness": Row("readiness", "Set up"),
    "access": Row("access", "Set up"),
    "runbook": Row("readiness", "Look"),
    "serve": Row("serve", "Run"),
    "work": Row("serve", "Run"),
    "drill": Row("drill", "Practise"),
}
GROUPS = {
    "log": """Make the event log, check it, or copy it.

    For example:
      bot log verify inc_ab12cd
      bot log rebuild
    """,
    "catalog": """Check the files that say what there is and what to do.

    For example:
      bot catalog check
      bot catalog check ./playbooks
    """,
}
"""What is said of a group that does nothing where none of its commands is named."""
EVERYWHERE = "Options that every command takes, and --drill DIR --as NAME to try it in a practice world: bot --help."


def function_of(name: str) -> Callable[..., int | None]:
    """What the command does; its module is imported for that."""
    row = COMMANDS[name]
    called = row.called or name.rsplit(maxsplit=1)[-1].replace("-", "_")
    found: Callable[..., int | None] = getattr(import_module(f"bot.cli.{row.module}"), called)
    return found


def told_of(name: str) -> tuple[str, tuple[str, ...]]:
    """The help of a command or group, and its examples."""
    said = inspect.cleandoc(GROUPS.get(name) or function_of(name).__doc__ or "")
    told, _, examples = said.partition("\n\nFor example:\n")
    return told, tuple(map(str.strip, examples.splitlines()))


def names_of(group: str = "") -> list[str]:
    """The commands and groups of the program, or what a group holds; each by its own name."""
    if not group:
        return list(dict.fromkeys(name.partition(" ")[0] for name in COMMANDS))
    return [name.partition(" ")[2] for name in COMMANDS if name.startswith(f"{group} ")]
