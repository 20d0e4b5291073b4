"""Where calls to AWS may go: to its own hosts, or to a loopback address where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.net.hosts import SERVICES, is_host_of

ENDPOINT = "AWS_ENDPOINT_URL"
"""boto3's variable for all services; one for each is named after it (``AWS_ENDPOINT_URL_SSM``)."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def check_endpoint(url: str, service: str, *, loopback_allowed: bool, name: str = ENDPOINT) -> None:
    """Raises ConfigurationError unless `url` is AWS's host of `service`, or a loopback address where that is allowed.

    Whoever can redirect these calls reads every secret, so an ``AWS_ENDPOINT_URL`` from the environment or a profile
    is checked like one of our own settings. `bot.net.hosts` says which names count.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS and loopback_allowed:
        return
    if parts.scheme == "https" and parts.netloc in {host, f"{host}:443"} and is_host_of(service, host):
        return
    where = f"AWS's own host of {service} over https"
    where += ", or a loopback address" if loopback_allowed else ""
    raise ConfigurationError(f"AWS endpoint {parts.scheme}://{host}: expected {where}; check {name}")


def check_endpoints(environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError for any ``AWS_ENDPOINT_URL…`` that is not AWS itself: for production.

    Each service has such a variable of its own, and boto3 signs in (STS, SSO) by itself, before any client is asked.
    One for a service that the bot does not ask leads nothing of ours anywhere. The one for all services never fits:
    each service has a host of its own.
    """
    for name, url in sorted(environ.items()):
        service = name.removeprefix(f"{ENDPOINT}_").lower().replace("_", "-")
        if name == ENDPOINT and url.strip():
            raise ConfigurationError(
                f"{ENDPOINT} is set: in production each service of AWS is asked at a host of its own. Unset it, or "
                f"name the service: {ENDPOINT}_SSM, {ENDPOINT}_STS and so on"
            )
        if name.startswith(ENDPOINT) and service in SERVICES and url.strip():
            check_endpoint(url.strip(), service, loopback_allowed=False, name=name)
