"""GitHub's secret scanning, which the worker asks.

Source: GitHub REST API 2022-11-28, "Get a secret scanning alert", "List secret scanning alerts" (for an organization,
for a repository), "List locations for a secret scanning alert" (the forms of a place), "Get a repository"; the kinds
that are listed only by name: "Supported secret scanning patterns", and GitHub's changelog of 2024-08-06. The token
needs *Secret scanning alerts: read* of the configured repositories alone. Changes are asked for a whole organisation if
the token allows it, as tokens of its owners and security managers do, else for each repository; open alerts for each
repository. Addresses are built from the configured names and a number: no link of an answer is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

import msgspec

from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.net.http import NOT_MODIFIED, Http, Reply
from bot.news.sources.source import DAILY, Found, Listed, Ref, each_of, shown
from bot.secrets.secret import Secret

GITHUB = "github"
VERSION = "2022-11-28"
EVERY: Final = timedelta(minutes=1)
"""A list that is as it was is answered 304, which does not count against a token's 5,000 requests an hour. Source:
GitHub's guides "Rate limits for the REST API" and "Best practices for using the REST API" (conditional requests).
"""
PAGE = 50
"""Alerts of one answer: without their values about 2 KB each, and 8 KB with their repository."""
PAGES = 100
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
"""Kinds without a known provider: GitHub lists them only if they are named."""


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


class _Named(msgspec.Struct):
    full_name: str


class _Listed(msgspec.Struct):
    number: int
    state: str
    created_at: datetime
    updated_at: datetime | None = None
    publicly_leaked: bool | None = None
    repository: _Named | None = None

    @property
    def changed_at(self) -> datetime:
        return self.updated_at or self.created_at


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
    every: timedelta = EVERY
    whole: Final[timedelta] = DAILY
    recurs: Final[bool] = False
    _private: dict[str, bool] = field(default_factory=dict)
    _by_repository: set[str] = field(default_factory=set)
    """Owners whose repositories the token cannot ask for together."""
    _answers: dict[str, tuple[str, tuple[_Listed, ...]]] = field(default_factory=dict)
    """The last answer to each question, and its ETag."""

    def look(self, ref: Ref) -> Found:
        """Missing for one of no configured repository."""
        if ref.subject not in self.repositories:
            raise Missing(GITHUB, "read an alert", "it is of no configured repository")
        path = f"/repos/{ref.subject}/secret-scanning/alerts/{ref.item}"
        alert = self._send(path, f"read alert {ref}").expect(200).parse(_Alert)
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

    def listed(self, since: datetime | None) -> Iterator[Listed | None]:
        if since is None:
            self._by_repository.clear()  # it may by now
            return each_of(self.repositories, lambda one: self._list(f"repos/{one}", {"state": "open"}))
        owners = dict.fromkeys(one.partition("/")[0] for one in self.repositories)
        return each_of(owners, lambda owner: self._changed(owner, since))

    def _changed(self, owner: str, since: datetime) -> Iterator[Listed | None]:
        newest_first = {"sort": "updated", "direction": "desc"}
        if owner not in self._by_repository:
            try:
                yield from self._list(f"orgs/{owner}", newest_first, since)
            except (Unauthorized, Missing, Refused):
                self._by_repository.add(owner)
            else:
                return
        own = (one for one in self.repositories if one.startswith(f"{owner}/"))
        yield from each_of(own, lambda one: self._list(f"repos/{one}", newest_first, since))

    def _list(self, place: str, wanted: Mapping[str, str], since: datetime | None = None) -> Iterator[Listed | None]:
        """The alerts of one repository (``repos/acme/app``), or of one organisation (``orgs/acme``)."""
        known = {name.lower(): name for name in self.repositories}

        def of_kind(kinds: Mapping[str, str]) -> Iterator[Listed]:
            pages = self._pages(place, {**wanted, **kinds})
            for one in pages if since is None else takewhile(lambda row: row.changed_at >= since, pages):
                name = known.get(one.repository.full_name.lower()) if one.repository else place.partition("/")[2]
                if name is not None:
                    yield Listed(Ref(name, one.number), f"{one.changed_at} {one.state} {one.publicly_leaked}")

        yield from of_kind({})
        yield None
        yield from of_kind({"secret_type": ",".join(GENERIC)})
        yield None

    def _pages(self, place: str, wanted: Mapping[str, str]) -> Iterator[_Listed]:
        verb = f"list alerts of {place.partition('/')[2]}"
        for page in range(1, PAGES + 1):
            query = {**wanted, "per_page": str(PAGE), "page": str(page), "hide_secret": "true"}
            listed = self._page(f"/{place}/secret-scanning/alerts", verb, query)
            yield from listed
            if len(listed) < PAGE:
                return
        raise Unexpected(GITHUB, verb, f"there are more than {PAGE * PAGES}: the oldest are not checked")

    def _page(self, path: str, verb: str, query: Mapping[str, str]) -> tuple[_Listed, ...]:
        """One answer; the last one again if GitHub says that nothing has changed."""
        asked = f"{path} {query}"
        tag, known = self._answers.get(asked, ("", ()))
        answer = self._send(path, verb, query, tag)
        if answer.status == NOT_MODIFIED:
            return known
        listed = tuple(answer.expect(200).parse(list[_Listed]))
        self._answers[asked] = (answer.tag, listed)
        return listed

    def _is_private(self, repository: str) -> bool:
        """Whether the repository is private; unknown counts as public."""
        try:
            known = self._send(f"/repos/{repository}", "look at the repository").expect(200).parse(_Repository)
        except OutsideError:
            return self._private.get(repository, False)
        self._private[repository] = known.private
        return known.private

    def _send(self, path: str, verb: str, query: Mapping[str, str] | None = None, tag: str = "") -> Reply:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        if tag:
            headers["If-None-Match"] = tag
        return self.http.send("GET", path, verb=verb, bearer=self.token, headers=headers, query=query)


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
