"""What the report's words consist of, and who may sign it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident.state import Incident
from bot.incident.two_people import lacking
from bot.model.playbooks import Action

PARTS: Mapping[str, str] = {"summary": "summary", "impact": "impact", "root-cause": "cause", "lessons": "lessons"}
"""What they are called in statements, and by people."""
FINDINGS = frozenset({"impact", "root-cause"})


def latest(incident: Incident, part: str) -> str:
    """What was last written of it; empty if nothing was."""
    return next((said.text for said in reversed(incident.statements) if said.what == part), "")


def writers(incident: Incident) -> frozenset[str]:
    """Who wrote the report's words as they are, and who closed the incident: of two persons whoever proposed it, as
    the other one has only agreed, and wrote nothing.
    """
    names = {next((said.by.name for said in reversed(incident.statements) if said.what == part), "") for part in PARTS}
    if incident.closed is not None:
        names.add(incident.closer or incident.closed.name)
    return frozenset(names - {""})


def two_sign(incident: Incident) -> bool:
    """Whether the playbook asks for a second person at the step that writes the report (``approval: true``)."""
    return any(step.definition.approval and Action.REPORT in step.definition.actions for step in incident.steps)


def signed(incident: Incident) -> bool:
    """Whether all have signed the report, as it is now, whom it takes: where the playbook asks for a second person and
    an account without an entry wrote or closed, two.
    """
    given = incident.report.signers
    return bool(given) and not (two_sign(incident) and lacking(writers(incident), given))


def barred_from_signing(incident: Incident) -> frozenset[str]:
    """Who cannot add a signature to the report as it is now."""
    return frozenset(incident.report.signers) | (writers(incident) if two_sign(incident) else frozenset())
