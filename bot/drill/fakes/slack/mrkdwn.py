"""Slack's mrkdwn as HTML, everything escaped. Source: docs.slack.dev, messaging/formatting-message-text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from markupsafe import Markup, escape

from bot.drill.fakes.slack.emoji import EMOJI
from bot.drill.fakes.slack.records import Json

_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_LINK = re.compile(r"&lt;([@#!]?)([^|&]*(?:&(?:amp|quot|#x27);[^|&]*)*)(?:\|(.*?))?&gt;")
_STYLES = (("*", "strong"), ("_", "em"), ("~", "s"))


def emoji(text: str) -> str:
    """Replaces the emoji codes that are known here; others stay as they are."""
    return re.sub(r":([a-z0-9_+-]+):", lambda match: EMOJI.get(match[1], match[0]), text)


def _as_it_is(url: str) -> str:
    return url


def render(
    text: str, users: Mapping[str, Json], channels: Mapping[str, Json], followed: Callable[[str], str] = _as_it_is,
    address: Callable[[str], str] | None = None,
) -> Markup:  # fmt: skip
    """Mrkdwn to HTML. `users` and `channels` give names to mentions, by id; `followed` says where a link leads,
    `address` where a channel stands, if it can be opened.
    """
    kept: list[str] = []

    def keep(fragment: str) -> str:
        kept.append(fragment)
        return f"\x00{len(kept) - 1}\x00"

    def code(match: re.Match[str]) -> str:
        plain = escape(html.unescape(match[1] or match[2]))
        return keep(f"<pre>{plain.strip()}</pre>" if match[1] else f"<code>{plain}</code>")

    coded = _CODE.sub(code, text.replace("\x00", ""))
    # Apps escape &, < and >; what is left of < and > then is Slack's own markup.
    escaped = html.escape(_unescape_entities(coded), quote=True)
    escaped = _LINK.sub(lambda match: keep(_link(match, users, channels, followed, address)), escaped).replace(
        "\x01", "&lt;"
    )
    escaped = escaped.replace("\x02", "&gt;").replace("\x03", "&amp;")
    for mark, tag in _STYLES:
        sign = re.escape(mark)
        styled = rf"(?<![\w{sign}]){sign}(?=\S)([^{sign}\n]+?)(?<=\S){sign}(?![\w{sign}])"
        escaped = re.sub(styled, rf"<{tag}>\1</{tag}>", escaped)
    quoted = re.sub(r"^&gt; ?(.*)$", r"<blockquote>\1</blockquote>", emoji(escaped), flags=re.MULTILINE)
    broken = quoted.replace("\n", "<br>").replace("</blockquote><br>", "</blockquote>")
    return Markup(re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], broken))


def _unescape_entities(text: str) -> str:
    """Sets an app's own entities aside, so that they are not taken for markup."""
    bare = text.replace("\x01", "").replace("\x02", "").replace("\x03", "")
    return bare.replace("&lt;", "\x01").replace("&gt;", "\x02").replace("&amp;", "\x03")


def _link(
    match: re.Match[str], users: Mapping[str, Json], channels: Mapping[str, Json], followed: Callable[[str], str],
    address: Callable[[str], str] | None,
) -> str:  # fmt: skip
    sign, target, label = match[1], match[2].replace("\x03", "&amp;"), match[3]
    match sign:
        case "@":
            return _mention(f"@{escape(users.get(target, {}).get('name', target))}")
        case "#" if target in channels and address is not None:
            return f'<a class="mention" href="{escape(address(target))}">#{escape(channels[target]["name"])}</a>'
        case "#":
            return _mention(f"#{escape(channels.get(target, {}).get('name', label or target))}")
        case "!" if target.startswith("date^"):
            return _special(target, label)
        case "!":
            return _mention(_special(target, label))
        case _ if re.match(r"(?:https?|mailto):", target):
            return f'<a href="{html.escape(followed(html.unescape(target)))}" rel="noreferrer">{label or target}</a>'
        case _:
            return str(match[0])


def _mention(name: str) -> str:
    return f'<span class="mention">{name}</span>'


_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def _special(target: str, label: str | None) -> str:
    """``<!here>``, ``<!date^1392734382^{date} at {time}|fallback>`` and the like."""
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) >= 2 and rest[0].isdigit():
        return date(int(rest[0]), rest[1])
    return label or f"@{target}"


def _ago(at: datetime) -> str:
    """``in 9 minutes``, ``3 hours ago``: the largest unit."""
    seconds = (at - datetime.now(UTC)).total_seconds()
    size, unit = next((each for each in _UNITS if abs(seconds) >= each[0]), (1, "second"))
    count = round(abs(seconds) / size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def date(timestamp: int, template: str) -> str:
    """``{date} at {time}``, filled in, in UTC."""
    at = datetime.fromtimestamp(timestamp, UTC)
    day, clock = f"{at:%B} {at.day}, {at:%Y}", f"{at:%H:%M}"
    spelled = {
        "date_short_pretty": day, "date_short": day, "date_long": f"{at:%A}, {day}", "date_num": f"{at:%Y-%m-%d}",
        "date_pretty": day, "date": day, "time_secs": f"{at:%H:%M:%S}", "time": clock, "ago": _ago(at),
    }  # fmt: skip
    return re.sub(r"\{(\w+)\}", lambda part: spelled.get(part[1], part[0]), template)


def lines(text: str) -> Markup:
    """The text of an element of rich text: shown as it is, line by line."""
    return Markup("<br>").join(text.split("\n"))
