"""How `evolve` changes an incident: a copy with other fields, and the changes that every subject makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.incident.model import By, Worse
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import listed
from bot.model.frozen import replace

WORSE_AGAIN = timedelta(minutes=10)

__all__ = ["alert", "decided", "due_words", "heard", "milestone", "put", "replace", "responded", "worse"]


def put(incident: Incident, secret: SecretState) -> Incident:
    return replace(incident, secrets={**incident.secrets, secret.name: secret})


def heard(incident: Incident, names: Iterable[str], at: datetime) -> Incident:
    """A person has spoken of these secrets; other names are left out."""
    known = {name: replace(incident.secrets[name], heard_at=at) for name in names if name in incident.secrets}
    return replace(incident, secrets={**incident.secrets, **known}) if known else incident


def milestone(incident: Incident, text: str) -> Incident:
    """Milestones go to the pager: they say nothing of the secret."""
    return replace(incident, milestones=(*incident.milestones, text))


def alert(incident: Incident, text: str, *, routine: bool = False) -> Incident:
    """A separate alert, because a note would not wake the person who acknowledged the page. It says nothing about the
    secret. In a planned rotation it is raised only for what is worse than before (`routine`).
    """
    if not (incident.traits.pages or routine):
        return incident
    return replace(incident, alerts=(*incident.alerts, text))


def worse(
    incident: Incident, what: Worse, at: datetime, *, due: datetime | None = None, routine: bool = False
) -> Incident:
    """An alert that something has got worse; not while one of the same is this fresh, or a leaked `.env` would wake the
    same person thirty times in a minute. `due`: of several deadlines which. `routine`: also in a planned rotation.
    """
    last = incident.worsened.get((what, due))
    if last is not None and at - last < WORSE_AGAIN:
        return incident
    noted = replace(incident, worsened={**incident.worsened, (what, due): at})
    return alert(noted, due_words(what, due), routine=routine)


def due_words(what: Worse, due: datetime | None) -> str:
    """The words for it, with when it is due where that is known."""
    return f"{what} on {due:%Y-%m-%d at %H:%M} UTC" if due is not None else what


def responded(incident: Incident, by: By) -> Incident:
    """The person who paged knows already: another person acknowledges the page, who must be recognisable as another."""
    if by.name == incident.caller or not listed(by.name):
        return incident
    return replace(incident, responded=incident.responded or by)


def decided(incident: Incident, secret: SecretState, by: By) -> Incident:
    """A person's word has changed the secret: a plan of it that was rejected may be asked for again."""
    rejected = {name: digest for name, digest in incident.rejected_plans.items() if name != secret.name}
    return responded(replace(put(incident, secret), rejected_plans=rejected), by)
