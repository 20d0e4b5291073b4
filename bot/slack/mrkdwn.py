"""Text in Slack's mrkdwn: what people typed is made harmless, times are shown in each reader's own zone.

Slack's mrkdwn has no backslash. `&`, `<` and `>` become entities (source: docs.slack.dev, messaging/formatting-message-
text); marks that would style the text become their look-alikes, except inside a word, where Slack ignores them itself.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

ELLIPSIS = "…"
_JOINER = "\u2060"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_MARK = re.compile(r"(?<!\w)[*_~`]|[*_~`](?!\w)|`")
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")
_BROKEN_END = re.compile(r"&[a-z]{0,4}$|<[^>]*$")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text without control characters and without those that turn the reading direction round."""
    return "".join(
        char for char in text if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in _BIDI)
    )


def escape(text: str) -> str:
    """People's text on one line of mrkdwn, shown as typed: no mentions, links, styles, quotes, emoji codes."""
    line = " ".join(printable(text).split())
    line = _EMOJI.sub(":" + _JOINER, _MARK.sub(lambda mark: _LOOKALIKES[mark[0]], line))
    # A broadcast needs Slack's own <!here>; the bare word only frightens, and only some clients link it.
    line = re.sub(r"@(?=here\b|channel\b|everyone\b)", "@" + _JOINER, line)
    escaped = "".join(_ENTITIES.get(char, char) for char in line)
    return _JOINER + escaped if escaped.startswith("&gt;") else escaped


def authored(text: str) -> str:
    """Text from our own files (a playbook's guide): its lines and its emphasis stay, mentions and links do not."""
    return "".join(_ENTITIES.get(char, char) for char in printable(text)).strip()


def code(text: str) -> str:
    """A name or command in fixed width. Nothing inside is styled; a backtick would end it."""
    line = " ".join(printable(text).split()).replace("`", _LOOKALIKES["`"])
    return "`" + "".join(_ENTITIES.get(char, char) for char in line) + "`"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters; a cut ends in an ellipsis and never inside an entity or one of Slack's `<…>`."""
    if len(text) <= limit:
        return text
    return _BROKEN_END.sub("", text[: limit - 1]) + ELLIPSIS


def moment(at: datetime, *, seconds: bool = False) -> str:
    """A time in the reader's own zone. Readers of other programs see it in UTC."""
    token, spelled = ("{time_secs}", f"{at:%H:%M:%S} UTC") if seconds else ("{time}", f"{at:%H:%M} UTC")
    return f"<!date^{int(at.timestamp())}^{token}|{spelled}>"


def day_and_time(at: datetime) -> str:
    """The same with its date, for what is not today's."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def span(length: timedelta | float) -> str:
    """A duration as people say it: ``42 s``, ``4 min 12 s``, ``3 h 5 min``, ``2 d 4 h``."""
    total = round(length.total_seconds() if isinstance(length, timedelta) else length)
    days, rest = divmod(max(total, 0), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    pairs = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((index for index, (number, _) in enumerate(pairs) if number), 3)
    return " ".join(f"{number} {unit}" for number, unit in pairs[first : first + 2] if number) or "0 s"


def count(number: int, word: str, several: str = "") -> str:
    """``1 task``, ``3 tasks``."""
    return f"{number} {word if number == 1 else several or word + 's'}"
