"""News of leaks in words: what was reported, whose it is, what people can do about it."""

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
    Outcome.DEAD: "dead earlier value",
    Outcome.BY_DESIGN: "value that is public by design",
    Outcome.IN_INCIDENT: "place of a value that an incident deals with",
    Outcome.ENDED: "alert ended at its source",
}


@dataclass(frozen=True)
class CaseWords:
    """A case as people read it: its state first, then where it stands, then what to do."""

    headline: str
    places: tuple[str, ...]
    state: str


def case_words(case: Case, now: datetime) -> CaseWords:
    return CaseWords(_headline(case), tuple(_places(case.reports)), _state(case, now))


def _headline(case: Case) -> str:
    if case.value is None:
        what = case.reports[0].label or "something that looks like a secret"
        which = "not compared with all values" if case.partly else "no value that is known here"
        which = "not compared to its end" if case.cut else which
        return f"*Alert {case.number}: {which}* ({literal(what)})"
    which = "" if case.value.current else ", an earlier value"
    exposed = "readable by everybody" if case.public else "not public"
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
            return "Being declared. Nothing is ended before a person consents."
        case Stage.PROPOSED:
            return "Nothing has been done yet: declare it, or say why it is harmless."
        case Stage.DECLARED:
            return f"{code(case.incident)} deals with it."
        case Stage.HARMLESS:
            until = f" until {day_and_time(case.until)}" if case.until is not None else ""
            return f"Harmless{until}, says {literal(case.by)}: {literal(case.because)}"
        case Stage.TRIAGE:
            late = case.due is not None and case.due <= now
            due = f" by {day_and_time(case.due)}" if case.due is not None else ""
            whose = literal(case.owner) if case.owner else "Somebody"
            task = "whether it holds more than what is known" if case.partly else "whose it is"
            return f"{'OVERDUE: ' if late else ''}{whose} finds out {task}{due}.{_not_compared(case)}"
        case Stage.ENDED:
            return f"Ended by {literal(case.by)}: {literal(case.because)}"


def _not_compared(case: Case) -> str:
    cut = " Only its first part was compared, since it is very long: look through the rest there." if case.cut else ""
    if not case.unread:
        return cut
    which, names = counted(len(case.unread), "parameter"), few([code(name) for name in case.unread], PLACES)
    return f"{cut} It was compared with all but {which} that could not be read, and will be once they can: {names}."


def counts(state: Alerts) -> str:
    """``3 dead earlier values, 1 value that is public by design``; empty where nothing was only recorded."""
    found = ((state.count(outcome), words) for outcome, words in _OUTCOMES.items())
    return ", ".join(_many(number, words) for number, words in found if number)


def _many(number: int, words: str) -> str:
    first, *rest = words.split(" that ")
    plural = {"place of a value": "places of a value"}.get(first, f"{first}s")
    if first.startswith("alert "):
        plural = first.replace("alert ", "alerts ", 1)
    return " that ".join((f"{number} {first if number == 1 else plural}", *rest))


def summary(waiting: Sequence[Case]) -> str:
    """What a page says: how many leaks wait for a decision, and where."""
    ours = [case for case in waiting if case.stage is Stage.PROPOSED]
    environments = sorted({case.value.environment for case in ours if case.value is not None})
    public = sum(case.public for case in ours)
    exposed = f", {public} of them readable by everybody" if public else ""
    return (
        f"{counted(len(ours), 'leaked value')} reported from outside ({', '.join(environments)}){exposed}: nobody has "
        "declared them yet"
    )


def terminal_hint(case: Case) -> str:
    """What is typed for it."""
    match case.stage:
        case Stage.PROPOSED:
            return f"bot news alerts declare {case.number}"
        case Stage.TRIAGE:
            return f"bot news alerts end {case.number} --note WHY"
        case _:
            return ""
