"""One vault over two: what `development` keeps in the product's ``.env``, and everything else in another vault.

Everything else is also what belongs to no environment: the providers' admin credentials, the proofs of commands, and
all that is staged. A ``.env`` has no key of its own, so nothing is staged there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.errors import Missing
from bot.secrets.secret import Secret
from bot.vault.contract import Stored, Vault, Version
from bot.vault.dotenv import DotenvVault


@dataclass(frozen=True)
class VaultByEnvironment:
    """`in_dotenv` tells of a parameter whether it stands in the ``.env``; for all else `rest` is asked."""

    rest: Vault
    dotenv: DotenvVault
    in_dotenv: Callable[[str], bool]

    def read(self, parameter: str, version: int | None = None) -> Stored:
        return self._of(parameter).read(parameter, version)

    def read_some(self, parameters: Iterable[str]) -> dict[str, Stored]:
        found: dict[str, Stored] = {}
        for vault, theirs in self._shared_out(parameters):
            found |= vault.read_some(theirs)
        return found

    def put(self, parameter: str, value: Secret, *, expected: int | None = None) -> int:
        return self._of(parameter).put(parameter, value, expected=expected)

    def label(self, parameter: str, version: int, label: str) -> None:
        self._of(parameter).label(parameter, version, label)

    def history(self, parameter: str) -> list[Version]:
        return self._of(parameter).history(parameter)

    def find(self, value: Secret, parameters: Iterable[str]) -> list[tuple[str, int]]:
        return [found for vault, theirs in self._shared_out(parameters) for found in vault.find(value, theirs)]

    def holding(self, value: Secret, parameter: str) -> list[Version]:
        return self._of(parameter).holding(value, parameter)

    def newest(self, parameters: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for vault, theirs in self._shared_out(parameters):
            with suppress(Missing):  # no file, no values in it
                found |= vault.newest(theirs)
        return found

    def written(self, parameters: Iterable[str]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for vault, theirs in self._shared_out(parameters):
            with suppress(Missing):  # no file, no values in it
                found |= vault.written(theirs)
        return found

    def values(self, parameter: str) -> list[Stored]:
        return self._of(parameter).values(parameter)

    def stage(self, parameter: str, value: Secret) -> None:
        self._of(parameter).stage(parameter, value)

    def staged(self, path: str) -> list[str]:
        return self.rest.staged(path)

    def unstage(self, parameter: str) -> None:
        self._of(parameter).unstage(parameter)

    def _of(self, parameter: str) -> Vault:
        return self.dotenv if self.in_dotenv(parameter) else self.rest

    def _shared_out(self, parameters: Iterable[str]) -> list[tuple[Vault, list[str]]]:
        """Each vault that is concerned, with what it is to be asked for. Nobody else is asked."""
        wanted = list(dict.fromkeys(parameters))
        theirs = [(vault, [name for name in wanted if self._of(name) is vault]) for vault in (self.rest, self.dotenv)]
        return [(vault, names) for vault, names in theirs if names]
