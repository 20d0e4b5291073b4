"""Modals and home tabs as the Web API has them."""

from __future__ import annotations

from tests.support.practice_bot import (
    DECLARATION,
    mrkdwn,
    plain,
    refused,
)


def text_blocks(*texts):
    return [{"type": "section", "text": mrkdwn(text)} for text in texts]


def test_a_trigger_is_used_once_and_within_three_seconds(client, slack, clock, alice):
    trigger = slack.workspace.issue_trigger(alice)
    assert (
        refused(client.views_open, trigger_id=trigger, view=DECLARATION | {"title": plain("x" * 25)})
        == "invalid_arguments"
    )
    view = client.views_open(trigger_id=trigger, view=DECLARATION)["view"]
    assert view["private_metadata"] == "from-slash"
    assert view["state"] == {"values": {}}
    assert refused(client.views_open, trigger_id=trigger, view=DECLARATION) == "exchanged_trigger_id"
    assert refused(client.views_open, trigger_id="1.2.3", view=DECLARATION) == "invalid_trigger_id"
    late = slack.workspace.issue_trigger(alice)
    clock.now += 3.1
    assert refused(client.views_open, trigger_id=late, view=DECLARATION) == "expired_trigger_id"
    large = DECLARATION | {"blocks": text_blocks(*["x" * 3000] * 90)}
    assert refused(client.views_open, trigger_id=slack.workspace.issue_trigger(alice), view=large) == "view_too_large"


def test_views_are_updated_pushed_and_published(client, slack, alice):
    def trigger():
        return slack.workspace.issue_trigger(alice)

    first = client.views_open(trigger_id=trigger(), view=DECLARATION | {"external_id": "mine"})["view"]
    changed = client.views_update(view_id=first["id"], hash=first["hash"], view=DECLARATION)["view"]
    assert changed["id"] == first["id"]
    assert changed["hash"] != first["hash"]
    assert refused(client.views_update, view_id=first["id"], hash=first["hash"], view=DECLARATION) == "hash_conflict"
    assert refused(client.views_update, view_id="V404", view=DECLARATION) == "not_found"
    second = client.views_push(trigger_id=trigger(), view=DECLARATION | {"external_id": "two"})["view"]
    assert (second["previous_view_id"], second["root_view_id"]) == (first["id"], first["id"])
    again = client.views_update(external_id="two", view=DECLARATION)["view"]
    assert (again["id"], again["previous_view_id"]) == (second["id"], first["id"])
    client.views_push(trigger_id=trigger(), view=DECLARATION)
    assert refused(client.views_push, trigger_id=trigger(), view=DECLARATION) == "push_limit_reached"
    slack.workspace.stacks.clear()
    assert refused(client.views_push, trigger_id=trigger(), view=DECLARATION) == "not_found"
    home = {"type": "home", "blocks": text_blocks("hi")}
    shown = client.views_publish(user_id=alice, view=home)["view"]
    assert client.views_publish(user_id=alice, view=home, hash=shown["hash"])["view"]["id"] == shown["id"]
    assert refused(client.views_publish, user_id=alice, view=home, hash=shown["hash"]) == "hash_conflict"
    assert refused(client.views_publish, user_id="U404", view=home) == "user_not_found"
    assert refused(client.views_publish, user_id=alice, view=DECLARATION) == "invalid_arguments"
    del slack.workspace.homes[alice]
