"""Which events follow from a look at a report, from a person's command, and from time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from bot.incident import bounds
from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined, clean, demand
from bot.news.cases import events as e
from bot.news.cases.commands import AlertCommand, CallHarmless, EndTriage
from bot.news.cases.evolve import after
from bot.news.cases.state import (
    Alerts,
    Case,
    Ours,
    Outcome,
    Report,
    Settled,
    Stage,
    Stranger,
    Value,
    Verdict,
)


def looked(state: Alerts, report: Report, verdict: Verdict, *, whole: bool = True) -> tuple[e.AlertEvent, ...]:
    """What is new by this look at one value of a report; nothing where it says what is known already. `whole`: the
    report was compared with everything, so that no other value can stand in it unseen.
    """
    match verdict:
        case Ours():
            return tuple(_ours(state, report, verdict, whole=whole))
        case Stranger():
            return _stranger(state, report, verdict)
        case Settled(outcome, value, incident, words):
            noted = e.Noted(report, outcome, value, incident, words)
            return _ended(state, noted) if value is None else _noted(state, noted, value, whole=whole)
        case _:
            assert_never(verdict)


def looked_through(
    state: Alerts, found: Sequence[tuple[Report, Verdict]], by: str, at: datetime
) -> tuple[e.AlertEvent, ...]:
    """What is new by one look at an alert, of all that it holds together."""
    whole = not any(isinstance(verdict, Stranger) and verdict.partly for _, verdict in found)
    events: list[e.AlertEvent] = []
    for report, verdict in found:
        for event in looked(state, report, verdict, whole=whole):
            events.append(event)
            state = after(state, event, by, at)
    known = next((report for report, verdict in found if not isinstance(verdict, Stranger) or verdict.credential), None)
    if known is not None and (triage := _in_triage(state, known, whole=whole)) is not None:
        words = "It was compared with everything: what it holds of ours is known."
        events.append(e.TriageEnded(triage.number, words))
    return tuple(events)


def _ours(state: Alerts, report: Report, verdict: Ours, *, whole: bool) -> Iterator[e.AlertEvent]:
    """One case a value, however many reports there are of it."""
    number = state.values.get(verdict.value.fingerprint)
    case = state.cases.get(number) if number is not None else None
    if case is None or case.stage is Stage.DECLARED:
        # One that was declared and is reported anew, while no incident deals with it, is a new case.
        own = state.next_number
        yield e.Matched(own, report, verdict.value, verdict.auto)
    else:
        own = case.number
        if _is_news(case, report):
            yield e.SeenAgain(own, report)
    if (triage := _in_triage(state, report, whole=whole)) is not None and not triage.partly:
        yield e.TriageEnded(triage.number, f"It is a value of ours: alert {own}.", own)


def _is_news(case: Case, report: Report) -> bool:
    """Whether the case does not know the report, or as one that fewer can read."""
    known = next((one for one in case.reports if one.key == report.key), None)
    return known is None or (report.public and not known.public)


def _in_triage(state: Alerts, report: Report, *, whole: bool) -> Case | None:
    """The report's case of a value that nobody knew until now, or that could not be compared; it stays until the report
    is compared with everything.
    """
    case = state.case_of(report.key) if whole else None
    return case if case is not None and case.stage is Stage.TRIAGE else None


def _stranger(state: Alerts, report: Report, verdict: Stranger) -> tuple[e.AlertEvent, ...]:
    """An admin credential is looked at beside whatever else the report holds, and so is what could not be compared.
    What is over at its source is over here once all of it has been compared with everything.
    """
    waiting = [case for case in _cases_of(state, report, verdict) if case.stage is not Stage.ENDED]
    triage = [case for case in waiting if case.stage is Stage.TRIAGE]
    left = {
        case.number: verdict.unread if verdict.partly else tuple(n for n in case.unread if n in verdict.unread)
        for case in triage
    }
    if verdict.ended and (state.over(report.key) or (triage and not verdict.cut and not any(left.values()))):
        return _ended(state, e.Noted(report, Outcome.ENDED, words=verdict.ended))
    if waiting:
        return tuple(
            e.ComparedAgain(each.number, left[each.number], verdict.cut)
            for each in triage
            if (each.unread, each.cut) != (left[each.number], verdict.cut)
        )
    opened = e.Unmatched(
        state.next_number, report, verdict.owner, verdict.due, verdict.credential, verdict.unread, verdict.fingerprint,
        verdict.partly, verdict.cut,
    )  # fmt: skip
    return (opened,)


def _cases_of(state: Alerts, report: Report, verdict: Stranger) -> list[Case]:
    """The cases of the report that the verdict is about."""
    if verdict.credential or verdict.partly:
        known = state.case_of(report.key, verdict.fingerprint)
        return [known] if known is not None else []
    return state.cases_of(report.key)


def _noted(state: Alerts, noted: e.Noted, value: Value, *, whole: bool) -> tuple[e.AlertEvent, ...]:
    """A case that waits for a person is not ended by a machine's look, but for one that an incident deals with now."""
    key = noted.report.key
    before = state.recorded.get(key, {}).get(value.fingerprint)
    if before is not None and (before.outcome, before.value, before.incident, before.report.public) == (
        noted.outcome, noted.value, noted.incident, noted.report.public or before.report.public
    ):  # fmt: skip
        return ()
    known = state.case_of(key, value.fingerprint)
    if known is not None:
        return tuple(_known(known, noted))
    if (triage := _in_triage(state, noted.report, whole=whole)) is not None and not triage.partly:
        return noted, e.TriageEnded(triage.number, f"It is a value of {value.secret}: {noted.outcome}.")
    return (noted,)


def _known(case: Case, noted: e.Noted) -> Iterator[e.AlertEvent]:
    """Of a value that has a case: that more can read it now, and that an incident deals with it."""
    in_incident = noted.outcome is Outcome.IN_INCIDENT
    news = _is_news(case, noted.report) and (in_incident or case.stage is not Stage.HARMLESS)
    if news:
        yield e.SeenAgain(case.number, noted.report)
    if in_incident and (case.stage is Stage.PROPOSED or (news and case.stage is Stage.HARMLESS)):
        yield e.DeclaredOf(case.number, noted.incident)


def _ended(state: Alerts, noted: e.Noted) -> tuple[e.AlertEvent, ...]:
    """What waits for a person to declare it is not ended by its source."""
    known = state.cases_of(noted.report.key)
    if state.over(noted.report.key) or any(case.stage is Stage.PROPOSED for case in known):
        return ()
    words = f"Ended at its source: {noted.words}."
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
    """Triage that nobody has ended in time, once each."""
    late = (
        case
        for case in state.cases.values()
        if case.stage is Stage.TRIAGE and not case.overdue and case.due is not None and case.due <= now
    )
    return tuple(e.TriageOverdue(case.number) for case in late)


def on_command(state: Alerts, command: AlertCommand, actor: Actor, at: datetime) -> tuple[e.AlertEvent, ...]:
    """What follows from a person's command. Declined with a sentence if nothing does."""
    demand(actor, Right.RESPOND)
    case = state.cases.get(command.case)
    if case is None:
        raise Declined(f"There is no alert {command.case}: `bot news alerts` lists those that there are.")
    because = clean(command.because, "reason")
    match command:
        case CallHarmless():
            _demand(case, Stage.PROPOSED)
            return (e.CalledHarmless(case.number, because, bounds.due(command.until, at, "Harmless until")),)
        case EndTriage():
            _demand(case, Stage.TRIAGE)
            return (e.TriageEnded(case.number, because),)
        case _:
            assert_never(command)


def _lacking(case: Case) -> str:
    """How the look at it fell short."""
    return "was too long to be compared to its end" if case.cut else "was not compared with all values yet"


def _demand(case: Case, stage: Stage) -> None:
    if case.stage is stage:
        return
    match case.stage:
        case Stage.DECLARED:
            raise Declined(f"Alert {case.number} is declared already: {case.incident} deals with it.")
        case Stage.HARMLESS | Stage.ENDED:
            raise Declined(f"{case.by} has decided about alert {case.number} already: {case.because}")
        case Stage.TRIAGE:
            what = _lacking(case) if case.partly or case.cut else "holds no value that is known here"
            raise Declined(f"Alert {case.number} {what}: end it with `bot news alerts end {case.number} --note WHY`.")
        case Stage.PROPOSED:
            raise Declined(
                f"Alert {case.number} is a value of ours: declare it, or say why it is harmless, by "
                f"`bot news alerts harmless {case.number} --note WHY --until DATE`."
            )


def value_of(case: Case) -> Value:
    """Declined for a case that holds no value of ours, or that is decided."""
    _demand(case, Stage.PROPOSED)
    assert case.value is not None
    return case.value
