"""The worker's look at the schedule, on a real log: rotations are begun once, whoever dies in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import structlog

from bot.catalog.catalog import Catalog, Policy
from bot.errors import LogUnavailable, Throttled
from bot.eventlog import open_event_log
from bot.eventlog.installation_streams import StopsDamaged
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.model import BOT, Actor, Right
from bot.incident.operations import Op
from bot.incident.overlap.strategy import incident_id
from bot.incident.schedule import pending
from bot.model.timings import Timings
from bot.model.window import Window
from bot.planned.ages.age import History, LastResult, age_of
from bot.planned.ages.due import How, due_of
from bot.planned.ages.history import Histories
from bot.planned.ages.looks import Looked, PolicyLooks
from bot.planned.rules.stops import ResumeProvider, StopProvider, decide
from bot.planned.scheduler import Schedule, Scheduler
from bot.worker.background import waiting
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.rotations import ROTATION

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""A Tuesday."""
DAY = timedelta(days=1)
OPENAI = "openai-api-key"
CHLOE = Actor("chloe", frozenset(Right))
OFFICE = Window("Tue-Thu 09:00-16:00 Europe/Berlin")


class Place:
    """One installation: its catalog has hours, and of each secret it is known when its value was written."""

    def __init__(self, folder, window=OFFICE) -> None:
        self.now = NOW
        self.event_log = open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)
        shipped = catalog()
        wanted = [
            msgspec.structs.replace(each, window=window, policy=Policy(90))
            for each in shipped.entries
            if each.name == OPENAI
        ]
        self.catalog = Catalog(shipped.environments, tuple(wanted), shipped.configuration)
        self.written = {each.environment: NOW - 100 * DAY for each in wanted}
        self.worker()

    def worker(self):
        """Another one, which knows nothing of the one before it."""
        books = {"secret-compromise": PLAYBOOK, "rotation": ROTATION}
        self.incidents = Incidents(self.event_log, self.catalog, books, Timings(), freeze, lambda: self.now)
        schedule = Schedule(self.event_log, self.catalog, self.due, DAY.total_seconds(), lambda: self.now)
        self.scheduler = Scheduler(self.event_log, schedule.clock, schedule, self.incidents)
        return self.scheduler

    def due(self):
        rotations = [self._due(each) for each in self.catalog.entries]
        return Looked(tuple(rotations), self.now)

    def _due(self, entry):
        ids = [one.incident for one in self.event_log.incidents() if one.environment == entry.environment]
        last = LastResult(ids[0], self.now, "") if ids else None
        history = History(None, last)
        age = age_of(history, self.written[entry.environment], None)
        return due_of(entry, age, How.OVERLAP, self.now, history=history)

    def runs(self):
        return [(one.environment, one.state) for one in self.event_log.incidents()]

    def say(self, command):
        self.event_log.stops.append(
            lambda state: decide(state, command, CHLOE),
            at=self.now, actor=CHLOE.name, command_id=f"c{self.now}{command}",
        )  # fmt: skip

    def planned(self):
        return self.scheduler.schedule.look().plan.planned

    def put_off(self, **environments):
        """The catalog says so from now on, of each environment the day."""
        because = "the vendor is closed"
        policies = {name: Policy(90, not_before=day, because=because) for name, day in environments.items()}
        self.catalog = Catalog(
            self.catalog.environments,
            tuple(
                msgspec.structs.replace(each, policy=policies.get(each.environment, each.policy))
                for each in self.catalog.entries
            ),
            self.catalog.configuration,
        )
        self.worker()


@pytest.fixture
def here(tmp_path):
    place = Place(tmp_path)
    yield place
    place.event_log.close()


def test_what_is_due_is_begun_in_the_order_of_environments_and_once(here):
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]
    [name] = here.event_log.open_incidents()
    run = here.event_log.load(name)
    assert (run.routine, run.declared.name, list(run.secrets)) == (True, "bot", [OPENAI])
    assert run.how_noticed == "Its policy says every 90 days. The schedule started it."
    assert run.secrets[OPENAI].entry.window == OFFICE
    for _ in range(3):
        here.now += timedelta(minutes=1)
        here.worker().round()
    assert here.runs() == [("staging", "open")]


def test_outside_its_window_nothing_is_begun(here):
    here.now = NOW + 3 * DAY
    here.scheduler.round()
    assert here.runs() == []
    here.now = NOW + 7 * DAY
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]


class ThrottledVault:
    """Answers once it is asked often enough: when each parameter was written."""

    def __init__(self, written, times) -> None:
        self.at, self.times = written, times

    def written(self, parameters):
        if self.times:
            self.times -= 1
            raise Throttled("ssm", "list parameters", "ThrottlingException")
        return dict.fromkeys(parameters, self.at)


def asking(here, vault):
    looks = PolicyLooks(
        here.event_log, here.catalog, vault, lambda _secret: object(), freeze, lambda: here.now,
        Histories(here.event_log),
    )  # fmt: skip
    here.scheduler.schedule = replace(here.scheduler.schedule, due=looks.look)
    return looks


@pytest.mark.parametrize("throttled", [1, 2])
def test_what_may_be_young_is_not_begun_while_its_age_cannot_be_asked(here, throttled):
    """In one of two environments, then in both: nothing hurries for it either."""
    asking(here, ThrottledVault(NOW - 5 * DAY, throttled))
    here.scheduler.round()
    assert here.runs() == []
    assert "ThrottlingException" in here.scheduler.trouble
    assert OPENAI in here.scheduler.trouble
    here.now += timedelta(minutes=1)
    here.scheduler.look(lambda: True)
    assert (here.runs(), here.scheduler.trouble) == ([], "")


def test_a_secret_that_cannot_be_looked_at_stops_no_other(here):
    """Its provider cannot be made any more, say, or the catalog has lost it since the last look."""
    due = here.due
    lost = replace(due().rotations[0], secret="lost")
    here.scheduler.schedule = replace(here.scheduler.schedule, due=lambda: Looked((lost, *due().rotations), NOW))
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]
    assert here.scheduler.trouble.startswith(f"The rotation of lost in {lost.environment} waits")


def test_of_a_secret_that_cannot_be_looked_at_the_age_is_unknown_and_the_others_are_told(here):
    def frozen(entry):
        if entry.environment == "staging":
            raise ValueError(entry)
        return freeze(entry)

    looked = replace(asking(here, ThrottledVault(NOW - 5 * DAY, 0)), freeze=frozen).look()
    assert looked.of("staging", OPENAI).overdue_because == ("its age is unknown",)
    assert looked.of("production", OPENAI).age.days(NOW) == 5
    assert looked.trouble == (f"staging {OPENAI}: it cannot be checked (ValueError).",)


def test_what_no_consumer_has_confirmed_is_not_replaced_again_by_itself(here):
    looked = here.due()
    due = replace(looked.rotations[0], last=LastResult("inc_ab12cd", NOW, "", unconfirmed=True))
    rotatable = here.scheduler.schedule._rotatable(due)
    assert rotatable.held.startswith("inc_ab12cd replaced it, and its consumers have not confirmed the new key")


def test_an_age_that_all_were_asked_for_and_nobody_knows_is_overdue(here):
    vault = ThrottledVault(NOW, 0)
    vault.written = lambda _parameters: {}
    asking(here, vault)
    here.scheduler.round()
    assert (here.runs(), here.scheduler.trouble) == ([("staging", "open")], "")


def test_it_begins_early_enough_for_the_longest_overlap_of_what_comes_along(here, monkeypatch):
    due = NOW + 60 * DAY
    here.written = dict.fromkeys(here.written, due - 90 * DAY)
    [staging] = [each for each in here.catalog.entries if each.environment == "staging"]
    other = msgspec.structs.replace(staging, name="along", policy=Policy(overlap=14 * DAY.total_seconds()))
    monkeypatch.setattr(Catalog, "tied", lambda _self, entry: (entry, other) if entry == staging else (entry,))
    found = here.planned()
    assert [found[name, OPENAI].of.overlap for name in ("staging", "production")] == [14 * DAY, DAY]
    planned = found["staging", OPENAI]
    assert planned.starts_at + 14 * DAY <= planned.ends_at <= due


def test_without_hours_in_the_catalog_nothing_is_begun_by_itself(tmp_path):
    place = Place(tmp_path, Window())
    place.scheduler.round()
    assert place.runs() == []
    place.event_log.close()


def test_two_workers_that_have_seen_the_same_begin_one_run(here):
    """Both have looked before either began."""
    first, second = here.scheduler, here.worker()
    looks = [first.schedule.look(), second.schedule.look()]
    for scheduler, found in zip([first, second], looks, strict=True):
        for beginning in found.beginnings:
            scheduler._begin(beginning)
    assert here.runs() == [("staging", "open")]


def test_a_worker_that_dies_before_it_is_recorded_has_begun_nothing_and_the_next_one_does(here, monkeypatch):
    def dies(*_args, **_more):
        raise LogUnavailable("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr(here.event_log, "execute", dies)
        here.scheduler.round()
    assert "the database is gone" in here.scheduler.trouble
    assert here.runs() == []
    here.worker().round()
    assert here.runs() == [("staging", "open")]


def test_what_keeps_it_from_its_look_is_said_once_kept_for_others_and_cleared(here, monkeypatch):
    """A record that cannot be believed, then a fault that nobody thought of."""
    scheduler, log = here.scheduler, here.event_log
    faults = [
        StopsDamaged("entry 3 is gone"),
        StopsDamaged("entry 3 is gone"),
        RuntimeError("may hold anything"),
    ]

    def fails():
        raise faults.pop(0)

    with monkeypatch.context() as patched, structlog.testing.capture_logs() as logged:
        patched.setattr(log.stops, "current", fails)
        for _ in range(3):
            scheduler.look(lambda: True)
    said = [line["error"] for line in logged if line["event"] == "planned rotations wait"]
    assert said == [str(StopsDamaged("entry 3 is gone")), "planned rotations cannot be maintained (RuntimeError)"]
    assert list(waiting(log)) == [(scheduler.waits, here.now)]
    scheduler.look(lambda: True)
    assert (scheduler.waits, list(waiting(log)), here.runs()) == ("", [], [("staging", "open")])


def test_what_an_incident_has_is_left_to_it(here):
    leaked = Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist")
    here.incidents.declare(leaked, CHLOE, "declare")
    here.scheduler.round()
    assert here.runs() == [("production", "open")]
    waits = here.planned()["staging", OPENAI].waits
    assert waits == f"{incident_id('declare')} is at openai: one at a time"


def test_a_stopped_provider_begins_nothing_until_a_person_resumes_it(here):
    here.say(StopProvider("openai", "its status page is red"))
    here.scheduler.round()
    assert here.runs() == []
    assert "its status page is red" in here.planned()["staging", OPENAI].waits
    here.say(ResumeProvider("openai", "green again"))
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]


def test_what_a_person_says_while_the_look_still_asks_others_counts(here):
    """Ages are asked for over minutes; what was decided meanwhile is seen by the next look."""
    due, said = here.due, []

    def slow():
        found = due()
        if not said:
            said.append(here.say(StopProvider("openai", "its status page is red")))
        return found

    here.scheduler.schedule = replace(here.scheduler.schedule, due=slow)
    for _ in range(2):
        here.scheduler.round()
        assert (here.runs(), here.scheduler.trouble) == ([], "")
    here.say(ResumeProvider("openai", "green again"))
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]


def test_what_the_catalog_puts_off_is_not_begun_before_that_day(here):
    here.put_off(staging=NOW + 30 * DAY, production=NOW + 30 * DAY)
    here.scheduler.round()
    assert (here.runs(), here.scheduler.trouble) == ([], "")
    assert here.planned()["staging", OPENAI].waits == "not before 2026-12-24: the vendor is closed"
    here.now = NOW + 30 * DAY
    here.scheduler.round()
    assert here.runs() == [("staging", "open")]


@pytest.fixture
def along(here):
    """Another secret of staging, of another provider, that dies with the first."""
    [staging] = [each for each in here.catalog.entries if each.environment == "staging"]
    other = msgspec.structs.replace(staging, name="along", provider="stripe", dies_with=(OPENAI,))
    here.catalog = Catalog(here.catalog.environments, (staging, other), here.catalog.configuration)
    here.written = {"staging": NOW - 85 * DAY}
    here.worker()
    return other


def test_what_comes_along_is_put_off_with_it(here, along):
    here.now = NOW + 2 * DAY
    assert here.scheduler.schedule.look().beginnings
    policy = Policy(not_before=here.now + DAY, because="the vendor is closed")
    later = msgspec.structs.replace(along, policy=policy)
    here.catalog = Catalog(here.catalog.environments, (here.catalog.entries[0], later), here.catalog.configuration)
    here.worker().round()
    assert here.runs() == []


def failed_run(here):
    here.scheduler.round()
    [name] = here.event_log.open_incidents()

    def give(body):
        return here.event_log.execute(name, c.Envelope(f"c{here.now}{body!r}"[:120], here.now, BOT, body))

    [work] = [each for each in pending(here.event_log.load(name), here.now) if each.op is Op.CAPTURE]
    started = give(c.Begin(work, "w1")).events
    claim = next(each.event.claim for each in started if isinstance(each.event, e.OperationStarted))
    give(c.Finish(e.OperationFailed(claim.number, claim.op, "Refused", "openai: read: HTTP 403", None), claim.lane))
    return name


def test_a_failure_stops_its_provider_by_nobodys_word_until_somebody_retries_the_run(here):
    name = failed_run(here)
    here.now += timedelta(minutes=1)
    [stop] = here.worker().schedule.look().failed
    assert stop.words.startswith(f"openai is stopped since 2026-11-24 09:00 UTC by {name}: could not")
    assert "HTTP 403" in stop.words
    assert here.planned()["production", OPENAI].waits == stop.words
    assert not here.event_log.stops.events()
    here.event_log.execute(name, c.Envelope("retry", here.now, CHLOE, c.Retry()))
    assert not here.scheduler.schedule.look().failed


def test_once_a_run_that_failed_is_closed_the_schedule_goes_on_and_begins_it_anew(here):
    name = failed_run(here)
    assert here.scheduler.schedule.look().failed
    run = here.event_log.load(name)
    keys = tuple(item.key for item in acceptable(run))
    skips = [c.SkipStep(step.definition.id, "not today") for step in run.steps]
    for number, body in enumerate([*skips, c.Close("not today", keys, left_digest(acceptable(run)))]):
        here.event_log.execute(name, c.Envelope(f"close{number}", here.now, CHLOE, body))
    proposal = here.event_log.load(name).proposal
    if proposal is not None:
        body = c.ApproveProposal(proposal_digest(here.event_log.load(name), proposal))
        here.event_log.execute(name, c.Envelope("agree", here.now, replace(CHLOE, name="ben"), body))
    assert here.runs() == [("staging", "closed")]
    here.now += timedelta(minutes=1)
    here.worker().round()
    assert here.runs() == [("staging", "open"), ("staging", "closed")]
