"""Arguments that several commands share, such as an environment or a time; and the form of options."""

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
    """An option without a value: ``--yes``, or with its opposite ``--public/--private``."""
    return typer.Option(names, help=told)


def argument(metavar: str, told: str) -> Any:
    """A value in its place after the command."""
    return typer.Argument(metavar=metavar, help=told)


OnlyEnvironment = Annotated[str, option("--environment -e", "NAME", "Only this environment.")]


def chosen_environment(terminal: Terminal, environment: str) -> str:
    """The environment named, or the only one there is. Misuse for an unknown name, and where one must be named."""
    return terminal.application.files.loaded.catalog.chosen(environment)


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
