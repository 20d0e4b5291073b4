"""Samples of every kind of event; where a kind speaks differently of different things, several."""

from __future__ import annotations

from datetime import timedelta

from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Claim, Op, old_lane
from tests.support.incidents import PLAYBOOK, START, TIMINGS, entry, probe

LATER = START + timedelta(minutes=30)
NAME = "openai-api-key"
PLANS = {NAME: "a" * 64, "redis": "b" * 64}
SNAPSHOT = m.SnapshotRecord("acct_1", ("mail.send",), "anna", START, ("192.0.2.0/24",), 3, {"plan": "pro"})
READ = m.ReadRecord(START, "arn:aws:iam::1:role/checkout", "192.0.2.1", "boto3", "GetParameter", "/production/x")
KEYS = (m.KeyRef("id-1", "one", "…9f", START, LATER), m.KeyRef("id-2"))

_ALL: tuple[e.Event, ...] = (
    e.IncidentDeclared("inc_abcdef", "production", "A leak", "seen", True, PLAYBOOK, TIMINGS, START, START),
    e.IncidentDeclared("inc_abcdef", "staging", "A leak", "seen", False, PLAYBOOK, TIMINGS, START),
    e.SecretAdded(entry(), m.Target(m.TargetKind.CONFIRMED, "f" * 12, 3), m.Strategy.OVERLAP, "because", True),
    e.SecretAdded(entry(), m.Target(m.TargetKind.ASSUMED), m.Strategy.KILL_FIRST, "because", False),
    e.StrategyChosen(NAME, m.Strategy.KILL_FIRST, "abuse"),
    e.ReplacementAsked(NAME),
    e.KillRequested(NAME),
    e.GlassBroken((NAME, "redis"), "nobody answers"),
    e.ApprovalRequested(PLANS, LATER),
    e.PlanApproved(PLANS, LATER),
    e.PlanRejected(PLANS, "wrong key"),
    e.ApprovalExpired(PLANS),
    e.ProposalMade(1, "strategy", NAME, "customers", LATER),
    e.ProposalMade(2, "closure", NAME, "enough", LATER),
    e.ProposalApproved(1),
    e.ProposalRejected(1, "no"),
    e.StepStarted("rotate"),
    e.StepStarted("a-step-of-another-playbook"),
    e.StepDone("rotate"),
    e.StepSkipped("rotate", "not ours"),
    e.NoteAdded("a note"),
    e.FindingRecorded("finding", "a finding"),
    e.FindingRecorded("root-cause", "a committed .env"),
    e.FindingRecorded("notification", "nobody to tell"),
    e.TaskAdded("t1", "Search", "ben", LATER, "investigate"),
    e.TaskAdded("t1", "Search", ""),
    e.TaskDone("t1"),
    e.TaskDeclined("t1", "no"),
    e.DeathAttested(NAME, "saw it"),
    e.CandidateChosen(NAME, "id-1"),
    e.ScopesChosen(NAME, ("mail.send",)),
    e.RevokedByPerson(NAME),
    e.CheckEnded(NAME, "webhooks", m.CheckOutcome.CLEAR),
    e.CheckEnded(NAME, "webhooks", m.CheckOutcome.HANDLED, "deleted one to evil.example"),
    e.SubmissionAnnounced(NAME, "/_compromise/inbox/x"),
    e.OperationRetried(old_lane(NAME)),
    e.OperationRetried("halt"),
    e.ReportRequested(),
    e.IncidentClosed(),
    e.IncidentClosed((NAME,), "enough"),
    e.IncidentReopened("it answers"),
    e.CommandRefused("kill-now", "It is dead."),
    e.OperationStarted(Claim(1, Op.REVOKE, old_lane(NAME), NAME, 1, "w1")),
    e.OperationFailed(1, Op.REVOKE, "Unreachable", "openai: revoke key: no answer", LATER),
    e.OperationFailed(1, Op.REVOKE, "Refused", "openai: revoke key: HTTP 403", None),
    e.OperationYielded(1, Op.ISSUE, LATER),
    e.ClaimLost(1, Op.ISSUE, f"new:{NAME}"),
    e.ClaimLost(1, Op.REFRESH, "function:checkout"),
    e.ClaimLost(1, Op.USAGE, f"usage:{NAME}"),
    e.OutcomeRefused(1, Op.ISSUE, f"new:{NAME}"),
    e.ChannelOpened(1, "C1", "https://slack.example/C1"),
    e.PageSent(1, "trigger"),
    e.PageSent(1, "trigger", 0, True),
    e.PageSent(1, "none", 0, True),
    e.PageSent(1, "acknowledge"),
    e.PageSent(1, "resolve"),
    e.PageSent(1, "note", 2),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, "/_compromise/old", True, (), START),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, None, True, KEYS[:1]),
    e.OldCaptured(1, NAME, "f" * 12, {"/production/x": 3}, None, False, KEYS),
    e.SnapshotTaken(1, NAME, SNAPSHOT, "sessions", probe("live")),
    e.ScopesRead(1, NAME, SNAPSHOT),
    e.OrphansFound(1, NAME, ("id-9",)),
    e.OrphanEnded(1, NAME, "id-9"),
    e.ValueStaged(1, NAME, "inc_x_1", "id-3", "e" * 12, "/_compromise/new", "issue"),
    e.ValueStaged(1, NAME, "inc_x_1", "", "e" * 12, "/_compromise/new", "install"),
    e.ValueStaged(1, NAME, "", "", "e" * 12, "/_compromise/new", "person", "anna"),
    e.ValueRejected(1, NAME, "another account"),
    e.ValueVerified(1, NAME, "HTTP 200"),
    e.ValuePromoted(1, NAME, {"/production/x": 4}),
    e.FunctionRefreshed(1, "checkout", {"/production/x": 4}, False, "alias left alone"),
    e.ValueLive(1, NAME, True, "healthy"),
    e.ValueLive(1, NAME, False, "nobody to ask"),
    e.ConsumersAsked(1, NAME, True, "checkout: health HTTP 200"),
    e.ConsumersAsked(1, NAME, False, "checkout: health HTTP 503"),
    e.AccessRevoked(1, NAME, "HTTP 204"),
    e.OldProbed(1, NAME, probe("dead"), probe("live", "control: new"), (probe("live", "bystander: b"),)),
    e.OldProbed(1, NAME, probe("live")),
    e.SiblingsSeen(1, NAME, False, (probe("live", "openai-batch"), probe("unknown", "openai-old"))),
    e.SiblingsSeen(1, NAME, True, (probe("dead", "openai-batch"),)),
    e.OldProbed(1, NAME, probe("live"), standing=("/production/x",)),
    e.RevocationNeedsOwner(1, NAME, m.OwnerRecord("svc-1", "service account “app”", True)),
    e.RevocationNeedsOwner(1, NAME, m.OwnerRecord("svc-1", "service account “app”", False)),
    e.OldProvenDead(NAME, START),
    e.OwnCredentialConcerned(NAME, ("SLACK_BOT_TOKEN", "BOT_TWILIO_API_KEY_SECRET")),
    e.NotificationReminded(LATER, False),
    e.NotificationReminded(LATER, True),
    e.OldValueReappeared(NAME, ("/production/x",)),
    e.ContainmentOverdue(NAME),
    e.ConsentWithdrawn(NAME, m.ConsentKind.APPROVAL, "ben", "ben left the team."),
    e.Swept(1, NAME),
    e.Unstaged(1, NAME, True),
    e.Unstaged(1, NAME, False),
    e.UsageRead(1, NAME, "CloudTrail event history", START, LATER, (READ,), ("KMS",), True),
    e.OldDeleted(1, NAME, "at AWS, by the bot"),
    e.AccessInspected(1, NAME, START, ("keys", "users"), ()),
    e.AccessInspected(1, NAME, START, ("keys",), (m.LeftoverRecord("keys", "id-7", "backdoor", LATER),), 3),
    e.ReportWritten(1, "reports/inc.md", "d" * 64, "9:abc", 9),
    e.DecisionRecorded(1, "docs/DECISIONS.md"),
)

SAMPLES: dict[str, list[e.Event]] = {}
for _event in _ALL:
    SAMPLES.setdefault(e.kind_of(_event), []).append(_event)
