"""Slack's side put together: the Bolt app with all its listeners."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.inbox.turns import Turns
from bot.logs import Logger
from bot.secrets.secret import Secret
from bot.slack.listeners import AppContext, register_all

# What a listener does once it has acknowledged waits for its turn, so that the next request is acknowledged at once.
#
# Slack waits three seconds for an acknowledgement, and people for what follows. Were all that has been acknowledged
# worked off at the same time, a busy moment would have each acknowledgement wait for all of it.


LISTENERS = 1024
"""Threads for listeners: waiting ones cost nothing, and a request that finds none free is acknowledged late."""
AT_WORK = 3
"""The listeners that work at the same time after their acknowledgement, without the ones that wait for an answer of the
inbox or Slack: `bot.inbox.turns.aside`.
"""


class Listeners(ThreadPoolExecutor):
    """Runs listeners, each in a thread of its own."""

    def __init__(self) -> None:
        super().__init__(LISTENERS, thread_name_prefix="slack")
        self._turns = Turns(AT_WORK)
        self._here = threading.local()

    def submit[T](self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return super().submit(self._run, fn, *args, **kwargs)

    def _run[T](self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        self._here.waits = True
        try:
            return fn(*args, **kwargs)
        finally:
            self._turns.give_back()

    def await_turn(self) -> None:
        """Called by a listener that has acknowledged, once or more often."""
        if getattr(self._here, "waits", False):
            self._here.waits = False
            self._turns.take()

    def take_turns(self, context: BoltContext, next: Callable[[], None]) -> None:  # noqa: A002 - Bolt's name for it
        """A middleware of Bolt's: the listener that follows gets an acknowledgement after which it waits."""
        context["ack"] = _TurnTaking(self)
        next()


class _TurnTaking(Ack):
    def __init__(self, listeners: Listeners) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        self._listeners = listeners

    def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        response = super().__call__(*args, **kwargs)
        self._listeners.await_turn()
        return response


_log = Logger(__name__)


def build_app(ctx: AppContext, signing_secret: Secret | None) -> App:
    """The Bolt app with all listeners. Makes no call to Slack: a start must not depend on it.

    `signing_secret` is None only with Socket Mode, where the connection itself proves the sender: a random secret takes
    its place, so that no request over HTTP can pass.
    """

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # One installation in one team, whose token the gateway holds; the guard has looked at the team.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=ctx.gateway.client.token)

    # Bolt's warnings repeat parts of requests, and advise on clients that we do not use: only its errors are shown.
    logger = logging.getLogger("slack_bolt.compromise")
    logger.setLevel(logging.ERROR)
    web_api = WebClient(base_url=ctx.gateway.client.base_url)
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
        # The last net: its text may repeat what someone typed.
        _log.error("request failed", error=type(error).__name__)

    register_all(app, ctx)
    return app
