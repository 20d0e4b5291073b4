"""What waits for a person: the one list from which every face draws.

A to-do gathers what can be done about one matter. It is drawn from the offers (`bot.incident.offers`), so what it lists
is what `decide` accepts, and from what a close would ask for (`open_items`), so nothing that is owed is missing.

How something new that people do gets its to-do: name its command or answer in a `Kind` below. The test of the offers
tells what no kind has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from bot.incident import commands as c
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.closing.open_items import OpenItem, open_items
from bot.incident.commands import Act
from bot.incident.model import ReaderOutcome
from bot.incident.needs import troubled
from bot.incident.offers import Offer, Urgency, available
from bot.incident.state import Incident
from bot.incident.stored import text_of

SOON = timedelta(hours=12)
"""Before the law's deadline a notice goes before other work."""


class Face(StrEnum):
    """How a person deals with it."""

    DECIDE = "decide"
    """One act that is named, in a form of its own."""
    DO = "do"
    """Work by hand, and then a word to the bot."""
    ANSWER = "answer"
    """What somebody found: several may be answered at once."""


class Rank(IntEnum):
    """What comes first."""

    WORKS = 0
    FAILING = 1
    EXPIRING = 2
    LAW = 3
    READER = 4
    REST = 5
    STEP = 6


class Blocks(StrEnum):
    """What cannot happen before it is settled."""

    REVOCATION = "revocation"
    PROMOTION = "promotion"
    CLOSE = "close"


@dataclass(frozen=True)
class Kind:
    """Commands and answers that settle one kind of to-do. `of_secret`: one to-do a secret, whatever they are about."""

    name: str
    face: Face
    acts: tuple[type[Act], ...]
    of_secret: bool = False
    blocks: Blocks | None = None


KINDS = (
    Kind("plan", Face.DECIDE, (c.ApprovePlan, c.RejectPlan), blocks=Blocks.REVOCATION),
    Kind("hold", Face.DECIDE, (c.ResumeRevocations,), blocks=Blocks.REVOCATION),
    Kind("proposal", Face.DECIDE, (c.ApproveProposal, c.RejectProposal)),
    Kind("by-hand", Face.DO, (c.ConfirmRevoked,), of_secret=True, blocks=Blocks.REVOCATION),
    Kind("which-key", Face.DECIDE, (c.ChooseCandidate,), of_secret=True, blocks=Blocks.REVOCATION),
    Kind("revoke", Face.DECIDE, (c.KillNow, c.ChooseStrategy, c.BreakGlass), of_secret=True, blocks=Blocks.REVOCATION),
    Kind("attest", Face.DECIDE, (c.AttestDeath,), of_secret=True),
    Kind("roll-back", Face.DECIDE, (c.RollBack,), of_secret=True),
    Kind("new-key", Face.DO, (c.AnnounceSubmission, c.AskReplacement), of_secret=True, blocks=Blocks.PROMOTION),
    Kind("rights", Face.DECIDE, (c.ChooseScopes,), of_secret=True, blocks=Blocks.PROMOTION),
    Kind("held", Face.DECIDE, (c.UseValue, c.RefuseValue), of_secret=True, blocks=Blocks.PROMOTION),
    Kind("stuck", Face.DO, (c.Retry,)),
    Kind("glass", Face.DECIDE, (c.ReviewGlass,), of_secret=True),
    Kind("departure", Face.DECIDE, (c.AgreeDeparture,)),
    Kind("undeclared", Face.DECIDE, (c.AddSecret,)),
    Kind("role", Face.DECIDE, (c.AcceptRole, c.DeclineRole)),
    Kind("reader", Face.ANSWER, (c.AccountReader,)),
    Kind("check", Face.ANSWER, (c.EndCheck,)),
    Kind("copy", Face.ANSWER, (c.SettleCopy,)),
    Kind("notice", Face.ANSWER, (c.DecideNotice, c.RecordNoticeSent)),
    Kind("update", Face.DECIDE, (c.ReleaseUpdate, c.SkipUpdate)),
    Kind("finding", Face.DO, (c.RecordFinding,)),
    Kind("task", Face.ANSWER, (c.FinishTask, c.DeclineTask, c.ChangeTask)),
    Kind("step", Face.ANSWER, (c.CompleteStep, c.SkipStep)),
    Kind("report", Face.DO, (c.RequestReport, c.WriteNarrative, c.SignReport)),
    Kind("close", Face.DECIDE, (c.Close,)),
)
_KIND_OF: Mapping[type[Act], Kind] = {act: kind for kind in KINDS for act in kind.acts}
_LIVING = frozenset({"plan", "by-hand", "which-key", "revoke"})
"""Kinds that are about a key that may still work, where it does."""


@dataclass(frozen=True)
class Todo:
    """`subject` is what it is about: a secret, ``secret/item``, or the subject of its offers. `choices` are what can be
    done about it now; where there are none, `waits` says for what it waits.
    """

    kind: Kind
    subject: str
    choices: tuple[Offer, ...]
    waits: str = ""
    secret: str = ""
    owner: str = ""
    due: datetime | None = None
    rank: Rank = Rank.REST
    blocks: frozenset[Blocks] = frozenset()
    accept: bool = True
    """Whether a close may go over it, accepted by name."""
    words: str = ""
    """What a close says of it; empty where it asks for nothing."""
    open: bool = True
    """Whether it waits for somebody; what was answered can be answered otherwise, and is on no list."""

    @property
    def id(self) -> str:
        """``check:stripe-key/Webhooks``: stable, and never a position in a list."""
        return f"{self.kind.name}:{self.subject}" if self.subject else self.kind.name

    @property
    def group(self) -> str:
        """What is answered together: the readers, the checks of one secret, the tasks."""
        return _group(self.kind, self.secret)


def group_of(offer: Offer) -> str:
    """The group of the offer's to-do. KeyError for what settles none."""
    return _group(_KIND_OF[offer.kind], offer.secret)


def _group(kind: Kind, secret: str) -> str:
    return f"{kind.name}:{secret}" if secret else kind.name


def answer_word(act: Act | None) -> str:
    """What people call the outcome: ``clear``, ``purged``, ``done``; empty for what is no answer."""
    match act:
        case c.EndCheck(outcome=outcome) | c.SettleCopy(outcome=outcome) | c.AccountReader(outcome=outcome):
            return str(outcome)
        case c.DecideNotice(outcome=outcome):
            return str(outcome)
        case c.RecordNoticeSent():
            return "sent"
        case c.FinishTask() | c.CompleteStep():
            return "done"
        case c.DeclineTask():
            return "declined"
        case c.SkipStep():
            return "skipped"
        case _:
            return ""


def answers(todo: Todo) -> Mapping[str, c.Answer]:
    """What can be answered now, by its word; who gives it adds the note (`answered`)."""
    acts = (choice.command for choice in todo.choices)
    return {word: act for act in acts if isinstance(act, c.Answer) and (word := answer_word(act))}


_WITHOUT_NOTE = frozenset({"ours", "updated", "purged", "done"})


def needs_note(answer: c.Answer) -> bool:
    """Whether its giver has to say something: the report quotes it."""
    return bool(text_of(type(answer))) and answer_word(answer) not in _WITHOUT_NOTE


def answered(answer: c.Answer, note: str) -> c.Answer:
    """With the note where it has room for one: to finish a task takes none."""
    field = text_of(type(answer))
    texts: dict[str, Any] = {field: note} if field else {}
    return replace(answer, **texts)


def todos(
    incident: Incident, now: datetime, free: int = KILLS_BY_ONE, *, face: Face | None = None, settled: bool = False
) -> list[Todo]:
    """All of them, or those of one `face`, the most urgent first, those that wait for something behind them; last, with
    `settled`, the answers that can be corrected. `free` as for `decide`. What is not listed is not rehearsed.
    """
    groups: dict[tuple[Kind, str], list[Offer]] = {}
    for offer in available(incident, now, free):
        kind = _KIND_OF.get(offer.kind)
        if kind is not None and face in {None, kind.face}:
            groups.setdefault((kind, _subject(kind, offer)), []).append(offer)
    owed = _owed(incident)
    found = [
        todo
        for (kind, subject), offers in groups.items()
        if (todo := _todo(incident, kind, subject, offers, owed, now, settled=settled)) is not None
    ]
    return sorted(found, key=lambda todo: (not todo.open, bool(todo.waits), todo.rank))


def _subject(kind: Kind, offer: Offer) -> str:
    if kind.of_secret:
        return offer.secret
    return f"{offer.secret}/{offer.subject}" if offer.kind in {c.EndCheck, c.SettleCopy} else offer.subject


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
    items = next((found for offer in offers if (found := _items(incident, offer, owed))), [])
    waiting = bool(items) or any(offer.urgency is not Urgency.POSSIBLE for offer in offers)
    if not waiting and not (settled and kind.face is Face.ANSWER):
        return None
    choices = tuple(offer for offer in offers if not offer.blocked)
    if not items and not choices:
        return None
    first = offers[0]
    due = _due(incident, kind, subject, items)
    return Todo(
        kind=kind,
        subject=subject,
        choices=choices,
        waits="" if choices else first.blocked,
        secret=first.secret,
        owner=_owner(incident, kind, subject, first.secret),
        due=due,
        rank=_rank(incident, kind, first.secret, due, now),
        blocks=frozenset(_blocks(kind, items)),
        accept=not any(item.must for item in items),
        words="; ".join(item.words for item in items),
        open=waiting,
    )


def _items(incident: Incident, offer: Offer, owed: _Owed) -> list[OpenItem]:
    """What a close asks for of it. One item stands for all checks of a secret, and settled ones are not owed."""
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


def _due(incident: Incident, kind: Kind, subject: str, items: Sequence[OpenItem]) -> datetime | None:
    if kind.name == "task":
        return incident.tasks[subject].due if subject in incident.tasks else None
    return items[0].due if items else None


def _owner(incident: Incident, kind: Kind, subject: str, secret: str) -> str:
    if kind.name == "task":
        return incident.tasks[subject].owner if subject in incident.tasks else ""
    return incident.secrets[secret].entry.owner if secret in incident.secrets else ""


def _rank(incident: Incident, kind: Kind, secret: str, due: datetime | None, now: datetime) -> Rank:
    state = incident.secrets.get(secret)
    if state is not None and not state.gone and kind.name in _LIVING:
        return Rank.WORKS
    if state is not None and troubled(state):
        return Rank.FAILING
    if kind.name in {"plan", "proposal"}:
        return Rank.EXPIRING
    if kind.name == "notice" and due is not None and due - now < SOON:
        return Rank.LAW
    return {"reader": Rank.READER, "step": Rank.STEP, "report": Rank.STEP, "close": Rank.STEP}.get(kind.name, Rank.REST)
