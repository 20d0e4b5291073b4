"""Incidents for tests: made by the real rules, worked on by a worker that is a table of answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import unaccounted
from bot.incident.approval.basis import KILL_WINDOW, KILLS_BY_ONE
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest, open_items
from bot.incident.consumers.schedule import wanted_versions
from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.operations import Op
from bot.incident.schedule import ahead, pending
from bot.incident.updates.rules import audience_named, corrects, figures, looks_first, new_milestones
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef, Snapshot, key_name
from bot.model.obligations import DEFAULT, Facts, Obligation, StartsFrom
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.probes import Probe
from bot.model.secrets import Consumer, Data, Outage, Part, SecretEntry
from bot.model.timings import Timings
from bot.model.uses import Per, UseReport, summary
from tests.support.consents import shown

START = datetime(2026, 11, 25, 3, 0, 0, tzinfo=UTC)
ALL = frozenset(m.Right)
ANNA = m.Actor("anna", frozenset({m.Right.RESPOND}))
BEN = m.Actor("ben", frozenset({m.Right.RESPOND, m.Right.APPROVE}))
CHLOE = m.Actor("chloe", ALL)
DORA = m.Actor("dora", frozenset({m.Right.RESPOND}))
STRANGER = m.Actor("slack:U0STRANGER")
TIMINGS = Timings()
BOT_TOKEN = "xoxb-" + "1234567890-abcdefghij"
"""Made up, in the form of a Slack token."""

PLAYBOOK = Playbook(
    "secret-compromise",
    "A secret has leaked",
    (
        PlaybookStep("rotate", "Rotate", actions=(Action.ROTATE,), by_itself=True),
        PlaybookStep("assess", "Assess impact", actions=(Action.USAGE,)),
        PlaybookStep("revoke", "Revoke the old key", actions=(Action.REVOKE, Action.PROVE), by_itself=True),
        PlaybookStep("notify", "Tell the team", actions=(Action.PAGE, Action.ANNOUNCE)),
        PlaybookStep("investigate", "Investigate", actions=(Action.INVESTIGATE,), tasks=("Search the history",)),
        PlaybookStep("remediate", "Remediate", tasks=("Remove the secret",)),
        PlaybookStep("document", "Document", actions=(Action.REPORT, Action.DECISIONS)),
    ),
)

AUTHORITY = Obligation(
    "authority", "Notice to the authority", "the authority", "GDPR, article 33 (1)", "data protection officer",
    hours=72.0, when=Facts((Data.PERSONAL, Data.PAYMENT, Data.CHILDREN)), template="regulator",
)  # fmt: skip
PEOPLE_CONCERNED = Obligation(
    "people", "Notice to people", "those whose data it was", "GDPR, article 34", "data protection officer",
    when=Facts((Data.PERSONAL, Data.CHILDREN), public=True),
)  # fmt: skip
INSURER = Obligation(
    "insurer", "Notice to the insurer", "the insurer", "the policy", "finance", StartsFrom.DECLARATION, 24.0,
    Facts(environments=("production",)),
)  # fmt: skip
REVIEW = Obligation("review", "Final report", "the customer", "contract", "sales", StartsFrom.CONTAINMENT, 240.0)
OBLIGATIONS = (AUTHORITY, PEOPLE_CONCERNED, INSURER, REVIEW)


def capabilities(**changes):
    usual = {
        "makes": Makes.ISSUE,
        "revokes": RevokedBy.MACHINE,
        "identifies": True,
        "snapshots": True,
        "controls": True,
    }
    return Capabilities(**{**usual, **changes})


def entry(name="openai-api-key", *, can=None, **changes):
    usual = {
        "title": name.replace("-", " ").capitalize(),
        "provider": name.split("-")[0],
        "parts": (Part("key", f"/production/{name}", name.upper().replace("-", "_")),),
        "capabilities": can or capabilities(),
        "consumers": (Consumer("checkout", "live", "https://checkout.example/health"),),
        "owner": "platform",
        "console": f"https://{name}.example/keys",
        "outage": Outage.DEGRADED,
    }
    return SecretEntry(name, **{**usual, **changes})


def wanted(secret=None, strategy=m.Strategy.KILL_FIRST, *, replace=True, target=None, reason="it is public", **more):
    return c.Wanted(secret or entry(), target or m.Target(m.TargetKind.ASSUMED), strategy, reason, replace, **more)


def declaration(*secrets, environment="production", playbook=PLAYBOOK, timings=TIMINGS, **changes):
    return c.Declare(
        incident="inc_ab3cde",
        environment=environment,
        title=changes.get("title", "Key in a public repository"),
        how_noticed=changes.get("how_noticed", "a scanner told us"),
        public=changes.get("public", True),
        playbook=playbook,
        timings=timings,
        secrets=secrets or (wanted(),),
        detected_at=START - timedelta(minutes=2),
        exposed_at=changes.get("exposed_at"),
        obligations=changes.get("obligations", (DEFAULT,)),
        left_alone=changes.get("left_alone", ()),
        leaver=changes.get("leaver"),
    )


def no_notice(reason="nobody was reached"):
    """The decision on the notice that an incident carries by default."""
    return c.DecideNotice(DEFAULT.id, m.NoticeOutcome.NOT_REQUIRED, reason)


def probe(liveness, subject="old"):
    return Probe(subject, liveness, {"live": "HTTP 200", "dead": "HTTP 401 invalid_api_key"}.get(liveness, "HTTP 500"))


TELLING = {Op.DRAFT_UPDATE, Op.SEND_UPDATE}


def _told(incident, claim):
    """Those who do not take part take what they are told."""
    name, _, number = claim.detail.rpartition("#")
    if claim.op is Op.SEND_UPDATE:
        return e.UpdateSent(claim.number, name, int(number), claim.subject)
    audience = audience_named(incident, name)
    new = new_milestones(incident, audience)
    newest = max(new, key=lambda each: new[each], default="")
    released = not looks_first(incident, audience)
    counted = figures(incident) if corrects(audience) else ""
    return e.UpdateDrafted(claim.number, name, int(number), newest, "As it is.", new, released, counted)


class World:
    """What the outside would answer: `killed` holds the secrets whose old key is refused."""

    def __init__(self) -> None:
        self.killed = set()
        self.controls = True
        self.keys = 0
        self.dead_bystanders = ()
        self.fallback = True
        """Whether a second pager is set up."""
        self.placed = 0
        self.failing = set()
        """Functions whose health refuses the new key."""
        self.incomplete = {}
        """Functions of which part of the traffic still reads the old key, each with why."""
        self.unwell_before = set()
        """Those that refuse before it is in place."""
        self.used_at = None
        """When the provider says that the old key was last used."""
        self.reaches, self.unknown = (), ()
        """What someone who leaves read and can read, and what of that cannot be told."""
        self.key_reads, self.key_unknown, self.key_beyond = None, "", {}
        """What a leaked AWS key can read (None: all), and why that cannot be told."""
        self.used = lambda report: report
        """What a provider reports of an old key's use, from a report without uses."""
        self.left_behind = ()
        """What an inspection finds: Leftovers."""

    def answer(self, incident, claim):
        """The good outcome of an operation."""
        if claim.op in TELLING:
            return _told(incident, claim)
        n, name = claim.number, claim.subject
        secret = incident.secrets.get(name)
        match claim.op:
            case Op.OPEN_CHANNEL:
                return e.ChannelOpened(n, "C0INCIDENT", "https://slack.example/C0INCIDENT")
            case Op.PAGE:
                return self.paged(incident, claim)
            case Op.CAPTURE:
                keys = (KeyRef(f"id-{name}", name),) if secret.entry.capabilities.identifies else ()
                versions = {part.parameter: 1 for part in secret.entry.parts}
                return e.OldCaptured(n, name, fingerprint(f"old {name}"), versions, True, keys, START)
            case Op.SNAPSHOT:
                known = None if secret.entry.capabilities.copies_scopes else ("all",)
                return e.SnapshotTaken(n, name, Snapshot("acct_1", known), "", self.look(name))
            case Op.READ_SCOPES | Op.LAST_USE | Op.LOOK_UP_KEY | Op.LOOK_UP_USE:
                return self.read(incident, claim)
            case Op.DENY:
                return e.DenySeen(n, name, incident.denies[name].wanted)
            case Op.REVOKE:
                self.killed.add(name)
                return e.AccessRevoked(n, name, "HTTP 204")
            case Op.PROVE:
                control = probe("live" if self.controls else "unknown", "comparison: the new key")
                bystanders = tuple(probe("dead", f"bystander: {subject}") for subject in self.dead_bystanders)
                return e.OldProbed(n, name, self.look(name), control, bystanders)
            case Op.LOOK_UP_LEAVER:
                return e.LeaverLookedUp(n, tuple(incident.secrets), self.reaches, self.unknown, not self.unknown)
            case Op.CHECK_SIBLINGS:
                seen = [probe("live", each.name) for each in secret.entry.siblings]
                if secret.siblings.seen_at is not None:
                    seen = [probe("dead" if each.subject in self.killed else "live", each.subject) for each in seen]
                return e.SiblingsSeen(n, name, secret.siblings.seen_at is not None, tuple(seen))
            case Op.RECEIVE:
                self.keys += 1
                return e.ValueStaged(
                    n, name, "", "", fingerprint(f"new {name} {self.keys}"), "/s", "person", secret.new.submitted_by
                )
            case Op.ISSUE | Op.INSTALL:
                self.keys += 1
                key = key_name(incident.id, name, claim.attempt)
                made = f"key-{self.keys}" if claim.op is Op.ISSUE else ""
                staged = f"/_compromise/{incident.id}/{name}/new/{key}"
                return e.ValueStaged(n, name, key, made, fingerprint(f"new {name} {self.keys}"), staged, str(claim.op))
            case Op.VERIFY:
                return e.ValueVerified(n, name, "HTTP 200, same account", self.unwell(secret))
            case Op.PROMOTE:
                return e.ValuePromoted(n, name, {part.parameter: self.version(secret) for part in secret.entry.parts})
            case Op.ROLL_BACK:
                return self.back(n, secret)
            case Op.VERIFY_LIVE | Op.CONFIRM if failing := self.refusing(secret):
                words = f"{', '.join(failing)}: health HTTP 500"
                return e.ConsumersFailing(n, name, failing, words, as_before=self.as_before(secret))
            case Op.VERIFY_LIVE | Op.CONFIRM if before := self.as_before(secret):
                kind = e.ValueLive if claim.op is Op.VERIFY_LIVE else e.ConsumersAsked
                return kind(n, name, confirmed=False, detail="health HTTP 500, as before", as_before=before)
            case Op.VERIFY_LIVE:
                return e.ValueLive(n, name, self.confirms(incident, secret), "checkout answers HTTP 200")
            case Op.CONFIRM:
                return e.ConsumersAsked(n, name, self.confirms(incident, secret), "checkout answers HTTP 200")
            case Op.SWEEP:
                return e.Swept(n, name)
            case Op.END_ORPHAN:
                return e.OrphanEnded(n, claim.lane.subject, claim.detail)
            case Op.UNSTAGE | Op.UNSTAGE_OLD:
                return e.Unstaged(n, name, claim.op is Op.UNSTAGE_OLD)
            case Op.REFRESH:
                return self.refreshed(incident, claim)
            case Op.USAGE:
                return e.UsageRead(n, name, "CloudTrail event history", START, incident.last_at, (), ("KMS",), False)
            case Op.DELETE_OLD:
                return e.OldDeleted(n, name, "at its provider, by the bot")
            case Op.INSPECT:
                return e.AccessInspected(n, name, START, secret.entry.inspects, tuple(self.left_behind))
            case Op.REPORT:
                return e.ReportWritten(n, f"reports/{incident.id}.md", "d" * 64, f"{incident.seq}:abc", incident.seq)
            case Op.DECISIONS:
                return e.DecisionRecorded(n, "docs/DECISIONS.md")
        raise AssertionError(claim)

    def paged(self, incident, claim):
        second = claim.lane == FALLBACK_LANE
        action = claim.detail if self.fallback or not second else "none"
        page = incident.fallback if second else incident.page
        tells = action == "note" or (action == "trigger" and incident.open)
        told = len(incident.milestones) if tells else page.notes_sent
        alerts = len(incident.alerts) if action in {"trigger", "alert"} else page.alerts_sent
        return e.PageSent(claim.number, action, told, second, alerts)

    def version(self, _secret):
        """Each value that is put in place is another version."""
        self.placed += 1
        return 1 + self.placed

    def back(self, claim, secret):
        if secret.name in self.killed:
            return e.RollBackRefused(claim, secret.name, "HTTP 401 invalid_api_key")
        return e.RolledBack(claim, secret.name, {part.parameter: self.version(secret) for part in secret.entry.parts})

    def unwell(self, secret):
        return tuple(one.function for one in secret.entry.consumers if one.function in self.unwell_before)

    def refreshed(self, incident, claim):
        """As a worker has it: what is known already is yielded."""
        name = claim.subject
        versions, why = wanted_versions(incident, name), self.incomplete.get(name, "")
        before = incident.functions.get(name)
        if why and before is not None and (before.detail, {**before.versions, **versions}) == (why, before.versions):
            again = incident.last_at + timedelta(seconds=incident.timings.watch)
            return e.OperationYielded(claim.number, claim.op, again)
        return e.FunctionRefreshed(claim.number, name, versions, not why, why or "all traffic")

    def confirms(self, incident, secret):
        known = (incident.functions.get(one.function) for one in secret.entry.consumers)
        return all(state is None or state.complete for state in known)

    def refusing(self, secret):
        names = (one.function for one in secret.entry.consumers if one.function in self.failing)
        return tuple(name for name in names if name not in secret.new.unwell_before)

    def as_before(self, secret):
        return tuple(name for name in secret.new.unwell_before if name in self.failing)

    def read(self, incident, claim):
        if claim.op is Op.LAST_USE:
            return e.LastUseRead(claim.number, claim.subject, self.used_at)
        if claim.op is Op.LOOK_UP_USE:
            seen = UseReport("CloudTrail", Per.KEY, START, incident.last_at, 900.0, (), ("data events",))
            return e.UseLookedUp(claim.number, claim.subject, summary(self.used(seen), 50, 20))
        if claim.op is Op.LOOK_UP_KEY:
            key, asked = incident.secrets[claim.subject], tuple(incident.secrets)
            reads = asked if self.key_reads is None else self.key_reads
            return e.KeyLookedUp(
                claim.number, key.name, key.old.key_id, asked, reads, self.key_unknown, beyond=self.key_beyond
            )
        return e.ScopesRead(claim.number, claim.subject, Snapshot("acct_1", ("mail.send",)))

    def look(self, name):
        return probe("dead" if name in self.killed else "live")


class Silent(World):
    """Where no consumer can be asked about the new key."""

    def answer(self, incident, claim):
        if claim.op is Op.VERIFY_LIVE:
            return e.ValueLive(claim.number, claim.subject, False, "mailer: refreshed, unconfirmed")
        if claim.op is Op.CONFIRM:
            return e.ConsumersAsked(claim.number, claim.subject, False, "mailer: refreshed, unconfirmed")
        return super().answer(incident, claim)


def fingerprint(value):
    from bot.secrets.secret import Secret

    return Secret(value).fingerprint


class Story:
    """One incident as it goes on: a clock, its log, and its state."""

    def __init__(self, declare=None, by=ANNA, world=None) -> None:
        self.now = START
        self.log = []
        self.slots = []
        """When one of the kills that one responder may decide was taken."""
        self.incident = None
        self.later = None
        """When, after what was worked last, something comes by itself."""
        self.world = world or World()
        if declare is not None:
            self.do(declare, by)

    def do(self, body, by=ANNA, after=0.0):
        """Gives a command `after` so many seconds; the events that it led to."""
        self.now += timedelta(seconds=after)
        events = decide(
            self.incident,
            c.Envelope(f"c{len(self.log)}", self.now, by, c.as_command(shown(self.incident, body))),
            self.free(),
        )
        for event in events:
            self.record(event, by.name)
        return events

    def free(self):
        """How many kills one responder each may still decide: this incident's are the only ones."""
        since = self.now - KILL_WINDOW
        return KILLS_BY_ONE - sum(at > since for at in self.slots)

    def digest(self):
        """Of the request for approval, as its button carries it; of nothing if none waits."""
        return self.incident.request.digest if self.incident.request else ""

    def approve(self, by, **more):
        return self.do(c.ApprovePlan(self.digest()), by, **more)

    def agree(self, by, **more):
        """Approves what is proposed."""
        return self.do(self.proposed(), by, **more)

    def proposed(self):
        """The approval of what is proposed, as its button gives it."""
        proposal = self.incident.proposal
        return c.ApproveProposal(proposal_digest(self.incident, proposal))

    def approval(self):
        """The approval of what waits, as its button gives it."""
        return c.ApprovePlan(self.digest())

    def refused(self, body, by=ANNA, after=0.0):
        """The sentence with which a command is refused."""
        (event,) = self.do(body, by, after)
        assert isinstance(event, e.CommandRefused), event
        return event.reason

    def record(self, event, actor="bot"):
        recorded = e.Recorded(len(self.log) + 1, self.now, actor, event)
        self.incident = evolve(self.incident, recorded)
        self.log.append(recorded)
        if isinstance(event, e.KillRequested) and event.slot:
            self.slots.append(self.now)

    def secret(self, name="openai-api-key"):
        return self.incident.secrets[name]

    def ops(self):
        return {(work.op, work.subject) for work in pending(self.incident, self.now)}

    def begin(self, op, worker="w1"):
        """Claims the first pending work of this kind; its claim."""
        work = next(work for work in pending(self.incident, self.now) if work.op is op)
        started = next(x for x in self.do(c.Begin(work, worker), m.BOT) if isinstance(x, e.OperationStarted))
        return started.claim

    def finish(self, claim, outcome=None):
        outcome = outcome or self.world.answer(self.incident, claim)
        return self.do(c.Finish(outcome, claim.lane), m.BOT)

    def work(self, *, until=None, steps=5000, only=None):
        """Does what is pending, well, moving the clock on, until nothing is left (or before `until`)."""
        for _ in range(steps):
            ready, self.later = ahead(self.incident, self.now)
            wanted = [each for each in ready if only is None or each.op in only]
            if wanted:
                self._one(wanted[0])
                continue
            if self.later is None or (until is not None and self.later > until) or only is not None:
                return self
            self.now = self.later
        raise AssertionError(f"still busy: {pending(self.incident, self.now)}")

    def _one(self, work):
        if work.op is Op.TICK:
            self.do(c.Tick(), m.BOT)
            return
        started = [x for x in self.do(c.Begin(work, "w1"), m.BOT) if isinstance(x, e.OperationStarted)]
        assert started, work
        self.finish(started[0].claim)
        self.now += timedelta(milliseconds=10)

    def run(self, seconds):
        """Works for so many seconds of the story's clock."""
        end = self.now + timedelta(seconds=seconds)
        self.work(until=end)
        self.now = max(self.now, end)
        return self

    def record_all(self, by=CHLOE):
        """Writes down what a close would ask for, but for the decision on notification."""
        for item in open_items(self.incident):
            if item.settled_by is c.RecordFinding:
                self.do(c.RecordFinding(item.subject, "told"), by)
        for principal in unaccounted(self.incident):
            self.do(c.AccountReader(principal, m.ReaderOutcome.OURS), by)
        return self

    def close_over(self, reason="enough", by=CHLOE):
        """Closes over all that is open, by name."""
        left = acceptable(self.incident)
        return self.do(c.Close(reason, tuple(item.key for item in left), left_digest(left)), by)

    def complete(self, by=CHLOE):
        """Does everything that people owe, but for what outlasts the close: records, tasks and steps."""
        self.record_all(by)
        self.do(c.RequestReport(), by)
        self.run(1)
        self._finish_tasks(by)
        for step in self.incident.steps:
            if not step.over:
                self.do(c.CompleteStep(step.definition.id), by)
        self._finish_tasks(by)
        return self

    def _finish_tasks(self, by):
        for task in list(self.incident.tasks.values()):
            if task.open:
                self.do(c.FinishTask(task.id), by)
