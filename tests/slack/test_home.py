"""What the home tab says of an incident to each person: what waits for them, and for nobody else."""

from copy import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.eventlog import Summary
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import CLOSURE, REDACTION, STRATEGY
from bot.incident.closing.open_items import open_items
from bot.incident.due import outlasting
from bot.incident.lanes import old_lane
from bot.incident.model import Actor, Right
from bot.incident.offers import Offer
from bot.incident.operations import Op
from bot.incident.state import Proposal
from bot.people import Listing, People, Person
from bot.phrases.closing import open_words
from bot.slack.blocks import section, to_json
from bot.slack.buttons import in_words, needed_of
from bot.slack.listeners.alerts import alerts_waiting
from bot.slack.listeners.app_context import OpenIncidents
from bot.slack.listeners.commands import WORDS
from bot.slack.listeners.home import MOST, Shown, home_of, home_tab
from tests.slack.states import AT, Story, entry
from tests.slack.test_notices import told
from tests.support.incidents import OBLIGATIONS

ADA = Actor("ada", frozenset({Right.RESPOND}))
BOB = Actor("bob", frozenset({Right.RESPOND, Right.APPROVE}))
CY = Actor("cy", frozenset({Right.COMMAND}))
NAME = "openai-api-key"


def spelled(phrase):
    return read(to_json([section(phrase)]))


def tasks(story, actor):
    return [spelled(in_words(story.incident, offer)) for offer in needed_of(story.incident, actor, story.at)]


def test_each_sees_what_waits_for_them():
    undecided = Story(entry(NAME)).captured(NAME)
    assert tasks(undecided, ADA) == [f"*Revoke now* `{NAME}`"]
    assert tasks(undecided, CY) == []
    story = Story(entry(NAME)).captured(NAME).then(e.KillRequested(NAME, rights=(Right.RESPOND,)), by="ada")
    story.asked(NAME)
    assert tasks(story, ADA) == []
    assert tasks(story, BOB) == [f"*Approve* `{NAME}`"]


def test_what_people_do_at_the_provider_is_said_before_the_button_for_it():
    name = "stripe-secret-key"
    story = Story(entry(name, by_hand=True)).captured(name)
    make = f"make the new `{name}`: *Take, open steps* on the card"
    assert tasks(story, ADA) == [f"revoke `{name}`, then press *I revoked it*", make]


@pytest.mark.parametrize(
    ("what", "subject", "words"),
    [
        (CLOSURE, "no impact recorded", "to *close* with this still open: no impact recorded"),
        (CLOSURE, "it is open; " * 30, "to *close* with this still open: it is open; "),
        (STRATEGY, NAME, f"to change `{NAME}` to *replace first*; "),
        (REDACTION, "12", "to *remove text from the log for good*: event 12"),
    ],
)
def test_who_is_asked_to_agree_reads_to_what_and_by_whom(what, subject, words):
    story = Story(entry(NAME)).captured(NAME)
    asks = Proposal(1, what, subject, "it is late", "ada", story.at, story.at + timedelta(minutes=30))
    story.incident = replace(story.incident, proposal=asks)
    offer = Offer(c.ApproveProposal, c.ApproveProposal(1, ""), "1", "", ())
    said = spelled(in_words(story.incident, offer))
    assert said.startswith(f"*Agree*: ada proposes {words}")
    assert len(said) < 200


def test_what_failed_for_good_can_be_retried():
    story = Story(entry(NAME)).captured(NAME).fails(Op.REVOKE, old_lane(NAME), NAME, final=True)
    assert f"*Retry revocation* `{NAME}`" in tasks(story, ADA)


def test_what_waits_for_somebody_stands_first_and_names_their_own_tasks():
    waiting = Shown(summary(), "https://slack.com/app_redirect?channel=C1", ("*Revoke now* `a`", "fix the cause"))
    words = read(home_tab([waiting, Shown(summary("inc_second"))], trusted=True)["blocks"])
    assert words.startswith("Waits for you\n🖐 *inc_ab12cd* · production\n• *Revoke now* `a`\n• fix the cause\nOpen")
    assert words.count("Open\n") == 1
    assert "Nothing for you" not in words
    idle = read(home_tab([Shown(summary())], trusted=True)["blocks"])
    assert idle.startswith("✅ Nothing for you in open incidents.")


def test_of_many_those_in_which_something_waits_are_shown_and_all_are_counted():
    idle = [Shown(summary(f"inc_idle{number:02}")) for number in range(24)]
    last = Shown(summary("inc_waits"), "https://slack.com/x", ("fix the cause",))
    words = read(home_tab([*idle, last], trusted=True)["blocks"])
    assert words.startswith("Waits for you\n🖐 *inc_waits* · production\n• fix the cause")
    assert "25 open incidents" in words
    assert "And 5 more: `bot list`." in words
    assert words.count("*inc_idle") == MOST - 1
    runs = [Shown(replace(each.summary, kind="rotation")) for each in idle]
    words = read(home_tab(runs, trusted=True)["blocks"])
    assert "24 planned runs under way" in words
    assert "And 4 more: `bot list`." in words
    much = [Shown(summary(f"inc_{number:06}"), "", ("x",)) for number in range(MOST + 3)]
    assert "And 3 more with something for you: `bot list`." in read(home_tab(much, trusted=True)["blocks"])


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


def test_what_the_close_would_ask_for_waits_for_who_commands_as_the_card_has_it():
    story = Story(entry(NAME)).dead(NAME).live(NAME)
    story.then(e.RoleTaken(""), by="ada")
    rights = frozenset({Right.RESPOND})
    people = People(tuple(Person(name, slack=f"U0{name}", rights=rights) for name in ("ada", "bob")))
    words = drawn([], "ada", people, going=[story])
    assert words.startswith("Waits for you\n🖐 *inc_ab12cd*")
    assert f"• to close: {spelled(' · '.join(open_words(open_items(story.incident))))}\n" in words
    assert "impact" in words
    assert "🟡 all dead, access is not contained yet · declared by" in words
    assert "✅" not in words
    assert drawn([], "bob", people, going=[story]).startswith("✅ Nothing for you in open incidents.")


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


def test_what_somebody_has_taken_on_stands_before_what_is_only_to_be_closed():
    closing = [Shown(summary(f"inc_{number:06}"), to_close="to close: impact") for number in range(MOST + 3)]
    told = read(home_tab([*closing, Shown(summary("inc_task"), "", ("fix the cause",))], trusted=True)["blocks"])
    assert told.startswith("Waits for you\n🖐 *inc_task* · production\n• fix the cause\n🖐 *inc_000000*")
    assert "And 4 more with something for you: `bot list`." in told


def test_tasks_of_closed_incidents_stand_before_what_is_only_to_be_closed_and_each_of_those_can_be_opened():
    closing = [
        Shown(summary(f"inc_{n:06}"), f"https://slack.test/{n}", to_close="to close: impact") for n in range(MOST)
    ]
    owed = Shown(replace(summary("inc_owed"), state="closed"), "", ("fix the cause",))
    blocks = home_tab(closing, closed=[owed], trusted=True)["blocks"]
    assert read(blocks).startswith("Waits for you\n🖐 *inc_owed* · production · closed\n• fix the cause\n🖐 *inc_000000*")
    assert "And 1 more with something for you: `bot list`." in read(blocks)
    assert all(str(blocks).count(f"'https://slack.test/{n}'") == 1 for n in range(MOST))


def test_what_is_left_of_closed_incidents_waits_for_whose_it_is_with_its_time():
    story = Story(entry(NAME)).dead(NAME)
    story.then(
        e.TaskAdded("t1", "rewrite the history", "Platform"),
        e.TaskAdded("t2", "tell the auditor", "ada", AT + timedelta(days=1)),
        e.TaskAdded("t3", "buy a safe", "cy", AT + timedelta(days=1)),
        e.TaskAdded("t4", "take it out", "ada"),
        e.TaskDone("t4"),
        e.IncidentClosed("done"),
    )
    everyone = [Person(name, slack=f"U0{name}", rights=frozenset({Right.RESPOND})) for name in ("ada", "bob", "eve")]
    teams = {"Platform": ("ada", "bob")}
    people = People(current=lambda: Listing((*everyone, Person("dan", slack="U0dan")), teams=teams))
    words = drawn([story], "ada", people)
    assert words.startswith(
        "Waits for you\n🖐 *inc_ab12cd* · production · closed\n"
        "• tell the auditor (*overdue* since 2026-11-26 03:00 UTC)\n• rewrite the history\n"
    )
    assert "No open incident" in words
    assert drawn([story], "bob", people).count("\n• ") == 1
    assert "Waits for you" not in drawn([story], "eve", people)
    assert (
        "🔒 *inc_ab12cd* · closed: 3 to-dos left, first: tell the auditor (*overdue* since 2026-11-26 03:00 UTC), ada"
    ) in drawn([story], "eve", people)
    assert "Answer…" in words
    assert "inc_ab12cd" not in drawn([story], "dan", people)
    assert "Not searched for your to-dos: 3 of the closed ones." in drawn([], "ada", people, unread=3)


def test_a_notice_without_a_fixed_hour_is_left_to_people_too():
    story = told()
    story.record(e.IncidentClosed("done"))
    undecided = [item for item in open_items(story.incident) if item.key.startswith("notification:")]
    assert None in {item.due for item in undecided}
    tasks = sum(task.open for task in story.incident.tasks.values())
    assert outlasting(story.incident) == len(undecided) + tasks
    people = People((Person("anna", slack="U0anna", rights=frozenset({Right.RESPOND, Right.COMMAND})),))
    words = drawn([story], "anna", people)
    assert f"{len(undecided)} to-dos left" in words
    assert sum(f"decide on “{each.title}”" in words for each in OBLIGATIONS) == len(undecided)


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
            now=datetime.now(UTC),
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
