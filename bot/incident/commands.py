"""What can be asked of an incident. `decide` turns each into events, or into a `CommandRefused` that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.events import Outcome
from bot.incident.model import (
    Actor,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    IfFailing,
    Playbook,
    Probe,
    ReaderOutcome,
    SecretEntry,
    Strategy,
    Target,
    Timings,
)
from bot.incident.operations import Work


@dataclass(frozen=True)
class Wanted:
    """One secret of a declaration: which value leaked, and how the responder wants it ended."""

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool = True
    if_failing: IfFailing = IfFailing.KEEP


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


@dataclass(frozen=True)
class AddSecret:
    wanted: Wanted


@dataclass(frozen=True)
class ChooseStrategy:
    """Towards overlap this weakens the response: a second person must agree. `if_failing` says what becomes of the old
    value at its end while a consumer refuses the new one; keeping it where it was to end weakens the response too.
    """

    secret: str
    strategy: Strategy
    reason: str
    if_failing: IfFailing = IfFailing.KEEP


@dataclass(frozen=True)
class AskReplacement:
    secret: str


@dataclass(frozen=True)
class KillNow:
    secret: str


@dataclass(frozen=True)
class BreakGlass:
    secrets: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ReviewGlass:
    """Another person has looked at why the glass was broken: for these secrets, or all that it was broken for."""

    verdict: str
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovePlan:
    """`digest` is that of the request that the button was drawn for: another plan is another digest."""

    digest: str


@dataclass(frozen=True)
class RejectPlan:
    digest: str
    reason: str


@dataclass(frozen=True)
class ApproveProposal:
    """`digest` is that of the proposal as it was shown."""

    number: int
    digest: str


@dataclass(frozen=True)
class RejectProposal:
    number: int
    reason: str
    digest: str


@dataclass(frozen=True)
class StartStep:
    step: str
    seen: str = ""
    """Digest of the step as the button showed it; empty from the terminal."""


@dataclass(frozen=True)
class CompleteStep:
    step: str
    seen: str = ""


@dataclass(frozen=True)
class SkipStep:
    step: str
    reason: str
    seen: str = ""


@dataclass(frozen=True)
class AddNote:
    text: str


@dataclass(frozen=True)
class RecordFinding:
    """`what`: finding, impact, root-cause or notification."""

    what: str
    text: str


@dataclass(frozen=True)
class AddTask:
    title: str
    owner: str
    due: datetime | None = None
    step: str = "remediate"


@dataclass(frozen=True)
class FinishTask:
    task: str


@dataclass(frozen=True)
class DeclineTask:
    task: str
    reason: str


@dataclass(frozen=True)
class AttestDeath:
    secret: str
    reason: str


@dataclass(frozen=True)
class ChooseCandidate:
    secret: str
    key_id: str


@dataclass(frozen=True)
class ChooseScopes:
    secret: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class ConfirmRevoked:
    """A person revoked the key in the provider's console; the machine now proves it."""

    secret: str


@dataclass(frozen=True)
class EndCheck:
    """`note` says what was removed, or why what the machine found belongs there."""

    secret: str
    item: str
    outcome: CheckOutcome
    note: str = ""
    seen: str = ""
    """Digest of the item as the form showed it; empty from the terminal."""


@dataclass(frozen=True)
class SettleCopy:
    """`note` says what was done, or why the old value may stay there."""

    secret: str
    copy: str
    outcome: CopyOutcome
    note: str = ""
    seen: str = ""
    """Digest of the copy as the form showed it; empty from the terminal."""


@dataclass(frozen=True)
class AccountReader:
    """`note` says who explains the reads of `principal`, or what was asked in vain."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""


@dataclass(frozen=True)
class AnnounceSubmission:
    secret: str
    inbox: str


@dataclass(frozen=True)
class ExcuseFailing:
    """The consumers that refuse the new value were not well before it either: it is not held against it."""

    secret: str
    reason: str


@dataclass(frozen=True)
class UseValue:
    """Puts a new value that waits in its place all the same. `seen`: digest of why it waits, as the form showed it."""

    secret: str
    reason: str
    seen: str = ""


@dataclass(frozen=True)
class RefuseValue:
    """Does not use a value that a person brought; another one is awaited."""

    secret: str
    reason: str
    seen: str = ""


@dataclass(frozen=True)
class RecordAbuse:
    """Somebody has been seen using the leaked value. It ends an overlap."""

    secret: str
    text: str


@dataclass(frozen=True)
class RollBack:
    """Puts the leaked value, while it lives, back in the new one's place."""

    secret: str
    reason: str


@dataclass(frozen=True)
class ExtendRollBack:
    """Lets the leaked value serve for longer: a second person must agree."""

    secret: str
    reason: str


@dataclass(frozen=True)
class PromoteAgain:
    secret: str


@dataclass(frozen=True)
class MakeAnother:
    """In place of a new value that was rolled back."""

    secret: str


@dataclass(frozen=True)
class Retry:
    """An empty `lane` retries everything that has failed for good."""

    lane: str = ""


@dataclass(frozen=True)
class RequestReport:
    pass


@dataclass(frozen=True)
class Close:
    """`accept` names by key what is open and may stay so; `reason` says why, and is demanded where anything is."""

    reason: str = ""
    accept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reopen:
    reason: str


@dataclass(frozen=True)
class Redact:
    """Proposes to take people's words out of events, as the worker has read them from the log: a second person must
    agree.
    """

    cuts: tuple[Cut, ...]
    reason: str


@dataclass(frozen=True)
class SealLog:
    """Vouches for a log that was written before logs were sealed, up to `head` (``SEQ:DIGEST``)."""

    head: str


# --- the worker's ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RefuseText:
    """A person's command, of kind `command`, whose texts hold a secret: only that, and `reason`, is recorded."""

    command: str
    reason: str


@dataclass(frozen=True)
class Begin:
    """Claims a lane. `instead_of` is the number of the claim of a dead worker that this one takes over."""

    work: Work
    worker: str
    instead_of: int | None = None


@dataclass(frozen=True)
class Finish:
    """An operation's outcome, under its claim."""

    outcome: Outcome
    lane: str


@dataclass(frozen=True)
class WithdrawConsent:
    """The worker found that a person on whose word a kill rests may not give it any more."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str


@dataclass(frozen=True)
class TellTrust:
    """Whom the installation does not trust now, as entry `number` of its chain has it; `words` say who said so."""

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountLooks:
    """Looks at a leaked value that said nothing new, as `old_value.looks.Tally` counts them."""

    secret: str
    base: int
    looks: int
    since: datetime
    until: datetime
    probe: Probe
    control: Probe | None = None


@dataclass(frozen=True)
class LoseChannel:
    """Nothing can be posted in `channel` any more; `reason` says what became of it."""

    channel: str
    reason: str


@dataclass(frozen=True)
class Tick:
    """A deadline of the incident has come."""


Command = (
    Declare
    | AddSecret
    | ChooseStrategy
    | AskReplacement
    | KillNow
    | BreakGlass
    | ReviewGlass
    | ApprovePlan
    | RejectPlan
    | ApproveProposal
    | RejectProposal
    | StartStep
    | CompleteStep
    | SkipStep
    | AddNote
    | RecordFinding
    | AddTask
    | FinishTask
    | DeclineTask
    | AttestDeath
    | ChooseCandidate
    | ChooseScopes
    | ConfirmRevoked
    | EndCheck
    | SettleCopy
    | AccountReader
    | AnnounceSubmission
    | ExcuseFailing
    | UseValue
    | RefuseValue
    | RecordAbuse
    | RollBack
    | ExtendRollBack
    | PromoteAgain
    | MakeAnother
    | Retry
    | RequestReport
    | Close
    | Reopen
    | SealLog
    | Redact
    | RefuseText
    | Begin
    | Finish
    | WithdrawConsent
    | TellTrust
    | CountLooks
    | LoseChannel
    | Tick
)


NAMES: Mapping[str, type] = {
    "declare": Declare,
    "add-secret": AddSecret,
    "choose-strategy": ChooseStrategy,
    "ask-replacement": AskReplacement,
    "kill-now": KillNow,
    "break-glass": BreakGlass,
    "review-glass": ReviewGlass,
    "approve-plan": ApprovePlan,
    "reject-plan": RejectPlan,
    "approve-proposal": ApproveProposal,
    "reject-proposal": RejectProposal,
    "start-step": StartStep,
    "complete-step": CompleteStep,
    "skip-step": SkipStep,
    "add-note": AddNote,
    "record-finding": RecordFinding,
    "add-task": AddTask,
    "finish-task": FinishTask,
    "decline-task": DeclineTask,
    "attest-death": AttestDeath,
    "choose-candidate": ChooseCandidate,
    "choose-scopes": ChooseScopes,
    "confirm-revoked": ConfirmRevoked,
    "end-check": EndCheck,
    "settle-copy": SettleCopy,
    "account-reader": AccountReader,
    "announce-submission": AnnounceSubmission,
    "retry": Retry,
    "request-report": RequestReport,
    "close": Close,
    "reopen": Reopen,
    "seal-log": SealLog,
    "begin": Begin,
    "finish": Finish,
    "withdraw-consent": WithdrawConsent,
    "tell-trust": TellTrust,
    "lose-channel": LoseChannel,
    "count-looks": CountLooks,
    "excuse-failing": ExcuseFailing,
    "record-abuse": RecordAbuse,
    "roll-back": RollBack,
    "extend-roll-back": ExtendRollBack,
    "promote-again": PromoteAgain,
    "make-another": MakeAnother,
    "use-value": UseValue,
    "refuse-value": RefuseValue,
    "redact": Redact,
    "refuse-text": RefuseText,
    "tick": Tick,
}
"""The names by which the inbox, proofs and the log know these commands: a class may be renamed, a name stays."""
_BY_TYPE = {kind: name for name, kind in NAMES.items()}


def name_of(command: Command | type) -> str:
    """The stored name of a command: ``kill-now``."""
    return _BY_TYPE[command if isinstance(command, type) else type(command)]


@dataclass(frozen=True)
class Envelope:
    """A command with who gave it, when (UTC), and the id by which a repeat is known."""

    command_id: str
    at: datetime
    actor: Actor
    body: Command
