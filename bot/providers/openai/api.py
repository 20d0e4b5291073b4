"""OpenAI's API as far as keys go, with narrow types of its answers: whether a key is accepted, and the administration
of projects and their keys.

Sources: the OpenAPI specification of OpenAI's platform, and openai-python 3.57 (resources/admin/organization); for
`invalid_api_key` and `incorrect_hostname` issue reports and clients' tests, for other codes OpenAI's guide to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Unpack

from msgspec import Struct

from bot.errors import Missing, Refused, Unexpected
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Content, Http, Reply
from bot.providers.contract import UnixSeconds, in_path, unclear_if_it_fails
from bot.secrets.secret import Secret

NAME = "openai"
PAGE = 100
MOST_PAGES = 50
KNOWN_CODES = frozenset({"insufficient_quota", "rate_limit_exceeded", "account_deactivated"})
"""Codes that are repeated in an answer's detail: anything else of a body may hold a part of the key."""

ELSEWHERE = frozenset({"ip_not_authorized", "incorrect_hostname"})
"""Refusals by a rule of the key's own project: OpenAI must recognise the key before it can apply the rule.

If a dead key ever got the same answer, it would count as working and never as dead: only `invalid_api_key` proves that.
"""
_REDACTED = re.compile(r"(?P<head>[^.*…]*)(?:\.{2,}|\*+|…)(?P<tail>[^.*…]*)")


class Owner(Struct):
    id: str = ""
    name: str = ""


class KeyOwner(Struct):
    type: str = ""
    user: Owner | None = None
    service_account: Owner | None = None

    @property
    def name(self) -> str:
        """The owner in words: ``service_account Production App``."""
        who = self.service_account or self.user or Owner()
        return f"{self.type} {who.name}".strip()


class Key(Struct):
    """A key as listed. Times are in Unix seconds; OpenAI shows no scopes."""

    id: str
    redacted_value: str
    created_at: UnixSeconds
    name: str | None = None
    last_used_at: UnixSeconds | None = None
    expires_at: UnixSeconds | None = None
    owner: KeyOwner | None = None

    @property
    def account(self) -> Owner:
        """The service account that owns it; an empty one for a person's key."""
        return (self.owner.service_account if self.owner else None) or Owner()

    def fits(self, value: str) -> bool:
        return fits(self.redacted_value, value)


class AdminKey(Struct):
    """A key of the organisation's administration as listed."""

    id: str
    redacted_value: str = ""
    created_at: UnixSeconds = 0
    name: str | None = None
    owner: Owner | None = None


class MadeKey(Struct):
    """A key just made: the only answer that holds its value."""

    id: str
    value: str


class Project(Struct):
    id: str


class Deleted(Struct):
    deleted: bool


class Page[Item](Struct):
    data: list[Item]
    has_more: bool
    last_id: str | None = None


class _Error(Struct):
    code: str | None = None
    message: str | None = None

    @property
    def lacks_rights(self) -> bool:
        """A refusal that comes only after the key was recognised."""
        message = (self.message or "").lower()
        return self.code == "missing_scope" or "missing scopes" in message or "insufficient permissions" in message


class _Failure(Struct):
    error: _Error


class _Models(Struct):
    object: str
    data: list[Project]


@dataclass(frozen=True)
class Administration:
    """Calls with the admin key. `project` is "" where all projects of the organisation are meant."""

    http: Http
    admin: Callable[[], Secret]
    project: str

    def ask(self, method: str, path: str, verb: str, priority: Priority, **content: Unpack[Content]) -> Reply:
        return self.http.send(method, path, verb=verb, priority=priority, bearer=self.admin(), **content)

    def listed(self) -> Iterator[tuple[str, Key]]:
        """All keys of the project or projects: (project, key). A project that is gone has none."""
        for project in [self.project] if self.project else self._projects():
            path = f"/organization/projects/{in_path(NAME, 'list keys', project)}/api_keys"
            with suppress(Missing):
                for key in self._pages(path, f"list keys of {project}", Key, owner_project_access="any"):
                    yield project, key

    def admin_keys(self) -> list[AdminKey]:
        return list(self._pages("/organization/admin_api_keys", "list admin keys", AdminKey))

    def _projects(self) -> list[str]:
        return [project.id for project in self._pages("/organization/projects", "list projects", Project)]

    def _pages[Item: (Project, Key, AdminKey)](
        self, path: str, verb: str, item: type[Item], **query: str
    ) -> Iterator[Item]:
        after: dict[str, str | int] = {}
        for _ in range(MOST_PAGES):
            reply = self.ask("GET", path, verb, Priority.READ, query={"limit": PAGE, **query, **after})
            page = reply.expect(200).parse(Page[item])  # type: ignore[valid-type]
            yield from page.data
            if not page.has_more:
                return
            if not page.last_id or page.last_id == after.get("after"):
                break
            after = {"after": page.last_id}
        raise Unexpected(NAME, verb, "a list that does not end")


@unclear_if_it_fails
def probe(http: Http, key: Secret) -> Answer:
    """Lists the models: every key may ask, and one without that right is refused only after it was recognised."""
    reply = http.send("GET", "/models", verb="probe a key", priority=Priority.VERIFY, bearer=key)
    if reply.status == 200:
        reply.parse(_Models)
        return Answer(Liveness.LIVE, "HTTP 200")
    error = reply.parse(_Failure).error
    if reply.status == 401 and error.code == "invalid_api_key":
        return Answer(Liveness.DEAD, "HTTP 401 invalid_api_key")
    if reply.status in {401, 403} and error.lacks_rights:
        return Answer(Liveness.LIVE, f"HTTP {reply.status}, recognised but without this right")
    if reply.status in {401, 403} and error.code in ELSEWHERE:
        return Answer(Liveness.LIVE, f"HTTP {reply.status} {error.code}, recognised but not from here")
    code = f" {error.code}" if error.code in KNOWN_CODES else ""
    return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}{code}")


def fits(redacted: str, value: str) -> bool:
    """Whether `value` shows the characters of its redacted form (``sk-abc...def``) at its two ends."""
    match = _REDACTED.fullmatch(redacted)
    if match is None or not match["tail"]:
        return False
    head, tail = match["head"], match["tail"]
    return len(head) + len(tail) <= len(value) and value.startswith(head) and value.endswith(tail)


def key_path(key_id: str) -> str:
    """The path of ``project/key``. Refused for another form."""
    (project, _, key), verb = key_id.partition("/"), f"find key {key_id}"
    if not (project and key):
        raise Refused(NAME, verb, "expected an id of the form project/key")
    return f"/organization/projects/{in_path(NAME, verb, project)}/api_keys/{in_path(NAME, verb, key)}"


def account_path(project: str, account: str = "") -> str:
    """The path of a service account of the project; of all of them without one."""
    verb = "find a service account"
    path = f"/organization/projects/{in_path(NAME, verb, project)}/service_accounts"
    return f"{path}/{in_path(NAME, verb, account)}" if account else path
