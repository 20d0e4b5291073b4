"""What people read of the waits of a practice world, which are shorter than those of an installation."""

from __future__ import annotations

from bot.settings.basics import DRILL, PRODUCTION

WAITS = (
    f"Waits are shortened in the practice world: the {PRODUCTION.confirm:g} s between two refusals that prove a key "
    f"dead are {DRILL.confirm:g} s here."
)
