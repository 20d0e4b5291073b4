"""What is measured of a drill, from the incident, its log, and what had leaked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from bot.drill.client.debrief import Measure
from bot.incident.access.readers import principal_name, unaccounted
from bot.incident.clocks import clocks, gap
from bot.incident.events import (
    CommandRefused,
    GlassBroken,
    IncidentClosed,
    KillRequested,
    NoticeDecided,
    ReaderAccounted,
    Recorded,
    RevokedByPerson,
)
from bot.incident.evolve import evolve
from bot.incident.model import New, Strategy
from bot.incident.obligations.rules import notice_clocks
from bot.incident.state import Incident
from bot.incident.taking import of_secret
from bot.model.secrets import Kill, Outage
from bot.phrases.practice import program
from bot.phrases.times import counted, duration

PASTED = ("holds the value of", "holds what looks like")
"""With these words a text is refused that has a secret in it."""
BEFORE_THE_LOG = "This holds what looks like"
"""The beginning of the answer to a slash command with a secret in it, which is not recorded."""
LATE, LONG = 300.0, 600.0
"""Seconds: leaked keys are tried within one to five minutes, and so long a product may be down."""
SERVES = frozenset({New.LIVE, New.UNCONFIRMED, New.NOT_NEEDED})


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
    was not declared, `told` as `refused_in_slack` gives it.
    """
    before: list[Incident | None] = [None]
    for each in events:
        before.append(evolve(before[-1], each))
    found = (
        _declared(incident, noticed),
        _dead(incident),
        _replaced(incident),
        _down(incident, events),
        *_readers(incident, events),
        *_decided(incident, events),
        _left_out(incident, undeclared),
        _untaken(events, before),
        _too_early(events, before),
        _pasted(events, told),
    )
    return tuple(each if each.missed else replace(each, advice="") for each in found)


def _since(incident: Incident, at: datetime) -> float:
    return max(0.0, (at - incident.declared.at).total_seconds())


def _declared(incident: Incident, noticed: datetime) -> Measure:
    seconds = max(0.0, (incident.declared.at - noticed).total_seconds())
    advice = (
        f"You declared after {duration(seconds)}. Declare first and ask afterwards: leaked keys are tried within 5 min."
    )
    return Measure("declared", "Until declared", seconds, missed=seconds > LATE, advice=advice)


def _dead(incident: Incident) -> Measure:
    times = {name: clocks(incident, secret).contain_seconds for name, secret in incident.secrets.items()}
    return _slowest(
        "dead",
        "Until no leaked key works",
        times,
        "Still works or not confirmed: {names}. Revoke first, or by hand at the provider.",
    )


def _replaced(incident: Incident) -> Measure:
    times = {
        name: clocks(incident, secret).restore_seconds for name, secret in incident.secrets.items() if secret.new.wanted
    }
    return _slowest(
        "replaced", "Until all are replaced", times, "Not replaced: {names}. The card says what each waits for."
    )


def _slowest(name: str, label: str, times: Mapping[str, float | None], advice: str) -> Measure:
    """The last of all; missed where one has no time."""
    left = [each for each, seconds in times.items() if seconds is None]
    known = {each: seconds for each, seconds in times.items() if seconds is not None}
    last = max(known, key=lambda each: known[each], default="")
    slow = known.get(last, 0.0) > LATE
    words = advice.format(names=", ".join(left)) if left else f"Slowest: {last}. Start with it next time."
    return Measure(name, label, None if left else known.get(last, 0.0), missed=bool(left) or slow, advice=words)


def _left_out(incident: Incident, undeclared: Sequence[str]) -> Measure:
    count = len(undeclared)
    return Measure(
        "undeclared", "On the page, not declared", count, counted=True, missed=count > 0,
        advice=f"Declare everything on the page: {', '.join(undeclared)} leaked too.",
        of=len(incident.secrets) + count if count else None,
    )  # fmt: skip


def _down(incident: Incident, events: Sequence[Recorded]) -> Measure:
    """The longest time in which what stops without a key had neither the old nor the new one, as the report has it."""
    gaps = {
        name: ((found.until or events[-1].at) - found.since).total_seconds()
        for name, secret in incident.secrets.items()
        if secret.entry.outage is Outage.DOWN and (found := gap(secret)) is not None
    }
    name = max(gaps, key=lambda each: gaps[each], default="")
    longest = gaps.get(name, 0.0)
    advice = f"{name} stopped the product for {duration(longest)}. Make its new key before the leaked one is revoked."
    return Measure("down", "Product down", longest, missed=longest > LONG, advice=advice)


def _readers(incident: Incident, events: Sequence[Recorded]) -> Iterator[Measure]:
    """Only where someone read a leaked key whom people had to identify."""
    left = unaccounted(incident)
    times = [e.at for e in events if isinstance(e.event, ReaderAccounted)]
    if left or times:
        names = ", ".join(principal_name(name) for name in left)
        yield Measure(
            "readers", "Until readers are identified", None if left else _since(incident, max(times)),
            missed=bool(left), advice=f"Not identified: {names}. A reader whom you can't identify may be the attacker.",
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
    partly = f"{len(times)} of {counted(len(asked), 'notice')}" if times and done is None else ""
    yield Measure(
        "notification", "Until notices are decided", None if done is None else _since(incident, done),
        missed=late or done is None, note="after close" if late else partly,
        advice=f"Decide all {counted(len(asked), 'notice')} before the close, while you know the facts.",
    )  # fmt: skip


def _untaken(events: Sequence[Recorded], before: Sequence[Incident | None]) -> Measure:
    """For how long work by hand was open and no one had taken it, all to-dos together. `before` are the states before
    each event.
    """
    waited: dict[str, float] = {}
    for (now, then), state in zip(pairwise(events), before[1:], strict=False):
        if state is None:
            continue
        for todo in chain.from_iterable(of_secret(state, secret) for secret in state.secrets.values()):
            if todo not in state.taken:
                waited[todo] = waited.get(todo, 0.0) + (then.at - now.at).total_seconds()
    total = sum(waited.values())
    longest = max(waited, key=lambda each: waited[each], default="").partition(":")[2]
    advice = f"No one took the work on {longest}. Press Take when you start, so that others see who does it."
    return Measure("untaken", "To-dos that no one took", total, missed=total > LATE, advice=advice)


def _too_early(events: Sequence[Recorded], before: Sequence[Incident | None]) -> Measure:
    """Keys that a person revoked for good while the product stops without them, and no new key was in use."""
    early: dict[str, None] = {}
    for each, state in zip(events, before, strict=False):
        if state is not None:
            early |= dict.fromkeys(name for name in _revoked(state, each) if _needs_new_first(state, name))
    names = ", ".join(early)
    advice = f"You revoked {names} before its new key was in use. It can't be undone: make the new key first."
    return Measure("early", "Revoked too early, for good", len(early), counted=True, missed=bool(early), advice=advice)


def _revoked(state: Incident, recorded: Recorded) -> tuple[str, ...]:
    """By a press of its own: not by the plan with which an incident is declared."""
    match recorded.event:
        case KillRequested(secret=name) if state.secrets[name].strategy is Strategy.OVERLAP:
            return (name,)
        case RevokedByPerson(secret=name):
            return (name,)
        case GlassBroken(secrets=names):
            return names
        case _:
            return ()


def _needs_new_first(state: Incident, name: str) -> bool:
    secret = state.secrets.get(name)
    if secret is None or secret.entry.kill is not Kill.IRREVERSIBLE or secret.entry.outage is not Outage.DOWN:
        return False
    return secret.new_state not in SERVES


def _pasted(events: Sequence[Recorded], told: Sequence[str]) -> Measure:
    """A terminal refuses such a text before any command is given, and no log has it."""
    refused = [*(e.event.reason for e in events if isinstance(e.event, CommandRefused)), *told]
    count = sum(any(words in reason for words in PASTED) for reason in refused)
    advice = f"Never paste a key. `{program()} identify` asks for it at a hidden prompt."
    return Measure("pasted", "Keys pasted into Slack", count, counted=True, missed=count > 0, advice=advice)
