"""Offers of the report, the end and the new beginning."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.model import Right
from bot.incident.offer import ANYBODY, COMMANDER, POSSIBLE, SENSIBLE, Offer, Who
from bot.incident.state import Incident
from bot.incident.steps.rules import BEING_WRITTEN, being_written, next_step
from bot.model.playbooks import Action


def closing(incident: Incident) -> Iterator[Offer]:
    step, report = next_step(incident), incident.report
    asked = step is not None and Action.REPORT in step.definition.actions and not report.path
    owed = asked or (not incident.open and not report.path)
    unwritten = "no report has been written" if not report.path else "to have the report written anew"
    unwritten = BEING_WRITTEN if being_written(incident) else unwritten
    yield Offer(c.RequestReport, c.RequestReport(), "", unwritten, ANYBODY, SENSIBLE if owed else POSSIBLE)
    left = acceptable(incident)
    second = any(item.second for item in left)
    who = (Who(frozenset({Right.COMMAND}), human=True),) if second else COMMANDER
    done = "all steps are done or skipped"
    if left:
        agree = "you and a second person accept" if second else "you accept"
        done += f"; {agree} by name what is open: {'; '.join(item.words for item in left)}"
    yield Offer(c.Close, c.Close("", tuple(item.key for item in left), left_digest(left)), "", done, who, SENSIBLE)
    yield Offer(c.Reopen, c.Reopen(""), "", "if there is something to look into again", COMMANDER)
