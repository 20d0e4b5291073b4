"""How a key of OpenAI was used, as its usage and audit log tell."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.errors import Unauthorized
from bot.model.uses import Concern, Per, Undo
from bot.providers import PROVIDERS
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import setup
from tests.support.clock import Clock

UNDO = Undo("Undo it in the organization's settings: https://platform.openai.com/settings/organization.")
DELETE_KEY = Undo("Delete the key: https://platform.openai.com/api-keys.")

DAY, HOUR = 86400, 3600


@pytest.fixture
def world():
    return FakeOpenAI(Clock())


@pytest.fixture
def leaked(world):
    return world.add_key("proj_a")


@pytest.fixture
def provider(world):
    with Served(world.application) as served:
        yield PROVIDERS["openai"].configured(setup("openai", f"{served.url}/v1", admin=world.admin_key))


@pytest.fixture
def held(leaked):
    return Held(Credential.single(Secret(leaked.value)), f"proj_a/{leaked.id}")


@pytest.fixture
def look(provider, held, world):
    """Asks for the use of the last `days`."""

    def look(days=1, enough=lambda: False):
        now = datetime.fromtimestamp(world.clock(), UTC)
        return provider.use(held, Look(provider.card.records, now - timedelta(days=days), now, enough))

    return look


def test_requests_are_counted_by_key_and_model_in_ever_longer_steps(look, world, leaked):
    count, now = world.usage.count, world.clock()
    count(leaked.id, now - 90, times=3)
    count(leaked.id, now - 3 * DAY, "embeddings", "text-embedding-3-small")
    count(leaked.id, now - 20 * DAY, "images", "gpt-image-1")
    count(leaked.id, now - 2 * DAY, "file_search_calls")
    count("key_of_others", now - 90)
    found = look(days=30)
    assert {(use.action, use.times, use.last - use.first) for use in found.uses} == {
        ("completions:gpt-5", 3, timedelta(minutes=1)),
        ("embeddings:text-embedding-3-small", 1, timedelta(hours=1)),
        ("images:gpt-image-1", 1, timedelta(days=1)),
        ("file_search_calls", 1, timedelta(hours=1)),
    }
    assert {use.key for use in found.uses} == {leaked.id}
    assert all(use.first.timestamp() <= now and use.last <= found.until for use in found.uses)
    assert (found.per, found.truncated, len(found.not_visible)) == (Per.KEY, False, 4)


def test_it_can_never_show_that_only_we_used_the_key(look):
    assert look().gap == "OpenAI shows requests that cost, by model and without addresses"


def test_usage_of_a_deleted_key_is_still_asked_for(look, world, leaked, provider, held):
    world.usage.count(leaked.id, world.clock() - 90)
    provider.revoke(held)
    assert [use.action for use in look().uses] == ["completions:gpt-5"]


def test_changes_by_the_key_come_from_the_audit_log_the_worst_named(look, world, leaked):
    change, now = world.usage.change, world.clock()
    change(leaked.id, now - HOUR, "api_key.created", "key_new")
    change(leaked.id, now - HOUR, "invite.sent")
    change(leaked.id, now - HOUR, "project.updated")
    change("key_of_others", now - HOUR, "user.added")
    assert {(use.made, use.concern, use.why, use.undo) for use in look().uses} == {
        ("api_key.created key_new", Concern.PERSISTENCE, "Makes another key.", DELETE_KEY),
        ("invite.sent", Concern.PERSISTENCE, "Invites a person.", UNDO),
        ("project.updated", Concern.NONE, "", None),
    }


def test_the_bot_sees_whether_keys_and_accounts_that_were_made_are_still_there(look, world, leaked, provider):
    key, (account, _) = world.add_key("proj_b", "eve"), world.new_account("proj_b", "eve")
    for kind, thing in (("api_key.created", key.id), ("service_account.created", account), ("user.added", "user_9")):
        world.usage.change(leaked.id, world.clock() - HOUR, kind, thing)
    made = look().uses
    assert {use.action: there for use, there in provider.still_there(made)} == {
        "api_key.created": True, "service_account.created": True,
    }  # fmt: skip
    world.revoke(key)
    world.delete_account("proj_b", account)
    assert {there for _, there in provider.still_there(made)} == {False}


def test_without_an_audit_log_the_rest_is_told_with_the_gap(look, world, leaked):
    world.usage.audited = False
    world.usage.count(leaked.id, world.clock() - 90)
    found = look()
    assert [use.action for use in found.uses] == ["completions:gpt-5"]
    assert found.truncated
    assert found.not_visible[-1] == "Audit log: openai: read the audit log: HTTP 403."


def test_an_admin_key_without_the_right_is_an_error_and_not_an_empty_answer(look, world):
    world.usage.readable = False
    with pytest.raises(Unauthorized, match="openai: read the audit log: HTTP 403"):
        look()


def test_a_look_ends_when_told(look, world, leaked):
    world.usage.count(leaked.id, world.clock() - 90)
    world.usage.count(leaked.id, world.clock() - 90, "embeddings")
    calls = iter(range(100))
    found = look(enough=lambda: next(calls) >= 2)
    assert [use.action for use in found.uses] == ["completions:gpt-5"]
    assert found.not_visible[-1] == "Not read to the end: Usage and Audit log."


def test_long_windows_are_paged(look, world, leaked):
    world.usage.count(leaked.id, world.clock() - 50 * DAY)
    assert [use.times for use in look(days=60).uses] == [1]


def test_a_request_in_the_practice_world_is_counted(look, world, leaked):
    with world.flask.test_client() as client:
        body = {"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}]}
        headers = {"Authorization": f"Bearer {leaked.value}"}
        assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 200
    world.clock.advance(60)
    assert [(use.action, use.times) for use in look().uses] == [("completions:gpt-5", 1)]
