"""What `bot catalog readiness` asks about each secret: could the bot handle its leak tonight?

Nothing is changed anywhere: values are read as a rotation would read them, and tried at their own providers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

from bot.app.policies import policies
from bot.cli.diagnostics.check import Checks, Diagnostic, Doubtful, Skipped, Wrong
from bot.cli.diagnostics.exposure import EXPOSED, Exposure
from bot.cli.diagnostics.secrets import readable
from bot.errors import BotError, Refused, Unauthorized
from bot.model.capabilities import Makes, RevokedBy
from bot.model.probes import Liveness
from bot.model.providers import provider_name
from bot.model.reads import known_readers
from bot.planned.ages.due import DueState
from bot.planned.ages.words import put_off, when
from bot.providers.contract import Controls, Identifies

if TYPE_CHECKING:
    from bot.app import Application
    from bot.catalog.catalog import CatalogEntry
    from bot.model.secrets import Consumer, SecretEntry
    from bot.planned.ages.looks import Looked
    from bot.providers.contract import Provider
    from bot.secrets.secret import Credential
    from bot.usage.contract import Usage

SEEN_WITHIN = timedelta(days=7)
"""A consumer that reads a secret has started a container in this time; CloudTrail's lookups are slow, so not longer."""
PARAMETER = "Create the parameter; allow ssm:GetParameter and kms:Decrypt on it."
ACCEPTED = "Store a working key there: the bot can confirm the death only of a key that it saw working."
ADMIN = "Name in the catalog, under `admin`, a parameter with an admin credential: see docs/providers.md."
KEY_ID = "Look for the key in the provider's console: the catalog's options may name another account or project."
CONSEQUENCE = "Write under `if_killed`, in one plain sentence, what stops at once when this key is rejected."
HEALTH = "Give each consumer a `health` URL that answers 2xx while it is healthy."
READERS = "Name every function that reads the secret under `consumers`; ask the owners of the other readers."
AGE = "Rotate it: `bot rotate SECRET`; `bot rotation policy` lists what is due."

READY = Checks["Ready"]()


@dataclass
class Ready:
    """The checks of one secret in one environment. What several of them need is asked once."""

    application: Application
    entry: CatalogEntry
    usage: Once[Usage]
    ages: Once[Looked]
    """How old the secrets of its environment are, as `bot rotation policy` tells it."""

    @cached_property
    def frozen(self) -> SecretEntry:
        return self.application.files.freeze(self.entry)

    @cached_property
    def provider(self) -> Provider:
        return self.application.outside.provider(self.frozen)

    @cached_property
    def current(self) -> Credential:
        from bot.secrets.secret import Credential

        vault = self.application.outside.vault
        parts = {part.name: vault.read(part.parameter).value for part in self.entry.parts}
        return Credential(parts, self.entry.main.name).trimmed

    def checks(self) -> Iterator[Diagnostic]:
        yield from READY.of(self)
        environments = self.application.files.loaded.catalog.environments
        yield from EXPOSED.of(Exposure(self.entry, environments, self.application.outside))

    @READY("parameter", PARAMETER, outside=True)
    def _parameter(self) -> str:
        return readable(self.application.outside, self.entry)

    @READY("value accepted", ACCEPTED, outside=True)
    def _accepted(self) -> str:
        answer = self.provider.probe(self.current)
        match answer.liveness:
            case Liveness.LIVE:
                return f"{self.entry.provider} accepts it ({answer.detail})"
            case Liveness.DEAD:
                raise Wrong(f"{self.entry.provider} rejects the current key ({answer.detail})")
            case Liveness.UNKNOWN:
                raise Doubtful(f"{self.entry.provider} could not be checked: {answer.detail}")

    @READY("admin credential", ADMIN, outside=True)
    def _admin(self) -> str:
        can = self.frozen.capabilities
        by_hand = [what for what, done in (("made", can.makes is Makes.PERSON),
                                           ("revoked", can.revokes is RevokedBy.PERSON)) if done]  # fmt: skip
        if not isinstance(self.provider, Controls) or not can.controls:
            if by_hand:
                said = f"it is {' and '.join(by_hand)} by a person in {provider_name(self.entry.provider)}'s console"
                steps = f"Read the steps before you need them: `bot runbook {self.entry.name}`."
                raise Doubtful(f"none: {said}", "" if isinstance(self.provider, Controls) else steps)
            raise Skipped("none is needed: the key revokes itself, or the bot's own identity does it")
        answer = self.provider.control()
        if answer.liveness is not Liveness.LIVE:
            raise Wrong(f"{self.entry.provider} does not accept it: {answer.detail}")
        return "accepted"

    @READY("key known", KEY_ID, outside=True)
    def _key(self) -> str:
        if not isinstance(self.provider, Identifies):
            raise Skipped("the value is its own key id")
        try:
            found = self.provider.identify(self.current)
        except (Refused, Unauthorized):
            if self.frozen.capabilities.revokes is RevokedBy.MACHINE:
                raise
            raise Doubtful("without an admin credential a person must find it") from None
        if len(found) != 1:
            raise Wrong(f"{len(found)} keys at {self.entry.provider} match this key")
        return f"{found[0].id} {found[0].name}".strip()

    @READY("consequence", CONSEQUENCE)
    def _consequence(self) -> str:
        if not self.entry.if_killed.strip():
            raise Wrong("the catalog does not say what stops when it is revoked")
        return self.entry.if_killed

    @READY("readers known", READERS, outside=True)
    def _readers(self) -> str:
        usage, parameters = self.usage.get(), {part.parameter for part in self.entry.parts}
        theirs = [read for read in usage.reads if read.parameter in parameters and not read.by_bot and not read.refused]
        seen = {read.principal for read in theirs}
        catalog = self.application.files.loaded.catalog
        ours = known_readers(theirs, catalog.known_readers(self.entry.name, self.entry.environment), usage.until.date())
        consumers = self.entry.consumers
        named = {one.known_as for one in consumers}
        read = {one.known_as for one in consumers if any(map(one.may_be, seen))}
        strangers = sorted(who for who in seen - ours.keys() if not any(one.may_be(who) for one in consumers))
        said = [f"not seen in {SEEN_WITHIN.days} days: {', '.join(sorted(named - read))}"] if named - read else []
        said += [f"also read by {', '.join(strangers)}"] if strangers else []
        said += ["not all CloudTrail reads were checked: others may read it too"] if usage.truncated else []
        if said:
            raise Doubtful("; ".join(said))
        return f"all {len(named)} seen in CloudTrail, and no other reader"

    # Behind the readers: a function that is asked may start a container, which reads.
    @READY("consumers well", HEALTH, outside=True)
    def _health(self) -> str:
        if not self.entry.consumers:
            raise Doubtful("the catalog names no consumer: none would get the new key")
        silent = [consumer.function for consumer in self.entry.consumers if consumer.health is None]
        ill = [f"{consumer.function}: {said}" for consumer in self.entry.consumers if (said := self._ill(consumer))]
        if ill:
            raise Wrong("; ".join(ill))
        if silent:
            raise Doubtful(f"no health URL, so a new key stays unconfirmed: {', '.join(silent)}")
        return ", ".join(consumer.function for consumer in self.entry.consumers)

    def _ill(self, consumer: Consumer) -> str:
        """What a consumer's health URL answers if that is not well; empty if it is, or there is none."""
        if consumer.health is None:
            return ""
        health = self.application.outside.tools.consumers.health(consumer.health)
        return "" if health.ok else health.detail

    @READY("age", AGE, outside=True)
    def _age(self) -> str:
        looked = self.ages.get()
        found = looked.of(self.entry.environment, self.entry.name)
        assert found is not None
        if found.state is DueState.OVERDUE:
            raise Doubtful("; ".join([*found.overdue_because, *put_off(found, looked.at)]))
        return f"{when(found, looked.at)}; counts from: {found.age.words}"


@dataclass
class Once[T]:
    """A question asked once, by its first caller. Thread-safe; its error is raised to all."""

    ask: Callable[[], T]
    _asking: Lock = field(default_factory=Lock)
    _found: list[T | BotError] = field(default_factory=list)

    def get(self) -> T:
        with self._asking:
            if not self._found:
                try:
                    self._found.append(self.ask())
                except BotError as error:
                    self._found.append(error)
        found = self._found[0]
        if isinstance(found, BotError):
            raise found
        return found


def ask_readers(application: Application, environment: str) -> Usage:
    """Who read the parameters of one environment lately: CloudTrail is asked once for all of them."""
    until = datetime.now(UTC)
    parameters = frozenset(application.files.loaded.catalog.parameters(environment))
    return application.outside.tools.usage.reads(parameters, until - SEEN_WITHIN, until)


def ready(application: Application, environment: str) -> list[Ready]:
    """What is to be asked about each secret. Misuse for an unknown environment."""
    catalog = application.files.loaded.catalog
    found = []
    for name in [environment] if environment else catalog.environments:
        usage = Once(partial(ask_readers, application, name))
        ages = Once(partial(policies(application).look, name))
        found += [Ready(application, entry, usage, ages) for entry in catalog.all(name)]
    return found
