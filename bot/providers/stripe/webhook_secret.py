"""Signing secrets of Stripe's webhook endpoints. Source: Stripe's OpenAPI file, webhook endpoints, and its page on
webhook signatures.

Stripe shows an endpoint's secret once, when the endpoint is made, and no API rolls it. So a new secret is a second
endpoint with the same address and events; events then arrive twice, signed with one secret each, until the old endpoint
is deleted. Which endpoint a secret belongs to no API tells, so the secret is kept as a pair with its endpoint's id.

Deleting the old endpoint before there is another would lose events and stop no forgery, so it waits for the new one.

A leaked signing secret lets somebody forge events to *our* function, and it is that function which has to stop
believing it: that the endpoint is gone proves only that Stripe signs with it no more. So once it is, the function is
asked itself, with a harmless event signed with the old secret (`event.py`). It is DEAD when the function refuses
that, and the refusal counts beside an event signed with the new secret that the same function believes.

One container answers for all: those that held the old secret are replaced when the function is refreshed. Where no such
event may be sent, the option ``probe: "off"`` leaves it UNKNOWN, and a person attests it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self
from urllib.parse import quote

from msgspec import Struct, field

from bot.errors import ConfigurationError, Refused, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http, Reply
from bot.providers.cards import load_card
from bot.providers.contract import (
    SNAPSHOT_SECONDS,
    Card,
    Held,
    Issued,
    Setup,
    UnixSeconds,
    demand_captured,
    demand_made,
    unclear_if_it_fails,
    utc,
)
from bot.providers.stripe.event import OPTIONS, Receiver
from bot.providers.stripe.provider import NAME, Failure
from bot.secrets.secret import Credential, Secret

ENDPOINT, SECRET = "endpoint", "secret"
PROBE = "probe"
MADE_FOR = "compromise_bot"
"""The metadata key under which an endpoint bears the name that the bot gave it."""
PAGE = 100
MOST_PAGES = 20
_ID = re.compile(r"we_[A-Za-z0-9]{6,64}")
_URL = re.compile(r"https://[^\s]{3,2000}")


class _Endpoint(Struct):
    id: str
    url: str
    status: str
    enabled_events: list[str]
    created: UnixSeconds
    livemode: bool
    api_version: str | None = None
    application: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    secret: str | None = None


class _Endpoints(Struct):
    data: list[_Endpoint]
    has_more: bool = False


@dataclass(frozen=True)
class StripeWebhook:
    """The key id is the endpoint's. `admin` gives a key that may read and write webhook endpoints."""

    card: ClassVar[Card] = load_card(__file__, "webhook-secret")
    http: Http
    admin: Callable[[], Secret]
    url: str
    receiver: Receiver | None
    """None where the function is not to be asked."""

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `url` is the address of the receiving function, `refused` the status (400) by which it refuses a
        wrong signature, `api_version` the version of events that it insists on, `probe` whether it is asked (on, off).
        """
        setup.check_options(NAME, {PROBE, *OPTIONS})
        asked = setup.options.get(PROBE, "on")
        if asked not in {"on", "off"}:
            raise ConfigurationError(f"{NAME}: the option {PROBE!r} must be 'on' or 'off'")
        api = setup.http("api")
        receiver = Receiver.configured(NAME, setup.options, api.timeout)
        url = setup.options.get("url", "")
        return cls(api, setup.admin_for(NAME), url, receiver if asked == "on" else None)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """LIVE while its endpoint is enabled, so that Stripe signs with it; after that, what the function says."""
        found = self._find(_endpoint_of(credential), "probe an endpoint", Priority.VERIFY)
        if found is not None and found.status == "enabled":
            return Answer(Liveness.LIVE, "HTTP 200, its endpoint is enabled")
        if found is not None and found.status != "disabled":
            return Answer(Liveness.UNKNOWN, "its endpoint is neither enabled nor disabled")
        seen = "Stripe signs with it no more" if found is None else "its endpoint is disabled"
        said = self._believed(credential)
        return Answer(said.liveness, f"{seen}; {said.detail}")

    def control_with(self, current: Credential) -> Answer:
        """Whether the function believes an event signed with `current`. That its endpoint is enabled counts for nothing
        here: it says nothing of the way to the function.
        """
        return self._believed(current)

    @unclear_if_it_fails
    def control(self) -> Answer:
        self._ask("GET", "/v1/webhook_endpoints?limit=1", "list endpoints", Priority.VERIFY).parse(_Endpoints)
        return Answer(Liveness.LIVE, "the admin key was accepted")

    def account(self, credential: Credential) -> str | None:
        """Mode and address of its endpoint, which our account holds; None if it does not."""
        found = self._find(_endpoint_of(credential), "read an endpoint")
        return _account(found) if found else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The endpoint that is stored beside the secret, if our account has it."""
        if not credential.key.reveal().startswith("whsec_"):
            return []
        found = self._find(_endpoint_of(credential), "read an endpoint")
        return [_key_id(found)] if found else []

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        verb, quick = f"read endpoint {key_id}", replace(self, http=self.http.with_timeout(SNAPSHOT_SECONDS))
        if _endpoint_of(credential) != key_id:
            raise Refused(NAME, verb, "another endpoint is stored beside the secret")
        found = quick._find(key_id, verb)  # noqa: SLF001 - of the same class
        if found is None:
            raise Refused(NAME, verb, "it is gone")
        facts = {"url": found.url, "status": found.status, "connected account's application": found.application or ""}
        facts |= {"api version": found.api_version or "", "description": found.description or ""}
        return Snapshot(account=_account(found), scopes=tuple(sorted(found.enabled_events)), facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes an endpoint like the old one. Not for Connect: what would have to be asked for then no answer shows."""
        verb, url = f"make endpoint {name}", like.facts.get("url") or self.url
        if not _URL.fullmatch(url):
            raise Refused(NAME, verb, "the address is unknown: name it in the catalog, as the option url")
        if not like.scopes:
            raise Refused(NAME, verb, "the old endpoint's events are unknown")
        if like.facts.get("connected account's application"):
            raise Refused(NAME, verb, "the old endpoint belongs to a Connect application: a person has to make one")
        form = {"url": url, f"metadata[{MADE_FOR}]": name}
        form |= {f"enabled_events[{index}]": event for index, event in enumerate(like.scopes)}
        kept = {"api_version": "api version", "description": "description"}
        form |= {field: like.facts[fact] for field, fact in kept.items() if like.facts.get(fact)}
        made = self._ask("POST", "/v1/webhook_endpoints", verb, Priority.PUT, form).parse(_Endpoint)
        if not made.secret or not _ID.fullmatch(made.id):
            raise Unexpected(NAME, verb, "the answer shows no secret, or no id of an endpoint")
        return Issued(made.id, Credential({ENDPOINT: Secret(made.id), SECRET: Secret(made.secret)}, SECRET))

    def issued(self, prefix: str) -> list[KeyRef]:
        return [_key_id(found) for found in self._listed() if found.metadata.get(MADE_FOR, "").startswith(prefix)]

    def revoke(self, held: Held) -> None:
        """Deletes the endpoint: Stripe then signs with this secret no more. One whose secret was lost is only deleted
        under a name that the bot gives.
        """
        verb = f"delete endpoint {held.key_id}"
        if held.credential.key and _endpoint_of(held.credential) != held.key_id:
            raise Refused(NAME, verb, "another endpoint is stored beside the secret")
        if held.replacement is not None and _endpoint_of(held.replacement) == held.key_id:
            raise Refused(NAME, verb, "it is the endpoint of the new secret")
        found = self._find(held.key_id, verb, Priority.REVOKE)
        if found is None:
            return
        if not held.credential.key:
            demand_made(NAME, verb, found.metadata.get(MADE_FOR, ""))
        reply = self._send("DELETE", f"/v1/webhook_endpoints/{held.key_id}", verb, Priority.REVOKE)
        if not _is_gone(reply):
            reply.expect(200)

    def _believed(self, credential: Credential) -> Answer:
        if self.receiver is None:
            return Answer(Liveness.UNKNOWN, "whether our function believes it is not shown")
        return self.receiver.believes(credential.key)

    def _find(self, endpoint: str, verb: str, priority: Priority = Priority.READ) -> _Endpoint | None:
        if not _ID.fullmatch(endpoint):
            raise Refused(NAME, verb, "no id of a webhook endpoint (we_…) is stored beside the secret")
        reply = self._send("GET", f"/v1/webhook_endpoints/{endpoint}", verb, priority)
        if _is_gone(reply):
            return None
        found = reply.expect(200).parse(_Endpoint)
        demand_captured(NAME, verb, endpoint, found.id)
        return found

    def _listed(self) -> Iterator[_Endpoint]:
        after = ""
        for _ in range(MOST_PAGES):
            path = f"/v1/webhook_endpoints?limit={PAGE}{after}"
            page = self._ask("GET", path, "list endpoints", Priority.READ).parse(_Endpoints)
            yield from page.data
            if not (page.has_more and page.data):
                return
            after = f"&starting_after={quote(page.data[-1].id, safe='')}"
        raise Unexpected(NAME, "list endpoints", "more of them than an account can have")

    def _ask(self, method: str, path: str, verb: str, priority: Priority, form: dict[str, str] | None = None) -> Reply:
        return self._send(method, path, verb, priority, form).expect(200)

    def _send(self, method: str, path: str, verb: str, priority: Priority, form: dict[str, str] | None = None) -> Reply:
        return self.http.send(method, path, verb=verb, priority=priority, bearer=self.admin(), form=form)


def _endpoint_of(credential: Credential) -> str:
    stored = credential.parts.get(ENDPOINT)
    return stored.reveal() if stored is not None else ""


def _is_gone(reply: Reply) -> bool:
    """A 404 of Stripe's own, not one of something in between."""
    return reply.status == 404 and reply.parse(Failure).error.code == "resource_missing"


def _account(found: _Endpoint) -> str:
    return f"{'live' if found.livemode else 'test'} {found.url}"


def _key_id(found: _Endpoint) -> KeyRef:
    name = found.metadata.get(MADE_FOR) or found.description or ""
    return KeyRef(found.id, name, found.url, utc(found.created))
