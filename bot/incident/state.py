"""An incident as its events have made it. Everything derives from the log; there is no flag beside it.

What is known of one subject stands in its folder's `state.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident.access.state import Check, CopyState, Reader, Siblings, UsageState
from bot.incident.answers import ANSWERS, Answers
from bot.incident.approval.state import ApprovalRequest, Basis, Consent, Proposal, Review
from bot.incident.closing.state import ReportState
from bot.incident.consumers.state import FunctionState
from bot.incident.departure.state import DepartureState
from bot.incident.lanes import Lane
from bot.incident.model import (
    EARLIER,
    Accepted,
    Access,
    By,
    IfFailing,
    LeftAlone,
    New,
    Old,
    Strategy,
    Target,
    TargetKind,
)
from bot.incident.new_value.state import NewValue
from bot.incident.obligations.state import Awareness, Exposure, Notice
from bot.incident.old_value.state import OldValue
from bot.incident.paging.state import PageState
from bot.incident.record.state import DecisionReminder, Statement
from bot.incident.reminders.state import Reminder
from bot.incident.severity.state import ChosenSeverity
from bot.incident.steps.state import Step, Task
from bot.incident.team.state import TeamState
from bot.incident.tracker.state import TrackerState
from bot.incident.trust.state import KnownTrust
from bot.incident.two_people import lacking
from bot.incident.updates.state import UpdateState
from bot.incident.work.state import LaneState
from bot.model.capabilities import Makes, RevokedBy
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook, RunKind
from bot.model.secrets import ByHand, SecretEntry
from bot.model.timings import Timings


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
    tracker: TrackerState = field(default_factory=TrackerState)
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
    worsened: Mapping[str, datetime] = field(default_factory=dict)
    """When an alert that something has got worse was last raised, by its words."""
    report: ReportState = field(default_factory=ReportState)
    halted: str = ""
    halted_at: datetime | None = None
    reminded: Mapping[str, Reminder] = field(default_factory=dict)
    """The last reminder of each thing that was overdue, by its key."""
    closed: By | None = None
    """By whom; by the second person, who agreed, where `closer` proposed it."""
    closer: str = ""
    accepted: tuple[str, ...] = ()
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
    def answers(self) -> Answers:
        """What it sets going beside its secrets' lanes."""
        return ANSWERS[self.kind]

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


_IDLE = LaneState()
