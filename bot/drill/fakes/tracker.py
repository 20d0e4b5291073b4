"""A tracker that takes what docs/tracker.md describes: it checks the signature and acts on each key once."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from markupsafe import escape

from bot.secrets.secret import Secret
from bot.tracker.webhook import KEY, SIGNATURE, TIMESTAMP, signature

OLDEST = 300
"""Seconds: an older request may be one that somebody sends again."""
PAGE = """<!doctype html><meta charset="utf-8"><title>Tracker</title><h1>Tasks</h1>
<table border="1" cellpadding="6"><tr><th>Task<th>Owner<th>Due<th>State</tr>{rows}</table>
<p><small>This tracker belongs to the drill; docs/tracker.md tells how one of yours is told.</small></p>
"""


class FakeTracker:
    """Serve `application`: ``POST /tasks`` for the bot, ``/tracker`` for people, ``/tracker.json`` for programs."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.secret = Secret(secrets.token_urlsafe(24))
        self.told: dict[str, dict[str, object]] = {}
        """What was taken, by its key."""
        self.clock = clock
        self.application = self._application()

    def _application(self) -> Flask:
        app = Flask(__name__)

        @app.post("/tasks")
        def take() -> tuple[str, int]:
            timestamp, body = request.headers.get(TIMESTAMP, ""), request.get_data()
            given = request.headers.get(SIGNATURE, "")
            fresh = timestamp.isdecimal() and abs(self.clock() - int(timestamp)) <= OLDEST
            if not fresh or not hmac.compare_digest(given, f"v1={signature(self.secret, timestamp, body)}"):
                return "", 401
            self.told.setdefault(request.headers.get(KEY, ""), dict(request.get_json()))
            return "", 204

        @app.get("/tracker.json")
        def raw() -> Response:
            return jsonify(list(self.told.values()))

        @app.get("/tracker")
        def page() -> Response:
            newest = {(each["incident"], each["task"]["id"]): each for each in self.told.values()}  # type: ignore[index]
            rows = "".join(_row(each) for each in newest.values())
            return Response(PAGE.format(rows=rows), mimetype="text/html")

        return app


def _row(told: dict[str, object]) -> str:
    task = told["task"]
    assert isinstance(task, dict)
    cells = [task["title"], task["owner"] or "nobody", task["due"] or "", str(told["event"]).removeprefix("task.")]
    return f"<tr>{''.join(f'<td>{escape(cell)}' for cell in cells)}</tr>"
