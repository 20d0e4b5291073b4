"""What the home tab says of an incident to each person: what waits for them, and for nobody else."""

from copy import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.eventlog import Summary
from bot.incident import events as e
from bot.incident.kinds import Rank
from bot.incident.model import Actor, Right
from bot.people import Listing, People, Person
from bot.slack.blocks import section, to_json
from bot.slack.listeners.alerts import alerts_waiting
from bot.slack.listeners.app_context import OpenIncidents
from bot.slack.listeners.commands import WORDS
from bot.slack.listeners.home import MOST, Shown, home_of, home_tab
from tests.slack.states import AT, Story, entry

ADA = Actor("ada", frozenset({Right.RESPOND}))
BOB = Actor("bob", frozenset({Right.RESPOND, Right.APPROVE}))
CY = Actor("cy", frozenset({Right.COMMAND}))
NAME = "openai-api-key"


def spelled(phrase):
    return read(to_json([section(phrase)]))


def people_of(*actors):
    return People(tuple(Person(each.name, slack=f"U0{each.name}", rights=each.rights) for each in actors))


def test_each_sees_the_to_dos_that_wait_for_them():
    people = people_of(ADA, BOB, CY)
    undecided = Story(entry(NAME)).captured(NAME)
    assert f"• revoke {NAME}\n" in drawn([], "ada", people, going=[undecided], now=undecided.at)
    assert "revoke" not in drawn([], "cy", people, going=[undecided], now=undecided.at)
    story = Story(entry(NAME)).captured(NAME).then(e.KillRequested(NAME, rights=(Right.RESPOND,)), by="ada")
    story.asked(NAME)
    assert f"agree to revoke {NAME}" not in drawn([], "ada", people, going=[story], now=story.at)
    assert f"• agree to revoke {NAME} (due " in drawn([], "bob", people, going=[story], now=story.at)


def test_what_waits_for_somebody_stands_first_and_names_their_own_tasks():
    waiting = Shown(summary(), "https://slack.com/app_redirect?channel=C1", ("*Revoke now* `a`", "fix the cause"))
    words = read(home_tab([waiting, Shown(summary("inc_second"))], trusted=True)["blocks"])
    assert words.startswith("Waits for you\n🖐 *inc_ab12cd* · production\n• *Revoke now* `a`\n• fix the cause\nOpen")
    assert words.count("Open\n") == 1
    assert "Nothing for you" not in words
    urgent = Shown(summary("inc_urgent"), tasks=("revoke it",), rank=Rank.WORKS)
    words = read(home_tab([waiting, urgent], trusted=True)["blocks"])
    assert words.index("inc_urgent") < words.index(waiting.summary.incident), "the most urgent comes first"
    idle = read(home_tab([Shown(summary())], trusted=True)["blocks"])
    assert idle.startswith("✅ Nothing for you in open incidents.")


def test_that_nothing_waits_is_said_only_where_all_were_searched():
    one = [Shown(summary())]
    assert "Nothing for you" in read(home_tab(one, trusted=True)["blocks"])
    words = read(home_tab(one, trusted=True, unsearched=2)["blocks"])
    assert "Nothing for you" not in words
    assert "Not searched for your to-dos: 2 of the open ones" in words


def drawn(stories, actor, people, *, unread=0, now=AT + timedelta(days=2), going=()):
    """The home tab where these are closed, and those that are `going` are open: nothing, if none is given."""
    known = tuple((replace(summary(story.incident.id), state="closed"), story.incident) for story in stories)
    opened = tuple((replace(summary(story.incident.id), alive=0), story.incident) for story in going)
    ctx = SimpleNamespace(
        people=people,
        clock=lambda: now,
        open_incidents=lambda: OpenIncidents(opened),
        owing=lambda _limit: OpenIncidents(known, unread),
        word=False,
        unattended=lambda: "",
        trusted=False,
    )
    return read(home_of(ctx, people.named(actor).slack)["blocks"])


def test_an_incident_that_cannot_be_drawn_leaves_the_others_as_they_are():
    people = People((Person("anna", slack="U1", rights=frozenset(Right)),))
    broken, other = Story(entry(NAME)), Story(entry(NAME), title="Another one")
    for story in (broken, other):
        story.then(e.TaskAdded("t9", "Look again", "anna", AT + timedelta(days=9), "rotate"))
    task = replace(broken.incident.tasks["t9"], due=datetime.max.replace(tzinfo=UTC))
    broken.incident = replace(broken.incident, tasks={"t9": task})
    words = drawn([], "anna", people, going=[broken, other])
    assert words.count("Look again") == 1
    assert words.count(broken.incident.id) >= 2


def test_what_a_person_attests_is_neither_alive_nor_proven_dead_in_tab_and_list():
    story = Story(entry(NAME)).captured(NAME)
    story.then(e.DeathAttested(NAME, "the provider is gone"), by="ada")
    people = People((Person("ada", slack="U0ADA", rights=frozenset({Right.RESPOND})),))
    keys = "🟡 1 of 1 old key vouched dead, not confirmed"
    assert f"{keys}, access is not contained yet · declared by" in drawn([], "ada", people, going=[story])
    told = []
    ctx = SimpleNamespace(
        people=people,
        unattended=lambda: "",
        open_incidents=lambda: OpenIncidents(((summary(story.incident.id), story.incident),)),
        tell=lambda _request, text: told.append(text),
    )
    WORDS["list"].does(ctx, SimpleNamespace(user="U0ADA"), [])
    assert told[0].endswith(keys)


def test_what_is_left_of_closed_incidents_waits_for_whose_it_is_with_its_time():
    story = Story(entry(NAME)).dead(NAME)
    story.then(
        e.TaskAdded("t1", "rewrite the history", "Platform"),
        e.TaskAdded("t2", "tell the auditor", "ada", AT + timedelta(days=1)),
        e.TaskAdded("t4", "take it out", "ada"),
        e.TaskDone("t4"),
        e.IncidentClosed("done"),
    )
    everyone = [Person(name, slack=f"U0{name}", rights=frozenset({Right.RESPOND})) for name in ("ada", "bob", "eve")]
    teams = {"Platform": ("ada", "bob")}
    people = People(current=lambda: Listing((*everyone, Person("dan", slack="U0dan")), teams=teams))
    words = drawn([story], "ada", people)
    assert words.startswith("Waits for you\n🖐 *inc_ab12cd* · production · closed\n")
    assert "• 2 tasks (*overdue* since 2026-11-26 03:00 UTC)\n" in words
    assert "Answer…" in words
    assert "No open incident" in words
    assert "• rewrite the history\n" in drawn([story], "bob", people)
    assert "rewrite the history" not in drawn([story], "eve", people)
    assert "inc_ab12cd" not in drawn([story], "dan", people)
    assert "Not searched for your to-dos: 3 of the closed ones." in drawn([], "ada", people, unread=3)


def test_of_many_open_ones_the_first_are_shown_and_all_are_counted():
    idle = [Shown(summary(f"inc_idle{number:02}")) for number in range(MOST + 4)]
    words = read(home_tab(idle, trusted=True, unsearched=4)["blocks"])
    assert f"{MOST + 4} open incidents" in words
    assert "And 4 more: `bot list`." in words
    assert words.count("*inc_idle") == MOST
    runs = [Shown(replace(each.summary, kind="rotation")) for each in idle]
    words = read(home_tab(runs, trusted=True)["blocks"])
    assert f"{MOST + 4} planned runs under way" in words
    assert "And 4 more: `bot list`." in words


@pytest.mark.parametrize(("waiting", "said"), [(0, ""), (1, "1 alert waits"), (2, "2 alerts wait")])
def test_news_from_outside_that_nobody_has_decided_on_is_counted(waiting, said):
    log = SimpleNamespace(current=lambda: SimpleNamespace(undecided=(None,) * waiting))
    ctx = SimpleNamespace(incidents=SimpleNamespace(event_log=SimpleNamespace(alerts=log)), alerts_channel="")
    found = spelled(alerts_waiting(ctx)) if waiting else alerts_waiting(ctx)
    assert said in found
    assert bool(found) == bool(waiting)
    assert (found or "No open") in read(home_tab([], trusted=True, alerts=found)["blocks"])


def test_an_incident_that_cannot_be_read_is_not_none():
    words = read(home_tab([], trusted=True, unsearched=1, unread=1)["blocks"])
    assert "No readable open incident, 1 unreadable" in words
    assert "1 that cannot" not in read(home_tab([], trusted=False, unsearched=1, unread=1)["blocks"])


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ({Right.RESPOND}, "🛑 1 open incident cannot be read: `bot list` at a terminal."),
        (set(), "No open incident."),
    ],
)
def test_nor_does_the_list_leave_it_out_for_responders(rights, said):
    told = []
    ctx = SimpleNamespace(
        people=People((Person("ada", slack="U0ADA", rights=frozenset(rights)),)),
        unattended=lambda: "",
        open_incidents=lambda: OpenIncidents(unread=1),
        tell=lambda _request, text: told.append(text),
    )
    WORDS["list"].does(ctx, SimpleNamespace(user="U0ADA"), [])
    assert [read(to_json([section(each)])) for each in told] == [said]


def test_the_tab_fits_into_slacks_limits_however_much_is_open():
    much = tuple("x" * 60 for _ in range(5))
    shown = [Shown(summary(f"inc_{number:06}"), "https://slack.com/x", much) for number in range(MOST + 1)]
    closed = [replace(each, summary=replace(each.summary, state="closed")) for each in shown]
    for found in (shown, [replace(each, tasks=()) for each in shown]):
        tab = home_tab(
            found,
            trusted=True,
            warning="x" * 200,
            unsearched=3,
            closed=closed,
            unsearched_closed=3,
        )
        assert check_view(tab) == []
        assert len(tab["blocks"]) < 100
        assert "with something for you" in read(tab["blocks"])


def summary(incident="inc_ab12cd"):
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return Summary(incident, 3, "open", "production", "a leak", at, "ada", "3:ab", at, ("a", "b"), 1)
