"""GitGuardian's incidents, which the worker asks for.

GitGuardian never gives a value. It stores a hash of each with a public salt, which a holder of the value can compare.
So the catalog's values are hashed in memory and compared; no such hash is stored, since it would allow guessing.

Source: GitGuardian API v1, "Retrieve a secret incident", "List secret incidents"; fields of an incident:
`SecretIncident` of py-gitguardian, GitGuardian's own client, and its tags `TagNames` of its MCP server; paging of a
list (a cursor, in the header Link): "Pagination" in its guide to the API; the meaning of `hmsl_hash`: "For API users"
in its guide to exposure; its computation: HasMySecretLeaked as ggshield computes it (scrypt, n 2048, r 8, p 1, 32
bytes, salt SHA-256 of "GitGuardian"). The token is a service account's with `incidents:read`. The API cannot list
changes, nor say by a tag whether there are any. So each look lists all open incidents, and asks about the changed ones.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import scrypt, sha256
from typing import Final
from urllib.parse import parse_qs

import msgspec

from bot.catalog.catalog import CatalogEntry
from bot.errors import Missing, Unexpected
from bot.net.http import Http, Reply
from bot.news.sources.catalogued import Place, places, public_places, read_values
from bot.news.sources.source import Found, Listed, Ref, each_of, shown
from bot.secrets.secret import Secret
from bot.vault.contract import Vault

GITGUARDIAN = "gitguardian"
EVERY: Final = timedelta(minutes=1)
WHOLE: Final = timedelta(hours=1)
"""A service account has 1,000 requests a minute, a person's token 50 or, with a plan, 200; a list needs one for each
hundred incidents. Source: "Usage and quotas" in GitGuardian's guide to the API. A resolved incident leaves the list,
and is checked once an hour.
"""
N, R, P, BYTES = 2048, 8, 1, 32
SALT = sha256(b"GitGuardian").digest()
PAGE, PAGES = 100, 50
"""Incidents of one answer, and so many answers of one status at most."""
PUBLIC = frozenset({"PUBLIC", "PUBLICLY_EXPOSED", "PUBLICLY_LEAKED"})
"""Tags of incidents that strangers can read. For an incident without a list of tags that is unknown."""
OPEN = frozenset({"TRIGGERED", "ASSIGNED"})
_NEXT = re.compile(r'<[^<>?]*+\?([^<>#]*+)[^<>]*+>;\s*+rel="?next\b')


class _Detector(msgspec.Struct):
    display_name: str = ""
    name: str = ""


class _Incident(msgspec.Struct):
    id: int
    date: datetime | None = None
    detector: _Detector | None = None
    hmsl_hash: str | None = None
    status: str = ""
    occurrences_count: int | None = None
    tags: list[str] | None = None


class _Listed(msgspec.Struct):
    id: int
    status: str = ""
    occurrences_count: int | None = None
    tags: list[str] | None = None


@dataclass(frozen=True)
class GitguardianIncidents:
    """Satisfies `Source`."""

    token: Secret
    http: Http
    name: Final[str] = GITGUARDIAN
    every: timedelta = EVERY
    whole: Final[timedelta] = WHOLE
    recurs: Final[bool] = False

    def look(self, ref: Ref) -> Found:
        found = self._read(ref)
        detector, times = found.detector or _Detector(), found.occurrences_count or 0
        return Found(
            ref,
            label=detector.display_name or detector.name,
            where=f"seen {times} times" if times > 1 else "",
            link="",
            public=found.tags is None or not PUBLIC.isdisjoint(found.tags),
            since=found.date,
            ended="" if found.status.upper() in OPEN else shown(found.status.lower() or "ended"),
            digest=Secret(found.hmsl_hash.lower()) if found.hmsl_hash else None,
        )

    def listed(self, since: datetime | None) -> Iterator[Listed | None]:  # noqa: ARG002 - GitGuardian cannot tell
        return each_of(sorted(OPEN, reverse=True), self._open)

    def _open(self, status: str) -> Iterator[Listed | None]:
        verb = f"list {status.lower()} incidents"
        query: dict[str, str | int] = {"status": status, "per_page": PAGE, "ordering": "-date"}
        for _ in range(PAGES):
            answer = self._send("/incidents/secrets", verb, query).expect(200)
            for one in answer.parse(list[_Listed]):
                yield Listed(Ref("", one.id), f"{one.status} {one.occurrences_count} {one.tags}")
            yield None
            if not (cursor := _next_cursor(answer)):
                return
            query |= {"cursor": cursor}
        raise Unexpected(GITGUARDIAN, verb, f"there are more than {PAGE * PAGES}: the oldest are not checked")

    def _read(self, ref: Ref) -> _Incident:
        verb = f"read incident {ref.item}"
        found = self._send(f"/incidents/secrets/{ref.item}", verb).expect(200).parse(_Incident)
        if found.id != ref.item:
            raise Missing(GITGUARDIAN, verb, "another incident was answered")
        return found

    def _send(self, path: str, verb: str, query: dict[str, str | int] | None = None) -> Reply:
        headers = {"Authorization": Secret(f"Token {self.token.reveal()}")}
        return self.http.send("GET", path, verb=verb, headers=headers, query=query)


def _next_cursor(answer: Reply) -> str:
    """The cursor in the link to the next answer, empty if there is none. The rest of the address is ignored."""
    link = _NEXT.search(answer.link)
    return parse_qs(link[1]).get("cursor", [""])[0] if link is not None else ""


def digest_of(text: str) -> str:
    """The hash of one value, in hex. A few milliseconds, and 2 MB."""
    return scrypt(text.encode(), salt=SALT, n=N, r=R, p=P, dklen=BYTES).hex()


@dataclass(frozen=True)
class Matching:
    """The owner of each digest that is ours; `unread` are parameters that could not be read."""

    found: Mapping[str, tuple[Secret, Place]] = field(default_factory=dict, repr=False)
    unread: tuple[str, ...] = ()


def matching(
    digests: Sequence[Secret],
    entries: Iterable[CatalogEntry],
    vault: Vault,
    common: Iterable[str] = (),
    own: Iterable[tuple[str, Secret]] = (),
) -> Matching:
    """Compares them with all versions that the parameters keep, whole and the part that opens doors, and with the bot's
    `own` credentials.
    """
    wanted = {digest.reveal().lower() for digest in digests}
    found: dict[str, tuple[Secret, Place]] = {}
    known = tuple(entries)
    catalogued = read_values((*places(known), *public_places(known)), vault, common, own)
    for value, place in catalogued.values:
        if not wanted - found.keys():
            break
        for text in dict.fromkeys((value.trimmed.secret_part.reveal(), value.trimmed.reveal())):
            made = digest_of(text)
            for digest in wanted:
                if hmac.compare_digest(digest, made):
                    found.setdefault(digest, (value, place))
    return Matching(found, catalogued.unread)
