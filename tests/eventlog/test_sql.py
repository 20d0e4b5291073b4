import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from bot.errors import LogError, Misuse
from bot.eventlog import SecretTaken, open_event_log
from bot.eventlog.contract import Cursor
from bot.eventlog.installation_streams import ALL
from bot.eventlog.projections import summary_values
from bot.eventlog.rebuild import rebuild
from bot.eventlog.tables import STREAMS
from bot.eventlog.verify import verify
from bot.incident import commands as c
from bot.incident import events as e
from tests.support.event_logs import AT, SEAL, command, declare, note, open_test_log, rules, wanted


def kinds(decision):
    return [e.kind_of(recorded.event) for recorded in decision.events]


def test_a_command_becomes_numbered_events_and_a_state(event_log):
    decision = event_log.execute("inc_a", declare("inc_a", "openai", "redis"))
    assert kinds(decision) == ["incident-declared", "secret-added", "secret-added"]
    assert [recorded.seq for recorded in decision.events] == [1, 2, 3]
    assert not decision.repeated
    assert decision.incident.seq == 3
    assert set(decision.incident.secrets) == {"openai", "redis"}
    assert event_log.load("inc_a") == decision.incident
    assert tuple(event_log.events("inc_a")) == decision.events
    assert [recorded.command_id for recorded in decision.events] == ["declare-inc_a", None, None]


def test_a_snapshot_is_state_events_and_head_of_one_moment(event_log):
    with pytest.raises(Misuse):
        event_log.snapshot("inc_a")
    event_log.execute("inc_a", declare("inc_a", "openai"))
    event_log.execute("inc_a", note("two"))
    read = event_log.snapshot("inc_a")
    assert (read.incident, list(read.events)) == (event_log.load("inc_a"), event_log.events("inc_a"))
    assert read.head == event_log.head("inc_a")


def test_what_is_read_back_is_what_was_written(event_log, database_url):
    at = datetime(2026, 11, 25, 14, 0, 0, 70, tzinfo=timezone(timedelta(hours=2)))
    event_log.execute("inc_a", declare("inc_a"))
    said = 'Ünïcode "quotes" \\ and \x00 a null, \u2028 too'
    written = event_log.execute("inc_a", command("n", c.AddNote(said), at)).events
    other = open_test_log(database_url)
    assert tuple(other.events("inc_a", after=1)) == written
    assert written[0].at == datetime(2026, 11, 25, 12, 0, 0, 70, tzinfo=UTC)
    assert other.load("inc_a") == event_log.load("inc_a")
    assert verify(other.rows("inc_a")).ok
    other.close()


def test_times_without_a_zone_are_refused(event_log):
    with pytest.raises(ValueError, match="time zone"):
        event_log.execute("inc_a", declare("inc_a", at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point
    assert event_log.incidents() == []


def test_a_command_needs_its_id(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with pytest.raises(ValueError, match="needs its id"):
        event_log.execute("inc_a", note(""))


def test_a_repeat_gets_the_first_answer(event_log, database_url):
    first = event_log.execute("inc_a", declare("inc_a", "openai"))
    event_log.execute("inc_a", note("two"))
    other = open_test_log(database_url)
    for asked in (event_log, other):
        again = asked.execute("inc_a", declare("inc_a", "openai"))
        assert again.repeated
        assert again.events == first.events
        assert again.incident.seq == 3
    assert len(event_log.rows("inc_a")) == 3
    other.close()


def test_the_same_command_id_in_two_incidents_is_two_commands(event_log):
    for incident in ("inc_a", "inc_b"):
        event_log.execute(incident, declare(incident))
        assert not event_log.execute(incident, note("same")).repeated


def test_a_command_that_changes_nothing_writes_nothing(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    decision = event_log.execute("inc_a", note("n", "nothing"))
    assert decision.events == ()
    assert not decision.repeated
    assert decision.incident == event_log.load("inc_a")
    assert len(event_log.rows("inc_a")) == 1


def test_what_the_rules_raise_passes_through_and_nothing_is_written(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with pytest.raises(RuntimeError, match="the rules failed"):
        event_log.execute("inc_a", note("n", "fail"))
    assert len(event_log.rows("inc_a")) == 1
    assert event_log.execute("inc_a", note("n")).incident.seq == 2


def test_an_unknown_incident_is_a_misuse(event_log):
    for ask in (
        lambda: event_log.execute("inc_x", note("n")),
        lambda: event_log.load("inc_x"),
        lambda: event_log.head("inc_x"),
    ):
        with pytest.raises(Misuse, match="There is no incident inc_x"):
            ask()
    assert event_log.events("inc_x") == []
    assert event_log.summary("inc_x") is None


def test_another_process_is_seen_by_load_and_by_the_next_command(event_log, database_url):
    other = open_test_log(database_url)
    event_log.execute("inc_a", declare("inc_a"))
    other.execute("inc_a", note("theirs"))
    assert event_log.load("inc_a").seq == 2
    other.execute("inc_a", note("theirs-2"))
    assert event_log.execute("inc_a", note("mine")).events[0].seq == 4
    other.close()


def test_a_lost_race_is_decided_again(postgres_url):
    """Another process appends after we have read and before we write; twice, so that the row's lock is proven too."""
    other, seen = open_test_log(postgres_url), []

    def slow_rules(incident, envelope, free):
        seen.append(incident.seq if incident else 0)
        if len(seen) == 2:
            other.execute("inc_a", note("theirs"))
        return rules(incident, envelope)

    event_log = open_test_log(postgres_url, decide=slow_rules)
    event_log.execute("inc_a", declare("inc_a"))
    decision = event_log.execute("inc_a", note("mine"))
    assert seen == [0, 1, 2]
    assert decision.events[0].seq == 3
    assert verify(event_log.rows("inc_a")).ok
    event_log.close()
    other.close()


def test_a_lost_race_for_the_declaration_joins_it(postgres_url):
    other, once = open_test_log(postgres_url), []

    def slow_rules(incident, envelope, free):
        if not once:
            once.append(True)
            other.execute("inc_a", declare("inc_a", "openai"))
        return rules(incident, envelope)

    event_log = open_test_log(postgres_url, decide=slow_rules)
    decision = event_log.execute("inc_a", declare("inc_a", "openai"))
    assert decision.repeated
    assert len(event_log.rows("inc_a")) == 2
    event_log.close()
    other.close()


def test_threads_append_to_one_incident_without_gaps(event_log):
    event_log.execute("inc_a", declare("inc_a"))

    def work(name):
        for number in range(15):
            event_log.execute("inc_a", note(f"{name}-{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert [row.seq for row in event_log.rows("inc_a")] == list(range(1, 62))
    assert event_log.load("inc_a").seq == 61
    assert verify(event_log.rows("inc_a"), event_log.head("inc_a"), event_log.summary("inc_a")).ok


def test_the_same_command_from_many_threads_happens_once(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with ThreadPoolExecutor(4) as pool:
        decisions = list(pool.map(lambda _: event_log.execute("inc_a", note("once")), range(8)))
    assert sorted(decision.repeated for decision in decisions) == [False] + 7 * [True]
    assert len({decision.events for decision in decisions}) == 1


@pytest.mark.process
def test_three_processes_append_without_a_gap_or_a_double(event_log, database_url, start):
    event_log.execute("inc_a", declare("inc_a"))
    children = [start("append", database_url, "inc_a", name, 40) for name in ("ana", "ben", "cem")]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for number in range(20):
        event_log.execute("inc_a", note(f"here-{number}"))
    assert [child.wait(30) for child in children] == [0, 0, 0]
    rows = event_log.rows("inc_a")
    assert [row.seq for row in rows] == list(range(1, 1 + 3 * 40 + 20 + 1))
    assert len({row.command_id for row in rows}) == len(rows)
    assert verify(rows, event_log.head("inc_a"), event_log.summary("inc_a")).anchored
    assert event_log.load("inc_a").seq == len(rows)


def test_a_secret_is_in_one_open_incident_per_environment(event_log):
    event_log.execute("inc_a", declare("inc_a", "openai"))
    with pytest.raises(SecretTaken, match="join") as raised:
        event_log.execute("inc_b", declare("inc_b", "redis", "openai"))
    assert (raised.value.incident, raised.value.secret) == ("inc_a", "openai")
    assert event_log.incident_of("production", "redis") is None
    assert event_log.rows("inc_b") == []
    assert [summary.incident for summary in event_log.incidents()] == ["inc_a"]
    event_log.execute("inc_c", declare("inc_c", "openai", environment="staging"))
    assert event_log.taken_secrets() == {("production", "openai"): "inc_a", ("staging", "openai"): "inc_c"}
    assert event_log.taken_secrets("staging") == {("staging", "openai"): "inc_c"}


def test_a_close_gives_secrets_back_and_a_reopening_takes_them_again(event_log):
    event_log.execute("inc_a", declare("inc_a", "openai"))
    event_log.execute("inc_a", command("add", c.AddSecret(wanted("redis"))))
    assert event_log.incident_of("production", "redis") == "inc_a"
    event_log.execute("inc_a", command("close", c.Close("done")))
    assert event_log.taken_secrets() == {}
    event_log.execute("inc_b", declare("inc_b", "redis"))
    with pytest.raises(SecretTaken, match="inc_b"):
        event_log.execute("inc_a", command("reopen", c.Reopen("it answers")))
    assert not event_log.load("inc_a").open
    event_log.execute("inc_b", command("close", c.Close("done")))
    event_log.execute("inc_a", command("reopen", c.Reopen("it answers")))
    assert event_log.incident_of("production", "openai") == "inc_a"


def test_closed_incidents_in_which_people_owe_something_are_told_apart(event_log):
    for incident in ("inc_a", "inc_b", "inc_c"):
        event_log.execute(incident, declare(incident, incident))
        if incident != "inc_c":
            event_log.execute(incident, command("task", c.AddTask("fix the cause", "ana", None)))
        if incident != "inc_b":
            event_log.execute(incident, command("close", c.Close("done")))

    def owing():
        return [summary.incident for summary in event_log.owing(10)]

    assert owing() == ["inc_a"]
    rebuild(event_log)
    assert owing() == ["inc_a"]
    event_log.execute("inc_b", command("close", c.Close("done")))
    assert sorted(owing()) == ["inc_a", "inc_b"]
    assert len(event_log.owing(1)) == 1
    event_log.execute("inc_a", command("finish", c.FinishTask("t1")))
    event_log.execute("inc_b", command("reopen", c.Reopen("it answers")))
    assert owing() == []


def test_two_declarations_of_one_secret_at_once_leave_one(event_log):
    def attempt(incident):
        try:
            event_log.execute(incident, declare(incident, "openai", "redis"))
        except SecretTaken as taken:
            return taken.incident
        return incident

    with ThreadPoolExecutor(4) as pool:
        winners = set(pool.map(attempt, [f"inc_{letter}" for letter in "abcdefgh"]))
    assert len(winners) == 1
    assert event_log.open_incidents() == list(winners)


def test_the_summary_follows_the_state(event_log):
    event_log.execute("inc_a", declare("inc_a", "redis", "openai"))
    event_log.execute("inc_b", declare("inc_b", at=AT + timedelta(seconds=1)))
    summary = event_log.summary("inc_a")
    assert (summary.state, summary.environment, summary.title) == ("open", "production", "Leak in inc_a")
    assert (summary.declared_at, summary.declared_by, summary.secrets) == (AT, "ana", ("openai", "redis"))
    assert summary.alive == 2
    assert summary.head == event_log.head("inc_a") == f"3:{event_log.rows('inc_a')[-1].digest}"
    event_log.execute(
        "inc_a", command("attest", c.Settle((c.AttestDeath("redis", "server is gone"),)), AT + timedelta(hours=1))
    )
    assert event_log.summary("inc_a").alive == 2, "attested is not dead"
    assert event_log.summary("inc_a").updated_at == AT + timedelta(hours=1)
    event_log.execute("inc_a", command("close", c.Close("done")))
    assert [summary.incident for summary in event_log.incidents()] == ["inc_b", "inc_a"]
    assert [summary.incident for summary in event_log.incidents("closed")] == ["inc_a"]
    assert [summary.incident for summary in event_log.incidents(limit=1)] == ["inc_b"]
    assert [summary.closed_over for summary in event_log.incidents()] == [None, 0]
    event_log.execute("inc_b", command("close-b", c.Close("tasks", ("task:t1", "task:t2"))))
    assert event_log.summary("inc_b").closed_over == 2
    rebuild(event_log)
    assert event_log.summary("inc_b").closed_over == 2
    event_log.execute("inc_b", command("reopen-b", c.Reopen("it answers")))
    assert event_log.summary("inc_b").closed_over is None
    assert event_log.open_incidents() == ["inc_b"]


def test_what_is_alive_is_counted_anew_where_that_may_have_changed(event_log):
    event_log.execute("inc_a", declare("inc_a", "redis"))
    event_log.execute("inc_a", command("attest", c.Settle((c.AttestDeath("redis", "server is gone"),))))
    before = event_log.load("inc_a")
    looked = replace(before.secrets["redis"], old=replace(before.secrets["redis"].old, probes=1))
    last = event_log.rows("inc_a")[-1]
    assert summary_values(replace(before, secrets={}), last, before)["alive"] == 0
    assert "alive" not in summary_values(replace(before, secrets={"redis": looked}), last, before)


def test_changes_are_polled_against_what_is_known(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    event_log.execute("inc_b", declare("inc_b"))
    known = event_log.changes_since({})
    assert known == {"inc_a": 1, "inc_b": 1}
    assert event_log.changes_since(known) == {}
    event_log.execute("inc_b", command("close", c.Close("done")))
    assert event_log.changes_since(known) == {"inc_b": 2}


def test_changes_leave_out_closed_incidents_of_long_ago(event_log):
    for name in ("inc_a", "inc_b", "inc_c"):
        event_log.execute(name, declare(name))
    event_log.execute("inc_b", command("close", c.Close("done"), AT + timedelta(days=1)))
    event_log.execute("inc_c", command("close", c.Close("done"), AT + timedelta(days=3)))

    assert event_log.changes_since({}, AT + timedelta(days=2)) == {"inc_a": 1, "inc_c": 2}
    event_log.execute("inc_b", command("reopen", c.Reopen("again"), AT + timedelta(days=9)))
    assert event_log.changes_since({}, AT + timedelta(days=8)) == {"inc_a": 1, "inc_b": 3}


def test_changes_come_open_ones_first_and_the_longest_waiting_of_them_first(event_log):
    for number, name in enumerate(("inc_a", "inc_b", "inc_c")):
        event_log.execute(name, declare(name))
        event_log.execute(name, command("note", c.AddNote("news"), AT + timedelta(minutes=10 - number)))
    event_log.execute("inc_b", command("close", c.Close("done"), AT))

    assert list(event_log.changes_since({})) == ["inc_c", "inc_a", "inc_b"]


def test_cursors_are_kept_by_place(event_log):
    first = Cursor("inc_a", "slack", "card", 3, '{"ts":"1.2"}', AT)
    other = Cursor("inc_a", "pagerduty", "page", 1, "{}", AT)
    for cursor in (first, other, Cursor("inc_b", "slack", "card", 9, "", AT)):
        event_log.cursors.put(cursor)
    assert event_log.cursors.get("inc_a", "slack", "card") == first
    assert event_log.cursors.get("inc_a", "slack", "other") is None
    moved = Cursor("inc_a", "slack", "card", 8, '{"ts":"1.2"}', AT + timedelta(seconds=2))
    event_log.cursors.put(moved)
    assert event_log.cursors.all("inc_a") == [other, moved]
    assert event_log.cursors.all("inc_a", "slack") == [moved]


def test_a_waiting_thread_is_woken_by_an_append(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    assert event_log.wait(0)  # what happened before the first wait
    assert not event_log.wait(0)
    event_log.execute("inc_a", note("n"))
    assert event_log.wait(60)
    assert not event_log.wait(0)
    timer = threading.Timer(0.1, event_log.wake)
    timer.start()
    begun = time.monotonic()
    assert event_log.wait(60)
    assert time.monotonic() - begun < 50
    timer.join()


def test_a_summary_out_of_step_is_said_not_guessed(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with event_log.database.writing() as connection:
        connection.execute(text("UPDATE incidents SET seq = 7"))
    with pytest.raises(LogError, match="bot log rebuild"):
        event_log.execute("inc_a", note("n"))
    assert len(event_log.rows("inc_a")) == 1


def test_an_event_without_its_summary_is_said_too(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with event_log.database.writing() as connection:
        connection.execute(text("UPDATE events SET seq = 2"))
    with pytest.raises(LogError, match="log verify"):
        event_log.execute("inc_a", note("n"))


def test_the_cache_is_bounded_and_only_a_cache(event_log):
    event_log._states._bound = 2
    for incident in ("inc_a", "inc_b", "inc_c"):
        event_log.execute(incident, declare(incident))
    assert list(event_log._states._held) == ["inc_b", "inc_c"]
    assert event_log.execute("inc_a", note("n")).incident.seq == 2
    event_log.forget()
    assert event_log.load("inc_b").seq == 1


def test_ten_thousand_events_and_quick_appends(event_log):
    """In processor time: what others leave of a second says nothing of the log."""
    event_log.execute("inc_a", declare("inc_a"))
    begun = time.process_time()
    for number in range(50):
        event_log.execute("inc_a", note(f"burst-{number}", "burst 200"))
    assert event_log.load("inc_a").seq == 10_001
    assert time.process_time() - begun < 10
    begun = time.process_time()
    for number in range(100):
        event_log.execute("inc_a", note(f"single-{number}"))
    each = (time.process_time() - begun) / 100
    print(f"one append: {each * 1000:.2f} ms")
    assert each < 0.05
    event_log.forget()
    assert len(event_log.rows("inc_a")) == 10_101


def test_the_rules_of_the_incident_are_the_default(database_url):
    event_log = open_event_log(database_url, seal=SEAL)
    decision = event_log.execute("inc_abc234", declare("inc_abc234", "openai"))
    assert kinds(decision)[0] == "incident-declared"
    assert event_log.execute("inc_abc234", declare("inc_abc234", "openai", command_id="other")).events == ()
    event_log.close()


@pytest.mark.parametrize("stream", STREAMS)
def test_no_incident_has_the_name_of_a_stream_of_the_installation(event_log, stream):
    with pytest.raises(Misuse, match=f"no incident {stream}"):
        event_log.execute(stream, declare(stream))
    with pytest.raises(Misuse, match=f"no incident {stream}"):
        event_log.load(stream)
    assert event_log.rows(stream) == []


def test_every_stream_of_the_installation_is_reserved():
    assert tuple(each.name for each in ALL) == STREAMS
