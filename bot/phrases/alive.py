"""Which leaked values are not dead, and why not yet: grouped by the reason, with names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.basis import MissingConsent, kill_basis, waits_for
from bot.incident.approval.offers import waits_for_answer
from bot.incident.approval.plan import kill_wanted, turned_down
from bot.incident.lanes import old_lane
from bot.incident.model import By, New, Old
from bot.incident.needs import Need, needs
from bot.incident.offers import Offer
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
from bot.phrases.not_proven import not_proven_words
from bot.phrases.secrets import not_restored
from bot.phrases.states import NONE_NEEDED, capitalised, not_dead
from bot.phrases.times import counted, up_to

NAMED = 3
"""So many secrets are named in a line; more are counted."""
_MOVES = frozenset({Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})


def names_of(secrets: Sequence[SecretState], most: int = NAMED) -> str:
    """``a, b and 2 more``, each as it is called in the catalog: all of them up to `most`, else one less."""
    return up_to([code(secret.name) for secret in secrets], most)


def not_dead_words(incident: Incident) -> str:
    """`not_proven_words` of an incident whose state is known."""
    left = not_dead(incident)
    return not_proven_words(len(left), len(incident.secrets), sum(each.old_state is Old.ATTESTED for each in left))


def dead_words(incident: Incident) -> str:
    """``2 of 4 keys dead``, and what is to be said of the new values: below a header that says where all keys are dead,
    and all replaced. Empty where that is all there is to say.
    """
    every = list(incident.secrets.values())
    if not every:
        return "No secret has been named yet."
    dead = sum(secret.old_state is Old.DEAD for secret in every)
    said = []
    if dead < len(every):
        some = f"{dead or 'None'} of {counted(len(every), 'key')} dead" if len(every) > 1 else "The key is *not dead*"
        said.append(some)
    return "".join(f"{part}. " for part in [*said, *_of_new(every)]).strip()


def _of_new(every: Sequence[SecretState]) -> Iterator[str]:
    """Of dead keys only: what stops while the old one lives is no news."""
    gone = [secret for secret in every if secret.gone]
    if lacking := [s for s in gone if not s.in_place and s.new_state is not New.FAILING]:
        yield f"No new value yet for {names_of(lacking)}"
    if unconfirmed := [secret for secret in gone if secret.new_state is New.UNCONFIRMED]:
        yield f"New value in place, not confirmed by consumers: {names_of(unconfirmed)}"
    proven = all(secret.old_state is Old.DEAD for secret in every)
    if not proven and len(gone) == len(every) and all(s.in_place for s in every) and not unconfirmed:
        number = sum(secret.new.wanted for secret in every)
        yield {0: capitalised(NONE_NEEDED), 1: "The new one is live"}.get(number, "All new values are live")


def alive_groups(
    incident: Incident, offers: Sequence[Offer], now: datetime
) -> list[tuple[Old, str, list[SecretState]]]:
    """Those that are not proven dead, the most dangerous first, gathered by state and reason."""
    groups: dict[tuple[Old, str], list[SecretState]] = {}
    awaited = {need.secret: need for need in needs(incident, offers, now)}
    for secret in not_dead(incident):
        words = why_not_dead(incident, secret, awaited.get(secret.name), now)
        groups.setdefault((secret.old_state, words), []).append(secret)
    told = []
    for (state, of_one), secrets in groups.items():
        first, words = secrets[0], of_one
        if len(secrets) > 1:
            words = why_not_dead(incident, first, awaited.get(first.name), now, several=True)
        told.append((state, words, secrets))
    return told


def why_not_dead(
    incident: Incident, secret: SecretState, need: Need | None, now: datetime, *, several: bool = False
) -> str:
    """The reason in a few words: who or what it waits for, or what the bot does about it. `need` is what it needs.
    `several`: it is said of others too, for which the same holds.
    """
    it = "them" if several else "it"
    match secret.old_state:
        case Old.DEAD:
            return "dead"
        case Old.ATTESTED:
            return f"attested dead by {literal(secret.old.attested.name if secret.old.attested else '')}, not proven"
        case Old.UNPROVEN:
            return "refused, but never seen alive: *NOT PROVEN DEAD*"
        case Old.REVOKING if secret.old.overdue and secret.lacks_control:
            return f"refused, *NOT PROVEN DEAD*: no good key to ask beside {it}"
        case Old.REVOKING if secret.old.overdue:
            return f"revocation *NOT CONFIRMED*: treat {it} as alive"
        case Old.REVOKING:
            return "revoked, not yet proven dead" if secret.old.revoked_at else "reported revoked, not yet proven dead"
        case Old.ALIVE:
            return f"*ALIVE*, {_why_alive(incident, secret, need, now, several=several)}"


def _why_alive(incident: Incident, secret: SecretState, need: Need | None, now: datetime, *, several: bool) -> str:
    if not incident.open:
        return "left at the close"
    if serves_again(incident, secret):
        return f"and {'serve' if several else 'serves'} production again"
    if secret.new_state is New.UNKNOWN:
        return literal(not_restored(incident, secret))
    if kept_while_failing(incident, secret):
        return f"kept while consumers fail with the new {'values' if several else 'value'}"
    if secret.old.claimed is not None:
        return _reported(secret, secret.old.claimed, several=several)
    if need is not None and (needed := _needed(incident, secret, need, several=several)):
        return needed
    if waits_for_answer(incident, secret, now):
        return "waits for approval"
    return _in_time(incident, secret, now, several=several)


def _reported(secret: SecretState, by: By, *, several: bool) -> str:
    """What somebody says of it stands first: they look here for what came of it."""
    at, it = literal(provider_name(secret.entry.provider)), "them" if several else "it"
    if secret.old.contradicted:
        answered = f"but {at} still accepts {it}"
    elif secret.old.overruled:
        answered = f"and the bot is to revoke {it} once more"
    else:
        answered = f"and {at} is asked until it refuses"
    return f"reported revoked by {literal(by.name)} {moment(by.at)}, {answered}"


def _needed(incident: Incident, secret: SecretState, need: Need, *, several: bool) -> str:
    failure = incident.lane(old_lane(secret.name)).failure
    if failure is not None and failure.final:
        return f"{OPERATIONS[failure.op].doing} failed"
    if need.has(c.ChooseCandidate):
        return f"a person must say which {'keys they are' if several else 'key it is'}"
    if need.has(c.ConfirmRevoked):
        return f"a person must revoke {'them' if several else 'it'}"
    if need.has(c.KillNow) and turned_down(incident, secret):
        return f"a second person rejected {'their' if several else 'its'} end"
    return "nobody has decided on the revocation" if need.has(c.KillNow) else ""


def _in_time(incident: Incident, secret: SecretState, now: datetime, *, several: bool) -> str:
    """What the machine is at, or what it waits for."""
    end = overlap_end(incident, secret)
    if end is not None and secret.kill is None and secret.glass is None:
        if end > now:
            return f"{'old keys end' if several else 'old key ends'} {deadline(end)}"
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
            "end once the new values are live everywhere" if several else "ends once the new value is live everywhere"
        )
    return f"a person revokes {'them' if several else 'it'}" if secret.revoked_by_person else "about to be revoked"
