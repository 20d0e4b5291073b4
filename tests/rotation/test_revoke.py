"""Ending the leaked key: which one it is, that nothing else is ended, and what counts as its death."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import proposal_digest
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import New, Old, Strategy, Target, TargetKind
from bot.incident.offer import Urgency
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.state import EARLIER
from bot.model.capabilities import RevokedBy
from bot.model.probes import Answer, Liveness
from bot.providers.stripe.provider import Stripe
from bot.rotation.revoke import _replacement
from bot.secrets.secret import Credential, Secret
from tests.support.consents import SHOWN
from tests.support.rotation import ADA, BEN, Died, Harness, assert_finished, entry_for


def probes(harness):
    return [event.probe.liveness for event in harness.events(e.OldProbed)]


def test_an_older_version_leaked(rig_of):
    harness = rig_of("openai")
    entry, world = entry_for("openai"), harness.providers["openai"].world
    current = world.add_key("proj_a", "current", service_account="svc_a")
    harness.store(entry, harness.providers["openai"].old, current.value)
    target = Target(TargetKind.CONFIRMED, harness.providers["openai"].old.fingerprint, 1, current=False)
    harness.declare(entry, target=target, replacing=False)
    harness.settled()
    secret = harness.state(entry)
    assert (secret.old_state, secret.new_state, secret.old.current) == (Old.DEAD, New.NOT_NEEDED, False)
    assert secret.old.versions == {entry.main.parameter: 1}
    assert current.revoked_at is None
    assert len(harness.vault.history(entry.main.parameter)) == 2


def test_a_current_value_that_was_put_back(rig_of):
    """The same value twice in the history: the exposure began with the first."""
    harness = rig_of("openai")
    entry, old = entry_for("openai"), harness.providers["openai"].old
    harness.store(entry, old, "sk-proj-" + "b" * 40, old)
    harness.declare(entry, target=Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=False))
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    captured = harness.state(entry).old
    assert captured.current
    assert captured.exposed_since == harness.vault.history(entry.main.parameter)[0].written_at


def test_a_value_in_no_history_is_read_from_where_it_was_staged(rig_of):
    harness = rig_of("openai")
    entry, leaked = entry_for("openai"), harness.providers["openai"].old
    current = harness.providers["openai"].world.add_key("proj_a", "current", service_account="svc_a")
    harness.store(entry, current.value)
    staged = "/_compromise/inc_ab12cd/openai-api-key/old"
    harness.vault.stage(staged, leaked.key)
    target = Target(TargetKind.CONFIRMED, leaked.fingerprint, None, current=False, staged=True)
    harness.declare(entry, target=target, replacing=False)
    harness.settled()
    assert harness.state(entry).old_state is Old.DEAD
    assert current.revoked_at is None
    assert harness.staged() == [staged]
    harness.close()
    harness.run(seconds=31 * 24 * 3600)
    assert harness.staged() == []


def test_a_parameter_that_no_longer_holds_the_confirmed_value(rig_of):
    harness = rig_of("openai")
    entry = entry_for("openai")
    harness.store(entry, "sk-proj-" + "c" * 40)
    harness.declare(entry, target=Target(TargetKind.CONFIRMED, harness.providers["openai"].old.fingerprint))
    harness.run()
    assert harness.incident.lane(old_lane("openai-api-key")).failure.final
    assert "identify it again" in harness.failures()[0]
    assert "openai.revoke" not in harness.grim.calls


def test_two_candidates_wait_for_a_person(chain):
    harness, entry = chain("openai")
    world, old = harness.providers["openai"].world, harness.providers["openai"].old
    twin = world.add_key("proj_a", "twin", service_account="svc_a", twin_of=old.key.reveal())
    harness.run(lambda harness: harness.state(entry).in_place)
    harness.run(seconds=300)
    secret = harness.state(entry)
    assert len(secret.old.candidates) == 2
    assert secret.old.revoked_at is None
    harness.tell(c.ChooseCandidate(entry.name, harness.providers["openai"].old_id))
    harness.settled()
    assert_finished(harness, entry)
    assert twin.revoked_at is None


def test_a_revocation_that_spreads_slowly(chain):
    harness, entry = chain("openai")
    harness.providers["openai"].world.propagation = 5.0
    harness.settled()
    secret = harness.state(entry)
    assert probes(harness)[0] == "live"
    assert (secret.old.contained_at - secret.old.revoked_at).total_seconds() >= 5
    assert_finished(harness, entry)


def test_a_revocation_that_did_not_take(chain):
    harness, entry = chain("openai")
    harness.providers["openai"].world.faults.inject("revoke-ignored")
    harness.run(lambda harness: harness.state(entry).old.overdue, seconds=600)
    assert harness.state(entry).old_state is Old.REVOKING
    harness.providers["openai"].world.faults.clear()
    harness.tell(c.Retry(old_lane("openai-api-key")))
    harness.settled()
    assert_finished(harness, entry)


@pytest.mark.parametrize(
    ("provider", "fault"),
    [("openai", "probe-ip-not-authorized"), ("openai", "probe-quota"), ("openai", "probe-500"),
     ("openai", "probe-html"), ("sendgrid", "probe-credits"), ("sendgrid", "probe-429")],
)  # fmt: skip
def test_what_is_unclear_is_never_called_dead(chain, provider, fault):
    harness, entry = chain(provider)
    world = harness.providers[provider].world
    world.faults.inject("revoke-ignored")
    harness.run(lambda harness: harness.state(entry).old.revoked_at and harness.state(entry).in_place)
    world.faults.inject(fault)
    harness.run(seconds=100)
    assert set(probes(harness)[-3:]) == {"live" if fault == "probe-ip-not-authorized" else "unknown"}
    assert harness.state(entry).old_state is Old.REVOKING
    assert harness.state(entry).old.refusals is None


def test_dead_without_a_control_does_not_count(rig_of):
    harness = rig_of("stripe")
    entry = entry_for("stripe", admin_parameter=None)
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.providers["stripe"].kill_by_hand()
    harness.tell(c.ConfirmRevoked(entry.name))
    harness.run(seconds=100)
    assert set(probes(harness)) == {"dead"}
    assert harness.state(entry).old_state is Old.REVOKING
    assert "Refused" not in str(harness.failures())
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    harness.settled()
    assert harness.state(entry).old_state is Old.DEAD
    assert harness.state(entry).old.last_control.subject == "comparison: the new key"


def test_never_seen_alive_is_unproven(rig_of):
    harness = rig_of("openai")
    entry, world = entry_for("openai"), harness.providers["openai"].world
    harness.store(entry)
    world.faults.inject("probe-500")  # the baseline is missed, however often it is asked for before the kill
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    harness.tell(c.ChooseCandidate(entry.name, harness.providers["openai"].old_id))  # it was only known by its looks
    harness.run(lambda harness: harness.state(entry).old.revoked_at)
    world.faults.clear()
    harness.run(seconds=200)
    assert harness.state(entry).old_state is Old.UNPROVEN


def made_up(value):
    """What shows the first and last characters of a value that its maker never had."""
    return value[:14] + "x" * (len(value) - 18) + value[-4:]


@pytest.mark.parametrize("provider", ["openai", "elevenlabs", "supabase"])
def test_a_made_up_value_ends_no_key_that_it_looks_like(rig_of, provider):
    harness = rig_of(provider)
    entry, living = entry_for(provider), harness.providers[provider].old
    if provider == "supabase":
        harness.providers[provider].world.faults.inject("list-masked")
    harness.store(entry, living)
    fake = Secret(made_up(living.key.reveal()))
    staged = f"/_compromise/inc_ab12cd/{entry.name}/old"
    harness.vault.stage(staged, fake)
    target = Target(TargetKind.CONFIRMED, fake.fingerprint, None, current=False, staged=True)
    harness.declare(entry, target=target, replacing=False)
    harness.run(seconds=600)
    old = harness.state(entry).old
    assert [key.id for key in old.candidates] == [harness.providers[provider].old_id, "none"]
    assert (old.key_id, old.revoked_at) == ("", None)
    assert harness.liveness(entry, living) == "live"
    harness.tell(c.ChooseCandidate(entry.name, "none"))
    harness.run(seconds=600)
    assert (Op.REVOKE, old_lane(entry.name)) not in harness.ran
    assert harness.state(entry).old.none_of_these
    # Refused and never seen alive; where no control comes the same way, not even that.
    assert harness.state(entry).old_state is (Old.ALIVE if provider == "supabase" else Old.UNPROVEN)
    assert harness.liveness(entry, living) == "live"
    offers = {offer.kind: offer for offer in unblocked(available(harness.incident, harness.clock()), secret=entry.name)}
    assert offers[c.AttestDeath].urgency is Urgency.NEEDED
    assert "none of the listed keys" in offers[c.AttestDeath].reason
    harness.tell(c.AttestDeath(entry.name, "nobody at the provider made it"))
    assert harness.state(entry).gone


@pytest.mark.parametrize("fault", ["probe-500", "probe-quota", "probe-html"])
def test_a_key_known_by_its_looks_is_asked_again_before_a_person_is(rig_of, fault):
    harness = rig_of("openai")
    entry, world = entry_for("openai"), harness.providers["openai"].world
    harness.store(entry)
    world.faults.inject(fault, 2)
    harness.declare(entry)
    harness.settled()
    assert [key.id for key in harness.state(entry).old.candidates] == [harness.providers["openai"].old_id]
    assert "it only looks like a key there" in harness.failures()[0]
    assert_finished(harness, entry)


def test_the_last_use_that_is_kept_is_not_our_own_look(rig_of):
    harness = rig_of("openai")
    entry, world = entry_for("openai"), harness.providers["openai"].world
    [key] = [each for each in world.all_keys() if each.value == harness.providers["openai"].old.key.reveal()]
    key.last_used_at = harness.seconds() - 3600
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    assert harness.state(entry).old.snapshot.last_used_at == harness.clock() - timedelta(hours=1)


def test_a_key_that_is_known_by_more_than_its_looks_needs_no_look(rig_of):
    """SendGrid's id stands in the value, and for want of credits a living key is refused."""
    harness = rig_of("sendgrid")
    entry, world = entry_for("sendgrid"), harness.providers["sendgrid"].world
    harness.store(entry)
    world.faults.inject("probe-credits")
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.revoked_at)


def test_a_replacement_that_dies_with_the_old_value_halts_everything(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).in_place)
    harness.sacrificed = {"openai"}
    world = harness.providers["openai"].world
    world.faults.inject("revoke-bystander")  # OpenAI's fake ends the youngest key too: the replacement
    harness.tell(c.KillNow(entry.name, SHOWN))
    harness.run(lambda harness: harness.incident.halted)
    assert "the new key was rejected" in harness.incident.halted
    before = len(harness.ran)
    harness.run(seconds=300)
    assert all(op in {Op.PAGE, Op.USAGE} for op, _ in harness.ran[before:])


def overlapping(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.incident.request is not None)
    harness.tell(c.ApprovePlan(harness.incident.request.digest), BEN)
    return harness, entry


def test_before_the_end_of_an_overlap_the_provider_is_asked_for_the_last_use(chain):
    harness, entry = overlapping(chain)
    harness.settled()
    [read] = harness.events(e.LastUseRead)
    assert read.used_at == harness.state(entry).old.snapshot.last_used_at is not None
    assert read.missing == ""
    ran = [op for op, _ in harness.ran]
    assert ran.index(Op.LAST_USE) < ran.index(Op.REVOKE)


def test_a_provider_that_cannot_be_asked_for_the_last_use_keeps_no_key_alive(chain):
    harness, entry = overlapping(chain)
    harness.run(lambda harness: harness.state(entry).in_place)
    harness.providers["openai"].world.faults.inject("get-500", 1)
    harness.settled()
    [read] = harness.events(e.LastUseRead)
    assert read.used_at is None
    assert "HTTP 500" in read.missing
    assert_finished(harness, entry)


def test_an_admin_credential_that_is_refused(rig_of):
    harness = rig_of("openai", admins={"openai": "sk-admin-" + "0" * 48})
    entry = entry_for("openai")
    harness.values.add("sk-admin-" + "0" * 48)
    harness.store(entry)
    harness.declare(entry)
    harness.run()
    failure = harness.incident.lane(old_lane("openai-api-key")).failure
    assert (failure.op, failure.error, failure.final) == (Op.CAPTURE, "Unauthorized", True)
    harness.admins.clear()
    harness.tell(c.Retry())
    harness.settled()
    assert_finished(harness, entry)


def test_the_admin_credential_itself_is_never_revoked(rig_of):
    harness = rig_of("sendgrid")
    entry, admin = entry_for("sendgrid"), harness.providers["sendgrid"].world.admin_key
    harness.store(entry, admin)
    harness.declare(entry)
    harness.run(seconds=300)
    assert "the admin key that the bot itself uses" in harness.failures()[0]
    assert harness.state(entry).old_state is Old.ALIVE


def test_without_an_admin_credential_a_person_revokes(rig_of):
    harness = rig_of("openai")
    entry = entry_for("openai", admin_parameter=None)
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    secret = harness.state(entry)
    assert (secret.old.candidates, secret.entry.capabilities.revokes) == ((), RevokedBy.PERSON)
    assert secret.old.baseline_at is not None
    world = harness.providers["openai"].world
    world.revoke(next(key for key in world.all_keys() if key.value == harness.providers["openai"].old.key.reveal()))
    harness.tell(c.ConfirmRevoked(entry.name))
    harness.submit(entry, world.add_key("proj_a", "by hand", service_account="svc_a").value)
    harness.settled()
    assert "without an admin credential" in harness.state(entry).new.verified_detail


def test_a_kill_does_not_wait_for_a_replacement_that_it_does_not_need(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.vault.unstage(f"{harness.state(entry).new.staged}/key")
    harness.tell(c.KillNow(entry.name, SHOWN))
    harness.run(lambda harness: harness.state(entry).gone)


def test_a_snapshot_that_fails_holds_nothing_up(chain):
    harness, entry = chain("openai")
    harness.providers["openai"].world.faults.inject("get-500", 2)
    harness.settled()
    assert "HTTP 500" in harness.state(entry).old.snapshot_missing
    assert_finished(harness, entry)


def test_scopes_that_are_unknown_hold_up_making_but_not_killing(rig_of):
    harness = rig_of("sendgrid")
    entry, world = entry_for("sendgrid"), harness.providers["sendgrid"].world
    harness.store(entry)
    world.faults.inject("get-without-scopes")
    harness.grim.after("sendgrid.probe", Died())
    harness.declare(entry)
    with pytest.raises(Died):
        harness.run()
    world.revoke(next(key for key in world.all_keys() if key.value == harness.providers["sendgrid"].old.key.reveal()))
    harness.take_over()
    harness.run(seconds=300)
    assert harness.incident.lane(new_lane("sendgrid-api-key")).failure.final
    assert harness.state(entry).old.revoked_at is not None
    harness.tell(c.ChooseScopes(entry.name, ("mail.send",)))
    proposal = harness.incident.proposal
    harness.tell(c.ApproveProposal(proposal_digest(harness.incident, proposal)), BEN)
    harness.run(lambda harness: harness.state(entry).in_place)
    made = next(key for key in world.live_keys() if key.name.startswith("inc_"))
    assert made.scopes == ("mail.send",)


@pytest.mark.parametrize(("failures", "strategy"), [(1, Strategy.KILL_FIRST), (2, Strategy.OVERLAP)])
def test_scopes_are_copied(chain, failures, strategy):
    """One quick failure does not lose them; after two, making reads them, as long as the old key is there."""
    harness, entry = chain("sendgrid", strategy)
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    harness.providers["sendgrid"].world.faults.inject("get-500", failures)
    harness.run(lambda harness: harness.state(entry).in_place)
    made = next(key for key in harness.providers["sendgrid"].world.live_keys() if key.name.startswith("inc_"))
    assert set(made.scopes) == {"mail.send", "alerts.read"}
    assert len(harness.events(e.ScopesRead)) == failures - 1


def test_a_person_revokes_what_only_a_person_can(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.seconds.advance(60)
    claim = harness.claim_for(Op.REVOKE, entry)
    assert "only a person can" in str(harness.carry_out(claim))


class SelfRevoking:
    """Like GitHub: the leaked key alone is enough."""

    def __init__(self, card) -> None:
        self.card, self.alive = card, True

    @classmethod
    def configured(cls, setup) -> None:
        raise NotImplementedError

    def probe(self, credential):
        return Answer(Liveness.LIVE if self.alive else Liveness.DEAD, "asked")

    def revoke(self, held):
        raise AssertionError("there is no admin credential")

    def revoke_itself(self, credential):
        assert credential.key == Secret("s3lf-" + "a" * 20)
        self.alive = False


def test_a_value_that_revokes_itself(account):
    harness = Harness(account, {}, others={"stripe": SelfRevoking(Stripe.card)})
    entry = entry_for("stripe", admin_parameter=None)
    entry = structs.replace(entry, capabilities=replace(entry.capabilities, revokes=RevokedBy.ITSELF, identifies=False))
    harness.store(entry, Credential.single(Secret("s3lf-" + "a" * 20)))
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.revoked_at)
    assert harness.state(entry).old.revoked_detail == "at Stripe, by the value itself"
    harness.grim.instead_of("vault.read", Unreachable("ssm", "read", "no answer"), times=2)
    harness.run(seconds=60)
    assert probes(harness)


def test_a_value_that_the_bot_itself_works_with_is_recognised_when_it_is_pinned(rig_of):
    harness = rig_of("openai")
    entry, leaked = entry_for("openai"), harness.providers["openai"].old
    mine = {leaked.fingerprint: ("BOT_TWILIO_API_KEY_SECRET",)}
    harness.tools = replace(harness.tools, own=lambda credential: mine.get(credential.fingerprint, ()))
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    assert harness.state(entry).own == ("BOT_TWILIO_API_KEY_SECRET",)
    assert harness.events(e.OwnCredentialConcerned) == [e.OwnCredentialConcerned(entry.name, harness.state(entry).own)]
    harness.settled()
    assert_finished(harness, entry)


def test_the_value_before_the_leaked_one_ends_for_the_new_value_of_that(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.staged)
    before = structs.replace(entry, name=f"{entry.name}{EARLIER}", consumers=())
    target = Target(TargetKind.CONFIRMED, "a" * 12, current=False)
    added = e.SecretAdded(before, target, Strategy.KILL_FIRST, "it leaked too", replace=False)
    harness.record(added, harness.clock(), ADA.name)
    job = harness.job(harness.claim_for(Op.REVOKE, before))
    assert job.secret.name == before.name
    assert _replacement(job).fingerprint == harness.state(entry).new.fingerprint
