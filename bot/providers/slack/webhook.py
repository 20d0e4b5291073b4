"""Addresses of Slack's incoming webhooks. Sources: Slack's page on incoming webhooks, and trufflehog's detector, which
recognises a working one without posting.

The whole address is the secret. No API lists, makes or deletes webhooks: people do, in the app's settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.model.keys import KeyRef
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import Card, Setup, unclear_if_it_fails
from bot.providers.slack.provider import NAME
from bot.secrets.secret import Credential

DEAD = frozenset({"invalid_token", "no_service", "no_active_hooks", "no_team"})
LIVE = frozenset({"invalid_payload", "no_text"})
"""Complaints about the message, which come only after the address was recognised."""
UNCLEAR = frozenset(
    {"channel_is_archived", "channel_not_found", "action_prohibited", "posting_to_general_channel_denied"}
)
_URL = re.compile(r"https://hooks\.slack\.com(/services/(T[A-Z0-9]{2,20})/(B[A-Z0-9]{2,20})/[A-Za-z0-9]{8,64})")


@dataclass(frozen=True)
class SlackWebhook:
    """The key id is ``T…/B…``: workspace and webhook, from the address."""

    card: ClassVar[Card] = load_card(__file__, "webhook")
    http: Http

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        return cls(setup.http("hooks"))

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Posts something that is no message: a working webhook rejects it with its own error, and nothing appears in
        Slack.

        Only Slack's own word means dead; another server may answer an empty 404.
        """
        url = _URL.fullmatch(credential.key.reveal())
        if url is None:
            return Answer(Liveness.UNKNOWN, "not the address of an incoming webhook")
        headers, form = {"Content-Type": "application/json"}, {"probe": "no JSON on purpose"}
        reply = self.http.send(
            "POST", url[1], verb="probe a webhook", priority=Priority.VERIFY, headers=headers, form=form
        )
        said = _said(reply.body)
        match reply.status:
            case 400 if said in LIVE:
                return Answer(Liveness.LIVE, f"HTTP 400 {said}")
            case 400 | 403 | 404 | 410 if said in DEAD:
                return Answer(Liveness.DEAD, f"HTTP {reply.status} {said}")
            case status:
                return Answer(Liveness.UNKNOWN, f"HTTP {status} {said}" if said in UNCLEAR else f"HTTP {status}")

    def account(self, credential: Credential) -> str | None:
        """The workspace, from the address."""
        url = _URL.fullmatch(credential.key.reveal())
        return url[2] if url else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        url = _URL.fullmatch(credential.key.reveal())
        return [KeyRef(f"{url[2]}/{url[3]}", hint=f"…/{url[2]}/{url[3]}/…")] if url else []


def _said(body: bytes) -> str:
    """The one word of Slack's answer. What is longer comes from someone else, such as a proxy."""
    return body[:64].decode("ascii", "replace").strip().lower().replace(" ", "_")
