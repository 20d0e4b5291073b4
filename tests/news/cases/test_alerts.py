"""Alerts, pure: one case a value in whatever order reports come; decisions stand until time or news undoes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.incident.stored import by_name
from bot.model.codec import Recorded
from bot.news.cases import events as e
from bot.news.cases.commands import CallHarmless, EndTriage
from bot.news.cases.decide import ask_again, declare, looked, looked_through, on_command, overdue
from bot.news.cases.evolve import evolve
from bot.news.cases.state import (
    Alerts,
    Ours,
    Outcome,
    Report,
    Settled,
    Stage,
    Stranger,
    Value,
)

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ADA, GUEST = Actor("ada", frozenset({Right.RESPOND})), Actor("guest")
OPENAI = Value("openai-api-key", "production", "a" * 12, 3)
EARLIER = Value("openai-api-key", "production", "b" * 12, 1, current=False)
REDIS = Value("redis-url", "production", "c" * 12, 2)
IN_INCIDENT = Settled(Outcome.IN_INCIDENT, OPENAI, "inc_ab12cd")
DEAD, BY_DESIGN = Settled(Outcome.DEAD, EARLIER), Settled(Outcome.BY_DESIGN, REDIS)
CREDENTIAL = Stranger("ada", NOW + DAY, credential=True, fingerprint="d" * 12)
PARTLY = Stranger("ada", NOW + DAY, unread=("/production/redis-url", "/production/openai-api-key"))
PARTLY_ENDED = replace(PARTLY, unread=("/production/redis-url",), ended="false positive")


def report(number, *, public=False):
    return Report("github", f"acme/app#{number}", public=public, since=NOW - number * DAY)


def after(state, events, at=NOW, by="bot"):
    for event in events:
        state = evolve(state, Recorded(1, at, by, event))
    return state


def seen(*reported, state=None):
    state = state or Alerts()
    for one, verdict in reported:
        state = after(state, looked(state, one, verdict))
    return state


verdicts = st.sampled_from(
    [Ours(OPENAI), Ours(EARLIER), Ours(REDIS, auto=True), DEAD, BY_DESIGN, IN_INCIDENT,
     Settled(Outcome.ENDED, words="false positive"), Stranger("ada", NOW + DAY), CREDENTIAL, PARTLY, PARTLY_ENDED]
)  # fmt: skip


reports = st.builds(lambda number, public: report(number, public=public), st.integers(1, 6), st.booleans())


@given(st.lists(st.tuples(reports, verdicts), max_size=25))
def test_in_whatever_order_news_comes_a_value_has_one_undecided_case_and_a_second_look_is_no_news(news):
    state = Alerts()
    for one, verdict in news:
        state = after(state, looked(state, one, verdict))
        assert looked(state, one, verdict) == ()
    undecided = [case.value.fingerprint for case in state.undecided if case.value is not None]
    assert len(undecided) == len(set(undecided))
    for case in state.cases.values():
        assert len({each.key for each in case.reports}) == len(case.reports)


def test_a_thousand_reports_of_one_value_are_one_case_that_knows_the_earliest_and_whether_it_is_public():
    state = seen(*((report(number, public=number == 700), Ours(OPENAI)) for number in range(1, 1001)))
    [case] = state.cases.values()
    assert (len(case.reports), case.public, case.since) == (1000, True, NOW - 1000 * DAY)


def test_of_a_case_that_an_incident_deals_with_a_later_report_is_a_case_of_its_own():
    state = seen((report(1), Ours(OPENAI)))
    state = after(state, declare(state, 1, "inc_ab12cd"))
    assert declare(state, 1, "inc_ab12cd") == ()
    state = seen((report(2), IN_INCIDENT), (report(3), Ours(OPENAI)), state=state)
    stages = [(case.stage, len(case.reports)) for case in state.cases.values()]
    assert stages == [(Stage.DECLARED, 1), (Stage.PROPOSED, 1)]
    assert state.count(Outcome.IN_INCIDENT) == 1


def test_what_waits_in_triage_ends_once_its_value_is_known():
    state = seen((report(1), Stranger("ada", NOW)), (report(1), Ours(REDIS)))
    assert (state.cases[1].stage, state.cases[1].because) == (Stage.ENDED, "It is a key of ours: alert 2.")
    assert [case.number for case in state.undecided] == [2]


def test_a_case_that_waits_for_a_person_is_not_ended_by_its_source():
    state = seen((report(1), Ours(OPENAI)), (report(1), Settled(Outcome.ENDED, words="revoked")))
    assert state.cases[1].stage is Stage.PROPOSED


def test_time_asks_again_and_says_once_what_is_overdue():
    state = seen((report(1), Ours(OPENAI)), (report(2), Stranger("ada", NOW + DAY)))
    state = after(state, on_command(state, CallHarmless(1, "a test account", NOW + 9 * DAY), ADA, NOW), by="ada")
    assert (ask_again(state, NOW), overdue(state, NOW)) == ((), ())
    later = NOW + 10 * DAY
    assert ask_again(state, later) == (e.AskedAgain(1),)
    assert overdue(state, later) == (e.TriageOverdue(2),)
    state = after(state, (*ask_again(state, later), *overdue(state, later)))
    assert (ask_again(state, later), overdue(state, later), state.cases[2].overdue) == ((), (), True)


@pytest.mark.parametrize(
    ("command", "actor", "said"),
    [
        (CallHarmless(9, "fine", NOW + DAY), ADA, "There is no alert 9"),
        (CallHarmless(1, "fine", NOW + DAY), GUEST, "may not respond"),
        (CallHarmless(1, " ", NOW + DAY), ADA, "The reason is empty"),
        (CallHarmless(1, "sk-proj-abcdefghijklmnopqrst", NOW + DAY), ADA, "looks like a OpenAI API key"),
        (CallHarmless(1, "fine", NOW), ADA, "a time in the future"),
        (CallHarmless(1, "fine", NOW + 366 * DAY), ADA, "within 365 days"),
        (CallHarmless(2, "fine", NOW + DAY), ADA, "holds no known key"),
        (EndTriage(1, "fine"), ADA, "is a key of ours. Declare it"),
        (EndTriage(3, "fine"), ADA, "inc_ab12cd handles it"),
    ],
)
def test_what_cannot_be_decided_so_is_declined_with_what_to_do(command, actor, said):
    state = seen((report(1), Ours(OPENAI)), (report(2), Stranger("ada", NOW)), (report(3), Ours(REDIS)))
    state = after(state, declare(state, 3, "inc_ab12cd"))
    with pytest.raises(Declined, match=said):
        on_command(state, command, actor, NOW)


# --- an alert that becomes public -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [Ours(OPENAI), IN_INCIDENT], ids=["ours", "in an incident"])
@pytest.mark.parametrize("decided", [Stage.PROPOSED, Stage.HARMLESS, Stage.DECLARED])
def test_the_same_alert_is_news_once_more_can_read_it(decided, verdict):
    state = seen((report(1), Ours(OPENAI)))
    if decided is Stage.HARMLESS:
        state = after(state, on_command(state, CallHarmless(1, "a test account", NOW + 9 * DAY), ADA, NOW), by="ada")
    if decided is Stage.DECLARED:
        state = after(state, declare(state, 1, "inc_ab12cd"))
    state = seen((report(1, public=True), verdict), state=state)
    case = max(state.cases.values(), key=lambda one: one.number)
    assert (case.public, case.stage, case.reports) == (
        True, Stage.PROPOSED if isinstance(verdict, Ours) else Stage.DECLARED, (report(1, public=True),)
    )  # fmt: skip
    assert looked(state, report(1), verdict) == looked(state, report(1, public=True), verdict) == ()


def test_of_what_an_incident_deals_with_and_of_what_is_dead_it_is_recorded_that_more_can_read_it():
    state = seen((report(1), IN_INCIDENT), (report(2), DEAD))
    state = seen((report(1, public=True), IN_INCIDENT), (report(2, public=True), DEAD), state=state)
    assert [(one.outcome, one.report.public) for one in state.all_recorded] == [
        (Outcome.IN_INCIDENT, True), (Outcome.DEAD, True)
    ]  # fmt: skip


# --- an alert that holds several values -----------------------------------------------------------------------------


def test_of_an_alert_with_two_values_an_incident_deals_with_its_own_alone():
    state = seen((report(1), Ours(REDIS)), (report(1), IN_INCIDENT))
    assert (state.cases[1].stage, state.count(Outcome.IN_INCIDENT)) == (Stage.PROPOSED, 1)
    assert looked(state, report(1), IN_INCIDENT) == ()
    state = seen((report(1), Settled(Outcome.IN_INCIDENT, REDIS, "inc_cd34ef")), state=state)
    assert state.cases[1].incident == "inc_cd34ef"


@pytest.mark.parametrize("order", [1, -1], ids=["ours first", "the credential first"])
def test_an_admin_credential_beside_a_value_of_ours_keeps_its_triage(order):
    held = [(report(1), Ours(OPENAI)), (report(1), CREDENTIAL)]
    state = seen(*held[::order], *held)
    assert sorted(case.stage for case in state.cases.values()) == [Stage.PROPOSED, Stage.TRIAGE]


def test_all_that_an_alert_holds_is_decided_on_together():
    held = [(report(1), Ours(OPENAI)), (report(1), Ours(REDIS)), (report(1), CREDENTIAL)]
    events = looked_through(Alerts(), held, "bot", NOW)
    assert [(type(event), event.case) for event in events] == [(e.Matched, 1), (e.Matched, 2), (e.Unmatched, 3)]
    assert looked_through(after(Alerts(), events), held, "bot", NOW) == ()


# --- what was not compared with everything --------------------------------------------------------------------------


def test_what_was_not_compared_with_all_is_in_triage_until_it_was_and_not_over_by_its_sources_word():
    state = seen((report(1), replace(PARTLY, ended="false positive")))
    assert (state.cases[1].stage, state.cases[1].unread) == (Stage.TRIAGE, PARTLY.unread)
    state = seen((report(1), PARTLY_ENDED), state=state)
    assert (state.cases[1].stage, state.cases[1].unread) == (Stage.TRIAGE, PARTLY_ENDED.unread)
    other = replace(PARTLY_ENDED, unread=("/production/openai-api-key",))  # which was read before
    for last in (Settled(Outcome.ENDED, words="false positive"), other):
        ended = seen((report(1), last), state=state)
        assert (ended.cases[1].stage, ended.over("github:acme/app#1")) == (Stage.ENDED, True)
        assert looked(ended, report(1), PARTLY_ENDED) == ()
    ours = seen((report(1), Ours(REDIS)), state=state)
    assert [case.stage for case in ours.cases.values()] == [Stage.ENDED, Stage.PROPOSED]
    assert looked(ours, report(1), PARTLY_ENDED) == ()


def test_two_admin_credentials_of_an_alert_are_two():
    first, second = CREDENTIAL, replace(CREDENTIAL, fingerprint="e" * 12)
    state = seen((report(1), first), (report(1), second), (report(1), first))
    assert [case.stage for case in state.cases.values()] == [Stage.TRIAGE, Stage.TRIAGE]


def test_what_was_compared_with_all_before_is_not_called_unread_later():
    state = seen((report(1), Stranger("ada", NOW + DAY)))
    assert looked(state, report(1), PARTLY) == ()


# --- what logs hold -------------------------------------------------------------------------------------------------


EVERY = (
    e.Matched(1, report(1), OPENAI, auto=True), e.SeenAgain(1, report(2)), e.Unmatched(2, report(3), "ada", NOW),
    e.ComparedAgain(2, ("/production/redis-url",)),
    e.Noted(report(4), Outcome.DEAD, EARLIER, "inc_ab12cd", "words"), e.DeclaredOf(1, "inc_ab12cd"),
    e.CalledHarmless(1, "why", NOW), e.AskedAgain(1), e.TriageEnded(2, "why", 1), e.TriageOverdue(2),
)  # fmt: skip


@pytest.mark.parametrize("event", EVERY, ids=lambda event: type(event).__name__)
def test_every_event_is_read_back_as_it_was_written(event):
    assert {type(one) for one in EVERY} == set(by_name(e.AlertEvent).values())
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event


ONE = '{"key":"","label":"Key","link":"","public":false,"ref":"acme/app#1","since":null,"source":"github","where":""}'
OF = '{"current":true,"environment":"production","fingerprint":"aaaaaaaaaaaa","secret":"openai-api-key","version":3}'
KEPT = (
    ("alert-unmatched", f'{{"case":1,"due":"2026-11-28T04:00:00Z","owner":"ada","report":{ONE},"v":1}}'),
    ("alert-matched", f'{{"auto":false,"case":2,"report":{ONE},"v":1,"value":{OF}}}'),
    ("triage-ended", '{"because":"It is a key of ours: alert 2.","case":1,"own":2,"v":1}'),
    ("alert-declared", '{"case":2,"incident":"inc_ab12cd","v":1}'),
    ("alert-noted", f'{{"incident":"","outcome":"ended-at-source","report":{ONE},"v":1,"value":null,"words":"x"}}'),
    (
        "alert-noted",
        f'{{"incident":"inc_ab12cd","outcome":"in-incident","report":{ONE},"v":1,"value":{OF},"words":""}}',
    ),
)


def test_what_logs_hold_of_an_alert_with_one_value_means_what_it_meant():
    states = [Alerts()]
    for kind, data in KEPT:
        states.append(after(states[-1], [msgspec.json.decode(data, type=by_name(e.AlertEvent)[kind])]))
    key = "github:acme/app#1"
    assert [[case.stage.value for case in state.cases.values()] for state in states[1:5]] == [
        ["triage"], ["triage", "proposed"], ["ended", "proposed"], ["ended", "declared"]
    ]  # fmt: skip
    assert [state.over(key) for state in states[4:]] == [False, True, False]
    assert [states[-1].count(outcome) for outcome in (Outcome.ENDED, Outcome.IN_INCIDENT)] == [0, 1]
