"""Trust within an incident: proofs, seals, and people whom the installation no longer trusts."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.approval.consent import keeping, lapsed, made
from bot.incident.changes import alert, milestone, replace
from bot.incident.commands import Asked, TellTrust, TrustCommand
from bot.incident.events import TrustEvent
from bot.incident.model import By
from bot.incident.state import DepartureState, Incident, KnownTrust, SecretState
from bot.proofs.principals import comes_by

# The effects on an incident when the installation stops trusting a person, or Slack.


def evolve(incident: Incident, event: TrustEvent, by: By) -> Incident:
    match event:
        case e.TrustChanged():
            return _changed(incident, event, by)
        case e.CommandProven(proof="slack"):
            # What `by` said at that time rests on Slack's front.
            return replace(incident, by_slack=incident.by_slack | {by})
        case e.CommandProven():
            return incident
        case _:
            assert_never(event)


def _changed(incident: Incident, event: e.TrustChanged, by: By) -> Incident:
    """A distrusted person's consents to revocations not yet made are void, and people are asked again. Regained trust
    does not restore them.
    """
    before = incident.trust
    after = KnownTrust(event.number, event.digest, event.people, event.slack, event.words, event.accounts)
    secrets = {name: _without_words(incident, secret, after, by) for name, secret in incident.secrets.items()}
    changed = replace(incident, trust=after, secrets=secrets, departure=_departure(incident, after))
    proposal = incident.proposal
    if proposal is not None and _void(incident, after, proposal.by, proposal.at):
        changed = replace(changed, proposal=None)
    if before.slack and not after.slack:
        return alert(milestone(changed, "Slack is no longer trusted"), "Slack is no longer trusted")
    if set(after.people) - set(before.people):
        return alert(milestone(changed, "a person is no longer trusted"), "a person is no longer trusted")
    if set(before.people) - set(after.people) or before.slack != after.slack:
        return milestone(changed, "someone is trusted again")
    return changed


def _departure(incident: Incident, trust: KnownTrust) -> DepartureState | None:
    """Without void agreements, before the revocation."""
    departure = incident.departure
    if departure is None:
        return None
    given = {
        name: agreements
        if (secret := incident.secrets.get(name)) is not None and made(secret)
        else tuple(one for one in agreements if not _void(incident, trust, one.by.name, one.by.at))
        for name, agreements in departure.given.items()
    }
    return replace(departure, given=given)


def _without_words(incident: Incident, secret: SecretState, trust: KnownTrust, by: By) -> SecretState:
    """Without void consents, before the revocation; and without the second person's agreement to a value that is not in
    place yet. A secret that a distrusted person put into a departure no longer has the agreement's cover.
    """
    vouched = secret.new.vouched
    if vouched is not None and secret.new.promoted_at is None and _void(incident, trust, vouched.name, vouched.at):
        secret = replace(secret, new=replace(secret.new, vouched=None))
    if made(secret):
        return secret
    if incident.departure is not None and _void(incident, trust, secret.added.name, secret.added.at):
        secret = lapsed(secret, by)
    return keeping(secret, lambda name, at: not _void(incident, trust, name, at))


def _void(incident: Incident, trust: KnownTrust, name: str, at: datetime) -> bool:
    """Whether an act of `name` at that time is void."""
    lost = name in trust.people or comes_by(name, (), trust.accounts)
    return lost or (not trust.slack and By(name, at) in incident.by_slack)


# Decisions on whose word counts.


def is_told(known: KnownTrust, tell: TellTrust) -> bool:
    """Whether this is no news, for any entry of the chain."""
    return (known.people, known.slack, known.accounts) == (tell.people, tell.slack, tell.accounts)


def decide(incident: Incident, body: TrustCommand, _asked: Asked) -> tuple[e.TrustChanged, ...]:
    """Nothing for an incident that is closed, or that knows it already."""
    known = incident.trust
    if not incident.open or is_told(known, body) or body.number < known.number:
        return ()
    return (e.TrustChanged(body.number, body.digest, body.people, body.slack, body.words, body.accounts),)
