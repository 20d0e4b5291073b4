"""What is measured of a drill, from the incident, its log, and what had leaked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.drill.client.debrief import Measure
from bot.drill.personas import is_ours
from bot.incident.clocks import clocks, gap
from bot.incident.events import (
    CommandRefused,
    IncidentClosed,
    NoticeDecided,
    ReaderAccounted,
    Recorded,
)
from bot.incident.obligations.rules import notice_clocks
from bot.incident.state import Incident
from bot.model.secrets import Outage
from bot.phrases.practice import program

PASTED = ("holds the value of", "holds what looks like")
"""With these words a text is refused that has a secret in it."""
BEFORE_THE_LOG = "This holds what looks like"
"""So begins the answer to a slash command with a secret in it, of which nothing is recorded."""


def refused_in_slack(state: Mapping[str, Any]) -> list[str]:
    """What people of the practice Slack were told that no log knows of, from its whole state: at forms that were sent
    back, and after a slash command with a secret in it.
    """
    told = (str(message.get("text", "")) for there in state["channels"].values() for message in there["ephemerals"])
    return [*state["sent_back"], *(text for text in told if BEFORE_THE_LOG in text)]


def measures(
    incident: Incident,
    events: Sequence[Recorded],
    noticed: datetime,
    undeclared: Sequence[str],
    told: Sequence[str] = (),
) -> tuple[Measure, ...]:
    """In the order of the table. `noticed` is when a colleague told people of the leak, `undeclared` what leaked and
    nobody declared, `told` as `refused_in_slack` gives it.
    """
    return (
        _declared(incident, noticed),
        _dead(incident),
        _left_out(incident, undeclared),
        _down(incident, events),
        *_stranger(incident, events),
        *_decided(incident, events),
        _pasted(events, told),
    )


def _since(incident: Incident, at: datetime) -> float:
    return max(0.0, (at - incident.declared.at).total_seconds())


def _declared(incident: Incident, noticed: datetime) -> Measure:
    seconds = max(0.0, (incident.declared.at - noticed).total_seconds())
    advice = "declare first and ask afterwards: leaked keys are tried within one to five minutes"
    return Measure("declared", "told of the leak → declared", seconds, missed=seconds > 300, advice=advice)


def _dead(incident: Incident) -> Measure:
    times = [clocks(incident, secret).contain_seconds for secret in incident.secrets.values()]
    dead = None if None in times else max(filter(None, times), default=0.0)
    advice = "the card says which old values are alive and what each waits for: end those before anything else"
    return Measure("dead", "all declared keys dead", dead, missed=dead is None, advice=advice)


def _left_out(incident: Incident, undeclared: Sequence[str]) -> Measure:
    count = len(undeclared)
    return Measure(
        "undeclared", "leaked but never declared", count, counted=True, missed=count > 0,
        advice="declare everything in the environment when a whole .env is out",
        of=len(incident.secrets) + count if count else None,
    )  # fmt: skip


def _down(incident: Incident, events: Sequence[Recorded]) -> Measure:
    """The longest time in which what stops without a key had neither the old nor the new one, as the report has it."""
    longest = 0.0
    for secret in incident.secrets.values():
        if secret.entry.outage is Outage.DOWN and (found := gap(secret)) is not None:
            longest = max(longest, ((found.until or events[-1].at) - found.since).total_seconds())
    advice = "where the product stops without a key, make the new one first: overlap, or the value ready at hand"
    return Measure("down", "product down", longest, missed=longest > 600, advice=advice)


def _stranger(incident: Incident, events: Sequence[Recorded]) -> Iterator[Measure]:
    """Only where somebody read a leaked value whom nobody knows."""
    read = {name for seen in incident.usage.values() for name in seen.principals}
    strangers = {name for name in read if not is_ours(name)}
    if not strangers:
        return
    accounted = {e.event.principal: e.at for e in events if isinstance(e.event, ReaderAccounted)}
    all_known = strangers <= accounted.keys()
    at = max(accounted[name] for name in strangers) if all_known else None
    yield Measure(
        "stranger", "unexplained reader accounted for", None if at is None else _since(incident, at), missed=at is None,
        advice="look at *Readers* before you close",
    )  # fmt: skip


def _decided(incident: Incident, events: Sequence[Recorded]) -> Iterator[Measure]:
    """When the last notice had its first decision; nothing where no notice is asked for."""
    asked = [clock.obligation.id for clock in notice_clocks(incident)]
    if not asked:
        return
    first: dict[str, datetime] = {}
    for each in events:
        if isinstance(each.event, NoticeDecided):
            first.setdefault(each.event.obligation, each.at)
    times = [first[name] for name in asked if name in first]
    done = max(times) if len(times) == len(asked) else None
    closed = next((each.at for each in events if isinstance(each.event, IncidentClosed)), None)
    late = done is not None and closed is not None and done > closed
    partly = f"{len(times)} of {len(asked)} notices" if times and done is None else ""
    yield Measure(
        "notification", "notification decided", None if done is None else _since(incident, done),
        missed=late or done is None, note="after close" if late else partly,
        advice="record the decision on notification while the facts are fresh, before you close",
    )  # fmt: skip


def _pasted(events: Sequence[Recorded], told: Sequence[str]) -> Measure:
    """A terminal refuses such a text before any command is given, and nobody can tell later."""
    refused = [*(e.event.reason for e in events if isinstance(e.event, CommandRefused)), *told]
    count = sum(any(words in reason for words in PASTED) for reason in refused)
    advice = f"never type a value, not even to ask about it: `{program()} identify` asks for it at a hidden prompt"
    label = "secrets pasted (but for at a terminal)"
    return Measure("pasted", label, count, counted=True, missed=count > 0, advice=advice)
