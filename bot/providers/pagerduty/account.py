"""An account at PagerDuty by its REST API: services with their integrations. Asked with a REST key.

Sources: PagerDuty's REST API v2, and go-pagerduty for what the published specification leaves out: that an integration
is shown with its key, and that it can be deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from msgspec import Struct, field

from bot.errors import Refused, Unexpected
from bot.model.priority import Priority
from bot.net.http import Content, Http, Reply
from bot.providers.contract import AnyTime, demand_captured, in_path
from bot.secrets.secret import Secret

NAME = "pagerduty"
EVENTS_V2 = "events_api_v2_inbound_integration"
AMERICAN, EUROPEAN = "pdus+", "pdeu+"
REGIONS: Mapping[str, Mapping[str, str]] = {"us": {}, "eu": {"api": "euapi", "events": "euevents"}}
"""The service regions. In the wrong one a key looks unknown. Source: PagerDuty's page on service regions."""
ACCEPT = "application/vnd.pagerduty+json;version=2"
PAGE = 25
"""Services in one answer, which with all their integrations has to stay below a megabyte."""
MOST_PAGES = 400
"""PagerDuty lists no more than 10,000 objects by offset."""
_ID = re.compile(r"([A-Z0-9]{1,32})/([A-Z0-9]{1,32})")


class _Integration(Struct):
    id: str
    type: str = ""
    name: str | None = None
    summary: str | None = None
    integration_key: str | None = None
    created_at: AnyTime | None = None


class _Service(Struct):
    id: str
    name: str = ""
    integrations: list[_Integration] = field(default_factory=list)


class _OneIntegration(Struct):
    integration: _Integration


class _OneService(Struct):
    service: _Service


class _Services(Struct):
    services: list[_Service]
    more: bool = False


@dataclass(frozen=True)
class Integration:
    """An integration of a service. `key` is empty where PagerDuty shows none."""

    service: str
    service_name: str
    id: str
    type: str
    name: str
    key: Secret
    created_at: datetime | None

    @property
    def key_id(self) -> str:
        """``SERVICE/INTEGRATION``: PagerDuty reads and deletes integrations by service."""
        return f"{self.service}/{self.id}"


@dataclass(frozen=True)
class Account:
    """`admin` gives a REST key of the account; `europe` tells whether `http` is bound to the European service region.

    Errors of every method: the OutsideError family.
    """

    http: Http
    admin: Callable[[], Secret]
    europe: bool = False

    def ask(
        self, method: str, path: str, verb: str, priority: Priority = Priority.READ, **content: Unpack[Content]
    ) -> Reply:
        key = self.admin()
        europe = region_of(key)
        if europe is not None and europe is not self.europe:
            home = "eu" if europe else "us"
            raise Refused(NAME, verb, f"the admin key is of the service region {home}: name it as the option region")
        return self.http.send(method, path, verb=verb, priority=priority, headers=rest_headers(key), **content)

    def integrations(self, first: str = "") -> Iterator[Integration]:
        """All integrations of the account, the ones of the service `first` first; page by page on demand."""
        if first:
            path, verb = f"/services/{in_path(NAME, 'read a service', first)}", "read a service"
            reply = self.ask("GET", path, verb, query={"include[]": "integrations"})
            if reply.status != 404:
                yield from self._of(reply.expect(200).parse(_OneService).service)
        for page in range(MOST_PAGES):
            query: dict[str, str | int] = {"include[]": "integrations", "limit": PAGE, "offset": page * PAGE}
            found = self.ask("GET", "/services", "list services", query=query).expect(200).parse(_Services)
            for service in found.services:
                if service.id != first:
                    yield from self._of(service)
            if not found.more:
                return
        raise Unexpected(NAME, "list services", "more of them than can be listed")

    def integration(self, key_id: str, verb: str, priority: Priority = Priority.READ) -> Integration | None:
        """One integration, None if it is gone. Refused if the answer is about another one."""
        service, _ = split_id(key_id)
        reply = self.ask("GET", integration_path(key_id), verb, priority)
        if reply.status == 404:
            return None
        found = _known(service, "", reply.expect(200).parse(_OneIntegration).integration)
        demand_captured(NAME, verb, key_id, found.key_id)
        return found

    def create(self, service: str, name: str, verb: str) -> Integration:
        """A new Events API v2 integration. Its key is read again where the answer did not have it."""
        body = {"integration": {"type": EVENTS_V2, "name": name}}
        reply = self.ask("POST", f"/services/{service}/integrations", verb, Priority.PUT, json_body=body)
        made = _known(service, "", reply.expect(200, 201).parse(_OneIntegration).integration)
        if not _ID.fullmatch(made.key_id):
            raise Unexpected(NAME, verb, "the answer shows no id of an integration")
        return made if made.key else self.integration(made.key_id, verb) or made

    def _of(self, service: _Service) -> Iterator[Integration]:
        """With their keys: where a list only refers to integrations, each is read by itself."""
        for each in service.integrations:
            found = _known(service.id, service.name, each)
            if not found.key and each.type.endswith("_reference"):
                read = self.integration(found.key_id, "read an integration")
                if read is not None:
                    yield read
            else:
                yield found


def region_of(key: Secret) -> bool | None:
    """Whether a REST key of an OAuth client is of the European service region, as it says itself; None for others."""
    value = key.reveal()
    return value.startswith(EUROPEAN) if value.startswith((AMERICAN, EUROPEAN)) else None


def rest_headers(key: Secret) -> dict[str, str | Secret]:
    """How a REST key is sent: one of an OAuth client as a bearer, any other as PagerDuty's own scheme."""
    value = key.reveal()
    scheme = "Bearer " if value.startswith((AMERICAN, EUROPEAN)) else "Token token="
    return {"Accept": ACCEPT, "Authorization": Secret(f"{scheme}{value}")}


def split_id(key_id: str) -> tuple[str, str]:
    """(service, integration). Refused for anything else than ids of PagerDuty's form."""
    match = _ID.fullmatch(key_id)
    if match is None:
        raise Refused(NAME, "find an integration", "its id is not SERVICE/INTEGRATION")
    return match[1], match[2]


def integration_path(key_id: str) -> str:
    """Where the integration of this id is read and deleted. Refused for anything else than an id."""
    service, found = split_id(key_id)
    return f"/services/{service}/integrations/{found}"


def _known(service: str, service_name: str, found: _Integration) -> Integration:
    return Integration(
        service=service,
        service_name=service_name,
        id=found.id,
        type=found.type,
        name=found.name or found.summary or "",
        key=Secret(found.integration_key or ""),
        created_at=found.created_at,
    )
