"""What waits for a person: the one list from which every face draws.

A to-do gathers what can be done about one matter. It is drawn from the offers (`bot.incident.offers`), so what it lists
is what `decide` accepts, and from what a close would ask for (`open_items`), so nothing that is owed is missing.

How something new that people do gets its to-do: `bot.incident.kinds`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any, get_args

from msgspec.structs import astuple

from bot.incident import commands as c
from bot.incident.approval.offers import DIGITS, waits_for_answer
from bot.incident.approval.plan import being_checked
from bot.incident.clocks import working_day_end
from bot.incident.closing.open_items import OpenItem, open_items
from bot.incident.commands import Act
from bot.incident.consumers.lacking import troubled
from bot.incident.kinds import KIND_OF, Blocks, Face, Kind, Rank, kind_named
from bot.incident.model import Actor, By, ReaderOutcome, Strategy
from bot.incident.offers import Offer, Urgency, available, may
from bot.incident.state import Incident, SecretState
from bot.incident.stored import text_of, word_of
from bot.incident.taking import BY_HAND, STUCK, UNDO
from bot.model.providers import provider_name
from bot.model.secrets import Outage

SOON = timedelta(hours=12)
"""Before the law's deadline a notice goes before other work."""


class State(StrEnum):
    """Whose turn it is."""

    OPEN = "open"
    TAKEN = "taken"
    """A person does it: `Todo.taken` says who, and since when."""
    WAITS = "waits"
    """For the bot, another person or time: `Todo.waits` says for what."""


_TAKING = frozenset(get_args(c.TakingCommand))


@dataclass(frozen=True)
class Todo:
    """`subject` is what it is about: a secret, ``secret/item``, or the subject of its offers. `choices` are the
    possible acts now; without any, or while the bot checks a claim, `waits` says what it waits for.
    """

    kind: Kind
    subject: str
    choices: tuple[Offer, ...]
    waits: str = ""
    taken: By | None = None
    take: tuple[Offer, ...] = ()
    """The commands to take it, to take it over, and to give it back; empty if it cannot be taken."""
    secret: str = ""
    owner: str = ""
    since: datetime | None = None
    due: datetime | None = None
    rank: Rank = Rank.REST
    blocks: frozenset[Blocks] = frozenset()
    accept: bool = True
    """Whether a close may go over it, accepted by name."""
    words: str = ""
    """The close's words for it; empty if the close does not need it."""
    open: bool = True
    """Whether it waits for a person; an answered one can be corrected, and is on no list."""

    @property
    def id(self) -> str:
        """``check:stripe-key/Webhooks``: stable, and never a position in a list."""
        return f"{self.kind.name}:{self.subject}" if self.subject else self.kind.name

    @property
    def seen(self) -> str:
        """The digest of what it shows, by which an act on it knows of a change; empty where none goes by one."""
        shown = (getattr(choice.command, name, "") for choice in self.choices for name in ("seen", "digest"))
        return next(filter(None, shown), "")

    @property
    def state(self) -> State:
        return State.WAITS if self.waits else State.TAKEN if self.taken is not None else State.OPEN

    @property
    def group(self) -> str:
        """The group of things answered together: the readers, the checks of one secret, the tasks."""
        return _group(self.kind, self.secret)


_LETTERS = "bcdfghjkmnpqrstvwxz"
"""The letters of tags, without ambiguous ones, and without vowels, so that a tag is no word."""
TAG = 3
"""So many of them at least."""


def tags(ids: Iterable[str]) -> dict[str, str]:
    """A few letters for each, to be typed: made of the id alone, so that none is ever another to-do's in its place.
    More letters where these ids need them to be told apart.
    """
    whole = {each: _whole_tag(each) for each in ids}
    ordered = sorted(set(whole.values()))
    length = max((_alike(one, other) + 1 for one, other in pairwise(ordered)), default=0)
    return {each: tag[: max(TAG, length)] for each, tag in whole.items()}


def _whole_tag(todo: str) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in sha256(todo.encode()).digest())


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    return next((at for at, (first, second) in enumerate(zip(one, other, strict=True)) if first != second), len(one))


def yours(todo: Todo, actor: Actor, owners: Collection[str]) -> bool:
    """Whether this person is the first to look at it: they have taken it, or are one of its `owners`, the people whom
    `Todo.owner` means; without owners, whether they may do it. An untaken key that works is for all.
    """
    if todo.taken is not None:
        return todo.taken.name == actor.name
    if owners and todo.rank is not Rank.WORKS:
        return actor.name in owners
    return any(may(actor, choice) for choice in todo.choices)


def group_of(offer: Offer) -> str:
    """The group of the offer's to-do. KeyError for what settles none."""
    return _group(KIND_OF[offer.kind], offer.secret)


def _group(kind: Kind, secret: str) -> str:
    return f"{kind.name}:{secret}" if secret else kind.name


def taken_by(incident: Incident, act: type[Act], subject: str) -> By | None:
    """The person who has taken what this act settles of the subject, and since when; None if no one has."""
    kind = KIND_OF.get(act)
    return incident.taken.get(f"{kind.name}:{subject}") if kind is not None else None


def todo_of(answer: c.Answer) -> str:
    """The id of the to-do that it settles; of several items of one secret, the name of their group."""
    subject = str(astuple(answer)[0])
    return f"{KIND_OF[type(answer)].name}:{subject[:DIGITS] if isinstance(answer, c.ProposalAnswer) else subject}"


def answer_word(act: Act | None) -> str:
    """The word for an outcome: ``clear``, ``purged``, ``done``; empty for another act."""
    return str(getattr(act, "outcome", "")) or word_of(type(act)) if isinstance(act, c.Answer) else ""


def answers(todo: Todo) -> Mapping[str, c.Answer]:
    """The possible answers now, by their words; the author adds the note (`answered`)."""
    acts = (choice.command for choice in todo.choices)
    return {word: act for act in acts if isinstance(act, c.Answer) and (word := answer_word(act))}


_WITHOUT_NOTE = frozenset({"ours", "updated", "purged", "done"})


def needs_note(answer: c.Answer) -> bool:
    """Whether its giver has to say something: the report quotes it."""
    field = text_of(type(answer))
    return bool(field) and not getattr(answer, field) and answer_word(answer) not in _WITHOUT_NOTE


def answered(answer: c.Answer, note: str) -> c.Answer:
    """With the note where it has room for one: to finish a task takes none, and a draft stays where none is given."""
    field = text_of(type(answer))
    texts: dict[str, Any] = {field: note} if field and note else {}
    return replace(answer, **texts)


def todos(incident: Incident, now: datetime, *, face: Face | None = None, settled: bool = False) -> list[Todo]:
    """All of them, or the ones of one `face`, the most urgent first, waiting ones behind; last, with `settled`, answers
    that can be corrected. Unlisted ones are not rehearsed.
    """
    groups: dict[tuple[Kind, str], list[Offer]] = {}
    takes: dict[str, list[Offer]] = {}
    for offer in available(incident, now):
        kind = _kind(incident, offer)
        if offer.kind in _TAKING:
            takes.setdefault(offer.subject, []).append(offer)
        elif kind is not None and face in {None, kind.face}:
            groups.setdefault((kind, _subject(kind, offer)), []).append(offer)
    owed = _owed(incident)
    found = [
        replace(todo, take=tuple(takes.get(todo.id, ())), taken=incident.taken.get(todo.id))
        for (kind, subject), offers in groups.items()
        if (todo := _todo(incident, kind, subject, offers, owed, now, settled=settled)) is not None
    ]
    return sorted(found, key=lambda todo: (not todo.open, not todo.choices, todo.rank))


def _kind(incident: Incident, offer: Offer) -> Kind | None:
    """None for what settles no to-do."""
    if offer.kind is c.EndCheck and incident.secrets[offer.secret].checks[offer.subject].undo is not None:
        return kind_named(UNDO)
    return KIND_OF.get(offer.kind)


def is_waited_for(incident: Incident, offer: Offer, now: datetime) -> bool:
    """Whether someone must give it, or another act of its to-do: not what they can do besides, such as to revoke
    before an overlap is over, or to close while something is open.
    """
    if offer.urgency is not Urgency.SENSIBLE:
        return offer.urgency is Urgency.NEEDED
    if offer.kind in {c.KillNow, c.ChooseStrategy}:
        return _undecided(incident, offer, now)
    if isinstance(offer.command, c.Close):
        return not offer.command.accept
    return offer.kind not in _BESIDES


_BESIDES = frozenset({c.AskReplacement, c.RollBack})


def needed(incident: Incident, every: Iterable[Todo], now: datetime) -> dict[str, tuple[Offer, ...]]:
    """What each secret stands still for: its needed choices. Of failing consumers people choose elsewhere."""
    found: dict[str, list[Offer]] = {}
    for offer in (choice for one in every if one.secret for choice in one.choices):
        urged = offer.urgency is Urgency.NEEDED or _undecided(incident, offer, now)
        if urged and offer.secret and not troubled(incident.secrets[offer.secret]):
            found.setdefault(offer.secret, []).append(offer)
    return {name: tuple(some) for name, some in found.items()}


def _undecided(incident: Incident, offer: Offer, now: datetime) -> bool:
    """Whether it decides a revoke-first revocation that no person has decided, and no question is open about."""
    if offer.kind not in {c.KillNow, c.ChooseStrategy} or offer.urgency is Urgency.POSSIBLE:
        return False
    secret = incident.secrets[offer.secret]
    return secret.strategy is Strategy.KILL_FIRST and not waits_for_answer(incident, secret, now)


def _subject(kind: Kind, offer: Offer) -> str:
    if kind.of_all:
        return ""
    if kind.of_secret:
        return offer.secret
    return (
        f"{offer.secret}/{offer.subject}" if offer.kind in {c.EndCheck, c.EndSessions, c.SettleCopy} else offer.subject
    )


type _Owed = Mapping[tuple[type[Act], str, str], list[OpenItem]]
"""By what settles it, the secret and the subject; the last ones are empty where it is about any."""


def _owed(incident: Incident) -> _Owed:
    found: dict[tuple[type[Act], str, str], list[OpenItem]] = {}
    for item in open_items(incident):
        if item.settled_by is not None:
            found.setdefault((item.settled_by, item.secret, item.subject or ""), []).append(item)
    return found


def _todo(
    incident: Incident, kind: Kind, subject: str, offers: Sequence[Offer], owed: _Owed, now: datetime, *, settled: bool
) -> Todo | None:
    found = [some for offer in offers if (some := _items(incident, offer, owed))]
    items = [item for some in (found if kind.of_all else found[:1]) for item in some]
    waiting = bool(items) or any(is_waited_for(incident, offer, now) for offer in offers)
    if not waiting and not (settled and any(isinstance(offer.command, c.Answer) for offer in offers)):
        return None
    choices = tuple(offer for offer in offers if not offer.blocked)
    if not choices and not (items and incident.open):
        return None
    first = offers[0]
    due = _due(incident, kind, subject, items)
    return Todo(
        kind=kind,
        subject=subject,
        choices=choices,
        waits=_checking(incident, kind, first.secret) if choices else first.blocked,
        secret="" if kind.of_all else first.secret,
        owner=_owner(incident, kind, subject, first.secret),
        since=_since(incident, kind, subject, first.secret),
        due=due,
        rank=_rank(incident, kind, subject, first.secret, due, now),
        blocks=frozenset(_blocks(kind, items)),
        accept=not any(item.must for item in items),
        words="; ".join(item.words for item in items),
        open=waiting,
    )


def _items(incident: Incident, offer: Offer, owed: _Owed) -> list[OpenItem]:
    """What a close needs of it. One item covers all checks of a secret, and settled ones are not owed."""
    if not _unsettled(incident, offer):
        return []
    keys = ((offer.kind, offer.secret, ""), (offer.kind, "", offer.subject), (offer.kind, "", ""))
    return next((owed[key] for key in keys if key in owed), [])


def _unsettled(incident: Incident, offer: Offer) -> bool:
    match offer.command:
        case c.EndCheck(secret, item):
            return incident.secrets[secret].checks[item].open
        case c.SettleCopy(secret, copy):
            return incident.secrets[secret].copies[copy].open
        case c.AccountReader(principal):
            said = incident.readers.get(principal)
            return said is None or said.outcome is ReaderOutcome.UNEXPLAINED
        case _:
            return True


def _blocks(kind: Kind, items: Sequence[OpenItem]) -> Iterator[Blocks]:
    if kind.blocks is not None:
        yield kind.blocks
    if items:
        yield Blocks.CLOSE


def _since(incident: Incident, kind: Kind, subject: str, secret: str) -> datetime | None:
    """Since when it waits, as far as that is known; who has taken it says since when themselves."""
    state = incident.secrets.get(secret)
    match kind.name:
        case "task" if subject in incident.tasks:
            return incident.tasks[subject].added.at
        case "plan" if incident.request is not None:
            return incident.request.at
        case "check" | "copy" if state is not None:
            return state.old.contained_at
        case "by-hand" if state is not None and state.old.claimed is not None:
            return state.old.claimed.at
        case _:
            return incident.raised.at


def _due(incident: Incident, kind: Kind, subject: str, items: Sequence[OpenItem]) -> datetime | None:
    if kind.name == "task":
        return incident.tasks[subject].due if subject in incident.tasks else None
    if kind.name == "plan" and incident.request is not None:
        return incident.request.until
    if kind.name == "check" and (gone := incident.secrets[subject.partition("/")[0]].old.gone_at) is not None:
        return working_day_end(incident.timings, gone)  # no one is woken at night for it
    return items[0].due if items else None


def _owner(incident: Incident, kind: Kind, subject: str, secret: str) -> str:
    if kind.name == "task":
        return incident.tasks[subject].owner if subject in incident.tasks else ""
    return incident.secrets[secret].entry.owner if secret in incident.secrets else ""


def _checking(incident: Incident, kind: Kind, secret: str) -> str:
    """The words while a person's claim of a revocation is being checked."""
    if kind.name != BY_HAND or not being_checked(incident.secrets[secret]):
        return ""
    return f"Checking with {provider_name(incident.secrets[secret].entry.provider)}. The key may still work"


def _stopped(secret: SecretState) -> bool:
    """Whether the product does without it: the old key is revoked, and the new one not in place."""
    revoked = secret.gone or secret.old.ended_at is not None
    return revoked and not secret.in_place and secret.entry.outage is not Outage.NONE


def _rank(incident: Incident, kind: Kind, subject: str, secret: str, due: datetime | None, now: datetime) -> Rank:
    state = incident.secrets.get(secret)
    if state is not None and not state.gone and kind.blocks is Blocks.REVOCATION:
        in_hand = f"{BY_HAND}:{secret}" in incident.taken or _checking(incident, kind, secret)
        return Rank.IN_HAND if in_hand else Rank.WORKS
    if kind.name == UNDO:
        return Rank.IN_HAND if f"{UNDO}:{subject}" in incident.taken else Rank.WORKS
    makes = kind.name == STUCK or kind.blocks is Blocks.PROMOTION
    if state is not None and (troubled(state) or (makes and _stopped(state))):
        return Rank.FAILING
    if kind.name == "notice" and due is not None and due - now < SOON:
        return Rank.LAW
    return kind.rank
