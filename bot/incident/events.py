"""The events of an incident: a closed list of facts in the past tense, subject by subject.

Each is stored as its kind (`kind_of`) and canonical JSON of its fields, with who and when beside it.

`rights` are the person's at that time, for acts that count as consent to a revocation: an event without them consents
to nothing.

Imported as one vocabulary: `from bot.incident import events as e`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from bot.incident.lanes import Lane
from bot.incident.model import (
    Accepted,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    NoticeOutcome,
    PageAction,
    ReaderOutcome,
    Right,
    Strategy,
    Target,
)
from bot.incident.operations import Claim, Op
from bot.incident.state import Handed
from bot.incident.stored import Fact, by_name, members, stored_name
from bot.incident.told import Begun
from bot.model.codec import Recorded as Entry
from bot.model.departures import Leaver, Reach
from bot.model.frozen import field
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.model.secrets import Consumer, SecretEntry
from bot.model.uses import UseSummary


class PeoplesDecision(Fact):
    """An event of a person's decision. A list of decisions leaves out by name the ones that it shows elsewhere."""


class OfSecret(Fact):
    """An event of one secret."""

    secret: str


class Result(Fact):
    """The end of an operation of the machine, under the number of its claim."""

    claim: int


class ResultOfSecret(Result):
    """The end of an operation on one secret."""

    secret: str


# What can have happened to what may outlive the dead key.


class CheckEnded(OfSecret, stored="check-ended"):
    """Someone looked for what may outlive the key: nothing was there, or it has been removed. `late`: the incident was
    closed by then, over this check.
    """

    item: str
    outcome: CheckOutcome
    note: str = ""
    late: bool = False


class CopySettled(PeoplesDecision, OfSecret, stored="copy-settled"):
    """Someone has updated or purged a copy of the secret, or accepts that the old key stays in it."""

    copy: str
    outcome: CopyOutcome
    note: str = ""


class ReaderAccounted(PeoplesDecision, stored="reader-accounted"):
    """A person says whose reads of the leaked keys `principal`'s were, or that no one can."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""


class SiblingsSeen(ResultOfSecret, stored="siblings-seen"):
    """Other secrets of the same provider, before the revocation (`after` False) or after it: none may die with it."""

    after: bool
    probes: tuple[Probe, ...]


class UsageRead(ResultOfSecret, stored="usage-read"):
    """The readers. `truncated`: the search stopped early. `dropped` counts reads that are not kept; each of their
    readers has another one. `ours`: why all reads of a principal are ours, by principal.
    """

    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    dropped: int = 0
    ours: Mapping[str, str] = field(default_factory=dict)


class AccessInspected(ResultOfSecret, stored="access-inspected"):
    """The machine's reading of checks: `items` were read, `found` is newer than `since`. Only a few are kept for each
    item; `cut` counts the others.
    """

    since: datetime
    items: tuple[str, ...]
    found: tuple[Leftover, ...]
    cut: int = 0


class KeyLookedUp(ResultOfSecret, stored="key-looked-up"):
    """What the leaked AWS key `secret`, with this id, can do: of the incident's secrets `asked`, it can read `reads`;
    of the catalog's others `beyond`, each with its parameter; it may do `actions`. `unknown`: why maybe more; `limits`:
    what the organization's policies take from the actions.
    """

    key_id: str
    asked: tuple[str, ...]
    reads: tuple[str, ...]
    unknown: str = ""
    actions: tuple[str, ...] = ()
    beyond: Mapping[str, str] = field(default_factory=dict)
    limits: str = ""


class UseLookedUp(ResultOfSecret, stored="use-looked-up"):
    """How the leaked key was used. All single uses are JSON lines in the file `rows`, whose SHA-256 is `digest`; both
    are empty where nothing was found. `runs`: by role in which it opened sessions, the catalogued consumers with it.
    """

    found: UseSummary
    rows: str = ""
    digest: str = ""
    runs: Mapping[str, tuple[Consumer, ...]] = field(default_factory=dict)


class DenyAgreed(PeoplesDecision, stored="deny-agreed"):
    """Two people want the role's sessions denied that were opened before `until`, and these consumers refreshed after.
    `secret` is the leaked key that opened some.
    """

    said = "agreed to {proposer}'s proposal: end the sessions of role {role} opened before {until:%Y-%m-%d %H:%M} UTC"

    role: str
    secret: str
    until: datetime
    consumers: tuple[Consumer, ...]
    proposer: str


class DenyLifted(PeoplesDecision, stored="deny-lifted"):
    said = "wants the deny of role {role} removed: {reason}"

    role: str
    reason: str


class DenySeen(Result, stored="deny-seen"):
    """The bot has seen the role's policy with this time, or, without one, that it is gone."""

    role: str
    until: datetime | None


AccessEvent = (
    CheckEnded | CopySettled | ReaderAccounted | UsageRead | AccessInspected | SiblingsSeen | KeyLookedUp | UseLookedUp
    | DenyAgreed | DenyLifted | DenySeen
)  # fmt: skip


# What can have happened to consent to kills and proposals.


class KillRequested(PeoplesDecision, OfSecret, stored="kill-requested"):
    """`slot`: it uses one of the revocations that one responder each may decide in this environment. `plan` is the
    digest of the plan that it consents to.
    """

    said = "decided to revoke the old key of {secret} now"

    slot: bool = False
    plan: str = ""
    rights: tuple[Right, ...] = ()


class GlassBroken(PeoplesDecision, stored="glass-broken"):
    """A revocation without the second person; it only revokes."""

    secrets: tuple[str, ...]
    reason: str


class GlassReviewed(PeoplesDecision, stored="glass-reviewed"):
    """Another person has looked at why the glass was broken for these."""

    secrets: tuple[str, ...]
    verdict: str


class GlassOffered(Fact, stored="glass-offered"):
    """The request for approval of these was unanswered for so long that breaking the glass is offered."""

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
    """Just before the revocation, a person whose consent it needed no longer had the right: it was not made."""

    said = "did not revoke {secret}: {name}'s consent no longer counts. {reason}"

    kind: ConsentKind
    name: str
    reason: str


class ProposalMade(Fact, stored="proposal-made"):
    """An act other than a revocation that needs a second person: `what` is named as in `proposals.py`, for the events
    in `cuts`. `items` are the keys of everything that a closure accepts, `details` what was bad about it then.
    """

    number: int
    what: str
    subject: str
    reason: str
    until: datetime
    rights: tuple[Right, ...] = ()
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


class ProposalApproved(PeoplesDecision, stored="proposal-approved"):
    said = "agreed to proposal {number}"

    number: int


class ProposalRejected(PeoplesDecision, stored="proposal-rejected"):
    said = "rejected proposal {number}: {reason}"

    number: int
    reason: str


ApprovalEvent = (
    KillRequested | GlassBroken | GlassReviewed | PlanApproved | PlanRejected | ProposalMade | ProposalApproved
    | ProposalRejected | ApprovalRequested | ApprovalExpired | GlassOffered | ConsentWithdrawn
)  # fmt: skip


# What can have happened to report, close and reopening.


class ReportRequested(Fact, stored="report-requested"):
    """Someone wants the report as of now."""

    said = "asked for the report"


class IncidentClosed(PeoplesDecision, stored="incident-closed"):
    """`items` were open and accepted by name; `reason` says why. `proposer` proposed the close if the actor is the
    second person, who agreed; empty if none was needed.
    """

    reason: str = ""
    items: tuple[Accepted, ...] = ()
    proposer: str = ""


class IncidentReopened(PeoplesDecision, stored="incident-reopened"):
    reason: str


class ReportWritten(Result, stored="report-written"):
    """`head` is the `seq:digest` of the log at that time; `digest` the file's SHA-256. `withheld` counts lines that
    were left out because of a secret. `html` is the same report as a page, if there is one. `deliver` names its further
    destinations, by this worker's settings: ``slack``, ``s3``.
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
    """The report has arrived at `place`, a link or an address. `covers` is that of the report; `digest` the SHA-256 of
    the delivered document.
    """

    to: str
    place: str
    digest: str
    covers: int


ClosingEvent = ReportRequested | IncidentClosed | IncidentReopened | ReportWritten | DecisionRecorded | ReportDelivered


# Events of the consumers of the value.


class FunctionRefreshed(Result, stored="function-refreshed"):
    function: str
    versions: Mapping[str, int]
    complete: bool
    detail: str


class ValueLive(ResultOfSecret, stored="value-live"):
    """The new key is what consumers read, it is accepted, and none of them refuses it; `confirmed` False where one
    could not be asked, or refuses it `as_before` the new key was put in place, which says nothing of it.
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
    """Consumers read the new key and it is accepted, but these report that they are unhealthy: it is not live."""

    consumers: tuple[str, ...]
    detail: str
    as_before: tuple[str, ...] = ()


ConsumersEvent = FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing


# What can have happened to the declaration.


class IncidentDeclared(Begun, stored="incident-declared", kw_only=True):
    """`leaver` is set for a departure."""

    said: ClassVar[str] = ""

    incident: str
    leaver: Leaver | None = None
    v: int = 1


class SecretAdded(Fact, stored="secret-added"):
    """`replace` False: an older version leaked, and the current value is left alone unless someone asks for it."""

    secret: SecretEntry
    target: Target
    strategy: Strategy
    reason: str
    replace: bool
    rights: tuple[Right, ...] = ()


DeclarationEvent = IncidentDeclared | SecretAdded


# What can have happened in a departure.


class DepartureAgreed(PeoplesDecision, stored="departure-agreed"):
    """A second person has agreed that these secrets are rotated since someone leaves."""

    secrets: tuple[str, ...]
    rights: tuple[Right, ...] = ()


class LeaverLookedUp(Result, stored="leaver-looked-up"):
    """What the leaver's principal read and can read. `secrets` were looked up; `reaches` are the secrets of the
    environment that it read or can read, in this run or not. `unknown` says what could not be found out, and why.
    """

    secrets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    unknown: tuple[str, ...] = ()
    grants_known: bool = True


DepartureEvent = DepartureAgreed | LeaverLookedUp


# What can have happened between a run, or a duplicate, and the incident that took it over.


class HandedOver(Fact, stored="handed-over"):
    """To the run: these secrets leaked, and `incident` deals with them. The run does nothing more about them;
    unfinished work (`void` are the numbers of its claims) continues there.
    """

    incident: str
    secrets: tuple[str, ...]
    void: tuple[int, ...] = ()
    reason: str = ""


class TakenOver(OfSecret, stored="taken-over"):
    """To the incident: what the run knew of one secret. Follows its `secret-added`."""

    known: Handed


class LateOutcomeNoted(OfSecret, stored="late-outcome-noted"):
    """To the incident: an operation of the run ended after the handover; anything that it made is cleaned up."""

    run: str
    op: Op


HandoverEvent = HandedOver | TakenOver | LateOutcomeNoted


# What can have happened to the report's words.


class NarrativeWritten(Fact, stored="narrative-written"):
    """`part` is ``summary`` or ``lessons``; impact and root cause are findings."""

    said = "wrote the report's {part}: {text}"

    part: str
    text: str


class ReportSigned(Fact, stored="report-signed"):
    """A person signs the report with these SHA-256, which covers the events up to `covers`."""

    said = "signed the report of events 1 to {covers}, SHA-256 {digest}"

    digest: str
    html_digest: str
    covers: int


NarrativeEvent = NarrativeWritten | ReportSigned


# What can have happened to the replacement.


class ReplacementAsked(OfSecret, stored="replacement-asked"):
    """An older version leaked; someone wants the current one replaced anyway."""

    said = "asked to replace the current key of {secret} too"

    rights: tuple[Right, ...] = ()


class ScopesChosen(OfSecret, stored="scopes-chosen"):
    scopes: tuple[str, ...]


class SubmissionAnnounced(OfSecret, stored="submission-announced"):
    """A person has put a new key into the inbox parameter; the worker takes it from there. `called_for`: people had
    been paged for what it solves, and are informed.
    """

    said = "submitted a new key for {secret}"

    inbox: str
    rights: tuple[Right, ...] = ()
    called_for: bool = False


class ValueAllowed(PeoplesDecision, OfSecret, stored="value-allowed"):
    """A new key that waited is put to use: `account` although it may be another account's, `readers` although
    these may read it there: leaked AWS keys by the names of their secrets, unexplained principals by their ARNs.
    """

    fingerprint: str
    reason: str
    account: bool
    readers: tuple[str, ...] = ()


class ValueRefused(PeoplesDecision, OfSecret, stored="value-refused"):
    """A person will not have this value put to use, which another person brought."""

    said = "refused the new key {fingerprint} of {secret}: {reason}"

    fingerprint: str
    reason: str


class ScopesRead(ResultOfSecret, stored="scopes-read"):
    said = "read the scopes of {secret}"

    snapshot: Snapshot


class OrphansFound(ResultOfSecret, stored="orphans-found"):
    """Keys that nothing recorded. From now on they are orphans: never adopted, ended next. `made_room` is the id of
    another key of the provider's that was deleted for one of them to have a place.
    """

    keys: tuple[str, ...]
    made_room: str = ""


class OrphanEnded(ResultOfSecret, stored="orphan-ended"):
    said = "revoked unused key {key} of {secret}"

    key: str


class ValueStaged(ResultOfSecret, stored="value-staged"):
    """A new key is at `staged`. `name` is the key's name at the provider; `source` issue, install or person.
    `made_room` is the id of another key at the provider that was deleted to make room.
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

    said = "rejected the new key of {secret}: {reason}"

    reason: str


class ValueVerified(ResultOfSecret, stored="value-verified"):
    """`unwell` are the consumers whose health URL refused while they still read the old key; `untold` is the old
    value's account if the account of a submitted new one is unknown.
    """

    said = "verified the new key of {secret}: {detail}"

    detail: str
    unwell: tuple[str, ...] = ()
    untold: str = ""


class ValuePromoted(ResultOfSecret, stored="value-promoted"):
    """`versions` maps each parameter to the version that now holds the new key."""

    versions: Mapping[str, int]


class Swept(ResultOfSecret, stored="swept"):
    """`made_room` is the id of a key that was deleted for one to have a place that was never made."""

    made_room: str = ""


class Unstaged(ResultOfSecret, stored="unstaged"):
    """`old` tells whether the staged old key was deleted, or the staged new ones."""

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


# What can have happened to the leaked key.


class PersonAwaited(Fact, stored="person-awaited"):
    """These leaked keys still work, and need a person to revoke them: people were reminded."""

    secrets: tuple[str, ...]


class DeathAttested(PeoplesDecision, OfSecret, stored="death-attested"):
    said = "vouched that the old key of {secret} is dead: {reason}"

    reason: str


class CandidateChosen(PeoplesDecision, OfSecret, stored="candidate-chosen"):
    """Which of several keys at the provider the leaked key is."""

    key_id: str
    rights: tuple[Right, ...] = ()


class RevokedByPerson(OfSecret, stored="revoked-by-person"):
    """Someone says that they revoked the leaked key in the provider's console."""

    said = "reported the old key of {secret} as revoked in the provider's console (a claim)"


class OldCaptured(ResultOfSecret, stored="old-captured"):
    """The leaked key is pinned: `versions` are the parameters' versions that hold it, `candidates` the keys at the
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
    """Its beginning and last characters, as consoles show them, for a known form; never more."""
    shared: tuple[str, ...] = ()
    """The other secrets with this very value now: ``openai-batch (production)``. Revoking it here revokes it there."""


class SnapshotTaken(ResultOfSecret, stored="snapshot-taken"):
    """`missing` says what could not be read; `probe` is the look at the old key that may serve as baseline."""

    snapshot: Snapshot
    missing: str
    probe: Probe


class LastUseRead(ResultOfSecret, stored="last-use-read"):
    """The provider's time of the old key's last use, asked before a revocation; None: it did not say. `missing` is why
    it could not be asked.
    """

    used_at: datetime | None
    missing: str = ""


class AccessRevoked(ResultOfSecret, stored="access-revoked"):
    """The provider said that it revoked the key. That proves nothing yet."""

    said = "revoked the old key of {secret}: {detail}. Not confirmed yet"

    detail: str


class RevocationNeedsOwner(ResultOfSecret, stored="revocation-needs-owner"):
    """The provider does not revoke the key alone: nothing was revoked, and another plan is needed."""

    owner: Owner


class OldProbed(ResultOfSecret, stored="old-probed"):
    probe: Probe
    control: Probe | None = None
    bystanders: tuple[Probe, ...] = ()
    standing: tuple[str, ...] = ()
    """After the close: parameters whose current version is the old key."""


class OldProvenDead(OfSecret, stored="old-proven-dead"):
    """Follows the probe that completed the proof. `contained_at` is the first refusal of its run."""

    contained_at: datetime


class OldValueReappeared(OfSecret, stored="old-value-reappeared"):
    """After the close, the old key is the current version of these parameters again: a backup or an old deployment
    has brought it back.
    """

    parameters: tuple[str, ...]


class ContainmentOverdue(OfSecret, stored="containment-overdue"):
    """The provider reported the revocation, and the value is still not dead after `retry_for`."""

    said = "cannot confirm that the old key of {secret} is dead, long after it was revoked"


class OwnCredentialConcerned(OfSecret, stored="own-credential-concerned"):
    """Follows the capture: the leaked key is one that the bot itself works with. `settings` name where."""

    settings: tuple[str, ...]


class OldDeleted(ResultOfSecret, stored="old-deleted"):
    """The switched-off key was deleted for good: it is no longer needed as evidence."""

    said = "deleted the switched-off old key of {secret}: {detail}"

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


class AbuseRecorded(PeoplesDecision, OfSecret, stored="abuse-recorded"):
    """Someone was seen using the leaked key, so nothing delays its revocation now."""

    said = "recorded ABUSE of the leaked key of {secret}: {text}"

    text: str


class RollBackRequested(PeoplesDecision, OfSecret, stored="roll-back-requested"):
    """The leaked key, which still works, is to be put back in the new one's place."""

    said = "asked to roll {secret} back to the OLD key, which still works: {reason}"

    reason: str


class RolledBack(ResultOfSecret, stored="rolled-back"):
    """`versions` maps each parameter to the version that holds the leaked key again."""

    versions: Mapping[str, int]


class RollBackRefused(ResultOfSecret, stored="roll-back-refused"):
    """The old key no longer works: it was not put back, and the new one is put in place again."""

    said = "did not roll {secret} back: its old key is no longer accepted ({detail}). Puts the new one back in place"

    detail: str


class OverlapHeld(OfSecret, stored="overlap-held"):
    """The time of an overlap is over, and the old key still works: these copies are not answered, or part of these
    functions' traffic may still read it.
    """

    copies: tuple[str, ...]
    readers: tuple[str, ...] = ()


class RollBackOverdue(OfSecret, stored="roll-back-overdue"):
    """The leaked key was put back in place, in part or all, and has not been replaced or revoked within the hour."""

    said = "found the OLD key of {secret} still in use, an hour after it was put back"


OverlapEvent = (
    StrategyChosen | AbuseRecorded | RollBackRequested | OverlapHeld | RollBackOverdue
    | RolledBack | RollBackRefused
)  # fmt: skip


# What can have happened to pagers and the channel.


class ChannelOpened(Result, stored="channel-opened"):
    said = "opened the incident's channel"

    channel: str
    url: str


class ChannelLost(Fact, stored="channel-lost"):
    """The incident's channel accepts no messages now; `reason` says what happened to it. Another one is opened."""

    said = "lost the incident's channel, which {reason}; opens another while the incident is open"

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

    said = "paged on-call again: {reason}"

    reason: str


PagingEvent = PagedAgain | ChannelLost | ChannelOpened | PageSent


# What can have happened to the record.


class NoteAdded(Fact, stored="note-added"):
    """`responder`: whether its author may respond, and so acknowledges the page by it."""

    said = "noted: {text}"

    text: str
    responder: bool = True


class CounselNoted(Fact, stored="counsel-noted"):
    """A note that only counsel and the incident's commander read: no sentence, document or message has its text."""

    said = "wrote a note for counsel and the commander"

    text: str


class FindingRecorded(PeoplesDecision, stored="finding-recorded"):
    """`what` is ``finding``, ``impact``, ``root-cause``, ``no-abuse`` or ``abuse-unknown``."""

    what: str
    text: str


class Redacted(Fact, stored="redacted"):
    """Two people have removed people's words from an event: `cut` replaces it from here on. The event's own data and
    salt are gone from the log.
    """

    cut: Cut
    reason: str
    proposer: str


class ValueSighted(OfSecret, stored="value-sighted"):
    """A Slack message contains a value of `secret`: ``leaked``, ``new`` or ``earlier``. With a `source` (``github``) it
    is in what that reported as `place` (``acme/app#7``). With ``comparison`` a person has compared the leaked key
    with the incident's: it is ``leaked``, or ``another``. `responder` as for `NoteAdded`.
    """

    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""
    responder: bool = True


class CommandRefused(Fact, stored="command-refused"):
    """`reason` is a sentence for the author: what was not done, why, who was there first."""

    command: str
    reason: str


RecordEvent = (
    NoteAdded | CounselNoted | FindingRecorded | Redacted | CommandRefused | ValueSighted
)  # fmt: skip


# What can have happened to reminders.


class Reminded(Fact, stored="reminded"):
    """People were reminded of an open duty due `at`: `key` names it permanently, `owner` is the person, empty if it has
    none, `legal` a deadline of the law or of a contract. `early`: that time has not come yet.
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
    said = "held ALL revocations: {reason}"

    reason: str


class RevocationsResumed(PeoplesDecision, stored="revocations-resumed"):
    """`proposer` proposed it with `reason`; another person has agreed."""

    said = "agreed with {proposer} to resume revocations: {reason}"

    reason: str
    proposer: str


class EvidenceHeld(PeoplesDecision, stored="evidence-held"):
    """A legal hold on evidence is set, or lifted."""

    reason: str
    held: bool


HoldEvent = RevocationsHeld | RevocationsResumed | EvidenceHeld


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
    """By the person who has it from now on; `before` is the previous one, empty if there was none."""

    before: str = ""


class RoleDeclined(Fact, stored="role-declined"):
    """`by_giver`: the person who offered it has withdrawn the offer."""

    reason: str
    by_giver: bool = False


class RoleTaken(PeoplesDecision, stored="role-taken"):
    """By the person who has it from now on, without an offer."""

    reason: str
    before: str = ""


TeamEvent = RoleOffered | RoleAccepted | RoleDeclined | RoleTaken


# What can have happened to what is done by hand.


class TodoTaken(Fact, stored="todo-taken"):
    """Someone does what is to be done by hand: `todo` is its id. `before` had taken it until then."""

    todo: str
    before: str = ""


class TodoReturned(Fact, stored="todo-returned"):
    """Who had taken it does not do it."""

    todo: str


TakingEvent = TodoTaken | TodoReturned


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
    """Follows the events of a command whose proof can be checked again later (``ssh``, with its signature), or that had
    none (``at-worker``, ``none``): `statement` has the rest of what was signed. For ``slack`` it records only that
    Slack's front has vouched: if that loses trust, such consent is void.
    """

    proof: str
    statement: Mapping[str, str]
    signature: str = ""


TrustEvent = CommandProven | TrustChanged


# What can have happened to status updates.


class UpdateDrafted(Result, stored="update-drafted"):
    """Draft `number` for the audience, from its template. `milestone`: what it reports, empty for one that is merely
    due; `tells`: since when each reported milestone is true. `released`: it needs no preview. `figures` are what it
    counts: once they change, another draft corrects it.
    """

    audience: str
    number: int
    milestone: str
    text: str
    tells: Mapping[str, datetime]
    released: bool = False
    figures: str = ""


class UpdateReleased(Fact, stored="update-released"):
    """By the person who sends it: `text` is sent, `edited` if it differs from the template's."""

    audience: str
    number: int
    text: str
    edited: bool = False


class UpdateSkipped(Fact, stored="update-skipped"):
    """A person decided not to send it, or not to people whom the bot cannot reach."""

    audience: str
    number: int
    reason: str


class UpdateSent(Result, stored="update-sent"):
    """`target` has it: a channel's id, or ``@`` and a secret's owner. `missing` says why they could not be reached."""

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
    """`retry_at` None: failed for good, a person presses retry."""

    op: Op
    error: str
    message: str
    retry_at: datetime | None


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
    """The log was cut off after the event before this one. `head` (``SEQ:DIGEST``) is the newest event that the worker
    had read, empty if the log was restored from the backup of `backup_at`. Later work is looked for at the providers;
    people's later words are lost, so consents to revocations not yet made are void.
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
    | RecordEvent | RemindersEvent | StepsEvent | TakingEvent | TeamEvent | TrustEvent | UpdatesEvent
    | WorkEvent
)  # fmt: skip
Outcome = (
    OldCaptured | SnapshotTaken | LastUseRead | AccessRevoked | RevocationNeedsOwner | OldProbed | OldDeleted
    | ScopesRead | OrphansFound | OrphanEnded | ValueStaged | ValueRejected | ValueVerified | ValuePromoted | Swept
    | Unstaged | FunctionRefreshed | ValueLive | ConsumersAsked | ConsumersFailing | RolledBack | RollBackRefused
    | UsageRead | AccessInspected | SiblingsSeen | KeyLookedUp | UseLookedUp | DenySeen | LeaverLookedUp | ChannelOpened
    | PageSent | ReportWritten | DecisionRecorded | ReportDelivered | UpdateDrafted | UpdateSent | OperationFailed
    | OperationYielded
)  # fmt: skip
OUTCOMES = members(Outcome)
KINDS: Mapping[str, type] = by_name(Event)
"""By the names under which logs hold them."""


def kind_of(event: Event | type) -> str:
    """The stored name of an event's kind: ``incident-declared``."""
    return stored_name(event if isinstance(event, type) else type(event))


Recorded = Entry[Event]
"""An event as the log of an incident has it."""
