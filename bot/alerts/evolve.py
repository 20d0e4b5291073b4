"""How what is known of alerts changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.alerts import events as e
from bot.alerts.state import Alerts, Case, Recorded, Report, Stage


def evolve(state: Alerts, event: e.AlertEvent, by: str, at: datetime, number: int, digest: str) -> Alerts:
    """The state after entry `number` of the log."""
    return replace(_evolved(state, event, by, at), number=number, digest=digest)


def _evolved(state: Alerts, event: e.AlertEvent, by: str, at: datetime) -> Alerts:
    match event:
        case e.Matched():
            case = Case(event.case, Stage.PROPOSED, at, (event.report,), event.value, auto=event.auto)
            opened = _opened(state, case, event.report)
            return replace(opened, values={**state.values, event.value.fingerprint: event.case})
        case e.Unmatched():
            case = Case(event.case, Stage.TRIAGE, at, (event.report,), owner=event.owner, due=event.due)
            return _opened(state, case, event.report)
        case e.SeenAgain():
            return _seen_again(state, event)
        case e.Noted():
            noted = Recorded(event.report, event.outcome, event.value, event.incident)
            recorded = {**state.recorded, event.report.key: noted}
            return replace(state, recorded=recorded, reports={**state.reports, event.report.key: 0})
        case e.DeclaredOf():
            return _changed(state, event.case, stage=Stage.DECLARED, incident=event.incident, by=by)
        case e.CalledHarmless():
            return _changed(
                state, event.case, stage=Stage.HARMLESS, because=event.because, until=event.until, by=by, auto=False
            )
        case e.AskedAgain():
            return _changed(state, event.case, stage=Stage.PROPOSED, until=None)
        case e.TriageEnded():
            return _changed(state, event.case, stage=Stage.ENDED, because=event.because, by=by)
        case e.TriageOverdue():
            return _changed(state, event.case, overdue=True)
        case e.WrittenBack():
            return replace(state, written=state.written | {event.key})
        case _:
            assert_never(event)


def _opened(state: Alerts, case: Case, report: Report) -> Alerts:
    recorded = {key: one for key, one in state.recorded.items() if key != report.key}
    return replace(
        state,
        cases={**state.cases, case.number: case},
        reports={**state.reports, report.key: case.number},
        recorded=recorded,
    )


def _seen_again(state: Alerts, event: e.SeenAgain) -> Alerts:
    """A value that was called harmless where it stood is asked about again once strangers can read it."""
    case = state.cases[event.case]
    exposed = case.stage is Stage.HARMLESS and event.report.public and not case.public
    stage = Stage.PROPOSED if exposed else case.stage
    return _opened(state, replace(case, reports=(*case.reports, event.report), stage=stage), event.report)


def _changed(state: Alerts, number: int, **changes: object) -> Alerts:
    case = replace(state.cases[number], **changes)  # type: ignore[arg-type]
    return replace(state, cases={**state.cases, number: case})
