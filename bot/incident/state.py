"""An incident as its events have made it. Everything derives from the log; there is no flag beside it.

What is known of each subject comes first; the incident as a whole stands at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.incident.lanes import Lane
from bot.incident.model import (
    EARLIER,
    Accepted,
    Access,
    By,
    CheckOutcome,
    ConsentKind,
    CopyOutcome,
    Cut,
    IfFailing,
    LeftAlone,
    New,
    NoticeOutcome,
    Old,
    PageAction,
    ReaderOutcome,
    Right,
    Severity,
    StepState,
    Strategy,
    Target,
    TargetKind,
    Worse,
)
from bot.incident.operations import Claim, Failure, Op
from bot.incident.run_kinds import TRAITS, RunTraits
from bot.incident.two_people import lacking
from bot.model.capabilities import Makes, RevokedBy
from bot.model.departures import Leaver, Reach
from bot.model.keys import NONE_OF_THESE, KeyRef, Leftover, Owner, Snapshot
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook, PlaybookStep, RunKind
from bot.model.probes import Probe
from bot.model.secrets import ByHand, Copy, SecretEntry
from bot.model.timings import Timings

# What is known of what may outlive the dead key.


@dataclass(frozen=True)
class Check:
    """One item of the checklist: `found` is what the machine last saw there, `ended` who settled it (the bot, where it
    read that nothing is there), `settled` the ids of what was seen by then.
    """

    item: str
    sentence: str
    found: tuple[Leftover, ...] = ()
    read_at: datetime | None = None
    outcome: CheckOutcome | None = None
    ended: By | None = None
    note: str = ""
    settled: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        return self.ended is None


@dataclass(frozen=True)
class CopyState:
    """A copy of the secret, and what somebody says became of it. `updated_to` is the fingerprint of the new value that
    it was updated to, kept where that was rolled back since: then it is open again, and may have it still.
    """

    copy: Copy
    outcome: CopyOutcome | None = None
    settled: By | None = None
    note: str = ""
    updated_to: str = ""

    @property
    def open(self) -> bool:
        return self.settled is None


@dataclass(frozen=True)
class Siblings:
    """What is known of the secret's siblings: `alive` were accepted before the revocation, `looks` came after it."""

    seen_at: datetime | None = None
    alive: frozenset[str] = frozenset()
    looks: int = 0


@dataclass(frozen=True)
class Reader:
    """What somebody says of the reads of one principal. `settled_at`: since when it is answered for, or can read no
    more, whatever was corrected since; None while neither is so.
    """

    outcome: ReaderOutcome
    by: By
    note: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True)
class UsageState:
    """The last reading of who read the parameter; the whole of it stands in the log. `principals` are those of the
    looks before too: the history forgets, and a look that stops early has not seen that nobody did.
    """

    seq: int
    at: datetime
    source: str
    since: datetime
    until: datetime
    events: int
    by_bot: int
    principals: tuple[str, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    after_containment: bool
    dropped: int = 0


# What is known of consent to kills and proposals.


@dataclass(frozen=True)
class Consent:
    """A person's word that the old value may be killed, with the rights that they had when they gave it.

    `plan` is the digest of the plan that they saw; of whoever made it the first half, which says what is revoked and
    how: by that they stand, whatever else becomes of it. `until` is when it lapses, unless the plan has started before.
    """

    name: str
    at: datetime
    rights: frozenset[Right] = frozenset()
    plan: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Giver:
    """A person on whose word a kill rests; `rights` are those that they need for it."""

    name: str
    rights: frozenset[Right]


@dataclass(frozen=True)
class Basis:
    """What a kill may start on: whose word, complete since `at`. It lapses by itself at `until`. `entry` is the digest
    of the catalog's entry where that calls it auto, which is no person's word.
    """

    kind: ConsentKind
    givers: tuple[Giver, ...]
    at: datetime
    until: datetime | None = None
    entry: str = ""


@dataclass(frozen=True)
class Review:
    """What another person found about broken glass."""

    by: By
    verdict: str


@dataclass(frozen=True)
class ApprovalRequest:
    """A pending request for approval of the plans of several secrets."""

    plans: Mapping[str, str]
    until: datetime
    at: datetime


@dataclass(frozen=True)
class Proposal:
    """Something besides a kill that a second person must agree to."""

    number: int
    what: str
    subject: str
    reason: str
    by: str
    at: datetime
    until: datetime
    rights: frozenset[Right] = frozenset()
    """Of whoever made it, at that time."""
    if_failing: IfFailing = IfFailing.KEEP
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    """Keys of what is to be closed over, or the new key's rights."""
    details: tuple[str, ...] = ()
    """What was bad about that when it was proposed."""
    end: str = ""
    """Of a strategy: what was to be revoked, and how, when it was proposed (`end_of`)."""


# What is known of report, close and reopening.


@dataclass(frozen=True)
class Delivery:
    """Where a report is to arrive, or the entry of the decisions log. `covers` is that of the one that is wanted there,
    `arrived` that of the one that is there, `place` where.
    """

    wanted_at: datetime
    covers: int
    arrived: int = 0
    place: str = ""

    @property
    def owed(self) -> bool:
        return self.arrived < self.covers


@dataclass(frozen=True)
class Signature:
    """Who stands for which report: the SHA-256 of its two forms, and how far it goes. `seq` is the event's number."""

    by: By
    digest: str
    html_digest: str
    covers: int
    seq: int
    also: tuple[str, ...] = ()
    """Who signed the same one before."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.also, self.by.name)


@dataclass(frozen=True)
class Version:
    """The SHA-256 of a report's two forms."""

    digest: str
    html_digest: str


@dataclass(frozen=True)
class ReportState:
    requested_at: datetime | None = None
    path: str = ""
    digest: str = ""
    html: str = ""
    html_digest: str = ""
    head: str = ""
    covers: int = 0
    withheld: int = 0
    """Lines that the report does not show, because a secret stood in them."""
    written_at: datetime | None = None
    signed: Signature | None = None
    """The last signature; of the report as it is now, if the digests agree."""
    unshown_at: datetime | None = None
    """Since when the report's page does not show who has signed it; None if it does, or nobody has."""
    decisions: str = ""
    decisions_at: datetime | None = None
    kept: tuple[Version, ...] = ()
    """Those that stay, whatever is written later: what was signed, and what the decisions log names. None that may hold
    words that were taken out of the log since.
    """
    outdated: bool = False
    """Whether what is being written, the report or the entry, was begun before words were taken out of the log."""
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    """By where they go: ``slack``, ``s3``, ``github``."""

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed it as it is now."""
        return self.signed.names if self.signed is not None and self.signed.digest == self.digest else ()


def keeping(report: ReportState, version: Version, covers: int, redacted_seq: int) -> ReportState:
    """The report, of which this version stays, unless words were taken out of the log since."""
    if not version.digest or covers < redacted_seq or version in report.kept:
        return report
    return replace(report, kept=(*report.kept, version))


# What is known of those who read the value.


@dataclass(frozen=True)
class FunctionState:
    """A Lambda function's marker, and whether all its traffic takes it: as last seen, and first seen `refreshed_at`."""

    versions: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    detail: str = ""
    refreshed_at: datetime | None = None


# What is known of a departure.


@dataclass(frozen=True)
class Agreement:
    """The word of a second person on how one secret is rotated, with the rights that they had when they gave it. `plan`
    is what they agreed to, `makers` whose plan it was.
    """

    by: By
    rights: frozenset[Right]
    plan: tuple[Strategy, bool]
    makers: frozenset[str]


@dataclass(frozen=True)
class DepartureState:
    """`given` has, by the secret's name, who has agreed to its rotation so far. `looked_at` is when it was last looked
    up what the leaver can read; `asked` were secrets of this run then.
    """

    leaver: Leaver
    given: Mapping[str, tuple[Agreement, ...]] = field(default_factory=dict)
    looked_at: datetime | None = None
    asked: frozenset[str] = frozenset()
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    grants_known: bool = False

    @property
    def agreed(self) -> By | None:
        """Who agreed last, and when."""
        every = (one.by for given in self.given.values() for one in given)
        return max(every, key=lambda by: by.at, default=None)

    @property
    def who(self) -> str:
        """The name under which the leaver holds up a value: their principal's, or their own."""
        return self.leaver.principal or self.leaver.name


# What is known of the replacement.


@dataclass(frozen=True)
class NewValue:
    """What is known of the replacement."""

    wanted: bool = True
    name: str = ""
    key_id: str = ""
    fingerprint: str = ""
    staged: str = ""
    staged_at: datetime | None = None
    source: str = ""
    submitted_by: str = ""
    inbox: str = ""
    """Where one lies that a person has brought and nobody has taken yet."""
    taken_before: int = 0
    """How often one had been taken from an inbox before this one was announced: none of those is what lies there."""
    receiving: bool = False
    """Whether the last claim was one on what lies there. What was brought since is not."""
    rejected: str = ""
    held: bool = False
    """Nothing more is made or put in place before a person presses retry: a value that we had made ourselves was
    rejected, or the leaked value was put back in this one's place.
    """
    verified_at: datetime | None = None
    verified_detail: str = ""
    unwell_before: tuple[str, ...] = ()
    """Consumers that were not well before it was put in place: what they say with it says nothing of it."""
    untold: str = ""
    """The old value's account, where that of this one could not be told."""
    vouched: By | None = None
    """Who agreed, as the second person, to use it all the same."""
    readers_accepted: frozenset[str] = frozenset()
    """Leaked AWS keys and unexplained principals that may read it, as somebody has accepted."""
    promote_began_at: datetime | None = None
    """Since when it may stand in its parameters, whether or not that is known: the first write of it since it was
    staged, or since the leaked value was put back.
    """
    versions: Mapping[str, int] = field(default_factory=dict)
    promoted_at: datetime | None = None
    placed_at: datetime | None = None
    """When it was found accepted and what consumers read, however they are with it."""
    live_at: datetime | None = None
    """Since when no consumer refuses it; None while one does."""
    restored_at: datetime | None = None
    """Since when every consumer says that it is well with it."""
    confirmed: bool = False
    live_detail: str = ""
    asked_at: datetime | None = None
    """When the consumers were last asked whether they are well with it; None: they are to be asked."""
    failing: tuple[str, ...] = ()
    """Consumers that refuse it, by their own health."""
    failing_since: datetime | None = None
    blamed_at: datetime | None = None
    """Since when that is known to be about this very value: what fails with it lacked no other any more."""
    as_before: tuple[str, ...] = ()
    """Consumers that refuse it as they refused before it."""
    rolling_back: By | None = None
    """Who wants the leaked value back in its place, while that is not done."""
    roll_back_began_at: datetime | None = None
    """Since when the leaked value may stand in its place again, in some parameters or all: what was seen before says
    nothing of what serves. None once a look tells.
    """
    back_since: datetime | None = None
    """When the leaked value was put back in its place; None once a new value has been put in place."""
    overdue: bool = False
    """Whether people were woken because the leaked value, put back in part or all, still works after an hour."""
    standing: Mapping[str, int] = field(default_factory=dict)
    """What was put in place last, this value or the leaked one, by the version of each parameter; empty while nobody
    can tell, since another one is being written, or was in part.
    """
    began: Mapping[str, str] = field(default_factory=dict)
    """The new values that it was begun to put in place, by fingerprint, and where each was staged."""
    escalations: int = 0
    """How often people were woken because a leaked value is kept alive while consumers fail, and when last."""
    escalated_at: datetime | None = None
    orphans: Mapping[str, bool] = field(default_factory=dict)
    """Orphans by id, and whether they have been ended."""
    superseded: Mapping[str, str] = field(default_factory=dict)
    """The bot's keys of new values before this one that may have been in their place, by id, each with its fingerprint:
    one ends once nothing may use it any more.
    """
    made_room: str = ""
    """Another key of the provider's that was deleted for one to have a place, by its id: the last that is recorded."""
    sweep_at: datetime | None = None
    unstaged: bool = False

    @property
    def ours(self) -> str:
        """By what the key that the bot made is known at its provider; empty if it made none."""
        return {"issue": self.key_id, "install": self.name}.get(self.source, "")

    @property
    def known_keys(self) -> frozenset[str]:
        """By what the bot's keys are known that are not the new value, ended or not."""
        return frozenset({*self.orphans, *self.superseded})

    @property
    def may_serve(self) -> bool:
        """Whether it stands in its parameters, or may by now: then it must not end."""
        return self.promoted_at is not None or self.promote_began_at is not None


# What is known of the obligations.


@dataclass(frozen=True)
class Exposure:
    """Who recorded since when the values were exposed, and why then."""

    reason: str
    by: By
    seq: int


@dataclass(frozen=True)
class Awareness:
    """Since when people say that they knew: `by` recorded it."""

    at: datetime
    reason: str
    by: By
    seq: int


@dataclass(frozen=True)
class NoticeDecision:
    """Whether a notice is owed, on which facts, and why; `again`: when that is decided again (UTC)."""

    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...]
    by: By
    seq: int
    again: datetime | None = None


@dataclass(frozen=True)
class SentNotice:
    reference: str
    at: datetime
    delay: str
    by: By
    seq: int


@dataclass(frozen=True)
class Notice:
    """What became of one obligation so far."""

    decision: NoticeDecision | None = None
    sent: SentNotice | None = None


# What is known of the leaked value.


@dataclass(frozen=True)
class RefusalRun:
    """The unbroken run of refusals that the proof is made of: looks next to each other, each with a control. One that
    was accepted ends it, and so does one that could not tell, until it is long enough.
    """

    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True)
class KeyReach:
    """What IAM says that an AWS key of this id can read: of the secrets `asked` about those that are in `reads`.
    `unknown`: why that cannot be told.
    """

    key_id: str
    asked: frozenset[str]
    reads: frozenset[str]
    unknown: str = ""


@dataclass(frozen=True)
class OldValue:
    """What is known of the leaked value."""

    captured_at: datetime | None = None
    fingerprint: str = ""
    hint: str = ""
    """By which people find it in a console: its beginning and its last characters (``sk_live_…c668``)."""
    versions: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    """What else has this very value, as it was when this one was captured."""
    current: bool = True
    candidates: tuple[KeyRef, ...] = ()
    key_id: str = ""
    exposed_since: datetime | None = None
    snapshot: Snapshot | None = None
    snapshot_at: datetime | None = None
    snapshot_missing: str = ""
    scopes_known: bool = False
    baseline_at: datetime | None = None
    seen_alive_at: datetime | None = None
    """The last time it was accepted."""
    use_asked_at: datetime | None = None
    used_at: datetime | None = None
    """When it was last used at its provider, as that said when it was last asked."""
    use_missing: str = ""
    """Why the provider could not be asked."""
    reach: KeyReach | None = None
    revoke_began_at: datetime | None = None
    owner: Owner | None = None
    """What the provider wants deleted, since it does not end the key by itself."""
    revoked_at: datetime | None = None
    """When its provider said that it had revoked it."""
    revoked_detail: str = ""
    claimed: By | None = None
    """Who said last that they had revoked it at its provider. That is a claim: the answers since then count."""
    claim_answer: str = ""
    """The last answer since the claim: live, dead or unknown; empty while nothing has looked."""
    overruled: bool = False
    """The machine is to revoke it once more, whoever has claimed that: the claim is still told, and ends nothing."""
    retried_at: datetime | None = None
    """When somebody last had it revoked, or asked about, once more."""
    begun_before: int = 0
    """The last operation that had begun by then: a look of up to this number says nothing of the claim."""
    refusals: RefusalRun | None = None
    refused_at: datetime | None = None
    only_refused_since: datetime | None = None
    """The first refusal since it was last accepted, whether or not a control was asked beside it."""
    last_probe: Probe | None = None
    last_control: Probe | None = None
    last_probe_at: datetime | None = None
    answer_since: datetime | None = None
    """Since when each look has been answered as the last one."""
    look_failed_at: datetime | None = None
    """When a look could last not be had, once all its tries had failed; None after one that was had."""
    probes: int = 0
    contained_at: datetime | None = None
    attested: By | None = None
    overdue: bool = False
    probes_after_close: int = 0
    reappeared: tuple[str, ...] = ()
    """Parameters in which it stood again after the close, when it was last looked for."""
    deleted_at: datetime | None = None

    @property
    def gone_at(self) -> datetime | None:
        """Since when it is gone: since the first refusal of its proof, else since somebody vouched for its death."""
        return self.contained_at or (self.attested.at if self.attested is not None else None)

    @property
    def none_of_these(self) -> bool:
        """A person has said that it is none of the keys that its provider lists: the machine has none to revoke."""
        return self.key_id == NONE_OF_THESE.id

    @property
    def by_looks(self) -> bool:
        """Whether the chosen key is only known to look like it."""
        return any(key.id == self.key_id and key.by_looks for key in self.candidates)

    @property
    def contradicted(self) -> bool:
        """Somebody said that it was revoked, and the last answer was that it is accepted."""
        return self.claimed is not None and self.claim_answer == "live"

    @property
    def refused_since(self) -> bool:
        """It was refused after somebody said that it was revoked, whether or not each refusal counts for the proof."""
        return self.claimed is not None and (self.refusals is not None or self.claim_answer == "dead")

    @property
    def ended_at(self) -> datetime | None:
        """Since when it is ended as far as anybody has said, and no answer contradicts: nothing is proven by that."""
        if self.revoked_at is not None or self.claimed is None:
            return self.revoked_at
        return None if self.contradicted or self.overruled else self.claimed.at

    @property
    def said_at(self) -> datetime | None:
        """When its provider or a person last said that it was revoked, whatever was answered since."""
        counts = self.claimed is not None and not self.overruled
        said = [self.revoked_at, self.claimed.at if self.claimed is not None and counts else None]
        return max((at for at in said if at is not None), default=None)


# What is known of pagers and the channel.


@dataclass(frozen=True)
class PageState:
    triggered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    notes_sent: int = 0
    missing: bool = False
    """There is no such pager."""
    alerts_sent: int = 0
    """How many of the incident's alerts have been sent."""
    worse_at: datetime | None = None
    """When the alert of what got worse was last sent; None while none is open."""
    asking: bool = False
    """An alert of its own asks for an approval."""
    unsure: frozenset[str] = frozenset()
    """Which of trigger, alert and ask may have been done although nobody heard of it: the worker died, or no answer
    came.
    """
    again: bool = False
    """A person pages again: it is resolved first, or the pager would take the next trigger for the same page."""

    @property
    def up(self) -> bool:
        """Whether the page is open at the pager."""
        return self.triggered_at is not None and self.resolved_at is None

    def anew(self, alerts_sent: int) -> PageState:
        """One that has paged nobody yet; what is open at the pager from before is known, so that it is resolved."""
        return PageState(
            alerts_sent=alerts_sent,
            worse_at=self.worse_at,
            asking=self.asking,
            unsure=self.unsure | {PageAction.TRIGGER} if self.up else self.unsure,
        )

    @property
    def word(self) -> str:
        """resolved, acknowledged, triggered or none."""
        if self.resolved_at:
            return "resolved"
        if self.acknowledged_at:
            return "acknowledged"
        return "triggered" if self.triggered_at else "none"


# What is known of the record.


COMPARISON = "comparison"
"""The source of a sighting that is a person's comparison at a terminal."""
ANOTHER = "another"
"""What it sees of a value that is not the one with which it was compared."""


def place_of(channel: str, ts: str, secret: str = "", value: str = "") -> str:
    """A message of Slack's, or the secret whose value stands in it: its new value beside another one."""
    return f"{channel}/{ts}/{secret}{'/new' if value == 'new' else ''}"


@dataclass(frozen=True)
class Statement:
    """A note or finding in people's words."""

    what: str
    text: str
    by: By
    seq: int


@dataclass(frozen=True)
class DecisionReminder:
    """The last reminder that nobody has decided on notification by an end of time, sent `at`. `over` counts those that
    said that it has run out: 0 before it. `woke_at`: the last one that woke people; those that come again day by day do
    not.
    """

    at: datetime
    over: int = 0
    woke_at: datetime | None = None


# What is known of a reminder.


@dataclass(frozen=True)
class Reminder:
    """The last one of something that was due at `due`, sent `at`. `number` counts them."""

    due: datetime
    at: datetime
    number: int = 1

    @property
    def early(self) -> bool:
        """Whether it came before that time."""
        return self.at < self.due


# What is known of a hold.


@dataclass(frozen=True)
class RevocationHold:
    """A person's word that nothing is revoked now."""

    reason: str
    by: By


# What is known of the severity.


@dataclass(frozen=True)
class ChosenSeverity:
    """A person's word, over what the facts say."""

    severity: Severity
    reason: str
    by: By
    seq: int


# What is known of steps and tasks.


@dataclass(frozen=True)
class Step:
    definition: PlaybookStep
    state: StepState = StepState.WAITING
    ended: By | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}


@dataclass(frozen=True)
class Task:
    id: str
    title: str
    owner: str
    due: datetime | None
    step: str
    added: By
    done: By | None = None
    declined: By | None = None
    reason: str = ""

    @property
    def open(self) -> bool:
        return self.done is None and self.declined is None

    @property
    def goes_on(self) -> bool:
        """Whether it is open, and somebody does it by a time: its step need not wait for it."""
        return self.open and bool(self.owner) and self.due is not None


# Who commands.


@dataclass(frozen=True)
class Offered:
    """The command, which somebody (`by`) has offered and nobody has accepted yet."""

    to: str
    by: By
    note: str = ""


@dataclass(frozen=True)
class TeamState:
    """`leads` is who commands, and since when; `offered`, where that is on its way to somebody else."""

    leads: By | None = None
    offered: Offered | None = None

    @property
    def commander(self) -> str:
        """Who commands; empty if nobody does."""
        return self.leads.name if self.leads is not None else ""


# What is known of trust.


@dataclass(frozen=True)
class KnownTrust:
    """Whom the installation does not trust, as far as the incident was told: up to entry `number` of its chain."""

    number: int = 0
    digest: str = ""
    people: tuple[str, ...] = ()
    slack: bool = True
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


# What is known of the updates to one audience.


@dataclass(frozen=True)
class Skipped:
    by: By
    number: int
    reason: str


@dataclass(frozen=True)
class Draft:
    """The newest text. `released_at`: since when it may go out; None: the commander is to look at it first."""

    number: int
    milestone: str
    text: str
    drafted_at: datetime
    released_at: datetime | None = None
    skipped: Skipped | None = None

    @property
    def waits(self) -> bool:
        """Whether the commander is to look at it: it neither goes out nor was skipped."""
        return self.released_at is None and self.skipped is None


@dataclass(frozen=True)
class UpdateState:
    """`told` says since when each milestone stood that was told; `sent` by target which number was sent last, and
    `missing` why a target cannot be told.
    """

    draft: Draft | None = None
    told: Mapping[str, datetime] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None
    skipped: Skipped | None = None
    """The last one that a person decided not to send."""


# What is known of the lanes.


@dataclass(frozen=True)
class LaneState:
    """What a lane does and last failed with."""

    claim: Claim | None = None
    failure: Failure | None = None
    waits_until: datetime | None = None
    attempts: Mapping[Op, int] = field(default_factory=dict)
    unfinished: Mapping[Op, int] = field(default_factory=dict)
    """How many of these came to no outcome: their worker died, or handed them back."""
    done: Mapping[Op, datetime] = field(default_factory=dict)
    """When each operation last came to an outcome that is no failure."""
    pages: Mapping[str, Failure] = field(default_factory=dict)
    """What a pager failed to do and has not done since, by what it was to do. Whatever else it does, or fails to do,
    heals the lane of the failure, but neither brings that back at once nor begins its tries anew.
    """

    @property
    def failed_for_good(self) -> bool:
        return self.failure is not None and self.failure.final

    def gave_up(self, op: Op) -> bool:
        """Whether this is what it failed to do for good."""
        return self.failure is not None and self.failure.final and self.failure.op is op

    def healed(self) -> LaneState:
        """With nothing that it failed to do: all of it may be tried at once."""
        return replace(self, failure=None, pages={})

    def without_page(self, detail: str) -> LaneState:
        """As if the pager had never failed to do this."""
        if detail not in self.pages:
            return self
        pages = {other: failure for other, failure in self.pages.items() if other != detail}
        return replace(self, pages=pages)

    def failing(self, op: Op, detail: str) -> Failure | None:
        """What it failed with when it was last to do this, and has not done it since."""
        if op is Op.PAGE:
            return self.pages.get(detail)
        return self.failure if self.failure is not None and self.failure.op is op else None

    def tried(self, op: Op, most: int) -> bool:
        """Whether it has come to an outcome, whatever that was, or to none `most` times."""
        unfinished = self.unfinished.get(op, 0)
        return self.attempts.get(op, 0) > unfinished or unfinished >= most


# What a run knew of one secret, as the log of the incident holds it.


@dataclass(frozen=True)
class Handed:
    """What the incident takes over of one secret. `run` made keys under names of its own, and staged values below its
    own place: both are looked for there as well.

    `old` is the value that leaked, if the run had captured it; `new` a new value that is no leaked one; `earlier` the
    value before the leaked one where that still has to end: each as the run had it, but for a new value that no longer
    serves. `set_aside` are ids and names of keys of the run's that must never be taken for a new value; `orphans` those
    that nothing uses, with whether they have ended; `superseded` those that were in place once, with their
    fingerprints; `unknown` says that a call may still make one.
    """

    secret: str
    run: str
    old: OldValue | None = None
    new: NewValue | None = None
    earlier: OldValue | None = None
    set_aside: tuple[str, ...] = ()
    orphans: Mapping[str, bool] = field(default_factory=dict)
    unknown: bool = False
    superseded: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SecretState:
    entry: SecretEntry
    strategy: Strategy
    strategy_reason: str
    target: Target
    added: By
    chosen_by: str
    old: OldValue = field(default_factory=OldValue)
    new: NewValue = field(default_factory=NewValue)
    author: Consent | None = None
    """Whoever last changed key, strategy or value: they have consented by that, and nobody else has any more."""
    consents: Mapping[str, Consent] = field(default_factory=dict)
    """Of all others, by name: each to the plan that they saw."""
    kill: Consent | None = None
    """Who wants it killed without waiting. Without rights: the word has lapsed, what it asked for stands."""
    slot: datetime | None = None
    """When one of the kills that one responder each may decide was taken for it."""
    glass: By | None = None
    broken: By | None = None
    """Who last broke the glass, whether or not that still counts."""
    reviews: tuple[Review, ...] = ()
    """What other people found about it since."""
    review_reminded: datetime | None = None
    """When people were reminded that nobody has reviewed it."""
    asked_at: datetime | None = None
    """Since when a second person is waited for, whatever became of the requests since."""
    glass_offered: bool = False
    heard_at: datetime | None = None
    """When a person last said something of it, or had it retried."""
    awaited_at: datetime | None = None
    """When people were last reminded that it lives, and that only they can end it."""
    started_at: datetime | None = None
    """When the plan began to be carried out: a value put in place, or a revocation begun."""
    began_on: Basis | None = None
    """What the kill rested on when it last began."""
    siblings: Siblings = field(default_factory=Siblings)
    compared: By | None = None
    """Who has compared the leaked value with this target last: where that is still assumed, it was another one."""
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    taken_from: str = ""
    """The run that it was taken over from: keys and staged values under its names are looked for too."""
    set_aside: frozenset[str] = frozenset()
    """Ids and names of keys under the run's names that are no new value, and end as old ones."""
    abused: By | None = None
    """Who recorded that somebody uses the leaked value."""
    if_failing: IfFailing = IfFailing.KEEP
    """What the plan says of the end of an overlap while a consumer refuses the new value."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    inspected_at: datetime | None = None
    copies: Mapping[str, CopyState] = field(default_factory=dict)
    held_at: datetime | None = None
    """When people were told that an overlap's time is over, and that its copies keep the old value alive."""
    lapsed: By | None = None
    """Who or what has ended that its kill rests on what was decided beforehand: then people are asked."""

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def earlier(self) -> bool:
        """Whether it is the value before the one that leaked: it gets no new value of its own."""
        return self.name.endswith(EARLIER)

    @property
    def by_hand(self) -> ByHand:
        """What a person clicks at its provider, in the console of the leaked key where its beginning tells which."""
        return self.entry.by_hand(self.old.hint)

    def where_to_look(self, check: Check) -> str:
        """What a check asks for, as a sentence, likewise in the console of the leaked key."""
        return self.entry.of_key(check.sentence, self.old.hint)

    @property
    def old_state(self) -> Old:
        """The one word that people see for the leaked value."""
        old = self.old
        if old.contained_at is not None:
            return Old.DEAD
        if old.attested is not None:
            return Old.ATTESTED
        if self.refused_without_baseline:
            return Old.UNPROVEN
        return Old.REVOKING if old.revoked_at is not None or old.refused_since else Old.ALIVE

    @property
    def refused_without_baseline(self) -> bool:
        """Refused often enough, but never seen alive: nothing is proven by that."""
        run, over = self.old.refusals, self.old.ended_at is not None or self.old.none_of_these
        return self.old.baseline_at is None and over and run is not None and run.count > 1

    @property
    def new_state(self) -> New:
        """The one word that people see for the replacement."""
        new = self.new
        if not new.wanted:
            return New.NOT_NEEDED
        if new.roll_back_began_at is not None:
            return New.UNKNOWN
        if new.failing:
            return New.FAILING
        if new.live_at is not None:
            return New.LIVE if new.confirmed else New.UNCONFIRMED
        if new.promoted_at is not None:
            return New.PROMOTED
        return New.STAGED if new.staged else New.NONE

    @property
    def lacks_control(self) -> bool:
        """Its provider refuses it, and accepted nothing beside it: until there is a good key to ask with, such as the
        new one, a refusal proves nothing.
        """
        control = self.old.last_control
        return self.refused and not self.gone and (control is None or control.liveness != "live")

    @property
    def refused(self) -> bool:
        """Whether its provider refused it when last asked: by itself that proves nothing."""
        return self.old.last_probe is not None and self.old.last_probe.liveness == "dead"

    @property
    def provable(self) -> bool:
        """Whether it is refused, and its new key, once in place, may yet prove it dead without anybody's word."""
        return self.refused and self.old_state is not Old.UNPROVEN

    @property
    def gone(self) -> bool:
        """Nothing is left to kill: proven dead, or attested by name (and looked at further: that proves nothing)."""
        return self.old_state in {Old.DEAD, Old.ATTESTED}

    @property
    def leaked_value_dead(self) -> bool:
        """Whether what leaked is proven dead: nobody found that it was another value than the one that was ended."""
        return self.old_state is Old.DEAD and self.mistaken is None

    @property
    def mistaken(self) -> By | None:
        """Who found that another value leaked than the one that this was assumed to be; None if nobody has."""
        return self.compared if self.target.kind is TargetKind.ASSUMED else None

    @property
    def settled(self) -> bool:
        """Whether nobody needs to answer for it at the close: proven dead, and the replacement where it should be."""
        return self.old_state is Old.DEAD and self.in_place

    @property
    def restored(self) -> bool:
        """Every consumer says that it is well with the replacement, or none is needed."""
        return self.new_state in {New.LIVE, New.NOT_NEEDED}

    @property
    def in_place(self) -> bool:
        """The replacement is where it should be, as far as anybody can be asked, or none is needed."""
        return self.restored or self.new_state is New.UNCONFIRMED

    @property
    def kept_as_evidence(self) -> bool:
        """Proven dead, and only switched off at its provider: it is deleted once the investigation is over."""
        return self.entry.capabilities.deletes and self.old_state is Old.DEAD and self.old.deleted_at is None

    @property
    def open_checks(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks.values() if check.open)

    @property
    def open_copies(self) -> tuple[CopyState, ...]:
        """Of which nobody has said yet that they were updated, purged or accepted."""
        return tuple(copy for copy in self.copies.values() if copy.open)

    @property
    def due_checks(self) -> tuple[Check, ...]:
        """Those that can be ended now: before the death of the key a look does not count."""
        return self.open_checks if self.gone else ()

    @property
    def access(self) -> Access:
        """Contained only once the key is gone: what is looked at before can have changed since."""
        return Access.CONTAINED if self.gone and not self.open_checks else Access.OPEN

    @property
    def swapped(self) -> bool:
        """Whether the provider can accept the replacement: where it holds one value, not before the old one ended."""
        return not self.entry.capabilities.swaps or self.old.ended_at is not None or self.gone

    @property
    def made_by_person(self) -> bool:
        return self.entry.capabilities.makes is Makes.PERSON

    @property
    def revoked_by_person(self) -> bool:
        """Always in this provider's case, or because other living keys would die with this one."""
        return self.entry.capabilities.revokes is RevokedBy.PERSON or self.dies_in_company

    @property
    def in_the_glass(self) -> frozenset[str]:
        """Who broke the glass, and who has reviewed that."""
        broken = [self.broken.name] if self.broken is not None else []
        return frozenset([*broken, *(review.by.name for review in self.reviews)])

    @property
    def reviewers_missing(self) -> int:
        """How many people have yet to review why the glass was broken."""
        if self.broken is None:
            return 0
        return lacking({self.broken.name}, [review.by.name for review in self.reviews])

    @property
    def reviewed_by(self) -> str:
        """Who reviewed that, as a phrase; empty while a review is missing."""
        return "" if self.reviewers_missing else " and ".join(review.by.name for review in self.reviews)

    @property
    def dies_in_company(self) -> bool:
        """Whether the provider ends it only together with other keys that live: the machine does not do that."""
        return self.old.owner is not None and not self.old.owner.alone


@dataclass(frozen=True)
class Incident:
    """The whole. `seq` is the last event's number; `last_at` its time."""

    id: str
    environment: str
    title: str
    notice: str
    public: bool
    playbook: Playbook
    timings: Timings
    declared: By
    detected_at: datetime
    exposed_at: datetime | None
    seq: int
    last_at: datetime
    steps: tuple[Step, ...]
    secrets: Mapping[str, SecretState] = field(default_factory=dict)
    by_parameter: Mapping[str, str] = field(default_factory=dict)
    """Which secret's value stands in a parameter: its name, by the parameter of the part that opens doors."""
    lanes: Mapping[Lane, LaneState] = field(default_factory=dict)
    claims: int = 0
    losses: int = 0
    """How often its log lost its end."""
    held: Mapping[int, Lane] = field(default_factory=dict)
    """The lanes that a claim holds, by its number: few of an incident's thousands."""
    functions: Mapping[str, FunctionState] = field(default_factory=dict)
    usage: Mapping[str, UsageState] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """By principal, whose reads somebody has accounted for."""
    tasks: Mapping[str, Task] = field(default_factory=dict)
    team: TeamState = field(default_factory=TeamState)
    updates: Mapping[str, UpdateState] = field(default_factory=dict)
    """Status updates, by audience."""
    statements: tuple[Statement, ...] = ()
    messages: Mapping[str, int] = field(default_factory=dict)
    """Messages of Slack's that the timeline keeps or tells of, with the numbers of their events."""
    milestones: tuple[str, ...] = ()
    request: ApprovalRequest | None = None
    proposal: Proposal | None = None
    proposals: int = 0
    redacted: tuple[int, ...] = ()
    """Numbers of the events out of which people's words were taken, in the order of that."""
    redacted_seq: int = 0
    """Number of the newest event by which any were: what was made of earlier ones may hold them."""
    rejected_plans: Mapping[str, str] = field(default_factory=dict)
    raised: By = field(kw_only=True)
    """Who declared it, or last opened it again."""
    called: By | None = None
    """Who last paged by hand."""
    responded: By | None = None
    """Who else was the first to do something since."""
    page: PageState = field(default_factory=PageState)
    fallback: PageState = field(default_factory=PageState)
    obligations: tuple[Obligation, ...] = ()
    """All that counsel had written down by the declaration; which of them are owed, the facts say."""
    """On which the kills of a planned rotation rest, as it was when the run began."""
    departure: DepartureState | None = None
    """Who leaves, and is the reason of it all; None where nobody does."""
    left_alone: tuple[LeftAlone, ...] = ()
    """What stood in the same place and was not declared: as long as it is no secret of this incident, it is open."""
    awareness: Awareness | None = None
    exposure: Exposure | None = None
    """By whom `exposed_at` was set since the declaration; None where nobody has."""
    notices: Mapping[str, Notice] = field(default_factory=dict)
    """What became of each obligation, by its id."""
    severity: ChosenSeverity | None = None
    """What a person has said; None: what the facts say counts."""
    reminders: Mapping[datetime, DecisionReminder] = field(default_factory=dict)
    """The ends of time of which people were reminded that nobody has decided on notification, the newest reminder last.
    """
    channel: str = ""
    channel_url: str = ""
    lost_channels: tuple[str, ...] = ()
    """Channels of the incident in which nothing can be posted any more, such as archived ones."""
    slack_declared_untrusted: bool = False
    trust: KnownTrust = field(default_factory=KnownTrust)
    by_slack: frozenset[By] = frozenset()
    """Who said something, and when, for which Slack's front vouched."""
    alerts: tuple[str, ...] = ()
    """What is worth an alert of its own, whoever is on call already: it says nothing of the secret, nor of people."""
    worsened: Mapping[tuple[Worse, datetime | None], datetime] = field(default_factory=dict)
    """When an alert that something has got worse was last raised, by its words."""
    report: ReportState = field(default_factory=ReportState)
    hold: RevocationHold | None = None
    """While nothing may be revoked, by anybody's word."""
    halted: str = ""
    halted_at: datetime | None = None
    reminded: Mapping[str, Reminder] = field(default_factory=dict)
    """The last reminder of each thing that was overdue, by its key."""
    closed: By | None = None
    """By whom; by the second person, who agreed, where `closer` proposed it."""
    closer: str = ""
    accepted_reason: str = ""
    accepted_items: tuple[Accepted, ...] = ()
    """All that was open at the close, and accepted by name."""
    handed: Mapping[str, str] = field(default_factory=dict)
    """The secrets of a run that leaked while it was under way, each with the incident that has taken it over."""
    reopened: bool = False
    """Open once more: there is something to look into again, whatever its steps say."""
    reopened_because: str = ""
    """Why, as whoever reopened it said; `raised` is by whom and since when."""

    @property
    def kind(self) -> RunKind:
        """What it is for, by the playbook that it began with."""
        return self.playbook.kind

    @property
    def routine(self) -> bool:
        """Whether nothing leaked: a planned rotation, or what is rotated since somebody leaves."""
        return self.kind.planned

    @property
    def traits(self) -> RunTraits:
        """What it sets going beside its secrets' lanes."""
        return TRAITS[self.kind]

    @property
    def handed_over(self) -> str:
        """The incident to which a run's last secret went; empty for a run that ended otherwise, or goes on."""
        return "" if self.secrets or not self.handed else [*self.handed.values()][-1]

    @property
    def open(self) -> bool:
        return self.closed is None

    @property
    def answered_by(self) -> str:
        """Who has answered the page: another person than the one who paged."""
        return self.responded.name if self.responded is not None else ""

    @property
    def caller(self) -> str:
        """Who paged: whoever did so by hand, else who raised it. What they do themselves is no answer to the page."""
        return (self.called or self.raised).name

    @property
    def slack_untrusted(self) -> bool:
        """Whether Slack is to learn nothing (more) of it: no channel, no card, no message, and nobody acts there."""
        return self.slack_declared_untrusted or not self.trust.slack

    @property
    def commander(self) -> str:
        """Who commands the response; empty if nobody does."""
        return self.team.commander

    def serving(self, secret: SecretState) -> SecretState:
        """Whose new value takes this one's place: its own, but for the value before the one that leaked."""
        return self.secrets.get(secret.name.removesuffix(EARLIER), secret) if secret.earlier else secret

    def lane(self, lane: Lane) -> LaneState:
        """The lane's state; an untouched lane is an empty one."""
        return self.lanes.get(lane, _IDLE)

    def incomplete(self, function: str) -> bool:
        """Whether some traffic of the function may still read what was there before its last refresh."""
        state = self.functions.get(function)
        return state is not None and not state.complete

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.definition.id == step_id), None)

    @property
    def worries(self) -> tuple[str, ...]:
        """Secrets with a key at risk: an old value not gone, or a new one not in place."""
        return tuple(name for name, secret in self.secrets.items() if not (secret.gone and secret.in_place))

    @property
    def mistaken(self) -> tuple[str, ...]:
        """Secrets of which another value leaked than the one that is ended here."""
        return tuple(name for name, secret in self.secrets.items() if secret.mistaken is not None)

    @property
    def at_risk(self) -> bool:
        """Whether a key is, or may be: also where what leaked is another value than what was ended."""
        return bool(self.worries or self.mistaken)

    def age(self, now: datetime) -> timedelta:
        return now - self.declared.at


_IDLE = LaneState()
