"""Who used a parameter and who could, as far as that can be seen, and how far that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.model.reads import Read
from bot.proofs.principals import holder


@dataclass(frozen=True)
class Usage:
    """Reads found between `since` and `until`, with what was looked through and what cannot be seen there.

    An empty `reads` is never "no access": say it with `source`, the times and `not_visible`.
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
    """A principal (an ARN of IAM) that can or may read one parameter, by which policies and with which actions."""

    principal: str
    parameter: str
    verdict: Verdict
    by: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Granted:
    """Who of one AWS account can read, how that was found, and what the finding cannot see. `trusts` gives for the ARN
    of each role of the account the AWS principals that its trust policy names: ARNs, account ids, ``*`` for anybody.

    Without a grant it is never "nobody": say it with `source` and `not_visible`.
    """

    source: str
    account: str
    grants: tuple[Grant, ...]
    not_visible: tuple[str, ...]
    trusts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, parameter: str) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if grant.parameter == parameter)

    def readable_by(self, principal: str) -> tuple[Grant, ...]:
        """What one principal of a people file can or may read; a session of an assumed role is that role, and a role of
        Identity Center is it with any digits, or without.
        """
        return tuple(grant for grant in self.grants if holder(grant.principal) == holder(principal))


@dataclass(frozen=True)
class Readable:
    """Which parameters the access keys of an IAM user can or may read. `unknown` says, as a phrase, why that cannot be
    told; then `parameters` means nothing.
    """

    parameters: frozenset[str] = frozenset()
    unknown: str = ""


class GrantSource(Protocol):
    def grants(self, parameters: Collection[str], progress: Callable[[str], None] = ...) -> Granted:
        """Who can read any of `parameters` (full names). Errors: Unauthorized, which names the permission that is
        missing; Throttled, Unreachable, Unexpected.
        """

    def readable(self, user: str, parameters: Collection[str]) -> Readable:
        """Which of `parameters` (full names) a key of this IAM user reads, whoever has it: unknown where its rights
        lead to more rights. The same errors.
        """
        ...


def session_name(arn: str) -> str:
    """How a session of a role is called: a function's name, a person's; empty for anybody else."""
    _, kind, rest = arn.partition(":assumed-role/")
    return rest.partition("/")[2] if kind else ""
