"""What the bot is measured against: a script that makes the same calls through the same adapters, and nothing else.

No log, no claims, no worker, no checks between the steps; it even reads values again where the bot does, so that the
two differ in what stands around the calls and in nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.incident.model import Strategy
from bot.incident.old_value.schedule import QUICK_PROBE
from bot.model.probes import Liveness
from bot.model.secrets import SecretEntry
from bot.providers.contract import (
    Controls,
    CountsSessions,
    Held,
    Identifies,
    Installs,
    Issues,
    Provider,
    ReportsUse,
    Revokes,
    Snapshots,
)
from bot.providers.looks import Look
from bot.rotation.job import conform
from bot.secrets.secret import Credential
from tests.bench.calls import Measured, doing


@dataclass(frozen=True)
class Times:
    """Seconds from the start: until the first refusal with a control, and until the new key was live."""

    contain: float
    restore: float

    @property
    def both(self) -> float:
        return max(self.contain, self.restore)


@dataclass
class Script:
    """One rotation of one secret. `run` it once."""

    app: Measured
    entry: SecretEntry
    number: int

    def __post_init__(self) -> None:
        self.path = self.entry.main.parameter
        self.vault = self.app.outside.vault
        self.name = f"bare_{self.entry.name.replace('-', '_')}_{self.number}"
        self.staged = f"/_compromise/{self.name}/key"
        self.old_version, self.key_id, self.verified = 0, "", False

    def run(self, strategy: Strategy) -> Times:
        began = time.monotonic()

        def kill() -> float:
            if self.entry.capabilities.use_in_sessions:
                self._step("old", "last-use", self.look_at_sessions)
            elif strategy is Strategy.OVERLAP and self.kept.last_used_at is not None:
                self._step("old", "last-use", self.ask_last_use)
            self._step("old", "revoke", self.revoke)
            self._step("old", "prove", self.prove)
            return time.monotonic() - began

        def make() -> float:
            steps = (("make", self.make), ("verify", self.verify), ("promote", self.promote))
            for word, step in (*steps, ("refresh", self.refresh), ("verify-live", self.verify_live)):
                self._step("new", word, step)
            return time.monotonic() - began

        self._step("old", "capture", self.capture)
        self._step("old", "snapshot", self.snapshot)
        if strategy is Strategy.OVERLAP:
            restored = make()
            times = Times(kill(), restored)
        else:
            with ThreadPoolExecutor(2) as pool:
                both = pool.submit(kill), pool.submit(make)
            times = Times(both[0].result(), both[1].result())
        self.vault.staged(f"/_compromise/{self.name}")
        self.vault.unstage(self.staged)
        return times

    def _step(self, track: str, word: str, step: Callable[[Provider], None]) -> None:
        with doing(f"{track}:{self.entry.name}", word):
            step(self.app.outside.provider(self.entry))

    def _old(self) -> Credential:
        return Credential.single(self.vault.read(self.path, self.old_version).value, self.entry.main.name)

    def _new(self) -> Credential:
        return Credential.single(self.vault.read(self.staged).value, self.entry.main.name)

    def capture(self, provider: Provider) -> None:
        self.vault.staged(f"/_compromise/{self.name}")
        found = self.vault.read(self.path)
        self.vault.holding(found.value, self.path)
        self.old_version = found.version
        if isinstance(provider, Identifies):
            old = Credential.single(found.value, self.entry.main.name)
            (key,) = provider.identify(old)
            self.key_id = key.id
            if key.by_looks:
                self._demand(provider, old, Liveness.LIVE)

    def snapshot(self, provider: Provider) -> None:
        old = self._old()
        self._demand(provider, old, Liveness.LIVE)
        assert isinstance(provider, Snapshots)
        self.kept = provider.snapshot(old, self.key_id)

    def ask_last_use(self, provider: Provider) -> None:
        assert isinstance(provider, Snapshots)
        provider.snapshot(self._old(), self.key_id)

    def look_at_sessions(self, provider: Provider) -> None:
        assert isinstance(provider, ReportsUse)
        now = datetime.now(UTC)
        look = Look(provider.card.records, now - timedelta(days=1), now, lambda: False)
        provider.use(Held(self._old(), self.key_id), look)

    def revoke(self, provider: Provider) -> None:
        assert isinstance(provider, Revokes)
        self.revoked = time.monotonic()
        provider.revoke(Held(self._old(), self.key_id, self._new() if self.verified else None))

    def prove(self, provider: Provider) -> None:
        while provider.probe(self._old()).liveness is not Liveness.DEAD:
            time.sleep(QUICK_PROBE[0])
        if isinstance(provider, CountsSessions):
            assert provider.sessions(self._old(), self.key_id, timedelta(seconds=time.monotonic() - self.revoked)) == 0
        if self.verified:
            self._demand(provider, self._new(), Liveness.LIVE)
        else:
            assert isinstance(provider, Controls)
            provider.control()

    def make(self, provider: Provider) -> None:
        self.vault.read(self.path)
        if isinstance(provider, Issues):
            provider.issued(self.name)
            self.vault.staged(f"/_compromise/{self.name}")
            made = conform(self.entry, provider.issue(self.name, self.kept).credential)
            self.vault.stage(self.staged, made.key)
        else:
            assert isinstance(provider, Installs)
            old = self._old()
            self.vault.staged(f"/_compromise/{self.name}")
            made = provider.generate(old)
            self.vault.stage(self.staged, made.key)
            provider.install(made, old)

    def verify(self, provider: Provider) -> None:
        new, _ = self._new(), self._old()
        self._demand(provider, new, Liveness.LIVE)
        self.verified = True
        provider.account(new)  # type: ignore[attr-defined]

    def promote(self, _provider: Provider) -> None:
        new = self._new()
        before = self.vault.read(self.path)
        self.version = self.vault.put(self.path, new.key, expected=before.version)
        self.vault.label(self.path, before.version, "previous")
        self.vault.label(self.path, self.version, "current")
        assert self.vault.read(self.path).value == new.key

    def refresh(self, _provider: Provider) -> None:
        def one(function: str) -> None:
            with doing(f"function:{function}", "refresh"):
                newest = self.vault.newest([self.path])
                self.app.outside.tools.consumers.refresh(function, None, {self.path: self.version}, newest)

        with ThreadPoolExecutor(len(self.entry.consumers)) as pool:
            list(pool.map(one, [consumer.function for consumer in self.entry.consumers]))

    def verify_live(self, provider: Provider) -> None:
        new = self._new()
        assert self.vault.read(self.path).value == new.key
        self._demand(provider, new, Liveness.LIVE)
        for consumer in self.entry.consumers:
            assert consumer.health is not None
            assert self.app.outside.tools.consumers.health(consumer.health).ok

    @staticmethod
    def _demand(provider: Provider, credential: Credential, wanted: Liveness) -> None:
        found = provider.probe(credential)
        if found.liveness is not wanted:
            raise RuntimeError(f"probe said {found.liveness}: {found.detail}")
