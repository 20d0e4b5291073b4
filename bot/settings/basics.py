"""How long things take, in production and in a drill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.model.timings import Timings
from bot.settings.values import Day, Hours, Url, Zone, setting

PRODUCTION = Timings()
DRILL = Timings(
    confirm=1.0,
    retry_for=10.0,
    overlap=5.0,
    approval_expires=60.0,
    http_timeout=5.0,
    sweep_wait=5.0,
    watch=2.0,
    records=1.0,
)


# What every part may go by: where the bot runs, how long things take, and addresses that replace usual ones.


class Basics(BaseModel):
    """Secret settings are `Secret`; unset ones are None."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True, validate_default=True
    )

    environment: Literal["production", "development", "drill"] = setting(
        "BOT_ENVIRONMENT",
        "where the bot itself runs: `production`, `development` or `drill`",
        "development",
        parameter=False,
    )
    confirm_seconds: Annotated[float, Field(gt=0, le=3600)] | None = setting(
        "BOT_CONFIRM_SECONDS",
        "seconds between the rejections that confirm an old key dead",
        shown=f"{PRODUCTION.confirm:g}, in a drill {DRILL.confirm:g}",
    )
    time_zone: Zone = setting(
        "BOT_TIME_ZONE", "where the responders live, such as `Europe/Berlin`; it sets their day and night", "UTC"
    )
    day: Day = setting(
        "BOT_DAY",
        "their day, `HH:MM-HH:MM`: reminders wait for it; at night only urgent things page",
        Hours(8 * 60, 20 * 60),
    )
    host_urls: Mapping[tuple[str, str], Url] = Field(
        default_factory=dict, description="provider's name and host's role, to the address that replaces the card's"
    )

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def timings(self) -> Timings:
        """The timings of a drill or of production (development has the same), with the set values on top."""
        usual = DRILL if self.environment == "drill" else PRODUCTION
        confirm, day = self.confirm_seconds or usual.confirm, self.day
        return replace(
            usual,
            confirm=confirm,
            time_zone=self.time_zone,
            day_from=day.start * 60.0,
            day_until=day.end * 60.0,
        )

    def gives(self, part: type[Basics]) -> bool:
        """Whether one of the part's own variables is set."""
        return not self.model_fields_set.isdisjoint(part.__annotations__)
