"""A fake for the Slack app of the product: its bot tokens and incoming webhooks, in a workspace of its own.

It is not the workspace in which the bot works. Tokens and webhooks are made by people in the app's settings, which here
are methods; a token can revoke itself. Both go on being accepted for `propagation` seconds. Answers follow Slack's Web
API specification, and for webhooks trufflehog's detector.
"""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("probe", "revoke", "post")
ERRORS = ("ratelimited", "missing_scope", "org_login_required", "ekm_access_denied")
REFUSALS = {
    "post-forbidden": (403, "", "a living webhook is answered a bare 403"),
    "post-archived": (410, "channel_is_archived", "a living webhook is answered 410 channel_is_archived"),
    "post-no-channel": (404, "channel_not_found", "a living webhook is answered 404 channel_not_found"),
    "post-proxy": (404, "<!doctype html><title>Not found", "a proxy answers 404 with a page of its own"),
}
SPECIAL = {
    **{f"probe-{error.replace('_', '-')}": f"a living token is answered {error}, a webhook 403" for error in ERRORS},
    "address-refused": "a living token is answered invalid_auth, as where the workspace does not allow our address",
    **{name: words for name, (_, _, words) in REFUSALS.items()},
    "revoke-ignored": "auth.revoke says that it revoked, but the token still works",
    "revoke-not": "auth.revoke answers ok without having revoked",
    "revoke-ratelimited": "auth.revoke answers ratelimited in its body",
    "revoke-org-login-required": "auth.revoke answers org_login_required",
}
_LETTERS = string.ascii_uppercase + string.digits


@dataclass
class SlackToken(KeyRecord):
    team: str = ""
    user: str = ""


class FakeSlackProduct:
    """`clock` gives Unix seconds. Serve `application`; the Web API is below ``/api``, webhooks below ``/services``."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.team = _id("T")
        self._tokens: list[SlackToken] = []
        self._webhooks: list[KeyRecord] = []
        self._lock = threading.RLock()
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_token(self, name: str = "notices", *, prefix: str = "xoxb-", team: str | None = None) -> SlackToken:
        """What “Reinstall to Workspace” gives: a new token of the bot user."""
        digits = "-".join(str(secrets.randbelow(9 * 10**12) + 10**12) for _ in range(2))
        value = f"{prefix}{digits}-{_word(string.ascii_letters + string.digits, 24)}"
        token = SlackToken(_id("B"), name, value, self.clock(), team=team or self.team, user=_id("U"))
        with self._lock:
            self._tokens.append(token)
        return token

    def add_webhook(self, name: str = "notices") -> KeyRecord:
        """What “Add New Webhook to Workspace” gives: a new address."""
        hook = _id("B")
        secret = _word(string.ascii_letters + string.digits, 24)
        url = f"https://hooks.slack.com/services/{self.team}/{hook}/{secret}"
        record = KeyRecord(f"{self.team}/{hook}", name, url, self.clock())
        with self._lock:
            self._webhooks.append(record)
        return record

    def revoke(self, key: KeyRecord) -> None:
        """What “Revoke” and the bin beside a webhook do."""
        with self._lock:
            key.revoked_at = min(key.revoked_at or self.clock(), self.clock())

    def accepts(self, key: KeyRecord) -> bool:
        return key.revoked_at is None or self.clock() < key.revoked_at + self.propagation

    def tokens(self) -> list[SlackToken]:
        with self._lock:
            return list(self._tokens)

    def webhooks(self) -> list[KeyRecord]:
        with self._lock:
            return list(self._webhooks)

    def all_keys(self) -> list[KeyRecord]:
        """Tokens and webhooks, dead ones too."""
        return [*self.tokens(), *self.webhooks()]

    def live_keys(self) -> list[KeyRecord]:
        """Tokens and webhooks that are accepted now."""
        return [key for key in self.all_keys() if self.accepts(key)]

    def is_live(self, value: str) -> bool:
        """Whether this token or address is accepted now."""
        return any(key.value == value for key in self.live_keys())


def operation_of(environ: WSGIEnvironment) -> str:
    match environ.get("PATH_INFO", ""):
        case "/api/auth.test":
            return "probe"
        case "/api/auth.revoke":
            return "revoke"
        case _:
            return "post"


def _routes(world: FakeSlackProduct) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, lambda: [(key, world.accepts(key)) for key in world.all_keys()]))

    @app.post("/api/auth.test")
    def test() -> Response:
        token = _token(world)
        if isinstance(token, str):
            return _error(token)
        if world.faults.take("address-refused"):
            return _error("invalid_auth")
        for error in ERRORS:
            if world.faults.take(f"probe-{error.replace('_', '-')}"):
                return _error(error)
        token.last_used_at = world.clock()
        url, who = "https://product.slack.com/", {"team": "Product", "user": token.name}
        return jsonify(ok=True, url=url, team_id=token.team, user_id=token.user, bot_id=token.id, **who)

    @app.post("/api/auth.revoke")
    def revoke() -> Response:
        token = _token(world)
        if isinstance(token, str):
            return _error(token)
        for error in ("ratelimited", "org_login_required"):
            if world.faults.take(f"revoke-{error.replace('_', '-')}"):
                return _error(error)
        if world.faults.take("revoke-not"):
            return jsonify(ok=True, revoked=False)
        if not world.faults.take("revoke-ignored"):
            world.revoke(token)
        return jsonify(ok=True, revoked=True)

    @app.post("/services/<team>/<hook>/<secret>")
    def post(team: str, hook: str, secret: str) -> Response:
        url = f"https://hooks.slack.com/services/{team}/{hook}/{secret}"
        if not world.is_live(url):
            known = any(each.id == f"{team}/{hook}" for each in world.webhooks())
            return _text(404, "no_service") if known else _text(403, "invalid_token")
        if any(world.faults.take(f"probe-{error.replace('_', '-')}") for error in ERRORS):
            return _text(403, "")
        for name, (status, said, _) in REFUSALS.items():
            if world.faults.take(name):
                return _text(status, said)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return _text(400, "invalid_payload")
        return _text(200, "ok") if body.get("text") or body.get("blocks") else _text(400, "no_text")

    return app


def _token(world: FakeSlackProduct) -> SlackToken | str:
    """The token that asks, or Slack's word for why it may not."""
    value = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = next((token for token in world.tokens() if token.value == value), None)
    if found is None:
        return "invalid_auth" if value else "not_authed"
    return found if world.accepts(found) else "token_revoked"


def _error(error: str) -> Response:
    return jsonify(ok=False, error=error)


def _text(status: int, said: str) -> Response:
    return Response(said, status, mimetype="text/plain")


def _id(letter: str) -> str:
    return f"{letter}{_word(_LETTERS, 10)}"


def _word(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
