"""What can have happened: a closed list of facts in the past tense.

Each is stored as its kind (`kind_of`) and canonical JSON of its fields, with who and when beside it. `v` is the version
of the kind's own shape. Events of the machine that end an operation carry the number of its claim.

`rights` are those that the person had when they spoke, where their word counts as consent to a kill: an event without
them, as older logs have it, consents to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import (
    Accepted,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    IfFailing,
    KeyRef,
    LeftoverRecord,
    New,
    OwnerRecord,
    Playbook,
    Probe,
    ReaderOutcome,
    ReadRecord,
    Right,
    SecretEntry,
    SnapshotRecord,
    Strategy,
    Target,
    Timings,
)
from bot.incident.operations import Claim, Op

# --- what people did ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IncidentDeclared:
    """`notice` is how it was noticed, in people's words; `public` that the value can be read by strangers;
    `slack_untrusted` that Slack is to learn nothing of it.
    """

    incident: str
    environment: str
    title: str
    notice: str
    public: bool
    playbook: Playbook
    timings: Timings
    detected_at: datetime
    exposed_at: datetime | None = None
    slack_untrusted: bool = False
    v: int = 1


@dataclass(frozen=True)
class SecretAdded:
    """`replace` False: an older version leaked, and the current value is left alone unless somebody asks for it."""

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool
    rights: tuple[Right, ...] = ()
    if_failing: IfFailing = IfFailing.KEEP
    v: int = 1


@dataclass(frozen=True)
class StrategyChosen:
    """Where it had to be proposed, `proposer` made the plan and the actor consents to it: to `plan`, until `until`."""

    secret: str
    strategy: Strategy
    reason: str
    rights: tuple[Right, ...] = ()
    proposer: str = ""
    proposer_rights: tuple[Right, ...] = ()
    plan: str = ""
    until: datetime | None = None
    if_failing: IfFailing = IfFailing.KEEP
    v: int = 1


@dataclass(frozen=True)
class ReplacementAsked:
    """An older version leaked; somebody wants the current one replaced all the same."""

    secret: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class KillRequested:
    """`slot`: it takes one of the kills that one responder each may decide in this environment. `plan` is the digest of
    the plan that it consents to.
    """

    secret: str
    slot: bool = False
    plan: str = ""
    rights: tuple[Right, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class GlassBroken:
    """A kill without the second person: never more than kills."""

    secrets: tuple[str, ...]
    reason: str
    v: int = 1


@dataclass(frozen=True)
class GlassReviewed:
    """Another person has looked at why the glass was broken for these."""

    secrets: tuple[str, ...]
    verdict: str
    v: int = 1


@dataclass(frozen=True)
class GlassOffered:
    """Nobody has answered the request for approval of these for so long that breaking the glass is offered."""

    secrets: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class GlassReviewReminded:
    """A day has passed, and nobody has reviewed why the glass was broken for these."""

    secrets: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class PersonAwaited:
    """These leaked values are alive, and nothing ends them unless a person acts: people were reminded."""

    secrets: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class ApprovalRequested:
    """`plans` maps each secret to the digest of its plan; the request lapses at `until`."""

    plans: Mapping[str, str]
    until: datetime
    v: int = 1


@dataclass(frozen=True)
class PlanApproved:
    plans: Mapping[str, str]
    until: datetime
    rights: tuple[Right, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class PlanRejected:
    plans: Mapping[str, str]
    reason: str
    v: int = 1


@dataclass(frozen=True)
class ApprovalExpired:
    plans: Mapping[str, str]
    v: int = 1


@dataclass(frozen=True)
class ConsentWithdrawn:
    """Just before the kill, a person on whose word it rested had no right to give it any more: it was not done."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class TrustChanged:
    """Whom the installation does not trust from here on: `people` by name, and whether `slack` is trusted. Consents
    of theirs to kills that have not been made are void. `number` and `digest` name the entry of the chain that says so.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class ProposalMade:
    """Something that needs a second person besides a kill: `what` is ``strategy``, ``closure`` or ``redaction``, of the
    events that `cuts` name. `items` are the keys of all that a closure is to be over.
    """

    number: int
    what: str
    subject: str
    reason: str
    until: datetime
    rights: tuple[Right, ...] = ()
    if_failing: IfFailing = IfFailing.KEEP
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class ProposalApproved:
    number: int
    v: int = 1


@dataclass(frozen=True)
class ProposalRejected:
    number: int
    reason: str
    v: int = 1


@dataclass(frozen=True)
class StepStarted:
    step: str
    v: int = 1


@dataclass(frozen=True)
class StepDone:
    step: str
    v: int = 1


@dataclass(frozen=True)
class StepSkipped:
    step: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class NoteAdded:
    text: str
    v: int = 1


@dataclass(frozen=True)
class FindingRecorded:
    """`what` is ``finding``, ``impact``, ``root-cause`` or ``notification`` (the decision on telling those whose data
    it was).
    """

    what: str
    text: str
    v: int = 1


@dataclass(frozen=True)
class TaskAdded:
    task: str
    title: str
    owner: str
    due: datetime | None = None
    step: str = ""
    v: int = 1


@dataclass(frozen=True)
class TaskDone:
    task: str
    v: int = 1


@dataclass(frozen=True)
class TaskDeclined:
    task: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class DeathAttested:
    secret: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class CandidateChosen:
    """Which of several keys at the provider the leaked value is."""

    secret: str
    key_id: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class ScopesChosen:
    secret: str
    scopes: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class RevokedByPerson:
    secret: str
    v: int = 1


@dataclass(frozen=True)
class CheckEnded:
    """Somebody looked for what may outlive the key: nothing was there, or it has been removed."""

    secret: str
    item: str
    outcome: CheckOutcome
    note: str = ""
    v: int = 1


@dataclass(frozen=True)
class CopySettled:
    """Somebody has updated or purged a copy of the secret, or accepts that the old value stays in it."""

    secret: str
    copy: str
    outcome: CopyOutcome
    note: str = ""
    v: int = 1


@dataclass(frozen=True)
class ReaderAccounted:
    """Somebody says whose reads of the leaked values those of `principal` were, or that nobody can."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""
    v: int = 1


@dataclass(frozen=True)
class SubmissionAnnounced:
    """A person has put a new value into the inbox parameter; the worker takes it from there."""

    secret: str
    inbox: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class FailingExcused:
    """These consumers refuse the new value, and were not well before it either: it is not to blame."""

    secret: str
    consumers: tuple[str, ...]
    reason: str
    v: int = 1


@dataclass(frozen=True)
class ValueAllowed:
    """A new value that waited is put to use: `account` although it may be another account's, `readers` although
    these may read it there: leaked AWS keys by the names of their secrets, unexplained principals by their ARNs.
    """

    secret: str
    fingerprint: str
    reason: str
    account: bool
    readers: tuple[str, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class ValueRefused:
    """A person will not have this value put to use, which another person brought."""

    secret: str
    fingerprint: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class AbuseRecorded:
    """Somebody has been seen using the leaked value: it is not kept alive for anybody's sake any more."""

    secret: str
    text: str
    v: int = 1


@dataclass(frozen=True)
class RollBackRequested:
    """The leaked value, which still lives, is to be put back in the new one's place."""

    secret: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class RollBackExtended:
    """Two people let the leaked value serve until then: whoever proposed it, and the actor."""

    secret: str
    until: datetime
    proposer: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class PromotionAsked:
    """The new value that was rolled back is to be put in place again."""

    secret: str
    v: int = 1


@dataclass(frozen=True)
class AnotherAsked:
    """In place of the new value that was rolled back another one is to be made."""

    secret: str
    v: int = 1


@dataclass(frozen=True)
class OperationRetried:
    lane: str
    v: int = 1


@dataclass(frozen=True)
class ReportRequested:
    v: int = 1


@dataclass(frozen=True)
class IncidentClosed:
    """`accepted` names secrets whose old value is not gone or whose new one is not in place; `items` is everything that
    was open and accepted by name, those among it; `reason` says why.
    """

    accepted: tuple[str, ...] = ()
    reason: str = ""
    items: tuple[Accepted, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class IncidentReopened:
    reason: str
    v: int = 1


@dataclass(frozen=True)
class LogSealed:
    """Somebody vouched for what was written up to `head` before logs were sealed. Consents given until then count for
    nothing: who is needed is asked anew.
    """

    head: str
    v: int = 1


@dataclass(frozen=True)
class Redacted:
    """Two people have taken people's words out of an event: `cut` stands in its place from here on. The event's own
    data and salt are gone from the log.
    """

    cut: Cut
    reason: str
    proposer: str
    v: int = 1


@dataclass(frozen=True)
class CommandProven:
    """Follows what came of a command whose proof can be checked again later (``ssh``, with its signature), or that had
    none (``at-worker``, ``none``): the rest of what was signed stands in `statement`. Of ``slack`` it says only that
    Slack's front has vouched for it: should that not be trusted any more, consent given there is void.
    """

    proof: str
    statement: Mapping[str, str]
    signature: str = ""
    v: int = 1


@dataclass(frozen=True)
class CommandRefused:
    """`reason` is a sentence for the person who asked: what was not done, why, who was there first."""

    command: str
    reason: str
    v: int = 1


# --- what the machine did -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OperationStarted:
    claim: Claim
    v: int = 1


@dataclass(frozen=True)
class OperationFailed:
    """`retry_at` None: failed for good, a person presses retry."""

    claim: int
    op: Op
    error: str
    message: str
    retry_at: datetime | None
    v: int = 1


@dataclass(frozen=True)
class OperationYielded:
    """Handed back unfinished and without blame: the worker was asked to stop, or has to wait for something."""

    claim: int
    op: Op
    retry_at: datetime
    v: int = 1


@dataclass(frozen=True)
class ClaimLost:
    """The worker that held the claim is gone; its call may still act."""

    claim: int
    op: Op
    lane: str
    v: int = 1


@dataclass(frozen=True)
class OutcomeRefused:
    """An outcome came after its claim had been lost. What it may have made is swept up."""

    claim: int
    op: Op
    lane: str
    v: int = 1


@dataclass(frozen=True)
class ChannelOpened:
    claim: int
    channel: str
    url: str
    v: int = 1


@dataclass(frozen=True)
class ChannelLost:
    """The incident's channel takes nothing any more; `reason` says what became of it. Another one is opened."""

    channel: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class PageSent:
    """`action`: trigger, note, acknowledge or resolve; ask and answered, of the alert that asks for an approval; none,
    where no fallback is set up; look, for whoever has acknowledged it there (`by`, empty: nobody yet), cannot-tell
    where the pager does not say. `milestone` counts the notes sent so far.
    """

    claim: int
    action: str
    milestone: int = 0
    fallback: bool = False
    by: str = ""
    v: int = 1


@dataclass(frozen=True)
class PageUnanswered:
    """Some minutes after the page, nobody but whoever raised the incident has done anything, and the pager names nobody
    who has acknowledged it.
    """

    v: int = 1


@dataclass(frozen=True)
class OldCaptured:
    """The leaked value is pinned: `versions` are the parameters' versions that hold it, `staged` where it was put if it
    stands in no history; `candidates` the keys at the provider it can be, none where the provider cannot say.
    """

    claim: int
    secret: str
    fingerprint: str
    versions: Mapping[str, int]
    staged: str | None
    current: bool
    candidates: tuple[KeyRef, ...]
    exposed_since: datetime | None = None
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    v: int = 1


@dataclass(frozen=True)
class SnapshotTaken:
    """`missing` says what could not be read; `probe` is the look at the old value that may serve as baseline."""

    claim: int
    secret: str
    snapshot: SnapshotRecord
    missing: str
    probe: Probe
    v: int = 1


@dataclass(frozen=True)
class LastUseRead:
    """When the provider says that the old key was last used, asked before a kill; None: it did not say. `missing` is
    why it could not be asked.
    """

    claim: int
    secret: str
    used_at: datetime | None
    missing: str = ""
    v: int = 1


@dataclass(frozen=True)
class ScopesRead:
    claim: int
    secret: str
    snapshot: SnapshotRecord
    v: int = 1


@dataclass(frozen=True)
class OrphansFound:
    """Keys that nothing recorded. From now on they are doomed: never adopted, ended next."""

    claim: int
    secret: str
    keys: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class OrphanEnded:
    claim: int
    secret: str
    key: str
    v: int = 1


@dataclass(frozen=True)
class ValueStaged:
    """A new value stands at `staged`. `name` is the key's name at the provider; `source` issue, install or person."""

    claim: int
    secret: str
    name: str
    key_id: str
    fingerprint: str
    staged: str
    source: str
    by: str = ""
    v: int = 1


@dataclass(frozen=True)
class ValueRejected:
    """The staged value cannot be used (another account, equal to the old one, not accepted): another is awaited."""

    claim: int
    secret: str
    reason: str
    v: int = 1


@dataclass(frozen=True)
class ValueVerified:
    """`unwell` are the consumers whose health URL refused while the old value was still what they read; `untold` is the
    old value's account where that of the new one, which a person brought, could not be told.
    """

    claim: int
    secret: str
    detail: str
    unwell: tuple[str, ...] = ()
    untold: str = ""
    v: int = 1


@dataclass(frozen=True)
class ValuePromoted:
    """`versions` maps each parameter to the version that now holds the new value."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@dataclass(frozen=True)
class RolledBack:
    """`versions` maps each parameter to the version that holds the leaked value again."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@dataclass(frozen=True)
class RollBackRefused:
    """The old value does not answer any more: it was not put back, and the new one is put in place again."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@dataclass(frozen=True)
class FunctionRefreshed:
    claim: int
    function: str
    versions: Mapping[str, int]
    complete: bool
    detail: str
    v: int = 1


@dataclass(frozen=True)
class ValueLive:
    """The new value is what consumers read, it is accepted, and none of them refuses it; `confirmed` False where one
    could not be asked.
    """

    claim: int
    secret: str
    confirmed: bool
    detail: str
    v: int = 1


@dataclass(frozen=True)
class ConsumersAsked:
    """The consumers of a value that is in place were asked again, and none refuses it. `asks`: how often since they
    were last recorded; all but the last of them said what was recorded then.
    """

    claim: int
    secret: str
    confirmed: bool
    detail: str
    asks: int = 1
    v: int = 1


@dataclass(frozen=True)
class ConsumersFailing:
    """The new value is what consumers read and it is accepted, but these refuse it by their own health: it is not
    live.
    """

    claim: int
    secret: str
    consumers: tuple[str, ...]
    detail: str
    asks: int = 1
    """As in `ConsumersAsked`."""
    v: int = 1


@dataclass(frozen=True)
class AccessRevoked:
    """The provider said that it revoked the key. That proves nothing yet."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@dataclass(frozen=True)
class RevocationNeedsOwner:
    """The provider does not end the key by itself: nothing was revoked, and another plan is needed."""

    claim: int
    secret: str
    owner: OwnerRecord
    v: int = 1


@dataclass(frozen=True)
class OldProbed:
    claim: int
    secret: str
    probe: Probe
    control: Probe | None = None
    bystanders: tuple[Probe, ...] = ()
    standing: tuple[str, ...] = ()
    """After the close: parameters whose current version is the old value."""
    v: int = 1


@dataclass(frozen=True)
class OldWatched:
    """`looks` more looks at the old value, from `since` to `until`, saw what the recorded one before them saw; `probe`
    and `control` are the last one's.
    """

    secret: str
    looks: int
    since: datetime
    until: datetime
    probe: Probe
    control: Probe | None = None
    v: int = 1


@dataclass(frozen=True)
class SiblingsSeen:
    """Other secrets of the same provider, before the revocation (`after` False) or after it: none may die with it."""

    claim: int
    secret: str
    after: bool
    probes: tuple[Probe, ...]
    v: int = 1


@dataclass(frozen=True)
class OldProvenDead:
    """Follows the probe that completed the proof. `contained_at` is the first refusal of its run."""

    secret: str
    contained_at: datetime
    v: int = 1


@dataclass(frozen=True)
class OldValueReappeared:
    """After the close, the old value is the current version of these parameters again: a backup or an old deployment
    has brought it back.
    """

    secret: str
    parameters: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class ContainmentOverdue:
    """The provider said revoked, and the value still is not proven dead after `retry_for`."""

    secret: str
    v: int = 1


@dataclass(frozen=True)
class OwnCredentialConcerned:
    """Follows the capture: the leaked value is one that the bot itself works with. `settings` name where."""

    secret: str
    settings: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class OverlapHeld:
    """The time of an overlap is over, and the old value lives on: nobody has settled these copies."""

    secret: str
    copies: tuple[str, ...]
    v: int = 1


@dataclass(frozen=True)
class WaitingEscalated:
    """The leaked value is kept alive, and nobody has decided what becomes of it: people are woken for the `number`-th
    time. `state` is that of the new value: failing or rolled-back.
    """

    secret: str
    state: New
    number: int
    v: int = 1


@dataclass(frozen=True)
class NotificationReminded:
    """Nobody has recorded the decision on notification, `due` soon; `over`: the time has run out."""

    due: datetime
    over: bool
    v: int = 1


@dataclass(frozen=True)
class Swept:
    claim: int
    secret: str
    v: int = 1


@dataclass(frozen=True)
class Unstaged:
    """`old` tells whether the staged old value was deleted, or the staged new ones."""

    claim: int
    secret: str
    old: bool
    v: int = 1


@dataclass(frozen=True)
class UsageRead:
    claim: int
    secret: str
    source: str
    since: datetime
    until: datetime
    reads: tuple[ReadRecord, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    v: int = 1


@dataclass(frozen=True)
class AccessInspected:
    """What of the checklist the machine could read: `items` were looked at, `found` is newer than `since`. Of each item
    not more than a few are kept; `cut` counts those left out.
    """

    claim: int
    secret: str
    since: datetime
    items: tuple[str, ...]
    found: tuple[LeftoverRecord, ...]
    cut: int = 0
    v: int = 1


@dataclass(frozen=True)
class OldDeleted:
    """What the revocation had only switched off is gone for good: nobody needs it as evidence any more."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@dataclass(frozen=True)
class ReportWritten:
    """`head` is the `seq:digest` of the log that the report was written from; `digest` the file's SHA-256. `withheld`
    counts the lines that were left out because a secret stood in them.
    """

    claim: int
    path: str
    digest: str
    head: str
    covers: int
    withheld: int = 0
    v: int = 1


@dataclass(frozen=True)
class DecisionRecorded:
    claim: int
    path: str
    withheld: int = 0
    v: int = 1


PersonEvent = (
    IncidentDeclared
    | SecretAdded
    | StrategyChosen
    | ReplacementAsked
    | KillRequested
    | GlassBroken
    | GlassReviewed
    | ApprovalRequested
    | PlanApproved
    | PlanRejected
    | ApprovalExpired
    | ProposalMade
    | ProposalApproved
    | ProposalRejected
    | StepStarted
    | StepDone
    | StepSkipped
    | NoteAdded
    | FindingRecorded
    | TaskAdded
    | TaskDone
    | TaskDeclined
    | DeathAttested
    | CandidateChosen
    | ScopesChosen
    | RevokedByPerson
    | CheckEnded
    | CopySettled
    | ReaderAccounted
    | SubmissionAnnounced
    | FailingExcused
    | ValueAllowed
    | ValueRefused
    | AbuseRecorded
    | RollBackRequested
    | RollBackExtended
    | PromotionAsked
    | AnotherAsked
    | OperationRetried
    | ReportRequested
    | IncidentClosed
    | IncidentReopened
    | LogSealed
    | Redacted
    | CommandProven
    | CommandRefused
)
Outcome = (
    OperationFailed
    | OperationYielded
    | ChannelOpened
    | PageSent
    | OldCaptured
    | SnapshotTaken
    | LastUseRead
    | ScopesRead
    | OrphansFound
    | OrphanEnded
    | ValueStaged
    | ValueRejected
    | ValueVerified
    | ValuePromoted
    | RolledBack
    | RollBackRefused
    | FunctionRefreshed
    | ValueLive
    | ConsumersAsked
    | ConsumersFailing
    | AccessRevoked
    | RevocationNeedsOwner
    | OldProbed
    | Swept
    | Unstaged
    | UsageRead
    | AccessInspected
    | OldDeleted
    | SiblingsSeen
    | ReportWritten
    | DecisionRecorded
)
MachineEvent = (
    OperationStarted
    | ClaimLost
    | OutcomeRefused
    | ChannelLost
    | OldWatched
    | OldProvenDead
    | OldValueReappeared
    | ContainmentOverdue
    | OwnCredentialConcerned
    | OverlapHeld
    | WaitingEscalated
    | PageUnanswered
    | NotificationReminded
    | GlassOffered
    | GlassReviewReminded
    | PersonAwaited
    | ConsentWithdrawn
    | TrustChanged
    | Outcome
)
Event = PersonEvent | MachineEvent


def _members(union: object) -> tuple[type, ...]:
    return tuple(union.__args__)  # type: ignore[attr-defined]


OUTCOMES: tuple[type, ...] = _members(Outcome)


KINDS: Mapping[str, type] = {
    "incident-declared": IncidentDeclared,
    "secret-added": SecretAdded,
    "strategy-chosen": StrategyChosen,
    "replacement-asked": ReplacementAsked,
    "kill-requested": KillRequested,
    "glass-broken": GlassBroken,
    "glass-reviewed": GlassReviewed,
    "approval-requested": ApprovalRequested,
    "plan-approved": PlanApproved,
    "plan-rejected": PlanRejected,
    "approval-expired": ApprovalExpired,
    "proposal-made": ProposalMade,
    "proposal-approved": ProposalApproved,
    "proposal-rejected": ProposalRejected,
    "step-started": StepStarted,
    "step-done": StepDone,
    "step-skipped": StepSkipped,
    "note-added": NoteAdded,
    "finding-recorded": FindingRecorded,
    "task-added": TaskAdded,
    "task-done": TaskDone,
    "task-declined": TaskDeclined,
    "death-attested": DeathAttested,
    "candidate-chosen": CandidateChosen,
    "scopes-chosen": ScopesChosen,
    "revoked-by-person": RevokedByPerson,
    "check-ended": CheckEnded,
    "submission-announced": SubmissionAnnounced,
    "operation-retried": OperationRetried,
    "report-requested": ReportRequested,
    "incident-closed": IncidentClosed,
    "incident-reopened": IncidentReopened,
    "log-sealed": LogSealed,
    "redacted": Redacted,
    "command-proven": CommandProven,
    "command-refused": CommandRefused,
    "operation-started": OperationStarted,
    "claim-lost": ClaimLost,
    "outcome-refused": OutcomeRefused,
    "channel-lost": ChannelLost,
    "old-proven-dead": OldProvenDead,
    "old-value-reappeared": OldValueReappeared,
    "containment-overdue": ContainmentOverdue,
    "own-credential-concerned": OwnCredentialConcerned,
    "notification-reminded": NotificationReminded,
    "glass-offered": GlassOffered,
    "glass-review-reminded": GlassReviewReminded,
    "person-awaited": PersonAwaited,
    "consent-withdrawn": ConsentWithdrawn,
    "trust-changed": TrustChanged,
    "operation-failed": OperationFailed,
    "operation-yielded": OperationYielded,
    "channel-opened": ChannelOpened,
    "page-sent": PageSent,
    "page-unanswered": PageUnanswered,
    "old-captured": OldCaptured,
    "snapshot-taken": SnapshotTaken,
    "scopes-read": ScopesRead,
    "orphans-found": OrphansFound,
    "orphan-ended": OrphanEnded,
    "value-staged": ValueStaged,
    "value-rejected": ValueRejected,
    "value-verified": ValueVerified,
    "value-promoted": ValuePromoted,
    "function-refreshed": FunctionRefreshed,
    "value-live": ValueLive,
    "consumers-asked": ConsumersAsked,
    "access-revoked": AccessRevoked,
    "revocation-needs-owner": RevocationNeedsOwner,
    "old-probed": OldProbed,
    "old-watched": OldWatched,
    "swept": Swept,
    "unstaged": Unstaged,
    "usage-read": UsageRead,
    "access-inspected": AccessInspected,
    "old-deleted": OldDeleted,
    "siblings-seen": SiblingsSeen,
    "report-written": ReportWritten,
    "failing-excused": FailingExcused,
    "abuse-recorded": AbuseRecorded,
    "another-asked": AnotherAsked,
    "promotion-asked": PromotionAsked,
    "roll-back-extended": RollBackExtended,
    "roll-back-refused": RollBackRefused,
    "roll-back-requested": RollBackRequested,
    "rolled-back": RolledBack,
    "waiting-escalated": WaitingEscalated,
    "value-allowed": ValueAllowed,
    "value-refused": ValueRefused,
    "consumers-failing": ConsumersFailing,
    "copy-settled": CopySettled,
    "last-use-read": LastUseRead,
    "reader-accounted": ReaderAccounted,
    "overlap-held": OverlapHeld,
    "decision-recorded": DecisionRecorded,
}
"""The names under which logs hold these kinds: a class may be renamed, a name stays for ever. A kind that is given up
keeps its name here, or in `bot.incident.upcasting`.
"""
_NAMES = {member: kind for kind, member in KINDS.items()}


def kind_of(event: Event | type) -> str:
    """The stored name of an event's kind: ``incident-declared``."""
    return _NAMES[event if isinstance(event, type) else type(event)]


@dataclass(frozen=True)
class Recorded:
    """An event as it stands in the log: its place, its time (UTC) and who did it (a person's name, or ``bot``)."""

    seq: int
    at: datetime
    actor: str
    event: Event
    command_id: str | None = field(default=None, compare=False)
