"""Block Kit as HTML, close to how Slack's own clients lay it out. Needs no workspace and no server.

`document` is a page with one message, `form_document` one with a form or a home tab, to look at or to measure: their
boxes are ``article .body``, and ``.modal`` or ``.home``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from bot.drill.fakes.slack import mrkdwn, payloads
from bot.drill.fakes.slack.reading import texts
from bot.drill.fakes.slack.records import BOT_USER, Json
from bot.phrases.practice import typed as typed_as

_HERE = Path(__file__).parent
_ENVIRONMENT = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True)
_CODE = re.compile(r"(```|`)(.+?)\1", re.DOTALL)
_IN_SLACK = re.compile(
    r"https://(?:[a-z0-9-]+\.)?slack\.com/(?:app_redirect\?channel=|archives/)(\w+)(?:/p(\d{10})(\d{6}))?"
)


def render(template: str, **given: Any) -> str:
    """One of the templates, filled in."""
    return _ENVIRONMENT.get_template(template).render(**given)


def style() -> Markup:
    return Markup((_HERE / "templates" / "workspace.css").read_text())  # our own file


def key(*parts: str) -> str:
    """An id for an HTML element, the same for the same parts: Slack's own ids may hold any character."""
    return f"k{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def block_key(where: Json, block: Json) -> str:
    """An id for a block: the same while its words are the same, with any numbers. Slack makes a new block_id each time
    that a message is drawn.
    """
    letters = re.sub(r"[\W\d_]", "", "".join(texts(block)))
    return key(str(where.get("ts") or where["id"]), block["type"], letters)


def field(block: Json, element: Json) -> str:
    """The name of a form field: it stays the same when the form is drawn again with other fields before it."""
    return json.dumps([block["block_id"], element["action_id"]])


def typed(view: Json, block: Json, element: Json) -> list[str]:
    """What an input holds now, as form values."""
    kept = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"])
    state = kept or payloads.initial_state(element)
    held: list[str] = []
    for name, content in state.items():
        for item in [] if name == "type" or content is None else content if isinstance(content, list) else [content]:
            if name == "selected_date_time":
                held.append(f"{datetime.fromtimestamp(item, UTC):%Y-%m-%dT%H:%M}")
            else:
                held.append(str(item["value"] if isinstance(item, dict) else item))
    return held


def clock(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC):%H:%M}"


def tools(
    users: Mapping[str, Json], channels: Mapping[str, Json], user: Json | None, channel: Json | None,
    *, errors: Mapping[str, str], offered: Callable[[Json, Json], list[Json]], folder: str = "", view: str = "",
) -> SimpleNamespace:  # fmt: skip
    """The functions for the templates of blocks: seen by `user`, in `channel`. `errors` are by block_id. With the
    `folder` of a drill, commands in code are shown as they have to be typed. A link out of the open `view` closes it.
    """

    def address(there: str, ts: str = "") -> str:
        at = f"#m{ts}" if ts else ""
        done = f"&close={view}" if view else ""
        return f"/_fake/?as={user['id'] if user else ''}&channel={there}{done}{at}"

    def followed(url: str) -> str:
        """A link as it is to be followed here: what leads into Slack leads to this workspace's page, in a drill also
        where it names a channel that `user` is not in.
        """
        if (found := _IN_SLACK.match(url)) and (folder or found[1] in channels):
            return address(found[1], f"{found[2]}.{found[3]}" if found[2] else "")
        return url if url.startswith(("https://", "http://", "mailto:")) else "#"

    def command(text: str) -> str:
        return typed_as(text, folder, user["name"]) if folder and user else text

    return SimpleNamespace(
        mrkdwn=lambda text: mrkdwn.render(_commands(text, command), users, channels, followed, address),
        command=command, plain=lambda text: mrkdwn.emoji(_commands(text, command)),
        emoji=mrkdwn.emoji, date=mrkdwn.date, lines=mrkdwn.lines, clock=clock,
        key=key, block_key=block_key, field=field, typed=typed,
        users=users, channels=channels, user=user, channel=channel, errors=errors, offered=offered, address=address,
        followed=followed, people=[found for found in users.values() if found["id"] != BOT_USER],
    )  # fmt: skip


def _commands(text: str, command: Callable[[str], str]) -> str:
    """The text in backticks, as it has to be typed."""
    return _CODE.sub(lambda found: f"{found[1]}{command(found[2])}{found[1]}", text)


def document(
    blocks: Sequence[Json], *, users: Mapping[str, Json] | None = None, channels: Mapping[str, Json] | None = None
) -> str:
    """A page with one message of the bot, made of these blocks, for any width."""
    drawing = tools(users or {}, channels or {}, None, None, errors={}, offered=lambda _view, _element: [])
    return render("message.html", tools=drawing, style=style(), message={"ts": "0.0", "blocks": _identified(blocks)})


def form_document(view: Json, offered: Sequence[Json] = ()) -> str:
    """A page with one form or home tab, as the bot gives it to Slack; `offered` are its external menus' options."""
    drawing = tools({}, {}, None, None, errors={}, offered=lambda _view, _element: list(offered))
    drawn = {**view, "id": "V0", "hash": "0", "state": {"values": {}}, "blocks": _identified(view["blocks"])}
    return render("form.html", tools=drawing, style=style(), view=drawn)


def _identified(blocks: Sequence[Json]) -> list[Json]:
    """With the block_ids that Slack would add."""
    return [{"block_id": f"block-{number}", **block} for number, block in enumerate(blocks)]
