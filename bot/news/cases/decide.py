"""Which events follow from a look at a report, from a person's command, and from time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import bounds
from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined, clean, demand
from bot.news.cases import events as e
from bot.news.cases.commands import AlertCommand, CallHarmless
from bot.news.cases.evolve import after
from bot.news.cases.state import (
    Alerts,
    Case,
    Ours,
    Outcome,
    Report,
    Stage,
    Stranger,
    Value,
    Verdict,
)


def looked(state: Alerts, report: Report, verdict: Verdict) -> tuple[e.AlertEvent, ...]:
    """The new events of this look at one value of a report; none if they are known already. `whole`: the report was
    compared with everything, so it cannot hide another value.
    """
    if isinstance(verdict, Ours):
        return tuple(_ours(state, report, verdict))
    if isinstance(verdict, Stranger):
        return _stranger(state, report, verdict)
    noted = e.Noted(report, verdict.outcome, verdict.value, verdict.incident, verdict.words)
    return _ended(state, noted) if verdict.value is None else _noted(state, noted, verdict.value)


def looked_through(
    state: Alerts, found: Sequence[tuple[Report, Verdict]], by: str, at: datetime
) -> tuple[e.AlertEvent, ...]:
    """The new events of one look at an alert, for everything in it."""
    events: list[e.AlertEvent] = []
    for report, verdict in found:
        for event in looked(state, report, verdict):
            events.append(event)
            state = after(state, event, by, at)
    known = next((report for report, verdict in found if not isinstance(verdict, Stranger) or verdict.credential), None)
    if known is not None and (triage := _in_triage(state, known)) is not None:
        words = "What it holds of ours is known now."
        events.append(e.TriageEnded(triage.number, words))
    return tuple(events)


def _ours(state: Alerts, report: Report, verdict: Ours) -> Iterator[e.AlertEvent]:
    """One case a value, for any number of reports."""
    number = state.values.get(verdict.value.fingerprint)
    case = state.cases.get(number) if number is not None else None
    if case is None or case.stage is Stage.DECLARED:
        # A declared value that is reported again, while no incident deals with it, is a new case.
        own = state.next_number
        yield e.Matched(own, report, verdict.value, verdict.auto)
    else:
        own = case.number
        if _is_news(case, report):
            yield e.SeenAgain(own, report)
    if (triage := _in_triage(state, report)) is not None:
        yield e.TriageEnded(triage.number, f"It is a key of ours: alert {own}.", own)


def _is_news(case: Case, report: Report) -> bool:
    """Whether the case does not know the report, or as one that fewer can read."""
    known = next((one for one in case.reports if one.key == report.key), None)
    return known is None or (report.public and not known.public)


def _in_triage(state: Alerts, report: Report) -> Case | None:
    """The report's case of a value that was unknown so far, or could not be compared; it stays until the report is
    compared with everything.
    """
    case = state.case_of(report.key)
    return case if case is not None and case.stage is Stage.TRIAGE else None


def _stranger(state: Alerts, report: Report, verdict: Stranger) -> tuple[e.AlertEvent, ...]:
    """An admin credential is treated regardless of the rest of the report, and so is a part that could not be compared.
    A report that its source closed is closed here once all of it has been compared.
    """
    waiting = [case for case in _cases_of(state, report, verdict) if case.stage is not Stage.ENDED]
    triage = [case for case in waiting if case.stage is Stage.TRIAGE]
    left = {case.number: tuple(name for name in case.unread if name in verdict.unread) for case in triage}
    if verdict.ended and (state.over(report.key) or (triage and not any(left.values()))):
        return _ended(state, e.Noted(report, Outcome.ENDED, words=verdict.ended))
    if waiting:
        return tuple(
            e.ComparedAgain(each.number, left[each.number]) for each in triage if each.unread != left[each.number]
        )
    opened = e.Unmatched(
        state.next_number, report, verdict.owner, verdict.due, verdict.credential, verdict.unread, verdict.fingerprint,
    )  # fmt: skip
    return (opened,)


def _cases_of(state: Alerts, report: Report, verdict: Stranger) -> list[Case]:
    """The cases of the report that the verdict is about."""
    if verdict.credential:
        known = state.case_of(report.key, verdict.fingerprint)
        return [known] if known is not None else []
    return state.cases_of(report.key)


def _noted(state: Alerts, noted: e.Noted, value: Value) -> tuple[e.AlertEvent, ...]:
    """A machine's look does not close a case that waits for a person, unless an incident now deals with it."""
    key = noted.report.key
    before = state.recorded.get(key, {}).get(value.fingerprint)
    if before is not None and (before.outcome, before.value, before.incident, before.report.public) == (
        noted.outcome, noted.value, noted.incident, noted.report.public or before.report.public
    ):  # fmt: skip
        return ()
    known = state.case_of(key, value.fingerprint)
    if known is not None:
        return tuple(_known(known, noted))
    if (triage := _in_triage(state, noted.report)) is not None:
        return noted, e.TriageEnded(triage.number, f"It is a key of {value.secret}: {noted.outcome}.")
    return (noted,)


def _known(case: Case, noted: e.Noted) -> Iterator[e.AlertEvent]:
    """For a value with a case: that more people can read it now, and that an incident deals with it."""
    in_incident = noted.outcome is Outcome.IN_INCIDENT
    news = _is_news(case, noted.report) and (in_incident or case.stage is not Stage.HARMLESS)
    if news:
        yield e.SeenAgain(case.number, noted.report)
    if in_incident and (case.stage is Stage.PROPOSED or (news and case.stage is Stage.HARMLESS)):
        yield e.DeclaredOf(case.number, noted.incident)


def _ended(state: Alerts, noted: e.Noted) -> tuple[e.AlertEvent, ...]:
    """A source does not close a case that waits for a declaration."""
    known = state.cases_of(noted.report.key)
    if state.over(noted.report.key) or any(case.stage is Stage.PROPOSED for case in known):
        return ()
    words = f"Closed at its source: {noted.words}."
    return (noted, *(e.TriageEnded(case.number, words) for case in known if case.stage is Stage.TRIAGE))


def declare(state: Alerts, number: int, incident: str) -> tuple[e.AlertEvent, ...]:
    """An incident deals with the case's value now."""
    case = state.cases.get(number)
    return (e.DeclaredOf(number, incident),) if case is not None and case.stage is Stage.PROPOSED else ()


def ask_again(state: Alerts, now: datetime) -> tuple[e.AlertEvent, ...]:
    """The cases whose time as harmless is over."""
    over = (
        case
        for case in state.cases.values()
        if case.stage is Stage.HARMLESS and case.until is not None and case.until <= now
    )
    return tuple(e.AskedAgain(case.number) for case in over)


def overdue(state: Alerts, now: datetime) -> tuple[e.AlertEvent, ...]:
    """Triage that was not finished in time, each once."""
    late = (
        case
        for case in state.cases.values()
        if case.stage is Stage.TRIAGE and not case.overdue and case.due is not None and case.due <= now
    )
    return tuple(e.TriageOverdue(case.number) for case in late)


def on_command(state: Alerts, command: AlertCommand, actor: Actor, at: datetime) -> tuple[e.AlertEvent, ...]:
    """The events of a person's command. Declined with a sentence if it is refused."""
    demand(actor, Right.RESPOND)
    case = state.cases.get(command.case)
    if case is None:
        raise Declined(f"There is no alert {command.case}. `bot news alerts` lists them.")
    because = clean(command.because, "reason")
    if isinstance(command, CallHarmless):
        _demand(case, Stage.PROPOSED)
        return (e.CalledHarmless(case.number, because, bounds.due(command.until, at, "Harmless until")),)
    _demand(case, Stage.TRIAGE)
    return (e.TriageEnded(case.number, because),)


def _demand(case: Case, stage: Stage) -> None:
    if case.stage is stage:
        return
    match case.stage:
        case Stage.DECLARED:
            raise Declined(f"Alert {case.number} is already declared: {case.incident} handles it.")
        case Stage.HARMLESS | Stage.ENDED:
            raise Declined(f"{case.by} already decided about alert {case.number}: {case.because}")
        case Stage.TRIAGE:
            end = f"`bot news alerts end {case.number} --note WHY`"
            raise Declined(f"Alert {case.number} holds no known key: end it with {end}.")
        case Stage.PROPOSED:
            raise Declined(
                f"Alert {case.number} is a key of ours. Declare it, or explain why it is harmless, by "
                f"`bot news alerts harmless {case.number} --note WHY --until DATE`."
            )


def value_of(case: Case) -> Value:
    """Declined for a case that holds no value of ours, or that is decided."""
    _demand(case, Stage.PROPOSED)
    assert case.value is not None
    return case.value
