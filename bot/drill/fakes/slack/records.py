"""What a workspace is made of, and how Slack's API shows it. Messages, blocks and views stay the JSON that Slack itself
stores and sends, since passing that on unchanged is what this fake is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]

TEAM_ID = "T0PRACTICE"
TEAM_DOMAIN = "practice"
APP_ID = "A0PRACTICE"
BOT_ID = "B0PRACTICE"
BOT_USER = "U0PRACTICEBOT"
TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 1800.0
RESPONSE_URL_USES = 5


@dataclass
class User:
    id: str
    name: str
    real_name: str
    email: str
    is_bot: bool = False
    deleted: bool = False
    """Deactivated: no one can invite or write to them."""
    is_guest: bool = False
    """Of one channel alone: a single-channel guest."""

    def shown(self, *, with_email: bool) -> Json:
        """The user object of users.info; e-mail only for callers with ``users:read.email``."""
        profile = {"real_name": self.real_name, "display_name": self.name, "team": TEAM_ID}
        if with_email and not self.is_bot:
            profile["email"] = self.email
        return {
            "id": self.id, "team_id": TEAM_ID, "name": self.name, "real_name": self.real_name, "deleted": self.deleted,
            "tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0, "profile": profile, "is_admin": False,
            "is_owner": False, "is_restricted": self.is_guest,
            "is_ultra_restricted": self.is_guest, "is_bot": self.is_bot,
            "is_app_user": False, "updated": 0,
        }  # fmt: skip


@dataclass
class Channel:
    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    topic: str = ""
    purpose: str = ""
    members: list[str] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)  # oldest first, replies among them
    ephemerals: list[Json] = field(default_factory=list)  # each with `ephemeral_to`
    pins: list[Json] = field(default_factory=list)  # {ts, created, created_by}, oldest pin first

    def shown(self) -> Json:
        """The channel object of conversations.info."""
        base: Json = {"id": self.id, "created": self.created, "creator": self.creator, "is_archived": self.is_archived,
                      "is_im": self.is_im, "is_mpim": False, "is_private": self.is_private or self.is_im,
                      "context_team_id": TEAM_ID, "updated": self.created * 1000}  # fmt: skip
        if self.is_im:
            return base | {"user": next(member for member in self.members if member != BOT_USER), "is_open": True}
        return base | {
            "name": self.name, "name_normalized": self.name, "is_channel": not self.is_private,
            "is_group": self.is_private, "is_general": self.name == "general", "is_shared": False,
            "is_member": BOT_USER in self.members, "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": self.purpose, "creator": "", "last_set": 0},
        }  # fmt: skip

    def message(self, ts: str) -> Json | None:
        return next((message for message in self.messages if message["ts"] == ts), None)

    def pinned(self, ts: str) -> bool:
        return any(pin["ts"] == ts for pin in self.pins)

    def with_pins(self, message: Json) -> Json:
        return message | {"pinned_to": [self.id]} if self.pinned(message["ts"]) else message


@dataclass
class Trigger:
    user: str
    issued: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where an app may answer an interaction: five times within thirty minutes."""

    channel: str
    user: str
    issued: float
    ts: str | None = None
    uses: int = 0


@dataclass
class File:
    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    channels: list[str] = field(default_factory=list)
    user: str = BOT_USER
    """Who has uploaded it."""

    def shown(self, base_url: str) -> Json:
        url = f"{base_url}/files/{self.id}/{self.name}"
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length,
                "user": self.user, "channels": self.channels, "mode": "hosted", "url_private": url,
                "url_private_download": url,
                "permalink": f"{base_url}/files/{self.user}/{self.id}/{self.name}"}  # fmt: skip


@dataclass(frozen=True)
class ReceivedCall:
    """One call to the Web API as it came in, without its token."""

    at: float
    method: str
    arguments: Json
