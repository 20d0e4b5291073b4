"""The kinds of to-dos: what settles each, and what faces say of it.

How something new that people do gets its to-do: name its command or answer in a row of `KINDS`, with the line that
lists it. The test of the offers tells what no kind has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from bot.incident import commands as c
from bot.incident.commands import Act
from bot.incident.taking import BY_HAND, FINDING, NEW_KEY, STUCK, UNDO


class Face(StrEnum):
    """How a person deals with it."""

    DECIDE = "decide"
    """One named act, in a form of its own."""
    DO = "do"
    """Work by hand, and then a word to the bot."""
    ANSWER = "answer"
    """A person's findings: several may be answered at once."""


class Rank(IntEnum):
    """The order of to-dos."""

    WORKS = 0
    """An untaken key that still works, or what a use of it made."""
    FAILING = 1
    EXPIRING = 2
    LAW = 3
    READER = 4
    IN_HAND = 5
    """The same once someone has taken it, or says to have revoked the key."""
    REST = 6
    STEP = 7


class Blocks(StrEnum):
    """What cannot happen before it is settled."""

    REVOCATION = "revocation"
    PROMOTION = "promotion"
    CLOSE = "close"


@dataclass(frozen=True)
class Option:
    """An outcome in a form: its label, and what to note with it."""

    label: str
    note: str = ""


@dataclass(frozen=True)
class Kind:
    """Commands and answers that settle one kind of to-do. `line` lists it, unless its words need more than the to-do
    (`bot.phrases.todos`). `of_secret`: one to-do a secret, for any of their subjects; `of_all`: one
    for all secrets.
    """

    name: str
    face: Face
    acts: tuple[type[Act], ...]
    line: str = ""
    of_secret: bool = False
    of_all: bool = False
    blocks: Blocks | None = None
    rank: Rank = Rank.REST
    many: str = ""
    """The word for several of them, also for typing; its name where there is no other."""
    work: str = ""
    """The work by hand that a person takes, of the subject ``{}``; empty where none is taken."""
    page: str = ""
    """The page of the form of answers on which it is."""
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    """By the word of the outcome; the word itself where it has none."""

    @property
    def plural(self) -> str:
        return self.many or self.name

    def option(self, word: str) -> Option:
        return self.options.get(word) or Option(word.capitalize())


KINDS = (
    Kind("plan", Face.DECIDE, (c.ApprovePlan, c.RejectPlan), blocks=Blocks.REVOCATION, rank=Rank.EXPIRING),
    Kind("hold", Face.DECIDE, (c.ResumeRevocations,), "resume revocations", blocks=Blocks.REVOCATION),
    Kind("proposal", Face.DECIDE, (c.ApproveProposal, c.RejectProposal), rank=Rank.EXPIRING),
    Kind(
        BY_HAND, Face.DO, (c.ConfirmRevoked,), "revoke {secret} at {provider}", of_secret=True,
        blocks=Blocks.REVOCATION, work="the revocation of {} by hand",
    ),
    Kind(
        "which-key", Face.DECIDE, (c.ChooseCandidate,), "say which key of {secret} leaked", of_secret=True,
        blocks=Blocks.REVOCATION,
    ),
    Kind(
        "revoke", Face.DECIDE, (c.KillNow, c.ChooseStrategy, c.BreakGlass, c.RollBack), "revoke {secret}",
        of_secret=True, blocks=Blocks.REVOCATION,
    ),
    Kind("attest", Face.DECIDE, (c.AttestDeath,), "vouch that the old {secret} is dead", of_secret=True),
    Kind(
        NEW_KEY, Face.DO, (c.AnnounceSubmission, c.AskReplacement), "make a new {secret} at {provider}",
        of_secret=True, blocks=Blocks.PROMOTION, work="the new key of {}",
    ),
    Kind(
        "rights", Face.DECIDE, (c.ChooseScopes,), "choose the rights of the new {secret}", of_secret=True,
        blocks=Blocks.PROMOTION,
    ),
    Kind(
        "held", Face.DECIDE, (c.UseValue, c.RefuseValue), "use or refuse the new {secret}", of_secret=True,
        blocks=Blocks.PROMOTION,
    ),
    Kind(STUCK, Face.DO, (c.Retry,), "retry {subject}", work="what failed: {}"),
    Kind("glass", Face.DECIDE, (c.ReviewGlass,), of_all=True),
    Kind("departure", Face.DECIDE, (c.AgreeDeparture,), "agree to the departure"),
    Kind("undeclared", Face.DECIDE, (c.AddSecret,), "add what leaked too: {reason}"),
    Kind("role", Face.DECIDE, (c.AcceptRole, c.DeclineRole, c.TakeRole), "command: {reason}"),
    Kind(
        "reader", Face.ANSWER, (c.AccountReader,), rank=Rank.READER, many="readers", page="reader",
        options={
            "ours": Option("Ours, meant to read it"), "explained": Option("Explained", "Enter by whom"),
            "unexplained": Option("Unexplained", "Enter whom you asked"),
            "removed": Option("Access removed", "Enter how"),
        },
    ),
    Kind(
        UNDO, Face.DO, (c.EndSessions,), "undo {item} at {provider}", work="the undoing of {}", page="check",
        options={"clear": Option("Ours", "Enter who says so"), "handled": Option("Undone", "Enter how")},
    ),  # the checks of what a use of the key made
    Kind("deny", Face.DECIDE, (c.LiftDeny,), "remove the deny of role {subject}"),
    Kind(
        "check", Face.ANSWER, (c.EndCheck,), "{item} at {provider}", many="checks", page="check",
        options={
            "clear": Option("None found"), "handled": Option("Found, and removed", "Enter what"),
        },
    ),
    Kind(
        "copy", Face.ANSWER, (c.SettleCopy,), many="copies", page="check",
        options={"accepted": Option("Accepted", "Enter why")},
    ),
    Kind("notice", Face.ANSWER, (c.DecideNotice, c.RecordNoticeSent), "{words}", many="notices"),
    Kind("update", Face.DECIDE, (c.ReleaseUpdate, c.SkipUpdate), "read and send the update to {subject}"),
    Kind(FINDING, Face.DO, (c.RecordFinding,), work="the recording of the {}"),
    Kind("compare", Face.DO, (c.CompareValue,), "check whether {secret} is the leaked key", of_secret=True),
    Kind(
        "task", Face.ANSWER, (c.FinishTask, c.DeclineTask, c.ChangeTask), many="tasks", page="step",
        options={"declined": Option("Declined", "Enter why")},
    ),
    Kind(
        "step", Face.ANSWER, (c.CompleteStep, c.SkipStep), rank=Rank.STEP, many="steps", page="step",
        options={"skipped": Option("Skipped", "Enter why")},
    ),
    Kind("report", Face.DO, (c.RequestReport, c.WriteNarrative, c.SignReport), rank=Rank.STEP),
    Kind("close", Face.DECIDE, (c.Close,), "close the incident", rank=Rank.STEP),
)  # fmt: skip
KIND_OF: Mapping[type[Act], Kind] = {act: kind for kind in KINDS for act in kind.acts}
_NAMED = {kind.name: kind for kind in KINDS}


def kind_named(name: str) -> Kind:
    """KeyError for a name of none."""
    return _NAMED[name]
