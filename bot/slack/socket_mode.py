"""Socket Mode: a connection from here to Slack, over which its requests come. Nothing listens for them.

The SDK's client speaks the protocol. When it connects is decided here: by itself it gives up at the first failure, and
later reconnects without a pause. Source: docs.slack.dev, apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import OutsideError, Unauthorized, Unreachable
from bot.logs import Logger
from bot.slack.errors import SYSTEM
from bot.slack.guard import OwnTeam
from bot.slack.upkeep import Pauses, Upkeep, told
from bot.web import Route

LOOK_SECONDS = 1.0
"""Between two looks at a connection that stands."""
STEADY_SECONDS = 30.0
"""After this time a connection counts as good: a later failure is a new one."""
PING_SECONDS = 10.0
ENDING_SECONDS = 5.0
VERB = "connect by Socket Mode"
_log = Logger(__name__)


class SocketMode:
    """The connection of `app`, kept up from `start` to `stop`.

    `open_link` gives the address of a new connection (``apps.connections.open``); `acknowledged` is told how many
    seconds each request took; `clock` gives seconds that only grow.
    """

    routes: Sequence[Route] = ()
    """Nothing is sent to us over HTTP."""

    def __init__(
        self,
        app: App,
        team: OwnTeam,
        open_link: Callable[[], str],
        acknowledged: Callable[[float], None] = lambda _seconds: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._team = team
        self._open_link = open_link
        self._acknowledged = acknowledged
        self._clock = clock
        self._pauses = Pauses()
        self._attempted_at = -STEADY_SECONDS
        self._next_at = 0.0
        self._trouble = "Slack is not connected yet"
        self._upkeep = Upkeep("slack", self.look)
        self._client: _Client | None = None

    def start(self) -> None:
        """Begins to connect, and waits for nothing."""
        self._upkeep.start()

    def stop(self) -> None:
        self._upkeep.stop(ENDING_SECONDS)
        if self._client is not None:
            self._client.close()

    def missing(self) -> list[str]:
        """Why requests do not arrive, in a sentence; nothing while they do."""
        return [self._trouble] if self._trouble else []

    def look(self) -> float:
        """Looks after the connection once; gives the seconds until the next look."""
        now = self._clock()
        connected = self._client is not None and self._client.is_connected()
        if connected and now - self._attempted_at >= STEADY_SECONDS:
            self._pauses.forget()
        if connected and not self._made().wants_another.is_set():
            self._trouble = ""
            return LOOK_SECONDS
        if not connected and not self._trouble:
            self._say("the connection to Slack was lost")
        if now < self._next_at:
            return min(LOOK_SECONDS, self._next_at - now)
        return self._attempt(now)

    def _attempt(self, now: float) -> float:
        self._attempted_at = now
        error = None
        try:
            self._connect()
        except OutsideError as failure:
            error = failure
            if self._team.known:
                self._say(told(error, "SLACK_APP_TOKEN"), grave=isinstance(error, Unauthorized))
            else:
                self._trouble = self._team.trouble
        else:
            self._trouble = ""
            _log.info("connected to Slack by Socket Mode")
        pause = self._pauses.after(error)
        self._next_at = now + pause
        return pause if error is not None else min(pause, LOOK_SECONDS)

    def _connect(self) -> None:
        if not self._team.known:
            self._team.learn()
        client = self._made()
        client.wants_another.clear()
        client.connect_anew()
        if self._upkeep.ended.is_set():
            client.disconnect()  # stop() may have looked before there was anything to close
        elif not client.is_connected():
            raise Unreachable(SYSTEM, VERB, "no connection")

    def _made(self) -> _Client:
        """The client, whose threads run from its making on."""
        if self._client is None:
            self._client = _Client(self._open_link, self._upkeep.wake)
            self._client.socket_mode_request_listeners.append(self._handle)
        return self._client

    def _handle(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        begun = time.monotonic()
        try:
            if self._team.check_fields(request.payload) is not None:
                _log.warning("ignored a request of another team or app", kind=request.type)
                return
            send_response(client, request, run_bolt_app(self._app, request), time.time())
        except Exception as error:  # noqa: BLE001 - the last net: the text may repeat what someone typed
            _log.error("request failed", error=type(error).__name__)
        self._acknowledged(time.monotonic() - begun)

    def _say(self, sentence: str, *, grave: bool = False) -> None:
        """Told once, not at every attempt."""
        if sentence != self._trouble:
            (_log.error if grave else _log.warning)(sentence)
        self._trouble = sentence


class _Client(SocketModeClient):
    """The SDK's client, which connects only on request."""

    def __init__(self, open_link: Callable[[], str], wake: Callable[[], None]) -> None:
        # Its own words would quote addresses with tickets in them, and messages: ours are in `SocketMode`.
        logger = logging.getLogger("slack_sdk.socket_mode.compromise")
        logger.setLevel(logging.CRITICAL + 1)
        web_client = WebClient()
        web_client.proxy = None
        super().__init__("", logger, web_client, auto_reconnect_enabled=False, ping_interval=PING_SECONDS)
        self.proxy = None  # it has taken one from the environment
        self.wants_another = threading.Event()
        self._open_link = open_link
        self._wake = wake

    def issue_new_wss_url(self) -> str:
        return self._open_link()

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - the SDK's signature
        """Called where Slack asks for it (a message of type ``disconnect``): at the pace of everything else."""
        self.wants_another.set()
        self._wake()

    def connect_anew(self) -> None:
        """Opens a connection, which takes the place of the one before. Errors of `open_link` are raised; others show
        in that there is no connection.
        """
        super().connect_to_new_endpoint(force=True)

    def connect(self) -> None:
        super().connect()
        session = self.current_session
        if session is not None and session.sock is not None:
            session.sock = _Ending(session.sock)  # type: ignore[assignment]

    def _run_current_session(self) -> None:
        """Reads what comes until the session is over. The SDK takes that word back where it falls between its look at
        the session and its reading, and then neither ends nor reads the next one, ever. The state is read first: it is
        the one that ends with its session, or that of one before.
        """
        state, session = self.current_session_state, self.current_session
        if session is not None and session.is_active():
            with suppress(Exception):  # what went wrong shows in that there is no connection
                session.run_until_completion(state)

    def close(self) -> None:
        sock = self.current_session.sock if self.current_session is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # else closing waits for the read that is under way
        self.closed = True
        self.message_queue.put(None)  # and for a second in which no message comes
        super().close()


class _Ending:
    """A socket whose end is an error. The SDK takes the empty answer of one that Slack has closed for nothing yet, and
    asks again without a pause until a ping fails.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def recv(self, size: int) -> bytes:
        received: bytes = self._sock.recv(size)
        if not received:
            raise ConnectionResetError(errno.ECONNRESET, "closed by Slack")
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)
