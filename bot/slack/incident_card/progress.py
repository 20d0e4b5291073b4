"""What goes on and what is over, in one line; and the steps of the playbook, in another."""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from bot.incident.state import Incident
from bot.incident.steps.rules import next_step, ready
from bot.phrases.alive import names_of
from bot.phrases.marks import code, literal, shorten
from bot.phrases.states import capitalised, failure_words, work_words
from bot.phrases.times import up_to
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import beside, button, context
from bot.slack.incident_card.lanes import QUIET

AT_WORK = 3
DONE = 6
READY = 3
"""So many steps that are ready are named."""
LINE = 200


def progress(incident: Incident) -> list[Block]:
    lines = [*_at_work(incident), *_trying_again(incident), *_done(incident)]
    return [context(*lines)] if lines else []


def _at_work(incident: Incident) -> Iterator[str]:
    """The operations under way, by what they are about."""
    doing = [
        f"{literal(work_words(lane.claim, lane.failure))} {code(name.subject)}".rstrip()
        for name, lane in incident.lanes.items()
        if lane.claim is not None and lane.claim.op not in QUIET
    ]
    if doing:
        more = f" and {len(doing) - AT_WORK} more" if len(doing) > AT_WORK else ""
        yield shorten(f"⚙️ Working: {', '.join(doing[:AT_WORK])}{more}", LINE)


def _trying_again(incident: Incident) -> Iterator[str]:
    waits = [(name, lane.failure) for name, lane in incident.lanes.items() if lane.failure and not lane.failure.final]
    for name, failure in waits[:2]:
        yield shorten(f"🔁 {code(name.subject)}: {capitalised(failure_words(failure))}", LINE)
    if len(waits) > 2:
        yield f"🔁 {len(waits) - 2} more are tried again"


def _done(incident: Incident) -> Iterator[str]:
    over = [secret for secret in incident.secrets.values() if secret.gone and secret.in_place]
    if over and len(over) < len(incident.secrets):
        yield f"✓ Done: {names_of(over, DONE)}"


def steps(incident: Incident) -> list[Block]:
    """``Step 3 of 7 · Revoke · ready to mark done: 1 Rotate``, and the form that has them all."""
    current = next_step(incident)
    if not incident.steps:
        return []
    total = len(incident.steps)
    if current is None:
        words = f"All {total} steps are done or skipped"
    else:
        number = incident.steps.index(current) + 1
        words = f"Step {number} of {total} · {literal(current.definition.title)}{_ready(incident)}"
    return [beside(words, button("Steps…", ActionId.STEPS, ButtonValue(incident.id)))]


def _ready(incident: Incident) -> str:
    """The steps that lack nothing, each with its number: they wait only for somebody to say so."""
    found = [
        f"{number} {literal(step.definition.title)}"
        for number, step in enumerate(incident.steps, start=1)
        if ready(incident, step)
    ]
    return f" · ready to mark done: {up_to(found, READY)}" if found else ""
