"""Slack's side put together: the Bolt app, the web server around it, and Socket Mode instead of that."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot.people import People
from bot.response import Asker, Client, Desk
from bot.secret import Secret
from bot.slack.gateway import SlackGateway
from bot.slack.guard import BODY_BYTES, Guard, Refusal
from bot.slack.listeners import Front, register_all

LISTENERS_AT_ONCE = 10
_log = structlog.get_logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Health:
    """What the web server says about the process. `ready` gives sentences on what is missing, none when all is well;
    `metrics` Prometheus's text format; `acknowledged` is told how many seconds each request of Slack took.
    """

    ready: Callable[[], Sequence[str]] = tuple
    metrics: Callable[[], str] = str
    acknowledged: Callable[[float], None] = field(default=lambda _seconds: None)


def build_app(
    *,
    desk: Desk,
    client: Client,
    asker: Callable[[str], Asker],
    people: People,
    gateway: SlackGateway,
    signing_secret: Secret | None,
    clock: Callable[[], datetime] = _utc_now,
) -> App:
    """The Bolt app with all listeners. Nothing is asked of Slack yet: a start must not depend on it.

    `asker` vouches for a member of the workspace, by their Slack id.
    `signing_secret` is None only with Socket Mode, where the connection itself proves who sends.
    """

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # One installation in one team, whose token the gateway holds; the guard has looked at the team.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=gateway.client.token)

    # Bolt's warnings repeat parts of requests, and advise on clients that we do not use: only its errors are shown.
    logger = logging.getLogger("slack_bolt.compromise")
    logger.setLevel(logging.ERROR)
    web_api = WebClient(base_url=gateway.client.base_url)
    web_api.proxy = None  # as in the gateway: it has taken one from the environment
    app = App(
        name="compromise-bot",
        logger=logger,
        client=web_api,
        authorize=authorize,
        signing_secret=signing_secret.reveal() if signing_secret is not None else "",
        request_verification_enabled=signing_secret is not None,
        listener_executor=ThreadPoolExecutor(LISTENERS_AT_ONCE, thread_name_prefix="slack"),
    )

    @app.error
    def failed(error: Exception) -> None:
        # The last net: its text may repeat what somebody typed.
        _log.error("request failed", error=type(error).__name__)

    register_all(app, Front(desk, client, asker, people, gateway, clock))
    return app


def web(app: App, guard: Guard, health: Health) -> Flask:
    """`POST /slack/events`, `GET /healthz` (the process answers), `/readyz` (it can work), `/metrics`."""
    flask = Flask("compromise-bot", static_folder=None)
    flask.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    handler = SlackRequestHandler(app)

    @flask.post("/slack/events")
    def events() -> Response:
        try:
            body = request.get_data(cache=True)
        except RequestEntityTooLarge:
            return _refused(Refusal(400, f"The request is larger than {BODY_BYTES // 1024} KiB."))
        refusal = _unstamped() or guard.check(request.content_type or "", body)
        if refusal is not None:
            return _refused(refusal)
        begun = time.monotonic()
        answer = handler.handle(request)
        health.acknowledged(time.monotonic() - begun)
        return answer

    @flask.errorhandler(Exception)
    def failed(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        # The last net here too: Flask would write a traceback, whose lines may repeat what was sent.
        _log.error("request failed", error=type(error).__name__)
        return _refused(Refusal(500, "This could not be done."))

    @flask.get("/healthz")
    def healthy() -> Response:
        return _text("ok")

    @flask.get("/readyz")
    def ready() -> Response:
        missing = health.ready()
        return _text("\n".join(missing), 503) if missing else _text("ready")

    @flask.get("/metrics")
    def metrics() -> Response:
        return Response(health.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return flask


def _unstamped() -> Refusal | None:
    """Bolt, which checks the age, takes it for granted that the time of a request is a number."""
    stamp = request.headers.get("X-Slack-Request-Timestamp", "0")
    return None if stamp.isascii() and stamp.isdecimal() else Refusal(401, "The request's time cannot be read.")


def socket_mode(app: App, app_token: Secret) -> SocketModeHandler:
    """A connection from here to Slack instead of a server; `connect()` and `close()` it."""
    handler = SocketModeHandler(app, app_token.reveal())
    handler.client.proxy = None  # as in the gateway
    return handler


def _text(text: str, status: int = 200) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")


def _refused(refusal: Refusal) -> Response:
    return _text(refusal.sentence, refusal.status)
