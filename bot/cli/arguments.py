"""What is named in the same words by several commands: an environment, a moment; and how an option is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from bot.cli.terminal import Terminal
from bot.errors import Misuse


def option(names: str, metavar: str, told: str) -> Any:
    """An option that takes something. `names` are all that it has: ``--environment -e``."""
    return typer.Option(*names.split(), metavar=metavar, help=told)


def flag(names: str, told: str) -> Any:
    """One that takes nothing: ``--yes``, or with its opposite ``--public/--private``."""
    return typer.Option(names, help=told)


def argument(metavar: str, told: str) -> Any:
    """What stands behind the command by its place."""
    return typer.Argument(metavar=metavar, help=told)


OnlyEnvironment = Annotated[str, option("--environment -e", "NAME", "Only this environment.")]


def chosen_environment(terminal: Terminal, environment: str) -> str:
    """The environment named, or the only one there is. Misuse for an unknown name, and where one must be named."""
    return terminal.application.files.loaded.catalog.chosen(environment)


def any_environment(terminal: Terminal, environment: str) -> str:
    """The environment named; empty, for all of them, where none is. Misuse where there is none of this name."""
    return terminal.application.files.loaded.catalog.known(environment) if environment else ""


def parse_time(text: str) -> datetime | None:
    """ISO 8601, UTC where no offset is given; None for nothing."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        at + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Misuse(f"{text!r} is not a time; expected one like 2026-11-25T03:14 or 2026-11-25T04:14+01:00.") from None
    return at


def demand_time(text: str, ask: str) -> datetime:
    """As `parse_time`. Misuse that asks for it, by these words, where there is nothing."""
    at = parse_time(text)
    if at is None:
        raise Misuse(f"{ask}, such as 2030-01-31T10:12.")
    return at
