"""bookmarks.*: links at the head of a channel. Source: docs.slack.dev, reference/methods, bookmarks.add and list."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.drill.fakes.slack.call import ApiError, Call, Method
from bot.drill.fakes.slack.records import BOT_USER, Channel, Json

MOST = 100
"""In one channel."""


def _channel(call: Call) -> Channel:
    """Named by ``channel_id`` here, and not by ``channel``."""
    channel = call.workspace.find_channel(call.text("channel_id"))
    if channel is None or BOT_USER not in channel.members:
        raise ApiError("channel_not_found")
    return channel


def add(call: Call) -> Json:
    channel, title, link = _channel(call), call.text("title"), call.text("link")
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.text("type") != "link":
        raise ApiError("invalid_bookmark_type")
    if not title:
        raise ApiError("invalid_arguments")
    if urlsplit(link).scheme not in {"http", "https"}:
        raise ApiError("invalid_link")
    if len(channel.bookmarks) >= MOST:
        raise ApiError("too_many_bookmarks")
    made = {"id": call.workspace.new_id("Bk"), "channel_id": channel.id, "title": title, "link": link, "type": "link",
            "date_created": int(call.workspace.clock())}  # fmt: skip
    channel.bookmarks.append(made)
    call.workspace.version += 1
    return {"bookmark": made}


def every(call: Call) -> Json:
    return {"bookmarks": [dict(each) for each in _channel(call).bookmarks]}


METHODS = {
    "bookmarks.add": Method(add, ("bookmarks:write",)),
    "bookmarks.list": Method(every, ("bookmarks:read",)),
}
