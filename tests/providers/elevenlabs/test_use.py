"""How a service account's key was used, as the practice workspace counts it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Missing, Unauthorized, Unexpected
from bot.net.http import Reply
from bot.providers.contract import Held
from bot.providers.elevenlabs import usage
from bot.providers.looks import Look
from tests.providers.elevenlabs.harness import elevenlabs

HOUR = 3600.0


@pytest.fixture
def harness():
    with elevenlabs() as made:
        yield made


def leaked(harness):
    return next(key for key in harness.world.all_keys() if key.value == harness.old.key.reveal())


def report(harness, provider=None):
    now = datetime.fromtimestamp(harness.world.clock() + 1, UTC)
    held = Held(harness.old, harness.old_id)
    return (provider or harness.provider).use(
        held, Look(harness.provider.card.records, now - timedelta(days=2), now, lambda: False)
    )


def test_the_usage_of_the_key_and_no_other_by_hour_and_product(harness):
    world, now = harness.world, harness.world.clock()
    world.spend(leaked(harness), 100)
    world.spend(leaked(harness), 20)
    world.spend(leaked(harness), 7, "speech-to-text", now - 30 * HOUR)
    world.spend(leaked(harness), 7, at=now - 60 * HOUR)
    world.spend(world.add_key("other", "svc_a"), 5)
    world.switch_off(leaked(harness))
    found = report(harness)
    assert [(use.action, use.what, use.agent, use.region, use.key) for use in found.uses] == [
        ("tts", ("120.0 usage",), "api", "us", harness.old_id),
        ("speech-to-text", ("7.0 usage",), "api", "us", harness.old_id),
    ]
    assert all(use.last <= found.until and use.first.minute == 0 for use in found.uses)
    assert (found.per, found.gap, found.truncated) == ("key", harness.provider.card.records.gap, False)


def test_a_key_that_is_gone_and_a_missing_right_are_told(harness):
    with pytest.raises(Unauthorized):
        report(harness, harness.reconfigured(admin=leaked(harness).value))
    harness.world.delete(leaked(harness))
    with pytest.raises(Missing, match="no longer listed"):
        report(harness)


@pytest.mark.parametrize("change", [{"columns": ["time"]}, {"column_types": ["String"]}, {"rows": [["H", "soon"]]}])
def test_another_table_than_the_described_one_is_no_answer(harness, monkeypatch, change):
    table = {"columns": [usage.HASH, "time"], "column_types": ["String", "DateTime"], "rows": [], **change}
    hashed = harness.world.hashed(leaked(harness))
    table["rows"] = [[hashed, *row[1:]] for row in table["rows"]]
    parse = usage._Table(**table)
    monkeypatch.setattr("bot.net.http.Reply.parse", of_table(parse))
    with pytest.raises(Unexpected):
        report(harness)


def of_table(table):
    parse = Reply.parse
    return lambda reply, shape: table if shape is usage._Table else parse(reply, shape)
