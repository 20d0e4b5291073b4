"""The providers' consoles of the practice world, on one page: what only people can do there.

The same addresses serve a person in a browser and automatic players. A new key is shown once, to the person who made
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import requests
from flask import Flask, Response, jsonify, request
from markupsafe import Markup

import bot.providers
from bot.drill.fakes.slack.delivery import direct_session
from bot.drill.providers.contract import Console
from bot.errors import Unexpected
from bot.providers.cards import FILE, read_cards
from bot.secrets.keyshapes import key_hint

TIMEOUT = 10.0
PAGE = Markup("""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Practice consoles</title><style>:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui;margin:1em auto;max-width:40em;padding:0 1em}}
form{{display:inline}}button{{font:inherit;padding:.5em .8em;margin:.2em 0}}
code{{overflow-wrap:anywhere}}li{{margin:.4em 0}}section{{border-top:1px solid #888;margin-top:1em}}</style>
<main><h1>Practice consoles</h1><p>This page replaces every provider's own console. It lists the keys that people make
or revoke; the bot does the others by itself. These accounts hold nothing that an attacker made: each check finds none.
These keys work in this drill only.</p>{news}{secrets}</main></html>""")
ROW = Markup("""<section><h2>{title}: {name}</h2><form method="post" action="/console/{name}/new">
<button>{make}</button></form><p>{state}: <code>{which}</code></p>{revoke}</section>""")
MENU = Markup('<details><summary aria-label="{press} ({name})">{press}</summary>{inside}</details>')
REVOKE = Markup("""<form method="post" action="/console/{name}/end"><button>{press}</button></form>""")
BY_HAND = "made by hand"
LONG = 24
"""Of a value so long four characters may be seen."""
_ADDRESS = re.compile(r"https://\w[^\s<>()“”,;]*")


@cache
def console_addresses() -> tuple[str, ...]:
    """The addresses of real providers that people are sent to by their cards' consoles, steps and checklists."""
    found = set[str]()
    for path in Path(bot.providers.__file__).parent.glob(f"*/{FILE}"):
        for card in read_cards(path):
            steps = (*card.issue_by_hand, *card.revoke_by_hand, *card.checklist.values())
            texts = (card.console, *card.consoles.values(), *steps)
            found.update(address.rstrip(".:") for text in texts for address in _ADDRESS.findall(text))
    return tuple(sorted(found))


def console_page(consoles: Callable[[], Mapping[str, Console]], old: Callable[[str], Mapping[str, str]]) -> Flask:
    """Serves ``/console``. `consoles` gives them by secret, `old` a secret's leaked key by part."""
    app, gone = Flask(__name__), set[str]()

    def row(name: str) -> Markup:
        presses = consoles()[name].presses[name]
        *menus, last = presses.revoke
        state, revoke = "Old key", REVOKE.format(name=name, press=last)
        for press in reversed(menus):
            revoke = MENU.format(name=name, press=press, inside=revoke)
        if name in gone:
            state, revoke = "Old key, revoked", Markup("")
        which = _shown(old(name)) or "its value is not shown"
        return ROW.format(title=presses.title, name=name, make=presses.make, state=state, which=which, revoke=revoke)

    def page(news: str | Markup = "") -> Response:
        rows = Markup("").join(row(name) for name in consoles())
        return Response(PAGE.format(news=news, secrets=rows), mimetype="text/html")

    @app.get("/console")
    def listed() -> Response:
        return page()

    @app.post("/console/<secret>/new")
    def new(secret: str) -> Response | tuple[Response, int]:
        """A new key: as JSON for a body {label}, else as a page."""
        if secret not in consoles():
            return jsonify(error="no console for this"), 404
        label = str((request.get_json(silent=True) or {}).get("label", ""))
        parts = consoles()[secret].make(secret, label or BY_HAND)
        if label:
            return jsonify(parts=dict(parts))
        shown = Markup("").join(Markup("<li>{}: <code>{}</code>").format(name, value) for name, value in parts.items())
        copy = Markup('<div role="status"><p>The new <b>{}</b>. Copy it now: it is shown once.</p><ul>{}</ul></div>')
        return page(copy.format(secret, shown))

    @app.post("/console/<secret>/made")
    def made(secret: str) -> Response:
        """Body {label, discard}: whether a working value has the label; `discard` revokes it."""
        body, console = request.get_json(), consoles()[secret]
        found = console.made(secret, str(body["label"]))
        if body.get("discard"):
            console.discard(secret, str(body["label"]))
        return jsonify(made=found)

    @app.post("/console/<secret>/end")
    def end(secret: str) -> Response:
        """Revokes the leaked key."""
        ended = secret in consoles() and consoles()[secret].end(secret, old(secret))
        gone.add(secret)
        if request.is_json:
            return jsonify(ended=ended)
        which = f"{secret} {_shown(old(secret))}".strip()
        return page(Markup('<p role="status">{}</p>').format(f"{which}: {'revoked.' if ended else 'revoked already.'}"))

    return app


def _shown(parts: Mapping[str, str]) -> str:
    """By which a person tells a value: the beginning of each part where one is known, and its last four characters."""
    return ", ".join(key_hint(value) or f"…{value[-4:]}" for value in parts.values() if len(value) >= LONG)


class ConsoleHands:
    """The hands of automatic players there. `url` is the console's address."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/console"

    def make(self, secret: str, label: str) -> dict[str, str]:
        """A new key by part."""
        found = self._post(f"{secret}/new", {"label": label})
        parts = found.get("parts")
        if not isinstance(parts, dict):
            raise Unexpected("console", f"make a new key of {secret}", "there is no such console")
        return {str(name): str(value) for name, value in parts.items()}

    def made(self, secret: str, label: str, *, discard: bool = False) -> bool:
        """Whether a living value bears the label."""
        return bool(self._post(f"{secret}/made", {"label": label, "discard": discard}).get("made"))

    def end(self, secret: str) -> bool:
        """Revokes the leaked key; False if it is gone already."""
        return bool(self._post(f"{secret}/end", {}).get("ended"))

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        with direct_session() as session:
            try:
                answer = session.post(f"{self._url}/{path}", json=body, timeout=TIMEOUT)
                found = answer.json()
            except (requests.RequestException, ValueError):
                raise Unexpected("console", f"ask for {path}", "no answer") from None
        return found if isinstance(found, dict) else {}
