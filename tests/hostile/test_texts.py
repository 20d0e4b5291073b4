"""What people type, and what stands in files: it is shown as text, names nothing outside, and is never carried out."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalog.loader import load_catalog, load_playbooks
from bot.data_files import template_folders
from bot.drill.fakes.slack import mrkdwn
from bot.errors import BotError, ConfigurationError, Misuse
from bot.inbox import Declaration, SecretChoice
from bot.incident import commands as c
from bot.incident.events import NoteAdded
from bot.incident.model import CheckOutcome, Right
from bot.model.keys import Leftover
from bot.report.filing import append_decision, write
from bot.report.render import render, render_decision
from tests.cli.conftest import say
from tests.support.consents import SHOWN
from tests.support.incidents import CHLOE, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
INJECTED = (
    "<!channel> <!here> <!everyone>",
    "<@U0ADMIN> <#C0GENERAL|x> <!subteam^S0ALL>",
    "<https://evil.example/login|Approve here>",
    "[Approve here](https://evil.example) ![x](https://evil.example/x.png)",
    "*bold* _it_ ~gone~ `code` ```block``` :rotating_light:",
    "> quoted\n> lines\n# heading\n---\n| a | b |",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{7*7}} {{ config }} {% for x in y %} {# gone #} ${7*7} #{7*7} <%= 7*7 %>",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "'; DROP TABLE events; --",
    "\u202egnp.exe \u2066hidden\u2069 \x1b[31mred\x1b[0m \x07",
)
SHOUTS = (
    "<!channel",
    "<!here",
    "<!everyone",
    "<@U0ADMIN",
    "<#C0GENERAL",
    "<!subteam",
    "<https://evil",
    "<script",
    "<img",
)
"""What Slack would carry out, if it stood in a text as it is."""


def texts(document, name=""):
    """Every string in a JSON document that Slack would read as mrkdwn; in plain text, in elements of rich text and in
    fields it carries out nothing.
    """
    match document:
        case str() if name not in {"value", "private_metadata"}:
            yield document
        case dict() if document.get("type") not in {"plain_text", "plain_text_input", "text"}:
            for key, value in document.items():
                yield from texts(value, key)
        case list():
            for value in document:
                yield from texts(value)


def elements(document):
    """Every element of rich text in a JSON document that is more than text."""
    match document:
        case {"type": "user" | "usergroup" | "channel" | "broadcast" | "link" | "emoji" as kind}:
            yield kind, document
        case dict():
            for value in document.values():
                yield from elements(value)
        case list():
            for value in document:
                yield from elements(value)


@pytest.fixture
def declared(world):
    """An incident whose every text is hostile."""
    ada = world.people.by_slack(world.ada).actor
    choice = SecretChoice(NAME, reason=INJECTED[0])
    declaration = Declaration(
        environment="production", secrets=(choice,), how_noticed=INJECTED[1], title=INJECTED[2], public=True
    )
    incident = world.incidents.declare(declaration, ada, "declared").incident.id
    for number, text in enumerate(INJECTED):
        bodies = (
            c.AddNote(text),
            c.RecordFinding("finding", text),
            c.AddTask(text, text),
            c.SkipStep("assess", text),
            c.DeclineTask(f"t{number + 1}", text),
            c.BreakGlass({NAME: SHOWN}, text),
        )
        for body in bodies:
            world.incidents.do(incident, body, ada, f"{number} {type(body).__name__}")
    held = world.incidents.do(incident, c.HoldRevocations(INJECTED[0]), replace(ada, rights=frozenset(Right)), "held")
    assert held.incident.hold is not None
    return incident


def test_in_slack_nobody_is_shouted_at_and_no_link_is_made(world, declared):
    channel = world.show(declared) and world.incidents.load(declared).channel
    ada = world.ada
    for word in ("list", f"show {declared}", f"timeline {declared}", f"note {declared} {INJECTED[2]}"):
        assert world.driver.slash(ada, "/compromise", word, channel).ok
    assert world.driver.open_home(ada).ok
    time.sleep(0.5)
    said = [text for text in texts(world.driver.state()) if isinstance(text, str)]
    assert any("evil.example" in text for text in said)
    for text in said:
        assert not [shout for shout in SHOUTS if shout in text], text
        assert "\u202e" not in text
        assert "\x1b" not in text
    for kind, element in elements(world.driver.state()):
        if kind == "link":  # of the bot's own to its card
            assert element["url"].startswith("https://practice.slack.com/archives/"), element
            continue
        assert kind in {"user", "channel"}, element
        assert "ADMIN" not in str(element)
        assert "GENERAL" not in str(element)
    html = "".join(str(mrkdwn.render(text, {}, {})) for text in said if "evil.example" in text)
    assert "<script" not in html
    assert 'href="https://evil' not in html


def hostile_story():
    checks = {"checklist": {"keys": "Look."}, "inspects": ("keys",), "can": capabilities(inspects=True)}
    secret = entry(NAME, title=INJECTED[7], owner=INJECTED[2], if_killed=INJECTED[6], **checks)
    story = Story(declaration(wanted(secret, reason=INJECTED[7]), title=INJECTED[7], how_noticed=INJECTED[8]), CHLOE)
    story.world.left_behind = tuple(Leftover("keys", text, text) for text in INJECTED)
    story.run(120)
    story.do(c.EndCheck(NAME, "keys", CheckOutcome.HANDLED, INJECTED[7]), CHLOE)
    for text in INJECTED:
        for body in (c.AddNote(text), c.RecordFinding("finding", text), c.RecordFinding("root-cause", text),
                     c.AddTask(text, text)):  # fmt: skip
            story.do(body, CHLOE)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, INJECTED[7]), CHLOE)
    for task in list(story.incident.tasks):
        story.do(c.DeclineTask(task, INJECTED[7]), CHLOE)
    story.close_over(INJECTED[7], CHLOE)
    return story.run(10)


def test_a_report_renders_people_text_and_evaluates_nothing():
    story = hostile_story()
    assert not story.incident.open
    for text in (
        render(story.incident, story.log, "1:a", template_folders(), story.now),
        render_decision(story.incident, "reports/x.md", template_folders()),
    ):
        assert "49" not in text.replace("2049", "").split()
        assert "<class" not in text
        assert not re.search(r"(?<!\\)<(script|img)", text)
        assert "](https://evil" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert not [line for line in text.splitlines() if line.startswith("# heading")]


# --- paths ----------------------------------------------------------------------------------------------------------

PATHS = (
    "../../x", "inc_../../x", "/etc/passwd", "inc_aaaaaa/../../x", "inc_aaaaaa\n", "inc_AAAAAA", "..", ".",
    "inc_%2e%2e", "inc_aaaaa\u0661", "C:\\x", "~root", "inc_aaaaaa ", "$(id)", "%s%n",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_report_is_filed_under_an_incidents_id_only(tmp_path, path):
    with pytest.raises(Misuse):
        write("x", tmp_path / "reports", path)
    assert not list(tmp_path.rglob("*"))


def test_a_decision_names_its_incident_by_an_id_only(tmp_path):
    for path in PATHS[:4]:
        with pytest.raises(Misuse):
            append_decision(tmp_path / "DECISIONS.md", f"<!-- {path} closed at 2026-11-25T03:00:00Z -->\nx")
    assert not list(tmp_path.rglob("*"))


COMMANDS = (("show",), ("timeline",), ("plan",), ("log", "verify"))


@pytest.mark.parametrize("path", PATHS)
def test_ids_at_the_terminal(tmp_path, path):
    data = tmp_path / "data"
    for words in COMMANDS:
        said = say(*words, path, environ={"BOT_DATA": str(data), "BOT_ENVIRONMENT": "development"})
        assert said.status == 2, said.err
        assert "Unexpected" not in said.err
        assert "Traceback" not in said.err
    assert {file.name.partition("-")[0] for file in data.iterdir()} <= {"incidents.sqlite", "bot.log"}
    assert {file.name for file in tmp_path.iterdir()} == {"data"}


def test_ids_in_slack(world, watch):
    before = watch()
    for path in PATHS:
        for word in ("show", "timeline", "report", "note", "kill", "retry"):
            assert world.driver.slash(world.ada, "/compromise", f"{word} {path} openai-api-key").ok
    time.sleep(0.5)
    before.unchanged()
    assert world.incidents.summaries() == []


def test_a_note_with_nothing_to_read_or_too_much_is_refused(world, declared, watch):
    notes = [r.event.text for r in world.incidents.events(declared) if isinstance(r.event, NoteAdded)]
    ada = world.people.by_slack(world.ada).actor
    for number, text in enumerate(("", " \n\t", "\x00", "x" * 50_000, "\u202e")):
        reply = world.incidents.do(declared, c.AddNote(text), ada, f"note {number}")
        assert reply.refused, repr(text)[:40]
    assert [r.event.text for r in world.incidents.events(declared) if isinstance(r.event, NoteAdded)] == notes


# --- files ----------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [BOMB, "[" * 100_000, "{a: " * 20_000, "!!python/object/apply:os.system [id]", "a: &a [*a]", "#" * 2_000_000,
     "? {a: b}\n: c", "\x00", "- - - - " * 5000, "<<: *x", "schema: 1\nenvironments: !!set {a, b}"],
    ids=range(11),
)  # fmt: skip
@pytest.mark.parametrize("load", ["catalog", "playbook"])
def test_files_that_are_bombs(tmp_path, text, load):
    path = tmp_path / f"{load}.yaml"
    path.write_text(text)
    begun = time.process_time()
    with pytest.raises(ConfigurationError) as refused:
        load_catalog(path, ["openai"]) if load == "catalog" else load_playbooks([path])
    assert time.process_time() - begun < 5
    assert str(path) in str(refused.value)
    assert len(str(refused.value)) < 20_000


CATALOG = """
schema: 1
environments: [production, staging]
secrets:
  - name: openai-api-key
    title: OpenAI
    provider: openai
    parts: {{ key: {{ parameter: "{parameter}", variable: OPENAI_API_KEY }} }}
    admin: {admin}
    policy: {{ rotate_after_days: 90 }}
    owner: AI team
    if_killed: Answers stop.
    outage: degraded
    kill: irreversible
    data: personal
"""


@pytest.mark.parametrize(
    ("parameter", "admin"),
    [
        ("/production/openai-api-key", "/bot/admin/openai"),
        ("/{environment}/../production/openai-api-key", "/bot/admin/openai"),
        ("/{environment}/production/openai-api-key", "/bot/admin/openai"),
        ("/_compromise/{environment}/x", "/bot/admin/openai"),
        ("/bot/{environment}", "/bot/admin/openai"),
        ("/{environment}/openai-api-key", "/production/admin/openai"),
        ("/{environment}/openai-api-key", "/bot/admin/../slack-bot-token"),
        ("/{environment}/openai-api-key", "/bot/slack-bot-token"),
    ],
)
def test_a_catalog_that_reaches_for_another_environments_or_the_bots_own_parameters(tmp_path, parameter, admin):
    path = tmp_path / "secrets.yaml"
    path.write_text(CATALOG.format(parameter=parameter, admin=admin))
    with pytest.raises(ConfigurationError) as refused:
        load_catalog(path, ["openai"])
    assert str(path) in str(refused.value)
    said = say("catalog", "check", environ={"BOT_DATA": str(tmp_path / "data"), "BOT_PLAYBOOKS": str(tmp_path)})
    assert (said.status, "Traceback" in said.err) == (2, False)
    assert isinstance(refused.value, BotError)
    assert json.dumps(said.err)
    assert not Path(tmp_path / "data" / "incidents.sqlite").exists()
