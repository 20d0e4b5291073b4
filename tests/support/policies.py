"""What the policies of `docs/policies` allow, decided as IAM decides it; and what the vault asks of AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bot.secrets.secret import Secret
from bot.vault.ssm import SsmVault

POLICIES = Path(__file__).parents[2] / "docs" / "policies"


def listed(found: str | list[str]) -> list[str]:
    """Where IAM takes one string or a list of them."""
    return [found] if isinstance(found, str) else found


@cache
def policy(name: str) -> dict[str, Any]:
    """One of the documents, such as ``worker.json``."""
    return json.loads((POLICIES / name).read_text())


def parameter(name: str) -> str:
    """The ARN of a parameter, such as ``/bot/bot-port``, with the words that stand for account and region."""
    return f"arn:aws:ssm:REGION:ACCOUNT:parameter{name}"


def allows(document: dict[str, Any], action: str, resource: str) -> bool:
    """Whether `action` on `resource` is allowed by a statement and denied by none. Conditions count as met: what is
    denied under one is denied.
    """
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if _any(action, listed(statement["Action"]), re.IGNORECASE) and _any(resource, listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def _any(word: str, patterns: Iterable[str], flags: int = 0) -> bool:
    """``*`` and ``?`` are IAM's wildcards, and nothing else is; ``*`` goes over slashes too."""
    return any(re.fullmatch(_glob(pattern), word, flags | re.DOTALL) for pattern in patterns)


def _glob(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


# --- what the vault asks of AWS -------------------------------------------------------------------------------------


@dataclass
class Asked:
    """An account that answers whatever SsmVault asks of it, and keeps which actions on which resources that were."""

    calls: set[tuple[str, str]] = field(default_factory=set)
    full: bool = True
    """Whether a history has no room for another version: the first write finds it so."""

    def client(self, _service: str) -> Asked:
        return self

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self._answer, "".join(word.capitalize() for word in name.split("_")))

    def _answer(self, action: str, **asked: Any) -> dict[str, Any]:
        names = _names(asked)
        everything = action == "DescribeParameters"
        self.calls |= {(f"ssm:{action}", "*" if everything else parameter(name)) for name in names}
        if asked.get("Overwrite") and self.full:
            self.full = False
            answer = {
                "ResponseMetadata": {"HTTPStatusCode": 400},
                "Error": {"Code": "ParameterMaxVersionLimitExceeded"},
            }
            raise ClientError(answer, action)
        found = [_entry(name) for name in names]
        return {"Parameter": found[0], "Parameters": found, "Version": 2}


def _names(asked: dict[str, Any]) -> list[str]:
    """The parameters that a request is about. One that is read by its version stands without that."""
    match asked:
        case {"Names": names}:
            return list(names)
        case {"ParameterFilters": [{"Values": names}]}:
            return list(names)
        case {"Path": path}:
            return [path]
        case _:
            return [asked["Name"].partition(":")[0]]


def _entry(name: str) -> dict[str, Any]:
    return {
        "Name": name, "Value": "value", "Type": "SecureString", "Version": 1, "Labels": ["current"],
        "LastModifiedDate": datetime(2026, 11, 28, tzinfo=UTC),
    }  # fmt: skip


def asked_by(method: str, name: str) -> set[tuple[str, str]]:
    """The actions, each with its resource, that a method of the vault asks for, given the parameter `name`."""
    account = Asked()
    vault, value = SsmVault(account, staging_key="alias/staging"), Secret("value")  # type: ignore[arg-type]
    {
        "read": lambda: vault.read(name),
        "read_some": lambda: vault.read_some([name, f"{name}-2"]),
        "put": lambda: vault.put(name, value),
        "label": lambda: vault.label(name, 1, "current"),
        "history": lambda: vault.history(name),
        "find": lambda: vault.find(value, [name]),
        "holding": lambda: vault.holding(value, name),
        "newest": lambda: vault.newest([name]),
        "written": lambda: vault.written([name]),
        "values": lambda: vault.values(name),
        "stage": lambda: vault.stage(name, value),
        "staged": lambda: vault.staged(name),
        "unstage": lambda: vault.unstage(name),
    }[method]()
    return account.calls
