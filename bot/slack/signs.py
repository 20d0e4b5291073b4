"""The signs by which Slack shows a state at a glance, before its words."""

from __future__ import annotations

from bot.incident.model import New, Old, StepState

OLD_SIGNS = {Old.ALIVE: "🔴", Old.REVOKING: "🟠", Old.DEAD: "✅", Old.ATTESTED: "🟣", Old.UNPROVEN: "🟠"}
NEW_SIGNS = {
    New.NONE: "▫️",
    New.STAGED: "🔹",
    New.PROMOTED: "🔹",
    New.LIVE: "✅",
    New.UNCONFIRMED: "☑️",
    New.FAILING: "❌",
    New.ROLLED_BACK: "⏪",
    New.UNKNOWN: "❔",
    New.NOT_NEEDED: "▫️",
}
STEP_SIGNS = {StepState.WAITING: "▫️", StepState.OPEN: "▶️", StepState.DONE: "✅", StepState.SKIPPED: "⏭️"}
