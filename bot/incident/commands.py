"""What can be asked of an incident, subject by subject.

`decide` turns each into events, or into a `CommandRefused` that says why. Imported as one vocabulary:
`from bot.incident import commands as c`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.bounds import Due, Past
from bot.incident.events import Outcome
from bot.incident.lanes import ALL_LANES, Lane
from bot.incident.model import (
    Actor,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    IfFailing,
    LeftAlone,
    NoticeOutcome,
    ReaderOutcome,
    Role,
    Severity,
    Strategy,
    Target,
)
from bot.incident.operations import Op, Work
from bot.incident.state import Handed
from bot.incident.stored import by_name, stored, stored_name
from bot.model.departures import Leaver
from bot.model.fields import Digest, Fingerprint, Known, Name, Number, Person, Scope, Token, Words
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings

# What can be asked of what may outlive the dead key.


@stored("end-check", text="note")
@dataclass(frozen=True)
class EndCheck:
    """`note` says who looked and what they saw, what was removed, or why what the machine found belongs there."""

    secret: Name
    item: Known
    outcome: CheckOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the item as the form showed it; empty from the terminal."""


@stored("settle-copy", text="note")
@dataclass(frozen=True)
class SettleCopy:
    """`note` says what was done, or why the old value may stay there."""

    secret: Name
    copy: Known
    outcome: CopyOutcome
    note: Words = ""
    seen: Digest = ""
    """Digest of the copy as the form showed it; empty from the terminal."""


@stored("account-reader", text="note")
@dataclass(frozen=True)
class AccountReader:
    """`note` says who explains the reads of `principal`, or what was asked in vain."""

    principal: Known
    outcome: ReaderOutcome
    note: Words = ""


AccessCommand = EndCheck | SettleCopy | AccountReader


# What can be asked of consent to kills and proposals.


@stored("kill-now")
@dataclass(frozen=True)
class KillNow:
    """`digest` is that of the plan that was shown, of a kill at once. Whichever it is, its giver wants the old value
    ended; as one of two it counts only where that is today's plan.
    """

    secret: Name
    digest: Digest


@stored("approve-plan")
@dataclass(frozen=True)
class ApprovePlan:
    """`digest` is that of the request that the button was drawn for: another plan is another digest."""

    digest: Digest


@stored("reject-plan", text="reason")
@dataclass(frozen=True)
class RejectPlan:
    digest: Digest
    reason: Words


@stored("break-glass", text="reason")
@dataclass(frozen=True)
class BreakGlass:
    """`shown` maps each secret to the digest of what its end was when that was shown (`end_of`)."""

    shown: Mapping[Name, Digest]
    reason: Words


@stored("review-glass", text="verdict")
@dataclass(frozen=True)
class ReviewGlass:
    """Another person has looked at why the glass was broken: for these secrets, or all that it was broken for. `digest`
    is that of what was shown of it (`glass_digest`).
    """

    verdict: Words
    digest: Digest
    secrets: tuple[Name, ...] = ()


@stored("approve-proposal")
@dataclass(frozen=True)
class ApproveProposal:
    """`digest` is that of the proposal as it was shown."""

    number: Number
    digest: Digest


@stored("reject-proposal", text="reason")
@dataclass(frozen=True)
class RejectProposal:
    number: Number
    reason: Words
    digest: Digest


@stored("withdraw-consent")
@dataclass(frozen=True)
class WithdrawConsent:
    """The worker found that a person on whose word a kill rests may not give it any more."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str


ApprovalFromPeople = KillNow | ApprovePlan | RejectPlan | BreakGlass | ReviewGlass | ApproveProposal | RejectProposal
ApprovalCommand = ApprovalFromPeople | WithdrawConsent


# What can be asked of report, close and reopening.


@stored("request-report")
@dataclass(frozen=True)
class RequestReport:
    pass


@stored("close", text="reason")
@dataclass(frozen=True)
class Close:
    """`accept` names by key what is open and may stay so, `seen` is the digest of all that was shown as open
    (`left_digest`); `reason` says why, and is demanded where anything is.
    """

    reason: Words = ""
    accept: tuple[Known, ...] = ()
    seen: Digest = ""


@stored("reopen", text="reason")
@dataclass(frozen=True)
class Reopen:
    reason: Words


ClosingCommand = RequestReport | Close | Reopen


# What can be asked of the declaration.


@dataclass(frozen=True)
class Wanted:
    """One secret of a declaration: which value leaked, and how the responder wants it ended. `handed` is what a run
    knew that had it.
    """

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool = True
    if_failing: IfFailing = IfFailing.KEEP
    handed: Handed | None = None


@stored("declare")
@dataclass(frozen=True)
class Declare:
    """`incident` is derived from the command's id, so that a redelivered declaration is the same incident."""

    incident: str
    environment: str
    title: str
    notice: str
    public: bool
    playbook: Playbook
    timings: Timings
    secrets: tuple[Wanted, ...]
    detected_at: datetime
    exposed_at: datetime | None = None
    slack_untrusted: bool = False
    obligations: tuple[Obligation, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    leaver: Leaver | None = None


@stored("add-secret")
@dataclass(frozen=True)
class AddSecret:
    wanted: Wanted


DeclarationCommand = Declare | AddSecret


# What can be asked of a departure.


@stored("agree-departure")
@dataclass(frozen=True)
class AgreeDeparture:
    """A second person agrees to the rotations. `digest` is that of what they were shown: other secrets are another."""

    digest: Digest


DepartureCommand = AgreeDeparture


# What is asked of a run that is taken over, and of the incident that took over.


@stored("hand-over-secrets")
@dataclass(frozen=True)
class HandOverSecrets:
    """To a run: these secrets are the incident's from now on. Given in the transaction that declares it."""

    incident: str
    secrets: tuple[str, ...]


@stored("note-late-outcome")
@dataclass(frozen=True)
class NoteLateOutcome:
    """To the incident: an operation of the run that it took over has ended only now."""

    secret: str
    run: str
    op: Op


HandoverCommand = HandOverSecrets | NoteLateOutcome


# What can be asked of the report's words.


@stored("write-narrative", text="summary")
@dataclass(frozen=True)
class WriteNarrative:
    """What is empty, or as it was, stays as it is."""

    summary: Words = ""
    impact: Words = ""
    cause: Words = ""
    lessons: Words = ""


@stored("sign-report")
@dataclass(frozen=True)
class SignReport:
    """`digest` is that of the report that was read: another one is not signed by it."""

    digest: Digest


NarrativeCommand = WriteNarrative | SignReport


# What can be asked of the replacement.


@stored("ask-replacement")
@dataclass(frozen=True)
class AskReplacement:
    secret: Name


@stored("choose-scopes")
@dataclass(frozen=True)
class ChooseScopes:
    secret: Name
    scopes: tuple[Scope, ...]


@stored("announce-submission")
@dataclass(frozen=True)
class AnnounceSubmission:
    """A new value waits in the inbox of this incident and secret, under `token`: 16 hex digits."""

    secret: Name
    token: Token


@stored("use-value", text="reason")
@dataclass(frozen=True)
class UseValue:
    """Puts a new value that waits in its place all the same. `seen`: digest of why it waits, as the form showed it."""

    secret: Name
    reason: Words
    seen: Digest = ""


@stored("refuse-value", text="reason")
@dataclass(frozen=True)
class RefuseValue:
    """Does not use a value that a person brought; another one is awaited."""

    secret: Name
    reason: Words
    seen: Digest = ""


NewValueCommand = AskReplacement | ChooseScopes | AnnounceSubmission | UseValue | RefuseValue


# What can be asked of the obligations.


@stored("record-awareness", text="reason")
@dataclass(frozen=True)
class RecordAwareness:
    """`aware_at`: since when the organisation has known, in UTC. The law's clocks run from there."""

    aware_at: Past
    reason: Words


@stored("record-exposure", text="reason")
@dataclass(frozen=True)
class RecordExposure:
    """`exposed_at`: since when the values could be read by whom they are no business of, in UTC."""

    exposed_at: Past
    reason: Words


@stored("decide-notice", text="reason")
@dataclass(frozen=True)
class DecideNotice:
    """Whether an obligation is owed. `decider` is who has decided, if not whoever records it."""

    obligation: Name
    outcome: NoticeOutcome
    reason: Words
    decider: Person = ""


@stored("record-notice-sent", text="reference")
@dataclass(frozen=True)
class RecordNoticeSent:
    """A person has sent a notice: `reference` names it (a case number, a ticket, a mail's subject). `sent_at` is UTC;
    None: now. `delay` says why, where it was late.
    """

    obligation: Name
    reference: Words
    sent_at: Past | None = None
    delay: Words = ""


ObligationsCommand = RecordAwareness | RecordExposure | DecideNotice | RecordNoticeSent


# What can be asked of the leaked value.


@stored("choose-candidate")
@dataclass(frozen=True)
class ChooseCandidate:
    secret: Name
    key_id: Known


@stored("confirm-revoked")
@dataclass(frozen=True)
class ConfirmRevoked:
    """A person revoked the key in the provider's console; the machine now proves it."""

    secret: Name


@stored("attest-death", text="reason")
@dataclass(frozen=True)
class AttestDeath:
    secret: Name
    reason: Words


OldValueCommand = ChooseCandidate | ConfirmRevoked | AttestDeath


# What can be asked of strategies and overlaps.


@stored("choose-strategy", text="reason")
@dataclass(frozen=True)
class ChooseStrategy:
    """Towards overlap this weakens the response: a second person must agree. `if_failing` says what becomes of the old
    value at its end while a consumer refuses the new one; keeping it where it was to end weakens the response too.
    """

    secret: Name
    strategy: Strategy
    reason: Words
    if_failing: IfFailing = IfFailing.KEEP


@stored("record-abuse", text="text")
@dataclass(frozen=True)
class RecordAbuse:
    """Somebody has been seen using the leaked value. It ends an overlap."""

    secret: Name
    text: Words


@stored("roll-back", text="reason")
@dataclass(frozen=True)
class RollBack:
    """Puts the leaked value, while it lives, back in the new one's place. A retry puts the new one in place again."""

    secret: Name
    reason: Words


OverlapCommand = ChooseStrategy | RecordAbuse | RollBack


# What can be asked of pagers and the channel.


@stored("page-again", text="reason")
@dataclass(frozen=True)
class PageAgain:
    """Wakes on-call by hand. The reason goes into the log, not to the pager."""

    reason: Words


@stored("lose-channel")
@dataclass(frozen=True)
class LoseChannel:
    """Nothing can be posted in `channel` any more; `reason` says what became of it."""

    channel: str
    reason: str


PagingFromPeople = PageAgain
PagingCommand = PageAgain | LoseChannel


# What can be asked of the record.


@stored("add-note", text="text")
@dataclass(frozen=True)
class AddNote:
    text: Words


@stored("record-finding", text="text")
@dataclass(frozen=True)
class RecordFinding:
    """`what`: finding, impact, root-cause, no-abuse or abuse-unknown."""

    what: Name
    text: Words


@stored("redact")
@dataclass(frozen=True)
class Redact:
    """Proposes to take people's words out of events, as the worker has read them from the log: a second person must
    agree.
    """

    cuts: tuple[Cut, ...]
    reason: str


@stored("refuse-text")
@dataclass(frozen=True)
class RefuseText:
    """A person's command, of kind `command`, whose texts hold a secret: only that, and `reason`, is recorded."""

    command: str
    reason: str


@stored("keep-message")
@dataclass(frozen=True)
class KeepMessage:
    """A person wants a message of Slack's in the timeline: the worker has read it there, and masked what looked like a
    secret. `author` is who wrote it at `sent_at`; `channel` and `ts` are where it stands.
    """

    text: str
    author: str
    sent_at: Past
    channel: str
    ts: str


@stored("record-sighting")
@dataclass(frozen=True)
class RecordSighting:
    """A person has shown a message that holds a value of `secret`, as the worker found: which value, and where the
    message stands. Its text is nowhere. Of an alert from outside `ts` is what it is known by here, and `source` and
    `place` say whose it is and where it stands.
    """

    secret: str
    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""


@stored("compare-value")
@dataclass(frozen=True)
class CompareValue:
    """A person has compared the leaked value, at a terminal, with the one of `secret` whose fingerprint is `seen`: it
    is the same, or it is not. Nothing of the leaked one is said.
    """

    secret: Name
    same: bool
    seen: Fingerprint


RecordFromPeople = AddNote | RecordFinding | CompareValue
RecordCommand = RecordFromPeople | Redact | RefuseText | KeepMessage | RecordSighting


# What can be asked of the severity.


@stored("set-severity", text="reason")
@dataclass(frozen=True)
class SetSeverity:
    severity: Severity
    reason: Words


SeverityCommand = SetSeverity


# What can be asked of steps and tasks.


@stored("start-step")
@dataclass(frozen=True)
class StartStep:
    step: Name
    seen: Digest = ""
    """Digest of the step as the button showed it; empty from the terminal."""


@stored("complete-step")
@dataclass(frozen=True)
class CompleteStep:
    step: Name
    seen: Digest = ""


@stored("skip-step", text="reason")
@dataclass(frozen=True)
class SkipStep:
    step: Name
    reason: Words
    seen: Digest = ""


@stored("add-task", text="title")
@dataclass(frozen=True)
class AddTask:
    title: Words
    owner: Person
    due: Due | None = None
    step: Name = "remediate"


@stored("change-task", text="reason")
@dataclass(frozen=True)
class ChangeTask:
    """Gives an open task to somebody else, or another time. Empty, or None: as it was. Only a later time than
    it had needs a reason.
    """

    task: Known
    owner: Person
    due: Due | None
    reason: Words


@stored("finish-task")
@dataclass(frozen=True)
class FinishTask:
    task: Known


@stored("decline-task", text="reason")
@dataclass(frozen=True)
class DeclineTask:
    task: Known
    reason: Words


StepsCommand = StartStep | CompleteStep | SkipStep | AddTask | ChangeTask | FinishTask | DeclineTask


# What can be asked of roles.


@stored("hand-over", text="note")
@dataclass(frozen=True)
class HandOver:
    """Offers a role to `to`, a name of the people file: it changes hands once they accept. `note` may be empty."""

    role: Role
    to: Person
    note: Words = ""


@stored("accept-role")
@dataclass(frozen=True)
class AcceptRole:
    """By the one to whom it was offered."""

    role: Role


@stored("decline-role", text="reason")
@dataclass(frozen=True)
class DeclineRole:
    """By the one to whom it was offered, or by whoever offered it, who then keeps it."""

    role: Role
    reason: Words


@stored("take-role", text="reason")
@dataclass(frozen=True)
class TakeRole:
    """Without being asked: `reason` is needed where somebody else has the role."""

    role: Role
    reason: Words


TeamCommand = HandOver | AcceptRole | DeclineRole | TakeRole


# What can be asked of trust.


@stored("tell-trust")
@dataclass(frozen=True)
class TellTrust:
    """Whom the installation does not trust now, as entry `number` of its chain has it; `words` say who said so.
    `accounts` are theirs, as somebody without an entry in the people file is recorded.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


TrustCommand = TellTrust


# What can be asked of status updates.


@stored("release-update", text="text")
@dataclass(frozen=True)
class ReleaseUpdate:
    """Sends draft `number` to the audience, in these words: those of the draft, or what a person has made of them."""

    audience: Known
    number: Number
    text: Words


@stored("skip-update", text="reason")
@dataclass(frozen=True)
class SkipUpdate:
    """Draft `number` does not go out to the audience, or not to those whom nobody can tell: the reason is kept."""

    audience: Known
    number: Number
    reason: Words


UpdatesCommand = ReleaseUpdate | SkipUpdate


# What can be asked of the lanes.


@stored("retry")
@dataclass(frozen=True)
class Retry:
    """An empty `lane` retries everything that has failed for good."""

    lane: Lane = ALL_LANES


@stored("begin")
@dataclass(frozen=True)
class Begin:
    """Claims a lane. `instead_of` is the number of the claim of a dead worker that this one takes over."""

    work: Work
    worker: str
    instead_of: int | None = None


@stored("finish")
@dataclass(frozen=True)
class Finish:
    """An operation's outcome, under its claim."""

    outcome: Outcome
    lane: Lane


@stored("tick")
@dataclass(frozen=True)
class Tick:
    """A deadline of the incident has come."""


@stored("note-loss")
@dataclass(frozen=True)
class NoteLoss:
    """The log does not hold what it held: as of `RecordsLost`. `losses` is how many of them the worker had read there,
    None where that is not known: of several workers that notice one loss, one says it.
    """

    head: str = ""
    backup_at: datetime | None = None
    losses: int | None = None


WorkCommand = Retry | Begin | Finish | Tick | NoteLoss


Command = (
    DeclarationCommand
    | OldValueCommand
    | NewValueCommand
    | OverlapCommand
    | ApprovalCommand
    | AccessCommand
    | StepsCommand
    | TeamCommand
    | UpdatesCommand
    | PagingCommand
    | RecordCommand
    | ObligationsCommand
    | SeverityCommand
    | ClosingCommand
    | NarrativeCommand
    | TrustCommand
    | DepartureCommand
    | HandoverCommand
    | WorkCommand
)

FromPeople = (
    OldValueCommand
    | NewValueCommand
    | OverlapCommand
    | ApprovalFromPeople
    | AccessCommand
    | StepsCommand
    | TeamCommand
    | UpdatesCommand
    | RecordFromPeople
    | PagingFromPeople
    | ObligationsCommand
    | SeverityCommand
    | ClosingCommand
    | NarrativeCommand
    | DepartureCommand
    | Retry
)
"""Those that people give as they are. What they ask for with words of their own, such as a declaration, the worker
completes first: see `bot.inbox.wire`.
"""

NAMES: Mapping[str, type] = by_name(Command)
"""By the names by which the inbox, proofs and the log know them."""


def name_of(command: Command | type) -> str:
    """The stored name of a command: ``kill-now``."""
    return stored_name(command if isinstance(command, type) else type(command))


@dataclass(frozen=True)
class Envelope:
    """A command with who gave it, when (UTC), and the id by which a repeat is known."""

    command_id: str
    at: datetime
    actor: Actor
    body: Command
