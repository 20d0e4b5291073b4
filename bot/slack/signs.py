"""The signs by which Slack shows a state at a glance, before its words."""

from __future__ import annotations

from bot.incident.model import Old, StepState

OLD_SIGNS = {Old.ALIVE: "🔴", Old.REVOKING: "🟠", Old.DEAD: "✅", Old.ATTESTED: "🟣", Old.UNPROVEN: "🟠"}
STEP_SIGNS = {StepState.WAITING: "▫️", StepState.OPEN: "▶️", StepState.DONE: "✅", StepState.SKIPPED: "⏭️"}
