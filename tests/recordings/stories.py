"""The stories: leaks, planned rotations, departures and faults, each told until nothing more is due in its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

from msgspec import structs

from bot.catalog.loader import load_playbook
from bot.data_files import PLAYBOOK, find_playbook
from bot.drill.fakes.serving import Served
from bot.errors import Refused, Throttled, Unauthorized, Unreachable
from bot.incident import commands as c
from bot.incident.approval.kills import glass_digest
from bot.incident.approval.plan import end_of, plan_of
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.departure.rules import departure_digest
from bot.incident.handover import handed
from bot.incident.model import (
    Actor,
    CheckOutcome,
    New,
    Right,
    Strategy,
    Target,
    TargetKind,
)
from bot.incident.state import Incident
from bot.model.secrets import Consumer, Kill, Outage, Planned, SecretEntry
from bot.usage.contract import Grant, Granted, Verdict
from tests.recordings.recorder import Recorder
from tests.rotation.test_promote import Healths
from tests.support import rotation
from tests.support.departures import DEPARTURE, MALLORY
from tests.support.rotation import ADA, BEN, TIMINGS, Died, entry_for
from tests.support.rotations import MACHINE, ROTATION

HOUR, DAY = 3600.0, 24 * 3600.0
CLEO = Actor("cleo", frozenset(Right))


@dataclass(frozen=True)
class Story:
    """`providers` are those in whose worlds it is told."""

    name: str
    providers: tuple[str, ...]
    tell: Callable[[Recorder], None]


STORIES: list[Story] = []


def story(*providers: str) -> Callable[[Callable[[Recorder], None]], Callable[[Recorder], None]]:
    def kept(tell: Callable[[Recorder], None]) -> Callable[[Recorder], None]:
        STORIES.append(Story(tell.__name__.replace("_", "-"), providers, tell))
        return tell

    return kept


# --- what people and the world do ---


def leak(r: Recorder, *secrets: SecretEntry | str, by: Actor = ADA, public: bool = True, **wanted: object) -> None:
    """Declares these with the shipped playbook, without its guides; a name is that of a provider."""
    entries = [each if isinstance(each, SecretEntry) else entry_for(each) for each in secrets]
    for entry in entries:
        if not r.vault.newest([entry.main.parameter]):
            r.store(entry)
    shipped = load_playbook(find_playbook(PLAYBOOK))
    steps = tuple(replace(step, why="", guide="", tasks=step.tasks[:1]) for step in shipped.steps)
    given = {"target": Target(TargetKind.ASSUMED), "strategy": Strategy.KILL_FIRST, "reason": "it is public"} | wanted
    r.tell(
        c.Declare(
            incident=rotation.INCIDENT,
            environment="production",
            title="A key in a public repository",
            how_noticed="a scanner told us",
            public=public,
            playbook=replace(shipped, steps=steps),
            timings=TIMINGS,
            secrets=tuple(c.Wanted(entry, **given) for entry in entries),
            detected_at=r.clock(),
        ),
        by,
    )


def planned(r: Recorder, *secrets: SecretEntry | str, says: Planned = Planned.ASK, overlap: float = 600.0) -> None:
    """Declares a planned rotation, as the machine does."""
    entries = [each if isinstance(each, SecretEntry) else entry_for(each, owner="dana") for each in secrets]
    entries = [structs.replace(each, planned=says) for each in entries]
    for entry in entries:
        r.store(entry)
    strategy = {True: Strategy.KILL_FIRST, False: Strategy.OVERLAP}
    wanted = tuple(
        c.Wanted(entry, Target(TargetKind.ASSUMED), strategy[entry.capabilities.swaps], "rotated as planned")
        for entry in entries
    )
    r.tell(
        c.Declare(
            incident=rotation.INCIDENT,
            environment="production",
            title="rotated",
            how_noticed="as planned",
            public=False,
            playbook=ROTATION,
            timings=replace(TIMINGS, overlap=overlap, approval_expires=DAY),
            secrets=wanted,
            detected_at=r.clock(),
        ),
        MACHINE,
    )


def approve(r: Recorder, by: Actor = BEN) -> None:
    until(r, lambda incident: incident.request is not None)
    r.tell(c.ApprovePlan(r.incident.request.digest), by)


def revoke(r: Recorder, name: str, by: Actor) -> None:
    digest = plan_of(r.incident, r.incident.secrets[name], at_once=True).digest
    r.tell(c.KillNow(name, digest), by)


def agree(r: Recorder, by: Actor = BEN) -> None:
    proposal = r.incident.proposal
    r.tell(c.ApproveProposal(proposal_digest(r.incident, proposal)), by)


def until(r: Recorder, holds: Callable[[Incident], object], seconds: float = 3 * HOUR) -> None:
    r.run(lambda harness: holds(harness.incident), seconds=seconds, rounds=2000)


def go_on(r: Recorder, seconds: float = HOUR / 3) -> None:
    """Whatever is due within so many seconds."""
    end = r.clock() + timedelta(seconds=seconds)
    while r.clock() < end:
        before = r.clock()
        r.run(seconds=(end - before).total_seconds(), rounds=5000)
        if r.clock() == before:
            return


def restored(incident: Incident) -> bool:
    return all(secret.new_state in {New.LIVE, New.UNCONFIRMED} for secret in incident.secrets.values())


def finish(r: Recorder, by: Actor = BEN) -> None:
    """Findings, checks, readers, steps, the report, and the close over what is left; a second person where one is
    needed.
    """
    go_on(r, 120)
    r.tell(c.RecordFinding("impact", "It can read the project's models."), ADA)
    r.tell(c.RecordFinding("finding", "It is in commit 4f1c9a0."), ADA)
    r.tell(c.RecordFinding("root-cause", "It was copied into a notebook."), ADA)
    r.tell(c.RecordFinding("finding", "No data was read with it."), BEN)
    for secret in r.incident.secrets.values():
        for check in secret.open_checks:
            r.tell(c.EndCheck(secret.name, check.item, CheckOutcome.CLEAR, "all ours"))
    for step in r.incident.steps[:-1]:
        if not step.over:
            skip = c.SkipStep(step.definition.id, "it goes on living")
            r.tell(skip if step.definition.by_itself else c.CompleteStep(step.definition.id))
    for task in list(r.incident.tasks.values()):
        if task.open:
            r.tell(c.FinishTask(task.id))
    r.tell(c.RequestReport())
    until(r, lambda incident: incident.report.path)
    r.tell(c.CompleteStep(r.incident.steps[-1].definition.id))
    left = acceptable(r.incident)
    r.tell(c.Close("enough", tuple(item.key for item in left), left_digest(left)), by)
    if r.incident.open and r.incident.proposal is not None:
        agree(r, CLEO)
    go_on(r, 60)


def fatal(provider: str, **changes: object) -> SecretEntry:
    """A kill that stops the product and cannot be undone."""
    return entry_for(provider, outage=Outage.DOWN, kill=Kill.IRREVERSIBLE, **changes)


# --- leaks: each provider ---


def _of_each(provider: str) -> None:
    def tell(r: Recorder) -> None:
        leak(r, provider)
        go_on(r)

    tell.__name__ = f"leak-{provider.replace('/', '-')}"
    story(provider)(tell)


for _provider in ("openai", "sendgrid", "redis", "postgres", "elevenlabs", "github"):
    _of_each(_provider)


@story("stripe")
def leak_by_hand(r: Recorder) -> None:
    """A person makes the new key and expires the old one."""
    leak(r, "stripe")
    go_on(r, 60)
    r.submit(entry_for("stripe"), r.providers["stripe"].make_by_hand().key.reveal())
    until(r, restored)
    r.providers["stripe"].kill_by_hand()
    r.tell(c.ConfirmRevoked("stripe-secret-key"))
    go_on(r)


@story("supabase")
def leak_supabase(r: Recorder) -> None:
    leak(r, "supabase")
    go_on(r)


@story("openai", "sendgrid", "redis", "stripe", "elevenlabs", "github")
def mass(r: Recorder) -> None:
    """A whole `.env`."""
    leak(r, "openai", "sendgrid", "redis", "stripe", "elevenlabs", "github")
    go_on(r)


@story("openai", "sendgrid")
def to_the_close(r: Recorder) -> None:
    leak(r, "openai", "sendgrid")
    finish(r)
    go_on(r, 2 * DAY)


@story("openai")
def reopened(r: Recorder) -> None:
    """The dead key answers again after the close."""
    leak(r, "openai")
    finish(r)
    old = r.providers["openai"].old.key.reveal()
    next(key for key in r.providers["openai"].world.all_keys() if key.value == old).revoked_at = None
    go_on(r, HOUR)


@story("openai")
def closed_over_a_living_key(r: Recorder) -> None:
    leak(r, fatal("openai"), by=ADA)
    go_on(r, 60)
    finish(r)


# --- consent ---


@story("openai")
def second_person(r: Recorder) -> None:
    leak(r, fatal("openai"))
    approve(r)
    go_on(r)


@story("openai")
def rejected_then_approved(r: Recorder) -> None:
    leak(r, fatal("openai"))
    until(r, lambda incident: incident.request is not None)
    r.tell(c.RejectPlan(r.incident.request.digest, "not during the sale"), BEN)
    go_on(r, 120)
    revoke(r, "openai-api-key", ADA)
    approve(r)
    go_on(r)


@story("openai")
def nobody_answers(r: Recorder) -> None:
    """A request expires, is made again, and glass is offered."""
    leak(r, fatal("openai"))
    go_on(r, 2 * HOUR)


@story("openai")
def broken_glass(r: Recorder) -> None:
    leak(r, fatal("openai"))
    go_on(r, 30)
    secret = r.incident.secrets["openai-api-key"]
    r.tell(c.BreakGlass({secret.name: end_of(r.incident, secret)}, "a stranger is using it"), ADA)
    go_on(r, 600)
    r.tell(c.ReviewGlass("it had to be", glass_digest(r.incident)), BEN)
    go_on(r, HOUR)


@story("openai", "sendgrid", "elevenlabs", "github")
def three_by_one_person(r: Recorder) -> None:
    """The fourth kill of one environment waits for a second person."""
    leak(r, "openai", "sendgrid", "elevenlabs", "github")
    approve(r)
    go_on(r)


@story("stripe")
def attested(r: Recorder) -> None:
    """Ended by hand before it was ever seen alive."""
    leak(r, "stripe")
    r.providers["stripe"].kill_by_hand()
    go_on(r, 60)
    r.tell(c.ConfirmRevoked("stripe-secret-key"))
    go_on(r, TIMINGS.retry_for + 300)
    r.tell(c.AttestDeath("stripe-secret-key", "the console shows no such key"), BEN)
    go_on(r)


# --- overlaps ---


@story("sendgrid")
def overlap(r: Recorder) -> None:
    leak(r, "sendgrid", strategy=Strategy.OVERLAP, public=False)
    approve(r)
    go_on(r)


@story("sendgrid")
def overlap_without_consent(r: Recorder) -> None:
    leak(r, "sendgrid", strategy=Strategy.OVERLAP, public=False)
    go_on(r, 600)
    approve(r)
    go_on(r)


@story("sendgrid")
def overlap_cut_short(r: Recorder) -> None:
    """Someone is seen using the key."""
    leak(r, "sendgrid", strategy=Strategy.OVERLAP, public=False)
    until(r, restored)
    r.tell(c.RecordAbuse("sendgrid-api-key", "mail from 203.0.113.7"), ADA)
    go_on(r)


@story("sendgrid")
def overlap_killed_by_the_minute(r: Recorder) -> None:
    leak(r, "sendgrid", strategy=Strategy.OVERLAP, public=False)
    until(r, restored)
    revoke(r, "sendgrid-api-key", BEN)
    go_on(r)


@story("sendgrid")
def towards_overlap(r: Recorder) -> None:
    """A kill first that two people make an overlap of."""
    leak(r, fatal("sendgrid"), public=False)
    go_on(r, 5)
    r.tell(c.ChooseStrategy("sendgrid-api-key", Strategy.OVERLAP, "customers wait"), ADA)
    agree(r)
    go_on(r)


@story("sendgrid")
def rolled_back(r: Recorder) -> None:
    leak(r, "sendgrid", strategy=Strategy.OVERLAP, public=False)
    until(r, restored)
    r.tell(c.RollBack("sendgrid-api-key", "the functions are down"), ADA)
    go_on(r, 120)


@story("redis")
def swapped(r: Recorder) -> None:
    """The old key ends in the moment in which the new one begins."""
    leak(r, fatal("redis"))
    approve(r)
    go_on(r)


# --- which value ---


@story("openai")
def an_older_value(r: Recorder) -> None:
    """The parameter holds another key by now."""
    entry, openai = entry_for("openai"), r.providers["openai"]
    r.store(entry, openai.old, openai.world.add_key("proj_a", "laptop").value)
    target = Target(TargetKind.CONFIRMED, openai.old.fingerprint, 1, current=False)
    leak(r, entry, target=target, replace=False)
    go_on(r)


@story("openai")
def a_new_value_is_asked_for_later(r: Recorder) -> None:
    leak(r, "openai", replace=False)
    go_on(r, 60)
    r.tell(c.AskReplacement("openai-api-key"))
    go_on(r)


@story("stripe")
def brought_what_does_not_work(r: Recorder) -> None:
    leak(r, "stripe")
    go_on(r, 60)
    r.submit(entry_for("stripe"), r.providers["stripe"].stray.key.reveal())
    go_on(r, 120)
    r.submit(entry_for("stripe"), r.providers["stripe"].make_by_hand().key.reveal())
    go_on(r)


@story("stripe")
def brought_the_leaked_one(r: Recorder) -> None:
    leak(r, "stripe")
    go_on(r, 60)
    r.submit(entry_for("stripe"), r.providers["stripe"].old.key.reveal())
    go_on(r, 120)


@story("openai")
def without_an_admin_credential(r: Recorder) -> None:
    leak(r, entry_for("openai", admin_parameter=None))
    go_on(r)


# --- faults ---


def _fault(name: str, method: str, error: BaseException, *, times: int, lost: bool) -> None:
    def tell(r: Recorder) -> None:
        arm = r.grim.after if lost else r.grim.instead_of
        arm(method, error, times=times)
        leak(r, "openai")
        go_on(r)

    tell.__name__ = f"fault-{name}"
    story("openai")(tell)


_fault("issue-down", "openai.issue", Unreachable("openai", "issue", "no answer"), times=2, lost=False)
_fault("issue-answer-lost", "openai.issue", Unreachable("openai", "issue", "no answer"), times=1, lost=True)
_fault("issue-refused", "openai.issue", Refused("openai", "issue", "HTTP 400"), times=500, lost=False)
_fault("revoke-down", "openai.revoke", Unreachable("openai", "revoke", "no answer"), times=3, lost=False)
_fault("revoke-refused", "openai.revoke", Refused("openai", "revoke", "HTTP 400"), times=500, lost=False)
_fault("probe-down", "openai.probe", Unreachable("openai", "probe", "no answer"), times=4, lost=False)
_fault("put-throttled", "vault.put", Throttled("ssm", "put", "throttled", 1.0), times=3, lost=False)
_fault("stage-denied", "vault.stage", Unauthorized("ssm", "stage", "AccessDenied"), times=2, lost=False)
_fault("refresh-down", "consumers.refresh", Unreachable("lambda", "refresh", "no answer"), times=2, lost=False)


@story("openai")
def retried_by_hand(r: Recorder) -> None:
    """A revocation that failed for good, and is tried again by a person."""
    r.grim.instead_of("openai.revoke", Refused("openai", "revoke", "HTTP 400"), times=1)
    leak(r, "openai")
    go_on(r, TIMINGS.retry_for + 60)
    r.grim.rest()
    r.tell(c.Retry())
    go_on(r)


@story("openai")
def worker_dies_after_issue(r: Recorder) -> None:
    r.grim.after("openai.issue", Died())
    leak(r, "openai")
    try:
        go_on(r)
    except Died:
        r.take_over()
    go_on(r)


@story("openai")
def worker_dies_after_revoke(r: Recorder) -> None:
    r.grim.after("openai.revoke", Died())
    leak(r, "openai")
    try:
        go_on(r)
    except Died:
        r.take_over()
    go_on(r)


@story("openai")
def pager_down(r: Recorder) -> None:
    r.pagerduty.down = True
    leak(r, "openai")
    go_on(r, 600)
    r.pagerduty.down = False
    go_on(r)


# --- planned rotations ---


@story("sendgrid")
def planned_by_the_catalog(r: Recorder) -> None:
    """Its consumer has no health URL to confirm the new key, so the catalog's word does not revoke the old one."""
    planned(r, "sendgrid", says=Planned.AUTO)
    go_on(r, DAY)


@story("sendgrid")
def planned_and_asked(r: Recorder) -> None:
    planned(r, "sendgrid")
    go_on(r, HOUR)
    approve(r)
    go_on(r, DAY)


@story("sendgrid")
def planned_and_given_up(r: Recorder) -> None:
    """Nobody agrees; the run is closed over the living key."""
    planned(r, "sendgrid")
    go_on(r, 2 * DAY)


@story("redis")
def planned_swap(r: Recorder) -> None:
    planned(r, "redis")
    approve(r)
    go_on(r, DAY)


def _taken_over(name: str, moment: Callable[[Incident], object]) -> None:
    def tell(r: Recorder) -> None:
        """A planned rotation whose secret leaks on the way."""
        planned(r, "sendgrid")
        until(r, moment)
        run, secret = r.incident, r.incident.secrets["sendgrid-api-key"]
        taken = handed(run, secret, Target(TargetKind.ASSUMED), replace=True)
        r.tell(c.HandOverSecrets("inc_taken2", ("sendgrid-api-key",)))
        r.incident, before = None, rotation.INCIDENT
        rotation.INCIDENT = "inc_taken2"
        try:
            leak(r, secret.entry, handed=taken)
            go_on(r)
        finally:
            rotation.INCIDENT = before

    tell.__name__ = f"taken-over-{name}"
    story("sendgrid")(tell)


_taken_over("captured", lambda incident: incident.secrets["sendgrid-api-key"].old.captured_at)
_taken_over("staged", lambda incident: incident.secrets["sendgrid-api-key"].new.staged)
_taken_over("in-use", restored)


# --- consumers, and someone who leaves ---


def _failing(name: str, *statuses: str, then: Callable[[Recorder], None]) -> None:
    def tell(r: Recorder) -> None:
        with Served(Healths(*statuses)) as served:
            consumer = Consumer("api", health=f"{served.url}/healthz")
            leak(r, entry_for("sendgrid", consumers=(consumer,)), strategy=Strategy.OVERLAP, public=False)
            approve(r)
            go_on(r, 600)
            then(r)
            go_on(r)

    tell.__name__ = f"consumer-{name}"
    story("sendgrid")(tell)


_failing("refuses-the-new-value", "200 OK", "503 No", then=lambda _: None)
_failing("killed-all-the-same", "200 OK", "503 No", then=lambda r: revoke(r, "sendgrid-api-key", ADA))


class Leaves:
    """What IAM says of her: she can read it until she is deleted there."""

    reads_on = True

    def grants(self, parameters: object, progress: object = None) -> Granted:
        can = Grant(MALLORY.principal, "/production/sendgrid-api-key", Verdict.CAN, ("ReadProduction",))
        return Granted("111122223333", (can,) if self.reads_on else ())


@story("openai")
def held_by_one_and_resumed_by_two(r: Recorder) -> None:
    """The hold comes between the approval of the plan and the revocation."""
    leak(r, fatal("openai"))
    until(r, lambda incident: incident.request is not None)
    r.tell(c.ApprovePlan(r.incident.request.digest), BEN)
    r.tell(c.HoldRevocations("law enforcement asked us to wait"), CLEO)
    go_on(r)
    r.tell(c.ResumeRevocations("they have what they need"), CLEO)
    agree(r)
    go_on(r, 60)


@story("sendgrid")
def departure(r: Recorder) -> None:
    leaves = Leaves()
    owners = {"/production/sendgrid-api-key": "sendgrid-api-key"}
    r.tools = replace(r.tools, grants=leaves, catalog=SimpleNamespace(owners=lambda _: owners))
    entry = entry_for("sendgrid")
    r.store(entry)
    wanted = (c.Wanted(entry, Target(TargetKind.ASSUMED), Strategy.OVERLAP, "mallory could read it"),)
    timings = replace(TIMINGS, overlap=600.0, approval_expires=DAY)
    r.tell(
        c.Declare(
            incident=rotation.INCIDENT,
            environment="production",
            title="mallory leaves",
            how_noticed="last day",
            public=False,
            playbook=DEPARTURE,
            timings=timings,
            secrets=wanted,
            detected_at=r.clock(),
            leaver=MALLORY,
        ),
        ADA,
    )
    go_on(r, 60)
    r.tell(c.AgreeDeparture(departure_digest(r.incident)), BEN)
    go_on(r, 60)
    leaves.reads_on = False
    go_on(r, DAY)
