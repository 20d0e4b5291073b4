"""Incidents as events have made them, for cards and boards."""

from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import plan_of
from bot.incident.evolve import evolve
from bot.incident.lanes import CHANNEL_LANE, new_lane, old_lane
from bot.incident.model import BOT, Right, Strategy, Target, TargetKind
from bot.incident.operations import Claim, Op, Work
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import Snapshot
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.probes import Probe
from bot.model.secrets import Consumer, Data, Kill, Outage, Part, SecretEntry
from bot.model.timings import Timings

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
HEAD = "12:0123456789abcdef0123456789abcdef"
PLAYBOOK = Playbook(
    "secret-compromise",
    "A secret has leaked",
    (
        PlaybookStep("rotate", "Rotate", "Nothing can be shut safely until a new one works.",
                     "1. Read the first line.\n2. *Wait*.\n\nDone when: live.", (Action.ROTATE,), by_itself=True),
        PlaybookStep("assess", "Assess impact", "What the key could do decides whom we tell.", actions=(Action.USAGE,)),
        PlaybookStep("revoke", "Revoke the old key", "Until then it can be used.",
                     actions=(Action.REVOKE, Action.PROVE), by_itself=True),
        PlaybookStep("notify", "Tell the team", "People who do not know undo the work.", actions=(Action.PAGE,)),
        PlaybookStep("investigate", "Investigate", "A new key leaks the same way.",
                     actions=(Action.INVESTIGATE,)),
        PlaybookStep("remediate", "Remediate", "The hole is still open."),
        PlaybookStep("document", "Document", "The next person has only this.", actions=(Action.REPORT,)),
    ),
)  # fmt: skip


def entry(name, *, by_hand=False, **more):
    makes, revokes = (Makes.PERSON, RevokedBy.PERSON) if by_hand else (Makes.ISSUE, RevokedBy.MACHINE)
    usual = {
        "title": name.replace("-", " ").title(),
        "provider": name.split("-")[0],
        "parts": (Part("key", f"/production/{name}", name.upper()),),
        "capabilities": Capabilities(makes, revokes),
        "consumers": (Consumer("checkout"),),
        "outage": Outage.DEGRADED,
        "kill": Kill.IRREVERSIBLE,
        "data": Data.NONE,
        "if_killed": "Answers stop",
    }
    if by_hand:
        usual |= {
            "console": "https://dashboard.example.com/keys",
            "revoke_by_hand": "Open Developers, API keys, and expire the key ending …4242.",
            "issue_by_hand": "Open Developers, API keys, Create secret key.",
        }
    return SecretEntry(name, **(usual | more))


class Story:
    """An incident told event by event, a second apart."""

    def __init__(
        self, *entries, strategy=Strategy.KILL_FIRST, target=TargetKind.ASSUMED, title="", how_noticed="", by="ada",
        obligations=(),
    ) -> None:  # fmt: skip
        self.incident, self.at, self.news = None, AT, []
        self.then(
            e.IncidentDeclared(
                incident="inc_ab12cd",
                environment="production",
                title=title or "Keys in a public gist",
                how_noticed=how_noticed or "A stranger wrote to us",
                public=True,
                playbook=PLAYBOOK,
                timings=Timings(),
                detected_at=AT,
                obligations=obligations,
            ),
            by=by,
        )
        for one in entries:
            rights = (Right.RESPOND,)
            self.then(
                e.SecretAdded(one, Target(target), strategy, "Strangers can read it.", True, rights), by=by, later=0
            )

    def then(self, *events, by="bot", later=1):
        for event in events:
            self.at += timedelta(seconds=later)
            seq = self.incident.seq + 1 if self.incident else 1
            recorded = e.Recorded(seq, self.at, by, event)
            self.news.append(recorded)
            self.incident = evolve(self.incident, recorded)
        return self

    def operation(self, op, lane, subject, make=None, later=1):
        """Starts an operation and, with `make`, ends it with the outcome that `make` builds from the claim."""
        number = self.incident.claims + 1
        attempt = self.incident.lane(lane).attempts.get(op, 0) + 1
        self.then(e.OperationStarted(Claim(number, op, lane, subject, attempt, "w1")), later=later)
        return self if make is None else self.then(make(number), later=later)

    def fails(self, op, lane, subject, message="openai: revoke key: HTTP 500", *, final=False):
        retry_at = None if final else self.at + timedelta(seconds=30)
        return self.operation(op, lane, subject, lambda n: e.OperationFailed(n, op, "Unexpected", message, retry_at))

    def channel(self, channel="C1", url="https://slack.com/app_redirect?channel=C1"):
        return self.operation(
            Op.OPEN_CHANNEL, CHANNEL_LANE, self.incident.id, lambda n: e.ChannelOpened(n, channel, url)
        )

    def captured(self, name, candidates=(), fingerprint="f00dfeedbeef"):
        return self.operation(
            Op.CAPTURE, old_lane(name), name,
            lambda n: e.OldCaptured(n, name, fingerprint, {f"/production/{name}": 3}, True, tuple(candidates)),
        ).operation(
            Op.SNAPSHOT, old_lane(name), name,
            lambda n: e.SnapshotTaken(n, name, Snapshot(scopes=("a",)), "", Probe("old", "live", "HTTP 200")),
        )  # fmt: skip

    def revoked(self, name):
        return self.operation(Op.REVOKE, old_lane(name), name, lambda n: e.AccessRevoked(n, name, "by its provider"))

    def refused(self, name, *, later=1, liveness="dead", detail="HTTP 401"):
        control = Probe("control: new", "live", "HTTP 200")
        return self.operation(
            Op.PROVE, old_lane(name), name,
            lambda n: e.OldProbed(n, name, Probe("old", liveness, detail), control), later=later,
        )  # fmt: skip

    def dead(self, name):
        self.revoked(name).refused(name).refused(name, later=31)
        return self.then(e.OldProvenDead(name, self.incident.secrets[name].old.refusals.first_at))

    def looked_up(self, *names):
        """Who read them until now: nobody."""
        for name in names:
            self.then(e.UsageRead(0, name, "CloudTrail", self.at, self.at, (), (), False))
        return self

    def live(self, name, *, confirmed=True):
        return self._in_place(name, lambda n: e.ValueLive(n, name, confirmed, "HTTP 200"))

    def refused_by_consumers(self, name):
        """Its new key stands in place, and checkout does not work with it."""
        return self._in_place(name, lambda n: e.ConsumersFailing(n, name, ("checkout",), "checkout: health HTTP 500"))

    def _in_place(self, name, found):
        lane = new_lane(name)
        for op, make in (
            (Op.ISSUE, lambda n: e.ValueStaged(n, name, "inc_ab12cd_1", "key_new", "beefbeefbeef", "/s", "issue")),
            (Op.VERIFY, lambda n: e.ValueVerified(n, name, "HTTP 200")),
            (Op.PROMOTE, lambda n: e.ValuePromoted(n, name, {f"/production/{name}": 4})),
            (Op.VERIFY_LIVE, found),
        ):  # fmt: skip
            self.operation(op, lane, name, make)
        return self

    def asked(self, *names):
        plans = {name: plan_of(self.incident, self.incident.secrets[name]).digest for name in names}
        return self.then(e.ApprovalRequested(plans, self.at + timedelta(minutes=30)))


def opened(event_log, incident, channel, at):
    """Records a channel as the worker does."""
    work = Work(Op.OPEN_CHANNEL, CHANNEL_LANE, incident, at)
    event_log.execute(incident, c.Envelope("open-begin", at, BOT, c.Begin(work, "w1")))
    claim = event_log.load(incident).claims
    outcome = e.ChannelOpened(claim, channel.id, channel.url)
    event_log.execute(incident, c.Envelope("open-end", at, BOT, c.Finish(outcome, CHANNEL_LANE)))
