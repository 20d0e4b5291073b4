"""Reads of parameters that hold secrets, and whose reads are known to be ours without a question. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.proofs.principals import principal_key, principal_keys


@dataclass(frozen=True)
class Read:
    """One recorded read of a parameter: `principal` is an ARN, `address` an IP address or an AWS service's name, `at` a
    UTC datetime. `by_version`: the read named a version or label, so it may have returned an earlier key.
    """

    at: datetime
    principal: str
    address: str
    agent: str
    action: str
    parameter: str
    by_bot: bool = False
    by_version: bool = False

    @property
    def refused(self) -> bool:
        """Whether it was tried in vain."""
        return "(refused:" in self.action


@dataclass(frozen=True)
class KnownReader:
    """A reader that is ours: `principal` is an ARN, where a role's ARN covers all its sessions; people read `why`. An
    empty bound limits nothing: `secrets` and `environments` by name, `networks` as CIDR or the name of an AWS service,
    `agents` as the program's own name, with ``*`` for any text. `until` is the last day (UTC).

    The bounds matter because an attacker with a role's credentials reads as that role, from another network or with
    another program.
    """

    principal: str
    why: str
    secrets: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    until: date | None = None

    def reads(self, secret: str, environment: str) -> bool:
        """Whether this secret is one that they read."""
        return secret in (self.secrets or (secret,)) and environment in (self.environments or (environment,))

    def explains(self, read: Read) -> bool:
        return (
            principal_key(self.principal) in principal_keys(read.principal)
            and (not self.networks or any(is_in(read.address, network) for network in self.networks))
            and (not self.agents or any(is_like(read.agent, agent) for agent in self.agents))
        )


def known_readers(reads: Iterable[Read], known: Sequence[KnownReader], today: date) -> dict[str, str]:
    """By principal, why all of its reads are ours. One that nothing explains leaves its principal out: people are asked
    about it. The bot's own reads are no question.
    """
    valid = [each for each in known if each.until is None or today <= each.until]
    found: dict[str, str] = {}
    for read in reads:
        if not read.by_bot and found.get(read.principal) != "":
            found[read.principal] = next((each.why for each in valid if each.explains(read)), "")
    return {principal: why for principal, why in found.items() if why}


def is_in(address: str, network: str) -> bool:
    """Whether an IP address is in a network (CIDR), or is the very name of an AWS service."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return address == network


def is_like(agent: str, pattern: str) -> bool:
    """Whether a program's name fits a pattern in which ``*`` is any text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), agent) is not None
