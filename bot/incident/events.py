"""What can have happened: a closed list of facts in the past tense, subject by subject.

Each is stored as its kind (`kind_of`) and canonical JSON of its fields, with who and when beside it. `v` is the version
of the kind's own shape. Events of the machine that end an operation carry the number of its claim.

`rights` are those that the person had when they spoke, where their word counts as consent to a kill: an event without
them consents to nothing.

Imported as one vocabulary: `from bot.incident import events as e`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    Role,
    Severity,
    Strategy,
    Target,
)
from bot.incident.operations import Claim, Op
from bot.incident.state import Handed
from bot.incident.stored import by_name, members, stored, stored_name
from bot.model.departures import Leaver, Reach
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.model.recorded import Recorded as Entry
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings

# What can have happened to what may outlive the dead key.


@stored("check-ended")
@dataclass(frozen=True)
class CheckEnded:
    """Somebody looked for what may outlive the key: nothing was there, or it has been removed. `late`: the incident was
    closed by then, over this check.
    """

    secret: str
    item: str
    outcome: CheckOutcome
    note: str = ""
    late: bool = False
    v: int = 1


@stored("copy-settled")
@dataclass(frozen=True)
class CopySettled:
    """Somebody has updated or purged a copy of the secret, or accepts that the old value stays in it."""

    secret: str
    copy: str
    outcome: CopyOutcome
    note: str = ""
    v: int = 1


@stored("reader-accounted")
@dataclass(frozen=True)
class ReaderAccounted:
    """Somebody says whose reads of the leaked values those of `principal` were, or that nobody can."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""
    v: int = 1


@stored("siblings-seen")
@dataclass(frozen=True)
class SiblingsSeen:
    """Other secrets of the same provider, before the revocation (`after` False) or after it: none may die with it."""

    claim: int
    secret: str
    after: bool
    probes: tuple[Probe, ...]
    v: int = 1


@stored("usage-read")
@dataclass(frozen=True)
class UsageRead:
    """Who read it. `truncated`: the search stopped before it had seen everything. `dropped` reads were seen and are
    not kept: of each of their readers another one is.
    """

    claim: int
    secret: str
    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    dropped: int = 0
    v: int = 1


@stored("access-inspected")
@dataclass(frozen=True)
class AccessInspected:
    """What of the checklist the machine could read: `items` were looked at, `found` is newer than `since`. Of each item
    not more than a few are kept; `cut` counts those left out.
    """

    claim: int
    secret: str
    since: datetime
    items: tuple[str, ...]
    found: tuple[Leftover, ...]
    cut: int = 0
    v: int = 1


AccessByPerson = CheckEnded | CopySettled | ReaderAccounted
AccessOutcome = UsageRead | AccessInspected | SiblingsSeen
AccessEvent = AccessByPerson | AccessOutcome


# What can have happened to consent to kills and proposals.


@stored("kill-requested")
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


@stored("glass-broken")
@dataclass(frozen=True)
class GlassBroken:
    """A kill without the second person: never more than kills."""

    secrets: tuple[str, ...]
    reason: str
    v: int = 1


@stored("glass-reviewed")
@dataclass(frozen=True)
class GlassReviewed:
    """Another person has looked at why the glass was broken for these."""

    secrets: tuple[str, ...]
    verdict: str
    v: int = 1


@stored("glass-offered")
@dataclass(frozen=True)
class GlassOffered:
    """Nobody has answered the request for approval of these for so long that breaking the glass is offered."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("glass-review-reminded")
@dataclass(frozen=True)
class GlassReviewReminded:
    """A day has passed, and nobody has reviewed why the glass was broken for these."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("approval-requested")
@dataclass(frozen=True)
class ApprovalRequested:
    """`plans` maps each secret to the digest of its plan; the request lapses at `until`."""

    plans: Mapping[str, str]
    until: datetime
    v: int = 1


@stored("plan-approved")
@dataclass(frozen=True)
class PlanApproved:
    plans: Mapping[str, str]
    until: datetime
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("plan-rejected")
@dataclass(frozen=True)
class PlanRejected:
    plans: Mapping[str, str]
    reason: str
    v: int = 1


@stored("approval-expired")
@dataclass(frozen=True)
class ApprovalExpired:
    plans: Mapping[str, str]
    v: int = 1


@stored("consent-withdrawn")
@dataclass(frozen=True)
class ConsentWithdrawn:
    """Just before the kill, a person on whose word it rested had no right to give it any more: it was not done."""

    secret: str
    kind: ConsentKind
    name: str
    reason: str
    v: int = 1


@stored("proposal-made")
@dataclass(frozen=True)
class ProposalMade:
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
    v: int = 1


@stored("proposal-approved")
@dataclass(frozen=True)
class ProposalApproved:
    number: int
    v: int = 1


@stored("proposal-rejected")
@dataclass(frozen=True)
class ProposalRejected:
    number: int
    reason: str
    v: int = 1


ApprovalByPerson = (
    KillRequested
    | GlassBroken
    | GlassReviewed
    | PlanApproved
    | PlanRejected
    | ProposalMade
    | ProposalApproved
    | ProposalRejected
)
ApprovalByMachine = ApprovalRequested | ApprovalExpired | GlassOffered | GlassReviewReminded | ConsentWithdrawn
ApprovalEvent = ApprovalByPerson | ApprovalByMachine


# What can have happened to report, close and reopening.


@stored("report-requested")
@dataclass(frozen=True)
class ReportRequested:
    v: int = 1


@stored("incident-closed")
@dataclass(frozen=True)
class IncidentClosed:
    """`accepted` names secrets whose old value is not gone or whose new one is not in place; `items` is everything that
    was open and accepted by name, those among it; `reason` says why. `proposer` is who closed where the actor is the
    second person, who agreed; empty where nobody had to.
    """

    accepted: tuple[str, ...] = ()
    reason: str = ""
    items: tuple[Accepted, ...] = ()
    proposer: str = ""
    v: int = 1


@stored("incident-reopened")
@dataclass(frozen=True)
class IncidentReopened:
    reason: str
    v: int = 1


@stored("report-written")
@dataclass(frozen=True)
class ReportWritten:
    """`head` is the `seq:digest` of the log that the report was written from; `digest` the file's SHA-256. `withheld`
    counts the lines that were left out because a secret stood in them. `html` is the same report as a page, where there
    is one. `deliver` names where else it is to arrive, as this worker was set up: ``slack``, ``s3``.
    """

    claim: int
    path: str
    digest: str
    head: str
    covers: int
    withheld: int = 0
    html: str = ""
    html_digest: str = ""
    deliver: tuple[str, ...] = ()
    v: int = 1


@stored("decision-recorded")
@dataclass(frozen=True)
class DecisionRecorded:
    claim: int
    path: str
    withheld: int = 0
    deliver: tuple[str, ...] = ()
    v: int = 1


@stored("report-delivered")
@dataclass(frozen=True)
class ReportDelivered:
    """The report, or the entry in the decisions log (`to` is ``github``), has arrived at `place`, a link or an address.
    `covers` is that of the report; `digest` the SHA-256 of what was delivered.
    """

    claim: int
    to: str
    place: str
    digest: str
    covers: int
    v: int = 1


ClosingByPerson = ReportRequested | IncidentClosed | IncidentReopened
ClosingOutcome = ReportWritten | DecisionRecorded | ReportDelivered
ClosingEvent = ClosingByPerson | ClosingOutcome


# What can have happened to those who read the value.


@stored("function-refreshed")
@dataclass(frozen=True)
class FunctionRefreshed:
    claim: int
    function: str
    versions: Mapping[str, int]
    complete: bool
    detail: str
    v: int = 1


@stored("value-live")
@dataclass(frozen=True)
class ValueLive:
    """The new value is what consumers read, it is accepted, and none of them refuses it; `confirmed` False where one
    could not be asked, or refuses it `as_before` the new value was put in place, which says nothing of it.
    """

    claim: int
    secret: str
    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()
    v: int = 1


@stored("consumers-asked")
@dataclass(frozen=True)
class ConsumersAsked:
    """The consumers of a value that is in place were asked again, and none refuses it."""

    claim: int
    secret: str
    confirmed: bool
    detail: str
    as_before: tuple[str, ...] = ()
    """As in `ValueLive`."""
    v: int = 1


@stored("consumers-failing")
@dataclass(frozen=True)
class ConsumersFailing:
    """The new value is what consumers read and it is accepted, but these refuse it by their own health: it is not
    live.
    """

    claim: int
    secret: str
    consumers: tuple[str, ...]
    detail: str
    as_before: tuple[str, ...] = ()
    v: int = 1


ConsumersEvent = FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing


# What can have happened to the declaration.


@stored("incident-declared")
@dataclass(frozen=True)
class IncidentDeclared:
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
    v: int = 1


@stored("secret-added")
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


DeclarationByPerson = IncidentDeclared | SecretAdded
DeclarationEvent = DeclarationByPerson


# What can have happened in a departure.


@stored("departure-agreed")
@dataclass(frozen=True)
class DepartureAgreed:
    """A second person has agreed that these secrets are rotated since somebody leaves."""

    secrets: tuple[str, ...]
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("leaver-looked-up")
@dataclass(frozen=True)
class LeaverLookedUp:
    """What the leaver's principal read and can read. `secrets` were asked about; `reaches` are those of the environment
    that it read or can read, be they in this run or not. `unknown` says what could not be told, and why.
    """

    claim: int
    secrets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    unknown: tuple[str, ...] = ()
    grants_known: bool = True
    v: int = 1


DepartureByPerson = DepartureAgreed
DepartureOutcome = LeaverLookedUp
DepartureEvent = DepartureByPerson | DepartureOutcome


# What can have happened between a run and the incident that took it over.


@stored("handed-over")
@dataclass(frozen=True)
class HandedOver:
    """To the run: these secrets leaked, and `incident` deals with them. Nothing more is done about them here; what was
    under way (`void` are the numbers of its claims) is looked after there.
    """

    incident: str
    secrets: tuple[str, ...]
    void: tuple[int, ...] = ()
    v: int = 1


@stored("taken-over")
@dataclass(frozen=True)
class TakenOver:
    """To the incident: what the run knew of one secret. Follows its `secret-added`."""

    secret: str
    known: Handed
    v: int = 1


@stored("late-outcome-noted")
@dataclass(frozen=True)
class LateOutcomeNoted:
    """To the incident: an operation of the run ended after it was handed over: what it may have made is swept up."""

    secret: str
    run: str
    op: Op
    v: int = 1


HandoverByPerson = HandedOver | TakenOver
HandoverByMachine = LateOutcomeNoted
HandoverEvent = HandoverByPerson | HandoverByMachine


# What can have happened to the report's words.


@stored("narrative-written")
@dataclass(frozen=True)
class NarrativeWritten:
    """`part` is ``summary`` or ``lessons``; impact and root cause are findings."""

    part: str
    text: str
    v: int = 1


@stored("report-signed")
@dataclass(frozen=True)
class ReportSigned:
    """A person stands for the report with these SHA-256, which covers the events up to `covers`."""

    digest: str
    html_digest: str
    covers: int
    v: int = 1


NarrativeByPerson = NarrativeWritten | ReportSigned
NarrativeEvent = NarrativeByPerson


# What can have happened to the replacement.


@stored("replacement-asked")
@dataclass(frozen=True)
class ReplacementAsked:
    """An older version leaked; somebody wants the current one replaced all the same."""

    secret: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("scopes-chosen")
@dataclass(frozen=True)
class ScopesChosen:
    secret: str
    scopes: tuple[str, ...]
    v: int = 1


@stored("submission-announced")
@dataclass(frozen=True)
class SubmissionAnnounced:
    """A person has put a new value into the inbox parameter; the worker takes it from there. `called_for`: people had
    been called for what it ends, and are told.
    """

    secret: str
    inbox: str
    rights: tuple[Right, ...] = ()
    called_for: bool = False
    v: int = 1


@stored("value-allowed")
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


@stored("value-refused")
@dataclass(frozen=True)
class ValueRefused:
    """A person will not have this value put to use, which another person brought."""

    secret: str
    fingerprint: str
    reason: str
    v: int = 1


@stored("scopes-read")
@dataclass(frozen=True)
class ScopesRead:
    claim: int
    secret: str
    snapshot: Snapshot
    v: int = 1


@stored("orphans-found")
@dataclass(frozen=True)
class OrphansFound:
    """Keys that nothing recorded. From now on they are orphans: never adopted, ended next. `made_room` is the id of
    another key of the provider's that was deleted for one of them to have a place.
    """

    claim: int
    secret: str
    keys: tuple[str, ...]
    made_room: str = ""
    v: int = 1


@stored("orphan-ended")
@dataclass(frozen=True)
class OrphanEnded:
    claim: int
    secret: str
    key: str
    v: int = 1


@stored("value-staged")
@dataclass(frozen=True)
class ValueStaged:
    """A new value stands at `staged`. `name` is the key's name at the provider; `source` issue, install or person.
    `made_room` is the id of another key of the provider's that was deleted for this one to have a place.
    """

    claim: int
    secret: str
    name: str
    key_id: str
    fingerprint: str
    staged: str
    source: str
    by: str = ""
    made_room: str = ""
    v: int = 1


@stored("value-rejected")
@dataclass(frozen=True)
class ValueRejected:
    """The staged value cannot be used (another account, equal to the old one, not accepted): another is awaited."""

    claim: int
    secret: str
    reason: str
    v: int = 1


@stored("value-verified")
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


@stored("value-promoted")
@dataclass(frozen=True)
class ValuePromoted:
    """`versions` maps each parameter to the version that now holds the new value."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@stored("swept")
@dataclass(frozen=True)
class Swept:
    """`made_room` is the id of a key that was deleted for one to have a place that was never made."""

    claim: int
    secret: str
    made_room: str = ""
    v: int = 1


@stored("unstaged")
@dataclass(frozen=True)
class Unstaged:
    """`old` tells whether the staged old value was deleted, or the staged new ones."""

    claim: int
    secret: str
    old: bool
    v: int = 1


NewValueByPerson = ReplacementAsked | ScopesChosen | SubmissionAnnounced | ValueAllowed | ValueRefused
NewValueOutcome = (
    ScopesRead
    | OrphansFound
    | OrphanEnded
    | ValueStaged
    | ValueRejected
    | ValueVerified
    | ValuePromoted
    | Swept
    | Unstaged
)
NewValueEvent = NewValueByPerson | NewValueOutcome


# What can have happened to the obligations.


@stored("awareness-recorded")
@dataclass(frozen=True)
class AwarenessRecorded:
    aware_at: datetime
    reason: str
    v: int = 1


@stored("exposure-recorded")
@dataclass(frozen=True)
class ExposureRecorded:
    exposed_at: datetime
    reason: str
    v: int = 1


@stored("notice-decided")
@dataclass(frozen=True)
class NoticeDecided:
    """`decider` has decided whether the obligation is owed, on `facts` as the incident had them then."""

    obligation: str
    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...] = ()
    v: int = 1


@stored("notice-sent")
@dataclass(frozen=True)
class NoticeSent:
    """A person says that the notice was sent. The bot sends none."""

    obligation: str
    reference: str
    sent_at: datetime
    delay: str = ""
    v: int = 1


ObligationsByPerson = AwarenessRecorded | ExposureRecorded | NoticeDecided | NoticeSent
ObligationsEvent = ObligationsByPerson


# What can have happened to the leaked value.


@stored("person-awaited")
@dataclass(frozen=True)
class PersonAwaited:
    """These leaked values are alive, and nothing ends them unless a person acts: people were reminded."""

    secrets: tuple[str, ...]
    v: int = 1


@stored("death-attested")
@dataclass(frozen=True)
class DeathAttested:
    secret: str
    reason: str
    v: int = 1


@stored("candidate-chosen")
@dataclass(frozen=True)
class CandidateChosen:
    """Which of several keys at the provider the leaked value is."""

    secret: str
    key_id: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("revoked-by-person")
@dataclass(frozen=True)
class RevokedByPerson:
    secret: str
    v: int = 1


@stored("old-captured")
@dataclass(frozen=True)
class OldCaptured:
    """The leaked value is pinned: `versions` are the parameters' versions that hold it, `candidates` the keys at the
    provider it can be, none where the provider cannot say.
    """

    claim: int
    secret: str
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
    v: int = 1


@stored("snapshot-taken")
@dataclass(frozen=True)
class SnapshotTaken:
    """`missing` says what could not be read; `probe` is the look at the old value that may serve as baseline."""

    claim: int
    secret: str
    snapshot: Snapshot
    missing: str
    probe: Probe
    v: int = 1


@stored("last-use-read")
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


@stored("access-revoked")
@dataclass(frozen=True)
class AccessRevoked:
    """The provider said that it revoked the key. That proves nothing yet."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@stored("revocation-needs-owner")
@dataclass(frozen=True)
class RevocationNeedsOwner:
    """The provider does not end the key by itself: nothing was revoked, and another plan is needed."""

    claim: int
    secret: str
    owner: Owner
    v: int = 1


@stored("old-probed")
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


@stored("old-proven-dead")
@dataclass(frozen=True)
class OldProvenDead:
    """Follows the probe that completed the proof. `contained_at` is the first refusal of its run."""

    secret: str
    contained_at: datetime
    v: int = 1


@stored("old-value-reappeared")
@dataclass(frozen=True)
class OldValueReappeared:
    """After the close, the old value is the current version of these parameters again: a backup or an old deployment
    has brought it back.
    """

    secret: str
    parameters: tuple[str, ...]
    v: int = 1


@stored("containment-overdue")
@dataclass(frozen=True)
class ContainmentOverdue:
    """The provider said revoked, and the value still is not proven dead after `retry_for`."""

    secret: str
    v: int = 1


@stored("own-credential-concerned")
@dataclass(frozen=True)
class OwnCredentialConcerned:
    """Follows the capture: the leaked value is one that the bot itself works with. `settings` name where."""

    secret: str
    settings: tuple[str, ...]
    v: int = 1


@stored("old-deleted")
@dataclass(frozen=True)
class OldDeleted:
    """What the revocation had only switched off is gone for good: nobody needs it as evidence any more."""

    claim: int
    secret: str
    detail: str
    v: int = 1


OldValueByPerson = DeathAttested | CandidateChosen | RevokedByPerson
OldValueByMachine = OldProvenDead | OldValueReappeared | ContainmentOverdue | OwnCredentialConcerned | PersonAwaited
OldValueOutcome = (
    OldCaptured | SnapshotTaken | LastUseRead | AccessRevoked | RevocationNeedsOwner | OldProbed | OldDeleted
)
OldValueEvent = OldValueByPerson | OldValueByMachine | OldValueOutcome


# What can have happened to strategies and overlaps.


@stored("strategy-chosen")
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


@stored("abuse-recorded")
@dataclass(frozen=True)
class AbuseRecorded:
    """Somebody has been seen using the leaked value: it is not kept alive for anybody's sake any more."""

    secret: str
    text: str
    v: int = 1


@stored("roll-back-requested")
@dataclass(frozen=True)
class RollBackRequested:
    """The leaked value, which still lives, is to be put back in the new one's place."""

    secret: str
    reason: str
    v: int = 1


@stored("rolled-back")
@dataclass(frozen=True)
class RolledBack:
    """`versions` maps each parameter to the version that holds the leaked value again."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@stored("roll-back-refused")
@dataclass(frozen=True)
class RollBackRefused:
    """The old value does not answer any more: it was not put back, and the new one is put in place again."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@stored("overlap-held")
@dataclass(frozen=True)
class OverlapHeld:
    """The time of an overlap is over, and the old value lives on: nobody has settled these copies, and part of the
    traffic of these functions may still read it.
    """

    secret: str
    copies: tuple[str, ...]
    readers: tuple[str, ...] = ()
    v: int = 1


@stored("waiting-escalated")
@dataclass(frozen=True)
class WaitingEscalated:
    """A consumer fails with the new value, the leaked one is kept alive, and nobody has decided what becomes of it:
    people are woken for the `number`-th time.
    """

    secret: str
    number: int
    v: int = 1


@stored("roll-back-overdue")
@dataclass(frozen=True)
class RollBackOverdue:
    """The leaked value was put back in place, in part or all, and has not been replaced or revoked within the hour."""

    secret: str
    v: int = 1


OverlapByPerson = StrategyChosen | AbuseRecorded | RollBackRequested
OverlapByMachine = OverlapHeld | WaitingEscalated | RollBackOverdue
OverlapOutcome = RolledBack | RollBackRefused
OverlapEvent = OverlapByPerson | OverlapByMachine | OverlapOutcome


# What can have happened to pagers and the channel.


@stored("channel-opened")
@dataclass(frozen=True)
class ChannelOpened:
    claim: int
    channel: str
    url: str
    v: int = 1


@stored("channel-lost")
@dataclass(frozen=True)
class ChannelLost:
    """The incident's channel takes nothing any more; `reason` says what became of it. Another one is opened."""

    channel: str
    reason: str
    v: int = 1


@stored("page-sent")
@dataclass(frozen=True)
class PageSent:
    """`milestone` counts the notes and `alerts` the alerts sent so far."""

    claim: int
    action: PageAction
    milestone: int = 0
    fallback: bool = False
    alerts: int = 0
    v: int = 1


@stored("paged-again")
@dataclass(frozen=True)
class PagedAgain:
    """A responder wakes on-call by hand."""

    reason: str
    v: int = 1


PagingByPerson = PagedAgain
PagingByMachine = ChannelLost
PagingOutcome = ChannelOpened | PageSent
PagingEvent = PagingByPerson | PagingByMachine | PagingOutcome


# What can have happened to the record.


@stored("note-added")
@dataclass(frozen=True)
class NoteAdded:
    """`responder`: whether whoever wrote it may respond, and so answers the page by it. Older logs asked nobody."""

    text: str
    v: int = 1
    responder: bool = True


@stored("finding-recorded")
@dataclass(frozen=True)
class FindingRecorded:
    """`what` is ``finding``, ``impact``, ``root-cause``, ``no-abuse`` or ``abuse-unknown``."""

    what: str
    text: str
    v: int = 1


@stored("redacted")
@dataclass(frozen=True)
class Redacted:
    """Two people have taken people's words out of an event: `cut` stands in its place from here on. The event's own
    data and salt are gone from the log.
    """

    cut: Cut
    reason: str
    proposer: str
    v: int = 1


@stored("message-kept")
@dataclass(frozen=True)
class MessageKept:
    """A message of Slack's, masked, as it stood at `ts` of `channel` when a person put it into the timeline;
    `responder` as of `NoteAdded`.
    """

    text: str
    author: str
    sent_at: datetime
    channel: str
    ts: str
    v: int = 1
    responder: bool = True


@stored("value-sighted")
@dataclass(frozen=True)
class ValueSighted:
    """A value of `secret` stands in a message of Slack's: ``leaked``, ``new`` or ``earlier``. With a `source`
    (``github``) it stands in what that reported as `place` (``acme/app#7``). With ``comparison`` a person has compared
    the leaked value with the one that the incident ends: it is ``leaked``, or ``another``. `responder` as of
    `NoteAdded`.
    """

    secret: str
    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""
    v: int = 1
    responder: bool = True


@stored("command-refused")
@dataclass(frozen=True)
class CommandRefused:
    """`reason` is a sentence for the person who asked: what was not done, why, who was there first."""

    command: str
    reason: str
    v: int = 1


@stored("notification-reminded")
@dataclass(frozen=True)
class NotificationReminded:
    """Nobody has recorded the decision on notification, `due` soon; `over`: the time has run out."""

    due: datetime
    over: bool
    v: int = 1


RecordByPerson = NoteAdded | FindingRecorded | Redacted | CommandRefused | MessageKept | ValueSighted
RecordByMachine = NotificationReminded
RecordEvent = RecordByPerson | RecordByMachine


# What can have happened to reminders.


@stored("reminded")
@dataclass(frozen=True)
class Reminded:
    """People were reminded of what was due `at` and is not done: `key` names it for good, `owner` is whose it is, empty
    where nobody has it, `legal` a deadline of the law or of a contract. `early`: that time has not come yet.
    """

    key: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False
    early: bool = False
    v: int = 1


RemindersEvent = Reminded


# What can have happened to the severity.


@stored("severity-set")
@dataclass(frozen=True)
class SeveritySet:
    severity: Severity
    reason: str
    v: int = 1


SeverityByPerson = SeveritySet
SeverityEvent = SeverityByPerson


# What can have happened to steps and tasks.


@stored("step-started")
@dataclass(frozen=True)
class StepStarted:
    step: str
    v: int = 1


@stored("step-done")
@dataclass(frozen=True)
class StepDone:
    step: str
    v: int = 1


@stored("step-skipped")
@dataclass(frozen=True)
class StepSkipped:
    step: str
    reason: str
    v: int = 1


@stored("task-added")
@dataclass(frozen=True)
class TaskAdded:
    task: str
    title: str
    owner: str
    due: datetime | None = None
    step: str = ""
    v: int = 1


@stored("task-changed")
@dataclass(frozen=True)
class TaskChanged:
    """`owner` and `due` as they are from here on."""

    task: str
    owner: str
    due: datetime | None
    reason: str
    v: int = 1


@stored("task-done")
@dataclass(frozen=True)
class TaskDone:
    task: str
    v: int = 1


@stored("task-declined")
@dataclass(frozen=True)
class TaskDeclined:
    task: str
    reason: str
    v: int = 1


StepsByPerson = StepStarted | StepDone | StepSkipped | TaskAdded | TaskChanged | TaskDone | TaskDeclined
StepsEvent = StepsByPerson


# What can have happened to roles.


@stored("role-offered")
@dataclass(frozen=True)
class RoleOffered:
    role: Role
    to: str
    note: str = ""
    v: int = 1


@stored("role-accepted")
@dataclass(frozen=True)
class RoleAccepted:
    """By whoever has it from now on; `before` is who had it, empty: nobody."""

    role: Role
    before: str = ""
    v: int = 1


@stored("role-declined")
@dataclass(frozen=True)
class RoleDeclined:
    """`by_giver`: whoever offered it has taken the offer back."""

    role: Role
    reason: str
    by_giver: bool = False
    v: int = 1


@stored("role-taken")
@dataclass(frozen=True)
class RoleTaken:
    """By whoever has it from now on, without an offer."""

    role: Role
    reason: str
    before: str = ""
    v: int = 1


TeamByPerson = RoleOffered | RoleAccepted | RoleDeclined | RoleTaken
TeamEvent = TeamByPerson


# What can have happened between the incident and the tracker.


@stored("tracker-told")
@dataclass(frozen=True)
class TrackerTold:
    """The tracker knows of event `seq`, by which a task was made, changed or ended. `gone`: there is none any more."""

    claim: int
    seq: int
    gone: bool = False
    v: int = 1


TrackerOutcome = TrackerTold
TrackerEvent = TrackerOutcome


# What can have happened to trust.


@stored("trust-changed")
@dataclass(frozen=True)
class TrustChanged:
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
    v: int = 1


@stored("command-proven")
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


TrustByPerson = CommandProven
TrustByMachine = TrustChanged
TrustEvent = TrustByPerson | TrustByMachine


# What can have happened to status updates.


@stored("update-drafted")
@dataclass(frozen=True)
class UpdateDrafted:
    """Draft `number` for the audience, out of its template. `milestone`: what it tells, empty for one that is merely
    due; `tells`: since when each milestone stands that it covers. `released`: nobody has to look at it first.
    """

    claim: int
    audience: str
    number: int
    milestone: str
    text: str
    tells: Mapping[str, datetime]
    released: bool = False
    v: int = 1


@stored("update-released")
@dataclass(frozen=True)
class UpdateReleased:
    """By whoever lets it go out: `text` is what is sent, `edited` that it is not what the template said."""

    audience: str
    number: int
    text: str
    edited: bool = False
    v: int = 1


@stored("update-skipped")
@dataclass(frozen=True)
class UpdateSkipped:
    """A person decided that it does not go out, or not to those of whom the bot said that nobody can tell them."""

    audience: str
    number: int
    reason: str
    v: int = 1


@stored("update-sent")
@dataclass(frozen=True)
class UpdateSent:
    """`target` has it: a channel's id, or ``@`` and a secret's owner. `missing` says why nobody could be told there."""

    claim: int
    audience: str
    number: int
    target: str
    missing: str = ""
    v: int = 1


UpdatesByPerson = UpdateReleased | UpdateSkipped
UpdatesOutcome = UpdateDrafted | UpdateSent
UpdatesEvent = UpdatesByPerson | UpdatesOutcome


# What can have happened to the lanes.


@stored("operation-retried")
@dataclass(frozen=True)
class OperationRetried:
    lane: Lane
    v: int = 1


@stored("operation-started")
@dataclass(frozen=True)
class OperationStarted:
    claim: Claim
    v: int = 1


@stored("operation-failed")
@dataclass(frozen=True)
class OperationFailed:
    """`retry_at` None: failed for good, a person presses retry. `consumer` is what could not be refreshed, where that
    is no Lambda function.
    """

    claim: int
    op: Op
    error: str
    message: str
    retry_at: datetime | None
    v: int = 1
    consumer: str = ""


@stored("operation-yielded")
@dataclass(frozen=True)
class OperationYielded:
    """Handed back unfinished and without blame: the worker was asked to stop, or has to wait for something."""

    claim: int
    op: Op
    retry_at: datetime
    v: int = 1


@stored("claim-lost")
@dataclass(frozen=True)
class ClaimLost:
    """The worker that held the claim is gone; its call may still act."""

    claim: int
    op: Op
    lane: Lane
    v: int = 1


@stored("outcome-refused")
@dataclass(frozen=True)
class OutcomeRefused:
    """An outcome came after its claim had been lost. What it may have made is swept up."""

    claim: int
    op: Op
    lane: Lane
    v: int = 1


@stored("records-lost")
@dataclass(frozen=True)
class RecordsLost:
    """The log was cut off behind the event before this one. `head` (``SEQ:DIGEST``) is the newest event that the worker
    had read, empty where the log was made again from the backup of `backup_at`. What was done since is looked for at
    the providers; what people said since is gone, so no consent to a kill that has not been made counts any more.
    """

    head: str = ""
    backup_at: datetime | None = None
    v: int = 1


WorkByPerson = OperationRetried
WorkByMachine = OperationStarted | ClaimLost | OutcomeRefused | RecordsLost
WorkOutcome = OperationFailed | OperationYielded
WorkEvent = WorkByPerson | WorkByMachine | WorkOutcome


PersonEvent = (
    DeclarationByPerson
    | OldValueByPerson
    | NewValueByPerson
    | OverlapByPerson
    | ApprovalByPerson
    | AccessByPerson
    | StepsByPerson
    | TeamByPerson
    | UpdatesByPerson
    | RecordByPerson
    | PagingByPerson
    | ObligationsByPerson
    | SeverityByPerson
    | ClosingByPerson
    | NarrativeByPerson
    | TrustByPerson
    | DepartureByPerson
    | HandoverByPerson
    | WorkByPerson
)
Outcome = (
    OldValueOutcome
    | NewValueOutcome
    | ConsumersEvent
    | OverlapOutcome
    | AccessOutcome
    | DepartureOutcome
    | PagingOutcome
    | ClosingOutcome
    | UpdatesOutcome
    | TrackerOutcome
    | WorkOutcome
)
MachineEvent = (
    OldValueByMachine
    | OverlapByMachine
    | ApprovalByMachine
    | PagingByMachine
    | RemindersEvent
    | RecordByMachine
    | TrustByMachine
    | HandoverByMachine
    | WorkByMachine
    | Outcome
)
Event = PersonEvent | MachineEvent
PeoplesDecision = (
    KillRequested
    | StrategyChosen
    | GlassBroken
    | GlassReviewed
    | PlanApproved
    | PlanRejected
    | ProposalApproved
    | ProposalRejected
    | DepartureAgreed
    | DeathAttested
    | CandidateChosen
    | ValueAllowed
    | ValueRefused
    | RollBackRequested
    | AbuseRecorded
    | CopySettled
    | ReaderAccounted
    | RoleAccepted
    | RoleTaken
    | StepSkipped
    | FindingRecorded
    | NoticeDecided
    | SeveritySet
    | IncidentClosed
    | IncidentReopened
)
"""By which a person decided something. Whoever tells of decisions leaves out by name what it tells elsewhere."""

OUTCOMES = members(Outcome)
KINDS: Mapping[str, type] = by_name(Event)
"""By the names under which logs hold them."""


def kind_of(event: Event | type) -> str:
    """The stored name of an event's kind: ``incident-declared``."""
    return stored_name(event if isinstance(event, type) else type(event))


Recorded = Entry[Event]
"""An event as it stands in the log of an incident."""
