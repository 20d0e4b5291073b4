"""The commands for an incident, subject by subject.

`decide` turns each into events, or raises `CommandRefused` with the reason. Imported as one vocabulary:
`from bot.incident import commands as c`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.bounds import Due, Past
from bot.incident.events import Outcome
from bot.incident.lanes import ALL_LANES, Lane
from bot.incident.model import (
    Actor,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    NoticeOutcome,
    ReaderOutcome,
    Strategy,
    Target,
)
from bot.incident.operations import Op, Work
from bot.incident.state import Handed
from bot.incident.stored import Stored, by_name, stored_name
from bot.incident.told import Begun
from bot.model.departures import Leaver
from bot.model.fields import Digest, Fingerprint, IncidentId, Known, Name, Number, Person, Scope, Token, Words
from bot.model.secrets import SecretEntry


class OfSecret(Stored):
    """A command about one secret."""

    secret: Name


# What can be asked of what may outlive the dead key.


class EndCheck(OfSecret, stored="end-check", text="note"):
    """`note` says who looked and what they saw, what was removed, or why the machine's finding belongs there."""

    item: Known
    outcome: CheckOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the item as the form showed it; empty from the terminal."""


class SettleCopy(OfSecret, stored="settle-copy", text="note"):
    """`note` says what was done, or why the old key may stay there."""

    copy: Known
    outcome: CopyOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the copy as the form showed it; empty from the terminal."""


class AccountReader(Stored, stored="account-reader", text="note"):
    """`note` names the person who explains the reads of `principal`, or the failed attempts to find out."""

    principal: Known
    outcome: ReaderOutcome
    note: Words = ""


AccessAnswer = EndCheck | SettleCopy | AccountReader


class EndSessions(Stored, stored="end-sessions", text="reason"):
    """Proposes to deny the earlier sessions of the role that the check `item` is about."""

    item: Known
    reason: Words
    seen: Digest = ""
    """Digest of the role, the policy and the functions as the form showed them; empty from the terminal."""


class LiftDeny(Stored, stored="lift-deny", text="reason"):
    """Removes the deny of a role of this name."""

    role: Known
    reason: Words


AccessCommand = EndSessions | LiftDeny


# What can be asked of consent to kills and proposals.


class KillNow(OfSecret, stored="kill-now"):
    """`digest` is the shown plan's, for an immediate revocation. With any plan its author wants the old key revoked;
    as one of two it counts only for the current plan.
    """

    digest: Digest


class ApprovePlan(Stored, stored="approve-plan"):
    """`digest` is that of the request that the button was drawn for: another plan is another digest."""

    digest: Digest


class RejectPlan(Stored, stored="reject-plan", text="reason"):
    digest: Digest
    reason: Words


class BreakGlass(Stored, stored="break-glass", text="reason"):
    """`shown` maps each secret to the digest of what its end was when that was shown (`end_of`)."""

    shown: Mapping[Name, Digest]
    reason: Words


class ReviewGlass(Stored, stored="review-glass", text="verdict"):
    """Another person has reviewed why the glass was broken: for these secrets, or for all. `digest` is that of the
    shown data (`glass_digest`).
    """

    verdict: Words
    digest: Digest
    secrets: tuple[Name, ...] = ()


class ApproveProposal(Stored, stored="approve-proposal", word="approved"):
    """`digest` is that of the proposal as it was shown."""

    digest: Digest


class RejectProposal(Stored, stored="reject-proposal", text="reason", word="refused"):
    digest: Digest
    reason: Words


class WithdrawConsent(Stored, stored="withdraw-consent"):
    """The worker found that a person whose consent a revocation needs may no longer give it."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str


ApprovalFromPeople = KillNow | ApprovePlan | RejectPlan | BreakGlass | ReviewGlass
ProposalAnswer = ApproveProposal | RejectProposal
ApprovalCommand = ApprovalFromPeople | WithdrawConsent


# What can be asked of report, close and reopening.


class RequestReport(Stored, stored="request-report"):
    pass


class Close(Stored, stored="close", text="reason"):
    """`accept` names by key the items that may stay open, `seen` is the digest of all shown open items (`left_digest`);
    `reason` is required if there are any.
    """

    reason: Words = ""
    accept: tuple[Known, ...] = ()
    seen: Digest = ""


class Reopen(Stored, stored="reopen", text="reason"):
    reason: Words


ClosingCommand = RequestReport | Close | Reopen


# What can be asked of the declaration.


@dataclass(frozen=True)
class Wanted:
    """One secret of a declaration: the leaked key, and how the responder wants it revoked. `handed` is the knowledge
    of the run that had it.
    """

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool = True
    handed: Handed | None = None


class Declare(Begun, stored="declare"):
    """`incident` is derived from the command's id, so that a redelivered declaration is the same incident."""

    incident: str
    secrets: tuple[Wanted, ...]
    leaver: Leaver | None = None


class AddSecret(Stored, stored="add-secret"):
    wanted: Wanted


class TakeIn(Stored, stored="take-in"):
    """What incident `duplicate` had, once it is merged into this one: its secrets, and since when its leak was known
    and exposed (UTC).
    """

    duplicate: str
    wanted: tuple[Wanted, ...]
    aware_at: datetime
    exposed_at: datetime | None


DeclarationCommand = Declare | AddSecret | TakeIn


# What can be asked of a departure.


class AgreeDeparture(Stored, stored="agree-departure"):
    """A second person agrees to the rotations. `digest` is that of the shown ones: other secrets are another digest."""

    digest: Digest


DepartureCommand = AgreeDeparture


# What is asked of a run that is taken over, or of a duplicate, and of the incident that took over.


class Merge(Stored, stored="merge", text="reason"):
    """To an incident that is about the same leak as `into`: its secrets go over to that one, and it is closed."""

    into: IncidentId
    reason: Words


class HandOverSecrets(Stored, stored="hand-over-secrets"):
    """To a run, or a duplicate: these secrets are the incident's from now on. Given in the transaction that puts them
    there; `reason` says why, of a duplicate.
    """

    incident: str
    secrets: tuple[str, ...]
    reason: str = ""


class NoteLateOutcome(Stored, stored="note-late-outcome"):
    """To the incident: an operation of the run that it took over has ended only now."""

    secret: str
    run: str
    op: Op


HandoverCommand = Merge | HandOverSecrets | NoteLateOutcome


# What can be asked of the report's words.


class WriteNarrative(Stored, stored="write-narrative", text="summary"):
    """An empty or unchanged part stays as it is."""

    summary: Words = ""
    impact: Words = ""
    cause: Words = ""
    lessons: Words = ""


class SignReport(Stored, stored="sign-report"):
    """`digest` is that of the report that was read: another one is not signed by it."""

    digest: Digest


NarrativeCommand = WriteNarrative | SignReport


# What can be asked of the replacement.


class AskReplacement(OfSecret, stored="ask-replacement"):
    """An older version leaked; the current one is replaced anyway."""


class ChooseScopes(OfSecret, stored="choose-scopes"):
    scopes: tuple[Scope, ...]


class AnnounceSubmission(OfSecret, stored="announce-submission"):
    """A new key waits in the inbox of this incident and secret, under `token`: 16 hex digits."""

    token: Token


class UseValue(OfSecret, stored="use-value", text="reason", word="used"):
    """Puts a held new key in its place anyway. `seen`: digest of the reason for the hold, as shown in the form."""

    reason: Words
    seen: Digest = ""


class RefuseValue(OfSecret, stored="refuse-value", text="reason", word="refused"):
    """Does not use a value that a person brought; another one is awaited."""

    reason: Words
    seen: Digest = ""


NewValueCommand = AskReplacement | ChooseScopes | AnnounceSubmission
NewValueAnswer = UseValue | RefuseValue


# What can be asked of the obligations.


class RecordAwareness(Stored, stored="record-awareness", text="reason"):
    """`aware_at`: since when the organisation has known, in UTC. The law's clocks run from there."""

    aware_at: Past
    reason: Words


class RecordExposure(Stored, stored="record-exposure", text="reason"):
    """`exposed_at`: since when the values could be read by whom they are no business of, in UTC."""

    exposed_at: Past
    reason: Words


class DecideNotice(Stored, stored="decide-notice", text="reason"):
    """Whether an obligation applies. `decider` is the person who decided, if another one records it; `again` (UTC) is
    when to decide again about a notice that is not required today.
    """

    obligation: Name
    outcome: NoticeOutcome
    reason: Words
    decider: Person = ""
    again: Due | None = None


class RecordNoticeSent(Stored, stored="record-notice-sent", text="reference", word="sent"):
    """A person has sent a notice: `reference` names it (a case number, a ticket, a mail's subject). `sent_at` is UTC;
    None: now. `delay` says why, where it was late.
    """

    obligation: Name
    reference: Words
    sent_at: Past | None = None
    delay: Words = ""


ObligationsCommand = RecordAwareness | RecordExposure
NoticeAnswer = DecideNotice | RecordNoticeSent


# What can be asked of the leaked key.


class ChooseCandidate(OfSecret, stored="choose-candidate"):
    key_id: Known


class ConfirmRevoked(OfSecret, stored="confirm-revoked"):
    """A person revoked the key in the provider's console; the machine now proves it."""


class AttestDeath(OfSecret, stored="attest-death", text="reason", word="vouched"):
    reason: Words


OldValueCommand = ChooseCandidate | ConfirmRevoked
OldValueAnswer = AttestDeath


# What can be asked of strategies and overlaps.


class ChooseStrategy(OfSecret, stored="choose-strategy", text="reason"):
    """Towards overlap this weakens the response: a second person must agree."""

    strategy: Strategy
    reason: Words


class RecordAbuse(OfSecret, stored="record-abuse", text="text"):
    """Someone has been seen using the leaked key. It ends an overlap."""

    text: Words


class RollBack(OfSecret, stored="roll-back", text="reason"):
    """Puts the leaked key, while it works, back in the new one's place. A retry puts the new one in place again."""

    reason: Words


OverlapCommand = ChooseStrategy | RecordAbuse | RollBack


# What can be asked of pagers and the channel.


class PageAgain(Stored, stored="page-again", text="reason"):
    """Wakes on-call by hand. The reason goes into the log, not to the pager."""

    reason: Words


class LoseChannel(Stored, stored="lose-channel"):
    """`channel` accepts no messages now; `reason` says what happened to it."""

    channel: str
    reason: str


PagingFromPeople = PageAgain
PagingCommand = PageAgain | LoseChannel


# What can be asked of the record.


class AddNote(Stored, stored="add-note", text="text"):
    text: Words


class NoteForCounsel(Stored, stored="note-for-counsel", text="text"):
    """A note that only counsel and the incident's commander read."""

    text: Words


class RecordFinding(Stored, stored="record-finding", text="text"):
    """`what`: finding, impact, root-cause, no-abuse or abuse-unknown."""

    what: Name
    text: Words


class Redact(Stored, stored="redact"):
    """Proposes to take people's words out of events, as the worker has read them from the log: a second person must
    agree.
    """

    cuts: tuple[Cut, ...]
    reason: str


class RefuseText(Stored, stored="refuse-text"):
    """A person's command, of kind `command`, whose texts contain a secret: only that, and `reason`, is recorded."""

    command: str
    reason: str


class RecordSighting(Stored, stored="record-sighting"):
    """A person has reported a message that contains a value of `secret`: which value, and the message's place, without
    its text. For an outside alert `ts` is its id here, and `source` and `place` name the reporter and the place.
    """

    secret: str
    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""


class CompareValue(OfSecret, stored="compare-value"):
    """A person has compared the leaked key, at a terminal, with the one of `secret` whose fingerprint is `seen`:
    whether it is the same. It says nothing about the leaked one.
    """

    same: bool
    seen: Fingerprint


RecordFromPeople = AddNote | NoteForCounsel | RecordFinding | CompareValue
RecordCommand = RecordFromPeople | Redact | RefuseText | RecordSighting


# What can be asked of a hold.


class HoldRevocations(Stored, stored="hold-revocations", text="reason"):
    """Nothing is revoked from now on, until two people resume it."""

    reason: Words


class ResumeRevocations(Stored, stored="resume-revocations", text="reason"):
    """Proposes to go on: a second person must agree."""

    reason: Words


class HoldEvidence(Stored, stored="hold-evidence", text="reason"):
    """From now on evidence is kept beyond its time; without `held` it is not."""

    reason: Words
    held: bool


HoldCommand = HoldRevocations | ResumeRevocations | HoldEvidence


# What can be asked of steps and tasks.


class CompleteStep(Stored, stored="complete-step", word="done"):
    step: Name
    seen: Digest = ""
    """Digest of the step as the button showed it; empty from the terminal."""


class SkipStep(Stored, stored="skip-step", text="reason", word="skipped"):
    step: Name
    reason: Words
    seen: Digest = ""


class AddTask(Stored, stored="add-task", text="title"):
    title: Words
    owner: Person
    due: Due | None = None
    step: Name = "remediate"


class ChangeTask(Stored, stored="change-task", text="reason"):
    """Gives an open task to someone else, or another time. Empty, or None: as it was. Only a later time than
    it had needs a reason.
    """

    task: Known
    owner: Person
    due: Due | None
    reason: Words


class FinishTask(Stored, stored="finish-task", word="done"):
    task: Known


class DeclineTask(Stored, stored="decline-task", text="reason", word="declined"):
    task: Known
    reason: Words


StepsCommand = AddTask | ChangeTask
StepsAnswer = CompleteStep | SkipStep | FinishTask | DeclineTask


# What can be asked of who commands.


class HandOver(Stored, stored="hand-over", text="note"):
    """Offers the command to `to`, a name of the people file: it changes hands once they accept. `note` may be empty."""

    to: Person
    note: Words = ""


class AcceptRole(Stored, stored="accept-role"):
    """By the one to whom it was offered."""


class DeclineRole(Stored, stored="decline-role", text="reason"):
    """By the person who was offered the role, or by the one who offered it, who then keeps it."""

    reason: Words


class TakeRole(Stored, stored="take-role", text="reason"):
    """Without being asked: `reason` is needed where someone else commands."""

    reason: Words


TeamCommand = HandOver | AcceptRole | DeclineRole | TakeRole


# What can be asked of what is done by hand.


class TakeTodo(Stored, stored="take-todo"):
    """Says that its giver does it: `todo` is its id, such as ``by-hand:stripe-key``."""

    todo: Known


class ReturnTodo(Stored, stored="return-todo"):
    """Says that its giver, who has taken it, does not do it."""

    todo: Known


TakingCommand = TakeTodo | ReturnTodo


# What can be asked of trust.


class TellTrust(Stored, stored="tell-trust"):
    """Whom the installation does not trust now, as entry `number` of its chain has it; `words` say who said so.
    `accounts` are theirs, as someone without an entry in the people file is recorded.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


TrustCommand = TellTrust


# What can be asked of status updates.


class ReleaseUpdate(Stored, stored="release-update", text="text", word="sent"):
    """Sends draft `number` to the audience, in the draft's words or a person's."""

    audience: Known
    number: Number
    text: Words


class SkipUpdate(Stored, stored="skip-update", text="reason", word="skipped"):
    """Draft `number` is not sent to the audience, or not to its unreachable members; the reason is kept."""

    audience: Known
    number: Number
    reason: Words


UpdatesAnswer = ReleaseUpdate | SkipUpdate


# What can be asked of the lanes.


class Retry(Stored, stored="retry"):
    """An empty `lane` retries everything that has failed for good."""

    lane: Lane = ALL_LANES


class Begin(Stored, stored="begin"):
    """Claims a lane. `instead_of` is the number of the claim of a dead worker that this one takes over."""

    work: Work
    worker: str
    instead_of: int | None = None


class Finish(Stored, stored="finish"):
    """An operation's outcome, under its claim."""

    outcome: Outcome
    lane: Lane


class Tick(Stored, stored="tick"):
    """A deadline of the incident has come."""


class NoteLoss(Stored, stored="note-loss"):
    """The log lost events: as for `RecordsLost`. `losses` counts the events that the worker had read, None if unknown;
    with several workers only one records a loss.
    """

    head: str = ""
    backup_at: datetime | None = None
    losses: int | None = None


WorkCommand = Retry | Begin | Finish | Tick | NoteLoss


# What people answer of to-dos: never a command by itself, always a row of `Settle`.


Decision = ProposalAnswer | OldValueAnswer | NewValueAnswer | UpdatesAnswer
"""Each is given alone: its form shows what it does."""
Answer = AccessAnswer | StepsAnswer | NoticeAnswer | Decision

MOST_ROWS = 100
"""Rows of one `Settle`: more than a page of any face holds."""


class Settle(Stored, stored="settle"):
    """Answers to to-dos, at most `MOST_ROWS`; to notices with their like only. Each is decided alone and in this order:
    one that is declined keeps no other from counting.
    """

    rows: tuple[Answer, ...]


FromPeople = (
    OldValueCommand
    | NewValueCommand
    | AccessCommand
    | OverlapCommand
    | ApprovalFromPeople
    | Settle
    | StepsCommand
    | TeamCommand
    | TakingCommand
    | RecordFromPeople
    | PagingFromPeople
    | ObligationsCommand
    | HoldCommand
    | ClosingCommand
    | Merge
    | NarrativeCommand
    | DepartureCommand
    | Retry
)
"""Commands in the form that people give. The worker completes others first, such as a declaration: see
`bot.inbox.wire`.
"""
Command = (
    FromPeople
    | DeclarationCommand
    | ApprovalCommand
    | PagingCommand
    | RecordCommand
    | TrustCommand
    | HandoverCommand
    | WorkCommand
)

Act = Command | Answer
"""A person's act: a command, or an answer to a to-do."""

NAMES: Mapping[str, type] = by_name(Command)
"""By the names by which the inbox, proofs and the log know them."""
ANSWERS: Mapping[str, type] = by_name(Answer)
"""The answers that can be rows of a `Settle`."""


def name_of(act: Act | type) -> str:
    """The stored name of a command or an answer: ``kill-now``."""
    return stored_name(act if isinstance(act, type) else type(act))


def acts_of[A](command: A) -> tuple[A | Answer, ...]:
    """The answers that a `Settle` holds; another command by itself."""
    return command.rows if isinstance(command, Settle) else (command,)


def as_command(act: Act) -> Command:
    """The command that gives it: an answer becomes the one row of a `Settle`."""
    return Settle((act,)) if isinstance(act, Answer) else act


@dataclass(frozen=True)
class Envelope:
    """A command with who gave it, when (UTC), and the id by which a repeat is known."""

    command_id: str
    at: datetime
    actor: Actor
    body: Command


Events = tuple[e.Event, ...]
"""In order; none if nothing changes."""


@dataclass(frozen=True)
class Asked:
    """`at` is UTC; `free` is how many revocations one responder each may still decide in the incident's environment."""

    actor: Actor
    at: datetime
    free: int
