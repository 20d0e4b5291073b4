"""The first line: whether it is over, and what else everybody must know of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident.closing.open_items import open_items
from bot.incident.model import Old
from bot.incident.record.abuse import abuse_words, abused
from bot.incident.severity import severity
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import next_update_due
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.states import NONE_NEEDED
from bot.phrases.times import all_of
from bot.slack.blocks import context, header

REASON = 120
"""Characters of why it was reopened: the timeline has the whole."""


def headed(incident: Incident) -> list[Block]:
    return [
        header(
            " · ".join(
                [f"{sign(incident)} {incident.id}", incident.environment, severity(incident).words, *_over(incident)]
            )
        )
    ]


def known(incident: Incident) -> list[Block]:
    """What belongs to the state of the whole, in one line of small print."""
    words = " · ".join(facts(incident))
    return [context(words)] if words else []


def sign(incident: Incident) -> str:
    """🔴 a key is alive, 🟠 one is not proven dead, 🟡 something else is open, ✅ nothing is, 🔒 closed."""
    states = {secret.old_state for secret in incident.secrets.values()}
    if incident.closed is not None:
        return "🔒"
    if Old.ALIVE in states:
        return "🔴"
    if states & {Old.REVOKING, Old.UNPROVEN}:
        return "🟠"
    return "🟡" if open_items(incident) else "✅"


def _over(incident: Incident) -> Iterator[str]:
    every = list(incident.secrets.values())
    if incident.closed is not None:
        yield "closed"
    if every and all(secret.old_state is Old.DEAD for secret in every):
        dead = f"{all_of(len(every), 'key')} dead" if len(every) > 1 else "key dead"
        yield f"{dead}, {_replaced(every)}" if all(secret.in_place for secret in every) else dead


def _replaced(every: Sequence[SecretState]) -> str:
    """Of secrets with nothing left to put in place."""
    wanted = [secret for secret in every if secret.new.wanted]
    if not wanted:
        return NONE_NEEDED
    if len(wanted) < len(every):
        return "replaced where needed"
    return "all replaced" if len(every) > 1 else "replaced"


def facts(incident: Incident) -> Iterator[str]:
    """What belongs to the state of the whole, each as a phrase in few words; nothing where there is nothing to say."""
    if incident.reopened:
        again, why = incident.raised, literal(shorten(incident.reopened_because, REASON))
        before = ". The signed report is of before" if incident.report.signed is not None else ""
        yield f"🔓 Reopened by {literal(again.name)} {day_and_time(again.at)}: {why}{before}"
    if incident.commander:
        yield f"Commander: {literal(incident.commander)}"
    yield _abuse(incident)
    if (due := next_update_due(incident)) is not None:
        yield f"Next update due {day_and_time(due)}"


def _abuse(incident: Incident) -> str:
    """Whether anybody was seen to use what leaked. That nobody has said so says nothing."""
    names = ", ".join(map(code, abused(incident)[:3]))
    return f"Abuse seen: {abuse_words(incident)}{f' ({names})' if names else ''}"
