"""Asks the function that receives Stripe's events whether it believes a signing secret. Source: Stripe's page on
webhook signatures.

It is sent an event of a type that Stripe does not have, signed as Stripe signs: ``t=<seconds>,v1=<HMAC-SHA256 of
"t.body", in hex>``, keyed with the whole secret. Of the secret only that signature leaves us. A function answers 2xx to
events that it does not care about; Stripe's own samples answer 400 to a wrong signature.

A refusal alone proves nothing: the address may be wrong, or the function may refuse all that is no real event. So it
counts beside an event that was signed with the current secret and believed.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from bot.errors import ConfigurationError, OutsideError
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.hosts import is_loopback
from bot.net.http import Http, split_url
from bot.secrets.secret import Secret

OPTIONS = frozenset({"url", "refused", "api_version"})
SIGNATURE = "Stripe-Signature"
TYPE = "compromise.probe"
_SECRET = re.compile(r"whsec_[!-~]{8,200}")
_STATUS = re.compile(r"4\d\d")
_SAID_BY_OTHERS = ("404", "429")
"""What answers where no function does."""


@dataclass(frozen=True)
class Receiver:
    """The receiving function. `refused` is the status by which it refuses a wrong signature; `api_version` stands in
    the event, for Stripe's libraries that refuse events of another version than theirs.
    """

    http: Http
    path: str
    refused: int = 400
    api_version: str = ""

    @classmethod
    def configured(cls, system: str, options: Mapping[str, str], timeout: float) -> Self | None:
        """From the options `url`, `refused` and `api_version`; None without a `url`. `timeout` is in seconds.

        ConfigurationError unless the address is https, or http on loopback, without a password.
        """
        status = options.get("refused", "400")
        if not _STATUS.fullmatch(status) or status in _SAID_BY_OTHERS:
            raise ConfigurationError(f"{system}: the option 'refused' must be a status from 400 to 499, not 404 or 429")
        if not options.get("url"):
            return None
        base, path = _split(system, options["url"])
        return cls(Http(system, base, timeout=timeout), path, int(status), options.get("api_version", ""))

    def believes(self, secret: Secret) -> Answer:
        """LIVE: it took an event signed with `secret`. DEAD: it refused its signature. UNKNOWN: neither can be told."""
        if not _SECRET.fullmatch(secret.reveal()):
            return Answer(Liveness.UNKNOWN, "it is no signing secret (whsec_…), and nothing can be signed with it")
        body, now = self._event(), int(time.time())
        headers = {"Content-Type": "application/json", SIGNATURE: f"t={now},v1={_signature(secret, now, body)}"}
        try:
            reply = self.http.send(
                "POST", self.path, verb="ask the function", priority=Priority.VERIFY, headers=headers, body=body
            )
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, f"the function did not say: {failure.cause}")
        if 200 <= reply.status < 300:
            return Answer(Liveness.LIVE, f"the function believes an event signed with it, HTTP {reply.status}")
        if reply.status == self.refused:
            return Answer(Liveness.DEAD, f"the function refuses an event signed with it, HTTP {reply.status}")
        return Answer(Liveness.UNKNOWN, f"the function did not say: HTTP {reply.status}")

    def _event(self) -> bytes:
        """Each has an id of its own, as Stripe's have: a function may pass over what it has seen before."""
        event: dict[str, object] = {
            "id": f"evt_compromise_probe_{secrets.token_hex(8)}",
            "object": "event",
            "type": TYPE,
            "api_version": self.api_version or None,
            "created": int(time.time()),
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": {}},
        }
        return json.dumps(event, separators=(",", ":")).encode()


def _signature(secret: Secret, seconds: int, body: bytes) -> str:
    return hmac.new(secret.reveal().encode(), f"{seconds}.".encode() + body, "sha256").hexdigest()


def _split(system: str, url: str) -> tuple[str, str]:
    """The base URL, and the path with its query."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username or parts.password or parts.fragment or re.search(r"\s", url):
        raise ConfigurationError(f"{system}: the option 'url' must be an address without a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ConfigurationError(f"{system}: the option 'url' must begin with https:// (http:// on loopback only)")
    return split_url(url)
