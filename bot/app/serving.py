"""The listening parts: Slack's requests, the public server, and the pages on the process's health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError
from bot.slack.bolt_app import build_app
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.guard import OwnTeam
from bot.slack.ingress import Ingress
from bot.slack.listeners import AppContext
from bot.slack.socket_mode import SocketMode
from bot.web import HealthServer, PublicServer
from bot.web.server import EVERYWHERE, LOOPBACK
from bot.worker.health import ProcessHealth
from bot.worker.worker import Worker

if TYPE_CHECKING:
    from bot.app.application import Application

type Front = Ingress | SocketMode


@dataclass
class Serving:
    """A serving process's side of the bot."""

    app: Application

    def front(self) -> Front:
        """The way by which Slack reaches this process, ready to start: Socket Mode where there is a token for it, else
        a route of the public server.
        ConfigurationError if a token or secret is missing.
        """
        settings = self.app.settings
        if settings.slack_signing_secret is None and settings.slack_app_token is None:
            raise ConfigurationError(
                "SLACK_SIGNING_SECRET is not set: without it requests can't be checked to come from Slack. For "
                "Socket Mode set SLACK_APP_TOKEN instead."
            )
        gateway = self.app.slack.gateway
        ctx = AppContext(
            self.app.incidents, self.app.client, self.app.askers.by_slack, self.app.slack.people, gateway,
            self.app.clock, self.app.takes_a_word, settings.intake_channel or "",
        )  # fmt: skip
        app = build_app(ctx, settings.slack_signing_secret)
        team = OwnTeam(gateway.check, () if settings.slack_app_id is None else (settings.slack_app_id,))
        if settings.slack_app_token is not None:
            opener = SlackGateway(web_client(settings.slack_app_token, settings.slack_api_url))
            return SocketMode(app, team, opener.open_link, self.app.metrics.acknowledged)
        return Ingress(app, team, self.app.metrics.acknowledged)

    def public_server(self, front: Front) -> PublicServer:
        """Where Slack's requests come in, ready to start; none do by Socket Mode."""
        settings = self.app.settings
        host = LOOPBACK if settings.environment == "drill" else EVERYWHERE
        return PublicServer(front.routes, settings.port, host)

    def health(self, worker: Worker | None, front: Front | None) -> HealthServer:
        """The pages on how this process is, ready to start; None for the part that another process has."""
        app = self.app
        health = ProcessHealth(app.event_log, worker, app.clock, front.missing if front is not None else tuple)
        app.metrics.watch(health.facts)
        return HealthServer(app.settings.health_address, health.missing, app.metrics.text, health.waiting)
