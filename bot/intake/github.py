"""GitHub's secret scanning, asked by the worker.

Source: GitHub REST API 2022-11-28, "Get a secret scanning alert", "List secret scanning alerts for a repository",
"List locations for a secret scanning alert" (the forms of a place), "Update a secret scanning alert", "Get a
repository"; the kinds that are listed only by name: "Supported secret scanning patterns", and GitHub's changelog of
2024-08-06. The token needs *Secret scanning alerts: read* of the configured
repositories alone, and *write* if alerts are to be resolved there. Addresses are built from the configured names and a
number: no link of an answer is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.errors import Missing, OutsideError, Unexpected
from bot.http import Http, Reply
from bot.intake.front import GITHUB
from bot.intake.source import DAILY, Found, Ref, each_of, numbered
from bot.intake.words import shown
from bot.secret import Secret

VERSION = "2022-11-28"
PAGE = 100
"""Alerts of one answer: without their values about 2 KB each."""
PAGES = 50
GENERIC = (
    "password",
    "ec_private_key",
    "generic_private_key",
    "http_basic_authentication_header",
    "http_bearer_authentication_header",
    "mongodb_connection_string",
    "mysql_connection_string",
    "openssh_private_key",
    "pgp_private_key",
    "postgres_connection_string",
    "rsa_private_key",
)
"""Kinds of which no provider is known: GitHub lists them only where they are asked for by name."""


PLACES = {
    "issue_title_url": "title of issue",
    "issue_body_url": "text of issue",
    "issue_comment_url": "comment on issue",
    "discussion_title_url": "title of discussion",
    "discussion_body_url": "text of discussion",
    "discussion_comment_url": "comment on discussion",
    "pull_request_title_url": "title of pull request",
    "pull_request_body_url": "text of pull request",
    "pull_request_comment_url": "comment on pull request",
    "pull_request_review_url": "review of pull request",
    "pull_request_review_comment_url": "review comment on pull request",
}
"""By the field in which each has its address. Other places have a path: of the repository's files, or of its wiki's."""
_NUMBER = re.compile(r"/(?:issues|pulls?|discussions)/([0-9]{1,12})(?![0-9])", re.ASCII)
type _Location = Mapping[str, object]


class _Alert(msgspec.Struct):
    number: int
    state: str
    secret: str | None = None
    secret_type: str = ""
    secret_type_display_name: str = ""
    resolution: str | None = None
    publicly_leaked: bool | None = None
    created_at: datetime | None = None
    first_location_detected: dict[str, object] | None = None
    has_more_locations: bool | None = None


class _Listed(msgspec.Struct):
    number: int


class _Repository(msgspec.Struct):
    private: bool


@dataclass
class GithubAlerts:
    """Satisfies `Source`. `web` is where people look: ``https://github.com``."""

    repositories: tuple[str, ...]
    token: Secret
    http: Http
    web: str = "https://github.com"
    name: Final[str] = GITHUB
    every: Final[timedelta] = DAILY
    takes_word: Final[bool] = True
    _private: dict[str, bool] = field(default_factory=dict)

    def look(self, ref: Ref) -> Found:
        alert = self._read(ref)
        where = _where(alert.first_location_detected)
        return Found(
            ref,
            label=alert.secret_type_display_name or alert.secret_type,
            where=f"{where} and more places" if where and alert.has_more_locations else where,
            link=f"{self.web}/{ref.subject}/security/secret-scanning/{ref.item}",
            public=bool(alert.publicly_leaked) or not self._is_private(ref.subject),
            since=alert.created_at,
            ended="" if alert.state == "open" else shown(alert.resolution or "resolved").replace("_", " "),
            text=Secret(alert.secret) if alert.secret else None,
        )

    def open(self) -> Iterator[Ref]:
        return each_of(self.repositories, self._open)

    def _open(self, repository: str) -> Iterator[Ref]:
        yield from self._listed(repository, {})
        yield from self._listed(repository, {"secret_type": ",".join(GENERIC)})

    def _listed(self, repository: str, wanted: Mapping[str, str]) -> Iterator[Ref]:
        verb = f"list alerts of {repository}"
        for page in range(1, PAGES + 1):
            query: dict[str, str | int] = {"state": "open", "per_page": PAGE, "page": page, "hide_secret": "true"}
            query |= wanted
            answer = self._send("GET", f"/repos/{repository}/secret-scanning/alerts", verb, query)
            listed = answer.expect(200).parse(list[_Listed])
            yield from (Ref(repository, one.number) for one in listed)
            if len(listed) < PAGE:
                return
        raise Unexpected(GITHUB, verb, f"there are more than {PAGE * PAGES}: the oldest are not looked at")

    def revoked(self, ref: Ref, words: str) -> bool:
        alert = self._read(ref)
        if alert.state != "open":
            return False
        body = {"state": "resolved", "resolution": "revoked", "resolution_comment": words}
        self._send("PATCH", _path(ref), f"resolve alert {ref}", body=body).expect(200)
        return True

    def _read(self, ref: Ref) -> _Alert:
        """Missing for one of no configured repository: no word of an arrival leads the token anywhere else."""
        if ref.subject not in self.repositories or not numbered(ref):
            raise Missing(GITHUB, "read an alert", "it is of no configured repository")
        return self._send("GET", _path(ref), f"read alert {ref}").expect(200).parse(_Alert)

    def _is_private(self, repository: str) -> bool:
        """What cannot be told counts as public."""
        try:
            known = self._send("GET", f"/repos/{repository}", "look at the repository").expect(200).parse(_Repository)
        except OutsideError:
            return self._private.get(repository, False)
        self._private[repository] = known.private
        return known.private

    def _send(
        self, method: str, path: str, verb: str, query: dict[str, str | int] | None = None, body: object = None
    ) -> Reply:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        return self.http.send(method, path, verb=verb, bearer=self.token, headers=headers, query=query, json_body=body)


def _where(place: _Location | None) -> str:
    """``src/config.py:12``, ``wiki Home.md:1``, ``comment on issue #1347``; empty where it is not known."""
    known = place or {}
    for field_name, words in PLACES.items():
        if address := _text(known, field_name):
            number = _NUMBER.search(_text(known, "html_url")) or _NUMBER.search(address)
            return f"{words} #{number[1]}" if number else words
    path, line = _text(known, "path"), known.get("start_line")
    shown_path = f"wiki {path}" if path and "page_url" in known else path
    return f"{shown_path}:{int(line)}" if path and isinstance(line, int | float) and line >= 1 else shown_path


def _text(place: _Location, name: str) -> str:
    held = place.get(name)
    return held.strip() if isinstance(held, str) else ""


def _path(ref: Ref) -> str:
    return f"/repos/{ref.subject}/secret-scanning/alerts/{ref.item}"
