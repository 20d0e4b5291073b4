"""Which leaked keys are not dead, and why not yet: grouped by the reason, with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.basis import MissingConsent, kill_basis, waits_for
from bot.incident.approval.offers import waits_for_answer
from bot.incident.approval.plan import kill_wanted, turned_down
from bot.incident.lanes import old_lane
from bot.incident.model import By, New, Old
from bot.incident.offers import Offer, can
from bot.incident.operations import OPERATIONS, Op
from bot.incident.order import holds
from bot.incident.overlap.rules import (
    held_by_readers,
    kept_while_failing,
    overlap_end,
    overlapping,
    readers_words,
    serves_again,
)
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name
from bot.phrases.marks import code, deadline, literal, moment
from bot.phrases.secrets import not_restored
from bot.phrases.states import not_dead
from bot.phrases.times import counted, not_proven_words, up_to

NAMED = 3
"""The most secrets named in a line; more are counted."""
_MOVES = frozenset({Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})


def names_of(secrets: Sequence[SecretState]) -> str:
    """``a, b and 2 more``, each as it is called in the catalog: all of them up to `NAMED`, else one less."""
    return up_to([code(secret.name) for secret in secrets], NAMED)


def few_or_number(secrets: Sequence[SecretState], most: int = NAMED) -> str:
    """Their names where there are no more than `most`, else their number: a line of the card on a phone."""
    return names_of(secrets) if len(secrets) <= most else counted(len(secrets), "key")


def not_dead_words(incident: Incident) -> str:
    """`not_proven_words` for an incident with known state."""
    left = not_dead(incident)
    return not_proven_words(len(left), len(incident.secrets), sum(each.old_state is Old.ATTESTED for each in left))


def replaced_words(every: Sequence[SecretState]) -> str:
    """What is to be said of the new keys of dead keys: what stops while the old one works is no news. Empty where
    that is nothing.
    """
    return "".join(f"{part}. " for part in _of_new(every)).strip()


def _of_new(every: Sequence[SecretState]) -> Iterator[str]:
    gone = [secret for secret in every if secret.gone]
    if lacking := [s for s in gone if not s.in_place and s.new_state is not New.FAILING]:
        yield f"No new key yet for {names_of(lacking)}"
    if unconfirmed := [secret for secret in gone if secret.new_state is New.UNCONFIRMED]:
        yield f"New key in place, not confirmed by consumers: {names_of(unconfirmed)}"


type Needed = Mapping[str, Sequence[Offer]]
"""What each secret stands still for: `bot.incident.todos.needed`."""


def alive_groups(incident: Incident, needed: Needed, now: datetime) -> list[tuple[Old, str, list[SecretState]]]:
    """The keys that are not dead, the most dangerous first, grouped by state and reason. They follow a verdict: of keys
    that still work only the reason is said.
    """
    groups: dict[tuple[Old, str], list[SecretState]] = {}
    for secret in not_dead(incident):
        words = _reason(incident, secret, needed.get(secret.name, ()), now)
        groups.setdefault((secret.old_state, words), []).append(secret)
    told = []
    for (state, of_one), secrets in groups.items():
        first, words = secrets[0], of_one
        if len(secrets) > 1:
            words = _reason(incident, first, needed.get(first.name, ()), now, several=True)
        told.append((state, words, secrets))
    return told


def why_not_dead(incident: Incident, secret: SecretState, needed: Sequence[Offer], now: datetime) -> str:
    """The state and its reason in a few words: what it waits for, or what the bot is doing. `needed` is what it stands
    still for.
    """
    words = _reason(incident, secret, needed, now)
    return f"*STILL WORKS*, {words}" if secret.old_state is Old.ALIVE else words


def _reason(
    incident: Incident, secret: SecretState, needed: Sequence[Offer], now: datetime, *, several: bool = False
) -> str:
    """`several`: the same is true of others."""
    it = "them" if several else "it"
    match secret.old_state:
        case Old.DEAD:
            return "dead"
        case Old.ATTESTED:
            return f"vouched dead by {literal(secret.old.attested.name if secret.old.attested else '')}, not confirmed"
        case Old.UNPROVEN:
            return "*REJECTED, NOT CONFIRMED*: it was never seen to work"
        case Old.REVOKING if secret.old.overdue and secret.lacks_control:
            return "*REJECTED, NOT CONFIRMED*. Add the new key to compare"
        case Old.REVOKING if secret.old.overdue:
            return f"revocation *NOT CONFIRMED*: treat {it} as working"
        case Old.REVOKING:
            return (
                "revoked, *REJECTED, NOT CONFIRMED* yet"
                if secret.old.revoked_at
                else "reported revoked, *REJECTED, NOT CONFIRMED* yet"
            )
        case Old.REJECTED:
            return f"*REJECTED, NOT CONFIRMED*, {_why_alive(incident, secret, needed, now, several=several)}"
        case Old.ALIVE:
            return _why_alive(incident, secret, needed, now, several=several)


def _why_alive(
    incident: Incident, secret: SecretState, needed: Sequence[Offer], now: datetime, *, several: bool
) -> str:
    if not incident.open:
        return "left at the close"
    if serves_again(incident, secret):
        return "in use in production again"
    if secret.new_state is New.UNKNOWN:
        return literal(not_restored(incident, secret))
    if kept_while_failing(incident, secret):
        return f"kept while consumers fail with the new {'keys' if several else 'key'}"
    if secret.old.claimed is not None:
        return _reported(secret, secret.old.claimed, several=several)
    if needed and (words := _needed(incident, secret, needed, several=several)):
        return words
    if waits_for_answer(incident, secret, now):
        return f"wait{'' if several else 's'} for approval"
    return _in_time(incident, secret, now, several=several)


def _reported(secret: SecretState, by: By, *, several: bool) -> str:
    """A person's claim comes first: its author looks here for the result."""
    at, it = literal(provider_name(secret.entry.provider)), "them" if several else "it"
    if secret.old.contradicted:
        answered = f"but {at} still accepts {it}"
    elif secret.old.overruled:
        answered = f"the bot revokes {it} again"
    else:
        answered = f"checking with {at}"
    return f"reported revoked by {literal(by.name)} {moment(by.at)}, {answered}"


def _needed(incident: Incident, secret: SecretState, needed: Sequence[Offer], *, several: bool) -> str:
    failure = incident.lane(old_lane(secret.name)).failure
    if failure is not None and failure.final:
        return f"{OPERATIONS[failure.op].doing} failed"
    if can(needed, c.ChooseCandidate):
        return f"a person must choose the {'keys' if several else 'key'}"
    if can(needed, c.ConfirmRevoked):
        return f"a person must revoke {'them' if several else 'it'}"
    if can(needed, c.KillNow) and turned_down(incident, secret):
        return "the second person refused the revocation"
    return "revocation not decided" if can(needed, c.KillNow) else ""


def _in_time(incident: Incident, secret: SecretState, now: datetime, *, several: bool) -> str:
    """What the machine is doing, or waiting for."""
    end = overlap_end(incident, secret)
    if end is not None and secret.kill is None and secret.glass is None:
        if end > now:
            return f"{'old keys are' if several else 'old key is'} revoked {deadline(end)}"
        readers = held_by_readers(incident, secret)
        waits = f", but {literal(readers_words(incident, readers))}" if readers else ""
        return f"{'their' if several else 'its'} overlap is over{waits}"
    claim = incident.lane(old_lane(secret.name)).claim
    if claim is not None and claim.op in _MOVES:
        return literal(OPERATIONS[claim.op].doing)
    if held := next(holds(incident, secret, now), ""):
        return literal(held)
    basis = kill_basis(incident, secret, now)
    if kill_wanted(secret) and isinstance(basis, MissingConsent):
        return literal(waits_for(basis))
    if overlapping(secret):
        return (
            "revoked once the new keys are in use everywhere"
            if several
            else "revoked once the new key is in use everywhere"
        )
    return f"a person revokes {'them' if several else 'it'}" if secret.revoked_by_person else "about to be revoked"
