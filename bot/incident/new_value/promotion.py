"""What holds a verified new value back from its place, and what a person may say to that. While somebody who leaves can
read the parameter, none is made at all.

The old value is killed all the same. A value that a person brought, and of which nobody can tell that it is of the old
one's account, is put to use only once a second person has agreed: else whoever can hand over a value could have the
product work with an account of theirs. And whoever can read the old value's parameter reads the new one as soon as it
stands there. While a leaked AWS key of the same incident lives, the new value waits for its end, or for a named person,
unless IAM says that the key cannot read it;
and while a principal that was seen reading the parameter stands as unexplained, for somebody who says that it can read
it no more, or to go on, or whose reads these were.

A reader of whom nobody has said anything holds nothing. The event history tells of 90 days: the product's own roles,
deployments and administrators stand in it in nearly every incident, no field of it tells them from a stranger (the
name of a role's session is chosen by whoever assumes it), and it comes up to 15 minutes late. To wait for a person to
go through that list would keep the product down in every incident. So people are asked to account for the readers from
the first minute on, and whom they call unexplained holds every value that is not in its place yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.access.readers import principal_name
from bot.incident.approval.plan import kill_wanted
from bot.incident.departure.rules import leaver_reads, unagreed
from bot.incident.model import ReaderOutcome, Strategy
from bot.incident.shown import digest_of
from bot.incident.state import Incident, SecretState

READING_WAITS = timedelta(seconds=5)
"""So long a verified value waits for the reading of who read it, where a reader of others is unexplained."""
AWS_KEY = "aws-iam"
"""The provider of keys that may read the vault."""


def account_held(secret: SecretState) -> bool:
    """Whether it may be another account's, and no second person has agreed to that."""
    new = secret.new
    return new.verified_at is not None and new.promoted_at is None and bool(new.untold) and new.vouched is None


def readers_held(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Who would read the new value, and whom nobody has accepted: leaked AWS keys by the names of their secrets, and
    unexplained principals.
    """
    if secret.new.promoted_at is not None:
        return ()
    held = (*keys_held(incident, secret), *unexplained(incident, secret), *_leaver(incident, secret))
    return tuple(name for name in held if name not in secret.new.readers_accepted)


def leaver_held(incident: Incident, secret: SecretState) -> bool:
    """Whether the value waits for the end of the access of somebody who leaves, and nobody has said to go on."""
    if secret.new.promoted_at is not None or not secret.new.wanted:
        return False
    return any(name not in secret.new.readers_accepted for name in _leaver(incident, secret))


def making_held(incident: Incident, secret: SecretState) -> bool:
    """Whether not even a value is made before that: what is stored for later may be read where it waits as well."""
    return not secret.new.staged and leaver_held(incident, secret)


def _leaver(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    return (incident.departure.who,) if incident.departure is not None and leaver_reads(incident, secret) else ()


def keys_held(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    return tuple(other.name for other in incident.secrets.values() if _waits_for(incident, secret, other))


def to_be_asked(incident: Incident, key: SecretState) -> bool:
    """Whether a new value waits for the end of this AWS key, and IAM could say that the key cannot read it. Of a key
    that is not known by its id nobody knows whose rights it has.
    """
    return (
        _living_key(key)
        and bool(key.old.key_id)
        and not key.old.none_of_these
        and any(
            each.new.wanted and each.new.promoted_at is None and not _asked(key, each.name)
            for each in incident.secrets.values()
            if not _must_come_first(incident, each, key)
        )
    )


def _waits_for(incident: Incident, secret: SecretState, key: SecretState) -> bool:
    return _living_key(key) and _may_read(key, secret.name) and not _must_come_first(incident, secret, key)


def _living_key(secret: SecretState) -> bool:
    return secret.entry.provider == AWS_KEY and not secret.gone


def _may_read(key: SecretState, name: str) -> bool:
    reach = key.old.reach
    return reach is None or not _asked(key, name) or bool(reach.unknown) or name in reach.reads


def _asked(key: SecretState, name: str) -> bool:
    """Whether IAM was asked about this secret, and about the key that is to end now."""
    reach = key.old.reach
    return reach is not None and reach.key_id == key.old.key_id and name in reach.asked


def unexplained(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Principals that were seen reading this secret, and that a person called unexplained. None while a living value is
    to be ended with this one, as its admin credential: that kill comes first.
    """
    seen = incident.usage.get(secret.name)
    if seen is None or _ends_a_living_one(incident, secret):
        return ()
    said = {principal: incident.readers.get(principal) for principal in seen.principals}
    return tuple(name for name, word in said.items() if word and word.outcome is ReaderOutcome.UNEXPLAINED)


def promoted_from(incident: Incident, secret: SecretState, verified: datetime) -> datetime:
    """When a value that nothing holds is put in its place: at once, unless a reader of others stands as unexplained and
    who read this one is not known yet.
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
    """The secrets with whose new values this one is ended, those of these among them; itself, if it ends itself."""
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
            f"the new value waits for a second person: it is accepted, but whether it is of the old one's account "
            f"({secret.new.untold}) could not be told"
        )
    words += [_reader_words(incident, secret, name) for name in readers_held(incident, secret)]
    return tuple(words)


def _reader_words(incident: Incident, secret: SecretState, name: str) -> str:
    if incident.departure is not None and name == incident.departure.who:
        why = leaver_reads(incident, secret)
        if making_held(incident, secret):
            return f"no new value is made yet: {why}. Take the access away, and it goes on; or go on all the same"
        return f"the new value waits: {why}. Take the access away, and it goes on; or use it all the same"
    said = incident.readers.get(name)
    if said is None:
        return (
            f"the new value waits: {name}, an AWS key that is replaced here too, {_key_words(incident, secret, name)}"
        )
    return (
        f"the new value waits: {principal_name(name)} has read the old one where it is put, and {said.by.name} calls "
        "that unexplained. Take its access away, then use the new value; or use it all the same; or say whose reads "
        "these were"
    )


def _key_words(incident: Incident, secret: SecretState, key: str) -> str:
    reach = incident.secrets[key].old.reach
    if reach is None or not _asked(incident.secrets[key], secret.name):
        return "is not dead and may read it where it is put; IAM has not said yet what the key may"
    if reach.unknown:
        return f"is not dead and may read it where it is put: {reach.unknown}"
    return "is not dead and can read it where it is put, as IAM says"


def promotion_digest(incident: Incident, secret: SecretState) -> str:
    """What a button carries: bound to the value, and to why it waits."""
    document = [incident.id, secret.name, secret.new.fingerprint, *promotion_words(incident, secret)]
    return digest_of(document)
