"""Whoever reports leaks: whether the worker's tokens can read their alerts. Nothing where none is set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Diagnostic, Doubtful
from bot.phrases.times import counted

if TYPE_CHECKING:
    from bot.app import Application
    from bot.app.outside import Outside
    from bot.intake.source import Source

REMEDY = "docs/news-of-leaks.md says which right each token needs; make one of the configured repositories alone."

UNREAD = "Give the worker the token of each source whose secret a front has, or take the front its secret."
RECORD = "`bot alerts` lists what waits. A damaged record needs the database's own backup."


def checks(application: Application) -> Iterator[Diagnostic]:
    outside, settings = application.outside, application.settings
    fronts, workers = settings.intake_secrets, settings.intake_tokens
    if not any((*fronts.values(), *workers.values(), settings.intake_aws_topics)):
        return
    yield Diagnostic("leaks: channel", partial(_channel, outside), "Set BOT_INTAKE_CHANNEL, and invite the bot there.")
    yield Diagnostic("leaks: record", partial(_record, application), RECORD)
    unread = [name for name, secret in fronts.items() if secret and not workers[name]]
    yield Diagnostic("leaks: arrivals", partial(_arrivals, application, unread), UNREAD)
    yield Diagnostic("leaks: sources", partial(_sources, outside), REMEDY, outside=True)


def _channel(outside: Outside) -> str:
    if outside.settings.intake_channel is None:
        raise Doubtful("BOT_INTAKE_CHANNEL is not set: only `bot alerts` and the page tell of leaks")
    return "leaks that are reported from outside are proposed there"


def _record(application: Application) -> str:
    """The whole log, checked as that of whom to trust."""
    from bot.cli.diagnostics.home import seal_of
    from bot.eventlog.alerts import ALERTS

    waiting = application.event_log.beside(ALERTS).verify(seal_of(application)).undecided
    if waiting:
        raise Doubtful(f"{counted(len(waiting), 'alert')} undecided: `bot alerts`")
    return "no leak that was reported from outside waits for a decision"


def _arrivals(application: Application, unread: Sequence[str]) -> str:
    """What fronts have taken in, and whether a worker can ask about it."""
    from bot.response.beside import waiting

    arrived = application.event_log.arrivals.by_source()
    for words, _ in waiting(application.event_log, ("alerts",)):
        raise Doubtful(words)
    for name in unread:
        upper = name.upper()
        raise Doubtful(
            f"BOT_INTAKE_{upper}_SECRET is set here and BOT_INTAKE_{upper}_TOKEN is not: a front takes in what no "
            "worker can read, unless another process has the token"
        )
    if arrived:
        return f"{counted(sum(arrived.values()), 'report')} arrived and not looked at yet"
    return "all that has arrived is looked at"


def _sources(outside: Outside) -> str:
    """Asks each for its open alerts: what a daily look does too."""
    from bot.app.alerts import sources

    found = sources(outside.settings, outside.files, outside)
    if not found:
        raise Doubtful("no source can be asked from here: only the worker has the tokens")
    return "; ".join(_open(source) for source in found.values())


def _open(source: Source) -> str:
    return f"{source.name}: {counted(sum(1 for _ in source.open()), 'open alert')}"
