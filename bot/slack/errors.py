"""Slack's refusals in the bot's own errors.

Source: docs.slack.dev, reference/methods, errors of each method, and apis/web-api/rate-limits. Slack refuses with HTTP
200 and ``ok: false``; a rate limit is HTTP 429 with `Retry-After` in seconds. Nothing of an answer but its error code
is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized, Unexpected

SYSTEM = "slack"
CODE_LENGTH = 60
_UNAUTHORIZED = frozenset({
    "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission",
    "missing_scope", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "team_access_not_granted",
    "enterprise_is_restricted",
})  # fmt: skip
_MISSING = frozenset({
    "channel_not_found", "message_not_found", "user_not_found", "users_not_found", "not_found", "no_such_subteam",
    "thread_not_found", "not_in_channel",
})  # fmt: skip
_BROKEN = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
_NOT_JSON = "Received a response in a non-JSON format"
"""With these words the SDK begins an error code that it makes up, and goes on with the answer."""


TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long"})
"""Slack's words for a message that it does not take because of its length. Source: docs.slack.dev, chat.postMessage."""
UNDRAWABLE = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})
"""Slack's words for a message that it cannot draw. Source: docs.slack.dev, chat.postMessage, errors."""
EDIT_WINDOW_CLOSED = "edit_window_closed"
UNEDITABLE = frozenset({EDIT_WINDOW_CLOSED, "cant_update_message"})
"""Slack's words for a message that cannot be changed: the workspace limits the age, or another app posted it, such as
the bot's earlier app. Source: docs.slack.dev, chat.update, errors.
"""
_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"})
"""A press, a command or a shortcut opens one form, within three seconds (docs.slack.dev, surfaces/modals)."""
_MOVED_ON = frozenset({"hash_conflict", "view_not_found", "not_found", "push_limit_reached"})


def what_to_do(error: OutsideError) -> str:
    """What a person reads whose press came to nothing because of how Slack works; empty where the error says it."""
    if error.system != SYSTEM:
        return ""
    if error.cause in _LATE:
        return "Slack opens a form only within three seconds of a press, and this took longer. Press again."
    if error.cause in _MOVED_ON and "form" in error.verb:
        return "This form was closed or changed. Open it again from the card."
    if isinstance(error, Throttled):
        busy = f"Slack is rate-limiting the bot {_for_how_long(error)}."
        return f"{busy} Then check the card, and press again if it shows no change."
    return ""


def _for_how_long(error: Throttled) -> str:
    return f"for {error.retry_after:.0f} seconds" if error.retry_after else "right now"


class SlackRefused(Refused):
    """Slack understood and declined. `code` is its error code, one of its documented words."""

    def __init__(self, verb: str, code: str) -> None:
        super().__init__(SYSTEM, verb, code)
        self.code = code


def refusal(error: SlackApiError, verb: str) -> OutsideError:
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    headers = getattr(response, "headers", None) or {}
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    word = code if code.replace("_", "").isalnum() and len(code) <= CODE_LENGTH else "an unfamiliar error"
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return Throttled(SYSTEM, verb, "told to slow down", _retry_after(headers))
    if code.startswith(_NOT_JSON) and status < 500:
        return Unexpected(SYSTEM, verb, "an answer that is not JSON")
    if status >= 500 or code in _BROKEN or not code:
        return Unexpected(SYSTEM, verb, f"HTTP {status}" if status != 200 else word)
    if code in _UNAUTHORIZED:
        return Unauthorized(SYSTEM, verb, word)
    if code in _MISSING:
        return Missing(SYSTEM, verb, word)
    return SlackRefused(verb, word)


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            first = value[0] if isinstance(value, list) and value else value
            return float(first) if str(first).isdigit() else None
    return None
