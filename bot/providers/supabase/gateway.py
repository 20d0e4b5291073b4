"""The answers of a Supabase project's own host about a key. Sources: Supabase's guide on API keys; issue reports for
the texts.

A key is sent in the header `apikey` only: as a bearer token one of the new kind is "rejected as the value is not a
JWT". Secret keys are refused for user agents of browsers, which ours is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct

from bot.errors import Refused
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http, Reply
from bot.providers.contract import unclear_if_it_fails
from bot.providers.supabase.api import PUBLISHABLE, SECRET, SERVICE_ROLE, Key, Management, legacy_role
from bot.secrets.secret import Secret

SETTINGS, ROOT, USERS = "/auth/v1/settings", "/rest/v1/", "/auth/v1/admin/users?per_page=1"


class _Settings(Struct):
    external: dict[str, bool]


class _Root(Struct):
    paths: dict[str, object]


class _Users(Struct):
    users: list[object]


class _Problem(Struct):
    message: str = ""
    hint: str | None = None


@dataclass(frozen=True)
class Gateway:
    """`http` is bound to the project's host."""

    http: Http
    management: Management

    @unclear_if_it_fails
    def probe(self, value: Secret) -> Answer:
        """Asks for the public settings of sign-in, which any working key may read. A refused service_role key of the
        old kind is also tried as a bearer token beside a working key: the switch revokes it only as a key.
        """
        answer = self._ask(value)
        if answer.liveness is Liveness.DEAD and legacy_role(value, self.management.project) == SERVICE_ROLE:
            return self._as_bearer(value, answer)
        return answer

    @unclear_if_it_fails
    def control(self) -> Answer:
        """Another working key of the project, publishable before secret, at the same host."""
        for key in self._living("find a control"):
            if self._ask(key.value).liveness is Liveness.LIVE:
                return Answer(Liveness.LIVE, f"the key {key.name} was accepted")
        return Answer(Liveness.UNKNOWN, "the project has no other key of the new kind that is accepted")

    def _living(self, verb: str) -> Iterator[Key]:
        keys = [key for key in self.management.keys(verb) if key.value and key.type in {PUBLISHABLE, SECRET}]
        yield from sorted(keys, key=lambda key: (key.type, key.name))

    def _ask(self, value: Secret) -> Answer:
        """Asks the root of the data API, which accepts secret keys only, if the settings give no information."""
        answer = _judged(self._get(SETTINGS, value), _Settings)
        if answer.liveness is Liveness.UNKNOWN:
            root = _judged(self._get(ROOT, value), _Root)
            return answer if root.liveness is Liveness.UNKNOWN else root
        return answer

    def _as_bearer(self, value: Secret, refused: Answer) -> Answer:
        try:
            other = next(self._living("find a working key"), None)
        except Refused:
            return Answer(refused.liveness, f"{refused.detail} (not tried as a bearer token: that needs another key)")
        if other is None:
            return refused
        reply = self._get(USERS, other.value, bearer=value)
        said = f"HTTP {reply.status} as a bearer token beside another key"
        if reply.status == 200:
            reply.parse(_Users)
            return Answer(Liveness.LIVE, f"{said}: revoke the legacy JWT secret")
        refused_too = reply.status in {401, 403}
        return Answer(refused.liveness if refused_too else Liveness.UNKNOWN, f"{refused.detail}; {said}")

    def _get(self, path: str, value: Secret, bearer: Secret | None = None) -> Reply:
        headers = {"apikey": value}
        return self.http.send("GET", path, verb="probe a key", priority=Priority.VERIFY, headers=headers, bearer=bearer)


def _judged(reply: Reply, shape: type[_Settings | _Root]) -> Answer:
    """Measured by others in 2026: "Unregistered API key" is the answer for keys of the new kind that were deleted, or
    that the project never had; "Invalid API key" for malformed and foreign ones. The latter with a hint that begins
    with "Only" is the answer for a working anon key at an address that is not for it, "Secret API key required" for a
    working publishable one.
    """
    if reply.status == 200:
        reply.parse(shape)
        return Answer(Liveness.LIVE, "HTTP 200")
    if reply.status != 401:
        return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}")
    problem = reply.parse(_Problem)
    match problem.message, problem.hint or "":
        case "Secret API key required", _:
            return Answer(Liveness.LIVE, "HTTP 401 Secret API key required: recognised, and not secret")
        case "Invalid API key", hint if hint.startswith("Only "):
            return Answer(Liveness.LIVE, "HTTP 401, recognised, and not the kind of key that this takes")
        case ("Invalid API key" | "Unregistered API key" | "Legacy API keys are disabled") as message, _:
            return Answer(Liveness.DEAD, f"HTTP 401 {message}")
        case _:
            return Answer(Liveness.UNKNOWN, "HTTP 401, but not for an invalid key")
