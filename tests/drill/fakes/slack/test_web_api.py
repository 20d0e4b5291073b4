"""The Web API as slack_sdk calls it: tokens, scopes, channels, messages, files, rate limits, faults."""

from __future__ import annotations

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ButtonElement, HeaderBlock, SectionBlock

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import BOT_USER, TOKEN, FakeSlack
from bot.drill.fakes.slack.limits import check_channel_name
from tests.support.practice_bot import (
    Clock,
    refused,
)


def test_who_the_token_is_and_what_it_may_do(client):
    answer = client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (BOT_USER, "T0PRACTICE")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"].split(",")
    assert client.api_test(foo="1")["args"] == {"foo": "1"}
    assert refused(client.api_test, error="my_error") == "my_error"


@pytest.mark.parametrize(("token", "code"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
def test_a_bad_token_is_refused_with_http_200(served, token, code):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.post(f"{served.url}/api/auth.test", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (200, code)
    assert "X-OAuth-Scopes" not in answer.headers


def test_a_token_can_end_itself():
    fake = FakeSlack()
    with Served(fake.application) as server:
        own = WebClient(token=TOKEN, base_url=f"{server.url}/api/")
        assert own.auth_revoke(test=True)["revoked"] is False
        assert own.auth_test()["ok"]
        assert own.auth_revoke()["revoked"] is True
        assert refused(own.auth_test) == "token_revoked"


def test_a_missing_scope_is_named():
    fake = FakeSlack(scopes={"chat:write"})
    with Served(fake.application) as server:
        narrow = WebClient(token=TOKEN, base_url=f"{server.url}/api/")
        for call, needed in (
            (lambda: narrow.conversations_create(name="a", is_private=True), "groups:write"),
            (lambda: narrow.conversations_create(name="a"), "channels:manage"),
            (lambda: narrow.pins_add(channel="general", timestamp="1"), "pins:write"),
            (lambda: narrow.conversations_list(types="private_channel"), "groups:read"),
            (lambda: narrow.users_info(user=BOT_USER), "users:read"),
        ):
            with pytest.raises(SlackApiError) as failure:
                call()
            assert failure.value.response["needed"] == needed
            assert failure.value.response["provided"] == "chat:write"
        assert refused(narrow.chat_postMessage, channel="general", text="x") == "not_in_channel"


def test_unknown_methods_and_malformed_json(client, served):
    assert refused(client.api_call, "nonsense.method") == "unknown_method"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for body, code in (("{", "invalid_json"), ("[]", "json_not_object")):
        answer = requests.post(f"{served.url}/api/chat.postMessage", data=body, headers=headers, timeout=5)
        assert answer.json()["error"] == code


def test_a_private_channel_from_creation_to_archive(client, slack, alice, bob):
    channel = client.conversations_create(name="inc_abc123", is_private=True)["channel"]
    assert channel["is_private"]
    assert channel["is_member"]
    there = channel["id"]
    assert refused(client.conversations_create, name="inc_abc123") == "name_taken"
    client.conversations_invite(channel=there, users=[alice, bob])
    assert refused(client.conversations_invite, channel=there, users=[alice]) == "already_in_channel"
    assert refused(client.conversations_invite, channel=there, users=["U404"]) == "user_not_found"
    assert refused(client.conversations_invite, channel=there, users=[BOT_USER]) == "cant_invite_self"
    assert refused(client.conversations_invite, channel=there, users="") == "no_user"
    carol = slack.workspace.add_user("carol").id
    client.conversations_invite(channel=there, users=[alice, carol], force=True)
    assert client.conversations_members(channel=there)["members"] == [BOT_USER, alice, bob, carol]
    client.conversations_setTopic(channel=there, topic="SEV-1")
    client.conversations_setPurpose(channel=there, purpose="A leaked key")
    shown = client.conversations_info(channel=there)["channel"]
    assert (shown["topic"]["value"], shown["purpose"]["value"]) == ("SEV-1", "A leaked key")
    assert refused(client.conversations_setTopic, channel=there, topic="x" * 251) == "too_long"
    assert refused(client.conversations_join, channel=there) == "method_not_supported_for_channel_type"
    client.conversations_archive(channel=there)
    assert refused(client.conversations_archive, channel=there) == "already_archived"
    assert refused(client.chat_postMessage, channel=there, text="x") == "is_archived"
    assert refused(client.conversations_setTopic, channel=there, topic="x") == "is_archived"
    listed = client.conversations_list(types="public_channel,private_channel", exclude_archived=True)["channels"]
    assert there not in [found["id"] for found in listed]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "invalid_name_required"), ("a" * 81, "invalid_name_maxlength"), ("Inc", "invalid_name_specials"),
     ("a b", "invalid_name_specials"), ("--", "invalid_name_punctuation"), ("inc-a_1", None)],
)  # fmt: skip
def test_channel_names(name, code):
    assert check_channel_name(name) == code


def test_what_the_bot_is_not_in(client, slack, alice):
    slack.workspace.add_channel("hidden", is_private=True, creator=alice)
    open_one = slack.workspace.add_channel("open-one")
    assert refused(client.chat_postMessage, channel="hidden", text="x") == "channel_not_found"
    assert refused(client.chat_postMessage, channel="C404", text="x") == "channel_not_found"
    assert refused(client.conversations_history, channel=open_one.id) == "not_in_channel"
    assert client.chat_postMessage(channel="#open-one", text="chat:write.public suffices")["ok"]
    assert client.conversations_join(channel=open_one.id)["channel"]["is_member"]
    assert client.conversations_join(channel=open_one.id)["warning"] == "already_in_channel"
    names = [c["name"] for c in client.conversations_list(types="public_channel,private_channel")["channels"]]
    assert "open-one" in names
    assert "hidden" not in names
    open_one.is_archived = True
    assert refused(client.conversations_join, channel=open_one.id) == "is_archived"
    assert refused(client.conversations_list, types="nonsense") == "invalid_types"


def test_history_pages_windows_metadata_and_threads(client):
    there = client.conversations_create(name="history")["channel"]["id"]
    posted = [
        client.chat_postMessage(
            channel=there, text=str(number), metadata={"event_type": "n", "event_payload": {"n": number}}
        )["ts"]
        for number in range(5)
    ]
    assert posted == sorted(posted)
    assert len(set(posted)) == 5
    client.chat_postMessage(channel=there, text="reply", thread_ts=posted[0])
    first = client.conversations_history(channel=there, limit=3)
    assert [m["text"] for m in first["messages"]] == ["4", "3", "2"]
    assert first["has_more"]
    assert "metadata" not in first["messages"][0]
    cursor = first["response_metadata"]["next_cursor"]
    rest = client.conversations_history(channel=there, limit=3, cursor=cursor, include_all_metadata=True)
    assert [m["metadata"]["event_payload"]["n"] for m in rest["messages"]] == [1, 0]
    assert not rest["has_more"]
    window = {"oldest": posted[1], "latest": posted[3]}
    assert [m["text"] for m in client.conversations_history(channel=there, **window)["messages"]] == ["2"]
    inclusive = client.conversations_history(channel=there, inclusive=True, **window)["messages"]
    assert [m["text"] for m in inclusive] == ["3", "2", "1"]
    assert [m["text"] for m in client.conversations_replies(channel=there, ts=posted[0])["messages"]] == ["0", "reply"]
    assert refused(client.conversations_replies, channel=there, ts="1.0") == "thread_not_found"
    assert refused(client.conversations_history, channel=there, cursor="!") == "invalid_cursor"
    assert refused(client.conversations_history, channel=there, limit=-1) == "invalid_limit"


def test_messages_are_posted_changed_linked_and_removed(client, slack, alice):
    there = slack.workspace.find_channel("general").id
    blocks = [
        HeaderBlock(text="Head"),
        SectionBlock(text="*body*", accessory=ButtonElement(text="Go", action_id="go", value="1")),
    ]
    sent = client.chat_postMessage(
        channel=there, text="t", blocks=blocks, metadata={"event_type": "e", "event_payload": {}}
    )
    assert all("block_id" in block for block in sent["message"]["blocks"])
    changed = client.chat_update(channel=there, ts=sent["ts"], text="u")["message"]
    assert changed["text"] == "u"
    assert len(changed["blocks"]) == 2
    assert changed["edited"]["user"] == BOT_USER
    assert changed["metadata"]["event_type"] == "e"
    assert "blocks" not in client.chat_update(channel=there, ts=sent["ts"], text="u", blocks=[])["message"]
    assert refused(client.chat_update, channel=there, ts="1.0", text="u") == "message_not_found"
    assert client.chat_getPermalink(channel=there, message_ts=sent["ts"])["permalink"].startswith(
        "https://practice.slack"
    )
    assert refused(client.chat_getPermalink, channel=there, message_ts="1") == "message_not_found"
    assert refused(client.chat_postMessage, channel=there, text="x" * 40_001) == "msg_too_long"
    assert (
        refused(client.chat_postMessage, channel=there, text="x", metadata={"event_type": "e"})
        == "invalid_metadata_format"
    )
    assert refused(client.chat_postMessage, channel=there, text="x", thread_ts="1.0") == "thread_not_found"
    assert refused(client.api_call, "chat.postMessage", json={"channel": there}) == "no_text"
    assert refused(client.api_call, "chat.update", json={"channel": there, "ts": sent["ts"]}) == "no_text"
    assert (
        refused(client.api_call, "chat.postMessage", data={"channel": there, "blocks": "{"}) == "invalid_blocks_format"
    )
    client.pins_add(channel=there, timestamp=sent["ts"])
    assert client.chat_delete(channel=there, ts=sent["ts"])["ts"] == sent["ts"]
    assert client.pins_list(channel=there)["items"] == []
    theirs = slack.workspace.post(slack.workspace.find_channel("general"), alice, {"text": "mine"})["ts"]
    assert refused(client.chat_update, channel=there, ts=theirs, text="u") == "cant_update_message"
    assert refused(client.chat_delete, channel=there, ts=theirs) == "cant_delete_message"


def test_ephemeral_messages_are_no_history(client, slack, alice):
    there = slack.workspace.find_channel("general").id
    ts = client.chat_postEphemeral(channel=there, user=alice, text="only you")["message_ts"]
    assert ts not in [m["ts"] for m in client.conversations_history(channel=there)["messages"]]
    assert refused(client.chat_postEphemeral, channel=there, user="U404", text="x") == "user_not_in_channel"
    assert refused(client.api_call, "chat.postEphemeral", json={"channel": there, "user": alice}) == "no_text"


def test_pins(client):
    there = client.conversations_create(name="pins")["channel"]["id"]
    ts = client.chat_postMessage(channel=there, text="card")["ts"]
    client.pins_add(channel=there, timestamp=ts)
    assert refused(client.pins_add, channel=there, timestamp=ts) == "already_pinned"
    assert refused(client.pins_add, channel=there, timestamp="1.0") == "message_not_found"
    assert refused(client.api_call, "pins.add", params={"channel": there}) == "no_item_specified"
    assert client.pins_list(channel=there)["items"][0]["message"]["pinned_to"] == [there]
    assert client.conversations_history(channel=there)["messages"][0]["pinned_to"] == [there]
    client.pins_remove(channel=there, timestamp=ts)
    assert refused(client.pins_remove, channel=there, timestamp=ts) == "no_pin"


def test_people_groups_and_direct_messages(client, slack, alice):
    assert client.users_info(user=alice)["user"]["profile"]["email"] == "alice@example.com"
    assert refused(client.users_info, user="U404") == "user_not_found"
    assert client.users_lookupByEmail(email="ALICE@example.com")["user"]["id"] == alice
    assert refused(client.users_lookupByEmail, email="no@example.com") == "users_not_found"
    first = client.users_list(limit=1)
    assert len(first["members"]) == 1
    assert first["response_metadata"]["next_cursor"]
    slack.workspace.usergroups["S1"] = [alice]
    assert client.usergroups_users_list(usergroup="S1")["users"] == [alice]
    assert refused(client.usergroups_users_list, usergroup="S2") == "no_such_subteam"
    direct = client.conversations_open(users=[alice])["channel"]["id"]
    assert client.chat_postMessage(channel=alice, text="hello")["channel"] == direct
    assert client.conversations_info(channel=direct)["channel"]["user"] == alice
    assert refused(client.conversations_open, users=["U404"]) == "user_not_found"
    assert refused(client.conversations_setTopic, channel=direct, topic="x") == "method_not_supported_for_channel_type"


def test_a_file_goes_through_the_three_steps(client, slack, served):
    there = client.conversations_create(name="files")["channel"]["id"]
    answer = client.files_upload_v2(
        channel=there, filename="report.md", content="# Report", title="Report", initial_comment="Filed"
    )
    shared = client.conversations_history(channel=there)["messages"][0]
    assert shared["text"] == "Filed"
    assert shared["files"][0]["title"] == "Report"
    url = answer["file"]["url_private"]
    assert requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5).text == "# Report"
    assert requests.get(url, timeout=5).status_code == 404
    assert requests.get(f"{served.url}/_fake/files/{answer['file']['id']}", timeout=5).text == "# Report"
    assert requests.get(f"{served.url}/_fake/files/F404", timeout=5).status_code == 404
    shown = requests.get(answer["file"]["permalink"], timeout=5)
    assert (shown.text, shown.headers["Content-Type"]) == ("# Report", "text/plain; charset=utf-8")
    assert client.files_info(file=answer["file"]["id"])["file"]["size"] == 8
    assert refused(client.files_info, file="F404") == "file_not_found"
    pending = client.files_getUploadURLExternal(filename="a", length=3)
    complete = client.files_completeUploadExternal
    assert refused(complete, files=[{"id": pending["file_id"], "title": "a"}]) == "file_not_found"
    assert requests.post(pending["upload_url"], data=b"four", timeout=5).status_code == 400
    assert requests.post(f"{served.url}/upload/v1/F404", data=b"a", timeout=5).status_code == 404
    assert requests.post(pending["upload_url"], files={"file": b"one"}, timeout=5).text == "OK - 3"
    assert refused(complete, files=[{"id": pending["file_id"]}], channel_id="C404") == "channel_not_found"
    elsewhere = slack.workspace.add_channel("no-files").id
    assert refused(complete, files=[{"id": pending["file_id"]}], channel_id=elsewhere) == "not_in_channel"
    assert refused(complete, files=[]) == "invalid_arguments"
    assert refused(client.api_call, "files.getUploadURLExternal", params={"filename": "a"}) == "invalid_arguments"


def test_the_permalink_of_a_page_shows_it_in_a_browser_and_runs_nothing_of_it(client):
    file = client.files_upload_v2(filename="report.html", content="<h1>Report</h1><script>alert(1)</script>")["file"]
    shown = requests.get(file["permalink"], timeout=5)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    allowed = shown.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(allowed)
    assert not any("script" in each or "allow-" in each for each in allowed)
    elsewhere = requests.get(file["permalink"], headers={"Host": "attacker.example"}, timeout=5)
    assert elsewhere.status_code == 403
    client.files_delete(file=file["id"])
    assert requests.get(file["permalink"], timeout=5).status_code == 404


def test_one_message_a_second_per_channel_after_a_burst():
    clock = Clock()
    fake = FakeSlack(clock=clock, burst=2)
    with Served(fake.application) as server:
        own = WebClient(token=TOKEN, base_url=f"{server.url}/api/")
        ts = own.chat_postMessage(channel="general", text="1")["ts"]
        own.chat_update(channel="general", ts=ts, text="2")
        with pytest.raises(SlackApiError) as failure:
            own.chat_postMessage(channel="general", text="3")
        response = failure.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
        assert response["error"] == "ratelimited"
        own.conversations_create(name="other")
        own.chat_postMessage(channel="other", text="its own bucket")
        clock.now += 1
        own.chat_postMessage(channel="general", text="3")
        assert [call.method for call in fake.calls][:2] == ["chat.postMessage", "chat.update"]
        assert TOKEN not in str(fake.calls)


def test_faults_hit_the_api_and_never_the_stage(client, driver, slack, served):
    driver.do("faults", {"name": "chat.postMessage-429-after", "times": 1})
    with pytest.raises(SlackApiError) as failure:
        client.chat_postMessage(channel="general", text="x")
    assert failure.value.response.status_code == 429
    assert client.chat_postMessage(channel="general", text="x")["ok"]
    slack.faults.inject("500")
    assert requests.get(f"{served.url}/api/auth.test", timeout=5).status_code == 500
    assert requests.post(f"{served.url}/response/x", timeout=5).status_code == 500
    assert requests.post(f"{served.url}/upload/v1/x", timeout=5).status_code == 500
    assert driver.state()["team"]["id"] == "T0PRACTICE"
    driver.do("faults", {"clear": True})
    assert client.auth_test()["ok"]
    with pytest.raises(ValueError, match="no fault"):
        driver.do("faults", {"name": "nonsense"})
