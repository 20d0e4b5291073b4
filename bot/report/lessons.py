"""Lessons drafted from the log, for as long as no person has written any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import events as e
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident, SecretState
from bot.phrases.report import after
from bot.phrases.times import few, span
from bot.report.facts import Fact, entries, seqs


def drafted(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What took long, each as a sentence: the discovery, the page, and revoking by hand."""
    if incident.exposed_at is not None:
        late = span(incident.detected_at - incident.exposed_at)
        yield Fact(f"The leak was noticed {late} after the exposure.", (1,))
    if incident.traits.pages and reach(incident) is Reach.SENT:
        yield Fact("No one acknowledged the page.", seqs(entries(events, e.PageSent)[-1:]))
    yield from _by_hand(incident, events)


def _by_hand(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """How long revoking by hand took, beside the slowest key that the bot revoked."""
    dead = [secret for secret in incident.secrets.values() if secret.old.contained_at is not None]
    by_hand = [secret for secret in dead if secret.revoked_by_person]
    if not by_hand:
        return
    others = [secret for secret in dead if not secret.revoked_by_person]
    beside = f"; by the bot at most {_longest(incident, others)}" if others else ""
    names = {secret.name for secret in dead}
    proven = [one for one in entries(events, e.OldProvenDead) if one.event.secret in names]
    took = f"took {_longest(incident, by_hand)} from the declaration{beside}"
    yield Fact(f"Revoking {few([secret.name for secret in by_hand])} by hand {took}.", seqs(proven))


def _longest(incident: Incident, secrets: Sequence[SecretState]) -> str:
    ends = [secret.old.contained_at for secret in secrets if secret.old.contained_at is not None]
    return after(max(ends) - incident.declared.at)
