"""What a person asks for who wants counsel's draft of a notice in the incident's channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.fields import IncidentId, Name


@dataclass(frozen=True)
class DraftNotice:
    """The draft for the obligation of this id. It is written by the worker, which alone can search it for secrets; the
    bot sends no notice.
    """

    incident: IncidentId
    obligation: Name
