"""Bot tokens of an app with token rotation on. Source: Slack's page on token rotation, and its Web API specification.

An access token lives twelve hours. Its refresh token gives the next pair once, and again for a short grace period if
that answer was lost; the old access token stays valid. `auth.revoke` then ends single tokens of either sort and leaves
the installation as it is. Of more than two living access tokens Slack ends the oldest.

Both tokens stand in one parameter, a JSON object: two parameters could not be written at once, and a product that found
the new one of one pair beside the old one of the other would be locked out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import msgspec
from msgspec import Struct

from bot.decoding import decode
from bot.errors import Refused, Throttled, Unauthorized, Unexpected
from bot.model.keys import KeyRef
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import Card, Issued, Setup
from bot.providers.slack.provider import NAME, SlackToken, hint_of
from bot.secrets.secret import Credential, Secret

OURS = frozenset({"bad_client_secret", "invalid_client_id"})
"""What Slack answers where the client id or secret is wrong."""
RAN_OUT = Answer(Liveness.DEAD, "HTTP 200 token_expired")
"""What is found of every access token after its twelve hours, whoever has its refresh token."""


class _Pair(Struct):
    """What the parameter holds. Other fields are the product's."""

    access_token: str
    refresh_token: str


class _Renewed(Struct):
    ok: bool
    error: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = 0


@dataclass(frozen=True)
class SlackRotatingToken:
    """Proves the access token dead. Whether a refresh token still works cannot be asked without using it up: it is used
    up by the bot, or else revoked as Slack's answer says. So an access token that ran out by itself proves nothing of
    its pair, which may go on making others.
    """

    card: ClassVar[Card] = load_card(__file__, "rotating-token")
    tokens: SlackToken
    http: Http
    client_id: str
    client_secret: Callable[[], Secret]

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, {"client_id"}, {"client_id"})
        secret, http = setup.admin_for(NAME), setup.http("api")
        return cls(SlackToken(http, secret, setup.runs_on), http, setup.options["client_id"], secret)

    def probe(self, credential: Credential) -> Answer:
        answer = self.tokens.probe(_access(credential))
        if answer == RAN_OUT and _pair(credential) is not None:
            return Answer(Liveness.UNKNOWN, f"{answer.detail}, which says nothing of its refresh token")
        return answer

    def account(self, credential: Credential) -> str | None:
        return self.tokens.account(_access(credential))

    def identify(self, credential: Credential) -> list[KeyRef]:
        return self.tokens.identify(_access(credential))

    def renew(self, old: Credential) -> Issued:
        verb = "get the next pair of tokens"
        pair = _pair(old)
        if pair is None:
            raise Refused(NAME, verb, "the parameter holds no JSON object with access_token and refresh_token")
        form: Mapping[str, str | Secret] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret(),
            "grant_type": "refresh_token",
            "refresh_token": Secret(pair.refresh_token),
        }
        reply = self.http.send("POST", "/oauth.v2.access", verb=verb, priority=Priority.PUT, form=form)
        match reply.expect(200).parse(_Renewed):
            case _Renewed(ok=True) as made if made.access_token and made.refresh_token:
                return Issued(hint_of(Secret(made.access_token)), Credential.single(_next(old, made)))
            case _Renewed(error="invalid_refresh_token"):
                raise Refused(NAME, verb, "the refresh token has been used before: a person has to bring the next pair")
            case _Renewed(error="ratelimited"):
                raise Throttled(NAME, verb, "HTTP 200 ratelimited")
            case _Renewed(error=error) if error in OURS:
                raise Unauthorized(NAME, verb, f"HTTP 200 {error}")
            case _:
                raise Unexpected(NAME, verb, "the answer holds no pair of tokens")

    def revoke_itself(self, credential: Credential) -> None:
        """Ends both: the refresh token first, since it makes more. An access token may have leaked alone."""
        pair = _pair(credential)
        if pair is not None:
            self.tokens.revoke_itself(Credential.single(Secret(pair.refresh_token)))
        self.tokens.revoke_itself(_access(credential))


def _access(credential: Credential) -> Credential:
    """The access token: of a pair, or alone, which is what may have leaked."""
    return Credential.single(credential.key.secret_part)


def _pair(credential: Credential) -> _Pair | None:
    try:
        return decode(credential.key.reveal(), _Pair)
    except msgspec.DecodeError:
        return None


def _next(old: Credential, made: _Renewed) -> Secret:
    """What the parameter is to hold: the product's own fields stay, those of the times are brought up to date."""
    held: dict[str, Any] = json.loads(old.key.reveal())
    held |= {"access_token": made.access_token, "refresh_token": made.refresh_token}
    if "expires_in" in held:
        held["expires_in"] = made.expires_in
    if "expires_at" in held:
        held["expires_at"] = int(time.time()) + made.expires_in
    return Secret(json.dumps(held))
