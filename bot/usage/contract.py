"""Who used a parameter and who could, as far as that can be seen, and how far that is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.model.reads import Read
from bot.proofs.principals import holder


@dataclass(frozen=True)
class Usage:
    """Reads between `since` and `until`, with the searched sources and what they cannot show.

    Empty `reads` never mean "no access": show them with `source`, the times and `not_visible`.
    """

    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool = False


class UsageSource(Protocol):
    def reads(self, parameters: Collection[str], since: datetime, until: datetime) -> Usage:
        """Reads of any of `parameters`, by name or by a path above it, and tries that were refused. Errors:
        Unauthorized, Throttled, Unreachable, Unexpected.
        """


class Verdict(StrEnum):
    """Whether a principal can read. `MAY`: a condition decides, or something that cannot be looked at."""

    CAN = "can"
    MAY = "may"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Grant:
    """A principal (an ARN of IAM) that can or may read one parameter, and by which policies."""

    principal: str
    parameter: str
    verdict: Verdict
    by: tuple[str, ...]


@dataclass(frozen=True)
class Granted:
    """The readers in one AWS account, by its IAM. `trusts` gives for each role of the account the AWS principals in its
    trust policy: ARNs, account ids, ``*`` for anyone.
    """

    account: str
    grants: tuple[Grant, ...]
    trusts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def readable_by(self, principal: str) -> tuple[Grant, ...]:
        """The parameters that one principal of a people file can or may read. A session of an assumed role is that
        role; a role of Identity Center matches with or without its digits.
        """
        return tuple(grant for grant in self.grants if holder(grant.principal) == holder(principal))


@dataclass(frozen=True)
class Readable:
    """The parameters that the access keys of an IAM user can or may read by their policies, and the asked actions that
    they may do. `unknown` says, as a phrase, why there may be more of each; `limits`, what the organization's policies
    take from the actions, or why that is unknown.
    """

    parameters: frozenset[str] = frozenset()
    actions: tuple[str, ...] = ()
    unknown: str = ""
    limits: str = ""


class GrantSource(Protocol):
    def grants(self, parameters: Collection[str]) -> Granted:
        """Who can read any of `parameters` (full names). Errors: Unauthorized, which names the permission that is
        missing; Throttled, Unreachable, Unexpected.
        """

    def readable(self, user: str, parameters: Collection[str], actions: Collection[str] = ()) -> Readable:
        """The ones of `parameters` (full names) and of `actions` that a key of this IAM user can read and do. The same
        errors.
        """
        ...
