"""chat.* and answers to a response_url. Source: docs.slack.dev, reference/methods and interactivity."""

from __future__ import annotations

from typing import Any

from bot.drill.fakes.slack import elements
from bot.drill.fakes.slack.call import ApiError, Call, Method, kind_of
from bot.drill.fakes.slack.limits import check_message
from bot.drill.fakes.slack.records import (
    BOT_USER,
    RESPONSE_URL_SECONDS,
    RESPONSE_URL_USES,
    TEAM_DOMAIN,
    Channel,
    Json,
)
from bot.drill.fakes.slack.workspace import Workspace

TEXT_LIMIT = 40_000


def checked_blocks(workspace: Workspace, blocks: Any) -> list[Json] | None:
    """The blocks with the ids that Slack adds where an app gave none. ApiError ``invalid_blocks`` for bad ones."""
    if blocks is None:
        return None
    problems = check_message(blocks)
    if problems:
        raise ApiError("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    return with_ids(workspace, blocks)


def with_ids(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Fills in block_id and action_id, as Slack does."""
    return [_with_ids(workspace, block) for block in blocks]


def _with_ids(workspace: Workspace, block: Json) -> Json:
    def identified(element: Json) -> Json:
        interactive = element.get("type") in elements.ELEMENT_KEYS
        return {"action_id": workspace.new_id("act"), **element} if interactive else element

    done = {"block_id": workspace.new_id("blk"), **block}
    for name in ("accessory", "element"):
        if name in done:
            done[name] = identified(done[name])
    if done["type"] in {"actions", "context"}:
        done["elements"] = [identified(element) for element in done["elements"]]
    return done


def _content(call: Call) -> Json:
    blocks = checked_blocks(call.workspace, call.structure("blocks"))
    text = call.text("text")
    if len(text) > TEXT_LIMIT:
        raise ApiError("msg_too_long")
    metadata = call.structure("metadata")
    if metadata:
        event_type = metadata.get("event_type") if isinstance(metadata, dict) else None
        if not event_type or not isinstance(metadata.get("event_payload"), dict):
            raise ApiError("invalid_metadata_format")
    return {"text": text, "blocks": blocks, "metadata": metadata}


def _writable(call: Call) -> Channel:
    channel = call.channel()
    public = kind_of(channel) == "public" and "chat:write.public" in call.scopes
    if BOT_USER not in channel.members and not public:
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def post_message(call: Call) -> Json:
    channel, content = _writable(call), _content(call)
    if not content["text"] and not content["blocks"]:
        raise ApiError("no_text")
    thread = call.text("thread_ts") or None
    if thread is not None and channel.message(thread) is None:
        raise ApiError("thread_not_found")
    call.unthrottled(channel.id)
    message = call.workspace.post(channel, BOT_USER, content | {"thread_ts": thread})
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def update(call: Call) -> Json:
    channel, content, message = _writable(call), _content(call), _own_message(call, "update")
    if not content["text"] and content["blocks"] is None:
        raise ApiError("no_text")
    call.unthrottled(channel.id)
    _replace(call.workspace, message, content)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}


def _replace(workspace: Workspace, message: Json, content: Json) -> None:
    """Blocks and metadata that are not given stay; empty ones are removed. Source: chat.update, arguments."""
    message |= {key: value for key, value in content.items() if value is not None}
    for name in ("blocks", "metadata"):
        if not message.get(name):
            message.pop(name, None)
    message["edited"] = {"user": BOT_USER, "ts": f"{workspace.clock():.6f}"}
    workspace.version += 1


def delete(call: Call) -> Json:
    channel, message = call.channel(), _own_message(call, "delete")
    channel.messages.remove(message)
    channel.pins = [pin for pin in channel.pins if pin["ts"] != message["ts"]]
    call.workspace.version += 1
    return {"channel": channel.id, "ts": message["ts"]}


def _own_message(call: Call, verb: str) -> Json:
    message = call.channel().message(call.text("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message["user"] != BOT_USER:
        raise ApiError(f"cant_{verb}_message")
    return message


def post_ephemeral(call: Call) -> Json:
    channel, content, user = _writable(call), _content(call), call.text("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    if not content["text"] and not content["blocks"]:
        raise ApiError("no_text")
    message = call.workspace.post(channel, BOT_USER, content | {"ephemeral_to": user})
    return {"message_ts": message["ts"]}


def get_permalink(call: Call) -> Json:
    channel, ts = call.channel(), call.text("message_ts")
    if channel.message(ts) is None:
        raise ApiError("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def answer(workspace: Workspace, token: str, body: Json) -> tuple[int, str]:
    """Carries out a POST to a response_url; HTTP status and body. Five uses within thirty minutes."""
    url = workspace.response_urls.get(token)
    if url is None or workspace.clock() - url.issued > RESPONSE_URL_SECONDS:
        return 404, "expired_url"
    if url.uses >= RESPONSE_URL_USES:
        return 404, "used_url"
    url.uses += 1
    try:
        show_answer(workspace, workspace.channels[url.channel], url.user, body, url.ts)
    except ApiError as refusal:
        return 400, refusal.code
    return 200, "ok"


def show_answer(workspace: Workspace, channel: Channel, user: str, body: Json, ts: str | None) -> None:
    """Shows what an app answered to `user`, in place of the message `ts` if it asks for that."""
    content = {"text": body.get("text", ""), "blocks": checked_blocks(workspace, body.get("blocks"))}
    every = [*channel.messages, *channel.ephemerals]
    source = next((message for message in every if message["ts"] == ts), None)
    if source is not None and body.get("delete_original"):
        holder = channel.ephemerals if source in channel.ephemerals else channel.messages
        holder.remove(source)
        workspace.version += 1
        return
    if source is not None and body.get("replace_original"):
        _replace(workspace, source, content | {"blocks": content["blocks"] or []})
        return
    if not content["text"] and not content["blocks"]:
        raise ApiError("no_text")
    thread = {"thread_ts": body.get("thread_ts")}
    to = {} if body.get("response_type") == "in_channel" else {"ephemeral_to": user}
    workspace.post(channel, BOT_USER, content | thread | to)


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink),
}
