"""The program's commands: what each is for in a few words, and where it is.

A new command is its function in a module of this folder, whose docstring is its help and ends with an example, and its
row here. What is asked of people for a command of the core comes from `bot.asks` and has no row.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module

INDEX = {
    "LEAK": {
        "declare": "report a leak: shows effects, asks",
        "identify": "which key is this value?",
        "runbook": "steps by hand if the bot is down",
    },
    "INCIDENT": {
        "list": "open incidents",
        "show": "what is true now",
        "todo": "what needs people, yours first",
        "approve": "agree to one plan, or refuse it",
        "answer": "readers, checks, copies, tasks, steps",
        "revoke": "revoke now (--break-glass)",
        "submit": "hand over a new key",
        "note": "finding, impact, cause",
        "report": "read, write, sign",
        "close": "show what is open, ask",
    },
    "QUIET": {
        "rotate": "rotate keys on schedule",
        "doctor": "is everything ready?",
        "drill": "practise: real bot, made-up keys",
    },
    "RUN": {
        "serve": "serve Slack and work on incidents",
        "work": "work on incidents, without Slack",
    },
}
"""The words of the first level as help has them, by heading."""
GROUPS = {
    "incident": "More about an incident: strategy, roll back, tasks, times, updates.",
    "rotation": "Planned rotations: what is due, when each begins, stop and resume a provider.",
    "people": "Who commands, who is trusted, who leaves.",
    "news": "Leaks that others report: alerts, and texts such as a scanner's report.",
    "catalog": "The files that say what there is: check them.",
    "log": "The event log: make it, verify it, copy it.",
    "setup": "What installation needs.",
}
"""What is said of each group; one that is not `ALONE` does nothing where none of its commands is named."""
ALONE = frozenset({"setup"})
"""Groups that are commands themselves."""

_AT = {
    "declare": "declare", "identify": "identification", "runbook": "readiness", "list": "show.list_", "show": "show",
    "todo": "todo", "approve": "revocation", "answer": "todo", "revoke": "revocation", "submit": "submission",
    "note": "notes", "report": "report", "close": "closing", "rotate": "rotate", "doctor": "doctor", "drill": "drill",
    "serve": "serve", "work": "serve",
    "incident add": "closing", "incident timeline": "show", "incident plan": "show",
    "incident redact": "notes",
    "rotation policy": "policy", "rotation stop": "policy",
    "rotation resume": "policy",
    "people distrust": "trust", "people trust": "trust", "people departure": "departure",
    "news alerts": "alerts", "news intake": "intake",
    "catalog check": "catalog", "catalog readiness": "readiness", "catalog ours": "catalog",
    "catalog check-provider": "catalog",
    "log init": "eventlog", "log roles": "eventlog", "log verify": "eventlog", "log rebuild": "eventlog",
    "log backup": "eventlog", "log restore": "eventlog",
    "setup": "setup", "setup catalog": "setup",
    "setup slack": "setup", "setup terminal": "setup", "setup rehearse": "drill", "setup manifest": "catalog",
}  # fmt: skip
"""The module of each command, with its function where that is not called as the command is."""

EVERYWHERE = "Options that every command takes, and --drill DIR --as NAME to try it in a practice world: bot --help."


def index() -> str:
    """Help of the program. Nothing is imported for it."""
    lines = [
        "Revokes leaked keys, confirms them dead, and leads the incident.",
        "Never type a secret as an argument.",
        "",
    ]
    for heading, commands in INDEX.items():
        for number, (name, words) in enumerate(commands.items()):
            lines.append(f"{'' if number else heading:9} {name:9} {words}")
    lines += [
        f"{'MORE':9} bot {'|'.join(GROUPS)}",
        "",
        "Help of a command or group: bot NAME --help. With every command:",
        "  --json                         one JSON document instead of text",
        "  --ssh-key PATH --person NAME   prove who you are by SSH, not AWS",
        "  --drill DIR --as NAME          join the practice world of a drill",
        "  --version, --install-completion",
        "",
        "Exit status: 0 done, 1 failed, 2 misuse, 3 an old key still works or",
        "is not confirmed dead, or a new one is not in use.",
    ]
    return "\n".join(lines) + "\n"


def known(name: str) -> bool:
    """Whether there is such a command or group. Those with a row are known without what people are asked."""
    return name in _AT or name in GROUPS or name in names()


def names() -> list[str]:
    """All commands, by all their words."""
    from bot.cli.asked import ASKED

    return [*_AT, *ASKED]


def function_of(name: str) -> Callable[..., int | None]:
    """What the command does; its module is imported for that."""
    if name not in _AT:
        from bot.cli.asked import ASKED
        from bot.cli.asked import function_of as asked

        return asked(ASKED[name])
    module, _, called = _AT[name].partition(".")
    called = called or name.rsplit(maxsplit=1)[-1].replace("-", "_")
    found: Callable[..., int | None] = getattr(import_module(f"bot.cli.{module}"), called)
    return found


def told_of(name: str) -> tuple[str, tuple[str, ...]]:
    """The help of a command or group, and its examples."""
    group = GROUPS.get(name) if name not in ALONE else None
    said = inspect.cleandoc(group or function_of(name).__doc__ or "")
    told, _, examples = said.partition("\n\nFor example:\n")
    return re.sub(r"(?<!\n)\n(?![\n -])", " ", told), tuple(map(str.strip, examples.splitlines()))


def names_of(group: str = "") -> list[str]:
    """The commands and groups of the program, or what a group holds; each by its own name."""
    if not group:
        return [*(name for commands in INDEX.values() for name in commands), *GROUPS]
    return [name.partition(" ")[2] for name in names() if name.startswith(f"{group} ")]
