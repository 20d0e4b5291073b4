"""Everything that a template of a status update can say about an incident.

Counts and prepared sentences; of secrets only the names that an owner has, and of people only the commander.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.incident.access.checks import checks_of
from bot.incident.model import Old
from bot.incident.paging.rules import announcement, leaked
from bot.incident.paging.schedule import channel_coming
from bot.incident.record.rules import abuse_words
from bot.incident.severity import severity
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import OWNER, next_by_clock
from bot.model.playbooks import Audience, Milestone
from bot.phrases.closing import closed_over_outside
from bot.report.render import fill

HEADLINES = {
    Milestone.DECLARED: "Security incident declared",
    Milestone.CONTAINED: "Access is contained",
    Milestone.RESTORED: "Service is restored",
    Milestone.CLOSED: "Incident closed",
    Milestone.REOPENED: "Incident reopened",
}
NAMES = 1500
"""The most characters of names in one update, so that the rest fits."""
ONGOING = "Update on an open incident"


def update_view(
    incident: Incident, audience: Audience, milestone: Milestone | None, now: datetime
) -> dict[str, object]:
    """What a template can name as ``update.…``. Names of secrets are there for their owner alone."""
    secrets = list(incident.secrets.values())
    owner = audience.channels[0].removeprefix(OWNER) if audience.owners else None
    news = HEADLINES[milestone] if milestone is not None else ""
    public = " publicly" if incident.public else ""
    return {
        "id": incident.id,
        # The milestone in words; empty for the declaration and for an update without one.
        "news": news if milestone is not Milestone.DECLARED else "",
        "headline": f"{news or ONGOING}: {incident.id}, {incident.environment}, {severity(incident).words}",
        # The approved external statement.
        "effect": f"{announcement(incident)}.",
        # ``SEV 1: 4 production keys leaked publicly``; of a planned rotation, which one it is.
        "leaked": announcement(incident) if incident.routine else f"{leaked(incident)}{public}",
        # ``3 dead, 1 still works (17:06 UTC)``: what was seen of the old keys, and when.
        "state": _state(secrets, now),
        "abuse": abuse_words(incident),
        "open_checks": checks_of(secrets).open,
        # How many items were open at the close, and who accepted them; empty if there were none.
        "accepted": closed_over_outside(incident),
        "commander": incident.commander,
        # The link to it, or words if there is none.
        "channel": incident.channel_url or ("opens in a moment" if channel_coming(incident) else "none"),
        # As many of the owner's own as fit, and the number of the others.
        "secrets": _fitting([secret.name for secret in secrets if secret.entry.owner == owner], incident.id),
        # ``18:05 UTC``, with the date if it is another day; empty if no update is scheduled.
        "next_due": _next_due(next_by_clock(incident, audience, now), now),
    }


def _next_due(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    return f"{due:%H:%M} UTC" if due.date() == now.date() else f"{due:%Y-%m-%d %H:%M} UTC"


_SEEN = (
    ("dead", "dead"),
    ("still works", "still work"),
    ("rejected (not confirmed)",) * 2,
    ("vouched dead",) * 2,
    ("gives no answer", "give no answer"),
    ("not checked yet",) * 2,
)
"""What was seen of one old key, and of several."""


def _state(secrets: Sequence[SecretState], now: datetime) -> str:
    seen = Counter(map(_seen, secrets))
    said = [f"{seen[one]} {one if seen[one] == 1 else more}" for one, more in _SEEN if seen[one]]
    replaced = sum(secret.restored for secret in secrets)
    return f"{', '.join([*said, *([f'{replaced} replaced'] if replaced else [])])} ({now:%H:%M} UTC)"


def _seen(secret: SecretState) -> str:
    """A key works only where its provider accepted it when last asked."""
    if secret.gone:
        return "dead" if secret.old_state is Old.DEAD else "vouched dead"
    if secret.old.last_probe is None:
        return "not checked yet"
    said = {"live": "still works", "dead": "rejected (not confirmed)"}
    return said.get(secret.old.last_probe.liveness, "gives no answer")


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
    return fill(f"update-{audience.template}.txt.j2", templates, update=view)
