"""The place where the values leaked: a page like a paste that strangers can read. On loopback, as all of the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify
from markupsafe import escape

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>notes.txt - public paste</title><style>:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui;margin:1em auto;max-width:60em;padding:0 1em}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style>
<main><h1>notes.txt</h1><p>Public. Posted by <b>anonymous</b>. 214 views.</p><pre>{lines}</pre>
<p><small>This page is part of the drill. Its keys work nowhere else.</small></p></main></html>
"""


def leak_page(leaked: Callable[[], Mapping[str, str]]) -> Flask:
    """Serves ``/leak`` for people and ``/leak.json`` for automatic players. `leaked` maps variables to values."""
    app = Flask(__name__)

    @app.get("/leak")
    def page() -> Response:
        lines = "\n".join(f"{name}={value}" for name, value in leaked().items())
        return Response(PAGE.format(lines=escape(lines)), mimetype="text/html")

    @app.get("/leak.json")
    def raw() -> Response:
        return jsonify(dict(leaked()))

    return app
