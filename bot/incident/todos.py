"""What waits for a person: the one list from which every face draws.

A to-do gathers what can be done about one matter. It is drawn from the offers (`bot.incident.offers`), so what it lists
is what `decide` accepts, and from what a close would ask for (`open_items`), so nothing that is owed is missing.

How something new that people do gets its to-do: name its command or answer in a `Kind` below. The test of the offers
tells what no kind has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    of_secret: bool = True
    blocks: Blocks | None = None


KINDS = (
    Kind("plan", Face.DECIDE, (c.ApprovePlan, c.RejectPlan), of_secret=False, blocks=Blocks.REVOCATION),
    Kind("proposal", Face.DECIDE, (c.ApproveProposal, c.RejectProposal), of_secret=False),
    Kind("by-hand", Face.DO, (c.ConfirmRevoked,), blocks=Blocks.REVOCATION),
    Kind("which-key", Face.DECIDE, (c.ChooseCandidate,), blocks=Blocks.REVOCATION),
    Kind("revoke", Face.DECIDE, (c.KillNow, c.ChooseStrategy, c.BreakGlass), blocks=Blocks.REVOCATION),
    Kind("attest", Face.DECIDE, (c.AttestDeath,)),
    Kind("roll-back", Face.DECIDE, (c.RollBack,)),
    Kind("new-key", Face.DO, (c.AnnounceSubmission, c.AskReplacement), blocks=Blocks.PROMOTION),
    Kind("rights", Face.DECIDE, (c.ChooseScopes,), blocks=Blocks.PROMOTION),
    Kind("held", Face.DECIDE, (c.UseValue, c.RefuseValue), blocks=Blocks.PROMOTION),
    Kind("stuck", Face.DO, (c.Retry,), of_secret=False),
    Kind("glass", Face.DECIDE, (c.ReviewGlass,)),
    Kind("departure", Face.DECIDE, (c.AgreeDeparture,), of_secret=False),
    Kind("undeclared", Face.DECIDE, (c.AddSecret,), of_secret=False),
    Kind("role", Face.DECIDE, (c.AcceptRole, c.DeclineRole), of_secret=False),
    Kind("reader", Face.ANSWER, (c.AccountReader,), of_secret=False),
    Kind("check", Face.ANSWER, (c.EndCheck,), of_secret=False),
    Kind("copy", Face.ANSWER, (c.SettleCopy,), of_secret=False),
    Kind("notice", Face.DECIDE, (c.DecideNotice, c.RecordNoticeSent), of_secret=False),
    Kind("update", Face.DECIDE, (c.ReleaseUpdate, c.SkipUpdate), of_secret=False),
    Kind("finding", Face.DO, (c.RecordFinding,), of_secret=False),
    Kind("task", Face.ANSWER, (c.FinishTask, c.DeclineTask, c.ChangeTask), of_secret=False),
    Kind("step", Face.ANSWER, (c.CompleteStep, c.SkipStep, c.StartStep), of_secret=False),
    Kind("report", Face.DO, (c.RequestReport, c.WriteNarrative, c.SignReport), of_secret=False),
    Kind("close", Face.DECIDE, (c.Close,), of_secret=False),
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
        return f"{self.kind.name}:{self.secret}" if self.secret else self.kind.name


def group_of(offer: Offer) -> str:
    """The group of the offer's to-do. KeyError for what settles none."""
    kind = _KIND_OF[offer.kind].name
    return f"{kind}:{offer.secret}" if offer.secret else kind


def answer_word(act: Act | None) -> str:
    """What people call the outcome: ``clear``, ``purged``, ``done``; empty for what is no answer."""
    match act:
        case c.EndCheck(outcome=outcome) | c.SettleCopy(outcome=outcome) | c.AccountReader(outcome=outcome):
            return str(outcome)
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


def answered(answer: c.Answer, note: str) -> c.Answer:
    """With the note where it has room for one: whoever finishes a task writes none."""
    field = text_of(type(answer))
    texts: dict[str, Any] = {field: note} if field else {}
    return replace(answer, **texts)


def todos(incident: Incident, now: datetime, free: int = KILLS_BY_ONE, *, settled: bool = False) -> list[Todo]:
    """All of them, the most urgent first, those that wait for something behind them; with what is `settled`, which can
    be corrected, last. `free` as for `decide`.
    """
    groups: dict[tuple[Kind, str], list[Offer]] = {}
    for offer in available(incident, now, free):
        if (kind := _KIND_OF.get(offer.kind)) is not None:
            groups.setdefault((kind, _subject(kind, offer)), []).append(offer)
    owed = _owed(incident)
    found = [
        todo
        for (kind, subject), offers in groups.items()
        if (todo := _todo(incident, kind, subject, offers, owed, now)) is not None and (todo.open or settled)
    ]
    return sorted(found, key=lambda todo: (not todo.open, bool(todo.waits), todo.rank))


def _subject(kind: Kind, offer: Offer) -> str:
    if kind.of_secret:
        return offer.secret
    return f"{offer.secret}/{offer.subject}" if offer.kind in {c.EndCheck, c.SettleCopy} else offer.subject


type _Owed = Mapping[tuple[type[Act], str, str], OpenItem]
"""By what settles it, the secret and the subject; the last ones are empty where it is about any."""


def _owed(incident: Incident) -> _Owed:
    items = (item for item in open_items(incident) if item.settled_by is not None)
    return {(item.settled_by, item.secret, item.subject or ""): item for item in items if item.settled_by}


def _todo(
    incident: Incident, kind: Kind, subject: str, offers: Iterable[Offer], owed: _Owed, now: datetime
) -> Todo | None:
    every = list(offers)
    item = next((found for offer in every if (found := _item(incident, offer, owed)) is not None), None)
    waiting = item is not None or any(offer.urgency is not Urgency.POSSIBLE for offer in every)
    if not waiting and kind.face is not Face.ANSWER:
        return None
    choices = tuple(offer for offer in every if not offer.blocked)
    first = every[0]
    if item is None and not choices:
        return None
    secret = first.secret
    due = _due(incident, kind, subject, item)
    return Todo(
        kind=kind,
        subject=subject,
        choices=choices,
        waits="" if choices else first.blocked,
        secret=secret,
        owner=_owner(incident, kind, subject, secret),
        due=due,
        rank=_rank(incident, kind, secret, due, now),
        blocks=frozenset(_blocks(kind, item)),
        accept=item is None or not item.must,
        words=item.words if item is not None else "",
        open=waiting,
    )


def _item(incident: Incident, offer: Offer, owed: _Owed) -> OpenItem | None:
    """What a close asks for of it. One item stands for all checks of a secret, and settled ones are not owed."""
    if not _unsettled(incident, offer):
        return None
    keys = ((offer.kind, offer.secret, ""), (offer.kind, "", offer.subject), (offer.kind, "", ""))
    return next((owed[key] for key in keys if key in owed), None)


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


def _blocks(kind: Kind, item: OpenItem | None) -> Iterator[Blocks]:
    if kind.blocks is not None:
        yield kind.blocks
    if item is not None:
        yield Blocks.CLOSE


def _due(incident: Incident, kind: Kind, subject: str, item: OpenItem | None) -> datetime | None:
    if kind.name == "task":
        return incident.tasks[subject].due if subject in incident.tasks else None
    return item.due if item is not None else None


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
