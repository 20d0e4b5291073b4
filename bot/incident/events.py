"""What can have happened: a closed list of facts in the past tense, subject by subject.

Each is stored as its kind (`kind_of`) and canonical JSON of its fields, with who and when beside it.

`rights` are those that the person had when they spoke, where their word counts as consent to a kill: an event without
them consents to nothing.

Imported as one vocabulary: `from bot.incident import events as e`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.incident.lanes import Lane
from bot.incident.model import (
    Accepted,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    IfFailing,
    LeftAlone,
    NoticeOutcome,
    PageAction,
    ReaderOutcome,
    Right,
    Severity,
    Strategy,
    Target,
)
from bot.incident.operations import Claim, Op
from bot.incident.state import Handed
from bot.incident.stored import Fact, by_name, members, stored_name
from bot.model.departures import Leaver, Reach
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.model.recorded import Recorded as Entry
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings


class PeoplesDecision(Fact):
    """By which a person decided something. Whoever tells of decisions leaves out by name what it tells elsewhere."""


class OfSecret(Fact):
    """What has happened to one secret."""

    secret: str


class Result(Fact):
    """What ends an operation of the machine, under the number of its claim."""

    claim: int


class ResultOfSecret(Result):
    """What ends an operation on one secret."""

    secret: str


# What can have happened to what may outlive the dead key.


class CheckEnded(OfSecret, stored="check-ended"):
    """Somebody looked for what may outlive the key: nothing was there, or it has been removed. `late`: the incident was
    closed by then, over this check.
    """

    item: str
    outcome: CheckOutcome
    note: str = ""
    late: bool = False


class CopySettled(PeoplesDecision, OfSecret, stored="copy-settled"):
    """Somebody has updated or purged a copy of the secret, or accepts that the old value stays in it."""

    copy: str
    outcome: CopyOutcome
    note: str = ""


class ReaderAccounted(PeoplesDecision, stored="reader-accounted"):
    """Somebody says whose reads of the leaked values those of `principal` were, or that nobody can."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""


class SiblingsSeen(ResultOfSecret, stored="siblings-seen"):
    """Other secrets of the same provider, before the revocation (`after` False) or after it: none may die with it."""

    after: bool
    probes: tuple[Probe, ...]


class UsageRead(ResultOfSecret, stored="usage-read"):
    """Who read it. `truncated`: the search stopped before it had seen everything. `dropped` reads were seen and are
    not kept: of each of their readers another one is.
    """

    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    dropped: int = 0


class AccessInspected(ResultOfSecret, stored="access-inspected"):
    """What of the checklist the machine could read: `items` were looked at, `found` is newer than `since`. Of each item
    not more than a few are kept; `cut` counts those left out.
    """

    since: datetime
    items: tuple[str, ...]
    found: tuple[Leftover, ...]
    cut: int = 0


class KeyLookedUp(ResultOfSecret, stored="key-looked-up"):
    """What the leaked AWS key `secret`, under this id, can read: of the incident's secrets those of `asked` that are in
    `reads`. `unknown` says why that cannot be told.
    """

    key_id: str
    asked: tuple[str, ...]
    reads: tuple[str, ...]
    unknown: str = ""


AccessEvent = CheckEnded | CopySettled | ReaderAccounted | UsageRead | AccessInspected | SiblingsSeen | KeyLookedUp


# What can have happened to consent to kills and proposals.


class KillRequested(PeoplesDecision, OfSecret, stored="kill-requested"):
    """`slot`: it takes one of the kills that one responder each may decide in this environment. `plan` is the digest of
    the plan that it consents to.
    """

    slot: bool = False
    plan: str = ""
    rights: tuple[Right, ...] = ()


class GlassBroken(PeoplesDecision, stored="glass-broken"):
    """A kill without the second person: never more than kills."""

    secrets: tuple[str, ...]
    reason: str


class GlassReviewed(PeoplesDecision, stored="glass-reviewed"):
    """Another person has looked at why the glass was broken for these."""

    secrets: tuple[str, ...]
    verdict: str


class GlassOffered(Fact, stored="glass-offered"):
    """Nobody has answered the request for approval of these for so long that breaking the glass is offered."""

    secrets: tuple[str, ...]


class GlassReviewReminded(Fact, stored="glass-review-reminded"):
    """A day has passed, and nobody has reviewed why the glass was broken for these."""

    secrets: tuple[str, ...]


class ApprovalRequested(Fact, stored="approval-requested"):
    """`plans` maps each secret to the digest of its plan; the request lapses at `until`."""

    plans: Mapping[str, str]
    until: datetime


class PlanApproved(PeoplesDecision, stored="plan-approved"):
    plans: Mapping[str, str]
    until: datetime
    rights: tuple[Right, ...] = ()


class PlanRejected(PeoplesDecision, stored="plan-rejected"):
    plans: Mapping[str, str]
    reason: str


class ApprovalExpired(Fact, stored="approval-expired"):
    plans: Mapping[str, str]


class ConsentWithdrawn(OfSecret, stored="consent-withdrawn"):
    """Just before the kill, a person on whose word it rested had no right to give it any more: it was not done."""

    kind: ConsentKind
    name: str
    reason: str


class ProposalMade(Fact, stored="proposal-made"):
    """Something that needs a second person besides a kill: `what` is as `proposals.py` names it, of the
    events that `cuts` name. `items` are the keys of all that a closure is to be over, `details` what was bad about it
    then.
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
    details: tuple[str, ...] = ()


class ProposalApproved(PeoplesDecision, stored="proposal-approved"):
    number: int


class ProposalRejected(PeoplesDecision, stored="proposal-rejected"):
    number: int
    reason: str


ApprovalEvent = (
    KillRequested | GlassBroken | GlassReviewed | PlanApproved | PlanRejected | ProposalMade | ProposalApproved
    | ProposalRejected | ApprovalRequested | ApprovalExpired | GlassOffered | GlassReviewReminded | ConsentWithdrawn
)  # fmt: skip


# What can have happened to report, close and reopening.


class ReportRequested(Fact, stored="report-requested"):
    """Somebody wants the report as of now."""


class IncidentClosed(PeoplesDecision, stored="incident-closed"):
    """`items` is everything that was open and accepted by name; `reason` says why. `proposer` is who closed where the
    actor is the second person, who agreed; empty where nobody had to.
    """

    reason: str = ""
    items: tuple[Accepted, ...] = ()
    proposer: str = ""


class IncidentReopened(PeoplesDecision, stored="incident-reopened"):
    reason: str


class ReportWritten(Result, stored="report-written"):
    """`head` is the `seq:digest` of the log that the report was written from; `digest` the file's SHA-256. `withheld`
    counts the lines that were left out because a secret stood in them. `html` is the same report as a page, where there
    is one. `deliver` names where else it is to arrive, as this worker was set up: ``slack``, ``s3``.
    """

    path: str
    digest: str
    head: str
    covers: int
    withheld: int = 0
    html: str = ""
    html_digest: str = ""
    deliver: tuple[str, ...] = ()


class DecisionRecorded(Result, stored="decision-recorded"):
    path: str
    withheld: int = 0


class ReportDelivered(Result, stored="report-delivered"):
    """The report has arrived at `place`, a link or an address.
    `covers` is that of the report; `digest` the SHA-256 of what was delivered.
    """

    to: str
    place: str
    digest: str
    covers: int


ClosingEvent = ReportRequested | IncidentClosed | IncidentReopened | ReportWritten | DecisionRecorded | ReportDelivered


# What can have happened to those who read the value.


class FunctionRefreshed(Result, stored="function-refreshed"):
    function: str
    versions: Mapping[str, int]
    complete: bool
    detail: str


class ValueLive(ResultOfSecret, stored="value-live"):
    """The new value is what consumers read, it is accepted, and none of them refuses it; `confirmed` False where one
    could not be asked, or refuses it `as_before` the new value was put in place, which says nothing of it.
    """

    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()


class ConsumersAsked(ResultOfSecret, stored="consumers-asked"):
    """The consumers of a value that is in place were asked again, and none refuses it."""

    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()
    """As in `ValueLive`."""


class ConsumersFailing(ResultOfSecret, stored="consumers-failing"):
    """The new value is what consumers read and it is accepted, but these refuse it by their own health: it is not
    live.
    """

    consumers: tuple[str, ...]
    detail: str
    as_before: tuple[str, ...] = ()


ConsumersEvent = FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing


# What can have happened to the declaration.


class IncidentDeclared(Fact, stored="incident-declared"):
    """`notice` is how it was noticed, in people's words; `public` that the value can be read by strangers;
    `slack_untrusted` that Slack is to learn nothing of it; `obligations` are all that counsel had written down;
    `left_alone` stood in the same place, and is nobody's business yet: it stays open until it is added or accepted;
    `leaver` is whose departure it is.
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
    obligations: tuple[Obligation, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    leaver: Leaver | None = None


class SecretAdded(Fact, stored="secret-added"):
    """`replace` False: an older version leaked, and the current value is left alone unless somebody asks for it."""

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool
    rights: tuple[Right, ...] = ()
    if_failing: IfFailing = IfFailing.KEEP


DeclarationEvent = IncidentDeclared | SecretAdded


# What can have happened in a departure.


class DepartureAgreed(PeoplesDecision, stored="departure-agreed"):
    """A second person has agreed that these secrets are rotated since somebody leaves."""

    secrets: tuple[str, ...]
    rights: tuple[Right, ...] = ()


class LeaverLookedUp(Result, stored="leaver-looked-up"):
    """What the leaver's principal read and can read. `secrets` were asked about; `reaches` are those of the environment
    that it read or can read, be they in this run or not. `unknown` says what could not be told, and why.
    """

    secrets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    unknown: tuple[str, ...] = ()
    grants_known: bool = True


DepartureEvent = DepartureAgreed | LeaverLookedUp


# What can have happened between a run and the incident that took it over.


class HandedOver(Fact, stored="handed-over"):
    """To the run: these secrets leaked, and `incident` deals with them. Nothing more is done about them here; what was
    under way (`void` are the numbers of its claims) is looked after there.
    """

    incident: str
    secrets: tuple[str, ...]
    void: tuple[int, ...] = ()


class TakenOver(OfSecret, stored="taken-over"):
    """To the incident: what the run knew of one secret. Follows its `secret-added`."""

    known: Handed


class LateOutcomeNoted(OfSecret, stored="late-outcome-noted"):
    """To the incident: an operation of the run ended after it was handed over: what it may have made is swept up."""

    run: str
    op: Op


HandoverEvent = HandedOver | TakenOver | LateOutcomeNoted


# What can have happened to the report's words.


class NarrativeWritten(Fact, stored="narrative-written"):
    """`part` is ``summary`` or ``lessons``; impact and root cause are findings."""

    part: str
    text: str


class ReportSigned(Fact, stored="report-signed"):
    """A person stands for the report with these SHA-256, which covers the events up to `covers`."""

    digest: str
    html_digest: str
    covers: int


NarrativeEvent = NarrativeWritten | ReportSigned


# What can have happened to the replacement.


class ReplacementAsked(OfSecret, stored="replacement-asked"):
    """An older version leaked; somebody wants the current one replaced all the same."""

    rights: tuple[Right, ...] = ()


class ScopesChosen(OfSecret, stored="scopes-chosen"):
    scopes: tuple[str, ...]


class SubmissionAnnounced(OfSecret, stored="submission-announced"):
    """A person has put a new value into the inbox parameter; the worker takes it from there. `called_for`: people had
    been called for what it ends, and are told.
    """

    inbox: str
    rights: tuple[Right, ...] = ()
    called_for: bool = False


class ValueAllowed(PeoplesDecision, OfSecret, stored="value-allowed"):
    """A new value that waited is put to use: `account` although it may be another account's, `readers` although
    these may read it there: leaked AWS keys by the names of their secrets, unexplained principals by their ARNs.
    """

    fingerprint: str
    reason: str
    account: bool
    readers: tuple[str, ...] = ()


class ValueRefused(PeoplesDecision, OfSecret, stored="value-refused"):
    """A person will not have this value put to use, which another person brought."""

    fingerprint: str
    reason: str


class ScopesRead(ResultOfSecret, stored="scopes-read"):
    snapshot: Snapshot


class OrphansFound(ResultOfSecret, stored="orphans-found"):
    """Keys that nothing recorded. From now on they are orphans: never adopted, ended next. `made_room` is the id of
    another key of the provider's that was deleted for one of them to have a place.
    """

    keys: tuple[str, ...]
    made_room: str = ""


class OrphanEnded(ResultOfSecret, stored="orphan-ended"):
    key: str


class ValueStaged(ResultOfSecret, stored="value-staged"):
    """A new value stands at `staged`. `name` is the key's name at the provider; `source` issue, install or person.
    `made_room` is the id of another key of the provider's that was deleted for this one to have a place.
    """

    name: str
    key_id: str
    fingerprint: str
    staged: str
    source: str
    by: str = ""
    made_room: str = ""


class ValueRejected(ResultOfSecret, stored="value-rejected"):
    """The staged value cannot be used (another account, equal to the old one, not accepted): another is awaited."""

    reason: str


class ValueVerified(ResultOfSecret, stored="value-verified"):
    """`unwell` are the consumers whose health URL refused while the old value was still what they read; `untold` is the
    old value's account where that of the new one, which a person brought, could not be told.
    """

    detail: str
    unwell: tuple[str, ...] = ()
    untold: str = ""


class ValuePromoted(ResultOfSecret, stored="value-promoted"):
    """`versions` maps each parameter to the version that now holds the new value."""

    versions: Mapping[str, int]


class Swept(ResultOfSecret, stored="swept"):
    """`made_room` is the id of a key that was deleted for one to have a place that was never made."""

    made_room: str = ""


class Unstaged(ResultOfSecret, stored="unstaged"):
    """`old` tells whether the staged old value was deleted, or the staged new ones."""

    old: bool


NewValueEvent = (
    ReplacementAsked | ScopesChosen | SubmissionAnnounced | ValueAllowed | ValueRefused | ScopesRead | OrphansFound
    | OrphanEnded | ValueStaged | ValueRejected | ValueVerified | ValuePromoted | Swept | Unstaged
)  # fmt: skip


# What can have happened to the obligations.


class AwarenessRecorded(Fact, stored="awareness-recorded"):
    aware_at: datetime
    reason: str


class ExposureRecorded(Fact, stored="exposure-recorded"):
    exposed_at: datetime
    reason: str


class NoticeDecided(PeoplesDecision, stored="notice-decided"):
    """`decider` has decided whether the obligation is owed, on `facts` as the incident had them then; it is decided
    again at `again` (UTC), if that is given.
    """

    obligation: str
    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...] = ()
    again: datetime | None = None


class NoticeSent(Fact, stored="notice-sent"):
    """A person says that the notice was sent. The bot sends none."""

    obligation: str
    reference: str
    sent_at: datetime
    delay: str = ""


ObligationsEvent = AwarenessRecorded | ExposureRecorded | NoticeDecided | NoticeSent


# What can have happened to the leaked value.


class PersonAwaited(Fact, stored="person-awaited"):
    """These leaked values are alive, and nothing ends them unless a person acts: people were reminded."""

    secrets: tuple[str, ...]


class DeathAttested(PeoplesDecision, OfSecret, stored="death-attested"):
    reason: str


class CandidateChosen(PeoplesDecision, OfSecret, stored="candidate-chosen"):
    """Which of several keys at the provider the leaked value is."""

    key_id: str
    rights: tuple[Right, ...] = ()


class RevokedByPerson(OfSecret, stored="revoked-by-person"):
    """Somebody says that they revoked the leaked value in the provider's console."""


class OldCaptured(ResultOfSecret, stored="old-captured"):
    """The leaked value is pinned: `versions` are the parameters' versions that hold it, `candidates` the keys at the
    provider it can be, none where the provider cannot say.
    """

    fingerprint: str
    versions: Mapping[str, int]
    current: bool
    candidates: tuple[KeyRef, ...]
    exposed_since: datetime | None = None
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    hint: str = ""
    """Its beginning and its last characters, as consoles show them, where its form is known; never more than those."""
    shared: tuple[str, ...] = ()
    """What else has this very value now: ``openai-batch (production)``. Who revokes it here revokes it there."""


class SnapshotTaken(ResultOfSecret, stored="snapshot-taken"):
    """`missing` says what could not be read; `probe` is the look at the old value that may serve as baseline."""

    snapshot: Snapshot
    missing: str
    probe: Probe


class LastUseRead(ResultOfSecret, stored="last-use-read"):
    """When the provider says that the old key was last used, asked before a kill; None: it did not say. `missing` is
    why it could not be asked.
    """

    used_at: datetime | None
    missing: str = ""


class AccessRevoked(ResultOfSecret, stored="access-revoked"):
    """The provider said that it revoked the key. That proves nothing yet."""

    detail: str


class RevocationNeedsOwner(ResultOfSecret, stored="revocation-needs-owner"):
    """The provider does not end the key by itself: nothing was revoked, and another plan is needed."""

    owner: Owner


class OldProbed(ResultOfSecret, stored="old-probed"):
    probe: Probe
    control: Probe | None = None
    bystanders: tuple[Probe, ...] = ()
    standing: tuple[str, ...] = ()
    """After the close: parameters whose current version is the old value."""


class OldProvenDead(OfSecret, stored="old-proven-dead"):
    """Follows the probe that completed the proof. `contained_at` is the first refusal of its run."""

    contained_at: datetime


class OldValueReappeared(OfSecret, stored="old-value-reappeared"):
    """After the close, the old value is the current version of these parameters again: a backup or an old deployment
    has brought it back.
    """

    parameters: tuple[str, ...]


class ContainmentOverdue(OfSecret, stored="containment-overdue"):
    """The provider said revoked, and the value still is not proven dead after `retry_for`."""


class OwnCredentialConcerned(OfSecret, stored="own-credential-concerned"):
    """Follows the capture: the leaked value is one that the bot itself works with. `settings` name where."""

    settings: tuple[str, ...]


class OldDeleted(ResultOfSecret, stored="old-deleted"):
    """What the revocation had only switched off is gone for good: nobody needs it as evidence any more."""

    detail: str


OldValueEvent = (
    DeathAttested | CandidateChosen | RevokedByPerson | OldProvenDead | OldValueReappeared | ContainmentOverdue
    | OwnCredentialConcerned | PersonAwaited | OldCaptured | SnapshotTaken | LastUseRead | AccessRevoked
    | RevocationNeedsOwner | OldProbed | OldDeleted
)  # fmt: skip


# What can have happened to strategies and overlaps.


class StrategyChosen(PeoplesDecision, OfSecret, stored="strategy-chosen"):
    """Where it had to be proposed, `proposer` made the plan and the actor consents to it: to `plan`, until `until`."""

    strategy: Strategy
    reason: str
    rights: tuple[Right, ...] = ()
    proposer: str = ""
    proposer_rights: tuple[Right, ...] = ()
    plan: str = ""
    until: datetime | None = None
    if_failing: IfFailing = IfFailing.KEEP


class AbuseRecorded(PeoplesDecision, OfSecret, stored="abuse-recorded"):
    """Somebody has been seen using the leaked value: it is not kept alive for anybody's sake any more."""

    text: str


class RollBackRequested(PeoplesDecision, OfSecret, stored="roll-back-requested"):
    """The leaked value, which still lives, is to be put back in the new one's place."""

    reason: str


class RolledBack(ResultOfSecret, stored="rolled-back"):
    """`versions` maps each parameter to the version that holds the leaked value again."""

    versions: Mapping[str, int]


class RollBackRefused(ResultOfSecret, stored="roll-back-refused"):
    """The old value does not answer any more: it was not put back, and the new one is put in place again."""

    detail: str


class OverlapHeld(OfSecret, stored="overlap-held"):
    """The time of an overlap is over, and the old value lives on: nobody has settled these copies, and part of the
    traffic of these functions may still read it.
    """

    copies: tuple[str, ...]
    readers: tuple[str, ...] = ()


class WaitingEscalated(OfSecret, stored="waiting-escalated"):
    """A consumer fails with the new value, the leaked one is kept alive, and nobody has decided what becomes of it:
    people are woken for the `number`-th time.
    """

    number: int


class RollBackOverdue(OfSecret, stored="roll-back-overdue"):
    """The leaked value was put back in place, in part or all, and has not been replaced or revoked within the hour."""


OverlapEvent = (
    StrategyChosen | AbuseRecorded | RollBackRequested | OverlapHeld | WaitingEscalated | RollBackOverdue
    | RolledBack | RollBackRefused
)  # fmt: skip


# What can have happened to pagers and the channel.


class ChannelOpened(Result, stored="channel-opened"):
    channel: str
    url: str


class ChannelLost(Fact, stored="channel-lost"):
    """The incident's channel takes nothing any more; `reason` says what became of it. Another one is opened."""

    channel: str
    reason: str


class PageSent(Result, stored="page-sent"):
    """`milestone` counts the notes and `alerts` the alerts sent so far."""

    action: PageAction
    milestone: int = 0
    fallback: bool = False
    alerts: int = 0


class PagedAgain(Fact, stored="paged-again"):
    """A responder wakes on-call by hand."""

    reason: str


PagingEvent = PagedAgain | ChannelLost | ChannelOpened | PageSent


# What can have happened to the record.


class NoteAdded(Fact, stored="note-added"):
    """`responder`: whether whoever wrote it may respond, and so answers the page by it. Older logs asked nobody."""

    text: str
    responder: bool = True


class FindingRecorded(PeoplesDecision, stored="finding-recorded"):
    """`what` is ``finding``, ``impact``, ``root-cause``, ``no-abuse`` or ``abuse-unknown``."""

    what: str
    text: str


class Redacted(Fact, stored="redacted"):
    """Two people have taken people's words out of an event: `cut` stands in its place from here on. The event's own
    data and salt are gone from the log.
    """

    cut: Cut
    reason: str
    proposer: str


class MessageKept(Fact, stored="message-kept"):
    """A message of Slack's, masked, as it stood at `ts` of `channel` when a person put it into the timeline;
    `responder` as of `NoteAdded`.
    """

    text: str
    author: str
    sent_at: datetime
    channel: str
    ts: str
    responder: bool = True


class ValueSighted(OfSecret, stored="value-sighted"):
    """A value of `secret` stands in a message of Slack's: ``leaked``, ``new`` or ``earlier``. With a `source`
    (``github``) it stands in what that reported as `place` (``acme/app#7``). With ``comparison`` a person has compared
    the leaked value with the one that the incident ends: it is ``leaked``, or ``another``. `responder` as of
    `NoteAdded`.
    """

    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""
    responder: bool = True


class CommandRefused(Fact, stored="command-refused"):
    """`reason` is a sentence for the person who asked: what was not done, why, who was there first."""

    command: str
    reason: str


class NotificationReminded(Fact, stored="notification-reminded"):
    """Nobody has recorded the decision on notification, `due` soon; `over`: the time has run out."""

    due: datetime
    over: bool


RecordEvent = (
    NoteAdded | FindingRecorded | Redacted | CommandRefused | MessageKept | ValueSighted | NotificationReminded
)  # fmt: skip


# What can have happened to reminders.


class Reminded(Fact, stored="reminded"):
    """People were reminded of what was due `at` and is not done: `key` names it for good, `owner` is whose it is, empty
    where nobody has it, `legal` a deadline of the law or of a contract. `early`: that time has not come yet.
    """

    key: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False
    early: bool = False


RemindersEvent = Reminded


# What can have happened to a hold.


class RevocationsHeld(PeoplesDecision, stored="revocations-held"):
    reason: str


class RevocationsResumed(PeoplesDecision, stored="revocations-resumed"):
    """`proposer` proposed it with `reason`; another person has agreed."""

    reason: str
    proposer: str


HoldEvent = RevocationsHeld | RevocationsResumed


# What can have happened to the severity.


class SeveritySet(PeoplesDecision, stored="severity-set"):
    severity: Severity
    reason: str


SeverityEvent = SeveritySet


# What can have happened to steps and tasks.


class StepDone(Fact, stored="step-done"):
    step: str


class StepReopened(Fact, stored="step-reopened"):
    """Something of a step that the machine has ended is open again."""

    step: str


class StepSkipped(PeoplesDecision, stored="step-skipped"):
    step: str
    reason: str


class TaskAdded(Fact, stored="task-added"):
    task: str
    title: str
    owner: str
    due: datetime | None = None
    step: str = ""


class TaskChanged(Fact, stored="task-changed"):
    """`owner` and `due` as they are from here on."""

    task: str
    owner: str
    due: datetime | None
    reason: str


class TaskDone(Fact, stored="task-done"):
    task: str


class TaskDeclined(Fact, stored="task-declined"):
    task: str
    reason: str


StepsEvent = StepDone | StepReopened | StepSkipped | TaskAdded | TaskChanged | TaskDone | TaskDeclined


# What can have happened to roles.


class RoleOffered(Fact, stored="role-offered"):
    to: str
    note: str = ""


class RoleAccepted(PeoplesDecision, stored="role-accepted"):
    """By whoever has it from now on; `before` is who had it, empty: nobody."""

    before: str = ""


class RoleDeclined(Fact, stored="role-declined"):
    """`by_giver`: whoever offered it has taken the offer back."""

    reason: str
    by_giver: bool = False


class RoleTaken(PeoplesDecision, stored="role-taken"):
    """By whoever has it from now on, without an offer."""

    reason: str
    before: str = ""


TeamEvent = RoleOffered | RoleAccepted | RoleDeclined | RoleTaken


# What can have happened to trust.


class TrustChanged(Fact, stored="trust-changed"):
    """Whom the installation does not trust from here on: `people` by name and `accounts`, and whether `slack` is
    trusted. Consents of theirs to kills that have not been made are void. `number` and `digest` name the entry of the
    chain that says so.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


class CommandProven(Fact, stored="command-proven"):
    """Follows what came of a command whose proof can be checked again later (``ssh``, with its signature), or that had
    none (``at-worker``, ``none``): the rest of what was signed stands in `statement`. Of ``slack`` it says only that
    Slack's front has vouched for it: should that not be trusted any more, consent given there is void.
    """

    proof: str
    statement: Mapping[str, str]
    signature: str = ""


TrustEvent = CommandProven | TrustChanged


# What can have happened to status updates.


class UpdateDrafted(Result, stored="update-drafted"):
    """Draft `number` for the audience, out of its template. `milestone`: what it tells, empty for one that is merely
    due; `tells`: since when each milestone stands that it covers. `released`: nobody has to look at it first.
    """

    audience: str
    number: int
    milestone: str
    text: str
    tells: Mapping[str, datetime]
    released: bool = False


class UpdateReleased(Fact, stored="update-released"):
    """By whoever lets it go out: `text` is what is sent, `edited` that it is not what the template said."""

    audience: str
    number: int
    text: str
    edited: bool = False


class UpdateSkipped(Fact, stored="update-skipped"):
    """A person decided that it does not go out, or not to those of whom the bot said that nobody can tell them."""

    audience: str
    number: int
    reason: str


class UpdateSent(Result, stored="update-sent"):
    """`target` has it: a channel's id, or ``@`` and a secret's owner. `missing` says why nobody could be told there."""

    audience: str
    number: int
    target: str
    missing: str = ""


UpdatesEvent = UpdateReleased | UpdateSkipped | UpdateDrafted | UpdateSent


# What can have happened to the lanes.


class OperationRetried(Fact, stored="operation-retried"):
    lane: Lane


class OperationStarted(Fact, stored="operation-started"):
    claim: Claim


class OperationFailed(Result, stored="operation-failed"):
    """`retry_at` None: failed for good, a person presses retry. `consumer` is what could not be refreshed, where that
    is no Lambda function.
    """

    op: Op
    error: str
    message: str
    retry_at: datetime | None
    consumer: str = ""


class OperationYielded(Result, stored="operation-yielded"):
    """Handed back unfinished and without blame: the worker was asked to stop, or has to wait for something."""

    op: Op
    retry_at: datetime


class ClaimLost(Fact, stored="claim-lost"):
    """The worker that held the claim is gone; its call may still act."""

    claim: int
    op: Op
    lane: Lane


class OutcomeRefused(Fact, stored="outcome-refused"):
    """An outcome came after its claim had been lost. What it may have made is swept up."""

    claim: int
    op: Op
    lane: Lane


class RecordsLost(Fact, stored="records-lost"):
    """The log was cut off behind the event before this one. `head` (``SEQ:DIGEST``) is the newest event that the worker
    had read, empty where the log was made again from the backup of `backup_at`. What was done since is looked for at
    the providers; what people said since is gone, so no consent to a kill that has not been made counts any more.
    """

    head: str = ""
    backup_at: datetime | None = None


WorkEvent = (
    OperationRetried | OperationStarted | ClaimLost | OutcomeRefused | RecordsLost | OperationFailed
    | OperationYielded
)  # fmt: skip


Event = (
    AccessEvent | ApprovalEvent | ClosingEvent | ConsumersEvent | DeclarationEvent | DepartureEvent | HandoverEvent
    | HoldEvent | NarrativeEvent | NewValueEvent | ObligationsEvent | OldValueEvent | OverlapEvent | PagingEvent
    | RecordEvent | RemindersEvent | SeverityEvent | StepsEvent | TeamEvent | TrustEvent | UpdatesEvent | WorkEvent
)  # fmt: skip
Outcome = (
    OldCaptured | SnapshotTaken | LastUseRead | AccessRevoked | RevocationNeedsOwner | OldProbed | OldDeleted
    | ScopesRead | OrphansFound | OrphanEnded | ValueStaged | ValueRejected | ValueVerified | ValuePromoted | Swept
    | Unstaged | FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing | RolledBack | RollBackRefused
    | UsageRead | AccessInspected | SiblingsSeen | KeyLookedUp | LeaverLookedUp | ChannelOpened | PageSent
    | ReportWritten | DecisionRecorded | ReportDelivered | UpdateDrafted | UpdateSent | OperationFailed
    | OperationYielded
)  # fmt: skip
OUTCOMES = members(Outcome)
KINDS: Mapping[str, type] = by_name(Event)
"""By the names under which logs hold them."""


def kind_of(event: Event | type) -> str:
    """The stored name of an event's kind: ``incident-declared``."""
    return stored_name(event if isinstance(event, type) else type(event))


Recorded = Entry[Event]
"""An event as it stands in the log of an incident."""
