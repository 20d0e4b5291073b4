"""An incident as its events have made it. Everything derives from the log; there are no separate flags.

The state of each subject comes first; the incident as a whole is at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    New,
    NoticeOutcome,
    Old,
    PageAction,
    ReaderOutcome,
    Right,
    StepState,
    Strategy,
    Target,
    TargetKind,
    Worse,
)
from bot.incident.operations import Claim, Failure, Op
from bot.incident.run_kinds import TRAITS, RunTraits
from bot.incident.told import Begun
from bot.incident.two_people import lacking
from bot.model.capabilities import Makes, RevokedBy
from bot.model.departures import Leaver, Reach
from bot.model.frozen import Frozen, field, replace
from bot.model.keys import NONE_OF_THESE, KeyRef, Leftover, Owner, Snapshot
from bot.model.playbooks import PlaybookStep, RunKind
from bot.model.probes import Probe
from bot.model.secrets import ByHand, Consumer, Copy, SecretEntry
from bot.model.uses import Undo, UseSummary

# What is known of what may outlive the dead key.


class Check(Frozen):
    """One check: `found` is the machine's last finding, `ended` the person who answered it (the bot, if it read that
    nothing is there), `settled` the ids of what was seen by then.
    """

    item: str
    sentence: str
    found: tuple[Leftover, ...] = ()
    read_at: datetime | None = None
    outcome: CheckOutcome | None = None
    ended: By | None = None
    note: str = ""
    settled: frozenset[str] = frozenset()
    undo: Undo | None = None
    """Of what a use of the leaked key made: how people undo it, before the key is dead too."""

    @property
    def open(self) -> bool:
        return self.ended is None

    @property
    def seen_gone(self) -> bool:
        """Whether the bot has looked since a person undid it: if it were still there, this would be open."""
        return self.undo is not None and self.read_at is not None and self.outcome is CheckOutcome.HANDLED


class CopyState(Frozen):
    """A copy of the secret, and what someone says became of it. `updated_to` is the fingerprint of the new key that
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


class Siblings(Frozen):
    """The probes of the secret's siblings: `alive` were accepted before the revocation, `looks` came after it."""

    seen_at: datetime | None = None
    alive: frozenset[str] = frozenset()
    looks: int = 0


class Reader(Frozen):
    """A person's answer about the reads of one principal. `settled_at`: since when it is explained, or can no longer
    read, regardless of later corrections; None while neither is true.
    """

    outcome: ReaderOutcome
    by: By
    note: str = ""
    settled_at: datetime | None = None


class UsageState(Frozen):
    """The last lookup of readers; the log has all of it. `principals` includes earlier lookups: the history forgets,
    and a lookup that stops early proves no absence. `ours`: why a principal's reads are known to be ours, by principal.
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
    ours: Mapping[str, str] = field(default_factory=dict)


class UseState(Frozen):
    """The last lookup of how the leaked key was used, event `seq`. `looks` counts the lookups. `more`: it saw more uses
    that are not known to be ours than the one before.
    """

    seq: int
    at: datetime
    looks: int
    found: UseSummary
    more: bool
    runs: Mapping[str, tuple[Consumer, ...]] = field(default_factory=dict)
    """By role in which it opened sessions, the catalogued consumers with it."""


class Deny(Frozen):
    """The deny of a role's sessions opened before `until`: `by` agreed as the second person, `lifted` wants it removed
    since. `seen_at`: when the bot saw the policy so; None before. `secret` opened sessions, `consumers` have the role.
    """

    secret: str
    until: datetime
    consumers: tuple[Consumer, ...]
    by: By
    lifted: By | None = None
    seen_at: datetime | None = None

    @property
    def wanted(self) -> datetime | None:
        """The time that the policy should have; None where it should not be there."""
        return self.until if self.lifted is None else None

    def marker(self, role: str) -> Mapping[str, int]:
        """What its consumers have to hold once it is there: containers started since have sessions opened since."""
        there = self.seen_at is not None and self.lifted is None
        return {f"sessions of {role}": int(self.until.timestamp())} if there else {}


# What is known of consent to kills and proposals.


class Consent(Frozen):
    """A person's consent to the revocation, with their rights at that time.

    `plan` is the digest of the plan that they saw; for the plan's author only the first half, which says what is
    revoked and how: their consent covers that, regardless of the rest. `until` is when it lapses, unless the plan has
    started before.
    """

    name: str
    at: datetime
    rights: frozenset[Right] = frozenset()
    plan: str = ""
    until: datetime | None = None


class Giver(Frozen):
    """A person whose consent a revocation needs; `rights` are the ones they need for it."""

    name: str
    rights: frozenset[Right]


class Basis(Frozen):
    """The basis of a revocation: whose consent, complete since `at`. It lapses at `until`. `entry` is the digest of the
    catalog's entry if that says auto, without a person.
    """

    kind: ConsentKind
    givers: tuple[Giver, ...]
    at: datetime
    until: datetime | None = None
    entry: str = ""


class Review(Frozen):
    """Another person's findings about broken glass."""

    by: By
    verdict: str


class ApprovalRequest(Frozen):
    """A pending request for approval of the plans of several secrets, each by its digest. `digest` names what was
    asked: `plans` loses what no longer waits and gains nothing, so people who saw any of it saw all that is left.
    """

    plans: Mapping[str, str]
    until: datetime
    at: datetime
    digest: str


class Proposal(Frozen):
    """An act other than a revocation that needs a second person's agreement."""

    number: int
    what: str
    subject: str
    reason: str
    by: str
    at: datetime
    until: datetime
    rights: frozenset[Right] = frozenset()
    """The proposer's rights at that time."""
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    """Keys of the items that the close accepts, or the new key's rights."""
    details: tuple[str, ...] = ()
    """What was bad about it at the time of the proposal."""
    end: str = ""
    """For a strategy: what was to be revoked, and how, at the time of the proposal (`end_of`)."""


# What is known of report, close and reopening.


class Delivery(Frozen):
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


class Signature(Frozen):
    """A signed report: its signer, the SHA-256 of its two forms, and how far it goes. `seq` is the event's number."""

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


class Version(Frozen):
    """The SHA-256 of a report's two forms."""

    digest: str
    html_digest: str


class ReportState(Frozen):
    requested_at: datetime | None = None
    path: str = ""
    digest: str = ""
    html: str = ""
    html_digest: str = ""
    head: str = ""
    covers: int = 0
    withheld: int = 0
    """Lines that the report does not show because of a secret."""
    written_at: datetime | None = None
    signed: Signature | None = None
    """The last signature; of the report as it is now, if the digests agree."""
    unshown_at: datetime | None = None
    """Since when the report's page does not show its signer; None if it does, or there is no signature."""
    decisions: str = ""
    decisions_at: datetime | None = None
    kept: tuple[Version, ...] = ()
    """Versions that stay, regardless of later ones: signed ones, and the one in the decisions log. None that may hold
    words that were redacted since.
    """
    outdated: bool = False
    """Whether the document in progress, report or entry, was begun before a redaction."""
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    """By where they go: ``slack``, ``s3``, ``github``."""

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed it as it is now."""
        return self.signed.names if self.signed is not None and self.signed.digest == self.digest else ()


def keeping(report: ReportState, version: Version, covers: int, redacted_seq: int) -> ReportState:
    """The report, with this version kept unless words were redacted since."""
    if not version.digest or covers < redacted_seq or version in report.kept:
        return report
    return replace(report, kept=(*report.kept, version))


# The state of the value's consumers.


class FunctionState(Frozen):
    """A Lambda function's marker, and whether all its traffic takes it: as last seen, and first seen `refreshed_at`."""

    versions: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    detail: str = ""
    refreshed_at: datetime | None = None


# What is known of a departure.


class Agreement(Frozen):
    """A second person's agreement to the rotation of one secret, with their rights at that time. `plan` is what they
    agreed to, `makers` its authors.
    """

    by: By
    rights: frozenset[Right]
    plan: tuple[Strategy, bool]
    makers: frozenset[str]


class DepartureState(Frozen):
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


class NewValue(Frozen):
    """The state of the replacement."""

    wanted: bool = True
    name: str = ""
    key_id: str = ""
    fingerprint: str = ""
    staged: str = ""
    staged_at: datetime | None = None
    source: str = ""
    submitted_by: str = ""
    inbox: str = ""
    """The place of a submitted value that the worker has not taken yet."""
    taken_before: int = 0
    """How many submissions were taken before this one was announced; none of them is the one in the inbox."""
    receiving: bool = False
    """Whether the last claim was one on what lies there. What was brought since is not."""
    rejected: str = ""
    held: bool = False
    """Nothing more is made or put in place before a person presses retry: a value that we had made ourselves was
    rejected, or the leaked key was put back in this one's place.
    """
    verified_at: datetime | None = None
    verified_detail: str = ""
    unwell_before: tuple[str, ...] = ()
    """Consumers that were unhealthy before it was put in place: their health says nothing about it."""
    untold: str = ""
    """The old key's account, if this one's is unknown."""
    vouched: By | None = None
    """The second person who agreed to use it anyway."""
    readers_accepted: frozenset[str] = frozenset()
    """Leaked AWS keys and unexplained principals that may read it, as someone has accepted."""
    promote_began_at: datetime | None = None
    """Since when it may be in its parameters, known or not: the first write since it was staged, or since the leaked
    value was put back.
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
    """Since when it is known to be the cause: the failing consumers missed no other value."""
    as_before: tuple[str, ...] = ()
    """Consumers that refuse it as they refused before it."""
    rolling_back: By | None = None
    """Who wants the leaked key back in its place, while that is not done."""
    roll_back_began_at: datetime | None = None
    """Since when some or all parameters may hold the leaked key again: earlier observations no longer tell which
    value is in use. None once a look tells.
    """
    back_since: datetime | None = None
    """When the leaked key was put back in its place; None once a new key has been put in place."""
    overdue: bool = False
    """Whether people were woken because the leaked key, put back in part or all, still works after an hour."""
    standing: Mapping[str, int] = field(default_factory=dict)
    """The last value put in place, this one or the leaked one, by the version of each parameter; empty while unknown,
    because another one is being written, or was in part.
    """
    began: Mapping[str, str] = field(default_factory=dict)
    """The new keys that it was begun to put in place, by fingerprint, and where each was staged."""
    orphans: Mapping[str, bool] = field(default_factory=dict)
    """Orphans by id, and whether they have been revoked."""
    superseded: Mapping[str, str] = field(default_factory=dict)
    """The bot's keys of earlier new keys that may have been in place, by id, each with its fingerprint: one is
    revoked when nothing can use it.
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
        """By what the bot's keys are known that are not the new key, ended or not."""
        return frozenset({*self.orphans, *self.superseded})

    @property
    def may_serve(self) -> bool:
        """Whether its parameters hold it, or may: then it must not be revoked."""
        return self.promoted_at is not None or self.promote_began_at is not None


# What is known of the obligations.


class Exposure(Frozen):
    """Who recorded since when the values were exposed, and why then."""

    reason: str
    by: By
    seq: int


class Awareness(Frozen):
    """Since when people say that they knew: `by` recorded it."""

    at: datetime
    reason: str
    by: By
    seq: int


class NoticeDecision(Frozen):
    """Whether a notice is owed, on which facts, and why; `again`: when that is decided again (UTC)."""

    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...]
    by: By
    seq: int
    again: datetime | None = None


class SentNotice(Frozen):
    reference: str
    at: datetime
    delay: str
    by: By
    seq: int


class Notice(Frozen):
    """The result for one obligation so far."""

    decision: NoticeDecision | None = None
    sent: SentNotice | None = None


# What is known of the leaked key.


class RefusalRun(Frozen):
    """The unbroken run of refusals that the proof is made of: looks next to each other, each with a control. One that
    was accepted ends it, and so does one that could not tell, until it is long enough.
    """

    first_at: datetime
    last_at: datetime
    count: int


class KeyReach(Frozen):
    """What an AWS key with this id can do, as of `KeyLookedUp`."""

    key_id: str
    asked: frozenset[str]
    reads: frozenset[str]
    unknown: str = ""
    actions: tuple[str, ...] = ()
    beyond: Mapping[str, str] = field(default_factory=dict)
    limits: str = ""


class OldValue(Frozen):
    """The state of the leaked key."""

    captured_at: datetime | None = None
    fingerprint: str = ""
    hint: str = ""
    """By which people find it in a console: its beginning and its last characters (``sk_live_…c668``)."""
    versions: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    """The other secrets with this very value when it was captured."""
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
    """What the provider wants deleted, since it does not revoke the key alone."""
    revoked_at: datetime | None = None
    """When its provider said that it had revoked it."""
    revoked_detail: str = ""
    claimed: By | None = None
    """Who said last that they had revoked it at its provider. That is a claim: the answers since then count."""
    claim_answer: str = ""
    """The last answer since the claim: live, dead or unknown; empty without a probe."""
    overruled: bool = False
    """The machine is to revoke it again despite a claim, which stays shown and settles nothing."""
    retried_at: datetime | None = None
    """The last time a person had it revoked, or checked, again."""
    begun_before: int = 0
    """The last operation that had begun by then: a look of up to this number says nothing of the claim."""
    refusals: RefusalRun | None = None
    refused_at: datetime | None = None
    only_refused_since: datetime | None = None
    """The first refusal since it was last accepted, with or without a comparison key."""
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
        """Since when it is gone: since the first refusal of its proof, else since someone vouched for its death."""
        return self.contained_at or (self.attested.at if self.attested is not None else None)

    @property
    def none_of_these(self) -> bool:
        """A person has answered that it is none of the keys that its provider lists: the machine has none to revoke."""
        return self.key_id == NONE_OF_THESE.id

    @property
    def by_looks(self) -> bool:
        """Whether the chosen key is only known to look like it."""
        return any(key.id == self.key_id and key.by_looks for key in self.candidates)

    @property
    def contradicted(self) -> bool:
        """Someone said that it was revoked, and the last answer was that it is accepted."""
        return self.claimed is not None and self.claim_answer == "live"

    @property
    def refused_since(self) -> bool:
        """It was refused after someone said that it was revoked, whether or not each refusal counts for the proof."""
        return self.claimed is not None and (self.refusals is not None or self.claim_answer == "dead")

    @property
    def ended_at(self) -> datetime | None:
        """Since when it is reported revoked without a contradicting answer; this proves nothing."""
        if self.revoked_at is not None or self.claimed is None:
            return self.revoked_at
        return None if self.contradicted or self.overruled else self.claimed.at

    @property
    def said_at(self) -> datetime | None:
        """The last report of its revocation by its provider or a person, regardless of later answers."""
        counts = self.claimed is not None and not self.overruled
        said = [self.revoked_at, self.claimed.at if self.claimed is not None and counts else None]
        return max((at for at in said if at is not None), default=None)


# What is known of pagers and the channel.


class PageState(Frozen):
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
    """The calls (trigger, alert, ask) that may have succeeded without our knowledge: the worker died, or no answer
    came.
    """
    again: bool = False
    """A person pages again: it is resolved first, or the pager would take the next trigger for the same page."""

    @property
    def up(self) -> bool:
        """Whether the page is open at the pager."""
        return self.triggered_at is not None and self.resolved_at is None

    def anew(self, alerts_sent: int) -> PageState:
        """A page that has reached no one yet; open alerts from before are remembered, so that they are resolved."""
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
"""The finding for a value that differs from the one it was compared with."""


def place_of(channel: str, ts: str, secret: str, value: str) -> str:
    """A Slack message and the secret whose value it contains: its new key beside another one."""
    return f"{channel}/{ts}/{secret}{'/new' if value == 'new' else ''}"


class Statement(Frozen):
    """A note or finding in people's words."""

    what: str
    text: str
    by: By
    seq: int


# What is known of a reminder.


class Reminder(Frozen):
    """The last one of something that was due at `due`, sent `at`. `number` counts them. `woke_at`: the last that
    woke people.
    """

    due: datetime
    at: datetime
    number: int = 1
    woke_at: datetime | None = None

    @property
    def early(self) -> bool:
        """Whether it came before that time."""
        return self.at < self.due


# What is known of a hold.


class Hold(Frozen):
    """A person's word that nothing is revoked now, or that no evidence is deleted."""

    reason: str
    by: By


# What is known of steps and tasks.


class Step(Frozen):
    definition: PlaybookStep
    state: StepState = StepState.WAITING
    ended: By | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}


class Task(Frozen):
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
        """Whether it is open, and someone does it by a time: its step need not wait for it."""
        return self.open and bool(self.owner) and self.due is not None


# Who commands.


class Offered(Frozen):
    """The command of the incident, offered by someone (`by`) and not accepted yet."""

    to: str
    by: By
    note: str = ""


class TeamState(Frozen):
    """`leads` is who commands, and since when; `offered`, where that is on its way to someone else."""

    leads: By | None = None
    offered: Offered | None = None

    @property
    def commander(self) -> str:
        """The commander; empty if there is none."""
        return self.leads.name if self.leads is not None else ""


# What is known of trust.


class KnownTrust(Frozen):
    """Distrusted people as far as the incident was informed: up to entry `number` of the chain."""

    number: int = 0
    digest: str = ""
    people: tuple[str, ...] = ()
    slack: bool = True
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


# What is known of the updates to one audience.


class Skipped(Frozen):
    by: By
    number: int
    reason: str


class Draft(Frozen):
    """The newest text. `released_at`: since when it may go out; None: the commander is to look at it first. `figures`:
    what it counts.
    """

    number: int
    milestone: str
    text: str
    drafted_at: datetime
    released_at: datetime | None = None
    skipped: Skipped | None = None
    figures: str = ""

    @property
    def waits(self) -> bool:
        """Whether the commander is to look at it: it neither goes out nor was skipped."""
        return self.released_at is None and self.skipped is None


class UpdateState(Frozen):
    """`told` says since when each reported milestone was true; `sent` has the last number sent to each target, and
    `missing` why a target cannot be reached.
    """

    draft: Draft | None = None
    told: Mapping[str, datetime] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None
    skipped: Skipped | None = None
    """The last one that a person decided not to send."""


# What is known of the lanes.


class LaneState(Frozen):
    """A lane's current work and last failure."""

    claim: Claim | None = None
    failure: Failure | None = None
    waits_until: datetime | None = None
    attempts: Mapping[Op, int] = field(default_factory=dict)
    unfinished: Mapping[Op, int] = field(default_factory=dict)
    """How many of these came to no outcome: their worker died, or handed them back."""
    done: Mapping[Op, datetime] = field(default_factory=dict)
    """When each operation last came to an outcome that is no failure."""
    pages: Mapping[str, Failure] = field(default_factory=dict)
    """A pager's failed calls without a later success, by the call. Other calls heal the lane of the failure, but do not
    repeat these at once, nor restart their tries.
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
        """Its failure at the last try of this, without a later success."""
        if op is Op.PAGE:
            return self.pages.get(detail)
        return self.failure if self.failure is not None and self.failure.op is op else None

    def tried(self, op: Op, most: int) -> bool:
        """Whether it has come to any result, or to none `most` times."""
        unfinished = self.unfinished.get(op, 0)
        return self.attempts.get(op, 0) > unfinished or unfinished >= most


# What a run knew of one secret, as the log of the incident holds it.


class Handed(Frozen):
    """What the incident takes over of one secret. `run` made keys under its own names, and staged values below its own
    place: both are searched too.

    `old` is the leaked key, if the run had captured it; `new` an unleaked new key; `earlier` the value before the
    leaked one if it must still be revoked: each as the run had it, except a new key that is no longer in use.
    `set_aside` are ids and names of the run's keys that must never be taken for a new key; `orphans` are unused keys,
    with whether they were revoked; `superseded` were in place once, with their fingerprints; `unknown` says that a call
    may still make one.
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


class SecretState(Frozen):
    entry: SecretEntry
    strategy: Strategy
    strategy_reason: str
    target: Target
    added: By
    chosen_by: str
    old: OldValue = field(default_factory=OldValue)
    new: NewValue = field(default_factory=NewValue)
    author: Consent | None = None
    """The last person who changed key, strategy or value: they have consented by that, and all other consents have
    lapsed.
    """
    consents: Mapping[str, Consent] = field(default_factory=dict)
    """Everyone else's consents, by name: each to the plan that they saw."""
    kill: Consent | None = None
    """The person who wants it revoked without waiting. Without rights the consent has lapsed, and the wish remains."""
    slot: datetime | None = None
    """When one of the revocations that one responder each may decide was used for it."""
    glass: By | None = None
    broken: By | None = None
    """Who last broke the glass, whether or not that still counts."""
    reviews: tuple[Review, ...] = ()
    """Other people's findings about it since."""
    asked_at: datetime | None = None
    """Since when a second person is needed, over all requests."""
    glass_offered: bool = False
    heard_at: datetime | None = None
    """When a person last said something of it, or had it retried."""
    awaited_at: datetime | None = None
    """When people were last reminded that it still works, and that only they can revoke it."""
    started_at: datetime | None = None
    """When the plan began to be carried out: a value put in place, or a revocation begun."""
    began_on: Basis | None = None
    """The basis of its last revocation."""
    siblings: Siblings = field(default_factory=Siblings)
    compared: By | None = None
    """Who has compared the leaked key with this target last: where that is still assumed, it was another one."""
    own: tuple[str, ...] = ()
    """The settings of the bot that hold this very value."""
    taken_from: str = ""
    """The run that it was taken over from: keys and staged values under its names are looked for too."""
    set_aside: frozenset[str] = frozenset()
    """Ids and names of keys under the run's names that are no new key, and end as old ones."""
    abused: By | None = None
    """Who recorded that someone uses the leaked key."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    inspected_at: datetime | None = None
    copies: Mapping[str, CopyState] = field(default_factory=dict)
    held_at: datetime | None = None
    """When people were informed that an overlap's time is over, and that its copies delay the revocation."""
    use: UseState | None = None
    """How the leaked key was used, as far as its provider tells."""
    lapsed: By | None = None
    """What has invalidated the earlier decision on its revocation: then people are asked."""

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def earlier(self) -> bool:
        """Whether it is the value before the one that leaked: it gets no new key of its own."""
        return self.name.endswith(EARLIER)

    @property
    def by_hand(self) -> ByHand:
        """The clicks for a person at its provider, in the console of the leaked key if its beginning tells which."""
        return self.entry.by_hand(self.old.hint)

    def where_to_look(self, check: Check) -> str:
        """The text of a check, as a sentence, also with the console of the leaked key."""
        return self.entry.of_key(check.sentence, self.old.hint)

    @property
    def old_state(self) -> Old:
        """The one word that people see for the leaked key."""
        old = self.old
        if old.contained_at is not None:
            return Old.DEAD
        if old.attested is not None:
            return Old.ATTESTED
        if self.refused_without_baseline:
            return Old.UNPROVEN
        if old.revoked_at is not None or old.refused_since:
            return Old.REVOKING
        return Old.REJECTED if old.refused_at is not None and old.only_refused_since is not None else Old.ALIVE

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
    def lacks_only_new(self) -> bool:
        """Whether nothing is left to be revoked, and its death cannot be proven before there is a new one."""
        return self.lacks_control and self.old.ended_at is not None and self.new.promoted_at is None

    @property
    def lacks_control(self) -> bool:
        """Its provider refuses it without an accepted comparison key: until there is one, such as the new key, a
        refusal proves nothing.
        """
        control = self.old.last_control
        return self.refused and not self.gone and (control is None or control.liveness != "live")

    @property
    def refused(self) -> bool:
        """Whether its provider refused it when last asked: by itself that proves nothing."""
        return self.old.last_probe is not None and self.old.last_probe.liveness == "dead"

    @property
    def provable(self) -> bool:
        """Whether it is refused, and its new key, once in place, may yet prove it dead without anyone's word."""
        return self.refused and self.old_state is not Old.UNPROVEN

    @property
    def gone(self) -> bool:
        """Nothing is left to revoke: dead, or attested by name (and still probed, since that proves nothing)."""
        return self.old.contained_at is not None or self.old.attested is not None

    @property
    def leaked_value_dead(self) -> bool:
        """Whether the leaked key is dead, and not found to be another one than the revoked one."""
        return self.old_state is Old.DEAD and self.mistaken is None

    @property
    def mistaken(self) -> By | None:
        """The person who found that another value leaked than the assumed one; None if no one did."""
        return self.compared if self.target.kind is TargetKind.ASSUMED else None

    @property
    def assumed(self) -> bool:
        """Whether no one has compared the leaked key with the one to be revoked."""
        return self.target.kind is TargetKind.ASSUMED and self.compared is None

    @property
    def settled(self) -> bool:
        """Whether the close needs no answer about it: dead, and the replacement where it should be."""
        return self.old_state is Old.DEAD and self.in_place

    @property
    def restored(self) -> bool:
        """Every consumer says that it is well with the replacement, or none is needed."""
        return self.new_state in {New.LIVE, New.NOT_NEEDED}

    @property
    def in_place(self) -> bool:
        """The replacement is where it should be, as far as anyone can be asked, or none is needed."""
        return self.restored or self.new_state is New.UNCONFIRMED

    @property
    def kept_as_evidence(self) -> bool:
        """Dead, and only switched off at its provider: it is deleted after the investigation."""
        return self.entry.capabilities.deletes and self.old_state is Old.DEAD and self.old.deleted_at is None

    @property
    def open_checks(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks.values() if check.open)

    @property
    def open_copies(self) -> tuple[CopyState, ...]:
        """Copies without an answer."""
        return tuple(copy for copy in self.copies.values() if copy.open)

    @property
    def due_checks(self) -> tuple[Check, ...]:
        """Checks that can be answered now."""
        return tuple(check for check in self.open_checks if self.can_end(check))

    def can_end(self, check: Check) -> bool:
        """Whether its answer counts: before the death of the key only for what a use of it made."""
        return self.gone or check.undo is not None

    @property
    def access(self) -> Access:
        """Contained only once the key is gone: an earlier look may be outdated."""
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
        """True if this provider needs it, or if other working keys would die with this one."""
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
        """Whether the provider deletes it only together with other working keys, which the machine does not do."""
        return self.old.owner is not None and not self.old.owner.alone


class Incident(Begun):
    """The whole. `seq` is the last event's number; `last_at` its time."""

    id: str
    declared: By
    seq: int
    last_at: datetime
    steps: tuple[Step, ...]
    raised: By
    """Who declared it, or last opened it again."""
    secrets: Mapping[str, SecretState] = field(default_factory=dict)
    by_parameter: Mapping[str, str] = field(default_factory=dict)
    """The secret whose value a parameter holds: its name, by the parameter of the secret part."""
    lanes: Mapping[Lane, LaneState] = field(default_factory=dict)
    claims: int = 0
    losses: int = 0
    """How often its log lost its end."""
    held: Mapping[int, Claim] = field(default_factory=dict)
    """The claims that hold a lane, by their numbers: few of an incident's thousands."""
    functions: Mapping[str, FunctionState] = field(default_factory=dict)
    usage: Mapping[str, UsageState] = field(default_factory=dict)
    denies: Mapping[str, Deny] = field(default_factory=dict)
    """Denied sessions, by the name of the role."""
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """People's answers about reads, by principal."""
    tasks: Mapping[str, Task] = field(default_factory=dict)
    taken: Mapping[str, By] = field(default_factory=dict)
    """Who does which work by hand, and since when, by the id of the to-do: open ones only."""
    team: TeamState = field(default_factory=TeamState)
    updates: Mapping[str, UpdateState] = field(default_factory=dict)
    """Status updates, by audience."""
    statements: tuple[Statement, ...] = ()
    counsel_notes: tuple[Statement, ...] = ()
    """For counsel and the commander alone: only their form shows these."""
    messages: Mapping[str, int] = field(default_factory=dict)
    """Messages of Slack's that the timeline keeps or tells of, with the numbers of their events."""
    milestones: tuple[str, ...] = ()
    request: ApprovalRequest | None = None
    proposal: Proposal | None = None
    proposals: int = 0
    redacted: tuple[int, ...] = ()
    """Numbers of the redacted events, in the order of the redactions."""
    redacted_seq: int = 0
    """Number of the newest redaction: documents of earlier events may hold the words."""
    rejected_plans: Mapping[str, str] = field(default_factory=dict)
    called: By | None = None
    """Who last paged by hand."""
    responded: By | None = None
    """Who else was the first to do something since."""
    page: PageState = field(default_factory=PageState)
    fallback: PageState = field(default_factory=PageState)
    departure: DepartureState | None = None
    """The departure that caused it; None if there is none."""
    awareness: Awareness | None = None
    exposure: Exposure | None = None
    """The person who set `exposed_at` since the declaration; None if no one did."""
    notices: Mapping[str, Notice] = field(default_factory=dict)
    """The result of each obligation, by its id."""
    channel: str = ""
    channel_url: str = ""
    lost_channels: tuple[str, ...] = ()
    """Channels of the incident that accept no messages, such as archived ones."""
    trust: KnownTrust = field(default_factory=KnownTrust)
    by_slack: frozenset[By] = frozenset()
    """Who said something, and when, for which Slack's front vouched."""
    alerts: tuple[str, ...] = ()
    """What deserves a separate alert even while on-call acts: it reveals nothing about the secret or people."""
    worsened: Mapping[tuple[Worse, datetime | None], datetime] = field(default_factory=dict)
    """When an alert that something has got worse was last raised, by its words."""
    report: ReportState = field(default_factory=ReportState)
    hold: Hold | None = None
    """While nothing may be revoked, by anyone's word."""
    legal_hold: Hold | None = None
    """While evidence is not deleted."""
    halted: str = ""
    halted_at: datetime | None = None
    reminded: Mapping[str, Reminder] = field(default_factory=dict)
    """The last reminder of each thing that was overdue, by its key."""
    closed: By | None = None
    """By whom; by the second person, who agreed, where `closer` proposed it."""
    closer: str = ""
    accepted_reason: str = ""
    accepted_items: tuple[Accepted, ...] = ()
    """Everything that was open at the close, and accepted by name."""
    handed: Mapping[str, str] = field(default_factory=dict)
    """The secrets of a run that leaked while it was under way, each with the incident that has taken it over."""
    reopened: bool = False
    """Reopened: something must be investigated again, regardless of its steps."""
    reopened_because: str = ""
    """The reason, in the words of the person who reopened it; `raised` has the person and time."""

    @property
    def kind(self) -> RunKind:
        """Its purpose, by the playbook that it began with."""
        return self.playbook.kind

    @property
    def routine(self) -> bool:
        """Whether nothing leaked: a planned rotation, or the rotations of a departure."""
        return self.kind.planned

    @property
    def traits(self) -> RunTraits:
        """Its activities besides its secrets' lanes."""
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
        """The person who paged: by hand, else by the declaration. Their own acts do not acknowledge the page."""
        return (self.called or self.raised).name

    @property
    def slack_untrusted(self) -> bool:
        """Whether Slack must learn nothing (more) about it: no channel, no card, no message, and no commands from
        there.
        """
        return self.out_of_slack or not self.trust.slack

    @property
    def commander(self) -> str:
        """The incident commander; empty if there is none."""
        return self.team.commander

    def serving(self, secret: SecretState) -> SecretState:
        """The secret whose new key replaces this one: itself, except for the value before the leaked one."""
        return self.secrets.get(secret.name.removesuffix(EARLIER), secret) if secret.earlier else secret

    def lane(self, lane: Lane) -> LaneState:
        """The lane's state; an untouched lane is an empty one."""
        return self.lanes.get(lane, _IDLE)

    def incomplete(self, function: str) -> bool:
        """Whether some traffic of the function may still reach the state before its last refresh."""
        state = self.functions.get(function)
        return state is not None and not state.complete

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.definition.id == step_id), None)

    @property
    def worries(self) -> tuple[str, ...]:
        """Secrets with a key at risk: an old key not gone, or a new one not in place."""
        return tuple(name for name, secret in self.secrets.items() if not (secret.gone and secret.in_place))

    @property
    def mistaken(self) -> tuple[str, ...]:
        """Secrets whose leaked key is another one than the revoked one."""
        return tuple(name for name, secret in self.secrets.items() if secret.mistaken is not None)

    @property
    def at_risk(self) -> bool:
        """Whether a key still works, or may; also if another value leaked than the revoked one."""
        return bool(self.worries or self.mistaken)

    def age(self, now: datetime) -> timedelta:
        return now - self.declared.at


_IDLE = LaneState()
