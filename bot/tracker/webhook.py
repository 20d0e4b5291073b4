"""The tracker as a signed webhook. `docs/tracker.md` describes it to whoever receives it.

The signature is HMAC-SHA256 over ``TIMESTAMP.BODY`` , the form that Stripe and Slack have made usual (docs.stripe.com,
webhooks, verify manually; docs.slack.dev, verifying requests): nobody can change a body, or send an old one again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.net.hosts import is_loopback
from bot.net.http import Http, split_url
from bot.secrets.secret import Secret
from bot.tracker.contract import TaskTold

SYSTEM = "tracker"
TIMESTAMP, SIGNATURE, KEY = "Compromise-Timestamp", "Compromise-Signature", "Idempotency-Key"
FINE = (200, 201, 202, 204)


class Webhook:
    """`url` is https, or loopback outside production (ConfigurationError). No redirect is followed: no answer leads the
    bot to another host. `timeout` is in seconds.
    """

    def __init__(
        self, url: str, secret: Secret, clock: Callable[[], datetime], *, production: bool, timeout: float = 10.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and (production or not is_loopback(parts.hostname or "")):
            raise ConfigurationError("BOT_TRACKER_URL: expected an https:// address")
        base, self._path = split_url(url)
        self._http = Http(SYSTEM, base, timeout=timeout)
        self._secret = secret
        self._clock = clock

    def tell(self, told: TaskTold) -> None:
        body = json.dumps(document(told), sort_keys=True, separators=(",", ":")).encode()
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: f"v1={signature(self._secret, timestamp, body)}",
            KEY: told.key,
        }
        verb = f"tell of task {told.task}"
        self._http.send("POST", self._path, verb=verb, headers=headers, body=body).expect(*FINE)


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over the timestamp, a dot, and the body as it is sent."""
    return hmac.new(secret.reveal().encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def document(told: TaskTold) -> dict[str, object]:
    """The body. Times are ISO 8601 in UTC; null: none."""
    return {
        "version": 1,
        "key": told.key,
        "event": f"task.{told.change}",
        "at": told.at.isoformat(),
        "incident": told.incident,
        "task": {
            "id": told.task,
            "title": told.title,
            "owner": told.owner or None,
            "due": told.due.isoformat() if told.due is not None else None,
            "step": told.step or None,
            "reason": told.reason or None,
        },
    }
