"""Samples of every kind of event; where a kind speaks differently of different things, several."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, get_origin, get_type_hints

from msgspec import structs

from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import HALT, function_lane, new_lane, old_lane, usage_lane
from bot.incident.operations import Claim, Op
from bot.incident.state import Handed, NewValue, OldValue
from bot.model.departures import Leaver, Reach
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.reads import Read
from bot.model.secrets import Consumer
from bot.model.uses import Concern, Per, Use, UseReport, summary
from tests.support.incidents import PLAYBOOK, START, TIMINGS, entry, probe

BY_MACHINE = frozenset({
    *e.OUTCOMES, e.OldProvenDead, e.OldValueReappeared, e.ContainmentOverdue, e.OwnCredentialConcerned, e.PersonAwaited,
    e.OverlapHeld, e.RollBackOverdue, e.ApprovalRequested, e.ApprovalExpired, e.GlassOffered,
    e.ConsentWithdrawn, e.ChannelLost, e.Reminded, e.TrustChanged,
    e.LateOutcomeNoted, e.OperationStarted, e.ClaimLost, e.OutcomeRefused, e.RecordsLost,
})  # fmt: skip
"""What no person brings about; all else someone does."""
LATER = START + timedelta(minutes=30)
NAME = "openai-api-key"
PLANS = {NAME: "a" * 64, "redis": "b" * 64}
RIGHTS = (m.Right.APPROVE, m.Right.RESPOND)
SNAPSHOT = Snapshot("acct_1", ("mail.send",), "anna", START, ("192.0.2.0/24",), 3, {"plan": "pro"})
READ = Read(START, "arn:aws:iam::1:role/checkout", "192.0.2.1", "boto3", "GetParameter", "/production/x")
UNUSED = summary(UseReport("CloudTrail", Per.KEY, START, LATER, 900.0, (), ("data events",)), 50, 20)
USED = summary(
    UseReport(
        "CloudTrail", Per.KEY, START, LATER, 900.0,
        (
            Use(LATER, LATER, "iam:CreateUser", "AKIA1", "arn:aws:iam::1:user/product", "192.0.2.9", "aws-cli",
                "us-east-1", ("eve",), concern=Concern.PERSISTENCE, why="Makes a user."),
            Use(START, START, "s3:ListBuckets", "AKIA1", "arn:aws:iam::1:user/product", "192.0.2.9", "aws-cli"),
        ),
        ("data events",), truncated=True,
    ), 50, 20,
)  # fmt: skip
KEYS = (KeyRef("id-1", "one", "…9f", START, LATER), KeyRef("id-2"))
PINNED = OldValue(
    START, "f" * 12, versions={"/production/x": 3}, candidates=KEYS, key_id="id-1", snapshot=SNAPSHOT, baseline_at=START
)
STAGED = "/_compromise/inc_abcdef/x/new/1"
MADE = NewValue(name="inc_abcdef_x_1", key_id="id-2", fingerprint="e" * 12, staged=STAGED, staged_at=START,
                source="issue", verified_at=LATER)  # fmt: skip
HALF_WAY = replace(MADE, promote_began_at=LATER)

BEGUN = e.IncidentDeclared(
    incident="inc_abcdef",
    environment="staging",
    title="A leak",
    how_noticed="seen",
    public=False,
    playbook=PLAYBOOK,
    timings=TIMINGS,
    detected_at=START,
)

_ALL: tuple[e.Event, ...] = (
    structs.replace(BEGUN, environment="production", public=True, exposed_at=START),
    BEGUN,
    structs.replace(
        BEGUN, title="A breach", how_noticed="told by mail", left_alone=(m.LeftAlone("anon-key", m.WhyLeft.PUBLIC),)
    ),
    structs.replace(
        BEGUN,
        title="ben leaves",
        how_noticed="last day",
        leaver=Leaver("ben", "arn:aws:iam::111122223333:user/ben"),
    ),
    e.DepartureAgreed((NAME, "redis"), RIGHTS),
    e.LeaverLookedUp(3, (NAME,), (Reach(NAME, "can", ("ReadAll",), 2, START), Reach("redis")), (), True),
    e.KeyLookedUp(3, NAME, "AKIA1", (NAME, "redis"), ("redis",)),
    e.DenyAgreed("api", NAME, START, (Consumer("checkout"),), "anna"),
    e.DenyLifted("api", "all have expired"),
    e.DenySeen(3, "api", START),
    e.DenySeen(3, "api", None),
    e.LeaverLookedUp(3, (NAME,), (), ("who can read them is not known: iam: HTTP 403",), False),
    e.SecretAdded(entry(), m.Target(m.TargetKind.CONFIRMED, "f" * 12, 3), m.Strategy.OVERLAP, "because", True),
    e.SecretAdded(entry(), m.Target(m.TargetKind.ASSUMED), m.Strategy.KILL_FIRST, "because", False),
    e.StrategyChosen(NAME, m.Strategy.KILL_FIRST, "abuse"),
    e.StrategyChosen(NAME, m.Strategy.OVERLAP, "customers", RIGHTS, "anna", RIGHTS[:1], "d" * 64, LATER),
    e.ReplacementAsked(NAME, RIGHTS),
    e.KillRequested(NAME),
    e.KillRequested(NAME, slot=True, plan="d" * 64, rights=RIGHTS),
    e.GlassBroken((NAME, "redis"), "nobody answers"),
    e.GlassOffered((NAME,)),
    e.GlassReviewed((NAME, "redis"), "it was right: nobody could be reached"),
    e.PersonAwaited((NAME,)),
    e.PersonAwaited((NAME, "redis")),
    e.ApprovalRequested(PLANS, LATER),
    e.PlanApproved(PLANS, LATER),
    e.PlanApproved(PLANS, LATER, RIGHTS),
    e.PlanRejected(PLANS, "wrong key"),
    e.ApprovalExpired(PLANS),
    e.ProposalMade(1, "strategy", NAME, "customers", LATER),
    e.ProposalMade(2, "closure", NAME, "enough", LATER),
    e.ProposalApproved(1),
    e.ProposalRejected(1, "no"),
    e.StepReopened("rotate"),
    e.StepReopened("a-step-of-another-playbook"),
    e.StepDone("rotate"),
    e.StepSkipped("rotate", "not ours"),
    e.NoteAdded("a note"),
    e.NarrativeWritten("summary", "a key was public for an hour"),
    e.NarrativeWritten("lessons", "scan before the commit"),
    e.ReportSigned("d" * 64, "e" * 64, 9),
    e.ValueSighted("openai-api-key", "leaked", "C1", "1700000000.000100"),
    e.FindingRecorded("finding", "a finding"),
    e.FindingRecorded("root-cause", "a committed .env"),
    e.UpdateDrafted(3, "security", 1, "declared", "An incident was declared.", {"declared": START}, released=True),
    e.UpdateDrafted(3, "stakeholders", 2, "", "It goes on.", {}),
    e.UpdateSkipped("stakeholders", 2, "they sit beside me"),
    e.UpdateReleased("stakeholders", 2, "It goes on; no customer is affected.", edited=True),
    e.UpdateReleased("stakeholders", 2, "It goes on."),
    e.UpdateSent(4, "security", 1, "C0SECURITY"),
    e.UpdateSent(4, "owners payments", 1, "@payments", "the people file has no payments"),
    e.RoleOffered("ben", "support calls back at four"),
    e.RoleOffered("ben"),
    e.RoleAccepted("anna"),
    e.RoleAccepted(),
    e.RoleDeclined("asleep"),
    e.RoleDeclined("it was a mistake", by_giver=True),
    e.RoleTaken("anna does not answer", "anna"),
    e.RoleTaken(""),
    e.CounselNoted("the contract is missing"),
    e.FindingRecorded("no-abuse", "no call from outside in the provider's log"),
    e.FindingRecorded("abuse-unknown", "the provider keeps no log"),
    e.TodoTaken("by-hand:stripe-secret-key"),
    e.TodoTaken("by-hand:stripe-secret-key", "anna"),
    e.TodoReturned("by-hand:stripe-secret-key"),
    e.RevocationsHeld("law enforcement"),
    e.EvidenceHeld("the insurer has a claim", True),
    e.EvidenceHeld("the claim is settled", False),
    e.RevocationsResumed("they are done", "anna"),
    e.AwarenessRecorded(START, "the mail was read then"),
    e.ExposureRecorded(START, "the commit was pushed then"),
    e.NoticeDecided("authority", m.NoticeOutcome.NOT_REQUIRED, "made-up data", "the officer", ("public",)),
    e.NoticeDecided("authority", m.NoticeOutcome.NOTIFY, "data was read", "anna"),
    e.NoticeSent("authority", "case 4711", LATER),
    e.NoticeSent("authority", "case 4711", LATER, "the officer was away"),
    e.TaskAdded("t1", "Search", "ben", LATER, "investigate"),
    e.TaskAdded("t1", "Search", ""),
    e.TaskChanged("t1", "anna", LATER, "ben is away"),
    e.TaskDone("t1"),
    e.TaskDeclined("t1", "no"),
    e.DeathAttested(NAME, "saw it"),
    e.CandidateChosen(NAME, "id-1", RIGHTS),
    e.ScopesChosen(NAME, ("mail.send",)),
    e.RevokedByPerson(NAME),
    e.CheckEnded(NAME, "webhooks", m.CheckOutcome.CLEAR),
    e.CheckEnded(NAME, "webhooks", m.CheckOutcome.HANDLED, "deleted one to evil.example"),
    e.SubmissionAnnounced(NAME, "/_compromise/inbox/x", RIGHTS),
    e.SubmissionAnnounced(NAME, "/_compromise/inbox/x", RIGHTS, called_for=True),
    e.OperationRetried(old_lane(NAME)),
    e.OperationRetried(HALT),
    e.AbuseRecorded(NAME, "a stranger lists our files with it"),
    e.RollBackRequested(NAME, "checkout is down"),
    e.ReportRequested(),
    e.IncidentClosed(),
    e.IncidentClosed("enough", (m.Accepted("impact", "no impact recorded"),)),
    e.ReaderAccounted("arn:aws:iam::1:user/ben", m.ReaderOutcome.EXPLAINED, "the weekly export"),
    e.IncidentReopened("it answers"),
    e.CommandRefused("kill-now", "It is dead."),
    e.Redacted(m.Cut(7, "note-added", "d" * 64, '{"text":"(redacted)","v":1}'), "it held a password", "chloe"),
    e.OperationStarted(Claim(1, Op.REVOKE, old_lane(NAME), NAME, 1, "w1")),
    e.OperationFailed(1, Op.REVOKE, "Unreachable", "openai: revoke key: no answer", LATER),
    e.OperationFailed(1, Op.REVOKE, "Refused", "openai: revoke key: HTTP 403", None),
    e.OperationYielded(1, Op.ISSUE, LATER),
    e.ClaimLost(1, Op.ISSUE, new_lane(NAME)),
    e.ClaimLost(1, Op.REFRESH, function_lane("checkout")),
    e.ClaimLost(1, Op.USAGE, usage_lane(NAME)),
    e.OutcomeRefused(1, Op.ISSUE, new_lane(NAME)),
    e.RecordsLost(head=f"57:{'d' * 64}"),
    e.RecordsLost(backup_at=START),
    e.ChannelOpened(1, "C1", "https://slack.example/C1"),
    e.LastUseRead(1, NAME, START),
    e.LastUseRead(1, NAME, None, "openai: read key: HTTP 500"),
    e.CopySettled(NAME, "ci", m.CopyOutcome.UPDATED),
    e.CopySettled(NAME, "backup", m.CopyOutcome.ACCEPTED, "it expires in a week"),
    e.OverlapHeld(NAME, ("ci", "backup")),
    e.ChannelLost("C1", "was archived"),
    e.PageSent(1, "trigger"),
    e.PageSent(1, "trigger", 0, True),
    e.PageSent(1, "none", 0, True),
    e.PageSent(1, "acknowledge"),
    e.PageSent(1, "resolve"),
    e.PageSent(1, "note", 2),
    e.PageSent(1, "alert", 2, alerts=2),
    e.PageSent(1, "alert-over", 2, alerts=2),
    e.PagedAgain("the vendor says that it was used"),
    e.Reminded("task:t1", "Remove the secret", LATER, "anna"),
    e.Reminded("notice:authority", "send it", LATER, legal=True),
    e.Reminded("notice:authority", "send it", LATER, legal=True, early=True),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, True, (), START),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, True, KEYS[:1]),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, False, KEYS),
    e.SnapshotTaken(1, NAME, SNAPSHOT, "sessions", probe("live")),
    e.ScopesRead(1, NAME, SNAPSHOT),
    e.OrphansFound(1, NAME, ("id-9",)),
    e.OrphansFound(1, NAME, ("id-9",), "id-2"),
    e.OrphanEnded(1, NAME, "id-9"),
    e.ValueStaged(1, NAME, "inc_x_1", "id-3", "e" * 12, "/_compromise/new", "issue"),
    e.ValueStaged(1, NAME, "inc_x_1", "id-3", "e" * 12, "/_compromise/new", "issue", made_room="id-2"),
    e.ValueStaged(1, NAME, "inc_x_1", "", "e" * 12, "/_compromise/new", "install"),
    e.ValueStaged(1, NAME, "", "", "e" * 12, "/_compromise/new", "person", "anna"),
    e.ValueRejected(1, NAME, "another account"),
    e.ValueAllowed(NAME, "f" * 12, "we made it", True),
    e.ValueAllowed(NAME, "f" * 12, "the key may not read it", False, ("aws-access-key",)),
    e.ValueRefused(NAME, "f" * 12, "it is not ours"),
    e.ValueVerified(1, NAME, "HTTP 200; the account could not be compared", untold="acct_1 live"),
    e.ValueVerified(1, NAME, "HTTP 200"),
    e.ValueVerified(1, NAME, "HTTP 200", ("checkout",)),
    e.ValuePromoted(1, NAME, {"/production/x": 4}),
    e.RolledBack(1, NAME, {"/production/x": 5}),
    e.RollBackRefused(1, NAME, "HTTP 401 invalid_api_key"),
    e.RollBackOverdue(NAME),
    e.FunctionRefreshed(1, "checkout", {"/production/x": 4}, False, "alias left alone"),
    e.ValueLive(1, NAME, True, "healthy"),
    e.ValueLive(1, NAME, False, "nobody to ask"),
    e.ConsumersAsked(1, NAME, True, "checkout: health HTTP 200"),
    e.ConsumersAsked(1, NAME, False, "checkout: refreshed, unconfirmed (no health URL)"),
    e.ConsumersFailing(1, NAME, ("checkout",), "checkout: health HTTP 503"),
    e.AccessRevoked(1, NAME, "HTTP 204"),
    e.OldProbed(1, NAME, probe("dead"), probe("live", "control: new"), (probe("live", "bystander: b"),)),
    e.OldProbed(1, NAME, probe("live")),
    e.SiblingsSeen(1, NAME, False, (probe("live", "openai-batch"), probe("unknown", "openai-old"))),
    e.SiblingsSeen(1, NAME, True, (probe("dead", "openai-batch"),)),
    e.OldProbed(1, NAME, probe("live"), standing=("/production/x",)),
    e.RevocationNeedsOwner(1, NAME, Owner("svc-1", "service account “app”", True)),
    e.RevocationNeedsOwner(1, NAME, Owner("svc-1", "service account “app”", False)),
    e.OldProvenDead(NAME, START),
    e.OwnCredentialConcerned(NAME, ("SLACK_BOT_TOKEN", "BOT_TWILIO_API_KEY_SECRET")),
    e.OldValueReappeared(NAME, ("/production/x",)),
    e.ContainmentOverdue(NAME),
    e.CommandProven("ssh", {"claims": "anna"}, "signature"),
    e.TrustChanged(1, "d" * 64, ("ben",), False, ("ben is not trusted: said by anna at 2026-11-25 03:14 UTC. Gone",)),
    e.TrustChanged(3, "d" * 64, (), True),
    e.HandedOver("inc_zyxwvu", (NAME, "redis"), (3, 4)),
    e.HandedOver("inc_zyxwvu", (NAME,), reason="the same gist"),
    e.TakenOver(NAME, Handed(NAME, "inc_abcdef")),
    e.TakenOver(NAME, Handed(NAME, "inc_abcdef", PINNED, MADE, orphans={"id-9": False}, unknown=True)),
    e.TakenOver(NAME, Handed(NAME, "inc_abcdef", PINNED, HALF_WAY)),
    e.TakenOver(NAME, Handed(NAME, "inc_abcdef", set_aside=("id-2",))),
    e.LateOutcomeNoted(NAME, "inc_abcdef", Op.ISSUE),
    e.ConsentWithdrawn(NAME, m.ConsentKind.APPROVAL, "ben", "ben left the team."),
    e.Swept(1, NAME),
    e.Swept(1, NAME, "id-2"),
    e.Unstaged(1, NAME, True),
    e.Unstaged(1, NAME, False),
    e.UsageRead(1, NAME, "CloudTrail event history", START, LATER, (READ,), ("KMS",), True),
    e.UseLookedUp(1, NAME, UNUSED),
    e.UseLookedUp(2, NAME, USED, "reports/inc.use-openai-api-key-0a1b2c3d4e5f.jsonl", "d" * 64),
    e.OldDeleted(1, NAME, "at AWS, by the bot"),
    e.AccessInspected(1, NAME, START, ("keys", "users"), ()),
    e.AccessInspected(1, NAME, START, ("keys",), (Leftover("keys", "id-7", "backdoor", LATER),), 3),
    e.ReportWritten(1, "reports/inc.md", "d" * 64, "9:abc", 9),
    e.ReportWritten(1, "inc.md", "d" * 64, "9:abc", 9, 0, "inc.html", "e" * 64, ("slack", "s3")),
    e.DecisionRecorded(1, "docs/DECISIONS.md"),
    e.ReportDelivered(1, "slack", "https://slack.example/files/F1", "d" * 64, 9),
    e.ReportDelivered(1, "s3", "s3://reports/inc.html", "d" * 64, 9),
    e.ReportDelivered(1, "github", "https://github.example/pull/1", "d" * 64, 9),
)

SAMPLES: dict[str, list[e.Event]] = {}
"""By kind; of one without a sample above, one that is made of its fields."""
for _event in _ALL:
    SAMPLES.setdefault(e.kind_of(_event), []).append(_event)

_VALUES = {str: "some words", int: 1, bool: True, datetime: START}


def _value(name: str, hint: Any) -> Any:
    if name == "secret":
        return NAME
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return _VALUES[hint] if hint in _VALUES else get_origin(hint)()  # a tuple or mapping


def made(event: type[e.Event]) -> e.Event:
    """A sample made of the fields that it needs. KeyError or TypeError for a field of a type of its own."""
    hints = get_type_hints(event)
    needed = [each.name for each in structs.fields(event) if each.required]
    return event(**{name: _value(name, hints[name]) for name in needed})


SAMPLES |= {kind: [made(event)] for kind, event in e.KINDS.items() if kind not in SAMPLES}
