"""Each decision as a pull request to a repository that is not public: a file of its own, so that none conflicts.

Source: GitHub REST API 2022-11-28, "Get a repository", "Get a reference", "Create a reference", "Get repository
content", "Create or update file contents", "List pull requests", "Create a pull request". The token needs *contents*
and *pull requests*, read and write, of that one repository.

Each call looks first: branch and file are named after the incident and its close, a file that is there is not written
again, but after a redaction, and a pull request from that branch is not opened twice.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from bot.aws import Aws
from bot.errors import ConfigurationError, Missing, Refused, Throttled
from bot.incident.state import Incident
from bot.net.http import Http, Reply
from bot.report.contract import Document
from bot.report.destinations.github.settings import DecisionsSettings
from bot.secrets.secret import Secret

SYSTEM = "github"
API = "https://api.github.com"
VERSION = "2022-11-28"


class _Repository(msgspec.Struct):
    private: bool
    default_branch: str


class _Object(msgspec.Struct):
    sha: str


class _Ref(msgspec.Struct):
    object: _Object


class _Pull(msgspec.Struct):
    html_url: str


@dataclass(frozen=True)
class DecisionsRepository:
    """Satisfies `Destination` and `TakesDecisions`. `repository` is ``owner/name``, `path` the folder in it."""

    repository: str
    path: str
    token: Secret
    http: Http

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:
        """`documents` is the entry alone. Refused for a repository that everybody can read."""
        (entry,) = documents
        repository = self._get("", "look at the repository").parse(_Repository)
        if not repository.private:
            raise Refused(SYSTEM, f"propose the decision in {self.repository}", "the repository is public")
        branch = branch_of(incident, renewed=renewed)
        self._branch(branch, repository.default_branch)
        self._write(branch, f"{self.path}/{file_of(incident)}", entry, message_of(incident), renewed=renewed)
        return self._pull(branch, repository.default_branch, entry)

    def named(self, incident: Incident, *, renewed: bool) -> Mapping[str, str]:
        branch = branch_of(incident, renewed=renewed)
        return {"branch": branch, "file": file_of(incident), "commit message": message_of(incident)}

    def _branch(self, branch: str, base: str) -> None:
        """Begins the branch at the head of the default one, unless it is there."""
        if self._found(f"/git/ref/heads/{quote(branch)}", "look for the branch") is not None:
            return
        verb = "begin a branch"
        head = self._get(f"/git/ref/heads/{quote(base)}", verb).parse(_Ref)
        body = {"ref": f"refs/heads/{branch}", "sha": head.object.sha}
        answer = self._send("POST", "/git/refs", verb, body)
        if answer.status == 422 and self._found(f"/git/ref/heads/{quote(branch)}", verb) is not None:
            return  # somebody was first
        answer.expect(201)

    def _write(self, branch: str, path: str, entry: Document, message: str, *, renewed: bool) -> None:
        verb, where = f"write {path}", f"/contents/{quote(path)}"
        found = self._found(f"{where}?ref={quote(branch, safe='')}", verb)
        before = found.parse(_Object) if found is not None else None
        if before is not None and (not renewed or before.sha == _blob(entry.content)):
            return
        content = base64.b64encode(entry.content).decode()
        body = {"message": message, "content": content, "branch": branch} | ({"sha": before.sha} if before else {})
        self._send("PUT", where, verb, body).expect(200, 201)

    def _pull(self, branch: str, base: str, entry: Document) -> str:
        verb = "open a pull request"
        owner = self.repository.partition("/")[0]
        there = f"/pulls?state=all&head={quote(f'{owner}:{branch}', safe='')}&base={quote(base, safe='')}"
        if pulls := self._get(there, verb).parse(list[_Pull]):
            return pulls[0].html_url
        body = {"title": entry.title, "head": branch, "base": base, "body": PULL_BODY}
        return self._send("POST", "/pulls", verb, body).expect(201).parse(_Pull).html_url

    # --- calls --------------------------------------------------------------------------------------------------------

    def _get(self, path: str, verb: str) -> Reply:
        return self._send("GET", path, verb).expect(200)

    def _found(self, path: str, verb: str) -> Reply | None:
        try:
            return self._get(path, verb)
        except Missing:
            return None

    def _send(self, method: str, path: str, verb: str, body: object = None) -> Reply:
        headers: dict[str, str | Secret] = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        answer = self.http.send(
            method, f"/repos/{self.repository}{path}", verb=verb, bearer=self.token, headers=headers, json_body=body
        )
        if answer.status == 403 and b"rate limit" in answer.body:
            raise Throttled(SYSTEM, verb, "told to slow down")
        return answer


PULL_BODY = "Written by the incident bot from its event log, and proposed when the incident was closed."


def branch_of(incident: Incident, *, renewed: bool = False) -> str:
    """``decisions/inc_ab12cd-20261125T033521``: each close has its own, and so has the entry after a redaction."""
    again = f"-redacted-{len(incident.redacted)}" if renewed else ""
    return f"decisions/{incident.id}-{_closed_at(incident)}{again}"


def file_of(incident: Incident) -> str:
    """``20261125T033521-inc_ab12cd.md``: in a folder they stand in the order of the closes."""
    return f"{_closed_at(incident)}-{incident.id}.md"


def _closed_at(incident: Incident) -> str:
    at = incident.closed.at if incident.closed is not None else incident.last_at
    return f"{at:%Y%m%dT%H%M%S}"


def _blob(content: bytes) -> str:
    """How git names a file of this content."""
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def message_of(incident: Incident) -> str:
    """The commit's message: it says nothing of the secrets."""
    return f"Decisions: {incident.id}"


def make(settings: DecisionsSettings, aws: Aws) -> DecisionsRepository | None:  # noqa: ARG001 - the port's signature
    """None without a repository. ConfigurationError for one without a token."""
    if settings.decisions_repository is None:
        return None
    if settings.decisions_token is None:
        raise ConfigurationError("BOT_DECISIONS_REPOSITORY is set, and BOT_DECISIONS_TOKEN is not.")
    http = Http(SYSTEM, settings.decisions_api, timeout=settings.timings.http_timeout)
    return DecisionsRepository(settings.decisions_repository, settings.decisions_path, settings.decisions_token, http)
