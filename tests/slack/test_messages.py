"""Messages that people point at: what they hold, said to nobody else, and what of them the timeline keeps."""

from __future__ import annotations

import time

import pytest

from bot.drill.fakes.slack import BOT_USER, read
from bot.inbox import Declaration, SecretChoice
from bot.inbox.fingerprints import KnownValues
from bot.inbox.message_handler import MessageHandler
from bot.incident.events import ValueSighted
from bot.incident.model import TargetKind
from bot.news.sources.catalogued import Place
from bot.secrets.secret import Secret
from bot.slack.actions import REPORT
from bot.slack.messages import SlackMessages
from bot.vault.contract import Stored

OPENAI, EARLIER, PASSWORD = "sk-proj-practiceA1b2C3d4E5f6G7h8", "an-earlier-openai-key", "nR4wTq82Lx0-5vBz7"
HELD = {
    "/production/openai-api-key": [EARLIER, OPENAI],
    "/production/database-url": [f"redis://:{PASSWORD}@cache:6379"],
}


class Held:
    def newest(self, parameters):
        return {name: len(HELD[name]) for name in parameters}

    def values(self, parameter):
        return [Stored(Secret(value), number) for number, value in enumerate(HELD[parameter], start=1)]


@pytest.fixture
def here(world):
    places = tuple(Place(name, name.rpartition("/")[2], "production") for name in HELD)
    values = KnownValues(Held(), places, patience=0.0)
    values.refresh()
    reader = MessageHandler(world.event_log, values, SlackMessages(world.gateway))
    world.inbox.handler.decider.values, world.inbox.handler.decider.reader = values, reader
    world.fake.workspace.find_channel("general").members.append(BOT_USER)
    return world


def until(look, seconds=60.0):
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.02)
    return found


def reported(world, ts, channel="general", by=None):
    """What is told to the one who reports, and to nobody else."""
    by = by or world.ada
    before = len(world.driver.ephemerals(channel, by))
    assert world.driver.message_shortcut(by, REPORT.id, channel, ts).ok
    found = until(lambda: world.driver.ephemerals(channel, by)[before:])
    return found[0]


def stored(world):
    connection = world.event_log.database.engine.raw_connection().driver_connection
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return repr([connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables])


def test_a_message_with_a_value_leads_to_a_declaration_for_exactly_this_value(here):
    ts = here.driver.say(here.eve, "general", f"is this ours? <https://x.test|it> `{EARLIER}`, from the old laptop")
    told = reported(here, ts)
    words = read(told["blocks"])
    assert "holds openai-api-key (production), an earlier key. Treat it as leaked." in words
    assert "Its author or a workspace admin must delete this one" in words
    assert here.driver.ephemerals("general", here.bob) == []
    assert EARLIER not in stored(here)

    here.driver.press(here.ada, "general", told["ts"], "declare_found")
    view = until(lambda: here.driver.view_of(here.ada))
    assert "exactly the key in the message, an earlier key" in read(view["blocks"])
    assert here.driver.submit(here.ada, view["id"], {}).ok
    [summary] = until(lambda: here.incidents.summaries("open"))
    secret = here.incidents.load(summary.incident).secrets["openai-api-key"]
    assert (secret.target.kind, secret.target.version, secret.target.current) == (TargetKind.CONFIRMED, 1, False)
    assert secret.target.fingerprint == Secret(EARLIER).fingerprint


def test_a_value_that_an_open_incident_deals_with_stands_in_its_timeline_once(here):
    incident = declared(here)
    thread = here.driver.say(here.eve, "general", "who has seen our cache?")
    ts = here.driver.do(
        "say", {"user": here.eve, "channel": "general", "thread_ts": thread, "text": f"PASSWORD={PASSWORD}"}
    )["ts"]
    for _ in range(2):
        assert f"`{incident}` deals with this very value" in read(reported(here, ts)["blocks"])
    [sighted] = until(lambda: events(here, incident, ValueSighted))
    assert (sighted.actor, sighted.event.secret, sighted.event.value) == ("ada", "database-url", "leaked")
    assert sighted.event.ts == ts
    assert PASSWORD not in stored(here)


def test_of_several_values_in_one_message_each_is_told(here):
    incident = declared(here, "database-url", "openai-api-key")
    with_another = here.driver.say(here.eve, "general", f"{PASSWORD} and {EARLIER}")
    for words, ts in (
        ("now", here.driver.say(here.eve, "general", f"PASSWORD={PASSWORD} and {OPENAI}")),
        ("now", with_another),
        ("already", with_another),
    ):
        told = read(reported(here, ts)["blocks"])
        assert told.count(f"`{incident}` deals with") == 2
        assert told.count(f"was here too is in its timeline {words}.") == 2
    found = [(each.event.secret, each.event.ts == with_another) for each in events(here, incident, ValueSighted)]
    assert sorted(found) == [
        ("database-url", False), ("database-url", True), ("openai-api-key", False), ("openai-api-key", True)
    ]  # fmt: skip


def test_where_nothing_is_found_it_says_what_was_compared_and_what_that_leaves_open(here):
    words = read(reported(here, here.driver.say(here.eve, "general", "a picture of our dashboard"))["blocks"])
    assert "its 5 words were compared with 3 values, current and earlier ones" in words
    assert "Not excluded: a value that was changed, cut or drawn in a picture" in words
    assert "Declare…" in words


def test_where_the_bot_is_no_member_it_says_how_to_go_on(here):
    here.driver.do("channels", {"name": "elsewhere", "is_private": True, "members": [here.ada, here.eve]})
    ts = here.driver.say(here.eve, "elsewhere", OPENAI)
    words = read(reported(here, ts, "elsewhere")["blocks"])
    assert "Invite me there and report it again, or run `bot identify`" in words


def declared(world, *secrets):
    choices = tuple(SecretChoice(name) for name in secrets or ("database-url",))
    declaration = Declaration(environment="production", secrets=choices, how_noticed="seen in a gist")
    return world.inbox.client.declare(declaration, world.inbox.by_slack(world.ada), "declares").incident.id


def events(world, incident, kind):
    return [each for each in world.incidents.events(incident) if isinstance(each.event, kind)]
