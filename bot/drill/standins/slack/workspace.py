"""What a Slack workspace remembers: people, channels, messages, pins, views, files.

Messages, blocks and views are kept as the JSON that Slack itself stores and sends, since passing that on unchanged is
what this stand-in is for. Everything here is guarded by `Workspace.lock`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
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

    def shown(self, *, with_email: bool) -> Json:
        """The user object of users.info; e-mail only for whoever holds ``users:read.email``."""
        profile = {"real_name": self.real_name, "display_name": self.name, "team": TEAM_ID}
        if with_email and not self.is_bot:
            profile["email"] = self.email
        return {
            "id": self.id, "team_id": TEAM_ID, "name": self.name, "real_name": self.real_name, "deleted": False,
            "tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0, "profile": profile, "is_admin": False,
            "is_owner": False, "is_restricted": False, "is_ultra_restricted": False, "is_bot": self.is_bot,
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

    def shown(self, base_url: str) -> Json:
        url = f"{base_url}/files/{self.id}/{self.name}"
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length,
                "user": BOT_USER, "channels": self.channels, "mode": "hosted", "url_private": url,
                "url_private_download": url, "permalink": url}  # fmt: skip


@dataclass(frozen=True)
class ReceivedCall:
    """One call to the Web API as it came in, without its token."""

    at: float
    method: str
    arguments: Json


class Workspace:
    """The state of one team. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.stacks: dict[str, list[Json]] = {}  # user -> modals, the one on top last
        self.homes: dict[str, Json] = {}
        self.view_errors: dict[str, dict[str, str]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, File] = {}
        self.calls: deque[ReceivedCall] = deque(maxlen=20_000)
        self.version = 0  # counts changes, for whoever polls
        self._counter = 0
        self._last_ts = 0
        self.users[BOT_USER] = User(BOT_USER, "compromise", "Compromise Bot", "", is_bot=True)
        self.add_channel("general")

    def new_id(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}0{self._counter:08d}"

    def new_ts(self) -> str:
        """A message timestamp: Unix seconds with six decimals, unique and growing within the workspace."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_user(self, name: str, real_name: str | None = None, email: str | None = None) -> User:
        """Creates a person, a member of every public channel. The one of that name is given back if there is one."""
        for user in self.users.values():
            if user.name == name:
                return user
        user = User(self.new_id("U"), name, real_name or name.title(), email or f"{name}@example.com")
        self.users[user.id] = user
        for channel in self.channels.values():
            if not channel.is_private and not channel.is_im:
                channel.members.append(user.id)
        self.version += 1
        return user

    def add_channel(self, name: str, *, is_private: bool = False, creator: str = BOT_USER) -> Channel:
        channel = Channel(self.new_id("C"), name, creator, int(self.clock()), is_private)
        channel.members = [creator] if is_private else [user for user in self.users if user != BOT_USER]
        self.channels[channel.id] = channel
        self.version += 1
        return channel

    def direct(self, user: str) -> Channel:
        """The direct messages between the bot and a person."""
        for channel in self.channels.values():
            if channel.is_im and user in channel.members:
                return channel
        channel = Channel(self.new_id("D"), "", user, int(self.clock()), is_im=True, members=[user, BOT_USER])
        self.channels[channel.id] = channel
        return channel

    def find_channel(self, reference: str) -> Channel | None:
        """By id, by name or #name; a person's id means their direct messages."""
        if reference in self.users and reference != BOT_USER:
            return self.direct(reference)
        name = reference.removeprefix("#")
        found = (channel for channel in self.channels.values() if channel.name == name and not channel.is_im)
        return self.channels.get(reference) or next(found, None)

    def post(self, channel: Channel, author: str, fields: Json) -> Json:
        """Appends a message by the bot or a person; `fields` are text, blocks, metadata, thread_ts, ...."""
        message: Json = {"type": "message", "user": author, "ts": self.new_ts(), "team": TEAM_ID, "text": ""}
        if author == BOT_USER:
            profile = {"id": BOT_ID, "app_id": APP_ID, "name": "compromise", "team_id": TEAM_ID}
            message |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": profile}
        message |= {key: value for key, value in fields.items() if value is not None}
        target = channel.ephemerals if "ephemeral_to" in message else channel.messages
        target.append(message)
        self.version += 1
        return message

    def view(self, view_id: str) -> Json | None:
        every = [*(view for stack in self.stacks.values() for view in stack), *self.homes.values()]
        return next((view for view in every if view["id"] == view_id), None)

    def owner_of(self, view_id: str) -> str | None:
        for user, stack in self.stacks.items():
            if any(view["id"] == view_id for view in stack):
                return user
        return next((user for user, view in self.homes.items() if view["id"] == view_id), None)

    def issue_trigger(self, user: str) -> str:
        trigger = f"{self.new_id('')}.{TEAM_ID}.{self._counter:032x}"
        self.triggers[trigger] = Trigger(user, self.clock())
        return trigger

    def shown(self, only: Channel | None = None) -> Json:
        """The whole state as JSON, for the driver; `only` leaves the other channels' messages out."""
        return {
            "version": self.version,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "app": {"id": APP_ID, "bot_id": BOT_ID, "bot_user_id": BOT_USER},
            "users": {user.id: user.shown(with_email=True) for user in self.users.values()},
            "channels": {
                channel.id: channel.shown()
                | {"name": channel.name, "members": channel.members, "pins": [pin["ts"] for pin in channel.pins]}
                | ({"messages": channel.messages, "ephemerals": channel.ephemerals} if only in (None, channel) else {})
                for channel in self.channels.values()
            },
            "views": self.stacks,
            "homes": self.homes,
            "view_errors": self.view_errors,
            "files": {
                file.id: {"name": file.name, "title": file.title, "size": file.length, "channels": file.channels}
                for file in self.files.values()
            },
        }
