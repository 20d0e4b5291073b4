"""Slack's requests over HTTP: the route `POST /slack/events`, and who asks Slack for the team whose requests pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from slack_bolt import App
from slack_bolt.request import BoltRequest

from bot.errors import OutsideError
from bot.slack.guard import BODY_BYTES, OwnTeam, Refusal
from bot.slack.upkeep import Pauses, Upkeep
from bot.web import Request, Response, Route
from bot.web.routes import SEND

PATH = "/slack/events"
STAMP_DIGITS = 12
"""Seconds since 1970 have ten for some centuries to come."""
ENDING_SECONDS = 5.0


class Ingress:
    """The requests of `app`, let in as soon as Slack has said which team the bot's is. `acknowledged` is told how many
    seconds each request took that was let in.
    """

    def __init__(self, app: App, team: OwnTeam, acknowledged: Callable[[float], None] = lambda _seconds: None) -> None:
        self.routes = (slack_route(app, team.check, acknowledged),)
        self._team = team
        self._pauses = Pauses()
        self._upkeep = Upkeep("slack", self.look)

    def start(self) -> None:
        """Begins to ask for the team, and waits for nothing of Slack's."""
        self._upkeep.start()

    def stop(self) -> None:
        self._upkeep.stop(ENDING_SECONDS)

    def missing(self) -> list[str]:
        """Why requests are not let in, in a sentence; nothing while they are."""
        return [self._team.trouble] if self._team.trouble else []

    def look(self) -> float | None:
        """Asks for the team once; gives the seconds until the next attempt, None once it is known."""
        try:
            self._team.learn()
        except OutsideError as error:
            return self._pauses.after(error)
        return None


def slack_route(
    app: App,
    check: Callable[[str, bytes], Refusal | None],
    acknowledged: Callable[[float], None] = lambda _seconds: None,
) -> Route:
    """`check` is a guard's; `acknowledged` as in `Ingress`."""

    def answer(request: Request) -> Response:
        refusal = _unsigned(request.headers) or check(request.headers.get("content-type", ""), request.body)
        if refusal is not None:
            return Response(refusal.status, refusal.sentence + "\n")
        begun = time.monotonic()
        given = _dispatched(app, request)
        acknowledged(time.monotonic() - begun)
        return given

    return Route(PATH, answer, SEND, BODY_BYTES)


def _dispatched(app: App, request: Request) -> Response:
    body = request.body.decode(errors="replace")
    given = app.dispatch(BoltRequest(body=body, query=request.query, headers=dict(request.headers)))
    headers = [(name, value) for name, values in given.headers.items() for value in values]
    kind = next((value for name, value in headers if name.lower() == "content-type"), "text/plain; charset=utf-8")
    return Response(given.status, given.body, kind, [pair for pair in headers if pair[0].lower() != "content-type"])


def _unsigned(headers: Mapping[str, str]) -> Refusal | None:
    """Bolt, which checks signature and age, takes it for granted that the one is ASCII and the other a number that a
    computer can take the difference of.
    """
    stamp = headers.get("x-slack-request-timestamp", "0")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= STAMP_DIGITS):
        return Refusal(401, "The request's time cannot be read.")
    if not headers.get("x-slack-signature", "").isascii():
        return Refusal(401, "The request's signature cannot be read.")
    return None
