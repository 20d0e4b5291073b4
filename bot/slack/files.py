"""Files in the incident's channel or thread: searched by name, then uploaded in Slack's three calls.

Source: docs.slack.dev, messaging/working-with-files: files.getUploadURLExternal gives an address and an id; the bytes
go to that address; files.completeUploadExternal shares the file. Until then it is invisible, so an interrupted upload
leaves nothing behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.errors import Missing, Refused, Unexpected
from bot.logs import Logger
from bot.net.http import Http
from bot.settings.values import SLACK_HOSTS
from bot.slack.errors import SYSTEM
from bot.slack.gateway import SlackGateway

RECENT = 200
"""Messages in which a file of ours is looked for that was uploaded a moment ago."""
GONE = frozenset({"file_not_found", "file_deleted"})
"""Slack's words for a file that is not there. Source: docs.slack.dev, files.delete, errors."""
FILES_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
_log = Logger(__name__)


@dataclass(frozen=True)
class SharedFile:
    """`user` is the uploader's Slack id, `size` its length in bytes."""

    id: str
    name: str
    link: str
    user: str
    size: int


def shared_files(gateway: SlackGateway, channel: str, thread: str = "") -> list[SharedFile]:
    """The files in the thread of a message; without one those among the channel's latest messages."""
    return files_of(gateway.thread(channel, thread) if thread else gateway.latest(channel, RECENT))


def files_of(messages: Iterable[Mapping[str, Any]]) -> list[SharedFile]:
    """The files attached to these messages, without deleted ones."""
    return list(_files(messages))


def ours(gateway: SlackGateway, files: Iterable[SharedFile], name: str, content: bytes) -> SharedFile | None:
    """The file that we uploaded under this name with this content; None if there is none. Everyone in the channel can
    upload one of the same name, so owner and length must match.
    """
    alike = (each for each in files if (each.name, each.size) == (name, len(content)))
    return next((each for each in alike if each.user == gateway.own_user), None)


@dataclass(frozen=True)
class SlackFiling:
    """Implements `bot.inbox.notice_drafts.Filing`."""

    gateway: SlackGateway

    def file(self, channel: str, name: str, title: str, content: bytes, comment: str) -> str:
        found = ours(self.gateway, shared_files(self.gateway, channel), name, content)
        return found.link if found is not None else upload(self.gateway, channel, name, title, content, comment)


def upload(
    gateway: SlackGateway, channel: str, name: str, title: str, content: bytes, comment: str, thread: str = ""
) -> str:
    """Uploads a file into the channel, or the thread of a message there, and returns its link. The caller has checked
    that it is not there.
    """
    verb = "upload the report"
    place = gateway.call("files.getUploadURLExternal", verb, filename=name, length=len(content))
    address, file = str(place.get("upload_url", "")), str(place.get("file_id", ""))
    if not file or not _is_upload_address(address, gateway.client.base_url):
        raise Unexpected(SYSTEM, verb, "an address that is not Slack's")
    parts = urlsplit(address)
    http = Http(SYSTEM, f"{parts.scheme}://{parts.netloc}", timeout=float(gateway.client.timeout))
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    http.send("POST", path, verb=verb, body=content, headers={"Content-Type": "application/octet-stream"}).expect(200)
    named = json.dumps([{"id": file, "title": title}])
    done = gateway.call("files.completeUploadExternal", verb, files=named, channel_id=channel,
                        thread_ts=thread or None, initial_comment=comment)  # fmt: skip
    shared = done.get("files")
    first = shared[0] if isinstance(shared, list) and shared and isinstance(shared[0], dict) else {}
    return str(first.get("permalink") or f"file {file}")  # documented are id and title alone


def delete(gateway: SlackGateway, file: SharedFile) -> None:
    """Deletes one of our files. One that is gone already is success; one that a person has uploaded under such a name
    is theirs, and stays.
    """
    if file.user != gateway.own_user:
        _log.warning("another file has the name of one of ours, and stays", file=file.id)
        return
    try:
        gateway.call("files.delete", "delete what was redacted", file=file.id)
    except (Missing, Refused) as error:
        if error.cause not in GONE:
            raise


def _files(messages: Iterable[Mapping[str, Any]]) -> Iterator[SharedFile]:
    for message in messages:
        files = message.get("files")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, dict) and file.get("mode") != "tombstone":
                known, name, link, user = (str(file.get(key, "")) for key in ("id", "name", "permalink", "user"))
                size = file.get("size")
                yield SharedFile(known, name, link, user, size if isinstance(size, int) else -1)


def _is_upload_address(address: str, api: str) -> bool:
    """Slack's host for files, or where a fake takes the place of the Web API, the fake's own."""
    try:
        parts, base = urlsplit(address), urlsplit(api)
    except ValueError:
        return False
    if base.hostname in SLACK_HOSTS:
        return parts.scheme == "https" and parts.hostname in FILES_HOSTS and parts.port in {None, 443}
    return (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
