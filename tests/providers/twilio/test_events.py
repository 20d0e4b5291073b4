"""What happened in an account of Twilio, as its events and counts tell."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.twilio.fake import FakeTwilio
from bot.errors import Unauthorized
from bot.model.uses import Concern, Per
from bot.providers import PROVIDERS
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import setup
from tests.support.clock import Clock
from tests.support.contracts import Exchanges

DAY = 86400
PERSON = "US" + "a1" * 16


@pytest.fixture
def world():
    return FakeTwilio(Clock())


@pytest.fixture
def account(world):
    return world.add_account()


@pytest.fixture
def url(world):
    exchanges = Exchanges(world.flask, "twilio")
    with Served(world.application) as served:
        yield served.url
        assert [each for each in exchanges.breaches if " 401: " not in each] == [], "the files leave refusals out"


@pytest.fixture
def provider(world, url, account):
    admin = world.add_key(account.sid, "bot", "main")
    options = {"account": account.sid}
    return PROVIDERS["twilio"].configured(setup("twilio", url, admin=f"{admin.id}:{admin.value}", options=options))


@pytest.fixture
def look(world, provider, account):
    """Asks for the use of the last `days`."""
    parts = {"sid": Secret(account.sid), "token": Secret(account.primary.value)}

    def look(days=30, enough=lambda: False):
        now = datetime.fromtimestamp(world.clock(), UTC)
        held = Held(Credential(parts, "token"), account.sid)
        return provider.use(held, Look(provider.card.records, now - timedelta(days=days), now, enough))

    return look


def test_events_are_told_with_actor_address_and_why_they_matter(look, world, account):
    world.records.event(account.sid, world.clock() - 90, "api-key.created", "198.51.100.7")
    world.records.event(account.sid, world.clock() - 90, "message.deleted", actor=PERSON)
    world.records.event("AC" + "0" * 32, world.clock() - 90, "user.created")
    found = look()
    assert {(use.action, use.principal, use.address, use.agent, use.concern, use.why) for use in found.uses} == {
        ("api-key.created", "", "198.51.100.7", "api", Concern.PERSISTENCE, "Makes an API key."),
        ("message.deleted", PERSON, "192.0.2.1", "web", Concern.NONE, ""),
    }
    assert not found.truncated
    [key] = [use.undo for use in found.uses if use.undo is not None]
    assert key.item in PROVIDERS["twilio"].card.inspects


def test_the_bot_sees_that_a_subaccount_is_still_open(look, world, account, provider):
    made = world.add_account(owner=account.sid)
    world.records.event(account.sid, world.clock() - 90, "account.created", thing=made.sid)
    [(use, there)] = provider.still_there(look().uses)
    assert (use.made, there) == (f"account.created {made.sid}", True)


def test_messages_and_calls_are_counted_by_day(look, world, account):
    world.records.send(account.sid, world.clock() - 2 * DAY, times=3)
    world.records.send(account.sid, world.clock() - 90, "calls-outbound")
    world.records.send(account.sid, world.clock() - 40 * DAY)
    found = look()
    assert [(use.action, use.times) for use in found.uses] == [("sms-outbound", 3), ("calls-outbound", 1)]
    day = found.uses[0]
    assert day.first == datetime(2027, 1, 13, tzinfo=UTC)
    assert day.last - day.first == timedelta(days=1)
    assert found.uses[1].last == found.until


def test_it_is_of_the_whole_account_and_can_never_show_that_only_we_used_the_key(look):
    found = look()
    assert found.per is Per.ACCOUNT
    assert found.gap == "Twilio's records are of the whole account and name no key"


def test_long_lists_are_read_to_their_end(look, world, account, monkeypatch):
    monkeypatch.setattr("bot.providers.twilio.events.PAGE_SIZE", 2)
    for number in range(5):
        world.records.event(account.sid, world.clock() - 90 - number, "user.created")
    assert len({use.id for use in look().uses}) == 5


def test_the_newest_are_read_first_and_a_look_ends_when_told(look, world, account, monkeypatch):
    monkeypatch.setattr("bot.providers.twilio.events.PAGE_SIZE", 1)
    for kind in ("account.created", "user.created"):
        world.records.event(account.sid, world.clock() - 90, kind)
    calls = iter(range(100))
    found = look(enough=lambda: next(calls) >= 1)
    assert [use.action for use in found.uses] == ["user.created"]
    assert found.not_visible[-1] == "Not read to the end: Events and Daily counts."


def test_an_admin_key_that_is_refused_is_an_error_and_not_an_empty_answer(look, world):
    for key in world.all_keys():
        if key.kind == "main":
            world.end(key)
    with pytest.raises(Unauthorized, match="twilio: read the count of sms-outbound: HTTP 401"):
        look()


def test_a_message_sent_in_the_practice_world_is_counted(look, world, url, account):
    form = {"To": "+15551234567", "From": "+15557654321", "Body": "hello"}
    sent = requests.post(
        f"{url}/2010-04-01/Accounts/{account.sid}/Messages.json",
        data=form, auth=(account.sid, account.primary.value), timeout=5,
    )  # fmt: skip
    assert sent.status_code == 201
    found = look()
    assert [(use.action, use.times) for use in found.uses] == [("sms-outbound", 1)]
    assert "hello" not in repr(found)
