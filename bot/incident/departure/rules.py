"""What a departure waits for: a second person, and the end of the leaver's access.

Access goes first. A new key that the leaver can read would tell them a secret from after their departure. So none is
stored until IAM says that their principal cannot read its parameter, or a person decides by name to go on.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.model import LeftAlone, Strategy, WhyLeft
from bot.incident.shown import digest_of
from bot.incident.state import Agreement, DepartureState, Incident, SecretState
from bot.incident.two_people import lacking


def departure_digest(incident: Incident) -> str:
    """The digest of what a second person agrees to: the leaver, the secrets, and how each is revoked."""
    departure = incident.departure
    secrets = [[name, *agreed_plan(secret)] for name, secret in sorted(incident.secrets.items())]
    document = [incident.id, departure.leaver.name if departure is not None else "", secrets]
    return digest_of(document)


def unagreed(incident: Incident) -> tuple[str, ...]:
    """The secrets whose rotation no second person has agreed to; empty without a leaver."""
    departure = incident.departure
    if departure is None:
        return ()
    return tuple(name for name in incident.secrets if not agreed(departure, name))


def agreed(departure: DepartureState, secret: str) -> tuple[Agreement, ...]:
    """The agreement to this secret's rotation by a second person, or by two where an account without an entry made the
    plan; empty while someone is missing.
    """
    given = departure.given.get(secret, ())
    alike = tuple(one for one in given if one.plan == given[-1].plan)
    if not alike or lacking(alike[-1].makers, [one.by.name for one in alike]):
        return ()
    return alike


def before_agreement(incident: Incident, secret: SecretState) -> str:
    """Before what no value of this secret is made or taken, as a phrase; empty where a second person has agreed."""
    if incident.departure is None or secret.name not in unagreed(incident):
        return ""
    return f"before a second person approves the departure of {incident.departure.leaver.name}"


def makers(secret: SecretState) -> frozenset[str]:
    """Whose plan it is: who added it, and who last changed it. They are no second person to it."""
    return frozenset({secret.added.name, *([secret.author.name] if secret.author is not None else [])})


def left_to(incident: Incident, person: str) -> tuple[str, ...]:
    """The secrets whose rotation this person can still agree to: ones that others added."""
    return tuple(name for name in unagreed(incident) if person not in involved(incident, name))


def involved(incident: Incident, name: str) -> frozenset[str]:
    """The people who cannot add to the agreement for this secret: the plan's author, people who agreed already, and the
    leaver.
    """
    secret, departure = incident.secrets[name], incident.departure
    if departure is None:
        return makers(secret)
    given = departure.given.get(name, ())
    return makers(secret) | {departure.leaver.name} | {one.by.name for one in given if one.plan == agreed_plan(secret)}


def agreed_plan(secret: SecretState) -> tuple[Strategy, bool]:
    """The subject of an agreement: how the old key is revoked, and whether a new one is made."""
    return secret.strategy, secret.new.wanted


def leaver_reads(incident: Incident, secret: SecretState) -> str:
    """Why the leaver counts as a reader of values stored for this secret, as a phrase; empty if they do not."""
    departure = incident.departure
    if departure is None:
        return ""
    name = departure.leaver.name
    if not departure.leaver.principal:
        return f"the people file has no AWS principal for {name}: what they can still read is unknown"
    if departure.looked_at is None or secret.name not in departure.asked:
        return f"not looked up yet whether {name} can still read it"
    if not departure.grants_known:
        return f"unknown whether {name} can still read it: {'; '.join(departure.unknown)}"
    reach = departure.reaches.get(secret.name)
    if reach is None or not reach.can:
        return ""
    by = f" by {', '.join(reach.by)}" if reach.by else ""
    verdict = "can still read it there" if reach.can == "can" else "can still read it there under a condition"
    return f"{name} {verdict}{by}"


def not_in_run(incident: Incident) -> Iterator[tuple[str, str]]:
    """Secrets that the leaver read or can read, neither in this run nor known from its beginning to be in another: each
    with that in words. One that leaked since is rotated by the incident that took it over.
    """
    departure = incident.departure
    elsewhere = {one.name for one in incident.left_alone if one.why is WhyLeft.ELSEWHERE}
    for reach in departure.reaches.values() if departure is not None else ():
        name = reach.secret
        if departure is None or name in incident.secrets or name in elsewhere:
            continue
        if holder := incident.handed.get(name):
            yield name, elsewhere_words(incident, LeftAlone(name, WhyLeft.ELSEWHERE, holder))
        else:
            yield name, f"{reach_words(departure, name)}; not rotated"


def elsewhere_words(incident: Incident, one: LeftAlone) -> str:
    """``in inc_ab12cd, which does not wait until ben cannot read it any more; ben can read it``."""
    departure = incident.departure
    where = f"in {one.where or 'another incident'}"
    if departure is None:
        return where
    waits = f"{where}, which does not wait until {departure.leaver.name} can no longer read it"
    return "; ".join(filter(None, [waits, reach_words(departure, one.name)]))


def reach_words(departure: DepartureState, secret: str) -> str:
    """``ben read it 3 times, last at 2026-11-20 09:12 UTC, and can read it``; empty if neither."""
    reach = departure.reaches.get(secret)
    if reach is None:
        return ""
    read = f"read it {reach.reads} times" if reach.reads > 1 else "read it once" if reach.reads else ""
    if read and reach.last_read is not None:
        read += f", last at {reach.last_read:%Y-%m-%d %H:%M} UTC" if reach.reads > 1 else (
            f", at {reach.last_read:%Y-%m-%d %H:%M} UTC")  # fmt: skip
    can = {"can": "can read it", "may": "can read it under a condition"}.get(reach.can, "")
    return f"{departure.leaver.name} {', and '.join(filter(None, [read, can]))}"
