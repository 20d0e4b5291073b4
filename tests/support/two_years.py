"""Two years of planned rotations on a simulated clock: a hundred secrets, their owners, providers that fail,
workers that are killed, people who are slow, leaks that come in between.

What decides is the real thing: the catalog's policy, the planner, and of each run the rules of
incidents. What they act on is a table of answers (`World`), and the log is in memory. `tests.support.two_years_judge`
reads nothing but what was logged and said.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from bot.catalog.catalog import CatalogEntry, Policy
from bot.errors import Refused, Throttled
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op, Work
from bot.incident.overlap.strategy import incident_id
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Consumer, Outage, Part, Planned
from bot.model.timings import Timings
from bot.model.window import Window
from bot.planned.ages.age import History, LastResult, Proven, age_of
from bot.planned.ages.due import DueState, Told, due_of, how_of, reminder, subject
from bot.planned.rules.rotatable import Rotatable
from bot.planned.rules.schedule import command_id, failing, look
from bot.worker.retries import failed
from tests.support.incidents import BEN, CHLOE, Story, World, declaration, wanted
from tests.support.rotations import ROTATION

BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ENVIRONMENTS = ("production", "staging", "development")
OWNERS = ("ada", "grace", "edsger", "barbara", "donald")
OFFICE = "Tue-Thu 09:00-16:00 Europe/Berlin"
NIGHTS = "Sun-Wed 02:15-04:45 Europe/Berlin"
"""Hours that summer time skips and winter time shows twice."""
NEW_YORK = "Mon-Fri 10:00-12:00 America/New_York"
USUAL = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True, snapshots=True, controls=True)
PROVIDERS = {
    "openai": (USUAL, OFFICE), "stripe": (USUAL, OFFICE), "sendgrid": (USUAL, NEW_YORK),
    "aws-iam": (USUAL, OFFICE), "github": (USUAL, NIGHTS), "postgres": (USUAL, NIGHTS), "redis": (USUAL, OFFICE),
    "slack": (replace(USUAL, makes=Makes.INSTALL, swaps=True, revoke_needs_replacement=True), OFFICE),
}  # fmt: skip
OF_PROVIDER = {Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE, Op.PROVE, Op.ISSUE, Op.INSTALL, Op.VERIFY}
TIMINGS = Timings(overlap=24 * 3600.0, approval_expires=24 * 3600.0, watch=3600.0)


@dataclass(frozen=True)
class Odds:
    """How often things go wrong. `killed`: the worker, in an operation. Others are numbers in two years."""

    killed: float = 0.02
    refused: float = 0.04
    outages: int = 40
    leaks: int = 25
    put_off: int = 25
    away: float = 0.1
    """That the person asked answers after days."""


class Vendor(World):
    """One run's outside. A key that a killed worker had made is found again by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.by_claim = {}

    def answer(self, incident, claim):
        if claim.op in {Op.ISSUE, Op.INSTALL}:
            key = (claim.subject, claim.attempt)
            if key in self.by_claim:
                return replace(self.by_claim[key], claim=claim.number)
            self.by_claim[key] = super().answer(incident, claim)
            return self.by_claim[key]
        return super().answer(incident, claim)


class Run(Story):
    """One run or incident, worked on by workers that are killed now and then."""

    def __init__(self, town, declare, by) -> None:
        self.town = town
        self.number = itertools.count(1)
        super().__init__(world=Vendor())
        self.now = town.now
        self.do(declare, by)

    @property
    def routine(self):
        return self.incident.routine

    def free(self):
        return 5

    def _one(self, work):
        if work.op is Op.TICK:
            self.do(c.Tick(), m.BOT)
            return
        claim = self._claimed(work, None)
        while claim is not None and self.town.chance(self.town.odds.killed):
            self.town.killed += 1
            if self.town.chance(0.5):
                self._outcome(claim)  # the call had gone through, and nobody recorded it
            self.town.worker += 1
            self.now += timedelta(seconds=self.town.rng.uniform(5, 60))
            again = Work(claim.op, claim.lane, claim.subject, self.now, claim.attempt, claim.detail)
            claim = self._claimed(again, claim.number)
        if claim is not None:
            self.finish(claim, self._outcome(claim))
        self.now += timedelta(milliseconds=10)

    def _claimed(self, work, instead_of):
        begun = self.do(c.Begin(work, f"w{self.town.worker}", instead_of), m.BOT)
        return next((event.claim for event in begun if isinstance(event, e.OperationStarted)), None)

    def _outcome(self, claim):
        secret = self.incident.secrets.get(claim.subject)
        if claim.op in OF_PROVIDER and secret is not None:
            provider = secret.entry.provider
            over = self.town.down_until(provider, self.now)
            if over is not None:
                left = (over - self.now).total_seconds() + 1
                error = Throttled(provider, str(claim.op), "HTTP 503", min(left, 3600.0))
                return failed(self.incident, claim, error, self.now, self.town.rng.random)
            if claim.op is Op.ISSUE and self.town.chance(self.town.odds.refused):
                return failed(self.incident, claim, Refused(provider, "issue", "HTTP 403 quota"), self.now)
        return self.world.answer(self.incident, claim)


class Town:
    """The installation with its people. `run` lets the days pass."""

    def __init__(self, seed, *, secrets=100, days=730, odds=None, windows=None) -> None:
        self.rng = random.Random(seed)
        self.odds = odds or Odds()
        self.now = BEGIN
        self.end = BEGIN + days * DAY
        self.killed, self.worker = 0, 1
        self.counts = Counter()
        self.stopped = set()
        self.put_off = []
        """What the catalog puts off: by environment and name, from when and until when."""
        self.runs = {}
        self.open = set()
        self.last = {}
        self.proven = {}
        self.said = {}
        self.told = {}
        self.next_look = {}
        self._heap, self._order = [], itertools.count()
        self.entries = dict(self._catalog(secrets))
        self.written = {key: BEGIN - self.rng.randint(0, 60) * DAY for key in self.entries}
        self.outages = list(self._outages(days))
        self.windows = windows or {}

    # --- what there is ------------------------------------------------------------------------------------------------

    def _catalog(self, secrets):
        providers = list(PROVIDERS)
        made = 0
        for number in itertools.count():
            provider = providers[number % len(providers)]
            days = 90 if number % 3 == 0 else 180
            for environment in reversed(ENVIRONMENTS):
                if made == secrets:
                    return
                made += 1
                entry = self._entry(f"{provider}-{number}", environment, provider, number, days)
                yield (environment, entry.name), entry

    def _entry(self, name, environment, provider, number, days):
        return CatalogEntry(
            name=name, title=name, provider=provider, environment=environment,
            parts=(Part("key", f"/{environment}/{name}", name.upper().replace("-", "_")),),
            consumers=(Consumer(f"{environment}-service-{number % 5}", health=f"https://{environment}.example/health"),),
            planned=Planned.ASK if number % 5 > 2 else Planned.AUTO,
            owner=OWNERS[number % len(OWNERS)], outage=Outage.DEGRADED, policy=Policy(days),
            window=Window(PROVIDERS[provider][1]),
        )  # fmt: skip

    def _outages(self, days):
        for _ in range(self.odds.outages):
            begins = BEGIN + self.rng.uniform(0, days) * DAY
            yield self.rng.choice(list(PROVIDERS)), begins, begins + self.rng.uniform(0.1, 30) * HOUR

    def down_until(self, provider, at):
        return next((ends for name, begins, ends in self.outages if name == provider and begins <= at < ends), None)

    def chance(self, of):
        return self.rng.random() < of

    def frozen(self, entry):
        return entry.frozen(PROVIDERS[entry.provider][0])

    # --- the days -----------------------------------------------------------------------------------------------------

    def at(self, when, do, *arguments):
        heapq.heappush(self._heap, (max(when, self.now), next(self._order), do, arguments))

    def run(self):
        self.at(BEGIN + 8 * HOUR, self._morning)
        for _ in range(self.odds.leaks):
            self.at(BEGIN + self.rng.uniform(0, 1) * (self.end - BEGIN), self._leak)
        for _ in range(self.odds.put_off):
            self.at(BEGIN + self.rng.uniform(0, 1) * (self.end - BEGIN), self._put_off)
        for provider in PROVIDERS:
            self.at(BEGIN, self._look, provider)
        while self._heap and self._heap[0][0] < self.end:
            when, _, do, arguments = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            do(*arguments)
        return self

    # --- the worker ---------------------------------------------------------------------------------------------------

    def _look(self, provider):
        """The scheduler's look, as the worker has it; a worker that is killed in it is followed by another."""
        rotatables = [self._rotatable(entry) for entry in self.entries.values() if entry.provider == provider]
        runs = [self.runs[name].incident for name in sorted(self.open)]
        lasts = {each.last_run for each in rotatables if each.last_run} - self.open
        runs += [self.runs[name].incident for name in sorted(lasts)]
        found = look(rotatables, runs, {}, ENVIRONMENTS, self.now)
        for stop in found.failed:
            self._stopped(stop)
        for beginning in found.beginnings:
            if self._killed_between():
                self.at(self.now + timedelta(seconds=30), self._look, provider)
                return
            self._begin(beginning)
            if self._killed_between():
                break
        next_at = self.next_look[provider] = found.plan.next_at(self.now)
        if next_at is not None:
            self.at(next_at, self._look_again, provider, next_at)

    def _look_again(self, provider, when):
        if self.next_look.get(provider) == when:  # else a later look has found another time
            self._look(provider)

    def _killed_between(self):
        died = self.chance(self.odds.killed)
        self.killed += died
        self.worker += died
        return died

    def _begin(self, rotatable):
        name = incident_id(command_id(rotatable))
        if name in self.runs:
            return  # the command was carried out before
        entry = self.entries[rotatable.key]
        strategy = m.Strategy.KILL_FIRST if self.frozen(entry).capabilities.swaps else m.Strategy.OVERLAP
        body = declaration(
            wanted(self.frozen(entry), strategy, reason="It is rotated as planned"), environment=entry.environment,
            playbook=ROTATION, timings=TIMINGS, public=False, how_noticed="as planned", title=f"{entry.name} rotated",
        )  # fmt: skip
        run = Run(self, replace(body, incident=name), m.BOT)
        self.counts["runs"] += 1
        self._opened(name, run, entry)

    def _opened(self, name, run, entry):
        self.runs[name] = run
        self.open.add(name)
        self.last[entry.environment, entry.name] = name
        self.at(self.now, self._work, name)

    def _work(self, name):
        """Does what is pending in a run at this moment."""
        run = self.runs[name]
        if run.routine and not run.incident.open:
            return
        run.now = max(run.now, self.now)
        was = run.incident.seq
        run.work(until=run.now)
        self.now = max(self.now, run.now)  # whoever looks next sees what it has done by then
        if run.incident.seq != was:
            self._people(name, run)
        self._settled(run)
        if not run.incident.open:
            self._closed(run)
            return
        if any(failing(run.incident)):
            self.at(run.now, self._look, next(iter(run.incident.secrets.values())).entry.provider)
        over = not run.routine and all(secret.settled for secret in run.incident.secrets.values())
        later = None if over else run.later  # what people still do there is no matter of the schedule
        if later is not None:
            self.at(max(later, run.now + timedelta(milliseconds=1)), self._work, name)

    def _settled(self, run):
        for secret in run.incident.secrets.values():
            if secret.old.contained_at is not None and secret.new.live_at is not None:
                key = run.incident.environment, secret.name
                self.proven[key] = max(secret.new.live_at, self.proven.get(key, secret.new.live_at))

    def _closed(self, run):
        self.open.discard(run.incident.id)
        own = {secret.entry.provider for secret in run.incident.secrets.values()}
        for provider in own if run.routine else PROVIDERS:
            self.at(run.now, self._look, provider)

    # --- people -------------------------------------------------------------------------------------------------------

    def _answers_after(self):
        return self.rng.uniform(1, 8) * DAY if self.chance(self.odds.away) else self.rng.uniform(0.2, 20) * HOUR

    def _people(self, name, run):
        request = run.incident.request
        if request is not None and request != getattr(run, "answered", None):
            run.answered = request
            secret = next(iter(run.incident.secrets.values()))
            owner = m.Actor(secret.entry.owner, frozenset({m.Right.RESPOND}))
            for who in (owner, BEN):
                self.at(run.now + self._answers_after(), self._approve, name, who)
            for later in (timedelta(), timedelta(seconds=TIMINGS.overlap), DAY):  # it may wait for nobody else by then
                self.at(run.now + later + HOUR / 2, self._look, secret.entry.provider)

    def _approve(self, name, who):
        run = self.runs[name]
        run.now = max(run.now, self.now)
        if run.incident.open and run.incident.request is not None:
            run.do(run.approval(), who)
            self.at(run.now, self._work, name)

    def _stopped(self, stop):
        """Someone looks, after hours, and has the run tried again."""
        if (stop.incident, stop.at) not in self.stopped:
            self.stopped.add((stop.incident, stop.at))
            self.counts["stops"] += 1
            self.at(self.now + self.rng.uniform(1, 40) * HOUR, self._retry, stop.incident)

    def _retry(self, name):
        run = self.runs[name]
        run.now = max(run.now, self.now)
        if run.incident.open:
            run.do(c.Retry(), CHLOE)
            self.at(run.now, self._work, name)

    def _put_off(self):
        """The catalog has one wait that is due soon."""
        soon = [key for key, entry in self.entries.items() if self._of(entry).state is DueState.SOON]
        if not soon:
            return
        key = self.rng.choice(soon)
        entry = self.entries[key]
        until = self.now + self.rng.randint(5, 40) * DAY
        policy = replace(entry.policy, not_before=until, because="a migration")
        self.entries[key] = structs.replace(entry, policy=policy)
        self.put_off.append((key, self.now, until))
        self.at(until, self._look, entry.provider)

    def _leak(self):
        """A value leaks: an incident has it from now on, for hours or days. What is being rotated is left to it."""
        key = self.rng.choice(list(self.entries))
        entry = self.entries[key]
        if self.last.get(key) in self.open:
            self.counts["leaks of what is being rotated"] += 1
            return
        name = f"inc_leak{self.counts['leaks']:02}"
        self.counts["leaks"] += 1
        body = declaration(wanted(self.frozen(entry)), environment=entry.environment, timings=TIMINGS)
        self._opened(name, Run(self, replace(body, incident=name), CHLOE), entry)
        self.at(self.now + self.rng.uniform(0.1, 10) * DAY, self._close_leak, name)

    def _close_leak(self, name):
        run = self.runs[name]
        run.now = max(run.now, self.now)
        run.do(c.Retry(), CHLOE)
        run.run(60)
        for who in (CHLOE, BEN):
            if run.incident.request is not None:  # what its capture had to be retried for is asked for then
                run.do(run.approval(), who)
        run.run(3600)
        run.complete()
        run.close_over()
        self.now = max(self.now, run.now)
        self._settled(run)
        if run.incident.open:
            self.at(run.now + HOUR, self._close_leak, name)
        else:
            self._closed(run)

    # --- what is due, and said ----------------------------------------------------------------------------------------

    def _of(self, entry):
        key = entry.environment, entry.name
        last = self.last.get(key, "")
        proven = self.proven.get(key)
        history = History(
            Proven(proven, last) if proven is not None else None,
            LastResult(last, self.now, "") if last else None,
            proven,
        )
        how = how_of(PROVIDERS[entry.provider][0])
        return due_of(entry, age_of(history, self.written[key], None), how, self.now, history=history)

    def _due(self):
        return [self._of(entry) for entry in self.entries.values()]

    def _rotatable(self, entry):
        one, key = self._of(entry), (entry.environment, entry.name)
        return Rotatable(
            secret=one.secret, environment=one.environment, provider=one.provider, due_at=one.due_at,
            counted_at=one.age.since, proven_at=one.in_place_at, not_before=one.not_before, window=entry.window,
            overlap=timedelta(seconds=TIMINGS.overlap), owner=one.owner,
            consumers=frozenset(each.function for each in entry.consumers), last_run=self.last.get(key, ""),
        )  # fmt: skip

    def _morning(self):
        """Every owner gets their message of the day."""
        every = self._due()
        for owner in OWNERS:
            mine = [each for each in every if each.owner == owner]
            message = reminder(mine, self.told.get(owner, Told()), self.now, self.now.date())
            if message is not None:
                self.told[owner] = message.told
                for each in message.rotations:
                    self.said.setdefault((self.now.date(), each.environment, each.secret), subject(each))
        self.at(BEGIN + ((self.now - BEGIN) // DAY + 1) * DAY + 8 * HOUR, self._morning)
