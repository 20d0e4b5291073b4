"""What a template of a status update can say: this, and nothing else of an incident. Counts and the words that may be
said anywhere; of secrets only the names that an owner has, and of people only who commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.incident.access.checks import checks_of
from bot.incident.access.readers import contained
from bot.incident.model import Old
from bot.incident.paging.rules import announcement
from bot.incident.paging.schedule import channel_coming
from bot.incident.record.abuse import abuse_words
from bot.incident.severity import severity
from bot.incident.state import Incident
from bot.incident.updates.rules import OWNER, next_by_clock
from bot.model.playbooks import Audience, Milestone
from bot.phrases.closing import closed_over_outside
from bot.report.render import fill_plain

HEADLINES = {
    Milestone.DECLARED: "Security incident declared",
    Milestone.CONTAINED: "Access is contained",
    Milestone.RESTORED: "Service is restored",
    Milestone.CLOSED: "Incident closed",
    Milestone.REOPENED: "Incident reopened",
}
NAMES = 1500
"""Characters of the names that one update tells: what else it says has to fit beside them."""
ONGOING = "Update on an open incident"


@dataclass(frozen=True)
class UpdateView:
    """`effect` is the approved external statement; `secrets` are empty but for an owner's own: so many as fit, and in
    the place of the others how many those are. `accepted` counts what was open at the close, with who
    accepted it; empty where nothing was. `channel` is the link to it, or words where there is none.
    """

    id: str
    environment: str
    severity: str
    milestone: str
    headline: str
    effect: str
    total: int
    dead: int
    alive: int
    restored: int
    contained: bool
    public: str
    abuse: str
    open_checks: int
    accepted: str
    commander: str
    link: str
    channel: str
    secrets: tuple[str, ...]
    next_due: datetime | None


def update_view(incident: Incident, audience: Audience, milestone: Milestone | None, now: datetime) -> UpdateView:
    secrets = list(incident.secrets.values())
    owner = audience.channels[0].removeprefix(OWNER) if audience.owners else None
    said = HEADLINES[milestone] if milestone is not None else ONGOING
    dead = sum(secret.old_state is Old.DEAD for secret in secrets)
    return UpdateView(
        id=incident.id,
        environment=incident.environment,
        severity=severity(incident).words,
        milestone=milestone or "",
        headline=f"{said}: {incident.id}, {incident.environment}, {severity(incident).words}",
        effect=f"{announcement(incident)}.",
        total=len(secrets),
        dead=dead,
        alive=len(secrets) - dead,
        restored=sum(secret.restored for secret in secrets),
        contained=contained(incident),
        public="yes" if incident.public else "not known",
        abuse=abuse_words(incident),
        open_checks=checks_of(secrets).open,
        accepted=closed_over_outside(incident),
        commander=incident.commander,
        link=incident.channel_url,
        channel=incident.channel_url or ("being opened" if channel_coming(incident) else "none"),
        secrets=_fitting([secret.name for secret in secrets if secret.entry.owner == owner], incident.id),
        next_due=next_by_clock(incident, audience, now),
    )


def _fitting(names: Sequence[str], incident: str) -> tuple[str, ...]:
    room, shown = NAMES, 0
    for name in names:
        room -= len(name) + len(", ")
        if room < 0:
            break
        shown += 1
    more = len(names) - shown
    return (*names[:shown], *([f"and {more} more in {incident}"] if more else ()))


def render_update(
    incident: Incident, audience: Audience, milestone: Milestone | None, templates: Sequence[Path], now: datetime
) -> str:
    """The text for an audience. ConfigurationError as for the report's `render`."""
    view = update_view(incident, audience, milestone, now)
    return fill_plain(f"update-{audience.template}.txt.j2", templates, update=view)
