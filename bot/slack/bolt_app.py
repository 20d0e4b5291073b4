"""Slack's side put together: the Bolt app with all its listeners."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.logs import Logger
from bot.people import People
from bot.response import Asker, Client, Incidents
from bot.response.last_check import LastCheck
from bot.secret import Secret
from bot.slack.acknowledging import Listeners
from bot.slack.gateway import SlackGateway
from bot.slack.listeners import AppContext, register_all

_log = Logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def build_app(
    *,
    incidents: Incidents,
    client: Client,
    asker: Callable[[str], Asker],
    people: People,
    gateway: SlackGateway,
    signing_secret: Secret | None,
    clock: Callable[[], datetime] = _utc_now,
    last_check: Callable[[], LastCheck | None] = lambda: None,
    word: bool = False,
    alerts_channel: str = "",
) -> App:
    """The Bolt app with all listeners. Nothing is asked of Slack yet: a start must not depend on it.
    `alerts_channel` is the id of the channel with news of leaks, if there is one.

    `asker` vouches for a member of the workspace, by their Slack id. `word`: nobody proves who they are here.
    `signing_secret` is None only with Socket Mode, where the connection itself proves who sends: a secret that nobody
    knows takes its place, so that no request over HTTP can ever pass.
    """

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # One installation in one team, whose token the gateway holds; the guard has looked at the team.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=gateway.client.token)

    # Bolt's warnings repeat parts of requests, and advise on clients that we do not use: only its errors are shown.
    logger = logging.getLogger("slack_bolt.compromise")
    logger.setLevel(logging.ERROR)
    web_api = WebClient(base_url=gateway.client.base_url)
    web_api.proxy = None  # as in the gateway: it has taken one from the environment
    listeners = Listeners()
    app = App(
        name="compromise-bot",
        logger=logger,
        client=web_api,
        authorize=authorize,
        signing_secret=signing_secret.reveal() if signing_secret is not None else secrets.token_hex(),
        listener_executor=listeners,
    )
    app.middleware(listeners.take_turns)

    @app.error
    def failed(error: Exception) -> None:
        # The last net: its text may repeat what somebody typed.
        _log.error("request failed", error=type(error).__name__)

    ctx = AppContext(incidents, client, asker, people, gateway, clock, last_check, word, alerts_channel)
    register_all(app, ctx)
    return app
