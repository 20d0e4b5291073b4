"""conversations.* and pins.*. Source: docs.slack.dev, reference/methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.drill.fakes.slack.call import HISTORY, INVITE, MANAGE, READ, TOPIC, ApiError, Call, Method, kind_of
from bot.drill.fakes.slack.limits import check_channel_name
from bot.drill.fakes.slack.records import BOT_USER, Channel, Json


def create(call: Call) -> Json:
    is_private = call.flag("is_private")
    call.require(MANAGE["private" if is_private else "public"])
    name = call.text("name")
    refusal = check_channel_name(name)
    if refusal:
        raise ApiError(refusal)
    if any(channel.name == name for channel in call.workspace.channels.values()):
        raise ApiError("name_taken")
    channel = call.workspace.add_channel(name, is_private=is_private)
    channel.members = [BOT_USER]
    return {"channel": channel.shown()}


def open_direct(call: Call) -> Json:
    users = call.names("users")
    if len(users) != 1 or users[0] not in call.workspace.users or users[0] == BOT_USER:
        raise ApiError("user_not_found")
    if call.workspace.users[users[0]].deleted:
        raise ApiError("user_disabled")
    return {"channel": {"id": call.workspace.direct(users[0]).id}}


def invite(call: Call) -> Json:
    channel = _writable(call, INVITE)
    users = call.names("users")
    if not users:
        raise ApiError("no_user")
    refused = [(user, code) for user in users if (code := _why_not_invited(call, channel, user))]
    if refused and not (call.flag("force") and len(refused) < len(users)):
        raise ApiError(refused[0][1], errors=[{"user": user, "ok": False, "error": code} for user, code in refused])
    channel.members += [user for user in users if not _why_not_invited(call, channel, user)]
    call.workspace.version += 1
    return {"channel": channel.shown()}


def _why_not_invited(call: Call, channel: Channel, user: str) -> str | None:
    if user not in call.workspace.users:
        return "user_not_found"
    if user == BOT_USER:
        return "cant_invite_self"
    person = call.workspace.users[user]
    if person.deleted:
        return "cant_invite"
    if person.is_guest and any(user in each.members for each in call.workspace.channels.values() if not each.is_im):
        return "ura_max_channels"
    return "already_in_channel" if user in channel.members else None


def info(call: Call) -> Json:
    return {"channel": call.channel(READ).shown()}


def every(call: Call) -> Json:
    kinds = {"public_channel": "public", "private_channel": "private", "im": "im"}
    types = call.names("types") or ["public_channel"]
    if not set(types) <= {*kinds, "mpim"}:
        raise ApiError("invalid_types")
    wanted = {kinds[name] for name in types if name in kinds}
    for kind in sorted(wanted):
        call.require(READ[kind])
    channels = [
        channel.shown()
        for channel in call.workspace.channels.values()
        if kind_of(channel) in wanted
        and (kind_of(channel) == "public" or BOT_USER in channel.members)
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    page, metadata = call.page(channels)
    return {"channels": page, "response_metadata": metadata}


def members(call: Call) -> Json:
    page, metadata = call.page(call.channel(READ).members)
    return {"members": page, "response_metadata": metadata}


def history(call: Call) -> Json:
    channel = call.channel(HISTORY, member=True)
    top = [message for message in channel.messages if message.get("thread_ts", message["ts"]) == message["ts"]]
    return _messages(call, channel, sorted(top, key=lambda message: str(message["ts"]), reverse=True))


def replies(call: Call) -> Json:
    channel = call.channel(HISTORY, member=True)
    ts = call.text("ts")
    if channel.message(ts) is None:
        raise ApiError("thread_not_found")
    return _messages(call, channel, [m for m in channel.messages if ts in (m["ts"], m.get("thread_ts"))])


def _messages(call: Call, channel: Channel, messages: list[Json]) -> Json:
    oldest, latest, inclusive = call.text("oldest", "0"), call.text("latest"), call.flag("inclusive")

    def within(ts: str) -> bool:
        if inclusive and ts in {oldest, latest}:
            return True
        return float(ts) > float(oldest) and (not latest or float(ts) < float(latest))

    chosen = [message for message in messages if within(message["ts"])]
    page, metadata = call.page(chosen, most=999)
    if not call.flag("include_all_metadata"):
        page = [{key: value for key, value in message.items() if key != "metadata"} for message in page]
    answer = {"messages": [channel.with_pins(message) for message in page], "pin_count": len(channel.pins),
              "has_more": bool(metadata["next_cursor"])}  # fmt: skip
    return answer | ({"response_metadata": metadata} if metadata["next_cursor"] else {})


def join(call: Call) -> Json:
    call.require(("channels:join",))
    channel = call.channel()
    if kind_of(channel) != "public":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER in channel.members:
        return {"channel": channel.shown(), "warning": "already_in_channel"}
    channel.members.append(BOT_USER)
    call.workspace.version += 1
    return {"channel": channel.shown()}


def set_topic(call: Call) -> Json:
    channel = _writable(call, TOPIC)
    channel.topic = _short(call, "topic")
    call.workspace.version += 1
    return {"channel": channel.shown()}


def set_purpose(call: Call) -> Json:
    channel = _writable(call, TOPIC)
    channel.purpose = _short(call, "purpose")
    call.workspace.version += 1
    return {"purpose": channel.purpose, "channel": channel.shown()}


def _short(call: Call, name: str) -> str:
    value = call.text(name)
    if len(value) > 250:
        raise ApiError("too_long")
    return value


def archive(call: Call) -> Json:
    channel = call.channel(MANAGE, member=True)
    if channel.is_archived:
        raise ApiError("already_archived")
    if channel.name == "general":
        raise ApiError("cant_archive_general")
    channel.is_archived = True
    call.workspace.version += 1
    return {}


def _writable(call: Call, scopes: Mapping[str, Sequence[str]]) -> Channel:
    channel = call.channel(scopes, member=True)
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    return channel


def pin(call: Call) -> Json:
    channel, ts = call.channel(member=True), _pinnable(call)
    if channel.pinned(ts):
        raise ApiError("already_pinned")
    channel.pins.append({"ts": ts, "created": int(call.workspace.clock()), "created_by": BOT_USER})
    call.workspace.version += 1
    return {}


def unpin(call: Call) -> Json:
    channel, ts = call.channel(member=True), _pinnable(call)
    if not channel.pinned(ts):
        raise ApiError("no_pin")
    channel.pins = [pinned for pinned in channel.pins if pinned["ts"] != ts]
    call.workspace.version += 1
    return {}


def _pinnable(call: Call) -> str:
    ts = call.text("timestamp")
    if not ts:
        raise ApiError("no_item_specified")
    if call.channel().message(ts) is None:
        raise ApiError("message_not_found")
    return ts


def pins(call: Call) -> Json:
    channel = call.channel(member=True)
    items = []
    for pinned in reversed(channel.pins):
        message = channel.message(pinned["ts"])
        if message is not None:
            items.append({"type": "message", "channel": channel.id, "created": pinned["created"],
                          "created_by": pinned["created_by"], "message": channel.with_pins(message)})  # fmt: skip
    return {"items": items}


METHODS = {
    "conversations.create": Method(create),
    "conversations.open": Method(open_direct, ("im:write",)),
    "conversations.invite": Method(invite),
    "conversations.info": Method(info),
    "conversations.list": Method(every),
    "conversations.members": Method(members),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
    "conversations.join": Method(join),
    "conversations.setTopic": Method(set_topic),
    "conversations.setPurpose": Method(set_purpose),
    "conversations.archive": Method(archive),
    "pins.add": Method(pin, ("pins:write",)),
    "pins.remove": Method(unpin, ("pins:write",)),
    "pins.list": Method(pins, ("pins:read",)),
}
