"""Sources of news of leaks: whether the worker's tokens can read their alerts. Empty without any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Checks, Diagnostic, Doubtful
from bot.phrases.times import counted

if TYPE_CHECKING:
    from bot.app import Application
    from bot.news.sources.source import Source

CHECKS = Checks["Application"]()
REMEDY = "docs/news-of-leaks.md says which right each token needs; make one of the configured repositories alone."
WAITS = "`bot news alerts` shows what blocks the worker; docs/news-of-leaks.md lists what each source needs."
RECORD = "Decide on each alert. If the record is damaged, restore it from the database's own backup."


def checks(application: Application) -> Iterator[Diagnostic]:
    settings = application.settings
    asked = settings.intake_github_token or settings.intake_gitguardian_token or settings.intake_aws
    return CHECKS.of(application) if asked else iter(())


@CHECKS("leaks: channel", "Set BOT_INTAKE_CHANNEL, and invite the bot there.")
def _channel(application: Application) -> str:
    if application.settings.intake_channel is None:
        raise Doubtful("BOT_INTAKE_CHANNEL is not set: only `bot news alerts` and the page show leak alerts")
    return "leak alerts are proposed there"


@CHECKS("leaks: record", RECORD)
def _record(application: Application) -> str:
    """The whole log, checked like the log of trust."""
    from bot.cli.diagnostics.home import seal_of

    waiting = application.event_log.alerts.verify(seal_of(application)).undecided
    if waiting:
        raise Doubtful(f"{counted(len(waiting), 'alert')} undecided: `bot news alerts`")
    return "no leak alert waits for a decision"


@CHECKS("leaks: looks", WAITS)
def _looks(application: Application) -> str:
    """What kept the worker from its last looks."""
    from bot.worker.background import waiting

    for words, _ in waiting(application.event_log, ("alerts",)):
        raise Doubtful(words)
    return "nothing blocks the worker from checking"


@CHECKS("leaks: sources", REMEDY, outside=True)
def _sources(application: Application) -> str:
    """Asks each for its open alerts, as the worker does, and says how often and when last that one has."""
    from bot.app.alerts import sources

    outside = application.outside
    found = sources(outside.settings, outside.files, outside)
    if not found:
        raise Doubtful("no source can be asked from here: only the worker has the tokens")
    return "; ".join(_open(source, application) for source in found.values())


def _open(source: Source, application: Application) -> str:
    """``github: 1 open alert, looked at once in 1 minute, last at 2026-11-30 03:14:07 UTC``."""
    from bot.eventlog import INSTALLATION
    from bot.news.handling.intake import LOOKED
    from bot.phrases.times import duration, moment

    alerts = counted(sum(one is not None for one in source.listed(None)), "open alert")
    looked = [each.updated_at for each in application.event_log.cursors.all(INSTALLATION, LOOKED)
              if each.key.partition(":")[0] == source.name]  # fmt: skip
    last = f"last at {moment(max(looked))}" if looked else "not yet"
    return f"{source.name}: {alerts}, checked every {duration(source.every.total_seconds())}, {last}"
