"""PagerDuty: the form of the routing key, and the REST key by asking what the account can do (GET /abilities)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Checks, Doubtful, Skipped, Wrong

if TYPE_CHECKING:
    from bot.app.outside import Outside
    from bot.secrets.secret import Secret

CHECKS = Checks["Outside"]()
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
"""An integration key of Events API v2. Source: developer.pagerduty.com, Events API v2 overview."""


@CHECKS(
    "page: routing key",
    "Set BOT_PAGERDUTY_ROUTING_KEY to the service's Events API v2 integration key (32 characters).",
    needed=True,
)
def _routing_key(outside: Outside) -> str:
    key = outside.settings.pagerduty_routing_key
    if key is None:
        raise Doubtful("not set: no page is sent")
    _check_form(key)
    _ = outside.pager  # checks the addresses
    return "has the right form; only a real page can test it, and none was sent"


def _check_form(key: Secret) -> None:
    if not _ROUTING_KEY.fullmatch(key.reveal()):
        raise Wrong("it does not look like an integration key")


@CHECKS("page: REST key", "Set BOT_PAGERDUTY_API_KEY to a REST key of the account, or unset it.")
def _rest_key(outside: Outside) -> str:
    from bot.net.http import Http, check_base_url
    from bot.pager.pagerduty import API_HOSTS, API_URL
    from bot.secrets.secret import Secret

    settings = outside.settings
    key = settings.pagerduty_api_key
    if key is None:
        raise Skipped("not set: milestones go into the alert's details")
    url = settings.host_urls.get(("pagerduty", "api"), API_URL)
    check_base_url(url, API_HOSTS, settings.production)
    http = Http("pagerduty", url, timeout=settings.timings.http_timeout)
    token = Secret(f"Token token={key.reveal()}")
    reply = http.send("GET", "/abilities", verb="ask what the account can do", headers={"Authorization": token})
    if reply.status != 200:
        raise Wrong(f"HTTP {reply.status}: the key is not accepted")
    return "accepted"


@CHECKS(
    "page: fallback",
    "Set BOT_PAGER_FALLBACK_ROUTING_KEY to the key of a second service, in another account than the product's.",
)
def _fallback(outside: Outside) -> str:
    """Its form; no page is sent."""
    second = outside.settings.pager_fallback_routing_key
    if second is None:
        raise Doubtful("not set: if the page fails or its key leaks, no one is paged")
    if second == outside.settings.pagerduty_routing_key:
        raise Wrong("the second routing key equals the first: both would leak and fail together")
    _check_form(second)
    return "has the right form; only a real page can test it, and none was sent"
