"""PagerDuty: the form of the routing key, and the REST key by asking what the account can do (GET /abilities)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Diagnostic, Doubtful, Skipped, Wrong

if TYPE_CHECKING:
    from bot.app.outside import Outside
    from bot.secret import Secret

_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
"""An integration key of Events API v2. Source: developer.pagerduty.com, Events API v2 overview."""


def checks(outside: Outside) -> Iterator[Diagnostic]:
    yield Diagnostic(
        "page: routing key",
        lambda: _routing_key(outside),
        "Set BOT_PAGERDUTY_ROUTING_KEY to the service's Events API v2 integration key (32 characters).",
    )
    yield Diagnostic(
        "page: REST key",
        lambda: _rest_key(outside),
        "Set BOT_PAGERDUTY_API_KEY to a REST key of the account, or unset it.",
    )
    yield Diagnostic(
        "page: fallback",
        lambda: _fallback(outside),
        "Set BOT_PAGER_FALLBACK_ROUTING_KEY to the key of a second service, or BOT_PAGER_SMS_TO and the four settings "
        "BOT_TWILIO_… for text messages, from an account that is not the product's.",
    )


def _routing_key(outside: Outside) -> str:
    key = outside.settings.pagerduty_routing_key
    if key is None:
        raise Doubtful("not set: nobody is paged")
    _check_form(key)
    _ = outside.pager  # checks the addresses
    return "has the right form; whether it is accepted only a page shows, and none was sent"


def _check_form(key: Secret) -> None:
    if not _ROUTING_KEY.fullmatch(key.reveal()):
        raise Wrong("it does not have the form of an integration key")


def _fallback(outside: Outside) -> str:
    """Settings and form, and whether Twilio lets this key ask for messages; no message is sent."""
    from bot.pager.choosing import text_messages

    second = outside.settings.pager_fallback_routing_key
    found = []
    if second is not None:
        if second == outside.settings.pagerduty_routing_key:
            raise Wrong("the second routing key is the first one: it would leak and fail together with it")
        _check_form(second)
        found.append("a second routing key has the right form")
    messages = text_messages(outside.settings)
    if messages is not None:
        messages.check()
        count = len(messages.numbers)
        found.append(f"Twilio accepts the key for text messages to {count} number{'' if count == 1 else 's'}")
    if not found:
        raise Doubtful("not set: if the page cannot be sent, or its key leaks, nobody is woken")
    return "; ".join(found)


def _rest_key(outside: Outside) -> str:
    from bot.http import Http, check_base_url
    from bot.pager.pagerduty import API_HOSTS, API_URL
    from bot.secret import Secret

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
