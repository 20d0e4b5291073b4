"""Whether a consumer is well, whatever kind it is of: any 2xx of its own health URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.aws import LOOPBACK_HOSTS
from bot.consumers.contract import Health
from bot.errors import Refused, Throttled, Unexpected, Unreachable
from bot.http import Http
from bot.priority import Priority

TIMEOUT = 5.0
"""Seconds."""


def ask_health(url: str, timeout: float = TIMEOUT) -> Health:
    """Asks it once. Refused for a URL that is not https, or on this machine."""
    verb = "ask for health"
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or (parts.scheme != "https" and host not in LOOPBACK_HOSTS):
        raise Refused("health", verb, "a health URL needs https")
    http = Http("health", f"{parts.scheme}://{parts.netloc}", timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        status = http.send("GET", path, verb=verb, priority=Priority.VERIFY).status
    except (Unexpected, Throttled, Unreachable) as error:
        return Health(ok=False, detail=error.cause)
    return Health(ok=200 <= status < 300, detail=f"HTTP {status}")
