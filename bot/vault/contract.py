"""Where values are stored: parameters, their versions, and the staging area under `/_compromise/`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.errors import Refused
from bot.model.places import STAGING
from bot.secrets.secret import Secret


@dataclass(frozen=True)
class Stored:
    """A value as read, with the version it was read at (1, 2, …). `encrypted`: whether the vault keeps it so."""

    value: Secret
    version: int
    encrypted: bool = True


@dataclass(frozen=True)
class Version:
    """One entry of a parameter's history, without its value. `written_at` is UTC."""

    number: int
    written_at: datetime
    labels: tuple[str, ...] = ()


class Vault(Protocol):
    """Errors: Missing (no such parameter or version), Unauthorized (IAM or KMS said no), Throttled, Unreachable,
    Refused (value too long, another writer's conflict), Unexpected.
    """

    def read(self, parameter: str, version: int | None = None) -> Stored:
        """The current value, or that of one version."""

    def read_some(self, parameters: Iterable[str]) -> dict[str, Stored]:
        """The current values of the parameters that exist and are readable, in as few calls as possible."""

    def put(self, parameter: str, value: Secret, *, expected: int | None = None) -> int:
        """Writes a new version of an existing parameter, with the same type and KMS key, and returns its number.

        `expected` is the version that the caller last saw: Refused if another was written since. Makes room in a
        history of 100 versions whose oldest carries a label.
        """

    def label(self, parameter: str, version: int, label: str) -> None:
        """Moves `label` (``current``, ``previous``) to `version`; idempotent."""

    def history(self, parameter: str) -> list[Version]:
        """All versions, oldest first."""

    def find(self, value: Secret, parameters: Iterable[str]) -> list[tuple[str, int]]:
        """The places of `value` in the histories of `parameters`: (parameter, version) pairs. Compares the secret parts
        without white space at the ends.
        """

    def holding(self, value: Secret, parameter: str) -> list[Version]:
        """The versions of one parameter that hold `value`, compared in the same way, oldest first."""

    def newest(self, parameters: Iterable[str]) -> dict[str, int]:
        """For each existing parameter a number that changes when a newer value is written. Reads no value."""

    def written(self, parameters: Iterable[str]) -> dict[str, datetime]:
        """For each existing parameter the time when its newest version was written (UTC), if known. Reads no value."""

    def values(self, parameter: str) -> list[Stored]:
        """The values of all versions that are kept, oldest first; empty if there is no such parameter."""

    def stage(self, parameter: str, value: Secret) -> None:
        """Writes below `STAGING` under the staging key. Refused if another value is there; the same value again is
        success.
        """

    def staged(self, path: str) -> list[str]:
        """Names of all parameters below `path`, sorted; empty if none."""

    def unstage(self, parameter: str) -> None:
        """Deletes one staged parameter; already gone is success. Refused outside `STAGING`."""


def read_all(vault: Vault, parameters: Sequence[str]) -> dict[str, Stored]:
    """The current values of all these, several in one request. Missing if one does not exist."""
    found = vault.read_some(parameters) if len(parameters) > 1 else {}
    return {name: found.get(name) or vault.read(name) for name in parameters}


def demand_staged(system: str, verb: str, parameter: str) -> None:
    """Refused for a parameter that is not below `STAGING`."""
    if not parameter.startswith(f"{STAGING}/"):
        raise Refused(system, verb, f"it is not below {STAGING}/")
