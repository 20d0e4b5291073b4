"""The keys that make a process a worker, and the facts that it publishes with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError
from bot.eventlog import Facts, Seal
from bot.secrets.secret import Secret
from bot.vault.own import COMMAND_KEY, WORKER_KEY, all_keys

if TYPE_CHECKING:
    from bot.app.application import Application

INSTALLATION_LABEL = b"compromise-bot installation\n"
"""An installation's id is a hash of its first worker key under this label, which reveals nothing of the key."""


@dataclass
class WorkerKeys:
    """Read when they are first asked for. Unauthorized for who is no worker."""

    app: Application

    @cached_property
    def worker_keys(self) -> tuple[Secret, ...]:
        """All versions of the key that seals the log, made at the first start. Unauthorized for who is no worker,
        ConfigurationError in production where it would have to be made, and no staging key is set.
        """
        return all_keys(
            self.app.outside.aws, WORKER_KEY, self.app.settings.staging_kms_key, apart=self.app.settings.production
        )

    @cached_property
    def command_keys(self) -> tuple[Secret, ...]:
        """The key by which a front proves its commands, and the one before it."""
        return all_keys(self.app.outside.aws, COMMAND_KEY, self.app.settings.command_kms_key)[:2]

    @cached_property
    def installation(self) -> str:
        """The id that every proof names, as a worker knows it by itself."""
        return hashlib.sha256(INSTALLATION_LABEL + self.worker_keys[-1].reveal().encode()).hexdigest()[:16]

    @property
    def facts(self) -> Facts:
        """The facts about this process as a worker. Reads the worker key, and the files again."""
        word = self.app.settings.environment == "development"
        return Facts(self.installation, self.app.files.people.digest, self.app.files.digest(), word)

    def become_worker(self, *, serving: bool) -> None:
        """Reads the keys with which this process may write the log. Unauthorized without the right to read them.

        In production a terminal may replace only a worker with the same people file and catalog as the last one.
        ConfigurationError for others.
        """
        event_log = self.app.event_log
        if event_log.seal is not None:
            return
        seal = Seal(self.worker_keys)
        mine, last = self.facts, event_log.installation.read(seal)
        if not serving and self.app.settings.production:
            _demand_same(mine, last)
        event_log.use_seal(seal)
        if serving or last is None:
            event_log.installation.publish(mine, seal)

    def publish_facts(self) -> None:
        """Publishes the facts again if the people file has changed since."""
        event_log = self.app.event_log
        if event_log.seal is not None and event_log.installation.read(event_log.seal) != self.facts:
            event_log.installation.publish(self.facts, event_log.seal)


def _demand_same(mine: Facts, last: Facts | None) -> None:
    """A terminal that replaces the worker must decide by the same files."""
    where = "start `bot work` where the worker's own files are"
    if last is None:
        raise ConfigurationError(
            f"No worker has served this event log yet, so this terminal cannot act for one: {where}."
        )
    for what, ours, theirs in (("people file", mine.people, last.people), ("catalog", mine.catalog, last.catalog)):
        if ours != theirs:
            raise ConfigurationError(
                f"The {what} of this terminal is not the one that the last worker went by, so it can't do its work: "
                f"{where}."
            )
