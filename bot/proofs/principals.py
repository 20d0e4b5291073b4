"""ARNs of IAM users, roles and sessions, and which of them mean the same. Pure.

Roles of Identity Center are named after their permission set, with 16 hex digits at the end. The digits differ between
accounts and change when the set is assigned again. With or without them it is the same role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:iam|sts)::(?P<account>\d{12}):"
    r"(?:user/(?P<user>[\w+=,.@/-]+)|role/(?:[\w+=,.@/-]+/)?(?P<role>[\w+=,.@-]+)"
    r"|assumed-role/(?P<assumed>[\w+=,.@-]+)(?:/(?P<session>[\w+=,.@-]+))?)",
    re.ASCII,
)
"""User and role names: IAM reference, IAM identifiers. An assumed role's ARN leaves out the role's path."""
_PERMISSION_SET = re.compile(r"(AWSReservedSSO_[\w+=,.@-]+)_[0-9a-f]{16}", re.ASCII)
"""IAM Identity Center user guide, referencing permission sets in resource policies."""
_SESSION = ("partition", "account", "role", "name", "session")
"""The fields of a session's key."""


def is_principal(text: str) -> bool:
    """Whether it is the ARN of an IAM user, a role, or a role's session."""
    return _ARN.fullmatch(text) is not None


def principal_key(arn: str) -> tuple[str, ...]:
    """What identifies a principal, equal for the ARNs of a role and of an assumed role; `arn` if it is neither."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return (arn,)
    who = ("user", match["user"]) if match["user"] else ("role", _role(match["role"] or match["assumed"]))
    return (match["partition"], match["account"], *who, *([match["session"]] if match["session"] else []))


def principal_keys(arn: str) -> Iterator[tuple[str, ...]]:
    """The entries of a people file that can match `arn`, the narrowest first."""
    key = principal_key(arn)
    yield key
    if len(key) == len(_SESSION):
        yield key[:-1]


def is_role(key: tuple[str, ...]) -> bool:
    """Whether `key` is a role by itself, without a session."""
    return len(key) == len(("partition", "account", "role", "name")) and key[2] == "role"


def holder(arn: str) -> tuple[str, ...]:
    """The principal whose rights `arn` has: the user, or the role without session and permission-set digits; `arn`
    itself if it is neither.
    """
    return principal_key(arn)[: len(("partition", "account", "role", "name"))]


def without_session(arn: str) -> str:
    """The ARN of an assumed role without its session's name, which differs by process."""
    head, kind, rest = arn.partition(":assumed-role/")
    return f"{head}{kind}{rest.partition('/')[0]}" if kind else arn


def comes_by(name: str, accounts: Iterable[str], lost: Iterable[str]) -> bool:
    """Whether a person is one of the owners of the accounts `lost`: by one of their own `accounts`, or because `name`,
    the account of a person without an entry, is one of them or a session of a role among them.

    Accounts are ``slack:U012AB3CD``, ARNs and SSH keys. All spellings of an ARN mean the same user or role: two of one
    AWS account never differ by path or capitals alone (IAM user guide, IAM identifiers). Sessions of the same name
    belong to the same person, also of another role: Identity Center names all sessions of a person alike.
    """
    theirs = {*map(principal_key, accounts), *principal_keys(name)}
    return not _meant(theirs).isdisjoint(_meant(map(principal_key, lost)))


def _meant(keys: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    plain = {_plain(key) for key in keys}
    return plain | {(*key[:2], "session", key[-1]) for key in plain if len(key) == len(_SESSION)}


def _plain(key: tuple[str, ...]) -> tuple[str, ...]:
    return key if len(key) == 1 else tuple(part.rpartition("/")[2].casefold() for part in key)


def _role(name: str) -> str:
    """A role's name, that of a permission set's role without the digits behind it."""
    match = _PERMISSION_SET.fullmatch(name)
    return match[1] if match else name
