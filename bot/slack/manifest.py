"""The app's manifest, for `https://api.slack.com/apps` → From a manifest. It asks for what the code uses and no more.

Source: docs.slack.dev, reference/app-manifest.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from bot.slack.actions import SHORTCUTS
from bot.slack.gateway import DIRECT, PUBLIC, SCOPES
from bot.slack.ingress import PATH
from bot.slack.listeners.commands import COMMAND


def scopes() -> list[str]:
    """Those of the Web API methods that the gateway calls, and `commands` for slash command and shortcut."""
    return sorted({scope for scope in SCOPES.values() if scope is not None} | DIRECT | PUBLIC | {"commands"})


def link() -> str:
    """The address that makes the app from the manifest for Socket Mode. Source: coder/blink, slack-manifest.ts."""
    text = json.dumps(manifest(None, socket=True), separators=(",", ":"))
    return f"https://api.slack.com/apps?new_app=1&manifest_json={quote(text, safe='')}"


def manifest(url: str | None, *, socket: bool) -> dict[str, Any]:
    """The manifest as JSON. `url` is where Slack reaches the bot (``https://bot.example.com``, with or without the path
    of its requests); Socket Mode needs none.

    ValueError: neither a URL nor Socket Mode.
    """
    if url is None and not socket:
        raise ValueError("without Socket Mode Slack needs the bot's URL")
    address = {} if socket or url is None else {"request_url": f"{url.rstrip('/').removesuffix(PATH)}{PATH}"}
    command = {
        "command": COMMAND,
        "description": "Declare a leaked secret, or look at an incident",
        "usage_hint": "[list | show INCIDENT | help]",
        "should_escape": False,
    }
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Compromise",
            "description": "Takes a team from a leaked secret to a dead key.",
            "background_color": "#7a1020",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "compromise", "always_online": True},
            "slash_commands": [command | ({"url": address["request_url"]} if address else {})],
            "shortcuts": [
                {"name": each.name, "type": each.type, "callback_id": each.id, "description": each.description}
                for each in SHORTCUTS
            ],
        },
        "oauth_config": {"scopes": {"bot": scopes()}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened"], **address},
            "interactivity": {
                "is_enabled": True,
                **address,
                **({"message_menu_options_url": address["request_url"]} if address else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }
