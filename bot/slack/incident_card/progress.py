"""What goes on and what is over, in one line; and the steps of the playbook, in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.lanes import Lane
from bot.incident.model import Old
from bot.incident.offers import Offer, can
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.incident.steps.rules import next_step, ready
from bot.phrases.alive import alive_groups, dead_words, names_of
from bot.phrases.marks import code, literal, shorten
from bot.phrases.readers import left_words
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, failure_words, work_words
from bot.phrases.times import first_of, up_to
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import beside, button, context, section
from bot.slack.buttons import retry_words

OLD_SIGNS = {Old.ALIVE: "🔴", Old.REVOKING: "🟠", Old.DEAD: "✅", Old.ATTESTED: "🟣", Old.UNPROVEN: "🟠"}
"""A leaked value's state at a glance, before its words."""

# What runs in a lane right now, and what went wrong there.


QUIET = frozenset({Op.TICK, Op.PROVE})
"""Too short and too often to be worth a line: the proof's progress has its own words."""


def lane_lines(incident: Incident, lane: Lane) -> Iterator[str]:
    """A line for the operation under way, or for the last failure; nothing for an idle lane."""
    state = incident.lane(lane)
    if state.failure is not None:
        words = capitalised(failure_words(state.failure))
        again = f"*{retry_words(incident, lane)}* is always safe."
        yield f"❌ {words}. {again}" if state.failure.final else f"🔁 {words}"
    elif state.claim is not None and state.claim.op not in QUIET:
        yield f"⚙️ {capitalised(work_words(state.claim, state.failure))}"


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
        yield shorten(f"⚙️ Working: {first_of(doing, AT_WORK)}", LINE)


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


# What is dead, what is alive and why, in names.


GROUPS = 5
"""So many reasons have a line of their own."""
ALIVE_LINE = 300
NOTED = 2
"""So many remarks on single secrets of one kind."""


def alive(incident: Incident, offers: Sequence[Offer], now: datetime) -> list[Block]:
    groups = alive_groups(incident, offers, now)
    lines = [
        shorten(f"{OLD_SIGNS[state]} {names_of(secrets)}: {words}", ALIVE_LINE)
        for state, words, secrets in groups[:GROUPS]
    ]
    if rest := groups[GROUPS:]:
        lines.append(f"… and {sum(len(secrets) for _, _, secrets in rest)} more, behind *More…*")
    noted = [*_used(incident), *_back(incident)]
    return [section(dead_words(incident), *lines, *noted, *([] if groups else _access(incident, offers)))]


def _used(incident: Incident) -> list[str]:
    """Something that still lives on an old key, which is about to end."""
    used = [(secret, use_words(secret)) for secret in incident.secrets.values() if not secret.gone]
    return [f"⚠️ {code(secret.name)}: {literal(words)}" for secret, words in used if words][:NOTED]


def _back(incident: Incident) -> Iterator[str]:
    """A dead value that stands in a parameter again: whoever reads that gets refused."""
    for secret in incident.secrets.values():
        if secret.old.reappeared:
            places = ", ".join(code(name) for name in secret.old.reappeared[:3])
            yield f"⚠️ The leaked {code(secret.name)} *stands again* in {places}"


def _access(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    """Contained comes last: whoever had a key may have left something behind."""
    if not incident.secrets:
        return
    checks = checks_of(incident.secrets.values())
    if checks.open:  # their number stands beside the button that ends them, where there is one
        yield f"Access is *not contained* yet{'' if can(offers, c.EndCheck) else f': {checks}'}"
    elif left := left_words(incident):
        yield capitalised(left)
    else:
        yield "Access is *contained*: every persistence check has ended" if checks.every else "Access is *contained*"
