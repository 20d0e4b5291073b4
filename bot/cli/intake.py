"""The command that compares a text, such as a scanner's report, with the catalog's values: intake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from bot.cli import status
from bot.cli.arguments import OnlyEnvironment
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.phrases.times import counted, few
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from bot.inbox.fingerprints import Compared, KnownValues
    from bot.news.sources.catalogued import Place
    from bot.rotation.identification import Holding, Identification

MANY = 10
"""Lines with one value that are named; the rest is counted (all of them under --json)."""


@dataclass
class Match:
    """A value of the catalog that the text holds, and in which lines. `found` is what `bot identify` says of it."""

    holder: Place
    value: Secret
    lines: list[int] = field(default_factory=list)
    found: Identification | None = None

    @property
    def version(self) -> int:
        return self.holder.version or 0

    @property
    def holdings(self) -> list[Holding]:
        return [one for one in self.found.holdings if one.sight is not None] if self.found else []

    @property
    def life(self) -> str:
        """``live``, ``dead`` or ``unknown``; admin credentials are not probed."""
        seen = [one.sight.liveness for one in self.holdings if one.sight is not None]
        if "live" in seen:
            return "live"
        return "dead" if seen and all(one == "dead" for one in seen) else "unknown"

    def document(self) -> dict[str, object]:
        return {
            "name": self.holder.name,
            "secret": self.holder.secret,
            "environment": self.holder.environment,
            "current": self.holder.current,
            "life": self.life,
            "lines": self.lines,
        }


def intake(
    terminal: Terminal,
    *,
    environment: OnlyEnvironment = "",
) -> int:
    """Say which values of the catalog are in the text on standard input, whether they still work, and in which lines.

    Any text will do: a scanner's report, a log, a file. It is not stored, and no value of it is printed. Masked values
    are not found, and an empty text is no all-clear. Exits with 3 if a value is not dead, and with 1 if not everything
    was compared.

    For example:
      trufflehog git file://. --json | bot news intake
      gitleaks detect -f json -r /dev/stdout | bot news intake
    """
    if sys.stdin.isatty():
        raise Misuse("Give the text on standard input: `trufflehog … --json | bot news intake`.")
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise Misuse("The text is not UTF-8: have the scanner write it so.") from None
    with terminal.progress() as progress:
        progress("reading the catalog's keys")
        values = _values(terminal, environment)
        matches, cut = _compared(text, values)
        _identify(terminal, matches)
    doubts = tuple(_doubts(text, cut))
    ours = [match.document() for match in matches]
    terminal.document({"ours": ours, "not_read": values.unread, "doubts": doubts})
    _tell(terminal, matches, values, doubts)
    living = [match for match in matches if match.life != "dead"]
    if any(match.holdings for match in living):
        terminal.say("To declare exactly one of these keys, which is asked for at a hidden prompt:")
        terminal.command("bot identify --declare")
    unsure = status.FAILED if values.unread or doubts else status.DONE
    return max(unsure, status.AT_RISK if living else status.DONE)


def _values(terminal: Terminal, environment: str) -> KnownValues:
    """The catalog's values of one environment, or, where it is empty, of all; with the bot's own."""
    from bot.inbox.fingerprints import KnownValues
    from bot.news.sources.catalogued import places

    application = terminal.application
    catalog = application.files.loaded.catalog
    entries = catalog.all(environment) if environment else catalog.entries
    own = dict(application.settings.credentials())
    application.outside.use_fingerprints()
    values = KnownValues(application.outside.vault, places(entries), own, catalog.vocabulary)
    values.refresh()
    return values


def _compared(text: str, values: KnownValues) -> tuple[list[Match], int]:
    """Our values in the text, and the number of lines that were too long to compare whole."""

    @cache
    def compare(line: str) -> Compared:
        """Each line once: a history holds the same one in many commits."""
        return values.every([line], {})

    found: dict[Place, Match] = {}
    cut = 0
    for number, line in enumerate(text.splitlines(), 1):
        came = compare(line)
        cut += not came.whole
        for piece, holder in came.found:
            found.setdefault(holder, Match(holder, Secret(piece))).lines.append(number)
    order = sorted(found.values(), key=lambda match: (not match.holder.current, match.holder.name, -match.version))
    return order, cut


def _doubts(text: str, cut: int) -> Iterator[str]:
    """Why a value of ours may have leaked although none was found."""
    if not text.strip():
        yield "The text is empty."
    if cut:
        yield f"{counted(cut, 'line')} could not be compared to the end: too much text. Give it in smaller parts."


def _identify(terminal: Terminal, matches: list[Match]) -> None:
    """Asks the providers, as `bot identify` does."""
    from bot.rotation.identify import identify

    application = terminal.application
    catalog = application.files.loaded.catalog
    for match in matches:
        if match.holder.secret:
            entry = application.files.freeze(catalog.entry(match.holder.secret, match.holder.environment))
            match.found = identify(
                match.value,
                {match.holder.environment: [entry]},
                application.outside.vault,
                application.outside.provider,
            )


def _tell(terminal: Terminal, matches: list[Match], values: KnownValues, doubts: tuple[str, ...]) -> None:
    life = {"live": "STILL WORKS", "dead": "dead", "unknown": "unknown whether it works: assume it does"}
    for match in matches:
        terminal.say(f"{match.holder.name}: {life[match.life]}", style="bold red" if match.life == "live" else "bold")
        terminal.say(f"in line {few([str(line) for line in match.lines], MANY)}", indent=2)
    for doubt in doubts:
        terminal.say(f"No all-clear. {doubt}", style="bold yellow")
    if not matches and not doubts:
        terminal.say(f"It holds none of the values of {counted(len(values.places), 'parameter')}.", style="bold")
    for parameter in values.unread:
        terminal.say(f"Could not be read, so not compared: {parameter}", style="yellow")
