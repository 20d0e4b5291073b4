"""Interaction payloads as Slack builds them from what it has stored, and values for each kind of input.

Source: docs.slack.dev, reference/interaction-payloads and interactivity/implementing-slash-commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.drill.fakes.slack.elements import STATEFUL, TEXTS, options_of
from bot.drill.fakes.slack.records import Json

type Value = str | int | Sequence[str] | None
type Values = Mapping[str | tuple[str, str], Value]  # by action_id, or by (block_id, action_id)

type Offer = Callable[[Found, str], list[Json]]  # (external select, what was typed) -> its options

_REFERENCES = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", "initial_files"),
}
_SEVERAL = {"checkboxes", "multi_static_select", "multi_external_select"}


@dataclass(frozen=True)
class Found:
    """An interactive element and its block."""

    block: Json
    element: Json


def interactive(blocks: Sequence[Json]) -> Iterator[Found]:
    """Every element with an action_id, in the order in which a reader sees them."""
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield Found(block, element)


def find(blocks: Sequence[Json], action_id: str, value: str | None = None) -> Found:
    """The element with this action_id; among buttons the one that carries `value`, if given. LookupError if none."""
    for found in interactive(blocks):
        if found.element["action_id"] != action_id:
            continue
        if found.element["type"] == "button" and value is not None and found.element.get("value") != value:
            continue
        return found
    raise LookupError(f"nothing with action_id {action_id!r}" + (f" and value {value!r}" if value is not None else ""))


def initial_state(element: Json) -> Json:
    """What an input holds before anyone touched it."""
    kind = element["type"]
    if kind in TEXTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _REFERENCES:
        selected, initial = _REFERENCES[kind]
        return {"type": kind, selected: element.get(initial, [] if kind.startswith("multi") else None)}
    if kind in _SEVERAL:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    return {"type": kind, "selected_option": element.get("initial_option")}


def entered(found: Found, value: Value, offer: Offer) -> Json:
    """What an input holds once a person has entered `value`. LookupError for an option that is not offered."""
    kind = found.element["type"]
    if kind in TEXTS:
        return {"type": kind, "value": None if value in (None, "") else str(value)}
    if kind in _REFERENCES:
        return {"type": kind, _REFERENCES[kind][0]: value if isinstance(value, str | int | None) else list(value)}
    if kind in _SEVERAL:
        several = [value] if isinstance(value, str) else [str(item) for item in _sequence(value)]
        return {"type": kind, "selected_options": [_option(found, item, offer) for item in several]}
    return {"type": kind, "selected_option": None if value in (None, "") else _option(found, str(value), offer)}


def _sequence(value: Value) -> Sequence[str]:
    return [] if value is None or isinstance(value, str | int) else value


def _option(found: Found, value: str, offer: Offer) -> Json:
    external = found.element["type"].endswith("external_select")
    offered = [*offer(found, value), *offer(found, "")] if external else options_of(found.element)
    for option in offered:
        if option["value"] == value:
            return option
    raise LookupError(f"{found.element['action_id']} offers no option with value {value!r}")


def is_empty(state: Json) -> bool:
    return all(content in (None, "", []) for key, content in state.items() if key != "type")


def state_values(blocks: Sequence[Json], kept: Mapping[str, Json], values: Values, offer: Offer) -> dict[str, Json]:
    """``state.values`` once `values` were entered over what was `kept`. LookupError for a field that is not there."""
    state: dict[str, Json] = {}
    left = set(values)
    for found in interactive(blocks):
        if found.element["type"] not in STATEFUL:
            continue
        block_id, action_id = found.block["block_id"], found.element["action_id"]
        key = next((key for key in ((block_id, action_id), action_id) if key in left), None)
        if key is None:
            now = kept.get(block_id, {}).get(action_id) or initial_state(found.element)
        else:
            left.discard(key)
            now = entered(found, values[key], offer)
        state.setdefault(block_id, {})[action_id] = now
    if left:
        raise LookupError(f"no such field: {', '.join(map(str, left))}")
    return state


def refused(blocks: Sequence[Json], state: Mapping[str, Json]) -> dict[str, str]:
    """By block_id what Slack's own form says of a field, which is not sent while there is anything."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input" and (why := _why_refused(block, state[block["block_id"]])):
            found[block["block_id"]] = why
    return found


def _why_refused(block: Json, values: Json) -> str:
    element, held = block["element"], values[block["element"]["action_id"]]
    if is_empty(held):
        return "" if block.get("optional") else "Please complete this required field."
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    length = len(held["value"]) if element["type"] in TEXTS else least
    return "" if least <= length <= most else f"{length} characters: allowed are {least} to {most}."


def action(found: Found, state: Json | None, at: str) -> Json:
    """The entry in ``actions`` for an element that was used; `state` is what an input now holds."""
    element = found.element
    shown = {key: element[key] for key in ("text", "value", "style", "placeholder") if key in element}
    entry = {"action_id": element["action_id"], "block_id": found.block["block_id"], "type": element["type"]}
    return entry | shown | (state or {}) | {"action_ts": at}


def channel_shown(channel: Json) -> Json:
    """Payloads name a private channel only by its kind."""
    if channel["is_im"]:
        return {"id": channel["id"], "name": "directmessage"}
    return {"id": channel["id"], "name": "privategroup" if channel["is_private"] else channel["name"]}
