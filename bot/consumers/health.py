"""Health of a consumer: any 2xx of its own health URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.consumers.contract import Health
from bot.errors import Refused, Throttled, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.hosts import is_loopback
from bot.net.http import Http, split_url

TIMEOUT = 5.0
"""Seconds."""


def ask_health(url: str, timeout: float = TIMEOUT) -> Health:
    """Calls the URL once. Refused for a URL that is not https, or on this machine."""
    verb = "ask for health"
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or (parts.scheme != "https" and not is_loopback(host)):
        raise Refused("health", verb, "a health URL needs https")
    base, path = split_url(url)
    http = Http("health", base, timeout=timeout)
    try:
        status = http.send("GET", path, verb=verb, priority=Priority.VERIFY).status
    except (Unexpected, Throttled, Unreachable) as error:
        return Health(ok=False, detail=error.cause)
    return Health(ok=200 <= status < 300, detail=f"HTTP {status}")
