"""The input of an operation: the incident, its claim, and the ports to the outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from bot.catalog.catalog import Catalog
from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.errors import Missing, Refused
from bot.incident.operations import Claim
from bot.incident.state import Incident, SecretState
from bot.model.keys import key_prefix
from bot.model.places import old_place, staging_of
from bot.model.secrets import SecretEntry
from bot.providers.contract import Provider
from bot.report.filing import Filed
from bot.rotation.versions import credential_at
from bot.secrets.secret import Credential, Secret
from bot.usage.contract import GrantSource, UsageSource
from bot.vault.contract import Vault, read_all

BY_HAND = "by_hand_"
NO_CATALOG = Catalog((), ())


class Replaced(Refused):
    """Another value is now in the captured value's place, so the captured one can no longer be probed."""


class ProviderFor(Protocol):
    """Builds the provider of a catalogued secret; `timeout` in seconds replaces the usual one."""

    def __call__(self, entry: SecretEntry, timeout: float | None = None) -> Provider: ...


@dataclass(frozen=True)
class Elsewhere:
    """The other secrets, admin credentials and keys of the bot with a value now (`held`, in words for people), and the
    parameters for which that is unknown.
    """

    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class FindsElsewhere(Protocol):
    """Compares a value with all values in other parameters than `own`. `fresh`: with their values at this moment."""

    def __call__(self, value: Secret, own: Collection[str], *, fresh: bool) -> Elsewhere: ...


@dataclass(frozen=True)
class Tools:
    """The ports that operations work with; chosen in the composition root."""

    vault: Vault
    consumers: LambdaConsumers
    usage: UsageSource
    grants: GrantSource
    provider: ProviderFor
    clock: Callable[[], datetime]
    open_secrets: Callable[[str], frozenset[str]] = lambda _environment: frozenset()
    """The secrets of an environment that any open incident deals with: they may die at any moment."""
    catalog: Catalog = NO_CATALOG
    """The worker's own, which may have lost an incident's environment and secrets."""
    own: Callable[[Credential], tuple[str, ...]] = lambda _credential: ()
    """The settings of the bot that have this very value."""
    keep: Callable[[Incident, str, bytes], Filed] = lambda _incident, what, _lines: Filed(what, "")
    """Keeps JSON lines of evidence of something beside the reports."""
    elsewhere: FindsElsewhere = lambda _value, _own, *, fresh: Elsewhere()  # noqa: ARG005 - named as its callers do


@dataclass(frozen=True)
class Job:
    """One run of an operation. `still_mine` raises if the worker has lost its lock: call it before an act that cannot
    be undone.
    """

    incident: Incident
    claim: Claim
    tools: Tools
    still_mine: Callable[[], None]

    @property
    def secret(self) -> SecretState:
        """The secret that the operation is about."""
        return self.incident.secrets[self.claim.subject]

    def provider(self, timeout: float | None = None) -> Provider:
        return self.tools.provider(self.secret.entry, timeout)


def conform(
    entry: SecretEntry, credential: Credential, kept: Mapping[str, Secret] = MappingProxyType({})
) -> Credential:
    """The credential under the catalog's names of its parts: a provider with one part calls it ``key``. `kept` are
    parts that it does not make.
    """
    main = entry.main.name
    made = credential.parts if main in credential.parts else {main: credential.key}
    return Credential({**kept, **made}, main)


def read_old(job: Job) -> Credential:
    """The captured old key as its provider knows it."""
    return read_captured(job).trimmed


def is_leaked(job: Job, credential: Credential) -> bool:
    """Whether it is the leaked key, ignoring white space at the ends of either: both give the same access.

    An old key that no longer exists is compared by its fingerprint.
    """
    if credential.fingerprint == job.secret.old.fingerprint:
        return True
    try:
        old = read_old(job)
    except Missing:
        return False
    return credential.key.trimmed.secret_part == old.key.trimmed.secret_part


def read_captured(job: Job) -> Credential:
    """The captured value in its stored form, from the recorded version or the incident's own staging. Replaced if
    another, unleaked value is there by now: a parameter that is deleted and made again counts its versions from 1.
    """
    secret, vault, staged = job.secret, job.tools.vault, old_place(job.incident.id, job.secret.name)
    parts = {}
    for part in secret.entry.parts:
        if part.secret and secret.target.staged:
            parts[part.name] = vault.read(staged).value
        else:
            parts[part.name] = vault.read(part.parameter, secret.old.versions.get(part.parameter)).value
    found = Credential(parts, secret.entry.main.name)
    if found.fingerprint != secret.old.fingerprint:
        place = staged if secret.target.staged else secret.entry.main.parameter
        cause = f"{place} now holds another key, which is left alone: a person must revoke the old one"
        raise Replaced(secret.entry.provider, "read the old key", cause)
    return found


def read_new(job: Job) -> Credential:
    """The new key: from staging, or from the live parameters after staging was cleared.

    Missing if it was cleared before a promotion: the live parameters then hold another value.
    """
    return read_replacement(job.tools.vault, job.secret)


def read_replacement(vault: Vault, secret: SecretState) -> Credential:
    """The new key of any secret of the incident, likewise."""
    if secret.new.unstaged:
        if secret.new.promoted_at is None:
            raise Missing("ssm", "read the new key", "it was cleared from staging before it was put in place")
        return credential_at(vault, secret.entry, secret.new.versions)
    try:
        return read_staged(vault, secret.entry, secret.new.staged)
    except Missing:
        live = credential_at(vault, secret.entry, {})
        if live.fingerprint != secret.new.fingerprint:
            raise
        return live  # the log lost that it was put in its place, and cleared from staging


def read_staged(vault: Vault, entry: SecretEntry, path: str) -> Credential:
    """All parts of a staged value. Missing if it was not staged completely."""
    found = read_all(vault, [f"{path}/{part.name}" for part in entry.parts])
    return Credential({part.name: found[f"{path}/{part.name}"].value for part in entry.parts}, entry.main.name)


def stage(vault: Vault, entry: SecretEntry, path: str, credential: Credential) -> None:
    """Stages all parts, the secret one last: if that is there, the whole value is."""
    for part in sorted(entry.parts, key=lambda part: part.secret):
        vault.stage(f"{path}/{part.name}", credential.parts[part.name])


def submitted_name(incident: str, secret: str, attempt: int) -> str:
    """The name of a value that a person brought. No key that the bot makes is ever called so."""
    return f"{key_prefix(incident, secret)}{BY_HAND}{attempt}"


def is_made(incident: str, secret: str, name: str) -> bool:
    """Whether the bot gives this name to keys that it makes for this secret.

    The prefix alone is not enough: names for `openai-batch` also begin with that of `openai`.
    """
    prefix = key_prefix(incident, secret)
    number = name.removeprefix(prefix)
    return name.startswith(prefix) and number.isascii() and number.isdecimal()


def staged_names(vault: Vault, incident: str, entry: SecretEntry) -> list[str]:
    """The names under which complete new keys are staged."""
    base = f"{staging_of(incident, entry.name)}/new/"
    tail = f"/{entry.main.name}"
    found = vault.staged(base.rstrip("/"))
    return [name.removeprefix(base).removesuffix(tail) for name in found if name.endswith(tail)]
