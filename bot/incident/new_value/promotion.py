"""What holds a verified new key back from its place, and how people can decide about that. While a leaver can read
the parameter, none is made at all.

The old key is revoked anyway. A submitted value whose account is unknown is used only with a second person's
agreement: otherwise a submitter could make the product work with an account of theirs. And a reader of the old key's
parameter reads the new one as soon as it is there. So while a leaked AWS key of the same incident works, the new key
waits for its death, or for a named person, unless IAM says that the key cannot read it. While a principal that read the
parameter is unexplained, the value waits until a person says that it can no longer read, decides to go on, or explains
the reads.

A reader without any answer holds nothing. The event history covers 90 days, and administrators without an entry appear
in nearly every incident. No field distinguishes them from a stranger (the user of a role chooses the session's name),
and events come up to 15 minutes late. Waiting for a person to go through that list would keep the product down every
time. So people are asked about readers from the first minute, and an unexplained one holds every value that is not in
its place yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.access.readers import principal_name
from bot.incident.approval.plan import kill_wanted
from bot.incident.departure.rules import before_agreement, leaver_reads, unagreed
from bot.incident.model import New, ReaderOutcome, Strategy
from bot.incident.shown import digest_of
from bot.incident.state import Incident, SecretState

READING_WAITS = timedelta(seconds=5)
"""So long a verified value waits for the reading of who read it, where a reader of others is unexplained."""
AWS_KEY = "aws-iam"
"""The provider of keys that may read the vault."""


def awaits_person(incident: Incident, secret: SecretState) -> bool:
    """Whether a person has to make a new key and hand it over: only people can, or the last one was rejected."""
    none = secret.new_state is New.NONE and not secret.new.inbox and not secret.earlier
    owed = none and (secret.made_by_person or bool(secret.new.rejected))
    return owed and not making_held(incident, secret) and not before_agreement(incident, secret)


def account_held(secret: SecretState) -> bool:
    """Whether it may be another account's, and no second person has agreed to that."""
    new = secret.new
    return new.verified_at is not None and new.promoted_at is None and bool(new.untold) and new.vouched is None


def readers_held(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Readers of the new key that no person has accepted: leaked AWS keys by the names of their secrets, and
    unexplained principals.
    """
    if secret.new.promoted_at is not None:
        return ()
    held = (*keys_held(incident, secret), *unexplained(incident, secret), *_leaver(incident, secret))
    return tuple(name for name in held if name not in secret.new.readers_accepted)


def leaver_held(incident: Incident, secret: SecretState) -> bool:
    """Whether the value waits for the end of a leaver's access, without a decision to go on."""
    if secret.new.promoted_at is not None or not secret.new.wanted:
        return False
    return any(name not in secret.new.readers_accepted for name in _leaver(incident, secret))


def making_held(incident: Incident, secret: SecretState) -> bool:
    """Whether even making a value waits for that: a staged value could be read too."""
    return not secret.new.staged and leaver_held(incident, secret)


def _leaver(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    return (incident.departure.who,) if incident.departure is not None and leaver_reads(incident, secret) else ()


def keys_held(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    return tuple(other.name for other in incident.secrets.values() if _waits_for(incident, secret, other))


def to_be_asked(incident: Incident, key: SecretState) -> bool:
    """Whether this AWS key leaked and what it could reach is not known, or a new key waits for its death and IAM could
    say that the key cannot read that one. The rights of a key without a known id are unknown.
    """
    if key.entry.provider != AWS_KEY or not key.old.key_id or key.old.none_of_these:
        return False
    if incident.traits.investigates and not _asked(key, key.name):
        return True
    return not key.gone and any(
        each.new.wanted and each.new.promoted_at is None and not _asked(key, each.name)
        for each in incident.secrets.values()
        if not _must_come_first(incident, each, key)
    )


def _waits_for(incident: Incident, secret: SecretState, key: SecretState) -> bool:
    reach, name = key.old.reach, secret.name
    may_read = reach is None or not _asked(key, name) or bool(reach.unknown) or name in reach.reads
    works = key.entry.provider == AWS_KEY and not key.gone
    return works and may_read and not _must_come_first(incident, secret, key)


def _asked(key: SecretState, name: str) -> bool:
    """Whether IAM was asked about this secret, and about the key that is to end now."""
    reach = key.old.reach
    return reach is not None and reach.key_id == key.old.key_id and name in reach.asked


def unexplained(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Unexplained principals that read this secret. Empty while a working value must be revoked with this one as its
    admin credential: that revocation comes first.
    """
    seen = incident.usage.get(secret.name)
    if seen is None or _ends_a_living_one(incident, secret):
        return ()
    said = {principal: incident.readers.get(principal) for principal in seen.principals}
    return tuple(name for name, word in said.items() if word and word.outcome is ReaderOutcome.UNEXPLAINED)


def promoted_from(incident: Incident, secret: SecretState, verified: datetime) -> datetime:
    """When an unheld value is put in its place: at once, unless a reader of other secrets is unexplained and this one's
    readers are not known yet.
    """
    strangers = any(said.outcome is ReaderOutcome.UNEXPLAINED for said in incident.readers.values())
    return verified + READING_WAITS if strangers and secret.name not in incident.usage else verified


def _ends_a_living_one(incident: Incident, secret: SecretState) -> bool:
    return any(
        not other.gone and secret.name in _administrators(incident, other) for other in incident.secrets.values()
    )


def _must_come_first(incident: Incident, secret: SecretState, key: SecretState) -> bool:
    """Whether the AWS key ends only after this value is in place: they would wait for each other."""
    if key.name == secret.name:
        overlaps = key.strategy is Strategy.OVERLAP and not kill_wanted(key)
        return overlaps or key.entry.admin_parameter == key.entry.main.parameter
    return secret.name in _administrators(incident, key)


def _administrators(incident: Incident, key: SecretState) -> frozenset[str]:
    """The ones of these secrets whose new keys are needed to revoke this one; itself, if it revokes itself."""
    found, name = set[str](), key.name
    while (admin := incident.by_parameter.get(incident.secrets[name].entry.admin_parameter or "")) is not None:
        if admin in found:
            break
        found.add(admin)
        name = admin
    return frozenset(found)


def promotion_held(incident: Incident, secret: SecretState) -> bool:
    return account_held(secret) or bool(readers_held(incident, secret))


def promotion_words(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Why no value is made, or the verified one not put in its place, each as a phrase; nothing once it is there."""
    if making_held(incident, secret):
        agreed = incident.departure is not None and secret.name not in unagreed(incident)
        return tuple(_reader_words(incident, secret, name) for name in _leaver(incident, secret) if agreed)
    if secret.new.verified_at is None or secret.new.promoted_at is not None:
        return ()
    words = []
    if account_held(secret):
        words.append(
            f"the new key needs a second approver: it is accepted, but whether it belongs to the old key's account "
            f"({secret.new.untold}) is unknown"
        )
    words += [_reader_words(incident, secret, name) for name in readers_held(incident, secret)]
    return tuple(words)


def _reader_words(incident: Incident, secret: SecretState, name: str) -> str:
    if incident.departure is not None and name == incident.departure.who:
        why = leaver_reads(incident, secret)
        if making_held(incident, secret):
            return f"no new key is made yet: {why}. Remove the access and it continues, or continue anyway"
        return f"the new key waits: {why}. Remove the access and it continues, or use it anyway"
    said = incident.readers.get(name)
    if said is None:
        return f"the new key waits: {name}, an AWS key that is replaced here too, {_key_words(incident, secret, name)}"
    return (
        f"the new key waits: {principal_name(name)} read the old one where it is stored, and {said.by.name} could "
        "not identify it. Remove its access, then use the new key; or use it anyway; or identify the reader"
    )


def _key_words(incident: Incident, secret: SecretState, key: str) -> str:
    reach = incident.secrets[key].old.reach
    if reach is None or not _asked(incident.secrets[key], secret.name):
        return "is not dead and may read it there; IAM has not answered yet"
    if reach.unknown:
        return f"is not dead and may read it there: {reach.unknown}"
    return "is not dead and can read it there, as IAM says"


def promotion_digest(incident: Incident, secret: SecretState) -> str:
    """The digest in a button: it binds the value and the reason of the hold."""
    document = [incident.id, secret.name, secret.new.fingerprint, *promotion_words(incident, secret)]
    return digest_of(document)
