"""PagerDuty: the form of the routing key, and the REST key by asking what the account can do (GET /abilities)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.checkup.check import Check, Doubtful, Skipped, Wrong

if TYPE_CHECKING:
    from bot.app import Application

_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
"""An integration key of Events API v2. Source: developer.pagerduty.com, Events API v2 overview."""


def checks(application: Application) -> Iterator[Check]:
    yield Check(
        "page: routing key",
        lambda: _routing_key(application),
        "Set BOT_PAGERDUTY_ROUTING_KEY to the service's Events API v2 integration key (32 characters).",
    )
    yield Check(
        "page: REST key",
        lambda: _rest_key(application),
        "Set BOT_PAGERDUTY_API_KEY to a REST key of the account, or unset it.",
    )


def _routing_key(application: Application) -> str:
    key = application.settings.pagerduty_routing_key
    if key is None:
        raise Doubtful("not set: nobody is paged")
    if not _ROUTING_KEY.fullmatch(key.reveal()):
        raise Wrong("it does not have the form of an integration key")
    _ = application.pager  # checks the addresses
    return "has the right form; whether it is accepted only a page shows, and none was sent"


def _rest_key(application: Application) -> str:
    from bot.http import Http, check_base_url
    from bot.pager.pagerduty import API_HOSTS, API_URL
    from bot.secret import Secret

    settings = application.settings
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
