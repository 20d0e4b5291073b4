"""An incident as its events have made it. Everything derives from the log; there is no flag beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident.model import (
    NONE_OF_THESE,
    Accepted,
    Access,
    CheckOutcome,
    ConsentKind,
    Copy,
    CopyOutcome,
    Cut,
    IfFailing,
    KeyRef,
    LeftoverRecord,
    Makes,
    New,
    Old,
    OwnerRecord,
    Playbook,
    PlaybookStep,
    Probe,
    ReaderOutcome,
    RevokedBy,
    Right,
    SecretEntry,
    SnapshotRecord,
    StepState,
    Strategy,
    Target,
    Timings,
)
from bot.incident.operations import Claim, Failure, Op


@dataclass(frozen=True)
class By:
    """Who did something, and when."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Step:
    definition: PlaybookStep
    state: StepState = StepState.WAITING
    started: By | None = None
    ended: By | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}


@dataclass(frozen=True)
class Refusals:
    """The unbroken run of refusals that the proof is made of: looks next to each other, each with a control. One that
    was accepted ends it, and so does one that could not tell, until it is long enough.
    """

    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True)
class Streak:
    """The same answer, look after look: `count` of them from `since` to `until`. `kind` is what was seen, `answers` in
    which words: an outage is told now in these, now in those.
    """

    kind: str
    since: datetime
    until: datetime
    count: int
    answers: frozenset[str]


@dataclass(frozen=True)
class OldValue:
    """What is known of the leaked value."""

    captured_at: datetime | None = None
    fingerprint: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    staged: str | None = None
    current: bool = True
    candidates: tuple[KeyRef, ...] = ()
    key_id: str = ""
    exposed_since: datetime | None = None
    snapshot: SnapshotRecord | None = None
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
    revoke_began_at: datetime | None = None
    owner: OwnerRecord | None = None
    """What the provider wants deleted, since it does not end the key by itself."""
    revoked_at: datetime | None = None
    """When its provider said that it had revoked it."""
    revoked_detail: str = ""
    claimed: By | None = None
    """Who said last that they had revoked it at its provider. That is a claim: the answers since then count."""
    claim_answer: str = ""
    """The last answer since the claim: live, dead or unknown; empty while nothing has looked."""
    refusals: Refusals | None = None
    refused_at: datetime | None = None
    last_probe: Probe | None = None
    last_control: Probe | None = None
    last_probe_at: datetime | None = None
    probes: int = 0
    streak: Streak | None = None
    """Of the last looks, as far as they are recorded; a revocation begins another one."""
    contained_at: datetime | None = None
    attested: By | None = None
    overdue: bool = False
    probes_after_close: int = 0
    reappeared: tuple[str, ...] = ()
    """Parameters in which it stood again after the close, when it was last looked for."""
    unstaged: bool = False
    deleted_at: datetime | None = None

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
        return None if self.contradicted else self.claimed.at

    @property
    def said_at(self) -> datetime | None:
        """When its provider or a person last said that it was revoked, whatever was answered since."""
        said = [self.revoked_at, self.claimed.at if self.claimed is not None else None]
        return max((at for at in said if at is not None), default=None)


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
    rejected: str = ""
    held: bool = False
    """A value that we had made ourselves was rejected: another is made when a person presses retry."""
    verified_at: datetime | None = None
    verified_detail: str = ""
    unwell_before: tuple[str, ...] = ()
    """Consumers that were not well before it was put in place: that is not its fault."""
    untold: str = ""
    """The old value's account, where that of this one could not be told."""
    vouched: By | None = None
    """Who agreed, as the second person, to use it all the same."""
    readers_accepted: frozenset[str] = frozenset()
    """Leaked AWS keys and unexplained principals that may read it, as somebody has accepted."""
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
    excused: tuple[str, ...] = ()
    """Consumers that somebody does not hold against it, since they were not well before it either."""
    rolling_back: By | None = None
    """Who wants the leaked value back in its place, while that is not done."""
    rolled_back_at: datetime | None = None
    """When the leaked value was put back in its place; None once this one is to be promoted again."""
    serves_until: datetime | None = None
    """Until when, at most, the leaked value may serve again on one person's word, or on two people's since."""
    escalations: int = 0
    """How often people were woken because a leaked value is kept alive, and when last."""
    escalated_at: datetime | None = None
    doomed: Mapping[str, bool] = field(default_factory=dict)
    """Orphans by id, and whether they have been ended."""
    sweep_at: datetime | None = None
    swept_at: datetime | None = None
    unstaged: bool = False


@dataclass(frozen=True)
class Check:
    """One item of the checklist: `found` is what the machine last saw there, `ended` who settled it (the bot, where it
    read that nothing is there), `settled` the ids of what was seen by then.
    """

    item: str
    sentence: str
    found: tuple[LeftoverRecord, ...] = ()
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
    """A copy of the secret, and what somebody says became of it."""

    copy: Copy
    outcome: CopyOutcome | None = None
    settled: By | None = None
    note: str = ""

    @property
    def open(self) -> bool:
        return self.settled is None


@dataclass(frozen=True)
class Around:
    """What is known of the secret's siblings: `alive` were accepted before the revocation, `looks` came after it."""

    seen_at: datetime | None = None
    alive: frozenset[str] = frozenset()
    looks: int = 0


@dataclass(frozen=True)
class Consent:
    """A person's word that the old value may be killed, with the rights that they had when they gave it.

    `plan` is the digest of the plan that they saw, empty for whoever made it: they stand by it as it is now. `until` is
    when it lapses, unless the plan has started before.
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
    """What a kill may start on: whose word, complete since `at`. It lapses by itself at `until`."""

    kind: ConsentKind
    givers: tuple[Giver, ...]
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Review:
    """What another person found about broken glass."""

    by: By
    verdict: str


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
    reviewed: Review | None = None
    review_reminded: bool = False
    asked_at: datetime | None = None
    """Since when a second person is waited for, whatever became of the requests since."""
    glass_offered: bool = False
    awaited_at: datetime | None = None
    """When people were last reminded that it lives, and that only they can end it."""
    started_at: datetime | None = None
    """When the plan began to be carried out: a value put in place, or a revocation begun."""
    began_on: Basis | None = None
    """What the kill rested on when it last began."""
    around: Around = field(default_factory=Around)
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    abused: By | None = None
    """Who recorded that somebody uses the leaked value."""
    if_failing: IfFailing = IfFailing.KEEP
    """What the plan says of the end of an overlap while a consumer refuses the new value."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    inspected_at: datetime | None = None
    copies: Mapping[str, CopyState] = field(default_factory=dict)
    held_at: datetime | None = None
    """When people were told that an overlap's time is over, and that its copies keep the old value alive."""

    @property
    def name(self) -> str:
        return self.entry.name

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
        if new.rolled_back_at is not None:
            return New.ROLLED_BACK
        if new.failing:
            return New.FAILING
        if new.live_at is not None:
            return New.LIVE if new.confirmed else New.UNCONFIRMED
        if new.promoted_at is not None:
            return New.PROMOTED
        return New.STAGED if new.staged else New.NONE

    @property
    def gone(self) -> bool:
        """Nothing is left to kill: proven dead, or attested by name (and looked at further: that proves nothing)."""
        return self.old_state in {Old.DEAD, Old.ATTESTED}

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
        return self.entry.abilities.deletes and self.old_state is Old.DEAD and self.old.deleted_at is None

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
        return not self.entry.abilities.swaps or self.old.ended_at is not None or self.gone

    @property
    def made_by_person(self) -> bool:
        return self.entry.abilities.makes is Makes.PERSON

    @property
    def revoked_by_person(self) -> bool:
        """Always in this provider's case, or because other living keys would die with this one."""
        return self.entry.abilities.revokes is RevokedBy.PERSON or self.dies_in_company

    @property
    def dies_in_company(self) -> bool:
        """Whether the provider ends it only together with other keys that live: the machine does not do that."""
        return self.old.owner is not None and not self.old.owner.alone


@dataclass(frozen=True)
class Lane:
    """One line of operations: at most one runs at a time."""

    claim: Claim | None = None
    claimed_at: datetime | None = None
    failure: Failure | None = None
    waits_until: datetime | None = None
    attempts: Mapping[Op, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionState:
    """A Lambda function's marker, as last seen, and whether all its traffic takes it."""

    versions: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    detail: str = ""
    refreshed_at: datetime | None = None


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


@dataclass(frozen=True)
class Request:
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
    """Keys of what is to be closed over."""


@dataclass(frozen=True)
class Reader:
    """What somebody says of the reads of one principal."""

    outcome: ReaderOutcome
    by: By
    note: str = ""


@dataclass(frozen=True)
class Statement:
    """A note or finding in people's words."""

    what: str
    text: str
    by: By
    seq: int


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
    asking: bool = False
    """An alert of its own asks for an approval."""
    answered_by: str = ""
    """Who has acknowledged it, by the pager's own word."""
    looked_at: datetime | None = None
    """When the pager was last asked for that."""
    tells: bool = True
    """Whether the pager can say who has acknowledged."""
    unanswered_at: datetime | None = None
    """When it was told that nobody had answered."""

    @property
    def word(self) -> str:
        """resolved, acknowledged, triggered or none."""
        if self.resolved_at:
            return "resolved"
        if self.acknowledged_at:
            return "acknowledged"
        return "triggered" if self.triggered_at else "none"


@dataclass(frozen=True)
class UsageState:
    """The last reading of who read the parameter; the whole of it stands in the log."""

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


@dataclass(frozen=True)
class ReportState:
    requested_at: datetime | None = None
    path: str = ""
    digest: str = ""
    head: str = ""
    covers: int = 0
    withheld: int = 0
    """Lines that the report does not show, because a secret stood in them."""
    written_at: datetime | None = None
    decisions: str = ""
    decisions_at: datetime | None = None


@dataclass(frozen=True)
class KnownTrust:
    """Whom the installation does not trust, as far as the incident was told: up to entry `number` of its chain."""

    number: int = 0
    digest: str = ""
    people: tuple[str, ...] = ()
    slack: bool = True
    words: tuple[str, ...] = ()


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
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    claims: int = 0
    functions: Mapping[str, FunctionState] = field(default_factory=dict)
    usage: Mapping[str, UsageState] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """By principal, whose reads somebody has accounted for."""
    tasks: Mapping[str, Task] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    milestones: tuple[str, ...] = ()
    request: Request | None = None
    proposal: Proposal | None = None
    proposals: int = 0
    redacted: tuple[int, ...] = ()
    """Numbers of the events out of which people's words were taken, in the order of that."""
    rejected_plans: Mapping[str, str] = field(default_factory=dict)
    raised: By = field(kw_only=True)
    """Who declared it, or last opened it again: what they do themselves is no answer to the page."""
    responded: By | None = None
    """Who else was the first to do something since."""
    page: PageState = field(default_factory=PageState)
    fallback: PageState = field(default_factory=PageState)
    reminders: int = 0
    """How often people were reminded of the decision on notification: before the end of its time, and at the end."""
    reminded_at: datetime | None = None
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
    worsened: Mapping[str, datetime] = field(default_factory=dict)
    """When an alert that something has got worse was last raised, by its words."""
    report: ReportState = field(default_factory=ReportState)
    halted: str = ""
    closed: By | None = None
    accepted: tuple[str, ...] = ()
    accepted_reason: str = ""
    accepted_items: tuple[Accepted, ...] = ()
    """All that was open at the close, and accepted by name."""
    reopened: bool = False
    """Open once more: there is something to look into again, whatever its steps say."""

    @property
    def routine(self) -> bool:
        """Whether it is a planned rotation, where nothing leaked. What answers a leak, as each does so far, is none."""
        return False

    @property
    def open(self) -> bool:
        return self.closed is None

    @property
    def answered_by(self) -> str:
        """Who has answered the page: another person than the one who raised it, or whom the pager names."""
        return self.responded.name if self.responded is not None else self.page.answered_by

    @property
    def slack_untrusted(self) -> bool:
        """Whether Slack is to learn nothing (more) of it: no channel, no card, no message, and nobody acts there."""
        return self.slack_declared_untrusted or not self.trust.slack

    def lane(self, name: str) -> Lane:
        """The lane's state; an untouched lane is an empty one."""
        return self.lanes.get(name, _IDLE)

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.definition.id == step_id), None)

    @property
    def worries(self) -> tuple[str, ...]:
        """Secrets with a key at risk: an old value not gone, or a new one not in place."""
        return tuple(name for name, secret in self.secrets.items() if not (secret.gone and secret.in_place))

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Secrets with items of their checklist that nobody has settled."""
        return tuple(name for name, secret in self.secrets.items() if secret.open_checks)

    @property
    def uncopied(self) -> tuple[str, ...]:
        """Secrets with copies that nobody has settled."""
        return tuple(name for name, secret in self.secrets.items() if secret.open_copies)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Secrets that hold up the close: those, and the ones whose death a person vouches for."""
        left = {*self.unchecked, *self.uncopied, *(name for name, secret in self.secrets.items() if not secret.settled)}
        return tuple(name for name in self.secrets if name in left)

    def age(self, now: datetime) -> timedelta:
        return now - self.declared.at


_IDLE = Lane()
