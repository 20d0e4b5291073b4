"""The texts in blocks: every text as one string, from any elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.drill.fakes.slack.records import Json


def texts(document: Any) -> Iterator[str]:
    """Every text object and every paragraph of rich text in a JSON document, in order: labels of buttons too."""
    match document:
        case {"type": "rich_text_section" | "rich_text_quote" | "rich_text_preformatted", "elements": list() as found}:
            yield "".join(map(_spelled, found))
        case {"type": "plain_text" | "mrkdwn", "text": str() as text}:
            yield text
        case Mapping():
            for value in document.values():
                yield from texts(value)
        case list():
            for value in document:
                yield from texts(value)


def paragraphs(blocks: list[Json]) -> Iterator[str]:
    """The texts of the blocks that are there to be read: no labels, no fields."""
    for block in blocks:
        if block.get("type") in {"rich_text", "section", "header", "context"}:
            yield from texts({key: value for key, value in block.items() if key != "accessory"})


def read(blocks: list[Json]) -> str:
    """All texts, one a line."""
    return "\n".join(texts(blocks))


def _spelled(element: Json) -> str:
    """Strong words in asterisks, code in backticks, as people would type them."""
    style = element.get("style") or {}
    match element.get("type"):
        case "user":
            return f"<@{element.get('user_id', '')}>"
        case "channel":
            return f"<#{element.get('channel_id', '')}>"
        case "link":
            return str(element.get("text") or element.get("url", ""))
        case "date":
            return str(element.get("fallback", ""))
        case _:
            text = str(element.get("text", ""))
            code = f"`{text}`" if style.get("code") else text
            return f"*{code}*" if style.get("bold") else code
