"""Slack's side put together: the Bolt app, and what takes its requests from the web."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot.people import People
from bot.response import Asker, Client, Incidents
from bot.secret import Secret
from bot.slack.gateway import SlackGateway
from bot.slack.guard import BODY_BYTES, Refusal
from bot.slack.listeners import AppContext, register_all

LISTENERS_AT_ONCE = 32
STAMP_DIGITS = 12
"""Seconds since 1970 have ten for some centuries to come."""
_log = structlog.get_logger(__name__)


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
    word: bool = False,
) -> App:
    """The Bolt app with all listeners. Nothing is asked of Slack yet: a start must not depend on it.

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
    app = App(
        name="compromise-bot",
        logger=logger,
        client=web_api,
        authorize=authorize,
        signing_secret=signing_secret.reveal() if signing_secret is not None else secrets.token_hex(),
        listener_executor=ThreadPoolExecutor(LISTENERS_AT_ONCE, thread_name_prefix="slack"),
    )

    @app.error
    def failed(error: Exception) -> None:
        # The last net: its text may repeat what somebody typed.
        _log.error("request failed", error=type(error).__name__)

    register_all(app, AppContext(incidents, client, asker, people, gateway, clock, word))
    return app


def web(
    app: App,
    check: Callable[[str, bytes], Refusal | None],
    acknowledged: Callable[[float], None] = lambda _seconds: None,
) -> Flask:
    """`POST /slack/events`, and nothing else. `check` is a guard's; `acknowledged` is told how many seconds each
    request took that was let in.
    """
    flask = Flask("compromise-bot", static_folder=None)
    flask.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    handler = SlackRequestHandler(app)

    @flask.post("/slack/events")
    def events() -> Response:
        try:
            body = request.get_data(cache=True)
        except RequestEntityTooLarge:
            return _refused(Refusal(400, f"The request is larger than {BODY_BYTES // 1024} KiB."))
        refusal = _unsigned() or check(request.content_type or "", body)
        if refusal is not None:
            return _refused(refusal)
        begun = time.monotonic()
        answer = handler.handle(request)
        acknowledged(time.monotonic() - begun)
        return answer

    @flask.errorhandler(Exception)
    def failed(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        # The last net here too: Flask would write a traceback, whose lines may repeat what was sent.
        _log.error("request failed", error=type(error).__name__)
        return _refused(Refusal(500, "This could not be done."))

    return flask


def _unsigned() -> Refusal | None:
    """Bolt, which checks signature and age, takes it for granted that the one is ASCII and the other a number that a
    computer can take the difference of.
    """
    stamp = request.headers.get("X-Slack-Request-Timestamp", "0")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= STAMP_DIGITS):
        return Refusal(401, "The request's time cannot be read.")
    if not request.headers.get("X-Slack-Signature", "").isascii():
        return Refusal(401, "The request's signature cannot be read.")
    return None


def _refused(refusal: Refusal) -> Response:
    return Response(refusal.sentence + "\n", refusal.status, content_type="text/plain; charset=utf-8")
