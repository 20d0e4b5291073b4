"""What goes on and what is over, in one line; what is dead, and what still works and why, in names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.access.checks import checks_of
from bot.incident.lanes import Lane
from bot.incident.model import Old
from bot.incident.operations import Op
from bot.incident.state import Incident
from bot.phrases.alive import NAMED, Needed, alive_groups, few_or_number, replaced_words
from bot.phrases.marks import code, literal, shorten
from bot.phrases.readers import left_words
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, failure_words, work_words
from bot.phrases.times import first_of
from bot.slack.blocks import context, maybe
from bot.slack.buttons import retry_words

OLD_SIGNS = {
    Old.ALIVE: "🔴",
    Old.REJECTED: "🟠",
    Old.REVOKING: "🟠",
    Old.DEAD: "✅",
    Old.ATTESTED: "🟣",
    Old.UNPROVEN: "🟠",
}
"""A leaked key's state at a glance, before its words."""

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
LINE = 200


def progress(incident: Incident) -> list[Block]:
    lines = [*_at_work(incident), *_trying_again(incident)]
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
        yield f"🔁 {len(waits) - 2} more are retried"


# What is dead, what still works and why, in names.


GROUPS = 5
"""So many reasons have a line of their own."""
ALIVE_LINE = 300
NAMED_IN_ALL = 6
"""Of more keys that are not dead, those alike are a number: the first button is to be on a phone's first screen."""
NOTED = 2
"""So many remarks on single secrets of one kind."""


def alive(incident: Incident, needed: Needed, now: datetime) -> list[Block]:
    groups = alive_groups(incident, needed, now)
    most = NAMED if sum(len(secrets) for _, _, secrets in groups) <= NAMED_IN_ALL else 1
    lines = [
        shorten(f"{OLD_SIGNS[state]} {few_or_number(secrets, most)}: {words}", ALIVE_LINE)
        for state, words, secrets in groups[:GROUPS]
    ]
    if rest := groups[GROUPS:]:
        lines.append(f"… and {sum(len(secrets) for _, _, secrets in rest)} more, behind *More…*")
    noted = [*_used(incident), *_back(incident)]
    return maybe(*lines, _dead(incident), *noted, *([] if groups else _access(incident)))


def _dead(incident: Incident) -> str:
    """Their names, below a header that counts the others; and what is to be said of the new keys."""
    every = list(incident.secrets.values())
    dead = [secret for secret in every if secret.old_state is Old.DEAD]
    named = f"Dead: {few_or_number(dead)}. " if dead and len(dead) < len(every) else ""
    return f"{named}{replaced_words(every)}".strip()


def _used(incident: Incident) -> list[str]:
    """A user of an old key that is about to be revoked."""
    used = [(secret, use_words(secret)) for secret in incident.secrets.values() if not secret.gone]
    return [f"⚠️ {code(secret.name)}: {literal(words)}" for secret, words in used if words][:NOTED]


def _back(incident: Incident) -> Iterator[str]:
    """A dead value that is in a parameter again: its readers are rejected."""
    for secret in incident.secrets.values():
        if secret.old.reappeared:
            places = ", ".join(code(name) for name in secret.old.reappeared[:3])
            yield f"⚠️ The leaked {code(secret.name)} *is back* in {places}"


def _access(incident: Incident) -> Iterator[str]:
    """Contained comes last: an attacker may have left something behind."""
    if not incident.secrets:
        return
    checks = checks_of(incident.secrets.values())
    if checks.open:
        yield "Access is *not contained* yet"
    elif left := left_words(incident):
        yield capitalised(left)
    else:
        yield "Access is *contained*: every check is done" if checks.every else "Access is *contained*"
