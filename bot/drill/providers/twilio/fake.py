"""A fake for Twilio: accounts with their primary and secondary auth tokens, and a list of their API keys.

Paths, statuses and bodies are those of Twilio's OpenAPI files (api v2010, iam v1, accounts v1), served at one address.
A revoked token is accepted for another `propagation` seconds. API keys are made by people (`add_key`).
"""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.providers.twilio.records import FakeRecords, add_records

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "promote", "revoke", "list", "probe")
SPECIAL = {
    "account-suspended": "everything that is asked about an account is answered 401, code 20003",
    "probe-token-hidden": "an account is shown without its primary token",
    "promote-other": "another secondary token has taken the place of the one that is to be promoted",
    "revoke-ignored": "promoting and deleting answer success, but what they should revoke still works",
}
UNKNOWN, NOT_FOUND = 20003, 20404
ALPHABET = string.ascii_letters + string.digits


@dataclass
class TwilioKey(KeyRecord):
    """An API key, by its SID, or an auth token, whose id is that of its account."""

    account: str = ""
    kind: str = "standard"
    """standard, main or token."""

    @property
    def manages(self) -> bool:
        return self.kind in {"main", "token"}


@dataclass
class TwilioAccount:
    sid: str
    owner: str
    primary: TwilioKey
    secondary: TwilioKey | None = None


class FakeTwilio(KeyBook[TwilioKey]):
    """`clock` gives Unix seconds. Serve `application`."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.accounts: dict[str, TwilioAccount] = {}
        self._keys: list[TwilioKey] = []
        self._lock = threading.RLock()
        self.records = FakeRecords(clock)
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_account(self, owner: str = "", sid: str = "") -> TwilioAccount:
        sid = sid or f"AC{secrets.token_hex(16)}"
        account = TwilioAccount(sid, owner or sid, self._token(sid, "primary"))
        with self._lock:
            self.accounts[sid] = account
        return account

    def add_key(self, account: str, name: str = "app", kind: str = "standard") -> TwilioKey:
        """What a person does in the console."""
        value = "".join(secrets.choice(ALPHABET) for _ in range(32))
        key = TwilioKey(f"SK{secrets.token_hex(16)}", name, value, self.clock(), account=account)
        key.kind = kind
        with self._lock:
            self._keys.append(key)
        return key

    def add_secondary(self, account: TwilioAccount, name: str = "secondary") -> TwilioKey:
        """Makes a new secondary token; an existing one is revoked."""
        with self._lock:
            self.delete_secondary(account)
            account.secondary = self._token(account.sid, name)
            return account.secondary

    def delete_secondary(self, account: TwilioAccount) -> None:
        with self._lock:
            if account.secondary is not None:
                self.end(account.secondary)
                account.secondary = None

    def promote(self, account: TwilioAccount) -> None:
        """The secondary becomes the primary, and the old primary ends."""
        with self._lock:
            if account.secondary is not None:
                self.end(account.primary)
                account.primary, account.secondary = account.secondary, None

    def end(self, key: TwilioKey) -> None:
        key.revoked_at = key.revoked_at or self.clock()

    def by_pair(self, sid: str, value: str) -> TwilioKey | None:
        return next((key for key in self.live_keys() if (key.id, key.value) == (sid, value)), None)

    def listed(self, account: str) -> list[TwilioKey]:
        keys = self.all_keys()
        return [key for key in keys if key.account == account and key.kind != "token" and key.revoked_at is None]

    def _token(self, account: str, name: str) -> TwilioKey:
        token = TwilioKey(account, name, secrets.token_hex(16), self.clock(), account=account, kind="token")
        with self._lock:
            self._keys.append(token)
        return token


def operation_of(environ: WSGIEnvironment) -> str:
    match environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""):
        case "POST", "/v1/AuthTokens/Promote":
            return "promote"
        case _, path if path == "/v1/Events" or path.endswith(("/Messages.json", "/Daily.json")):
            return "use"
        case "POST", _:
            return "create"
        case "DELETE", _:
            return "revoke"
        case _, "/v1/Keys":
            return "list"
        case _:
            return "probe"


def _routes(world: FakeTwilio) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))

    @app.before_request
    def authenticate() -> tuple[Response, int] | None:
        if request.path.startswith("/_fake/"):
            return None
        caller = _caller(world)
        if caller is None or world.faults.take("account-suspended"):
            return _error(401, UNKNOWN, "Authenticate")
        if not caller.manages:
            return _error(401, UNKNOWN, "Authenticate")
        return None

    @app.get("/2010-04-01/Accounts/<sid>.json")
    def account(sid: str) -> tuple[Response, int]:
        caller, found = _caller(world), world.accounts.get(sid)
        if caller is None or found is None or caller.account not in {sid, found.owner}:
            return _error(401, UNKNOWN, "Authenticate")
        shown = None if world.faults.take("probe-token-hidden") else found.primary.value
        made = _date(found.primary.created_at)
        kind = {"status": "active", "type": "Full", "friendly_name": "Practice"}
        dates = {"date_created": made, "date_updated": made}
        return jsonify(sid=sid, owner_account_sid=found.owner, auth_token=shown, **kind, **dates), 200

    _add_keys(app, world)
    _add_tokens(app, world)

    def account_of_caller() -> str:
        caller = _caller(world)
        return caller.account if caller is not None else ""

    add_records(app, world.records, account_of_caller)
    return app


def _add_keys(app: Flask, world: FakeTwilio) -> None:
    @app.get("/v1/Keys")
    def keys() -> tuple[Response, int]:
        account, size = request.args["AccountSid"], int(request.args.get("PageSize", 50))
        page, listed = int(request.args.get("Page", 0)), world.listed(account)
        query = f"AccountSid={account}&PageSize={size}&Page={page + 1}"
        following = f"https://iam.twilio.com/v1/Keys?{query}" if len(listed) > (page + 1) * size else None
        shown = [_shown(key) for key in listed[page * size : (page + 1) * size]]
        return jsonify(keys=shown, meta={"key": "keys", "page": page, "next_page_url": following}), 200


def _add_tokens(app: Flask, world: FakeTwilio) -> None:
    def own() -> TwilioAccount:
        caller = _caller(world)
        assert caller is not None
        return world.accounts[caller.account]

    def answer(account: TwilioAccount, **values: str) -> Response:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(world.clock()))
        url = f"https://accounts.twilio.com{request.path}"
        return jsonify(account_sid=account.sid, date_created=now, date_updated=now, url=url, **values)

    @app.post("/v1/AuthTokens/Secondary")
    def create_secondary() -> tuple[Response, int]:
        account = own()
        return answer(account, secondary_auth_token=world.add_secondary(account).value), 201

    @app.delete("/v1/AuthTokens/Secondary")
    def delete_secondary() -> tuple[Response, int] | tuple[str, int]:
        account = own()
        if account.secondary is None:
            return _error(404, NOT_FOUND, "Not found")
        if not world.faults.take("revoke-ignored"):
            world.delete_secondary(account)
        return "", 204

    @app.post("/v1/AuthTokens/Promote")
    def promote() -> tuple[Response, int]:
        account = own()
        if world.faults.take("promote-other"):
            world.add_secondary(account)
        if account.secondary is None:
            return _error(404, NOT_FOUND, "Not found")
        promoted = account.secondary.value
        if not world.faults.take("revoke-ignored"):
            world.promote(account)
        return answer(account, auth_token=promoted), 200


def _caller(world: FakeTwilio) -> TwilioKey | None:
    given = request.authorization
    if given is None or given.username is None or given.password is None:
        return None
    return world.by_pair(given.username, given.password)


def _shown(key: TwilioKey) -> dict[str, str]:
    made = _date(key.created_at)
    return {"sid": key.id, "friendly_name": key.name, "date_created": made, "date_updated": made}


def _date(seconds: float) -> str:
    return formatdate(seconds).replace("-0000", "+0000")


def _error(status: int, code: int, message: str) -> tuple[Response, int]:
    return jsonify(
        code=code, message=message, more_info=f"https://www.twilio.com/docs/errors/{code}", status=status
    ), status
