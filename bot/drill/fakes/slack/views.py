"""views.*: modals and home tabs, and what an app's answer to a submission does to them.

Source: docs.slack.dev, reference/methods/views.* and surfaces/modals.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.drill.fakes.slack.call import ApiError, Call, Method
from bot.drill.fakes.slack.chat import with_ids
from bot.drill.fakes.slack.limits import VIEW_BYTES, check_view
from bot.drill.fakes.slack.records import APP_ID, BOT_ID, TEAM_ID, TRIGGER_SECONDS, Json
from bot.drill.fakes.slack.workspace import Workspace

STACK_DEPTH = 3


def _checked(view: Any) -> Json:
    problems = check_view(view)
    if problems:
        raise ApiError("invalid_arguments", response_metadata={"messages": problems})
    if len(json.dumps(view)) > VIEW_BYTES:
        raise ApiError("view_too_large")
    fields: Json = view
    return fields


def _built(workspace: Workspace, view: Any, previous: Json | None, view_id: str | None = None) -> Json:
    """A whole view object; `previous` is the one it lies upon, `view_id` what it replaces."""
    fields = _checked(view)
    made = view_id or workspace.new_id("V")
    seal = hashlib.sha256(f"{made}{workspace.new_id('')}".encode()).hexdigest()[:8]
    defaults = {
        "private_metadata": "", "callback_id": "", "external_id": "", "close": None, "submit": None, "title": None,
        "clear_on_close": False, "notify_on_close": False,
    }  # fmt: skip
    return defaults | fields | {
        "id": made, "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID, "app_installed_team_id": TEAM_ID,
        "blocks": with_ids(workspace, fields["blocks"]), "state": {"values": {}},
        "hash": f"{workspace.clock():.0f}.{seal}", "root_view_id": previous["root_view_id"] if previous else made,
        "previous_view_id": previous["id"] if previous else None,
    }  # fmt: skip


def _exchange(call: Call) -> str:
    """Uses up the trigger_id; the person it belongs to."""
    trigger = call.workspace.triggers.get(call.text("trigger_id"))
    if trigger is None:
        raise ApiError("invalid_trigger_id")
    if trigger.used:
        raise ApiError("exchanged_trigger_id")
    if call.workspace.clock() - trigger.issued > TRIGGER_SECONDS:
        raise ApiError("expired_trigger_id")
    _checked(call.structure("view"))
    trigger.used = True
    return trigger.user


def open_modal(call: Call) -> Json:
    user = _exchange(call)
    view = _built(call.workspace, call.structure("view"), None)
    call.workspace.stacks[user] = [view]
    call.workspace.version += 1
    return {"view": view}


def push(call: Call) -> Json:
    user = _exchange(call)
    return {"view": push_upon(call.workspace, user, call.structure("view"))}


def push_upon(workspace: Workspace, user: str, fields: Any) -> Json:
    stack = workspace.stacks.get(user, [])
    if not stack:
        raise ApiError("not_found")
    if len(stack) >= STACK_DEPTH:
        raise ApiError("push_limit_reached")
    view = _built(workspace, fields, stack[-1])
    stack.append(view)
    workspace.version += 1
    return view


def update(call: Call) -> Json:
    external = call.text("external_id")
    every = [view for stack in call.workspace.stacks.values() for view in stack]
    current = next((v for v in every if v["id"] == call.text("view_id") or (external and v["external_id"] == external)),
                   None)  # fmt: skip
    if current is None:
        raise ApiError("not_found")
    if call.text("hash") and call.text("hash") != current["hash"]:
        raise ApiError("hash_conflict")
    return {"view": replace(call.workspace, current, call.structure("view"))}


def replace(workspace: Workspace, current: Json, fields: Any) -> Json:
    """Puts new fields into an open view; what was typed into blocks that remain is kept, as Slack does."""
    typed = current["state"]["values"]
    previous = {"root_view_id": current["root_view_id"], "id": current["previous_view_id"]}
    view = _built(workspace, fields, previous if current["previous_view_id"] else None, current["id"])
    remaining = {block["block_id"] for block in view["blocks"]}
    view["state"]["values"] = {block: values for block, values in typed.items() if block in remaining}
    current.clear()
    current.update(view)
    workspace.view_errors.pop(view["id"], None)
    workspace.version += 1
    return current


def publish(call: Call) -> Json:
    user = call.text("user_id")
    if user not in call.workspace.users:
        raise ApiError("user_not_found")
    fields = call.structure("view")
    if isinstance(fields, dict) and fields.get("type") != "home":
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] a published view is a home tab"]})
    current = call.workspace.homes.get(user)
    if current is not None and call.text("hash") and call.text("hash") != current["hash"]:
        raise ApiError("hash_conflict")
    view = _built(call.workspace, fields, None, current["id"] if current else None)
    call.workspace.homes[user] = view
    call.workspace.version += 1
    return {"view": view}


def close(workspace: Workspace, view_id: str) -> None:
    """The modal goes; the one below it is seen again."""
    for user, stack in workspace.stacks.items():
        workspace.stacks[user] = [view for view in stack if view["id"] != view_id]
    workspace.view_errors.pop(view_id, None)
    workspace.version += 1


def dismiss(workspace: Workspace, view_id: str) -> None:
    """Someone closes a modal: with `clear_on_close` those below it close too."""
    user, view = workspace.owner_of(view_id), workspace.view(view_id)
    if user is not None and view is not None and view["clear_on_close"]:
        workspace.stacks[user] = []
    close(workspace, view_id)


def acknowledge(workspace: Workspace, view_id: str, body: Mapping[str, Any]) -> None:
    """Does what an app's answer to a view_submission says. ApiError where a person would see Slack complain."""
    user, view = workspace.owner_of(view_id), workspace.view(view_id)
    if user is None or view is None:
        raise ApiError("not_found")
    workspace.view_errors.pop(view_id, None)
    match body.get("response_action"):
        case None:
            close(workspace, view_id)
        case "clear":
            workspace.stacks[user] = []
        case "errors":
            errors = body.get("errors")
            inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
            if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
                raise ApiError("errors_name_no_input_block")
            workspace.view_errors[view_id] = {str(block): str(message) for block, message in errors.items()}
            workspace.sent_back.extend(workspace.view_errors[view_id].values())
        case "update":
            replace(workspace, view, body.get("view"))
        case "push":
            push_upon(workspace, user, body.get("view"))
        case other:
            raise ApiError("unknown_response_action", response_action=str(other))
    workspace.version += 1


METHODS = {
    "views.open": Method(open_modal),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
