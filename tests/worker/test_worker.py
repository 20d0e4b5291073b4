"""The worker with everything around it: real HTTP to fakes, a real Valkey, AWS through moto, SQLite."""

import threading

import pytest

from bot.incident import commands as c
from bot.incident.approval.plan import plan_of
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable
from bot.incident.events import ClaimLost, OrphansFound, kind_of
from bot.incident.lanes import PAGE_LANE, new_lane, old_lane
from bot.incident.model import New, Old, Strategy, Target, TargetKind
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.incident.overlap.strategy import incident_id
from bot.phrases.plans import step_words
from bot.rotation.identify import stage_unknown
from bot.secrets.secret import Secret
from tests.cli.conftest import say
from tests.support.consents import SHOWN
from tests.support.event_logs import write_as_newer
from tests.support.practice import ADA, BEN, OPENAI, REDIS, SENDGRID, STRIPE, practice

pytestmark = pytest.mark.process


@pytest.fixture
def world(tmp_path, monkeypatch):
    with practice(tmp_path, monkeypatch) as made:
        yield made


def test_what_a_newer_program_wrote_is_paged_and_shown_nothing_runs_for_it_and_all_else_goes_on(world):
    incident = world.declare(SENDGRID)
    row = write_as_newer(world.app.event_log, incident, world.app.event_log.seal)
    other = world.declare(OPENAI)
    world.start()

    world.wait(other, settled(OPENAI))
    world.wait(other, lambda _: world.pagerduty.alert(f"{incident}-damaged"))
    alert = world.pagerduty.alert(f"{incident}-damaged")
    too_old = f"This program is too old for {incident}: event {row.seq} was written by a newer one"
    assert too_old in alert.summary
    assert world.old[SENDGRID] in {key.value for key in world.sendgrid.live_keys()}
    assert world.app.event_log.head(incident) == row.head
    said = say("show", incident, environ=world.environ)
    assert said.status == 1
    assert f"THIS PROGRAM IS TOO OLD: event {row.seq} was written by a newer one" in said.err
    assert SENDGRID in said.out


def settled(*names):
    return lambda incident: all(incident.secrets[name].gone and incident.secrets[name].in_place for name in names)


def kinds(world, incident):
    return [kind_of(recorded.event) for recorded in world.app.incidents.events(incident)]


BULK = """\
  - name: sendgrid-bulk-key
    title: SendGrid key of the newsletter
    provider: sendgrid
    parts: { key: { parameter: "/{environment}/sendgrid-bulk-key", variable: SENDGRID_BULK_KEY } }
    admin: /bot/admin/sendgrid
    policy: { rotate_after_days: 90 }
    owner: Growth team
    if_killed: Newsletters stop.
    outage: degraded
    kill: irreversible
    data: none
"""


def bulky(world):
    """Puts a fourth secret that the machine can kill into the catalog; its key at the provider."""
    catalog = world.folder / "playbooks" / "secrets.yaml"
    catalog.write_text(catalog.read_text() + BULK)
    bulk = world.sendgrid.add_key("bulk")
    world.aws.store("/production/sendgrid-bulk-key", bulk.value)
    return bulk


def test_three_secrets_are_killed_replaced_and_proven_without_a_second_person(world):
    incident = world.declare(OPENAI, SENDGRID, REDIS)
    world.start()

    state = world.wait(incident, settled(OPENAI, SENDGRID, REDIS))

    assert {(s.old_state, s.new_state) for s in state.secrets.values()} == {(Old.DEAD, New.LIVE)}
    assert not state.request
    for name, key in ((OPENAI, world.openai), (SENDGRID, world.sendgrid)):
        live = {one.value for one in key.live_keys()}
        assert world.old[name] not in live
        assert world.app.outside.vault.read(f"/production/{name}").value.reveal() in live
    passwords = world.redis.execute_command("ACL", "GETUSER", "app")["passwords"]
    assert len(passwords) == 2


def test_the_fourth_kill_waits_for_a_second_person_while_its_new_value_is_made(world):
    bulk, name = bulky(world), "sendgrid-bulk-key"
    incident = world.declare(OPENAI, SENDGRID, REDIS, name)
    world.start()

    state = world.wait(incident, lambda i: i.request and i.secrets[name].in_place and i.secrets[OPENAI].gone)
    assert state.secrets[name].old_state is Old.ALIVE
    assert bulk.value in {key.value for key in world.sendgrid.live_keys()}

    own = world.do(incident, c.ApprovePlan(state.request.digest), ADA)
    assert "cannot be its second approver" in own.refused
    assert not world.do(incident, c.ApprovePlan(state.request.digest), BEN).refused
    world.wait(incident, settled(OPENAI, SENDGRID, REDIS, name))


def test_a_staged_value_that_is_anothers_is_refused_and_goes_to_no_provider(world):
    """Whoever may put a value there would have the other key revoked under a harmless entry's name."""
    world.app.outside.use_fingerprints()
    command = f"declare-{world._commands + 1}-{world.folder.name}"
    stage_unknown(world.app.outside.vault, incident_id(command), SENDGRID, Secret(world.old[OPENAI]))
    target = Target(TargetKind.CONFIRMED, Secret(world.old[OPENAI]).fingerprint, current=False, staged=True)
    incident = world.declare(SENDGRID, targets={SENDGRID: target}, replace=False)
    assert incident == incident_id(command)
    sent, inner = [], world.sendgrid.application.application
    world.sendgrid.application.application = lambda environ, start: (
        sent.append(environ.get("HTTP_AUTHORIZATION", "")) or inner(environ, start)
    )
    world.start()

    state = world.wait(incident, lambda i: i.lane(old_lane(SENDGRID)).failure and i.alerts)
    failure = state.lane(old_lane(SENDGRID)).failure
    assert (failure.op, failure.final) == (Op.CAPTURE, True)
    assert f"is that of {OPENAI} (production), and {SENDGRID} never had it: declare that instead" in failure.message
    assert not any(world.old[OPENAI] in header for header in sent)
    assert world.old[OPENAI] in {key.value for key in world.openai.live_keys()}


def test_a_value_that_two_secrets_have_is_revoked_by_two_people(world):
    shared = bulky(world).value
    world.aws.store(f"/production/{SENDGRID}", shared)
    incident = world.declare(SENDGRID)
    world.start()

    state = world.wait(incident, lambda i: i.request)
    assert state.secrets[SENDGRID].old.shared == ("sendgrid-bulk-key (production)",)
    assert shared in {key.value for key in world.sendgrid.live_keys()}
    shown = step_words(plan_of(state, state.secrets[SENDGRID]))[0]
    assert shown.endswith("; sendgrid-bulk-key (production) stops working too")
    [offer] = [offer for offer in available(state, world.app.clock()) if offer.kind is c.AddSecret]
    assert offer.reason == "the same key leaked in sendgrid-bulk-key (production)"
    for by in (BEN, ADA):  # who declared one key has agreed to no other
        assert not world.do(incident, c.ApprovePlan(state.request.digest), by).refused
    world.wait(incident, lambda i: i.secrets[SENDGRID].gone)


def test_stripe_is_made_and_expired_by_a_person_and_proven_by_the_bot(world):
    incident = world.declare(STRIPE)
    world.start()
    world.wait(incident, lambda i: i.secrets[STRIPE].old.snapshot_at)

    new = world.stripe.add_key("new")
    world.do(incident, c.AnnounceSubmission(STRIPE, world.submit(incident, STRIPE, new.value)))
    world.wait(incident, lambda i: i.secrets[STRIPE].in_place)
    world.stripe.expire(next(key for key in world.stripe.all_keys() if key.value == world.old[STRIPE]))
    world.do(incident, c.ConfirmRevoked(STRIPE))

    state = world.wait(incident, settled(STRIPE))
    assert state.secrets[STRIPE].new.submitted_by == "ada"
    assert world.app.outside.vault.staged("/_compromise/inbox") == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("old", "the old key itself"),
        ("sendgrid", "looks like"),
        ("other-account", "another account"),
        ("sk_live_0000000000000000", "does not accept it"),
        ("sk_live_1234\n", "line break"),
        ("sk_live_" + "x" * 4090, "longer than"),
    ],
)
def test_a_submitted_value_that_cannot_be_the_new_one_is_rejected_with_the_reason(world, value, reason):
    incident = world.declare(STRIPE)
    world.start()
    world.wait(incident, lambda i: i.secrets[STRIPE].old.snapshot_at)
    value = {
        "old": world.old[STRIPE],
        "sendgrid": world.old[SENDGRID],
        "other-account": world.stripe.add_key("theirs", account="acct_other").value,
    }.get(value, value)

    inbox = f"/_compromise/inbox/{incident}/{STRIPE}/{'1' * 16}"
    world.aws.aws.client("ssm").put_parameter(
        Name=f"{inbox}/key", Value=value, Type="SecureString", Tier="Advanced" if len(value) > 4096 else "Standard"
    )
    world.do(incident, c.AnnounceSubmission(STRIPE, "1" * 16))

    state = world.wait(incident, lambda i: i.secrets[STRIPE].new.rejected)
    assert reason in state.secrets[STRIPE].new.rejected
    assert world.app.outside.vault.read(f"/production/{STRIPE}").value.reveal() == world.old[STRIPE]


def test_overlap_keeps_both_values_until_a_second_person_has_agreed_and_the_time_is_over(world):
    world.hurry(overlap=1.5)
    incident = world.declare(SENDGRID, strategy=Strategy.OVERLAP)
    world.start()

    state = world.wait(incident, lambda i: i.secrets[SENDGRID].in_place and i.request)
    assert state.secrets[SENDGRID].old_state is Old.ALIVE
    world.do(incident, c.ApprovePlan(state.request.digest), BEN)

    state = world.wait(incident, settled(SENDGRID))
    secret = state.secrets[SENDGRID]
    overlap = (secret.old.revoked_at - secret.new.live_at).total_seconds()
    assert overlap >= state.timings.overlap


def test_kill_now_ends_an_overlap_at_once(world):
    incident = world.declare(SENDGRID, strategy=Strategy.OVERLAP)
    world.start()
    world.wait(incident, lambda i: i.secrets[SENDGRID].in_place)

    world.do(incident, c.KillNow(SENDGRID, SHOWN))

    state = world.wait(incident, settled(SENDGRID))
    secret = state.secrets[SENDGRID]
    assert (secret.old.revoked_at - secret.new.live_at).total_seconds() < state.timings.overlap


def test_an_older_version_is_ended_and_the_current_value_left_alone(world):
    older = world.app.outside.vault.read(f"/production/{OPENAI}", 1).value
    world.app.outside.use_fingerprints()
    target = Target(TargetKind.CONFIRMED, older.fingerprint, version=1, current=False)
    incident = world.declare(OPENAI, targets={OPENAI: target}, replace=False)
    world.start()

    state = world.wait(incident, settled(OPENAI))

    assert (state.secrets[OPENAI].old_state, state.secrets[OPENAI].new_state) == (Old.DEAD, New.NOT_NEEDED)
    assert world.app.outside.vault.read(f"/production/{OPENAI}").version == 2
    assert world.old[OPENAI] in {key.value for key in world.openai.live_keys()}
    assert older.reveal() not in {key.value for key in world.openai.live_keys()}


def swept(incident):
    """Whether what a lost call may have made was looked for."""
    return Op.SWEEP in incident.lane(new_lane(SENDGRID)).done


def test_a_create_that_times_out_after_succeeding_leaves_no_key_behind(world):
    world.hurry(sweep_wait=1.5)
    world.sendgrid.faults.inject("create-reset", 2)
    incident = world.declare(SENDGRID)
    world.start()

    state = world.wait(incident, settled(SENDGRID))
    state = world.wait(incident, swept)

    names = {key.name for key in world.sendgrid.live_keys() if key.name.startswith("inc_")}
    assert names == {state.secrets[SENDGRID].new.name}
    assert any(isinstance(r.event, OrphansFound) for r in world.app.incidents.events(incident))


def test_a_revocation_that_keeps_failing_is_shown_and_the_key_is_called_alive(world):
    world.hurry(retry_for=3.0)
    world.sendgrid.faults.inject("revoke-500")
    incident = world.declare(SENDGRID)
    world.start()

    state = world.wait(incident, lambda i: (f := i.lane(old_lane(SENDGRID)).failure) and f.final)
    assert state.secrets[SENDGRID].old_state is Old.ALIVE
    assert state.lane(old_lane(SENDGRID)).failure.op is Op.REVOKE
    assert "HTTP 500" in state.lane(old_lane(SENDGRID)).failure.message

    seen = state.secrets[SENDGRID].old.probes
    world.wait(incident, lambda i: i.secrets[SENDGRID].old.probes > seen)  # still watched
    world.sendgrid.faults.clear()
    assert not world.do(incident, c.Retry()).refused
    world.wait(incident, settled(SENDGRID))


def test_a_key_whose_revocation_takes_time_to_spread_is_alive_until_then(world):
    world.sendgrid.propagation = 2.0
    incident = world.declare(SENDGRID)
    world.start()

    state = world.wait(incident, settled(SENDGRID))
    old = state.secrets[SENDGRID].old
    assert (old.contained_at - old.revoked_at).total_seconds() >= 1.5


def test_revoked_says_the_provider_but_the_key_lives_on(world):
    world.hurry(retry_for=3.0)
    world.sendgrid.faults.inject("revoke-ignored")
    incident = world.declare(SENDGRID)
    world.start()

    state = world.wait(incident, lambda i: i.secrets[SENDGRID].old.overdue)
    assert state.secrets[SENDGRID].old_state is Old.REVOKING
    world.sendgrid.faults.clear()
    world.do(incident, c.Retry(old_lane(SENDGRID)))
    world.wait(incident, settled(SENDGRID))


def test_a_refusal_for_another_reason_is_never_death(world):
    incident = world.declare(OPENAI, strategy=Strategy.OVERLAP)
    world.start()
    world.wait(incident, lambda i: i.secrets[OPENAI].in_place)
    world.openai.faults.inject("revoke-ignored")  # the key still works, and is only refused from this address
    world.openai.faults.inject("probe-ip-not-authorized")
    world.do(incident, c.KillNow(OPENAI, SHOWN))

    probed = world.wait(incident, lambda i: i.secrets[OPENAI].old.probes > 3).secrets[OPENAI]
    assert probed.old_state is Old.REVOKING
    assert probed.old.refusals is None
    assert probed.old.last_probe.liveness == "live"


def test_a_dead_workers_claims_are_taken_over_looking_first(world):
    entered, never = threading.Event(), threading.Event()
    incident = world.declare(SENDGRID)
    worker = world.app.working.worker()
    issue = worker.runner.operations[Op.ISSUE]

    def hang(job):
        issue(job)
        entered.set()
        never.wait(30)
        raise AssertionError

    worker.runner.operations[Op.ISSUE] = hang
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    assert entered.wait(10)
    worker.stopping.set()  # before it can enlist again
    worker.leadership.resign()  # what the death of its process does

    world.start()
    state = world.wait(incident, settled(SENDGRID))
    never.set()
    thread.join(15)

    assert any(isinstance(r.event, ClaimLost) and r.event.op is Op.ISSUE for r in world.app.incidents.events(incident))
    names = [key.name for key in world.sendgrid.live_keys() if key.name.startswith("inc_")]
    assert names == [state.secrets[SENDGRID].new.name]


def test_the_whole_incident_down_to_the_decisions_log(world):
    incident = world.declare(OPENAI, SENDGRID, REDIS)
    world.start()
    world.wait(incident, settled(OPENAI, SENDGRID, REDIS))

    early = world.do(incident, c.Close())
    assert "not done or skipped" in early.refused
    world.finish(incident)

    state = world.wait(incident, lambda i: i.report.decisions and i.report.covers > 0 and i.page.word == "resolved")
    assert world.pagerduty.alert(incident).state == "resolved"
    assert incident in (world.folder / "docs" / "DECISIONS.md").read_text()
    report = (world.folder / "data" / "reports" / f"{incident}.md").read_text()
    assert state.secrets[OPENAI].old.fingerprint in report
    for value in (*world.old.values(), *(k.value for k in world.openai.all_keys())):
        assert Secret(value).secret_part.reveal() not in report


def test_a_pager_that_is_down_holds_nothing_up_and_can_be_retried(world):
    world.hurry(retry_for=3.0)
    world.pagerduty.faults.inject("500")
    incident = world.declare(SENDGRID)
    world.start()

    world.wait(incident, settled(SENDGRID))
    state = world.wait(incident, lambda i: (f := i.lane(PAGE_LANE).failure) and f.final)
    assert state.page.word == "none"
    world.pagerduty.faults.clear()
    world.do(incident, c.Retry(PAGE_LANE))
    world.wait(incident, lambda i: i.page.triggered_at)


def test_no_second_worker_on_sqlite(world):
    from bot.errors import Misuse

    incident = world.declare(SENDGRID)
    world.start()
    world.wait(incident, lambda i: i.secrets[SENDGRID].old.captured_at)  # the first has the lock by now
    second = world.app.working.worker()
    with pytest.raises(Misuse, match="another worker"):
        second.run()


def test_creates_that_never_answer_end_in_a_failure_and_leave_no_key(world):
    world.hurry(retry_for=3.0, sweep_wait=1.5)
    world.sendgrid.faults.inject("create-reset")
    incident = world.declare(SENDGRID, strategy=Strategy.OVERLAP)
    world.start()

    world.wait(incident, lambda i: (f := i.lane(new_lane(SENDGRID)).failure) and f.final and f.op is Op.ISSUE)
    world.wait(incident, lambda i: all(i.secrets[SENDGRID].new.orphans.values()) and swept(i))

    assert [key.name for key in world.sendgrid.live_keys() if key.name.startswith("inc_")] == []
    made = [key for key in world.sendgrid.all_keys() if key.name.startswith("inc_")]
    assert 1 <= len(made) < 20


def test_a_key_that_was_made_and_never_put_in_place_ends_with_the_incident(world):
    world.hurry(retry_for=3.0, sweep_wait=1.5)
    world.openai.faults.inject("probe-500")
    incident = world.declare(OPENAI)
    world.start()
    state = world.wait(incident, lambda i: (f := i.lane(new_lane(OPENAI)).failure) and f.final)
    assert state.secrets[OPENAI].new_state is New.STAGED
    for step in state.steps:
        if not world.app.incidents.load(incident).step(step.definition.id).over:
            world.do(incident, c.SkipStep(step.definition.id, "practice"))
    every = tuple(item.key for item in acceptable(world.app.incidents.load(incident)))
    assert not world.do(incident, c.Close("the key is no longer needed", every)).refused
    state = world.app.incidents.load(incident)
    agree = c.ApproveProposal(proposal_digest(state, state.proposal))
    assert not world.do(incident, agree, BEN).refused
    world.openai.faults.clear()

    world.wait(incident, lambda i: i.closed and all(i.secrets[OPENAI].new.orphans.values()))
    assert [key.name for key in world.openai.live_keys() if key.name.startswith("inc_")] == []


@pytest.mark.parametrize("dies", [False, True])
def test_another_secret_of_the_provider_is_seen_alive_before_the_kill_and_looked_at_after_it(world, dies):
    bulk = bulky(world)
    incident = world.declare(SENDGRID, strategy=Strategy.OVERLAP)
    world.start()
    world.wait(incident, lambda i: i.secrets[SENDGRID].in_place and i.secrets[SENDGRID].siblings.seen_at)
    assert world.app.incidents.load(incident).secrets[SENDGRID].siblings.alive == {"sendgrid-bulk-key"}
    if dies:
        world.sendgrid.revoke(bulk)
    world.do(incident, c.KillNow(SENDGRID, SHOWN), ADA)
    state = world.wait(incident, lambda i: i.halted if dies else i.secrets[SENDGRID].siblings.looks == 2)
    stopped = f"sendgrid-bulk-key was rejected after revoking {SENDGRID}"
    assert state.halted == (stopped if dies else "")


def test_what_the_first_pager_does_not_take_goes_to_the_second(world):
    world.environ["BOT_PAGER_FALLBACK_ROUTING_KEY"] = world.pagerduty.routing_key
    world.environ["BOT_PAGERDUTY_ROUTING_KEY"] = "f" * 32
    incident = world.declare(OPENAI)
    world.start()
    state = world.wait(incident, lambda i: i.fallback.triggered_at)
    assert state.page.triggered_at is None
    assert world.pagerduty.alert(incident).state in {"triggered", "acknowledged"}
