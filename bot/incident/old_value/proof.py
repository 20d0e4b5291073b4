"""What a look at the leaked value counts as, and when its death is proven."""

from __future__ import annotations

from datetime import timedelta

from bot.incident import events as e
from bot.incident.old_value.state import OldValue
from bot.incident.state import Incident, SecretState


def effective(event: e.OldProbed) -> str:
    """What a probe counts as: a refusal while no control was accepted through the same path says nothing."""
    if event.probe.liveness == "dead" and (event.control is None or event.control.liveness != "live"):
        return "unknown"
    return event.probe.liveness


def run_is_long(incident: Incident, old: OldValue) -> bool:
    """Whether as many refusals as a proof needs stand in the log, far enough apart: more of them add nothing."""
    run = old.refusals
    return (
        run is not None and run.count > 1 and run.last_at - run.first_at >= timedelta(seconds=incident.timings.confirm)
    )


def proof_complete(incident: Incident, secret: SecretState) -> bool:
    """Seen alive before, then an unbroken run of refusals, at least two, far enough apart, each with a control, and no
    look among them that could not tell.
    """
    return secret.old.contained_at is None and secret.old.baseline_at is not None and run_is_long(incident, secret.old)
