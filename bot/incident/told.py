"""What the author of a declaration tells. Declaration, command, event and state take these fields from here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_type_hints

from bot.incident import bounds
from bot.incident.bounds import Past
from bot.incident.model import LeftAlone
from bot.incident.refusals import clean
from bot.incident.stored import Stored
from bot.model.fields import Name, Words
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.timings import Timings


class Told(Stored, kw_only=True):
    """Times are UTC; words are the author's own."""

    environment: Name
    how_noticed: Words
    title: Words = ""
    public: bool = False
    """Whether strangers can read the value."""
    detected_at: Past | None = None
    exposed_at: Past | None = None
    out_of_slack: bool = False
    """Nothing about it goes to Slack, where an attacker may read or act in others' names."""
    left_alone: tuple[LeftAlone, ...] = ()
    """Secrets from the same place that are not declared: each is open until it is added or accepted."""


class Begun(Told, kw_only=True):
    """With what the installation had at that time: `obligations` are all that counsel had written."""

    detected_at: Past
    playbook: Playbook
    timings: Timings
    obligations: tuple[Obligation, ...] = ()


TEXTS = frozenset(name for name, hint in get_type_hints(Told, include_extras=True).items() if hint == Words)
"""The fields with people's words."""


def checked(one: Begun, at: datetime) -> dict[str, Any]:
    """Texts as they are recorded and times in UTC, by field. Declined for what cannot be recorded at that time."""
    texts = {
        name: clean(text, name.replace("_", " ")) for name in TEXTS - {"how_noticed"} if (text := getattr(one, name))
    }
    detected = bounds.past(one.detected_at, at, "Detected at")
    return texts | {
        "how_noticed": clean(one.how_noticed, "text on how it was noticed"),
        "detected_at": detected,
        "exposed_at": one.exposed_at and bounds.exposed(one.exposed_at, detected, at),
    }
