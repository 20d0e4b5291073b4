"""News of leaks in words: the report, the owner of the value, and what people can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.sources import source_title
from bot.news.cases.state import Alerts, Case, Outcome, Report, Stage
from bot.phrases.marks import code, day_and_time, literal, named_link
from bot.phrases.times import counted, few

PLACES = 3
"""Places of one case that are named; the rest is counted."""
_OUTCOMES = {
    Outcome.DEAD: "dead earlier key",
    Outcome.BY_DESIGN: "key that is public by design",
    Outcome.IN_INCIDENT: "place of a key that an incident handles",
    Outcome.ENDED: "alert closed at its source",
}


@dataclass(frozen=True)
class CaseWords:
    """A case for people: its state first, then its place, then what to do."""

    headline: str
    places: tuple[str, ...]
    state: str


def case_words(case: Case, now: datetime) -> CaseWords:
    return CaseWords(_headline(case), tuple(_places(case.reports)), _state(case, now))


def _headline(case: Case) -> str:
    if case.value is None:
        what = case.reports[0].label or "something that looks like a secret"
        return f"*Alert {case.number}: no key in the catalog* ({literal(what)})"
    which = "" if case.value.current else ", an earlier key"
    exposed = "publicly readable" if case.public else "not public"
    name = literal(case.value.secret)
    return f"*Alert {case.number}:* *{name}* of {literal(case.value.environment)}{which}, {exposed}"


def _places(reports: Sequence[Report]) -> Iterable[str]:
    for report in reports[:PLACES]:
        source = source_title(report.source)
        page = named_link(report.link, report.ref) if report.link else literal(report.ref)
        where = f", {literal(report.where)}" if report.where else ""
        since = f", since {day_and_time(report.since)} or earlier" if report.since is not None else ""
        yield f"{source}: {page}{where}{since}"
    if len(reports) > PLACES:
        yield f"and {counted(len(reports) - PLACES, 'more place')}"


def _state(case: Case, now: datetime) -> str:
    match case.stage:
        case Stage.PROPOSED if case.declares_itself(now):
            return "Being declared. No key is revoked before a person approves."
        case Stage.PROPOSED:
            return "Nothing done yet: declare it, or explain why it is harmless."
        case Stage.DECLARED:
            return f"{code(case.incident)} handles it."
        case Stage.HARMLESS:
            until = f" until {day_and_time(case.until)}" if case.until is not None else ""
            return f"Harmless{until} ({literal(case.by)}): {literal(case.because)}"
        case Stage.TRIAGE:
            late = case.due is not None and case.due <= now
            due = f" by {day_and_time(case.due)}" if case.due is not None else ""
            whose = literal(case.owner) if case.owner else "Someone"
            return f"{'OVERDUE: ' if late else ''}{whose} finds out whose it is{due}.{_not_compared(case)}"
        case Stage.ENDED:
            return f"Closed by {literal(case.by)}: {literal(case.because)}"


def _not_compared(case: Case) -> str:
    if not case.unread:
        return ""
    which, names = counted(len(case.unread), "parameter"), few([code(name) for name in case.unread], PLACES)
    return f" It was compared with all but {which} that could not be read, and will be once they can: {names}."


def counts(state: Alerts) -> str:
    """``3 dead earlier keys, 1 key that is public by design``; empty where nothing was only recorded."""
    found = ((state.count(outcome), words) for outcome, words in _OUTCOMES.items())
    return ", ".join(_many(number, words) for number, words in found if number)


def _many(number: int, words: str) -> str:
    first, *rest = words.split(" that ")
    plural = {"place of a key": "places of a key"}.get(first, f"{first}s")
    if first.startswith("alert "):
        plural = first.replace("alert ", "alerts ", 1)
    return " that ".join((f"{number} {first if number == 1 else plural}", *rest))


def summary(waiting: Sequence[Case]) -> str:
    """The text of a page: how many leaks wait for a decision, and where."""
    ours = [case for case in waiting if case.stage is Stage.PROPOSED]
    environments = sorted({case.value.environment for case in ours if case.value is not None})
    public = sum(case.public for case in ours)
    exposed = f", {public} of them publicly readable" if public else ""
    return (
        f"{counted(len(ours), 'leaked key')} reported from outside ({', '.join(environments)}){exposed}, not "
        "declared yet"
    )


def terminal_hint(case: Case) -> str:
    """The command to type for it."""
    match case.stage:
        case Stage.PROPOSED:
            return f"bot news alerts declare {case.number}"
        case Stage.TRIAGE:
            return f"bot news alerts end {case.number} --note WHY"
        case _:
            return ""
