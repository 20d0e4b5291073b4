"""When a standing approval carries the kill of a planned rotation, and why it does not where it does not.

Two people have agreed beforehand to what is routine, and to nothing else: to these secrets, the new value live in every
consumer for so long, then the old one ended. What is otherwise stops, and the owner and a second person are asked.
"""

from __future__ import annotations

from datetime import datetime

from bot.incident.approval.state import Basis, Giver
from bot.incident.departure.rules import agreed
from bot.incident.departure.state import Agreement, DepartureState
from bot.incident.model import ConsentKind, IfFailing, Right, Strategy
from bot.incident.overlap.used import used_since
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import lacking, listed

_RIGHTS = frozenset({Right.APPROVE})


def standing_basis(incident: Incident, secret: SecretState, now: datetime) -> Basis | None:
    """The standing approval as what the kill rests on; None where it does not carry it."""
    standing = incident.standing
    if not_standing(incident, secret, now):
        return None
    if incident.departure is not None:
        return _departure_basis(incident, incident.departure, secret)
    if standing is None:
        return None
    givers = tuple(Giver(giver.name, _RIGHTS) for giver in standing.givers)
    return Basis(ConsentKind.STANDING, givers, incident.declared.at, standing.until, standing.number)


def _departure_basis(incident: Incident, departure: DepartureState, secret: SecretState) -> Basis | None:
    """Whoever put the secret into the departure, by beginning it or later, and who agreed to that as second person; an
    account without an entry is none of them.
    """
    given = agreed(departure, secret.name)
    right = Right.COMMAND if secret.added.name == incident.declared.name else Right.RESPOND
    first = (Giver(secret.added.name, frozenset({right})),) if listed(secret.added.name) else ()
    second = (Giver(one.by.name, frozenset({_agreed_with(one)})) for one in given)
    return Basis(ConsentKind.STANDING, (*first, *second), given[-1].by.at)


def _agreed_with(given: Agreement) -> Right:
    return Right.APPROVE if Right.APPROVE in given.rights else Right.COMMAND


def not_standing(incident: Incident, secret: SecretState, now: datetime) -> str:
    """Why nothing that two people agreed to beforehand carries this kill, as a phrase; empty if something does."""
    if incident.departure is not None:
        return _not_agreed(incident.departure, secret)
    standing = incident.standing
    if standing is None:
        return "no standing approval covers it"
    number = f"standing approval {standing.number}"
    if secret.name not in standing.secrets or incident.environment != standing.environment:
        return f"{number} does not cover it"
    if secret.standing_lapsed is not None:
        return f"{number} does not count any more"
    if standing.until <= now:
        return f"{number} lapsed at {standing.until:%Y-%m-%d %H:%M} UTC"
    names = [giver.name for giver in standing.givers]
    if lacking(names[:1], names[1:]):
        return f"{number} was not given by two people"
    if not secret.entry.windows.inside(standing.when).ever(now):
        return f"{number} allows no moment inside the secret's windows"
    if not secret.entry.capabilities.swaps and incident.timings.overlap < standing.overlap:
        return f"standing approval {standing.number} asks for a longer overlap"
    return _changed(secret)


def _not_agreed(departure: DepartureState, secret: SecretState) -> str:
    if not agreed(departure, secret.name):
        return "no second person has agreed that it is rotated"
    if secret.standing_lapsed is not None:
        return "the agreement to the departure does not count any more"
    return _changed(secret)


def sharing(secret: SecretState) -> str:
    """Whose this value is too, as a phrase."""
    return f"{', '.join(secret.old.shared)} has the same value"


def _changed(secret: SecretState) -> str:
    """What of this kill is not as the two people agreed to; empty if all is."""
    entry = secret.entry
    if entry.fatal:
        return "the revocation cannot be undone and takes the product down"
    if secret.old.owner is not None:
        return "more than the key would be deleted"
    if secret.old.shared:
        return sharing(secret)
    if len(secret.old.candidates) > 1:
        return "several keys can be it, and one person has chosen which"
    if secret.kill is not None or secret.if_failing is not IfFailing.KEEP or not secret.new.wanted:
        return "the plan was changed"
    if secret.new.source == "person" and not secret.made_by_person:
        return "the plan was changed: a person brought the new value"
    if entry.capabilities.swaps:
        return ""
    if secret.strategy is not Strategy.OVERLAP:
        return "the plan was changed: the old value is to end without an overlap"
    if (used := used_since(secret)) is not None:
        return f"the old key was used at {used:%Y-%m-%d %H:%M} UTC, after the new value had been put in place"
    return ""
