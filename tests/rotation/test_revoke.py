"""Ending the leaked value: which one it is, that nothing else is ended, and what counts as its death."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import request_digest
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import New, Old, Strategy, Target, TargetKind
from bot.incident.offer import Urgency
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.model.capabilities import RevokedBy
from bot.model.probes import Answer, Liveness
from bot.providers.stripe.provider import Stripe
from bot.secret import Credential, Secret
from tests.support.rotation import BEN, Died, Rig, assert_finished, entry_for


def probes(rig):
    return [event.probe.liveness for event in rig.events(e.OldProbed)]


def test_an_older_version_leaked(rig_of):
    rig = rig_of("openai")
    entry, world = entry_for("openai"), rig.providers["openai"].world
    current = world.add_key("proj_a", "current", service_account="svc_a")
    rig.store(entry, rig.providers["openai"].old, current.value)
    target = Target(TargetKind.CONFIRMED, rig.providers["openai"].old.fingerprint, 1, current=False)
    rig.declare(entry, target=target, replacing=False)
    rig.settled()
    secret = rig.state(entry)
    assert (secret.old_state, secret.new_state, secret.old.current) == (Old.DEAD, New.NOT_NEEDED, False)
    assert secret.old.versions == {entry.main.parameter: 1}
    assert current.revoked_at is None
    assert len(rig.vault.history(entry.main.parameter)) == 2


def test_a_current_value_that_was_put_back(rig_of):
    """The same value twice in the history: the exposure began with the first."""
    rig = rig_of("openai")
    entry, old = entry_for("openai"), rig.providers["openai"].old
    rig.store(entry, old, "sk-proj-" + "b" * 40, old)
    rig.declare(entry, target=Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=False))
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    captured = rig.state(entry).old
    assert captured.current
    assert captured.exposed_since == rig.vault.history(entry.main.parameter)[0].written_at


def test_a_value_in_no_history_is_read_from_where_it_was_staged(rig_of):
    rig = rig_of("openai")
    entry, leaked = entry_for("openai"), rig.providers["openai"].old
    current = rig.providers["openai"].world.add_key("proj_a", "current", service_account="svc_a")
    rig.store(entry, current.value)
    staged = "/_compromise/inc_ab12cd/openai-api-key/old"
    rig.vault.stage(staged, leaked.key)
    target = Target(TargetKind.CONFIRMED, leaked.fingerprint, None, current=False, staged=staged)
    rig.declare(entry, target=target, replacing=False)
    rig.settled()
    assert rig.state(entry).old_state is Old.DEAD
    assert current.revoked_at is None
    assert rig.staged() == [staged]
    rig.close()
    rig.run(seconds=31 * 24 * 3600)
    assert rig.staged() == []


def test_a_parameter_that_no_longer_holds_the_confirmed_value(rig_of):
    rig = rig_of("openai")
    entry = entry_for("openai")
    rig.store(entry, "sk-proj-" + "c" * 40)
    rig.declare(entry, target=Target(TargetKind.CONFIRMED, rig.providers["openai"].old.fingerprint))
    rig.run()
    assert rig.incident.lane(old_lane("openai-api-key")).failure.final
    assert "identify it again" in rig.failures()[0]
    assert "openai.revoke" not in rig.grim.calls


def test_two_candidates_wait_for_a_person(chain):
    rig, entry = chain("openai")
    world, old = rig.providers["openai"].world, rig.providers["openai"].old
    twin = world.add_key("proj_a", "twin", service_account="svc_a", twin_of=old.key.reveal())
    rig.run(lambda rig: rig.state(entry).in_place)
    rig.run(seconds=300)
    secret = rig.state(entry)
    assert len(secret.old.candidates) == 2
    assert secret.old.revoked_at is None
    rig.tell(c.ChooseCandidate(entry.name, rig.providers["openai"].old_id))
    rig.settled()
    assert_finished(rig, entry)
    assert twin.revoked_at is None


def test_a_revocation_that_spreads_slowly(chain):
    rig, entry = chain("openai")
    rig.providers["openai"].world.propagation = 5.0
    rig.settled()
    secret = rig.state(entry)
    assert probes(rig)[0] == "live"
    assert (secret.old.contained_at - secret.old.revoked_at).total_seconds() >= 5
    assert_finished(rig, entry)


def test_a_revocation_that_did_not_take(chain):
    rig, entry = chain("openai")
    rig.providers["openai"].world.faults.inject("revoke-ignored")
    rig.run(lambda rig: rig.state(entry).old.overdue, seconds=600)
    assert rig.state(entry).old_state is Old.REVOKING
    rig.providers["openai"].world.faults.clear()
    rig.tell(c.Retry(old_lane("openai-api-key")))
    rig.settled()
    assert_finished(rig, entry)


@pytest.mark.parametrize(
    ("provider", "fault"),
    [("openai", "probe-ip-not-authorized"), ("openai", "probe-quota"), ("openai", "probe-500"),
     ("openai", "probe-html"), ("sendgrid", "probe-credits"), ("sendgrid", "probe-429")],
)  # fmt: skip
def test_what_is_unclear_is_never_called_dead(chain, provider, fault):
    rig, entry = chain(provider)
    world = rig.providers[provider].world
    world.faults.inject("revoke-ignored")
    rig.run(lambda rig: rig.state(entry).old.revoked_at and rig.state(entry).in_place)
    world.faults.inject(fault)
    rig.run(seconds=100)
    assert set(probes(rig)[-3:]) == {"live" if fault == "probe-ip-not-authorized" else "unknown"}
    assert rig.state(entry).old_state is Old.REVOKING
    assert rig.state(entry).old.refusals is None


def test_dead_without_a_control_does_not_count(rig_of):
    rig = rig_of("stripe")
    entry = entry_for("stripe", admin_parameter=None)
    rig.store(entry)
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.providers["stripe"].kill_by_hand()
    rig.tell(c.ConfirmRevoked(entry.name))
    rig.run(seconds=100)
    assert set(probes(rig)) == {"dead"}
    assert rig.state(entry).old_state is Old.REVOKING
    assert "Refused" not in str(rig.failures())
    rig.submit(entry, rig.providers["stripe"].make_by_hand().key.reveal())
    rig.settled()
    assert rig.state(entry).old_state is Old.DEAD
    assert rig.state(entry).old.last_control.subject == "control: the new value"


def test_never_seen_alive_is_unproven(rig_of):
    rig = rig_of("openai")
    entry, world = entry_for("openai"), rig.providers["openai"].world
    rig.store(entry)
    world.faults.inject("probe-500")  # the baseline is missed, however often it is asked for before the kill
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    rig.tell(c.ChooseCandidate(entry.name, rig.providers["openai"].old_id))  # it was only known by its looks
    rig.run(lambda rig: rig.state(entry).old.revoked_at)
    world.faults.clear()
    rig.run(seconds=200)
    assert rig.state(entry).old_state is Old.UNPROVEN


def made_up(value):
    """What shows the first and last characters of a value that its maker never had."""
    return value[:14] + "x" * (len(value) - 18) + value[-4:]


@pytest.mark.parametrize("provider", ["openai", "elevenlabs", "supabase"])
def test_a_made_up_value_ends_no_key_that_it_looks_like(rig_of, provider):
    rig = rig_of(provider)
    entry, living = entry_for(provider), rig.providers[provider].old
    if provider == "supabase":
        rig.providers[provider].world.faults.inject("list-masked")
    rig.store(entry, living)
    fake = Secret(made_up(living.key.reveal()))
    staged = f"/_compromise/inc_ab12cd/{entry.name}/old"
    rig.vault.stage(staged, fake)
    target = Target(TargetKind.CONFIRMED, fake.fingerprint, None, current=False, staged=staged)
    rig.declare(entry, target=target, replacing=False)
    rig.run(seconds=600)
    old = rig.state(entry).old
    assert [key.id for key in old.candidates] == [rig.providers[provider].old_id, "none"]
    assert (old.key_id, old.revoked_at) == ("", None)
    assert rig.liveness(entry, living) == "live"
    rig.tell(c.ChooseCandidate(entry.name, "none"))
    rig.run(seconds=600)
    assert (Op.REVOKE, old_lane(entry.name)) not in rig.ran
    assert rig.state(entry).old.none_of_these
    # Refused and never seen alive; where no control comes the same way, not even that.
    assert rig.state(entry).old_state is (Old.ALIVE if provider == "supabase" else Old.UNPROVEN)
    assert rig.liveness(entry, living) == "live"
    offers = {offer.kind: offer for offer in unblocked(available(rig.incident, rig.clock()), secret=entry.name)}
    assert offers[c.AttestDeath].urgency is Urgency.NEEDED
    assert "none of the listed keys" in offers[c.AttestDeath].reason
    rig.tell(c.AttestDeath(entry.name, "nobody at the provider made it"))
    assert rig.state(entry).gone


@pytest.mark.parametrize("fault", ["probe-500", "probe-quota", "probe-html"])
def test_a_key_known_by_its_looks_is_asked_again_before_a_person_is(rig_of, fault):
    rig = rig_of("openai")
    entry, world = entry_for("openai"), rig.providers["openai"].world
    rig.store(entry)
    world.faults.inject(fault, 2)
    rig.declare(entry)
    rig.settled()
    assert [key.id for key in rig.state(entry).old.candidates] == [rig.providers["openai"].old_id]
    assert "it only looks like a key there" in rig.failures()[0]
    assert_finished(rig, entry)


def test_the_last_use_that_is_kept_is_not_our_own_look(rig_of):
    rig = rig_of("openai")
    entry, world = entry_for("openai"), rig.providers["openai"].world
    [key] = [each for each in world.all_keys() if each.value == rig.providers["openai"].old.key.reveal()]
    key.last_used_at = rig.seconds() - 3600
    rig.store(entry)
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    assert rig.state(entry).old.snapshot.last_used_at == rig.clock() - timedelta(hours=1)


def test_a_key_that_is_known_by_more_than_its_looks_needs_no_look(rig_of):
    """SendGrid's id stands in the value, and for want of credits a living key is refused."""
    rig = rig_of("sendgrid")
    entry, world = entry_for("sendgrid"), rig.providers["sendgrid"].world
    rig.store(entry)
    world.faults.inject("probe-credits")
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.revoked_at)


def test_a_replacement_that_dies_with_the_old_value_halts_everything(chain):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.state(entry).in_place)
    rig.sacrificed = {"openai"}
    world = rig.providers["openai"].world
    world.faults.inject("revoke-bystander")  # OpenAI's fake ends the youngest key too: the replacement
    rig.tell(c.KillNow(entry.name))
    rig.run(lambda rig: rig.incident.halted)
    assert "the new value was refused" in rig.incident.halted
    before = len(rig.ran)
    rig.run(seconds=300)
    assert all(op in {Op.PAGE, Op.USAGE} for op, _ in rig.ran[before:])


def overlapping(chain):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.incident.request is not None)
    rig.tell(c.ApprovePlan(request_digest(rig.incident.request.plans)), BEN)
    return rig, entry


def test_before_the_end_of_an_overlap_the_provider_is_asked_for_the_last_use(chain):
    rig, entry = overlapping(chain)
    rig.settled()
    [read] = rig.events(e.LastUseRead)
    assert read.used_at == rig.state(entry).old.snapshot.last_used_at is not None
    assert read.missing == ""
    ran = [op for op, _ in rig.ran]
    assert ran.index(Op.LAST_USE) < ran.index(Op.REVOKE)


def test_a_provider_that_cannot_be_asked_for_the_last_use_keeps_no_key_alive(chain):
    rig, entry = overlapping(chain)
    rig.run(lambda rig: rig.state(entry).in_place)
    rig.providers["openai"].world.faults.inject("get-500", 1)
    rig.settled()
    [read] = rig.events(e.LastUseRead)
    assert read.used_at is None
    assert "HTTP 500" in read.missing
    assert_finished(rig, entry)


def test_an_admin_credential_that_is_refused(rig_of):
    rig = rig_of("openai", admins={"openai": "sk-admin-" + "0" * 48})
    entry = entry_for("openai")
    rig.values.add("sk-admin-" + "0" * 48)
    rig.store(entry)
    rig.declare(entry)
    rig.run()
    failure = rig.incident.lane(old_lane("openai-api-key")).failure
    assert (failure.op, failure.error, failure.final) == (Op.CAPTURE, "Unauthorized", True)
    rig.admins.clear()
    rig.tell(c.Retry())
    rig.settled()
    assert_finished(rig, entry)


def test_the_admin_credential_itself_is_never_revoked(rig_of):
    rig = rig_of("sendgrid")
    entry, admin = entry_for("sendgrid"), rig.providers["sendgrid"].world.admin_key
    rig.store(entry, admin)
    rig.declare(entry)
    rig.run(seconds=300)
    assert "the admin key that the bot itself uses" in rig.failures()[0]
    assert rig.state(entry).old_state is Old.ALIVE


def test_without_an_admin_credential_a_person_revokes(rig_of):
    rig = rig_of("openai")
    entry = entry_for("openai", admin_parameter=None)
    rig.store(entry)
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    secret = rig.state(entry)
    assert (secret.old.candidates, secret.entry.capabilities.revokes) == ((), RevokedBy.PERSON)
    assert secret.old.baseline_at is not None
    world = rig.providers["openai"].world
    world.revoke(next(key for key in world.all_keys() if key.value == rig.providers["openai"].old.key.reveal()))
    rig.tell(c.ConfirmRevoked(entry.name))
    rig.submit(entry, world.add_key("proj_a", "by hand", service_account="svc_a").value)
    rig.settled()
    assert "without an admin credential" in rig.state(entry).new.verified_detail


def test_a_kill_does_not_wait_for_a_replacement_that_it_does_not_need(chain):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.state(entry).new.staged)
    rig.vault.unstage(f"{rig.state(entry).new.staged}/key")
    rig.tell(c.KillNow(entry.name))
    rig.run(lambda rig: rig.state(entry).gone)


def test_a_snapshot_that_fails_holds_nothing_up(chain):
    rig, entry = chain("openai")
    rig.providers["openai"].world.faults.inject("get-500", 2)
    rig.settled()
    assert "HTTP 500" in rig.state(entry).old.snapshot_missing
    assert_finished(rig, entry)


def test_scopes_that_are_unknown_hold_up_making_but_not_killing(rig_of):
    rig = rig_of("sendgrid")
    entry, world = entry_for("sendgrid"), rig.providers["sendgrid"].world
    rig.store(entry)
    world.faults.inject("get-without-scopes")
    rig.grim.after("sendgrid.probe", Died())
    rig.declare(entry)
    with pytest.raises(Died):
        rig.run()
    world.revoke(next(key for key in world.all_keys() if key.value == rig.providers["sendgrid"].old.key.reveal()))
    rig.take_over()
    rig.run(seconds=300)
    assert rig.incident.lane(new_lane("sendgrid-api-key")).failure.final
    assert rig.state(entry).old.revoked_at is not None
    rig.tell(c.ChooseScopes(entry.name, ("mail.send",)))
    rig.run(lambda rig: rig.state(entry).in_place)
    made = next(key for key in world.live_keys() if key.name.startswith("inc_"))
    assert made.scopes == ("mail.send",)


@pytest.mark.parametrize(("failures", "strategy"), [(1, Strategy.KILL_FIRST), (2, Strategy.OVERLAP)])
def test_scopes_are_copied(chain, failures, strategy):
    """One quick failure does not lose them; after two, making reads them, as long as the old key is there."""
    rig, entry = chain("sendgrid", strategy)
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    rig.providers["sendgrid"].world.faults.inject("get-500", failures)
    rig.run(lambda rig: rig.state(entry).in_place)
    made = next(key for key in rig.providers["sendgrid"].world.live_keys() if key.name.startswith("inc_"))
    assert set(made.scopes) == {"mail.send", "alerts.read"}
    assert len(rig.events(e.ScopesRead)) == failures - 1


def test_a_person_revokes_what_only_a_person_can(chain):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.seconds.advance(60)
    claim = rig.claim_for(Op.REVOKE, entry)
    assert "only a person can" in str(rig.carry_out(claim))


class SelfRevoking:
    """Like GitHub: the leaked value alone is enough."""

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
    rig = Rig(account, {}, others={"stripe": SelfRevoking(Stripe.card)})
    entry = entry_for("stripe", admin_parameter=None)
    entry = structs.replace(entry, capabilities=replace(entry.capabilities, revokes=RevokedBy.ITSELF, identifies=False))
    rig.store(entry, Credential.single(Secret("s3lf-" + "a" * 20)))
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.revoked_at)
    assert rig.state(entry).old.revoked_detail == "at Stripe, by the value itself"
    rig.grim.instead_of("vault.read", Unreachable("ssm", "read", "no answer"), times=2)
    rig.run(seconds=60)
    assert probes(rig)


def test_a_value_that_the_bot_itself_works_with_is_recognised_when_it_is_pinned(rig_of):
    rig = rig_of("openai")
    entry, leaked = entry_for("openai"), rig.providers["openai"].old
    mine = {leaked.fingerprint: ("BOT_TWILIO_API_KEY_SECRET",)}
    rig.tools = replace(rig.tools, own=lambda credential: mine.get(credential.fingerprint, ()))
    rig.store(entry)
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    assert rig.state(entry).own == ("BOT_TWILIO_API_KEY_SECRET",)
    assert rig.events(e.OwnCredentialConcerned) == [e.OwnCredentialConcerned(entry.name, rig.state(entry).own)]
    rig.settled()
    assert_finished(rig, entry)
