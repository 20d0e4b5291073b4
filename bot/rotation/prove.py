"""Prove: one probe of the leaked key, with all conditions under which a refusal proves it dead."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import OutsideError
from bot.incident import events as e
from bot.incident.state import SecretState
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness, Probe
from bot.net.limits import working_at
from bot.providers.contract import Controls, ControlsAlong, CountsSessions, Provider
from bot.rotation.job import Job, Replaced, read_new, read_old
from bot.secrets.secret import Credential

SPARED = timedelta(seconds=2)
"""Clients reconnect with the new key the moment they are cut, and the count arrives a moment later. A session opened
so shortly before the revocation cannot be distinguished from theirs.
"""


def prove(job: Job) -> e.OldProbed:
    """One probe of the old key; a refusal counts only with a comparison key accepted through the
    same path after it.
    """
    secret = job.secret
    # Before the kill a look must be short: the kill waits for it.
    provider = job.provider(job.incident.timings.snapshot / 2 if secret.old.ended_at is None else None)
    try:
        old = read_old(job)
    except Replaced as gone:
        return e.OldProbed(job.claim.number, secret.name, Probe("old", Liveness.UNKNOWN, gone.cause))
    answer = provider.probe(old)
    if answer.liveness is Liveness.DEAD:
        answer = _without_sessions(job, provider, old, answer)
    probe = answer.about("old")
    standing = () if job.incident.open else _standing(job, old)
    if answer.liveness is not Liveness.DEAD:
        return e.OldProbed(job.claim.number, secret.name, probe, standing=standing)
    value = _new_value(job)
    new = None if value is None else provider.probe(value).about("comparison: the new key")
    control = _control(provider, new, old)
    siblings = () if new is None else (Probe("the new key", new.liveness, new.detail),)
    return e.OldProbed(job.claim.number, secret.name, probe, control, siblings, standing)


def _standing(job: Job, old: Credential) -> tuple[str, ...]:
    """Which catalogued parameters hold the old key as their current version. Not its own one while nothing has been
    put in its place: that is known. What cannot be read now is read at the next look.
    """
    secret = job.secret
    own = {part.parameter for part in secret.entry.parts}
    known = own if secret.old.current and secret.new.promoted_at is None else set()
    places = sorted({*own, *job.tools.catalog.parameters(job.incident.environment)} - known)
    try:
        with working_at(Priority.READ):  # nothing waits for it
            held = job.tools.vault.read_some(places)
    except OutsideError:
        return ()
    part = old.key.trimmed.secret_part
    return tuple(name for name, found in held.items() if found.value.trimmed.secret_part == part)


def _without_sessions(job: Job, provider: Provider, old: Credential, refused: Answer) -> Answer:
    """The refusal, or UNKNOWN while sessions from before the revocation are open: their holder needs no password."""
    if not isinstance(provider, CountsSessions):
        return refused
    age = job.tools.clock() - _cut_at(job.secret) + SPARED
    try:
        count = provider.sessions(old, job.secret.old.key_id, age)
    except OutsideError as error:
        doubt = f"but unknown whether its sessions are still open ({error.cause})"
        return Answer(Liveness.UNKNOWN, f"rejected ({refused.detail}), {doubt}")
    if count == 0:
        return refused
    open_ones = "1 session opened with it is" if count == 1 else f"{count} sessions opened with it are"
    return Answer(Liveness.UNKNOWN, f"rejected ({refused.detail}), but {open_ones} still open")


def _cut_at(secret: SecretState) -> datetime:
    """Sessions older than this should have been cut. It is the start of the revocation, or, if a person revoked at an
    unrecorded time, the last time that the value was accepted.
    """
    old = secret.old
    known = [at for at in (old.revoke_began_at, old.seen_alive_at) if at is not None]
    return max(known, default=old.captured_at or secret.added.at)


def _new_value(job: Job) -> Credential | None:
    """The new key, once it was accepted: the best comparison key, and a sibling whose death stops everything.

    None also if it cannot be read, or was rotated after the close, when it may well be dead.
    """
    secret = job.secret
    if secret.new.verified_at is None:
        return None
    try:
        new = read_new(job)
        if not job.incident.open and job.tools.vault.read(secret.entry.main.parameter).value != new.key:
            return None
    except OutsideError:
        return None
    return new


def _control(provider: Provider, new: Probe | None, old: Credential) -> Probe | None:
    """The new key, or the admin credential asked where the old key is: what comes another way shows nothing."""
    if new is not None and new.liveness == Liveness.LIVE:
        return new
    if isinstance(provider, ControlsAlong):
        answer = provider.control_along(old)
    elif isinstance(provider, Controls):
        answer = provider.control()
    else:
        return new
    admin = answer.about("comparison: the admin credential")
    return admin if admin.liveness == Liveness.LIVE or new is None else new
