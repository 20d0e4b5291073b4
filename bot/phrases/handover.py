"""What somebody needs to know who takes over a role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import kill_wanted
from bot.incident.closing.open_items import open_items
from bot.incident.offers import Offer, Urgency, unblocked
from bot.incident.state import Incident
from bot.phrases.closing import open_words
from bot.phrases.events import sentence
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.states import headline, not_dead, old_words
from bot.phrases.times import listed

MOST = 5
"""Of each kind of thing so many are named, and the rest is counted."""


ASIDE = (e.StepSkipped, e.CopySettled, e.GlassReviewed)
"""Decisions that set no course: steps and copies are named while they are open, and a review looks back."""


def last_decisions(incident: Incident, events: Sequence[e.Recorded]) -> list[str]:
    """The newest that set the course, as plain sentences with their times, the newest last."""
    decided = [
        each for each in events if isinstance(each.event, e.PeoplesDecision) and not isinstance(each.event, ASIDE)
    ]
    return [f"{recorded.at:%H:%M} UTC {said}" for recorded in decided[-MOST:] if (said := sentence(recorded, incident))]


def handover_summary(incident: Incident, offers: Sequence[Offer]) -> list[str]:
    """What is true, what lives, what waits for a person (by `offers`), and what is due. Phrases, one a line."""
    lines = [headline(incident)]
    if alive := not_dead(incident):
        shown = [f"{code(secret.name)}: {old_words(secret)}" for secret in alive[:MOST]]
        lines.append(f"*Not proven dead*: {'; '.join(shown)}{_more(len(alive))}")
    if waits := list(dict.fromkeys(_waits(incident, offers))):
        lines.append(f"*Waits for a person*: {'; '.join(waits[:MOST])}{_more(len(waits))}")
    if due := sorted(_due(incident)):
        shown = [f"{literal(words)}, {day_and_time(at)}" for at, words in due[:MOST]]
        lines.append(f"*Due*: {'; '.join(shown)}{_more(len(due))}")
    if left := open_items(incident):
        lines.append(f"*Open before the close*: {' · '.join(open_words(left))}")
    return lines


def decisions_words(decisions: Sequence[str]) -> list[str]:
    """Phrases of `last_decisions`, one a line; none where nothing was decided."""
    return ["*Decided last*:", *(f"• {literal(said)}" for said in decisions)] if decisions else []


def _more(number: int) -> str:
    return f"; and {number - MOST} more" if number > MOST else ""


def _waits(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    """What stands still until somebody acts. The role that is being handed over is known to whoever reads this."""
    if incident.request is not None:
        names = [name for name in incident.request.plans if kill_wanted(incident.secrets[name])]
        wanted = listed([code(name) for name in names or incident.request.plans])
        yield f"approval to end {wanted}, until {day_and_time(incident.request.until)}"
    for offer in unblocked(each for each in offers if each.urgency is Urgency.NEEDED):
        if offer.kind not in {c.ApprovePlan, c.AcceptRole}:
            yield f"{f'{code(offer.secret)}: ' if offer.secret else ''}{literal(offer.reason)}"


def _due(incident: Incident) -> Iterator[tuple[datetime, str]]:
    for item in open_items(incident):
        if item.due is not None:
            yield item.due, item.untimed or item.label or item.words
    for task in incident.tasks.values():
        if task.open and task.due is not None:
            yield task.due, f"{task.title} ({task.owner or 'nobody yet'})"
