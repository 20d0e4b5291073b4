"""Signed requests to the bot, as Slack sends them, and what comes back.

Source: docs.slack.dev, authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from bot.drill.fakes.slack.records import Json

ACKNOWLEDGE_SECONDS = 3.0
PATIENCE_SECONDS = 15.0
FORM = "application/x-www-form-urlencoded"


class ProtocolError(Exception):
    """The bot answered what Slack would not accept; a person would see Slack's own error message."""


@dataclass(frozen=True)
class SentRequest:
    body: str
    content_type: str


@dataclass(frozen=True)
class Response:
    """What the bot answered, and after how many seconds."""

    status: int
    body: str
    seconds: float

    @property
    def late(self) -> bool:
        """Slack gives up after three seconds and shows the person a failure."""
        return self.seconds > ACKNOWLEDGE_SECONDS

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.late

    def json(self) -> Json:
        """The body as a JSON object; empty for an empty or other body."""
        try:
            found: Any = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def errors(self) -> dict[str, str]:
        """block_id -> message, where a form was refused."""
        answer = self.json()
        return dict(answer["errors"]) if answer.get("response_action") == "errors" else {}


@dataclass
class Delivery:
    """The way to the bot at `bot_url`. `acknowledged` are the seconds that each request took, in order of sending."""

    bot_url: str
    signing_secret: str = field(repr=False)
    acknowledged: list[float] = field(default_factory=list)
    last: SentRequest | None = field(default=None, repr=False)

    def send(
        self, sent: SentRequest, *, signing_secret: str | None = None, age: float = 0.0,
        headers: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """Signs and sends. Another `signing_secret` forges the signature, `age` seconds make it an old one."""
        at = str(int(time.time() - age))
        secret = self.signing_secret if signing_secret is None else signing_secret
        signature = hmac.new(secret.encode(), f"v0:{at}:{sent.body}".encode(), hashlib.sha256).hexdigest()
        signed = {
            "Content-Type": sent.content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}",
        }  # fmt: skip
        self.last = sent
        began = time.perf_counter()
        with direct_session() as session:
            answer = session.post(f"{self.bot_url.rstrip('/')}/slack/events", data=sent.body.encode(),
                                  headers=signed | dict(headers or {}), timeout=PATIENCE_SECONDS,
                                  allow_redirects=False)  # fmt: skip
        seconds = time.perf_counter() - began
        self.acknowledged.append(seconds)
        return Response(answer.status_code, answer.text, seconds)

    def redeliver(self, sent: SentRequest | None = None, number: int = 1) -> Response:
        """Sends the last request (or `sent`) again, as Slack does without an answer."""
        again = sent or self.last
        if again is None:
            raise LookupError("nothing was sent yet")
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        return self.send(again, headers=headers)


def direct_session() -> requests.Session:
    """A session that no proxy setting of the environment can lead off loopback."""
    session = requests.Session()
    session.trust_env = False
    return session
