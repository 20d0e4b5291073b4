"""The value of a button, and the names of actions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from bot.errors import Misuse

BENEATH = "beneath"


@dataclass(frozen=True)
class ButtonValue:
    """`subject` is the secret, step, task, lane or number that the button acts on; `digest` what it looked like when
    the button was drawn, so that a stale one can be told.
    """

    incident: str
    subject: str = ""
    digest: str = ""
    user: str = field(default="", compare=False)
    """Slack id of who pressed; known only once someone has."""
    name: str = field(default="", compare=False)
    """What the people file calls them; known only to the forms that leave out what is for others."""

    @property
    def number(self) -> int:
        """The subject as a number, 0 if it is none."""
        from bot.asks.ask import number_in  # noqa: PLC0415 - the practice world reads ids without the core

        return number_in(self.subject)

    def encode(self) -> str:
        """The JSON in the button's `value`."""
        document = {"incident": self.incident, "subject": self.subject, "digest": self.digest}
        return json.dumps({key: value for key, value in document.items() if value}, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str, user: str = "") -> ButtonValue:
        """Misuse for anything that no button of ours carries."""
        try:
            found = json.loads(text)
            fields = {key: str(found.get(key, "")) for key in ("incident", "subject", "digest")}
        except (ValueError, AttributeError, RecursionError):
            raise Misuse("This button is from another version of the bot. Use the pinned card.") from None
        return cls(**fields, user=user)


def laid_upon(note: str, callback: str) -> str:
    """A form's note that also names, by callback_id, the form beneath this one; other notes stay as they are."""
    found = _object(note)
    return json.dumps({**found, BENEATH: callback}, separators=(",", ":")) if found else note


def beneath(note: str) -> str:
    """The form that `laid_upon` noted; empty without one."""
    return str(_object(note).get(BENEATH, ""))


def about(note: str) -> str:
    """The id of the incident that a form's note names; empty where it names none."""
    return str(_object(note).get("incident", ""))


def _object(note: str) -> dict[str, Any]:
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class ActionId(StrEnum):
    """The action_ids of our buttons. An `Ask` has its own. The callback_id of a form is that of its button."""

    DECLARE = "declare"
    DECLARE_CHANGE = "declare_change"
    DECLARE_SURE = "declare_sure"
    DECLARE_FOUND = "declare_found"
    ALERT_DECLARE = "alert_declare"
    ALERT_HARMLESS = "alert_harmless"
    ALERT_END = "alert_end"
    OPEN_LINK = "open_link"
    KILL = "kill"
    RETRY = "retry"
    REVOKED = "revoked"
    DETAILS = "details"
    DETAILS_OF = "details_of"
    APPROVE = "approve"
    AGREE_DEPARTURE = "agree_departure"
    REJECT = "reject"
    APPROVE_PROPOSAL = "approve_proposal"
    BREAK_GLASS = "break_glass"
    REDACT = "redact"
    TAKE = "take"
    TAKE_STEPS = "take_steps"
    GIVE_BACK = "give_back"
    RELEASE_UPDATE = "release_update"
    FINDING = "finding"
    TASK = "task"
    NOTIFICATION = "notification"
    NOTICE_DRAFT = "notice_draft"
    NOTICE_BASIS = "notice_basis"
    ANSWER = "answer"
    ANSWER_OF = "answer_of"
    BY_HAND = "by_hand"
    HAND_OVER_KEY = "hand_over_key"
    PLAN = "plan"
    TODOS = "todos"
    ADD = "add"
    REVOKE = "revoke"
    MORE = "more"
    ADD_SECRET = "add_secret"  # noqa: S105 - the name of an action
    REPORT = "report"
    NARRATIVE = "narrative"
    SIGN_REPORT = "sign_report"
    CLOSE = "close"
    END_SESSIONS = "end_sessions"
    REOPEN = "reopen"


# The app's shortcuts: what people find in Slack's own menus. A listener of its `id` answers each.


@dataclass(frozen=True)
class Shortcut:
    """As in the app's manifest: `type` is where it is found, in the menu of a message or everywhere."""

    id: str
    name: str
    description: str
    type: Literal["message", "global"]


REPORT = Shortcut(
    "report_leaked_secret", "Report a leaked secret", "Finds which of our secrets is in this message", "message"
)
SHORTCUTS = (REPORT,)
