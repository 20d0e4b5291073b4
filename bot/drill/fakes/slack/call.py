"""One call of the Web API: its arguments, the token's scopes, and how a method refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.drill.fakes.slack.records import BOT_USER, Channel, Json
from bot.drill.fakes.slack.workspace import Workspace

_ENCODED = ("blocks", "view", "metadata", "files", "attachments")
READ = {"public": ("channels:read",), "private": ("groups:read",), "im": ("im:read",)}
HISTORY = {"public": ("channels:history",), "private": ("groups:history",), "im": ("im:history",)}
MANAGE = {"public": ("channels:manage",), "private": ("groups:write",), "im": ("im:write",)}
INVITE = {
    "public": ("channels:manage", "channels:write.invites"),
    "private": ("groups:write", "groups:write.invites"),
    "im": ("im:write",),
}
TOPIC = {
    "public": ("channels:manage", "channels:write.topic"),
    "private": ("groups:write", "groups:write.topic"),
    "im": ("im:write", "im:write.topic"),
}


class ApiError(Exception):
    """``{"ok": false, "error": code, ...}`` with HTTP 200, as Slack refuses."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class RateLimited(Exception):
    """HTTP 429 with Retry-After."""


@dataclass(frozen=True)
class Call:
    workspace: Workspace
    method: str
    arguments: Json
    scopes: frozenset[str]
    base_url: str
    unthrottled: Callable[[str], None]  # takes a channel id; raises RateLimited

    def text(self, name: str, default: str = "") -> str:
        value = self.arguments.get(name)
        return default if value is None else str(value)

    def flag(self, name: str) -> bool:
        return str(self.arguments.get(name, "")).lower() in {"1", "true"}

    def names(self, name: str) -> list[str]:
        """A comma-separated argument, or a JSON array."""
        value = self.arguments.get(name) or []
        items: Iterable[Any] = value.split(",") if isinstance(value, str) else value
        return [str(item).strip() for item in items if str(item).strip()]

    def structure(self, name: str) -> Any:
        """An argument that is JSON, or a form field holding JSON."""
        value = self.arguments.get(name)
        if isinstance(value, str) and name in _ENCODED:
            try:
                return json.loads(value)
            except ValueError:
                raise ApiError(f"invalid_{name}_format" if name == "blocks" else "invalid_arguments") from None
        return value

    def require(self, any_of: Sequence[str]) -> None:
        """ApiError ``missing_scope`` unless one of these was granted."""
        if any_of and not self.scopes.intersection(any_of):
            raise ApiError("missing_scope", needed=any_of[0], provided=",".join(sorted(self.scopes)))

    def channel(self, scopes: Mapping[str, Sequence[str]] | None = None, *, member: bool = False) -> Channel:
        """The channel named by ``channel``; a private one that the bot is not in does not exist for it."""
        found = self.workspace.find_channel(self.text("channel"))
        kind = "public" if found is None else kind_of(found)
        if scopes is not None:
            self.require(scopes[kind])
        if found is None or (kind != "public" and BOT_USER not in found.members):
            raise ApiError("channel_not_found")
        if member and BOT_USER not in found.members:
            raise ApiError("not_in_channel")
        return found

    def page[T](self, items: Sequence[T], default: int = 100, most: int = 1000) -> tuple[list[T], Json]:
        """One page of `items` and the ``response_metadata`` that leads to the next."""
        try:
            limit = min(int(self.text("limit") or default), most)
            start = int(base64.b64decode(self.text("cursor"), validate=True) or b"0")
        except ValueError:
            raise ApiError("invalid_cursor") from None
        if limit < 1:
            raise ApiError("invalid_limit")
        end = start + limit
        following = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
        return list(items[start:end]), {"next_cursor": following}


def kind_of(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private" if channel.is_private else "public"


type Handler = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """`scopes`: any one of them is enough; methods on channels ask by the channel's kind instead."""

    handle: Handler
    scopes: tuple[str, ...] = ()
