"""What keeps a drill inside the machine: no connection but loopback, and nothing of the person's own AWS set-up."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Final

from bot.errors import Misuse

ISOLATED: Final[Mapping[str, str]] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "*",
    "no_proxy": "*",
}
"""Set in every process of a drill: profiles, the metadata service and proxies are off."""
FOREIGN = ("AWS_", "BOT_", "SLACK_")
"""Beginnings of variables that a person's own shell may hold: none of them comes into a drill."""
_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_installed: list[bool] = []


class LeftTheSandbox(Misuse):
    """Something in a drill tried to reach another machine. Nothing was sent."""


def isolated(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy of `environ` for a process of a drill, without anything that could lead it outside."""
    kept = {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}
    return {**kept, **ISOLATED}


def isolate(environ: MutableMapping[str, str]) -> None:
    """The same, in place: for the process itself, before boto3 looks at its environment."""
    kept = isolated(environ)
    for name in set(environ) - set(kept):
        del environ[name]
    environ.update(kept)


def close_off() -> None:
    """From now on this process reaches loopback and Unix sockets only. It cannot be undone, and does no harm twice."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(refuse_others)


def refuse_others(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook. Source: Python's table of audit events; it sees what any library in this process does."""
    if event in _CONNECTS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else ""
    elif event in _LOOKUPS:
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise LeftTheSandbox("A drill reaches nothing but this machine: a connection elsewhere was refused.")


def is_loopback(host: object) -> bool:
    """Whether `host` is this machine. A Unix socket, and an empty host (any address to listen on), count as it."""
    name = host.decode("idna") if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    if not isinstance(name, str):
        return False
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
