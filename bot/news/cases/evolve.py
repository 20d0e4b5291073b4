"""How events change the state of alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.model import codec as log
from bot.news.cases import events as e
from bot.news.cases.state import Alerts, Case, Recorded, Report, Stage


def evolve(state: Alerts, recorded: log.Recorded[e.AlertEvent]) -> Alerts:
    """The state after one more event."""
    return after(state, recorded.event, recorded.actor, recorded.at)


def after(state: Alerts, event: e.AlertEvent, by: str, at: datetime) -> Alerts:
    """The same for an event that is not recorded yet."""
    match event:
        case e.Matched():
            case = Case(event.case, Stage.PROPOSED, at, (event.report,), event.value, auto=event.auto)
            opened = _opened(state, case, event.report, event.value.fingerprint)
            return replace(opened, values={**state.values, event.value.fingerprint: event.case})
        case e.Unmatched():
            case = Case(
                event.case, Stage.TRIAGE, at, (event.report,),
                owner=event.owner, due=event.due, credential=event.credential, unread=event.unread,
            )  # fmt: skip
            before = state if event.credential else _forgotten(state, event.report.key)
            return _opened(before, case, event.report, event.fingerprint)
        case e.ComparedAgain():
            return _changed(state, event.case, unread=event.unread)
        case e.SeenAgain():
            return _seen_again(state, event)
        case e.Noted():
            return _noted(state, event)
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
        case _:
            assert_never(event)


def _opened(state: Alerts, case: Case, report: Report, fingerprint: str) -> Alerts:
    placed = _placed(state, report.key, fingerprint, case.number)
    return replace(placed, cases={**state.cases, case.number: case})


def _noted(state: Alerts, event: e.Noted) -> Alerts:
    """A report that its source closed closes everything recorded for it."""
    key, fingerprint = event.report.key, event.value.fingerprint if event.value is not None else ""
    placed = _placed(state if fingerprint else _forgotten(state, key), key, fingerprint, 0)
    noted = Recorded(event.report, event.outcome, event.value, event.incident)
    return replace(placed, recorded={**placed.recorded, key: {**placed.recorded.get(key, {}), fingerprint: noted}})


def _placed(state: Alerts, key: str, fingerprint: str, number: int) -> Alerts:
    """The earlier record for this value, and the report's end, no longer hold."""
    recorded = state.recorded
    if key in recorded:
        kept = {name: one for name, one in recorded[key].items() if name not in {"", fingerprint}}
        recorded = {**{name: one for name, one in recorded.items() if name != key}, **({key: kept} if kept else {})}
    reports = {**state.reports, key: {**state.reports.get(key, {}), fingerprint: number}}
    return replace(state, reports=reports, recorded=recorded)


def _forgotten(state: Alerts, key: str) -> Alerts:
    """Nothing is known of what this report holds; its cases stay."""
    return replace(
        state,
        reports={name: one for name, one in state.reports.items() if name != key},
        recorded={name: one for name, one in state.recorded.items() if name != key},
    )


def _seen_again(state: Alerts, event: e.SeenAgain) -> Alerts:
    """A value that was called harmless where it stood is asked about again once strangers can read it."""
    case = state.cases[event.case]
    exposed = case.stage is Stage.HARMLESS and event.report.public and not case.public
    stage = Stage.PROPOSED if exposed else case.stage
    reports = {report.key: report for report in case.reports} | {event.report.key: event.report}
    fingerprint = case.value.fingerprint if case.value is not None else ""
    return _opened(state, replace(case, reports=tuple(reports.values()), stage=stage), event.report, fingerprint)


def _changed(state: Alerts, number: int, **changes: object) -> Alerts:
    case = replace(state.cases[number], **changes)  # type: ignore[arg-type]
    return replace(state, cases={**state.cases, number: case})
