"""Block elements and the objects inside them: what Slack accepts. Source: docs.slack.dev, reference/block-kit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.drill.fakes.slack.records import Json

SELECTS = {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
MULTI_SELECTS = {f"multi_{kind}" for kind in SELECTS}
TEXTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
CHOICES = {"radio_buttons", "checkboxes"}
IN_ACTIONS = {"button", "overflow", *SELECTS, *MULTI_SELECTS, *PICKERS, *CHOICES}
IN_ACCESSORY = IN_ACTIONS
IN_INPUT = {*SELECTS, *MULTI_SELECTS, *TEXTS, *PICKERS, *CHOICES, "rich_text_input", "file_input"}
STATEFUL = IN_INPUT

_COMMON = {"type", "action_id", "confirm", "focus_on_load", "placeholder"}
_OPTIONED = {"options", "option_groups"}
_SHAPES = {"datepicker": ("initial_date", r"\d{4}-\d\d-\d\d"), "timepicker": ("initial_time", r"\d\d:\d\d")}
ELEMENT_KEYS: dict[str, set[str]] = {
    "button": {"type", "action_id", "confirm", "text", "url", "value", "style", "accessibility_label"},
    "overflow": {"type", "action_id", "confirm", "options"},
    "static_select": _COMMON | _OPTIONED | {"initial_option"},
    "external_select": _COMMON | {"initial_option", "min_query_length"},
    "users_select": _COMMON | {"initial_user"},
    "conversations_select": _COMMON | {"initial_conversation", "default_to_current_conversation", "filter",
                                       "response_url_enabled"},
    "channels_select": _COMMON | {"initial_channel", "response_url_enabled"},
    "multi_static_select": _COMMON | _OPTIONED | {"initial_options", "max_selected_items"},
    "multi_external_select": _COMMON | {"initial_options", "min_query_length", "max_selected_items"},
    "multi_users_select": _COMMON | {"initial_users", "max_selected_items"},
    "multi_conversations_select": _COMMON | {"initial_conversations", "default_to_current_conversation", "filter",
                                             "max_selected_items"},
    "multi_channels_select": _COMMON | {"initial_channels", "max_selected_items"},
    "radio_buttons": _COMMON - {"placeholder"} | {"options", "initial_option"},
    "checkboxes": _COMMON - {"placeholder"} | {"options", "initial_options"},
    "datepicker": _COMMON | {"initial_date"},
    "timepicker": _COMMON | {"initial_time", "timezone"},
    "datetimepicker": _COMMON - {"placeholder"} | {"initial_date_time"},
    "plain_text_input": _COMMON - {"confirm"}
    | {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"},
    "email_text_input": _COMMON - {"confirm"} | {"initial_value", "dispatch_action_config"},
    "url_text_input": _COMMON - {"confirm"} | {"initial_value", "dispatch_action_config"},
    "number_input": _COMMON - {"confirm"}
    | {"initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config"},
    "rich_text_input": _COMMON - {"confirm"} | {"initial_value", "dispatch_action_config"},
    "file_input": {"type", "action_id", "filetypes", "max_files"},
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One objection; `at` is a JSON pointer."""

    message: str
    at: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.at}]"


def length(value: Any, at: str, most: int, *, least: int = 1) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem("missing required field" if value is None else "must be a string", at)
    elif len(value) > most:
        yield Problem(f"must be less than {most + 1} characters", at)
    elif len(value) < least:
        yield Problem(f"must be more than {least - 1} characters", at)


def keys(found: Json, allowed: set[str], at: str) -> Iterator[Problem]:
    for key in found:
        if key not in allowed:
            yield Problem(f"invalid additional property: {key}", at)


def text(value: Any, at: str, most: int, *, plain: bool = False) -> Iterator[Problem]:
    """A text object of at most `most` characters."""
    if not isinstance(value, dict):
        yield Problem("missing required field" if value is None else "must be an object", at)
        return
    kind = value.get("type")
    if kind not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        yield Problem(f"unsupported text type: {kind}", f"{at}/type")
        return
    yield from keys(value, {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}, at)
    yield from length(value.get("text"), f"{at}/text", most)


def options_of(element: Json) -> list[Json]:
    """Every option of an element, groups flattened."""
    grouped = [option for group in element.get("option_groups") or [] for option in group.get("options", [])]
    return [*(element.get("options") or []), *grouped]


def check(element: Any, at: str, allowed: set[str]) -> Iterator[Problem]:
    """What Slack would object to in one interactive element."""
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in allowed:
        yield Problem(f"unsupported type: {kind}", f"{at}/type")
        return
    yield from keys(element, ELEMENT_KEYS[kind], at)
    if "action_id" in element:
        yield from length(element["action_id"], f"{at}/action_id", 255)
    if "placeholder" in element:
        yield from text(element["placeholder"], f"{at}/placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    if kind == "button":
        yield from _button(element, at)
    elif "options" in ELEMENT_KEYS[kind]:
        yield from _choices(element, at)
    elif kind == "plain_text_input":
        yield from _plain_text_input(element, at)
    elif kind in _SHAPES:
        name, shape = _SHAPES[kind]
        if name in element and not re.fullmatch(shape, str(element[name])):
            yield Problem("invalid format", f"{at}/{name}")


def _button(button: Json, at: str) -> Iterator[Problem]:
    yield from text(button.get("text"), f"{at}/text", 75, plain=True)
    if "value" in button:
        yield from length(button["value"], f"{at}/value", 2000, least=0)
    if "url" in button:
        yield from length(button["url"], f"{at}/url", 3000)
    if "accessibility_label" in button:
        yield from length(button["accessibility_label"], f"{at}/accessibility_label", 75)
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield Problem("must be a valid enum value", f"{at}/style")


def _confirm(confirm: Any, at: str) -> Iterator[Problem]:
    if not isinstance(confirm, dict):
        yield Problem("must be an object", at)
        return
    yield from keys(confirm, {"title", "text", "confirm", "deny", "style"}, at)
    yield from text(confirm.get("title"), f"{at}/title", 100, plain=True)
    yield from text(confirm.get("text"), f"{at}/text", 300)
    yield from text(confirm.get("confirm"), f"{at}/confirm", 30, plain=True)
    yield from text(confirm.get("deny"), f"{at}/deny", 30, plain=True)


def _choices(element: Json, at: str) -> Iterator[Problem]:
    kind = element["type"]
    most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(kind, 100)
    groups = element.get("option_groups")
    lists = [(f"{at}/options", element.get("options"))]
    if groups:
        if len(groups) > 100:
            yield Problem(f"no more than 100 items allowed [{len(groups)}]", f"{at}/option_groups")
        lists = [(f"{at}/option_groups/{index}/options", group.get("options")) for index, group in enumerate(groups)]
        for index, group in enumerate(groups):
            yield from text(group.get("label"), f"{at}/option_groups/{index}/label", 75, plain=True)
    for where, options in lists:
        if not isinstance(options, list) or not options:
            yield Problem("must have at least one option", where)
            continue
        if len(options) > most:
            yield Problem(f"no more than {most} items allowed [{len(options)}]", where)
        for index, option in enumerate(options):
            yield from check_option(option, f"{where}/{index}", plain=kind not in CHOICES)
    initial = [*(element.get("initial_options") or []), *filter(None, [element.get("initial_option")])]
    if any(option not in options_of(element) for option in initial):
        yield Problem("must match an option", f"{at}/initial_option")


def check_option(option: Any, at: str, *, plain: bool) -> Iterator[Problem]:
    """One option: text 75, value 150, description 75 characters."""
    if not isinstance(option, dict):
        yield Problem("must be an object", at)
        return
    yield from keys(option, {"text", "value", "description", "url"}, at)
    yield from text(option.get("text"), f"{at}/text", 75, plain=plain)
    yield from length(option.get("value"), f"{at}/value", 150)
    if "description" in option:
        yield from text(option["description"], f"{at}/description", 75, plain=plain)


def _plain_text_input(element: Json, at: str) -> Iterator[Problem]:
    for name in ("min_length", "max_length"):
        if not 0 <= element.get(name, 1) <= 3000:
            yield Problem("must be between 0 and 3000", f"{at}/{name}")
    if len(element.get("initial_value", "")) > element.get("max_length", 3000):
        yield Problem("exceeds max_length", f"{at}/initial_value")
