"""Where the permalink of a file leads: the file in a person's browser, HTML as a page and all else as text."""

from __future__ import annotations

from flask import Blueprint, Response

from bot.drill.fakes.slack.control_api import loopback_only
from bot.drill.fakes.slack.workspace import Workspace

SHUT_IN = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A file is any upload: it may have any look, but runs and fetches nothing."""


def blueprint(workspace: Workspace) -> Blueprint:
    routes = Blueprint("files", __name__, url_prefix="/files")
    routes.before_request(loopback_only)

    @routes.get("/<_user>/<file_id>/<_name>")
    def show(_user: str, file_id: str, _name: str) -> Response:
        """Only the file's id counts, as in Slack."""
        found = workspace.files.get(file_id)
        if found is None or found.content is None:
            return Response("This file is not here: it was deleted, or never uploaded.", 404, mimetype="text/plain")
        kind = "text/html" if found.name.endswith((".html", ".htm")) else "text/plain"
        shut_in = {"Content-Security-Policy": SHUT_IN, "X-Content-Type-Options": "nosniff"}
        return Response(found.content, mimetype=kind, headers=shut_in)

    return routes
