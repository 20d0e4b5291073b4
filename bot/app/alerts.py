"""News of leaks at the worker: its sources, the values to compare with, and where people read about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.app.files import Files
from bot.app.outside import Outside
from bot.errors import ConfigurationError
from bot.inbox.fingerprints import KnownValues
from bot.incident.model import Right
from bot.net.http import Http, check_base_url
from bot.news.handling.intake import Intake
from bot.news.handling.judge import Judge
from bot.news.handling.news import AlertBoard, News, NoAlertBoard
from bot.news.sources.aws import AWS, QuarantinedUsers, with_users
from bot.news.sources.catalogued import public_places
from bot.news.sources.gitguardian import GITGUARDIAN, GitguardianIncidents, Matching, matching
from bot.news.sources.github import EVERY, GITHUB, GithubAlerts
from bot.news.sources.source import Source
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.slack.alert_messages import SlackAlerts

if TYPE_CHECKING:
    from bot.app.application import Application

IN_A_DRILL = timedelta(seconds=1)
"""The time between two looks for changes at a fake, which has no limits."""


@dataclass
class AlertSide:
    """What a worker does with news from outside."""

    app: Application

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources that this worker can ask. ConfigurationError for an incomplete setting."""
        return sources(self.app.settings, self.app.files, self.app.outside)

    @cached_property
    def intake(self) -> Intake:
        """Also without any source: earlier reports still wait for people."""
        app = self.app
        news = News(app.event_log, self._board, lambda: app.outside.pager, lambda: app.slack.trusted)
        return Intake(app.event_log, app.log_clock, app.incidents, self.sources, self._judge, news)

    @property
    def _judge(self) -> Judge:
        catalog, settings = self.app.files.loaded.catalog, self.app.settings
        auto = frozenset(settings.intake_auto or ())
        return Judge(
            self.app.event_log,
            catalog,
            self.app.files.freeze,
            self.app.working.values,
            KnownValues(self.app.outside.vault, public_places(catalog.entries), {}, catalog.vocabulary),
            self.app.outside.vault,
            self.app.outside.provider,
            self._hashed,
            lambda source, secret: f"{source}:{secret}" in auto or f"{source}:*" in auto,
            self._owner,
        )

    def _hashed(self, digests: Sequence[Secret]) -> Matching:
        if not digests:
            return Matching()
        catalog, own = self.app.files.loaded.catalog, self.app.settings.credentials()
        return matching(digests, catalog.entries, self.app.outside.vault, catalog.vocabulary, own)

    def _owner(self) -> str:
        """Who looks into an alert without a known key: the first person with `command`; empty without any."""
        return next((person.name for person in self.app.files.people.having(Right.COMMAND)), "")

    @property
    def _board(self) -> AlertBoard:
        channel = self.app.settings.intake_channel
        if channel is None or self.app.settings.slack_bot_token is None:
            return NoAlertBoard()
        return SlackAlerts(self.app.slack.gateway, channel)


def sources(settings: Settings, files: Files, outside: Outside) -> dict[str, Source]:
    """The sources that these settings allow, by name. ConfigurationError for an incomplete setting."""
    found = dict[str, Source]()
    if settings.intake_github_token is not None:
        known = settings.intake_github_repositories
        if not known:
            raise ConfigurationError(
                "BOT_INTAKE_GITHUB_TOKEN is set, and BOT_INTAKE_GITHUB_REPOSITORIES is not: say whose alerts count."
            )
        http = _http(settings, GITHUB, settings.intake_github_api)
        every = IN_A_DRILL if settings.environment == "drill" else EVERY
        found[GITHUB] = GithubAlerts(known, settings.intake_github_token, http, every=every)
    if settings.intake_gitguardian_token is not None:
        found[GITGUARDIAN] = GitguardianIncidents(
            settings.intake_gitguardian_token, _http(settings, GITGUARDIAN, settings.intake_gitguardian_api)
        )
    if settings.intake_aws:
        found[AWS] = QuarantinedUsers(outside.product, with_users(files.loaded.catalog.entries), outside.vault)
    return found


def _http(settings: Settings, system: str, url: str) -> Http:
    """The other side gets a token, so it must be https, or a fake on loopback outside production."""
    check_base_url(url, (urlsplit(url).hostname or "",), settings.production)
    return Http(system, url, timeout=settings.timings.http_timeout)
