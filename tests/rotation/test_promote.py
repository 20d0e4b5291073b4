"""Putting a staged value into use: verified first, written once, labelled, read by functions, confirmed by health."""

from datetime import timedelta

import pytest

from bot.drill.account import _parameters
from bot.drill.fakes.serving import Served
from bot.errors import Throttled, Unauthorized
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import new_lane
from bot.incident.model import New, Old, Strategy, Target, TargetKind
from bot.incident.operations import Op
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef
from bot.model.probes import Answer, Liveness
from bot.model.secrets import Consumer, Part, SecretEntry
from bot.providers.contract import Card
from bot.rotation.versions import versions_with
from bot.secrets.secret import Credential, Secret
from tests.support.rotation import BEN, Died, Harness, assert_finished, entry_for

# --- verify -------------------------------------------------------------------------------------------------------


def test_a_new_value_that_is_not_accepted_yet_is_waited_for(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.providers["openai"].world.faults.inject("probe-500", 2)
    harness.settled()
    assert any("not accepted yet (HTTP 500)" in message for message in harness.failures())
    assert_finished(harness, entry)


@pytest.mark.parametrize("owner", [None, "acct_other"])
def test_a_brought_key_whose_account_cannot_be_told_waits_for_a_second_person(chain, owner):
    harness, entry = chain("stripe")
    stripe = harness.providers["stripe"]
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    assert harness.state(entry).old.snapshot.account.startswith("acct_")
    brought = stripe.world.add_key("restricted", prefix="rk_live_", account=owner, restricted=True)
    harness.submit(entry, brought.value)
    harness.run(lambda harness: harness.state(entry).new.verified_at)
    assert harness.state(entry).new.untold == harness.state(entry).old.snapshot.account
    assert harness.current(entry).fingerprint == stripe.old.fingerprint
    if owner is None:
        harness.tell(c.UseValue(entry.name, "I saw it made in our dashboard"), BEN)
    else:
        harness.tell(c.RefuseValue(entry.name, "it is in no dashboard of ours"), BEN)
        harness.submit(entry, stripe.make_by_hand().key.reveal())
    harness.run(lambda harness: harness.state(entry).in_place)
    assert (harness.current(entry).fingerprint == Secret(brought.value).fingerprint) is (owner is None)


def test_a_restricted_key_may_follow_one_that_could_not_tell_its_account_either(rig_of):
    harness, entry = rig_of("stripe"), entry_for("stripe")
    world = harness.providers["stripe"].world
    harness.store(entry, world.add_key("old", prefix="rk_live_", restricted=True).value)
    harness.declare(entry)
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, world.add_key("new", prefix="rk_live_", restricted=True).value)
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.state(entry).new.verified_detail.endswith("the account could not be compared")


@pytest.mark.parametrize("ends", ["", "\n"])
def test_a_staged_value_equal_to_the_old_one_is_rejected(rig_of, ends):
    harness, entry = rig_of("stripe"), entry_for("stripe")
    old = harness.providers["stripe"].old
    harness.store(entry, f"{old.key.reveal()}{ends}")
    harness.declare(entry)
    name = "inc_ab12cd_stripe_secret_key_1"
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    staged = f"/_compromise/inc_ab12cd/{entry.name}/new/{name}"
    harness.vault.stage(f"{staged}/key", old.key)
    harness.record(e.ValueStaged(0, entry.name, name, "", old.fingerprint, staged, "person"), harness.clock(), "bot")
    outcome = harness.carry_out(harness.claim_for(Op.VERIFY, entry))
    assert outcome.reason == "it is the same value as the old one"


# --- promote ------------------------------------------------------------------------------------------------------


def test_a_third_value_in_the_parameter_is_not_written_over(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.verified_at)
    harness.store(entry, "sk-proj-" + "e" * 40)
    harness.run()
    assert harness.incident.lane(new_lane("openai-api-key")).failure.final
    assert "it was changed from outside" in harness.failures()[-1]
    assert harness.current(entry).key.reveal() == "sk-proj-" + "e" * 40
    harness.store(entry)
    harness.tell(c.Retry())
    harness.settled()
    assert harness.current(entry).fingerprint == harness.state(entry).new.fingerprint


def test_a_write_at_the_same_moment(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.verified_at)
    harness.front.faults.inject("ssm-put-raced", 1)
    harness.run(seconds=100)
    assert "another writer added a version" in harness.failures()[-1]


def test_throttling_is_waited_out(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.verified_at)
    harness.grim.instead_of("vault.put", Throttled("ssm", "write", "HTTP 429", 7.0), times=2)
    before = harness.clock()
    harness.settled()
    assert (harness.state(entry).new.promoted_at - before).total_seconds() >= 14
    assert_finished(harness, entry)


class Pairs:
    """A provider of pairs in memory: an id and a secret, both made by us."""

    card = Card("pairs", "Pairs", "https://pairs.test")

    def __init__(self) -> None:
        self.accepted: set[tuple[str, str]] = set()
        self.made = 0

    @classmethod
    def configured(cls, setup) -> None:
        raise NotImplementedError

    def probe(self, credential):
        pair = credential.parts["id"].reveal(), credential.key.reveal()
        return Answer(Liveness.LIVE if pair in self.accepted else Liveness.DEAD, "asked")

    def control(self):
        return Answer(Liveness.LIVE, "the admin")

    def identify(self, credential):
        return [KeyRef(credential.parts["id"].reveal())]

    def generate(self, old):
        self.made += 1
        return old.replace(id=Secret(f"id-{self.made}"), secret=Secret(f"n3w-{self.made}-" + "w" * 20))

    def install(self, new, old):
        self.accepted.add((new.parts["id"].reveal(), new.key.reveal()))

    def uninstall(self, unwanted):
        self.accepted.discard((unwanted.parts["id"].reveal(), unwanted.key.reveal()))

    def revoke(self, held):
        self.accepted = {pair for pair in self.accepted if pair[0] != held.key_id}


PAIR = SecretEntry(
    name="pair",
    title="Pair",
    provider="pairs",
    parts=(Part("id", "/production/pair/id", secret=False), Part("secret", "/production/pair/secret")),
    capabilities=Capabilities(Makes.INSTALL, RevokedBy.MACHINE, identifies=True, controls=True),
)


@pytest.fixture
def pair(account):
    pairs = Pairs()
    pairs.accepted = {("id-old", "0ld-" + "x" * 20), ("id-new", "y0ung-" + "x" * 20), ("other", "byst4nder")}
    harness = Harness(account, {}, others={"pairs": pairs})
    harness.values |= {secret for _, secret in pairs.accepted}
    harness.world.store("/production/pair/id", "id-old")
    harness.store(PAIR, "0ld-" + "x" * 20)
    for parameter in ("id", "secret"):  # they have stood beside each other for a while
        for version in _parameters()[f"/production/pair/{parameter}"]:
            version.last_modified_date -= timedelta(hours=1)
    yield harness, pairs
    assert ("other", "byst4nder") in pairs.accepted


@pytest.mark.parametrize(("call", "nth"), [("vault.put", 1), ("vault.put", 2), ("vault.stage", 1), ("vault.label", 3)])
def test_a_half_done_pair_is_finished(pair, call, nth):
    harness, pairs = pair
    harness.declare(PAIR)
    harness.grim.after(call, Died(), nth=nth)
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.settled()
    stored = Credential({part.name: harness.vault.read(part.parameter).value for part in PAIR.parts}, "secret")
    assert pairs.probe(stored).liveness is Liveness.LIVE
    assert harness.vault.read("/production/pair/secret").version == 2
    assert (
        harness.labels("/production/pair/secret")
        == harness.labels("/production/pair/id")
        == {"previous": 1, "current": 2}
    )
    assert len(pairs.accepted) == 3


def rotate_by_hand(harness, *parts):
    """Someone at a console writes what they have made themselves."""
    values = {"id": "id-theirs", "secret": "the1rs-" + "x" * 20}
    harness.values.add(values["secret"])
    for part in parts:
        harness.world.store(f"/production/pair/{part}", values[part])
    return {part: values[part] for part in parts}


@pytest.mark.parametrize("parts", [("id", "secret"), ("secret",), ("id",)])
def test_no_part_of_a_pair_that_somebody_else_rotated_is_written_over(pair, parts):
    """The id alone with their secret would serve production with neither pair."""
    harness, _pairs = pair
    harness.declare(PAIR)
    harness.run(lambda harness: harness.state(PAIR).new.verified_at)
    expected = {"id": "id-old", "secret": "0ld-" + "x" * 20, **rotate_by_hand(harness, *parts)}
    harness.run()
    assert harness.incident.lane(new_lane(PAIR.name)).failure.final
    assert "it was changed from outside" in harness.failures()[-1]
    assert {part.name: harness.vault.read(part.parameter).value.reveal() for part in PAIR.parts} == expected


@pytest.mark.parametrize("made", [True, False], ids=["the bot's", "a person's"])
def test_another_value_takes_the_place_of_one_of_which_only_a_part_was_written(pair, made):
    harness, pairs = pair
    brought = [("id-a", "n1w-" + "a" * 20), ("id-b", "n2w-" + "b" * 20)]
    pairs.accepted.update(brought)
    harness.declare(PAIR)
    if not made:
        harness.run(lambda harness: harness.state(PAIR).old.captured_at)
        harness.submit(PAIR, *brought[0])
    harness.grim.instead_of("vault.put", Unauthorized("ssm", "write /production/pair/secret", "no permission"), nth=2)
    harness.run(lambda harness: (failure := harness.incident.lane(new_lane(PAIR.name)).failure) and failure.final)
    half = {part.name: harness.vault.read(part.parameter).value.reveal() for part in PAIR.parts}
    assert half["id"] != "id-old"
    assert half["secret"] == "0ld-" + "x" * 20
    harness.submit(PAIR, *brought[1])
    harness.run(lambda harness: harness.state(PAIR).new.promoted_at)
    both = tuple(harness.vault.read(part.parameter).value.reveal() for part in PAIR.parts)
    assert both == brought[1]


@pytest.mark.parametrize("order", [("id", "secret"), ("secret", "id")])
def test_an_older_pair_is_captured_as_a_pair(pair, order):
    """Each parameter has versions of its own, and they are written one after the other."""
    harness, pairs = pair
    new = {"id": "id-new", "secret": "y0ung-" + "x" * 20}
    for part in order:
        harness.world.store(f"/production/pair/{part}", new[part])
    harness.world.store("/production/pair/id", "id-new")
    for version, chosen in ((1, {1}), (2, {2, 3})):
        assert versions_with(harness.vault, PAIR, version)["/production/pair/id"] in chosen
    harness.declare(PAIR, target=Target(TargetKind.ASSUMED, "", 1, current=False), replacing=False)
    harness.settled()
    assert ("id-old", "0ld-" + "x" * 20) not in pairs.accepted
    assert ("id-new", "y0ung-" + "x" * 20) in pairs.accepted


def test_the_id_of_a_value_in_no_history_is_the_newest(pair):
    harness, _pairs = pair
    assert versions_with(harness.vault, PAIR, None) == {"/production/pair/id": 1}


def approve(harness):
    harness.run(lambda harness: harness.incident.request is not None)
    harness.tell(c.ApprovePlan(harness.incident.request.digest), BEN)


# --- refresh ------------------------------------------------------------------------------------------------------


def test_a_function_that_does_not_exist_holds_nothing_up(chain):
    harness, entry = chain("openai", consumers=(Consumer("api"), Consumer("gone")))
    harness.settled()
    assert not harness.incident.functions["gone"].complete
    assert "there is no function of this name" in harness.state(entry).new.live_detail
    assert harness.state(entry).new_state is New.UNCONFIRMED


@pytest.mark.parametrize("fault", ["lambda-throttled", "lambda-update-busy", "lambda-raced", "lambda-update-fails"])
def test_a_function_that_is_busy_is_refreshed_in_the_end(chain, fault):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.promoted_at)
    harness.front.faults.inject(fault, 1)
    harness.settled()
    assert harness.incident.functions["api"].complete
    assert_finished(harness, entry)


def divide(harness):
    """A function `shop`, the alias of which sends half of its traffic to another version."""
    harness.world.create_function("shop", {}, alias="live")
    harness.world.aws.client("lambda").publish_version(FunctionName="shop")
    send_to(harness, {"2": 0.5})


def send_to(harness, others):
    """Sends such parts of the traffic to other versions than the first."""
    routing = {"AdditionalVersionWeights": others}
    functions = harness.world.aws.client("lambda")
    functions.update_alias(FunctionName="shop", Name="live", FunctionVersion="1", RoutingConfig=routing)


def test_an_alias_that_must_not_be_moved_is_shown_once(chain):
    """Its marker stays behind: without a recorded refresh the same work would come up for ever."""
    harness, entry = chain("openai", consumers=(Consumer("shop", "live"),))
    divide(harness)
    harness.settled()
    assert sum(op is Op.REFRESH for op, _ in harness.ran) == 1
    assert not harness.incident.functions["shop"].complete
    assert "divides its traffic" in harness.state(entry).new.live_detail


def test_an_overlap_does_not_end_before_a_deployment_and_goes_on_once_it_is_finished(chain):
    harness, entry = chain("openai", Strategy.OVERLAP, consumers=(Consumer("shop", "live"),))
    divide(harness)
    approve(harness)
    harness.run(seconds=600)
    assert harness.state(entry).old_state is Old.ALIVE
    [refreshed] = harness.events(e.FunctionRefreshed)
    assert sum(op is Op.REFRESH for op, _ in harness.ran) > 3
    send_to(harness, {})
    harness.run(lambda harness: harness.state(entry).old_state is Old.DEAD, seconds=1200)
    assert harness.incident.functions["shop"].complete
    assert "divides its traffic" in refreshed.detail


def test_containers_that_are_kept_warm_are_waited_for_until_they_are_ready(chain):
    health = Healths("200 OK")
    with Served(health) as served:
        consumers = (Consumer("shop", "live", f"{served.url}/healthz"),)
        harness, entry = chain("openai", Strategy.OVERLAP, consumers=consumers)
        harness.world.create_function("shop", {}, alias="live")
        warm = harness.front.lambdas.provisioned
        warm["shop", "live"] = "IN_PROGRESS"
        approve(harness)
        harness.run(seconds=600)
        assert (harness.state(entry).new_state, harness.state(entry).old_state) == (New.UNCONFIRMED, Old.ALIVE)
        warm["shop", "live"] = "READY"
        harness.run(lambda harness: harness.state(entry).old_state is Old.DEAD, seconds=1200)
    assert harness.state(entry).new_state is New.LIVE


def test_all_aliases_of_a_function_are_refreshed(rig_of):
    harness = rig_of("openai", "sendgrid")
    harness.world.create_function("shop", {}, alias="live")
    first = entry_for("openai", consumers=(Consumer("shop"),))
    second = entry_for("sendgrid", consumers=(Consumer("shop", "live"), Consumer("shop", "nowhere")))
    for entry in (first, second):
        harness.store(entry)
    harness.declare(first, second)
    harness.settled()
    assert harness.world.aws.client("lambda").get_alias(FunctionName="shop", Name="live")["FunctionVersion"] == "2"
    assert "no such alias" in harness.incident.functions["shop"].detail


# --- verify live --------------------------------------------------------------------------------------------------


class Healths:
    """A consumer's health URL: the given statuses one after the other, the last for ever."""

    def __init__(self, *statuses) -> None:
        self.statuses = list(statuses)
        self.asked = 0

    def __call__(self, environ, start_response) -> list[bytes]:
        self.asked += 1
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        start_response(status, [("Content-Length", "0")])
        return []


@pytest.mark.parametrize(("status", "state"), [("503 No", New.FAILING), ("200 OK", New.UNCONFIRMED)])
def test_a_function_that_is_not_fully_refreshed_is_asked_and_may_refuse(chain, status, state):
    """Its good answer may be that of a container with the old key; its refusal counts anyway."""
    with Served(Healths("200 OK", status)) as served:
        consumers = (Consumer("shop", "live", f"{served.url}/healthz"),)
        harness, entry = chain("openai", Strategy.OVERLAP, consumers=consumers)
        divide(harness)
        harness.run(lambda harness: harness.state(entry).new.asked_at)
    new = harness.state(entry).new
    assert harness.state(entry).new_state is state
    assert f"shop: health HTTP {status[:3]}" in new.live_detail
    assert ("divides its traffic" in new.live_detail) is (state is New.UNCONFIRMED)


@pytest.mark.parametrize(
    ("statuses", "state", "asked"),
    [(["200 OK"], New.LIVE, 1), (["503 No", "200 OK"], New.LIVE, 2)],
)
def test_health(chain, statuses, state, asked):
    health = Healths(*statuses)
    with Served(health) as served:
        harness, entry = chain("openai", consumers=(Consumer("api", health=f"{served.url}/healthz"),))
        harness.settled()
    assert harness.state(entry).new_state is state
    assert health.asked == asked


def test_a_consumer_that_refuses_is_failing_and_asked_again_until_it_is_well(chain):
    health = Healths("503 No")
    with Served(health) as served:
        harness, entry = chain("openai", consumers=(Consumer("api", health=f"{served.url}/healthz"), Consumer("gone")))
        harness.run(lambda harness: harness.state(entry).new.failing)
        new = harness.state(entry).new
        assert harness.state(entry).new_state is New.FAILING
        assert (new.failing, new.live_at, new.restored_at, new.unwell_before) == (("api",), None, None, ())
        assert "api: health HTTP 503" in new.live_detail
        health.statuses = ["200 OK"]
        harness.run(lambda harness: not harness.state(entry).new.failing, seconds=200)
    assert harness.state(entry).new_state is New.UNCONFIRMED


def test_in_an_overlap_consumers_are_asked_before_promotion_too(chain):
    """They read the old key then, which lives: that they are unwell is not the new one's fault."""
    with Served(Healths("503 No")) as served:
        harness, entry = chain("openai", Strategy.OVERLAP, consumers=(Consumer("api", health=f"{served.url}/healthz"),))
        harness.run(lambda harness: harness.state(entry).new.as_before)
    new = harness.state(entry).new
    assert (new.unwell_before, new.as_before, new.failing) == (("api",), ("api",), ())
    assert "api: health HTTP 503, as before the new key" in harness.state(entry).new.live_detail


def test_a_health_url_that_cannot_be_asked_is_unconfirmed(chain):
    harness, entry = chain("openai", consumers=(Consumer("api", health="http://example.com/healthz"),))
    harness.settled()
    assert harness.state(entry).new_state is New.UNCONFIRMED
    assert "a health URL needs https" in harness.state(entry).new.live_detail


def test_without_consumers_nobody_confirms(chain):
    harness, entry = chain("openai", consumers=())
    harness.settled()
    assert "no consumer is catalogued" in harness.state(entry).new.live_detail
    assert harness.state(entry).new_state is New.UNCONFIRMED


def test_a_parameter_changed_before_it_was_verified_live(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.incident.functions)
    harness.store(entry, "sk-proj-" + "f" * 40)
    harness.run(seconds=200)
    assert "it no longer holds the new key" in harness.failures()[-1]
    assert not harness.state(entry).in_place
