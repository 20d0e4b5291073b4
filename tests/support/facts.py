"""What an incident's log says, in words that outlive the classes: for comparing what two releases make of one log."""

from __future__ import annotations

from collections.abc import Sequence

from bot.incident import events as e
from bot.incident.state import Incident

WORDS = {"plan-approved", "kill-requested", "glass-broken", "death-attested", "revoked-by-person", "incident-closed",
         "incident-reopened", "submission-announced", "check-ended", "task-done"}  # fmt: skip


def facts(incident: Incident, log: Sequence[e.Recorded]) -> dict[str, object]:
    """JSON of what must stay true: states, values by fingerprint, steps, who said what, what was read and filed."""
    return {
        "open": incident.open,
        "closed_by": incident.closed.name if incident.closed else None,
        "environment": incident.environment,
        "secrets": {name: _secret(secret) for name, secret in incident.secrets.items()},
        "steps": {step.definition.id: str(step.state) for step in incident.steps},
        "tasks": {task.title: bool(task.done) for task in incident.tasks.values()},
        "said": [[each.what, each.text, each.by.name] for each in incident.statements],
        "words": [[e.kind_of(each.event), each.actor] for each in log if e.kind_of(each.event) in WORDS],
        "channel": incident.channel,
        "paged": incident.page.triggered_at is not None,
        "report": incident.report.path,
        "functions": {name: dict(function.versions) for name, function in incident.functions.items()},
    }


def _secret(secret) -> dict[str, object]:
    return {
        "old": str(secret.old_state),
        "new": str(secret.new_state),
        "strategy": str(secret.strategy),
        "old_fingerprint": secret.old.fingerprint,
        "new_fingerprint": secret.new.fingerprint,
        "key": secret.old.key_id,
        "contained": secret.old.contained_at.isoformat() if secret.old.contained_at else None,
        "open_checks": sorted(check.item for check in secret.open_checks),
        "looks_after_close": secret.old.probes_after_close,
    }
