"""The SSM vault against a practice account, over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_world import AwsWorld
from bot.errors import Missing, Refused, Throttled, Unauthorized, Unreachable
from bot.model.priority import Priority
from bot.net.limits import Bucket
from bot.secrets import secret
from bot.secrets.secret import Secret
from bot.vault.contract import Vault
from bot.vault.ssm import SsmVault
from tests.support.aws import furnished, running_front

NAME = "/production/openai-api-key"
VALUE = "sk-proj-practice-value-one"


@pytest.fixture(scope="module")
def front():
    with running_front(put_rate=10_000, put_burst=10_000) as front:
        yield front


@pytest.fixture
def world(front: AwsFront) -> AwsWorld:
    return furnished(front)


@pytest.fixture
def bot(world):
    return world.create_person("compromise-bot")


@pytest.fixture
def vault(world, bot) -> SsmVault:
    world.create_key("staging")
    return vault_of(world, bot)


def vault_of(world, bot, timeout=5.0, **more) -> SsmVault:
    fast = {name: Bucket(10_000, 10_000) for name in ("reads", "puts", "changes")} | {"staging_key": "alias/staging"}
    return SsmVault(world.session_of(bot, timeout), **{**fast, **more})


def metadata(world, name=NAME):
    filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    return world.aws.client("ssm").describe_parameters(ParameterFilters=filters)["Parameters"][0]


def test_it_is_a_vault(vault):
    as_vault: Vault = vault
    assert as_vault is vault


def test_all_values_are_read_and_a_newer_one_is_noticed(world, vault):
    others = [f"/production/many-{number}" for number in range(60)]
    for name in (NAME, *others):
        world.store(name, "value-of-it")
    before = vault.newest([NAME, *others, "/production/nothing"])
    assert set(before) == {NAME, *others}
    number = vault.put(NAME, Secret("another-value"))
    assert vault.newest([NAME]) == {NAME: number}
    assert vault.newest(others[:3]) == {name: before[name] for name in others[:3]}
    stored = vault.values(NAME)
    assert [one.version for one in stored] == sorted(one.version for one in stored)
    assert stored[-1].value.reveal() == "another-value"
    assert vault.values("/production/nothing") == []


def test_when_values_were_written_is_told_without_reading_one(world, vault, front):
    others = [f"/production/dated-{number}" for number in range(51)]
    for name in (NAME, *others):
        world.store(name, "value-of-it")
    found = vault.written([NAME, *others, "/production/nothing"])
    assert set(found) == {NAME, *others}
    assert found[NAME] == vault.history(NAME)[-1].written_at
    assert found[NAME].utcoffset() == timedelta()


def test_the_current_value_and_older_ones_are_read(world, vault):
    world.store(NAME, "one", "two")
    assert (vault.read(NAME).value.reveal(), vault.read(NAME).version) == ("two", 2)
    assert vault.read(NAME, 1).value.reveal() == "one"


def test_what_is_not_there_is_missing(world, vault):
    world.store(NAME, "one")
    with pytest.raises(Missing, match="ssm: read /production/none: ParameterNotFound"):
        vault.read("/production/none")
    with pytest.raises(Missing):
        vault.read(NAME, 7)
    with pytest.raises(Missing):
        vault.put("/production/none", Secret("v"))
    with pytest.raises(Missing):
        vault.history("/production/none")


def test_a_new_version_keeps_the_parameters_own_key_type_and_description(world, vault):
    key_id = world.create_key("product")
    world.aws.client("ssm").put_parameter(
        Name=NAME, Value="one", Type="SecureString", KeyId=key_id, Description="used by api", Tier="Advanced"
    )
    assert vault.put(NAME, Secret("two")) == 2
    kept = metadata(world)
    assert (kept["KeyId"], kept["Type"], kept["Tier"], kept["Description"]) == (
        key_id,
        "SecureString",
        "Advanced",
        "used by api",
    )
    assert vault.read(NAME).value.reveal() == "two"


def test_a_plain_string_stays_one(world, vault):
    world.store(NAME, "https://one.test", type_="String")
    vault.put(NAME, Secret("https://two.test"))
    assert metadata(world)["Type"] == "String"


def test_a_write_over_somebody_elses_version_is_refused(world, vault):
    world.store(NAME, "one", "two")
    with pytest.raises(Refused, match="version 2 was written after version 1 was read"):
        vault.put(NAME, Secret("three"), expected=1)
    assert vault.put(NAME, Secret("three"), expected=2) == 3


def test_a_race_during_the_write_is_told(world, vault, front):
    world.store(NAME, "one")
    front.faults.inject("ssm-put-raced", times=1)
    with pytest.raises(Refused, match="same moment; ours is 3"):
        vault.put(NAME, Secret("two"), expected=1)


@pytest.mark.parametrize(
    ("tier", "length", "fits"), [("Standard", 4096, True), ("Standard", 4097, False), ("Advanced", 8192, True)]
)
def test_the_size_is_checked_before_the_call(world, vault, front, tier, length, fits):
    world.aws.client("ssm").put_parameter(Name=NAME, Value="one", Type="SecureString", Tier=tier)
    front.faults.inject("ssm-put-500" if not fits else "ssm-label-500")
    if fits:
        assert vault.put(NAME, Secret("x" * length)) == 2
    else:
        with pytest.raises(Refused, match=r"the value has 4097 bytes .* holds 4096"):
            vault.put(NAME, Secret("x" * length))


def test_an_empty_value_is_never_written(world, vault):
    world.store(NAME, "one")
    with pytest.raises(Refused, match="empty"):
        vault.put(NAME, Secret(""))


def test_labels_move(world, vault):
    world.store(NAME, "one", "two")
    vault.label(NAME, 1, "previous")
    vault.label(NAME, 1, "previous")
    assert [version.labels for version in vault.history(NAME)] == [("previous",), ("current",)]
    vault.label(NAME, 2, "previous")
    assert [set(version.labels) for version in vault.history(NAME)] == [set(), {"current", "previous"}]


def test_a_name_that_ssm_does_not_accept_as_a_label_is_refused(world, vault):
    world.store(NAME, "one")
    with pytest.raises(Refused, match="does not accept"):
        vault.label(NAME, 1, "aws-current")


def test_the_history_is_paged_oldest_first(world, vault):
    world.store(NAME, *(f"value {number}" for number in range(60)))
    vault.put(NAME, Secret("by the bot"))
    history = vault.history(NAME)
    assert [version.number for version in history] == list(range(1, 62))
    assert history[0].written_at.utcoffset().total_seconds() == 0


def test_room_is_made_in_a_full_history_whose_oldest_version_carries_our_label(world, vault):
    world.store(NAME, *(f"value {number}" for number in range(100)))
    vault.label(NAME, 1, "previous")
    assert vault.put(NAME, Secret("the 101st")) == 101
    history = vault.history(NAME)
    assert (history[0].number, history[-1].number) == (2, 101)


def test_a_foreign_label_on_the_oldest_version_is_left_to_its_owners(world, vault):
    world.store(NAME, *(f"value {number}" for number in range(100)))
    vault.label(NAME, 1, "pinned-by-billing")
    with pytest.raises(Refused, match="version 1 is held by the label pinned-by-billing"):
        vault.put(NAME, Secret("the 101st"))
    assert vault.history(NAME)[0].labels == ("pinned-by-billing",)


def test_a_value_is_found_by_its_secret_part_in_any_version(world, vault):
    world.store(NAME, VALUE, "two")
    world.store("/production/database-url", "postgres://app:p%40ss@db/one", "postgres://app:other@db/one")
    world.store("/staging/database-password", "p@ss")
    places = [NAME, "/production/database-url", "/production/none", "/staging/database-password", NAME]
    assert vault.find(Secret(VALUE), places) == [(NAME, 1)]
    assert vault.find(Secret("postgres://elsewhere:p%40ss@host/two"), places) == [
        ("/production/database-url", 1),
        ("/staging/database-password", 1),
    ]
    assert vault.find(Secret("nowhere"), places) == []


def test_a_value_is_found_whatever_white_space_stands_at_its_ends(world, vault):
    world.store(NAME, f"{VALUE}\n", "two", VALUE)
    assert vault.find(Secret(VALUE), [NAME]) == vault.find(Secret(f" {VALUE}\r\n"), [NAME]) == [(NAME, 1), (NAME, 3)]


STAGED = "/_compromise/inc_abc234/openai/new/inc_abc234_openai_1"


def test_staging_uses_its_own_key_and_is_idempotent(world, vault):
    vault.stage(STAGED, Secret(VALUE))
    vault.stage(STAGED, Secret(VALUE))
    assert metadata(world, STAGED)["KeyId"] == "alias/staging"
    with pytest.raises(Refused, match="another value is already there"):
        vault.stage(STAGED, Secret("other"))
    assert vault.read(STAGED).value.reveal() == VALUE


def test_a_staging_write_that_fails_otherwise_is_told(vault, front):
    front.faults.inject("ssm-put-refused")
    with pytest.raises(Refused, match=r"ssm: stage /_compromise/.*: ValidationException"):
        vault.stage(STAGED, Secret(VALUE))


def test_a_write_that_is_declined_otherwise_is_told(world, vault, front):
    world.store(NAME, "one")
    front.faults.inject("ssm-put-refused")
    with pytest.raises(Refused, match="ssm: write /production/openai-api-key: ValidationException"):
        vault.put(NAME, Secret("two"))


def test_staged_names_are_listed_and_deleted(vault):
    names = [f"/_compromise/inc_abc234/secret{number:02}/old" for number in range(12)]
    for name in reversed(names):
        vault.stage(name, Secret(VALUE))
    assert vault.staged("/_compromise/inc_abc234") == names
    assert vault.staged("/_compromise/inc_other") == []
    assert vault.staged("/_compromise") == names
    vault.unstage(names[0])
    vault.unstage(names[0])
    assert vault.staged("/_compromise/inc_abc234/") == names[1:]


def test_staging_never_leaves_its_area(world, vault):
    world.store(NAME, "one")
    for act in (lambda: vault.stage(NAME, Secret("v")), lambda: vault.unstage(NAME), lambda: vault.staged("/prod")):
        with pytest.raises(Refused, match="not below /_compromise/"):
            act()
    assert vault.read(NAME).version == 1


def test_staging_without_a_key_of_its_own_is_refused(world, bot):
    with pytest.raises(Refused, match="BOT_STAGING_KMS_KEY"):
        vault_of(world, bot, staging_key=None).stage(STAGED, Secret(VALUE))


def test_staging_with_an_unknown_key_says_so(world, bot):
    with pytest.raises(Refused, match="InvalidKeyId: the KMS key is unknown"):
        vault_of(world, bot, staging_key="alias/typo").stage(STAGED, Secret(VALUE))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("kms-denied", Unauthorized),
        ("ssm-throttled", Throttled),
        ("ssm-down", Unreachable),
        ("ssm-denied", Unauthorized),
    ],
)
def test_what_goes_wrong_is_told_without_the_value(world, vault, front, fault, kind):
    secret.use_fingerprint_key(b"k" * 32)
    world.store(NAME, VALUE)
    front.faults.inject(fault if fault != "ssm-down" else "down")
    for act in (
        lambda: vault.read(NAME),
        lambda: vault.put(NAME, Secret(VALUE)),
        lambda: vault.find(Secret(VALUE), [NAME]),
        lambda: vault.stage(STAGED, Secret(VALUE)),
    ):
        with pytest.raises(kind) as caught:
            act()
        assert VALUE not in repr(caught.value) + str(caught.value)
        assert caught.value.__cause__ is None
    secret.use_fingerprint_key(None)


def test_a_write_whose_answer_is_lost_may_have_been_carried_out(world, bot, vault, front):
    world.store(NAME, "one")
    front.faults.inject("ssm-put-reset", times=1)
    with pytest.raises(Unreachable):
        vault.put(NAME, Secret("two"))
    assert vault.read(NAME).value.reveal() == "two"


def test_being_throttled_slows_the_bucket_down(world, bot, front):
    told = []
    reads = Bucket(40, 40)
    reads.slow_down = told.append
    vault = vault_of(world, bot, reads=reads)
    world.store(NAME, "one")
    front.faults.inject("ssm-throttled", times=1)
    with pytest.raises(Throttled):
        vault.read(NAME)
    assert told == [None]


def test_the_default_buckets_are_ssms_quotas(world, bot):
    vault = SsmVault(world.session_of(bot))
    assert (vault.reads.rate, vault.puts.rate, vault.changes.rate) == (40, 3, 10)


def test_some_parameters_are_read_in_one_request(world, vault, front):
    world.store("/production/a", "one", "two")
    world.store("/production/b", "three")
    found = vault.read_some(["/production/a", "/production/none", "/production/b"])
    assert {name: (stored.value.reveal(), stored.version) for name, stored in found.items()} == {
        "/production/a": ("two", 2),
        "/production/b": ("three", 1),
    }
    assert [event.name for event in front.trail._events][-1] == "GetParameters"


def test_readers_that_wait_for_the_quota_go_together_each_with_its_version(world, bot, front):
    world.store("/production/a", "one", "two")
    world.store("/production/b", "three")
    reads = Bucket(2, 1)
    vault = vault_of(world, bot, reads=reads)
    reads.take(Priority.READ)
    wanted = [("/production/a", 1), ("/production/b", None), ("/production/none", None)]
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(vault.read, *each) for each in wanted]
    assert [answer.result().value.reveal() for answer in answers[:2]] == ["one", "three"]
    with pytest.raises(Missing, match="read /production/none: ParameterNotFound"):
        answers[2].result()
    assert front.trail._events[-1].name == "GetParameters"


def test_the_versions_that_hold_a_value_are_told_with_when_they_were_written(world, vault):
    world.store(NAME, "one", "two", "one")
    held = vault.holding(Secret("one"), NAME)
    assert held == [version for version in vault.history(NAME) if version.number != 2]
    assert vault.holding(Secret("four"), NAME) == []
    with pytest.raises(Missing):
        vault.holding(Secret("one"), "/production/none")
