"""What a Slack workspace remembers: people, channels, messages, pins, views, files."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from bot.drill.fakes.slack.records import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    Channel,
    File,
    Json,
    ReceivedCall,
    ResponseUrl,
    Trigger,
    User,
)


class Workspace:
    """The state of one team. `clock` gives Unix seconds; readers and writers hold `lock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.stacks: dict[str, list[Json]] = {}  # user -> modals, the one on top last
        self.homes: dict[str, Json] = {}
        self.view_errors: dict[str, dict[str, str]] = {}
        self.sent_back: list[str] = []  # every sentence with which the bot has sent a form back
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, File] = {}
        self.socket_url = ""  # where Socket Mode connections go to, if anything is there
        self.calls: deque[ReceivedCall] = deque(maxlen=20_000)
        self._version = 0
        self._changed = threading.Condition()
        self._counter = 0
        self._last_ts = 0
        self.users[BOT_USER] = User(BOT_USER, "compromise", "Compromise Bot", "", is_bot=True)
        self.add_channel("general")

    @property
    def version(self) -> int:
        """Counts changes, for waiting callers."""
        return self._version

    @version.setter
    def version(self, number: int) -> None:
        with self._changed:
            self._version = number
            self._changed.notify_all()

    def changed_from(self, version: int, patience: float) -> int:
        """The version once it is another than this one, or after `patience` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, patience)
            return self._version

    def new_id(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}0{self._counter:08d}"

    def new_ts(self) -> str:
        """A message timestamp: Unix seconds with six decimals, unique and growing within the workspace."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def deactivate(self, user: str) -> None:
        """They keep their id, and leave every channel."""
        self.users[user].deleted = True
        for channel in self.channels.values():
            channel.members = [member for member in channel.members if member != user or channel.is_im]
        self.version += 1

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
            "sent_back": self.sent_back,
            "files": {
                file.id: {"name": file.name, "title": file.title, "size": file.length, "channels": file.channels}
                for file in self.files.values()
            },
        }
