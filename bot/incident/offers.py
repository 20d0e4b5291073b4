"""What can be done about an incident now, by whom, and why not yet: the one answer that every face draws from.

Card, forms, App Home, the list of to-dos, JSON and the drill's people all ask `available`, or `urged` where the
merely possible is not shown. It drafts an offer of each command for each thing that the command can be about, and has
`decide` rehearse it: what `decide` declines is blocked, in the very words of the refusal. So no face has a rule of its
own, and none can disagree with the rules.

How a new command gets its offer:

1. Draft it in `decide.py` of its subject, one `Offer` for each thing that it can be about: the command with its texts
   left empty, why one would give it, who may (`Who`: rights, people who are excluded), and how urgent it is. Do not ask
   whether it would be accepted: `decide` is asked.
2. If a person writes a text into it, name the field above its class (`stored(…, text="reason")`), so that the rehearsal
   can fill it in.
3. Give it its `Ask` in `bot/asks`, from which form, button and terminal command are made. The type checker and
   `tests/incident/test_offers.py` say what is missing: the test gives every command as everyone, and wants an
   unblocked offer exactly where `decide` accepts it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import hold, narrative, taking, team
from bot.incident.access import decide as access
from bot.incident.access import sessions
from bot.incident.approval import offers as approval
from bot.incident.cache import Kept
from bot.incident.closing import decide as closing
from bot.incident.closing.open_items import OpenItem
from bot.incident.commands import Act
from bot.incident.decide import decide
from bot.incident.declaration import decide as declaration
from bot.incident.departure import decide as departure
from bot.incident.model import Actor, Right
from bot.incident.new_value import decide as new_value
from bot.incident.obligations import decide as obligations
from bot.incident.offer import Offer, Urgency, Who, barred, may
from bot.incident.old_value import decide as old_value
from bot.incident.old_value.decide import in_hand, stands_still
from bot.incident.overlap import decide as overlap
from bot.incident.paging import decide as paging
from bot.incident.record import decide as record
from bot.incident.refusals import Declined, demand_open
from bot.incident.routine import refused_in
from bot.incident.schedule import agenda
from bot.incident.state import Incident, SecretState
from bot.incident.steps import decide as steps
from bot.incident.stored import text_of
from bot.incident.updates import decide as updates
from bot.incident.work import decide as work

__all__ = [
    "Offer",
    "Urgency",
    "Who",
    "available",
    "barred",
    "can",
    "filled",
    "may",
    "settling",
    "unblocked",
    "urged",
]

_NOBODY_YET = Actor("the person asked", frozenset(Right))
"""A placeholder for a person without any part in it so far."""
_CHANGES_NOTHING = "That changes nothing."


def available(incident: Incident, now: datetime) -> list[Offer]:
    """Every offer, blocked ones included, the most urgent first."""
    return _offers(incident, _drafts(incident, now), now)


def urged(incident: Incident, now: datetime) -> list[Offer]:
    """The same without what is merely possible with a secret: even for a thousand secrets that is short."""
    return _offers(incident, _drafts(incident, now, possible=False), now)


def _offers(incident: Incident, drafts: Iterable[Offer], now: datetime) -> list[Offer]:
    refused = refused_in(incident)
    offers = [
        dataclasses.replace(draft, refusal=partial(_refusal, incident, draft, now))
        for draft in drafts
        if draft.kind not in refused
    ]
    return sorted(offers, key=lambda offer: offer.urgency)


def unblocked(offers: Iterable[Offer], *kinds: type[Act], secret: str | None = None) -> list[Offer]:
    """The offers that can be accepted now; of these kinds, if any are named, and about this secret, if one is."""
    return [
        offer
        for offer in offers
        if (not kinds or offer.kind in kinds) and secret in {None, offer.secret} and not offer.blocked
    ]


def can(offers: Iterable[Offer], kind: type[Act]) -> bool:
    """Whether one of this kind can be accepted now. The others are not rehearsed."""
    return any(offer.kind is kind and not offer.blocked for offer in offers)


def settling(item: OpenItem, offers: Iterable[Offer]) -> list[Offer]:
    """The offers that settle the item, blocked ones included."""
    return [
        offer
        for offer in offers
        if offer.kind is item.settled_by and item.subject in {None, offer.subject} and item.secret in {"", offer.secret}
    ]


def _drafts(incident: Incident, now: datetime, *, possible: bool = True) -> Iterator[Offer]:
    around = in_hand(incident, agenda(incident, now))
    yield from approval.consents(incident, now)
    yield from hold.offers(incident)
    yield from departure.agreement(incident)
    for every, more_than_possible in _OF_SECRETS.of(incident, now, around):
        yield from every if possible else more_than_possible
    yield from work.of_incident(incident)
    yield from taking.offers(incident, taking.of_incident(incident))
    yield from team.offers(incident)
    yield from updates.updates(incident)
    yield from steps.steps(incident)
    yield from record.record(incident)
    yield from obligations.obligations(incident, now)
    yield from access.readers(incident)
    yield from sessions.lifts(incident)
    yield from steps.tasks(incident)
    yield from declaration.more_secrets(incident)
    yield from paging.page_again(incident)
    yield from closing.closing(incident)
    yield from narrative.narrative(incident)
    yield from record.redaction()


def _of_secret(
    incident: Incident, secret: SecretState, now: datetime, around: Mapping[Any, Any]
) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """All drafts of a secret, and the urged ones among them. `around`: the work in progress.

    Neither rehearsed nor bound to the incident's state: they are cached while they would be drafted like this.
    """
    every = tuple(_drafts_of(incident, secret, now, around))
    return every, tuple(draft for draft in every if draft.urgency < Urgency.POSSIBLE)


def _drafts_of(incident: Incident, secret: SecretState, now: datetime, around: Mapping[Any, Any]) -> Iterator[Offer]:
    stuck = stands_still(incident, secret, now, around)
    yield from approval.kill(incident, secret, now, stuck=stuck)
    yield old_value.revoked(incident, secret, now)
    yield from old_value.candidates(secret)
    yield from work.of_secret(incident, secret)
    yield new_value.scopes(incident, secret)
    if not secret.earlier:
        yield new_value.submission(incident, secret)
        yield new_value.replacement(secret)
    yield from new_value.waiting_value(incident, secret)
    yield from overlap.strategy(incident, secret, now)
    yield from overlap.way_back(secret)
    yield old_value.attest(secret)
    yield approval.glass(incident, secret, now)
    yield from approval.review(incident, secret)
    yield from access.checks(secret)
    yield from sessions.offers(incident, secret)
    yield from access.copies(incident, secret)
    yield from taking.offers(incident, taking.of_secret(incident, secret), secret.name)
    yield record.comparison(incident, secret)


_OF_SECRETS = Kept(_of_secret)


def _refusal(incident: Incident, offer: Offer, now: datetime) -> str:
    """Why no one could give it now, in the words of the rules; empty if someone can."""
    if offer.command is None:
        return _closed(incident) if offer.kind in {c.AddSecret, c.HandOver} else ""
    envelope = c.Envelope("rehearsal", now, _asked(offer), c.as_command(filled(offer.command)))
    events = decide(incident, envelope)
    return next(
        (event.reason for event in events if isinstance(event, e.CommandRefused)), "" if events else _CHANGES_NOTHING
    )


def _asked(offer: Offer) -> Actor:
    """Who would give it: where only one person can, that one."""
    names = sorted(name for who in offer.who for name in who.only)
    return dataclasses.replace(_NOBODY_YET, name=names[0]) if names else _NOBODY_YET


def _closed(incident: Incident) -> str:
    try:
        demand_open(incident)
    except Declined as declined:
        return str(declined)
    return ""


def filled(command: Act, text: str = "what the person writes") -> Act:
    """The command with a text where its author has to write one: a new one, since an earlier text could make the
    command seem refused.
    """
    if isinstance(command, c.ChooseScopes):
        return dataclasses.replace(command, scopes=command.scopes or (text,))
    if isinstance(command, c.AnnounceSubmission):
        return dataclasses.replace(command, token="0" * 16)
    field = text_of(type(command))
    if not field:
        return command
    texts: dict[str, Any] = {field: text}
    return dataclasses.replace(command, **texts)
