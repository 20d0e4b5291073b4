"""Integration keys of PagerDuty's Events API v2. Sources: the Events API v2, and the sources in `account.py`.

A key belongs to an integration of a service; a new one is a new integration beside the old. Alerts of both reach the
service, and either can resolve an alert only under its own dedup key. Keys of event orchestrations (they begin with R)
are not found here: a person replaces them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Self

from msgspec import Struct, field

from bot.errors import Refused, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import (
    GLOBAL,
    REGION,
    SNAPSHOT_SECONDS,
    Card,
    Held,
    Issued,
    Setup,
    demand_made,
    unclear_if_it_fails,
)
from bot.providers.pagerduty.account import EVENTS_V2, NAME, REGIONS, Account, Integration, integration_path
from bot.secrets.secret import Credential, Secret

INVALID = ["Invalid routing key"]
CONTROLS = 3
"""The most other keys that are tried as a comparison key."""
_VALUE = re.compile(r"[A-Za-z0-9]{32}")
_SERVICE = re.compile(r"[A-Z0-9]{1,32}")


class _Event(Struct):
    status: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PagerDuty:
    """Key ids are ``SERVICE/INTEGRATION``."""

    card: ClassVar[Card] = load_card(__file__)
    events: Http
    account_api: Account
    service: str
    runs_on: tuple[Secret, ...]

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `service` is where the key is looked for first, and where a new one is made if in doubt; `region`
        (us, eu) is the account's service region.
        """
        setup.check_options(NAME, {"service", REGION})
        http, region = setup.in_region(NAME, REGIONS), setup.options.get(REGION, GLOBAL)
        account = Account(http("api"), setup.admin_for(NAME), europe=region == "eu")
        return cls(http("events"), account, setup.options.get("service", ""), setup.runs_on)

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Resolves an alert that does not exist: accepted, and nothing happens."""
        if not _VALUE.fullmatch(credential.key.reveal()):
            return Answer(Liveness.UNKNOWN, "not an integration key, which has 32 letters and digits")
        return self._probe(credential.key)

    def _probe(self, key: Secret) -> Answer:
        event = {"routing_key": key.reveal(), "event_action": "resolve", "dedup_key": f"probe-{secrets.token_hex(16)}"}
        reply = self.events.send("POST", "/v2/enqueue", verb="probe a key", priority=Priority.VERIFY, json_body=event)
        found = reply.parse(_Event)
        match reply.status:
            case 202 if found.status == "success":
                return Answer(Liveness.LIVE, "HTTP 202")
            case 400 if found.errors == INVALID:
                return Answer(Liveness.DEAD, "HTTP 400, invalid routing key")
            case 400:
                return Answer(Liveness.UNKNOWN, "HTTP 400, but not for an invalid routing key")
            case status:
                return Answer(Liveness.UNKNOWN, f"HTTP {status}")

    @unclear_if_it_fails
    def control(self) -> Answer:
        """Sends the same event with other keys of the account, which the admin key lists."""
        others = (found.key for found in self.account_api.integrations(self.service) if _is_ours(found))
        answers = [self._probe(key) for key in islice(others, CONTROLS)]
        alive = [answer for answer in answers if answer.liveness is Liveness.LIVE]
        if not alive:
            return Answer(Liveness.UNKNOWN, f"none of {len(answers)} other keys of the account was accepted")
        return Answer(Liveness.LIVE, f"another key of the account: {alive[0].detail}")

    def account(self, credential: Credential) -> str | None:
        """The id of the service that the key belongs to; None if this account does not hold it."""
        found = self._find(credential.key)
        return found.service if found else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The integration with exactly this key, by looking through all services: no API looks a key up."""
        found = self._find(credential.key)
        return [_key_id(found)] if found else []

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        verb = f"read integration {key_id}"
        account = replace(self.account_api, http=self.account_api.http.with_timeout(SNAPSHOT_SECONDS))
        found = account.integration(key_id, verb)
        if found is None:
            raise Refused(NAME, verb, "it is gone")
        if found.key and found.key != credential.key:
            raise Refused(NAME, verb, "the integration of this id has another key than that one")
        facts = {"integration": found.name, "type": found.type, "last use": "not shown by PagerDuty"}
        if found.created_at:
            facts["created at"] = found.created_at.isoformat()
        return Snapshot(account=found.service, facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes an integration on the service of the old key."""
        verb, service = f"make integration {name}", like.account or self.service
        if not _SERVICE.fullmatch(service):
            raise Refused(NAME, verb, "the service is unknown: name it in the catalog, as the option service")
        made = self.account_api.create(service, name, verb)
        if not made.key:
            raise Unexpected(NAME, verb, "the answer shows no key")
        return Issued(made.key_id, Credential.single(made.key))

    def issued(self, prefix: str) -> list[KeyRef]:
        return [_key_id(found) for found in self.account_api.integrations() if found.name.startswith(prefix)]

    def revoke(self, held: Held) -> None:
        """Deletes the integration. The published specification has no such call, so it is checked whether it worked."""
        verb, key = f"delete integration {held.key_id}", held.credential.key
        found = self.account_api.integration(held.key_id, verb, Priority.REVOKE)
        if found is None:
            return
        if found.key in self.runs_on or key in self.runs_on:
            raise Refused(NAME, verb, "this is the key with which the bot itself pages people")
        if key and found.key and found.key != key:
            raise Refused(NAME, verb, "the integration of this id is no longer the recorded one")
        if not key:
            demand_made(NAME, verb, found.name)
        reply = self.account_api.ask("DELETE", integration_path(held.key_id), verb, Priority.REVOKE)
        if reply.status not in {404, 405}:
            reply.expect(200, 204)
        elif self.account_api.integration(held.key_id, verb, Priority.REVOKE) is not None:
            raise Refused(NAME, verb, f"HTTP {reply.status}: a person has to delete it in the service directory")

    def _find(self, key: Secret) -> Integration | None:
        if not _VALUE.fullmatch(key.reveal()):
            return None
        return next((found for found in self.account_api.integrations(self.service) if found.key == key), None)


def _is_ours(found: Integration) -> bool:
    """Whether it takes events of version 2, by the only key that will do as a control."""
    return found.type == EVENTS_V2 and bool(_VALUE.fullmatch(found.key.reveal()))


def _key_id(found: Integration) -> KeyRef:
    hint = f"…{found.key.reveal()[-4:]}" if found.key else ""
    return KeyRef(found.key_id, found.name, f"{found.service_name or found.service} {hint}".strip(), found.created_at)
