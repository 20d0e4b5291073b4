"""The variables of PagerDuty."""

from __future__ import annotations

from bot.settings.basics import Basics
from bot.settings.values import Value, secret

PAGES_WITH = ("BOT_PAGERDUTY_ROUTING_KEY", "BOT_PAGERDUTY_API_KEY")
"""The variables of keys that can silence the page."""


class PagerDutySettings(Basics):
    """Without a routing key no one is paged. The REST key adds notes to the page. A second service is paged if the
    first page cannot be sent, or PagerDuty's key itself leaked.
    """

    pagerduty_routing_key: Value | None = secret(
        "BOT_PAGERDUTY_ROUTING_KEY", "Events v2 routing key of the service that is paged", shown="no page"
    )
    pagerduty_api_key: Value | None = secret(
        "BOT_PAGERDUTY_API_KEY",
        "REST key, for notes on the page",
        shown="milestones go into the alert's details",
    )
    pager_fallback_routing_key: Value | None = secret(
        "BOT_PAGER_FALLBACK_ROUTING_KEY",
        "routing key of a second PagerDuty service, paged when the first cannot be, or has leaked",
        shown="no second page by PagerDuty",
    )
