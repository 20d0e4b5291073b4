"""Parameters of two accounts: the bot's own are in its account, the product's in the product's.

So an attacker in the product's account cannot read the bot's credentials, its keys or staged values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.model.places import STAGING
from bot.secrets.secret import Secret
from bot.vault.contract import Stored, Vault, Version


@dataclass(frozen=True)
class TwoAccounts:
    """Satisfies `Vault`. `own` has what is below `/bot/` and `STAGING`, `product` everything else."""

    own: Vault
    product: Vault

    def read(self, parameter: str, version: int | None = None) -> Stored:
        return self._of(parameter).read(parameter, version)

    def read_some(self, parameters: Iterable[str]) -> dict[str, Stored]:
        return self._each(parameters, lambda vault, names: vault.read_some(names))

    def put(self, parameter: str, value: Secret, *, expected: int | None = None) -> int:
        return self._of(parameter).put(parameter, value, expected=expected)

    def label(self, parameter: str, version: int, label: str) -> None:
        self._of(parameter).label(parameter, version, label)

    def history(self, parameter: str) -> list[Version]:
        return self._of(parameter).history(parameter)

    def find(self, value: Secret, parameters: Iterable[str]) -> list[tuple[str, int]]:
        return [one for name in dict.fromkeys(parameters) for one in self._of(name).find(value, [name])]

    def holding(self, value: Secret, parameter: str) -> list[Version]:
        return self._of(parameter).holding(value, parameter)

    def newest(self, parameters: Iterable[str]) -> dict[str, int]:
        return self._each(parameters, lambda vault, names: vault.newest(names))

    def written(self, parameters: Iterable[str]) -> dict[str, datetime]:
        return self._each(parameters, lambda vault, names: vault.written(names))

    def values(self, parameter: str) -> list[Stored]:
        return self._of(parameter).values(parameter)

    def stage(self, parameter: str, value: Secret) -> None:
        self.own.stage(parameter, value)

    def staged(self, path: str) -> list[str]:
        return self.own.staged(path)

    def unstage(self, parameter: str) -> None:
        self.own.unstage(parameter)

    def _of(self, parameter: str) -> Vault:
        return self.own if parameter.startswith(("/bot/", f"{STAGING}/")) else self.product

    def _each[Found](
        self, parameters: Iterable[str], ask: Callable[[Vault, list[str]], dict[str, Found]]
    ) -> dict[str, Found]:
        """Calls each account for its own parameters; skips an account without any."""
        wanted = list(parameters)
        own = [name for name in wanted if self._of(name) is self.own]
        others = [name for name in wanted if self._of(name) is self.product]
        return (ask(self.own, own) if own else {}) | (ask(self.product, others) if others else {})
