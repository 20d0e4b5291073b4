"""Capture: pins the leaked key before anything is done to it."""

from __future__ import annotations

from datetime import datetime

from bot.errors import Refused, Unauthorized, Unexpected
from bot.incident import events as e
from bot.incident.model import TargetKind
from bot.model.capabilities import RevokedBy
from bot.model.keys import NONE_OF_THESE, KeyRef
from bot.model.places import old_place
from bot.model.probes import Liveness
from bot.model.secrets import Part
from bot.providers.contract import Identifies, Provider
from bot.rotation.job import Job, is_made, staged_names
from bot.rotation.staged import read_named
from bot.rotation.versions import versions_with
from bot.secrets.keyshapes import key_hint
from bot.secrets.secret import Credential, Secret
from bot.vault.contract import Vault

LOOKS = 3
"""So often a value that only looks like a key is asked about, while the answers are unclear."""


def capture(job: Job) -> e.OldCaptured:
    """Pins the leaked key: the versions that hold it, the time since then, and its key at the provider.

    A value that this incident made itself is not the leaked one, even if the log lost the record: then it is the one
    before.
    """
    target, main = job.secret.target, job.secret.entry.main
    captured = _pinned(job, target.version)
    if not target.staged and target.version is None and _made_here(job, captured):
        history = job.tools.vault.values(main.parameter)
        earlier = [each.version for each in history if each.value != history[-1].value]
        return _pinned(job, earlier[-1]) if earlier else captured
    return captured


def _made_here(job: Job, captured: e.OldCaptured) -> bool:
    """By its key's name, or since it is staged as a new key. What a run made that was taken over may have leaked."""
    incident, entry = job.incident.id, job.secret.entry
    if any(is_made(incident, entry.name, key.name) for key in captured.candidates):
        return True
    staged = staged_names(job.tools.vault, incident, entry)
    return any(captured.fingerprint == read_named(job, name).fingerprint for name in staged)


def _pinned(job: Job, version: int | None) -> e.OldCaptured:
    """The value of this version, of the current one if that is None, or of staging if the target is there."""
    secret, vault = job.secret, job.tools.vault
    entry, target, main = secret.entry, secret.target, secret.entry.main
    if target.staged:
        value, current, since = vault.read(old_place(job.incident.id, secret.name)).value, False, None
        versions = versions_with(vault, entry, None)
    else:
        stored = vault.read(main.parameter, version)
        value = stored.value
        now = vault.read(main.parameter).value if version is not None else value
        current = now.trimmed.secret_part == value.trimmed.secret_part
        since = _since(vault, main, value)
        versions = {main.parameter: stored.version, **versions_with(vault, entry, stored.version)}
    _check_target(job, value)
    shared = _shared(job, value)
    parts = {p.name: value if p is main else vault.read(p.parameter, versions[p.parameter]).value for p in entry.parts}
    credential = Credential(parts, main.name)
    return e.OldCaptured(
        claim=job.claim.number,
        secret=secret.name,
        fingerprint=credential.fingerprint,
        versions=versions,
        current=current,
        candidates=_candidates(job, credential.trimmed),
        exposed_since=since,
        own=job.tools.own(credential.trimmed),
        shared=shared,
        hint=key_hint(value.trimmed.reveal()),
    )


def _since(vault: Vault, main: Part, value: Secret) -> datetime | None:
    """When the value was first written: it may have been written again, or put back, since."""
    return min((version.written_at for version in vault.holding(value, main.parameter)), default=None)


def _check_target(job: Job, value: Secret) -> None:
    target = job.secret.target
    named = target.staged or (target.kind is TargetKind.CONFIRMED and target.fingerprint != "")
    if named and value.fingerprint != target.fingerprint:
        raise Refused(
            job.secret.entry.provider,
            "capture the old key",
            f"the parameter no longer holds the identified key {target.fingerprint}: identify it again",
        )


def _shared(job: Job, value: Secret) -> tuple[str, ...]:
    """The other secrets with exactly this value now. Refused for a staged value that belongs to another secret and
    never to this one: revoking it under this name could be an attack.
    """
    entry, staged = job.secret.entry, job.secret.target.staged
    found = job.tools.elsewhere(value, {part.parameter for part in entry.parts}, fresh=staged)
    if not staged:
        return found.held
    settings = job.tools.own(Credential.single(value.trimmed, entry.main.name))
    others = (*found.held, *(f"the bot's own {name}" for name in settings))
    if others and not job.tools.vault.find(value, [entry.main.parameter]):
        cause = f"the staged value is that of {', '.join(others)}, and {entry.name} never had it: declare that instead"
        raise Refused(entry.provider, "capture the leaked key", cause)
    return (*found.held, *(f"perhaps {name} (not readable)" for name in found.unread))


def _candidates(job: Job, credential: Credential) -> tuple[KeyRef, ...]:
    provider = job.provider()
    if not isinstance(provider, Identifies):
        return ()
    try:
        return _offered(job, provider, credential, provider.identify(credential))
    except (Refused, Unauthorized):
        if job.secret.entry.capabilities.revokes is RevokedBy.MACHINE:
            raise
        return ()  # without an admin credential a person finds the key; the bot need not know it


def _offered(job: Job, provider: Provider, credential: Credential, keys: list[KeyRef]) -> tuple[KeyRef, ...]:
    """The keys that a revocation may be about. A single one is taken without asking.

    A value that only resembles a key may be made up, to have that key revoked. So besides such a key a person can
    choose that it is none, unless the value is accepted.
    """
    refs = tuple(keys)
    if len(keys) != 1 or not keys[0].by_looks:
        return refs
    answer = provider.probe(credential)
    if answer.liveness is Liveness.UNKNOWN and job.claim.attempt < LOOKS:
        cause = f"unknown whether the key is accepted ({answer.detail}), and it only looks like a key there"
        raise Unexpected(job.secret.entry.provider, "tell which key it is", cause)
    return refs if answer.liveness is Liveness.LIVE else (*refs, NONE_OF_THESE)
