"""The command that compares a scanner's report with the catalog's values: intake."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import flag
from bot.cli.declare import (
    Environment,
    Notice,
    Public,
    Wish,
    asked_for_notice,
    asked_whether_public,
    open_all,
)
from bot.cli.inbox import NoWait
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.news.sources.scanners import Scanner
from bot.phrases.times import counted
from bot.secrets.keyshapes import redact
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from bot.inbox.fingerprints import Compared, KnownValues
    from bot.incident.model import Target
    from bot.news.sources.catalogued import Place
    from bot.news.sources.scanners import Reported
    from bot.rotation.identification import Holding, Identification

HIDDEN = "(it holds the value itself)"
MANY = 10
"""Places of one value that are listed; the rest is counted (all of them under --json)."""


@dataclass
class Match:
    """A value of the catalog that the report holds, with all places. `found` is what `bot identify` says of it."""

    holder: Place
    value: Secret
    places: dict[tuple[str, int, str], Reported]
    found: Identification | None = None

    @property
    def version(self) -> int:
        return self.holder.version or 0

    @property
    def holdings(self) -> list[Holding]:
        return [one for one in self.found.holdings if one.sight is not None] if self.found else []

    @property
    def life(self) -> str:
        """``live``, ``dead`` or ``unknown``; of an admin credential nobody is asked."""
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
            "places": [
                {
                    "path": one.path,
                    "line": one.line,
                    "commit": one.commit,
                    "rule": one.rule,
                    "scanner_says": one.verdict,
                }
                for one in self.places.values()
            ],
        }


@dataclass(frozen=True)
class Comparison:
    """The values of ours that the report holds; how many `others` of its findings hold none, and how many were `cut`:
    too long to be compared to their end.
    """

    matches: list[Match]
    others: int
    cut: int

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why a value of ours may stand there all the same."""
        said = f"{counted(self.cut, 'finding')} could not be compared to the end: too much text. Scan in smaller parts."
        return (said,) if self.cut else ()


def intake(
    terminal: Terminal,
    scanner: Annotated[Scanner, typer.Argument(help="Whose report it is.")],
    *,
    declare: Annotated[bool, flag("--declare", "Declare for exactly these values, all but dead ones.")] = False,
    environment: Environment = "",
    notice: Notice = "",
    public: Public = None,
    no_wait: NoWait = False,
) -> int:
    """Say which values of the catalog a scanner's report on standard input holds, whether they live, and where.

    The report is kept nowhere, and no value of it is printed. Ends with 3 where one is not dead, and with 1 where the
    scanner may not have looked at everything: an empty report is no all-clear, but for TruffleHog's.

    For example:
      trufflehog git file://. --json | bot news intake trufflehog
      gitleaks detect -f json -r /dev/stdout | bot news intake gitleaks --declare -n 'in our repository' --private
    """
    from bot.news.sources.scanners import read_report

    if sys.stdin.isatty():
        raise Misuse(f"Give the report on standard input: `{scanner} … | bot news intake {scanner}`.")
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise Misuse("The report is not UTF-8: have the scanner write it so.") from None
    given = read_report(scanner, text)
    with terminal.progress() as progress:
        progress("reading the catalog's values")
        values = _values(terminal, environment)
        compared = _matches(given.found, values)
        _identify(terminal, compared.matches)
    matches, doubts = compared.matches, (*given.doubts, *compared.doubts)
    report: dict[str, object] = {
        "findings": len(given.found),
        "ours": [match.document() for match in matches],
        "not_ours": compared.others,
        "not_read": values.unread,
        "doubts": doubts,
    }
    _tell(terminal, compared, values, doubts)
    living = [match for match in matches if match.life != "dead"]
    unsure = status.FAILED if values.unread or doubts else status.DONE
    if declare and (wanted := [match for match in living if match.holdings]):
        targets = _targets(wanted)
        left = [match for match in living if not _declares(targets, match)]
        for match in left:
            terminal.say(_left(match), style="yellow")
        report["left"] = [match.holder.name for match in left]
        ended = _declare(terminal, targets, notice, no_wait=no_wait, public=public, report=report)
        return max(ended, unsure, status.AT_RISK if left else status.DONE)
    terminal.document(report)
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


def _matches(reported: list[Reported], values: KnownValues) -> Comparison:
    @cache
    def compare(text: str) -> Compared:
        """Each text once: a history holds the same line in many commits."""
        return values.every([text], {})

    found: dict[Place, Match] = {}
    others = cut = 0
    for one in reported:
        compared = compare(one.text.reveal())
        others += not compared.found
        cut += not compared.whole
        for piece, holder in compared.found:
            match = found.setdefault(holder, Match(holder, Secret(piece), {}))
            shown = _printable(one, compare)
            match.places.setdefault((shown.path, shown.line, shown.commit), shown)
    order = sorted(found.values(), key=lambda match: (not match.holder.current, match.holder.name, -match.version))
    return Comparison(order, others, cut)


def _printable(one: Reported, compare: Callable[[str], Compared]) -> Reported:
    """What the scanner says of the place, as far as it may be shown."""

    def shown(text: str) -> str:
        compared = compare(text)
        return HIDDEN if compared.found or not compared.whole else redact(text)

    return replace(
        one, path=shown(one.path), commit=shown(one.commit), rule=shown(one.rule), verdict=shown(one.verdict)
    )


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


def _tell(terminal: Terminal, compared: Comparison, values: KnownValues, doubts: tuple[str, ...]) -> None:
    life = {"live": "ALIVE", "dead": "dead", "unknown": "whether it lives could not be told: treat it as alive"}
    for match in compared.matches:
        terminal.say(f"{match.holder.name}: {life[match.life]}", style="bold red" if match.life == "live" else "bold")
        for one in list(match.places.values())[:MANY]:
            terminal.say(_place(one), indent=2)
        if len(match.places) > MANY:
            terminal.say(f"and {len(match.places) - MANY} more places (--json lists all)", indent=2)
    read, others = f"the values of {counted(len(values.places), 'parameter')}", compared.others
    for doubt in doubts:
        terminal.say(f"No all-clear. {doubt}", style="bold yellow")
    if not compared.matches and (others or not doubts):
        terminal.say(f"None of {others} findings holds one of {read}.", style="bold")
    elif others:
        terminal.say(f"{others} other findings hold none of {read}.")
    for parameter in values.unread:
        terminal.say(f"Could not be read, so not compared: {parameter}", style="yellow")


def _place(one: Reported) -> str:
    where = f"{one.path}:{one.line}" if one.line else one.path or "no place given"
    words = (where, f"commit {one.commit[:12]}" if one.commit else "", one.rule, one.verdict)
    return ", ".join(word for word in words if word)


def _declare(
    terminal: Terminal,
    wanted: Mapping[str, dict[str, Target]],
    notice: str,
    *,
    public: bool | None,
    no_wait: bool,
    report: Mapping[str, object],
) -> int:
    """One incident an environment, for exactly the values that are `wanted`; its document is beside the `report`."""
    from bot.inbox import Declaration, SecretChoice

    said, exposed = asked_for_notice(terminal, notice), asked_whether_public(terminal, public=public)
    wishes = []
    for environment, targets in wanted.items():
        choices = tuple(SecretChoice(name, target=target, replace=target.current) for name, target in targets.items())
        wishes.append(Wish(Declaration(environment, choices, said, public=exposed)))
    return open_all(terminal, wishes, no_wait=no_wait, beside=report)


def _declares(wanted: Mapping[str, dict[str, Target]], match: Match) -> bool:
    """Whether an incident ends this very value. None does so with an admin credential."""
    theirs = match.found.targets() if match.found is not None else {}
    chosen = [(wanted[where][name], target) for (name, where), target in theirs.items()]
    return bool(chosen) and all(one == its or (one.current and its.current) for one, its in chosen)


def _left(match: Match) -> str:
    if not match.holdings:
        return f"No declaration can name {match.holder.name}: revoke it by hand, and put a new one in its place."
    words = f"An incident ends one value of a secret, so this one is left: {match.holder.name}"
    return f"{words}. Give the report again once the incident is closed."


def _targets(matches: list[Match]) -> Mapping[str, dict[str, Target]]:
    """By environment and secret. A secret of which several values leaked is declared for its current one, else for one
    that lives, the newest.
    """
    found: dict[str, dict[str, Target]] = {}
    for match in sorted(matches, key=lambda one: (not one.holder.current, one.life != "live", -one.version)):
        for (name, environment), target in match.found.targets().items() if match.found else ():
            found.setdefault(environment, {}).setdefault(name, target)
    return found
