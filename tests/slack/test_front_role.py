"""Slack's front on PostgreSQL, with the role that docs/sql/roles.sql gives it, beside a worker."""

import json

import pytest

from bot.eventlog import open_event_log
from bot.slack.actions import ActionId
from bot.slack.listeners.commands import WORDS
from tests.slack.test_listeners import declared, kinds, wait_for
from tests.slack.test_walk import Team
from tests.support.databases import postgres_server, postgres_url, two_roles  # noqa: F401 - fixtures
from tests.support.event_logs import SEAL
from tests.support.inbox import Inbox, inbox_of
from tests.support.rotations import ROTATION

REST = {
    "note": "it was in a gist", "kill": "openai-api-key", "revoked": "openai-api-key", "commander": "accept",
    "step": "assess start", "redact": "1 it names a place",
}  # fmt: skip
ALONE = {"rotate": "stripe-secret-key production", "departure": "@bob", "declare": "", "list": "", "help": ""}


class Split(Team):
    """The listeners have the front's role, and the inbox is answered by a worker with its own."""

    def opened(self, folder):
        worker, front = folder
        self.worker_log = open_event_log(worker, seal=SEAL)
        return open_event_log(front, migrate=False)

    def incidents_in(self, event_log):
        made = super().incidents_in(event_log)
        made.resolver.playbooks = {**made.resolver.playbooks, "rotation": ROTATION}
        return made

    def made_inbox(self):
        at_worker = inbox_of(self.incidents_in(self.worker_log), self.people, self.clock)
        return Inbox(inbox_of(self.incidents, self.people, self.clock).client, at_worker.handler, self.people)

    def stop(self):
        super().stop()
        self.worker_log.close()


@pytest.fixture
def split(postgres_url):  # noqa: F811
    made = Split(two_roles(postgres_url))
    yield made
    made.stop()


def told(world):
    return json.dumps(world.driver.state()) + json.dumps(
        [world.driver.view_of(user) for user in (world.ada, world.bob)]
    )


def test_every_word_and_every_button_finds_what_it_may_read(split):
    incident = declared(split)
    for word in WORDS:
        text = f"{word} {ALONE[word]}" if word in ALONE else f"{word} {incident} {REST.get(word, '')}"
        assert split.driver.slash(split.ada, "/compromise", text.rstrip()).ok
    assert split.driver.open_home(split.ada).ok
    for action in ActionId:
        split.press(split.ada, action, json.dumps({"incident": incident, "subject": "openai-api-key"}))
    assert wait_for(lambda: "NoteAdded" in kinds(split, incident))
    split.bot.stop()
    split._listeners.shutdown()
    words = told(split)
    assert "Noted." in words
    assert [each for each in ("role may not", "cannot be told now", "could not be told") if each in words] == []
