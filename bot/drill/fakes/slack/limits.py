"""Block Kit's documented limits. Source: docs.slack.dev, reference/block-kit (blocks, block elements, composition
objects) and reference/views; messages are worded like Slack's, with a JSON pointer to the culprit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.drill.fakes.slack import elements
from bot.drill.fakes.slack.elements import Problem, keys, length, text
from bot.drill.fakes.slack.records import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
BLOCK_KEYS = {
    "section": {"text", "fields", "accessory", "expand"},
    "divider": set[str](),
    "header": {"text"},
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "alt_text", "title", "slack_file"},
    "input": {"label", "element", "dispatch_action", "hint", "optional"},
    "rich_text": {"elements"},
    "markdown": {"text"},
    "video": {"alt_text", "author_name", "description", "provider_icon_url", "provider_name", "title", "title_url",
              "thumbnail_url", "video_url"},
    "table": {"rows", "column_settings"},
}  # fmt: skip
RICH_BLOCKS = dict.fromkeys(
    ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"), "elements"
)
RICH_ELEMENTS = {"text": "text", "link": "url", "user": "user_id", "channel": "channel_id", "emoji": "name",
                 "usergroup": "usergroup_id", "broadcast": "range", "color": "value", "date": "timestamp"}  # fmt: skip
DATE_TOKENS = frozenset({
    "day_divider_pretty", "date_num", "date_slash", "date_long", "date_long_full", "date_long_pretty", "date",
    "date_pretty", "date_short", "date_short_pretty", "time", "time_secs", "ago",
})  # fmt: skip
"""What a date element's format may name. Source: docs.slack.dev, block-kit/block-elements/date-element."""
VIEW_KEYS = {"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close",
             "notify_on_close", "external_id", "submit_disabled"}  # fmt: skip


def check_message(blocks: Any) -> list[str]:
    """What Slack would object to in a message's blocks; empty if nothing."""
    return [str(problem) for problem in _blocks(blocks, "/blocks", MESSAGE_BLOCKS)]


def check_view(view: Any) -> list[str]:
    """What Slack would object to in a modal or home tab; empty if nothing."""
    return [str(problem) for problem in _view(view)]


def _view(view: Any) -> Iterator[Problem]:
    if not isinstance(view, dict):
        yield Problem("must be an object", "/view")
        return
    yield from keys(view, VIEW_KEYS, "/view")
    blocks = view.get("blocks")
    match view.get("type"):
        case "modal":
            yield from text(view.get("title"), "/view/title", 24, plain=True)
            for name in ("submit", "close"):
                if name in view:
                    yield from text(view[name], f"/view/{name}", 24, plain=True)
            inputs = isinstance(blocks, list) and any(
                isinstance(block, dict) and block.get("type") == "input" for block in blocks
            )
            if inputs and "submit" not in view:
                yield Problem("`submit` is required when an `input` block is within `blocks`", "/view/submit")
        case "home":
            pass
        case other:
            yield Problem(f"unsupported view type: {other}", "/view/type")
    yield from length(view.get("private_metadata", ""), "/view/private_metadata", 3000, least=0)
    yield from length(view.get("callback_id", ""), "/view/callback_id", 255, least=0)
    yield from length(view.get("external_id", ""), "/view/external_id", 255, least=0)
    yield from _blocks(blocks, "/view/blocks", VIEW_BLOCKS)


def _blocks(blocks: Any, at: str, most: int) -> Iterator[Problem]:
    if not isinstance(blocks, list):
        yield Problem("missing required field: blocks" if blocks is None else "must be an array", at)
        return
    if len(blocks) > most:
        yield Problem(f"no more than {most} items allowed [{len(blocks)}]", at)
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        yield from _block(block, f"{at}/{index}", in_view=at.startswith("/view"))
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(block_id, str):
            if block_id in seen:
                yield Problem(f"`block_id` {block_id} already exists", f"{at}/{index}/block_id")
            seen.add(block_id)


def _block(block: Any, at: str, *, in_view: bool) -> Iterator[Problem]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCK_KEYS or (in_view and kind in {"markdown", "table"}):
        yield Problem(f"unsupported type: {kind}", f"{at}/type")
        return
    yield from keys(block, BLOCK_KEYS[kind] | {"type", "block_id"}, at)
    if "block_id" in block:
        yield from length(block["block_id"], f"{at}/block_id", 255)
    match kind:
        case "section":
            yield from _section(block, at)
        case "header":
            yield from text(block.get("text"), f"{at}/text", 150, plain=True)
        case "context":
            yield from _context(block, at)
        case "actions":
            yield from _actions(block, at)
        case "image":
            yield from _image(block, at)
        case "input":
            yield from _input(block, at)
        case "markdown":
            yield from length(block.get("text"), f"{at}/text", 12_000)
        case "rich_text":
            yield from _rich_text(block.get("elements"), f"{at}/elements", RICH_BLOCKS)
        case "table":
            if not isinstance(block.get("rows"), list):
                yield Problem("missing required field", at)
        case _:
            pass


def _rich_text(elements: Any, at: str, allowed: Mapping[str, str]) -> Iterator[Problem]:
    """`allowed` maps each kind of element to the field that it cannot be without."""
    if not isinstance(elements, list):
        yield Problem("missing required field", at)
        return
    for index, element in enumerate(elements):
        kind = str(element.get("type") if isinstance(element, dict) else None)
        if kind not in allowed:
            yield Problem(f"unsupported type: {kind}", f"{at}/{index}/type")
        elif not element.get(allowed[kind]):
            yield Problem("missing required field", f"{at}/{index}/{allowed[kind]}")
        elif kind == "date" and (odd := _odd_tokens(element)):
            yield Problem(f"unknown date tokens: {odd}", f"{at}/{index}/format")
        elif allowed[kind] == "elements":
            inner = RICH_BLOCKS if kind == "rich_text_list" else RICH_ELEMENTS
            yield from _rich_text(element["elements"], f"{at}/{index}/elements", inner)


def _odd_tokens(element: Json) -> str:
    tokens = re.findall(r"\{(\w*)\}", str(element.get("format", "")))
    return ", ".join(token for token in tokens if token not in DATE_TOKENS)


def _section(block: Json, at: str) -> Iterator[Problem]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield Problem("one of `text` or `fields` is required", at)
    if "text" in block:
        yield from text(block["text"], f"{at}/text", 3000)
    if fields is not None:
        yield from _count(fields, f"{at}/fields", 10)
        for index, field in enumerate(fields if isinstance(fields, list) else []):
            yield from text(field, f"{at}/fields/{index}", 2000)
    if "accessory" in block:
        accessory = block["accessory"]
        if isinstance(accessory, dict) and accessory.get("type") == "image":
            yield from _image(accessory, f"{at}/accessory")
        else:
            yield from elements.check(accessory, f"{at}/accessory", elements.IN_ACCESSORY)


def _context(block: Json, at: str) -> Iterator[Problem]:
    yield from _count(block.get("elements"), f"{at}/elements", 10)
    for index, element in enumerate(block.get("elements") or []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, f"{at}/elements/{index}")
        else:
            yield from text(element, f"{at}/elements/{index}", 3000)


def _actions(block: Json, at: str) -> Iterator[Problem]:
    yield from _count(block.get("elements"), f"{at}/elements", 25)
    seen: set[str] = set()
    for index, element in enumerate(block.get("elements") or []):
        yield from elements.check(element, f"{at}/elements/{index}", elements.IN_ACTIONS)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                yield Problem(f"`action_id` {action_id} already exists", f"{at}/elements/{index}/action_id")
            seen.add(action_id)


def _image(image: Json, at: str) -> Iterator[Problem]:
    if "slack_file" not in image:
        yield from length(image.get("image_url"), f"{at}/image_url", 3000)
    yield from length(image.get("alt_text"), f"{at}/alt_text", 2000)
    if "title" in image:
        yield from text(image["title"], f"{at}/title", 2000, plain=True)


def _input(block: Json, at: str) -> Iterator[Problem]:
    yield from text(block.get("label"), f"{at}/label", 2000, plain=True)
    if "hint" in block:
        yield from text(block["hint"], f"{at}/hint", 2000, plain=True)
    yield from elements.check(block.get("element"), f"{at}/element", elements.IN_INPUT)


def _count(items: Any, at: str, most: int) -> Iterator[Problem]:
    if not isinstance(items, list) or not items:
        yield Problem("must have at least one item", at)
    elif len(items) > most:
        yield Problem(f"no more than {most} items allowed [{len(items)}]", at)


def check_channel_name(name: str) -> str | None:
    """Slack's error code for a channel name that it refuses. Source: conversations.create, errors."""
    if not name:
        return "invalid_name_required"
    if len(name) > 80:
        return "invalid_name_maxlength"
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        return "invalid_name_specials"
    return None if re.search(r"[^\W_]", name) else "invalid_name_punctuation"
