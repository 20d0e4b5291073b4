"""The first line: whether it is over, and what else everyone must know of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident.closing.open_items import open_items
from bot.incident.model import Old
from bot.incident.paging.schedule import Reach, reach
from bot.incident.record.rules import abuse_assessed, abuse_words, abused
from bot.incident.severity import severity
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import next_update_due
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.paging import reach_words
from bot.phrases.states import NONE_NEEDED
from bot.phrases.times import all_of
from bot.slack.blocks import context, header

REASON = 120
"""Characters of why it was reopened: the timeline has the whole."""


def headed(incident: Incident) -> list[Block]:
    words = [f"{sign(incident)} {verdict(incident)}", incident.environment, severity(incident).words]
    return [header(" · ".join(words))]


def verdict(incident: Incident) -> str:
    """How many old keys still work, or what else is true of all of them."""
    every = list(incident.secrets.values())
    states = [secret.old_state for secret in every]
    over = "CLOSED, " if incident.closed is not None else ""
    for some, one, more in ((_WORKS, "STILL WORKS", "STILL WORK"), (_REJECTED, _NOT_CONFIRMED, _NOT_CONFIRMED)):
        if number := sum(state in some for state in states):
            which = every[0].name if len(every) == 1 else f"{number} of {len(every)} keys"
            return f"{over}{which} {one if number == 1 else more}"
    if not every:
        return f"{over}no secret named"
    vouched = states.count(Old.ATTESTED)
    dead = f"{all_of(len(every), 'key') if len(every) > 1 else every[0].name} {'vouched dead' if vouched else 'DEAD'}"
    if 0 < vouched < len(every):
        dead = f"{len(every) - vouched} of {len(every)} keys DEAD, {vouched} vouched dead"
    return f"{over}{dead}, {_replaced(every)}" if all(secret.in_place for secret in every) else f"{over}{dead}"


_WORKS, _REJECTED = {Old.ALIVE}, {Old.REJECTED, Old.REVOKING, Old.UNPROVEN}
_NOT_CONFIRMED = "REJECTED, NOT CONFIRMED"


def known(incident: Incident) -> list[Block]:
    """What belongs to the state of the whole, in one line of small print."""
    words = " · ".join(facts(incident))
    return [context(words)] if words else []


def sign(incident: Incident) -> str:
    """🔴 a key still works, 🟠 one is not dead, 🟡 something else is open, ✅ nothing is, 🔒 closed."""
    states = {secret.old_state for secret in incident.secrets.values()}
    if incident.closed is not None:
        return "🔒"
    if Old.ALIVE in states:
        return "🔴"
    if states & _REJECTED:
        return "🟠"
    return "🟡" if open_items(incident) else "✅"


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
        before = ". The signed report is from before" if incident.report.signed is not None else ""
        yield f"🔓 Reopened by {literal(again.name)} {day_and_time(again.at)}: {why}{before}"
    if incident.commander:
        yield f"IC {literal(incident.commander)}"
    yield "page not acknowledged" if reach(incident) is Reach.SENT else reach_words(incident)
    yield from _abuse(incident)
    if (due := next_update_due(incident)) is not None:
        yield f"Next update due {day_and_time(due)}"


def _abuse(incident: Incident) -> Iterator[str]:
    """Whether anyone was seen to use what leaked, once someone has said."""
    names = ", ".join(map(code, abused(incident)[:3]))
    if abuse_assessed(incident):
        yield f"Used by others: {abuse_words(incident)}{f' ({names})' if names else ''}"
