"""Who is woken when: the first pager, the fallback, and the reminders of a decision that nobody takes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import glass_offered
from bot.incident.clocks import REMINDED_BEFORE
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE
from bot.incident.offers import available, may
from bot.incident.operations import Op
from bot.incident.paging.rules import paged_at
from bot.incident.paging.schedule import FALLBACK_AFTER, Reach, reach
from bot.incident.schedule import PAGE_AGAIN, pending
from bot.model.capabilities import Makes, RevokedBy
from bot.model.probes import Probe
from bot.model.secrets import Data, Kill, Outage
from bot.worker.retries import failed
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    AUTHORITY,
    BEN,
    CHLOE,
    DORA,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    no_notice,
    wanted,
)

NAME = "openai-api-key"


def failing(final, error="Unreachable"):
    """The page cannot be sent, for good or for now."""
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL})
    claim = story.begin(Op.PAGE)
    assert claim.lane == PAGE_LANE
    retry_at = None if final else story.now + timedelta(seconds=300)
    story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, error, "pagerduty: no answer", retry_at))
    return story


def lanes(story):
    return {work.lane for work in pending(story.incident, story.now) if work.op is Op.PAGE}


def sent(story, *, fallback=True):
    events = [r.event for r in story.log if isinstance(r.event, e.PageSent)]
    return [event.action for event in events if event.fallback is fallback]


def test_while_the_first_pager_works_the_fallback_is_silent():
    story = Story(declaration()).run(120).complete()
    story.do(c.Close(), CHLOE)
    story.run(1)
    assert sent(story) == []
    assert (story.incident.page.word, story.incident.fallback.word) == ("resolved", "none")


def test_a_page_that_failed_for_good_goes_to_the_fallback_at_once():
    story = failing(final=True)
    assert lanes(story) == {FALLBACK_LANE}
    story.run(60)
    assert sent(story)[0] == "trigger"
    assert story.incident.fallback.word == "resolved"


def test_a_page_that_goes_on_failing_goes_to_the_fallback_after_a_minute():
    story = failing(final=False)
    assert lanes(story) == set()
    story.now += FALLBACK_AFTER
    assert lanes(story) == {FALLBACK_LANE}


def test_the_fallback_hears_of_all_that_the_first_pager_would_have_and_of_the_end():
    story = failing(final=True)
    story.do(c.AddNote("I am on it"), CHLOE)
    story.run(120).complete()
    story.close_over("the page is broken", CHLOE)
    story.run(1)
    assert {"trigger", "note", "acknowledge", "resolve"} <= set(sent(story))
    assert story.incident.fallback.notes_sent == len(story.incident.milestones[:-1])  # the last is the close


def test_where_no_fallback_is_set_up_that_is_recorded_once():
    story = failing(final=True)
    story.world.fallback = False
    story.run(300)
    assert sent(story) == ["none"]
    assert story.incident.fallback.missing


def test_after_a_reopening_both_pagers_begin_anew():
    story = failing(final=True).run(120).complete()
    story.close_over("the page is broken", CHLOE)
    story.run(1)
    story.do(c.Reopen("it answers"), CHLOE)
    assert story.incident.fallback.word == "none"


# --- what the bot itself works with ---------------------------------------------------------------------------------


class Own(World):
    """Some of the leaked keys are the bot's own."""

    def __init__(self, **own) -> None:
        super().__init__()
        self.own = own

    def answer(self, incident, claim):
        answer = super().answer(incident, claim)
        if isinstance(answer, e.OldCaptured) and claim.subject in self.own:
            return replace(answer, own=self.own[claim.subject])
        return answer


def when(story, kind, name):
    return next(r.at for r in story.log if isinstance(r.event, kind) and r.event.secret == name)


def test_a_pager_that_leaked_is_not_relied_on():
    world = Own(pagerduty=("BOT_PAGERDUTY_ROUTING_KEY",))
    story = Story(declaration(wanted(entry("pagerduty"))), world=world).run(60)
    assert story.secret("pagerduty").own == ("BOT_PAGERDUTY_ROUTING_KEY",)
    assert sent(story, fallback=False)[0] == "trigger"
    assert sent(story)[0] == "trigger"
    assert "one of the bot's own keys is among them" in story.incident.milestones


def test_what_the_bot_works_with_is_killed_last():
    world = Own(slack=("SLACK_BOT_TOKEN",))
    story = Story(declaration(wanted(entry("slack")), wanted()), world=world)
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert {subject for op, subject in story.ops() if op is Op.REVOKE} == {NAME}
    story.run(60)
    assert when(story, e.AccessRevoked, NAME) < when(story, e.AccessRevoked, "slack")
    assert story.secret("slack").gone
    assert sent(story) == []


def test_it_is_not_kept_alive_for_one_that_cannot_be_killed():
    world = Own(slack=("SLACK_BOT_TOKEN",))
    story = Story(declaration(wanted(entry("slack")), wanted()), world=world)
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    assert (Op.REVOKE, "slack") not in story.ops()
    failed = e.OperationFailed(claim.number, Op.REVOKE, "Refused", "openai: HTTP 403", None)
    story.finish(claim, failed)
    assert (Op.REVOKE, "slack") in story.ops()
    waiting = Story(declaration(wanted(entry("slack")), wanted()), world=world)
    waiting.work(only={Op.CAPTURE, Op.SNAPSHOT})
    waiting.begin(Op.REVOKE)
    waiting.now += timedelta(seconds=waiting.incident.timings.retry_for)
    assert (Op.REVOKE, "slack") in waiting.ops()


def test_broken_glass_kills_what_the_bot_works_with_at_once():
    story = Story(declaration(wanted(entry("slack")), wanted()), world=Own(slack=("SLACK_BOT_TOKEN",)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.do(c.BreakGlass({"slack": SHOWN}, "abuse"), ANNA)
    assert (Op.REVOKE, "slack") in story.ops()


# --- the decision on notification -----------------------------------------------------------------------------------

DECIDED_WITHIN = timedelta(hours=48)
"""Two thirds of the time to the notice that an incident carries by default."""


@pytest.fixture
def owing():
    """Someone's data was opened, and nobody has decided whether to tell them; all else is done."""
    return Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(120)


def reminders(story):
    told = [r for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("decision:")]
    return [(r.at - r.event.at, not r.event.early) for r in told]


def test_people_are_reminded_before_the_time_runs_out_and_when_it_has(owing):
    owing.run(DECIDED_WITHIN.total_seconds())
    assert reminders(owing) == [(-REMINDED_BEFORE, False), (timedelta(), True)]
    assert [text for text in owing.incident.milestones if "notification" in text] == [
        "the decision on notification is due on 2026-11-27 at 02:58 UTC",
        "the decision on notification is OVERDUE",
    ]
    assert sent(owing, fallback=False)[-3:] == ["resolve", "alert", "alert"]


def test_a_decision_in_time_spares_everybody(owing):
    owing.do(no_notice(), CHLOE)
    owing.run(DECIDED_WITHIN.total_seconds())
    assert reminders(owing) == []


def test_a_leak_that_was_noticed_long_ago_is_overdue_at_once():
    late = declaration(wanted(entry(data=Data.CHILDREN)))
    late = replace(late, detected_at=late.detected_at - 2 * DECIDED_WITHIN)
    story = Story(late).run(120)
    assert [over for _, over in reminders(story)] == [True]


def test_after_the_close_a_reminder_pages_anew_until_somebody_decides(owing):
    owing.complete()
    owing.close_over("it is not decided yet", CHLOE)
    owing.run(1)
    assert owing.incident.page.word == "resolved"
    owing.run((DECIDED_WITHIN - REMINDED_BEFORE).total_seconds())
    assert not owing.incident.open
    assert owing.incident.page.word == "triggered"
    assert sent(owing, fallback=False)[-2:] == ["trigger", "note"]
    owing.do(no_notice("none of them is concerned"), CHLOE)
    owing.run(1)
    assert owing.incident.page.word == "resolved"


ZOE = m.Actor("zoe", frozenset())
SAID = [
    c.AddNote("any news?"),
    c.RecordSighting(NAME, "leaked", "C0INCIDENT", "1700000000.000100"),
]


@pytest.mark.parametrize("body", SAID)
def test_who_may_not_respond_says_something_and_answers_no_page(body):
    story = Story(declaration()).run(10)
    story.do(body, ZOE)
    assert story.incident.answered_by == ""


@pytest.mark.parametrize("body", SAID)
def test_who_may_respond_answers_the_page_with_it(body):
    story = Story(declaration(), BEN).run(10)
    story.do(body, ANNA)
    story.work(only={Op.PAGE})
    assert (story.incident.answered_by, story.incident.page.word) == ("anna", "acknowledged")


def triggers(story):
    return sent(story, fallback=False).count("trigger")


def test_a_notice_that_is_owed_pages_after_the_close_until_it_was_sent():
    data = wanted(entry(data=Data.PERSONAL))
    story = Story(declaration(data, obligations=(AUTHORITY,))).run(180)
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    story.complete().close_over("it is sent tomorrow", CHLOE)
    story.run(1)
    assert (story.incident.open, story.incident.page.word, triggers(story)) == (False, "resolved", 1)

    story.run(timedelta(hours=73).total_seconds())
    assert story.incident.page.word == "triggered"
    assert sent(story, fallback=False)[-3:] == ["trigger", "note", "note"]
    assert story.incident.milestones[-1] == "a legal or contract deadline has passed"
    story.run(timedelta(days=2).total_seconds())
    assert triggers(story) == 2, "what comes again day by day wakes nobody"

    story.do(c.RecordNoticeSent("authority", "case 4711"), BEN)
    story.run(timedelta(days=3).total_seconds())
    assert (story.incident.page.word, triggers(story)) == ("resolved", 2)


def test_a_close_over_a_decision_that_is_overdue_pages_nobody_day_by_day(owing):
    owing.run(DECIDED_WITHIN.total_seconds() + 60)
    owing.complete().close_over("counsel decides tomorrow", CHLOE)
    before = triggers(owing)
    owing.run(timedelta(days=3).total_seconds())
    assert len(reminders(owing)) > 2
    assert (owing.incident.page.word, triggers(owing)) == ("resolved", before)


def test_a_close_over_broken_glass_that_people_were_told_of_pages_nobody():
    story = broken().run(30 * 3600).complete()
    assert unreviewed(story) == [f"review the glass broken for {NAME}"]
    before = triggers(story)
    story.close_over("it is reviewed tomorrow", CHLOE)
    story.run(3600)
    assert (story.incident.page.word, triggers(story)) == ("resolved", before)


# --- a second person who does not answer ----------------------------------------------------------------------------


FATAL = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)


def asking(*, public=False):
    """An incident in which a second person has been asked a second after the declaration."""
    told = declaration(wanted(FATAL))
    return Story(replace(told, public=public)).run(10)


def test_approvers_are_paged_at_once_by_an_alert_of_their_own_until_somebody_answers():
    story = asking()
    assert sent(story, fallback=False)[:2] == ["trigger", "ask"]
    assert "an approval is needed" in story.incident.milestones
    story.run(3600)  # the request lapses and is made again: one alert
    assert sent(story, fallback=False).count("ask") == 1
    story.approve(BEN)
    story.run(1)
    assert "answered" in sent(story, fallback=False)
    assert not story.incident.page.asking


def test_an_alert_that_asks_ends_with_the_incident():
    story = asking()
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    story.close_over("it is a toy", CHLOE)
    story.agree(BEN)
    story.run(1)
    assert sent(story, fallback=False)[-2:] == ["answered", "resolve"]


def test_after_ten_minutes_without_an_answer_broken_glass_is_offered_and_nothing_is_approved():
    story = asking().run(9 * 60)
    assert not glass_offered(story.incident, story.secret(), story.now)
    story.run(60)
    assert glass_offered(story.incident, story.secret(), story.now)
    assert [r.event for r in story.log if isinstance(r.event, e.GlassOffered)] == [e.GlassOffered((NAME,))]
    assert "an approval request is unanswered" in story.incident.milestones
    story.run(24 * 3600)
    assert story.secret().old_state is m.Old.ALIVE


def test_a_plan_that_changes_does_not_put_the_offer_off():
    story = asking().run(9 * 60)
    story.do(c.AddSecret(wanted(entry("redis", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN))), ANNA)
    story.do(c.AskReplacement(NAME), ANNA)
    story.run(61)
    assert glass_offered(story.incident, story.secret(), story.now)
    assert not glass_offered(story.incident, story.secret("redis"), story.now)


def test_broken_glass_is_offered_at_once_where_strangers_can_read_the_value():
    story = asking(public=True)
    assert glass_offered(story.incident, story.secret(), story.now)
    assert not [r for r in story.log if isinstance(r.event, e.GlassOffered)]


def test_breaking_the_glass_is_never_refused_for_being_early():
    story = asking()
    assert not glass_offered(story.incident, story.secret(), story.now)
    assert [e.kind_of(x) for x in story.do(c.BreakGlass({NAME: SHOWN}, "it is being used"), ANNA)] == ["glass-broken"]


@pytest.mark.parametrize("public", [False, True])
def test_an_answer_takes_the_offer_back(public):
    story = asking(public=public).run(700)
    assert glass_offered(story.incident, story.secret(), story.now)
    story.do(c.RejectPlan(story.digest(), "wrong key"), BEN)
    assert not glass_offered(story.incident, story.secret(), story.now)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.run(10)
    assert glass_offered(story.incident, story.secret(), story.now) is public


# --- broken glass is reviewed ---------------------------------------------------------------------------------------


def broken():
    story = asking()
    story.do(c.BreakGlass({NAME: SHOWN}, "nobody answers"), ANNA)
    return story.run(120)


def unreviewed(story):
    return [r.event.words for r in story.log if isinstance(r.event, e.Reminded) and r.event.key.startswith("review:")]


def test_a_day_later_and_by_day_people_are_reminded_once_of_glass_that_nobody_has_reviewed():
    story = broken().run(28 * 3600)
    assert unreviewed(story) == [], "it is not eight o'clock yet"
    story.run(3600)
    assert unreviewed(story) == [f"review the glass broken for {NAME}"]
    assert "broken glass NOT reviewed after a day" in story.incident.milestones
    assert unreviewed(story.run(3 * 24 * 3600)) == [f"review the glass broken for {NAME}"]


def test_a_review_in_time_spares_everybody():
    story = broken()
    assert story.do(c.ReviewGlass("nobody could be reached", SHOWN), CHLOE) == (
        e.GlassReviewed((NAME,), "nobody could be reached"),
    )
    assert story.secret().reviewed_by == "chloe"
    assert unreviewed(story.run(2 * 24 * 3600)) == []


def test_glass_that_is_broken_again_is_reviewed_again():
    story = asking()
    story.do(c.BreakGlass({NAME: SHOWN}, "nobody answers"), ANNA)
    story.do(c.ReviewGlass("it was right", SHOWN), CHLOE)
    story.do(c.WithdrawConsent(NAME, m.ConsentKind.BREAK_GLASS, "anna", "anna left."), m.BOT)
    story.do(c.BreakGlass({NAME: SHOWN}, "still nobody"), CHLOE)
    assert story.secret().reviewers_missing == 1
    assert "Another person must review it" in story.refused(c.ReviewGlass("right", SHOWN), CHLOE)


def test_an_account_that_many_can_use_reviews_no_glass():
    """Whoever broke it may come by that account too."""
    rights = frozenset({m.Right.RESPOND, m.Right.COMMAND})
    role = m.Actor("arn:aws:sts::123456789012:assumed-role/OnCall/session", rights)
    story = broken()
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.ReviewGlass]
    assert not may(role, offer)
    assert may(m.Actor("eve", rights), offer)
    assert "not in the people file" in story.refused(c.ReviewGlass("it was right", SHOWN), role)
    assert story.secret().reviewers_missing == 1


@pytest.mark.parametrize("name", ["arn:aws:sts::123456789012:assumed-role/OnCall/session", m.OPERATOR])
def test_glass_that_an_account_without_an_entry_broke_two_people_review(name):
    """The first of them may be who broke it."""
    story = asking()
    story.do(c.BreakGlass({NAME: SHOWN}, "nobody answers"), m.Actor(name, ANNA.rights))
    story.do(c.ReviewGlass("it was right", SHOWN), CHLOE)
    assert (story.secret().reviewers_missing, story.secret().reviewed_by) == (1, "")
    assert "Another person must review it" in story.refused(c.ReviewGlass("it was right", SHOWN), CHLOE)
    assert unreviewed(story.run(3 * 24 * 3600)) == [f"review the glass broken for {NAME}"]
    story.do(c.ReviewGlass("so it was", SHOWN), BEN)
    assert (story.secret().reviewers_missing, story.secret().reviewed_by) == (0, "chloe and ben")
    assert "No broken glass to" in story.refused(c.ReviewGlass("again", SHOWN), BEN)


def test_the_review_is_owed_after_the_close_and_pages_for_it():
    story = broken().complete()
    story.close_over("it is reviewed tomorrow", CHLOE)
    story.run(1)
    assert story.incident.page.word == "resolved"
    story.run(30 * 3600)
    assert unreviewed(story) == [f"review the glass broken for {NAME}"]
    assert story.incident.page.word == "triggered"
    story.do(c.ReviewGlass("it was right", SHOWN, (NAME,)), CHLOE)
    story.run(1)
    assert story.incident.page.word == "resolved"


def test_a_review_says_something_about_what_was_broken():
    story = broken()
    assert "verdict is empty" in story.refused(c.ReviewGlass(" ", SHOWN), CHLOE)
    assert "has no secret 'redis'" in story.refused(c.ReviewGlass("right", SHOWN, ("redis",)), CHLOE)
    assert "may not command" in story.refused(c.ReviewGlass("right", SHOWN), DORA)
    assert "No broken glass to" in Story(declaration()).refused(c.ReviewGlass("right", SHOWN), CHLOE)


# --- whom the page has woken ----------------------------------------------------------------------------------------


def alerts(story):
    return list(story.incident.alerts)


def test_whoever_declares_does_not_answer_the_page_by_what_they_do_next():
    story = Story(declaration()).run(10)
    story.do(c.AddNote("I am on it"), ANNA)
    story.do(c.KillNow(NAME, SHOWN), ANNA)
    story.work(only={Op.PAGE})
    assert (story.incident.page.word, reach(story.incident)) == ("triggered", Reach.SENT)
    story.do(c.AddNote("I am on it"), BEN)
    story.work(only={Op.PAGE})
    assert (story.incident.page.word, reach(story.incident)) == ("acknowledged", Reach.ANSWERED)
    assert story.incident.answered_by == "ben"


@pytest.mark.parametrize("name", ["slack:U0ANNA", m.OPERATOR])
def test_an_account_that_may_be_the_declarers_does_not_answer_it(name):
    story = Story(declaration()).run(10)
    story.do(c.AddNote("I am on it"), m.Actor(name, frozenset({m.Right.RESPOND})))
    assert story.incident.answered_by == ""


def test_whoever_opens_it_again_does_not_answer_the_new_page_and_whoever_declared_it_does():
    story = Story(declaration()).run(120).complete()
    story.do(c.Close(), CHLOE)
    story.run(1)
    story.do(c.Reopen("it answers"), CHLOE)
    story.do(c.AddNote("I am on it"), CHLOE)
    assert story.incident.answered_by == ""
    story.do(c.AddNote("I am here"), ANNA)
    assert story.incident.answered_by == "anna"


@pytest.mark.parametrize("fallback", [True, False])
def test_when_no_pager_takes_the_page_nobody_has_been_reached(fallback):
    story = failing(final=True)
    assert reach(story.incident) is Reach.NOBODY
    story.world.fallback = fallback
    story.work(only={Op.PAGE})
    assert reach(story.incident) is (Reach.SENT if fallback else Reach.NOBODY)
    assert paged_at(story.incident) == (story.incident.fallback.triggered_at if fallback else None)


def test_a_page_that_failed_for_good_is_tried_now_and_then_if_the_pager_may_come_back():
    story = failing(final=True)
    story.world.fallback = False
    story.run(10)
    before = story.incident.milestones
    for _ in range(3):
        story.now += PAGE_AGAIN
        claim = story.begin(Op.PAGE)
        assert claim.detail == "trigger"
        story.finish(claim, failed(story.incident, claim, Unreachable("pagerduty", "trigger", "no answer"), story.now))
        assert story.incident.lane(PAGE_LANE).failure.final, "it is one try, not ten minutes of them"
    assert story.incident.milestones == before
    story.run(PAGE_AGAIN.total_seconds())
    assert reach(story.incident) is Reach.SENT
    story = failing(final=True, error="Unauthorized")
    story.now += timedelta(days=1)
    assert PAGE_LANE not in lanes(story), "a wrong key does not become right by itself"


def test_a_note_that_is_refused_stops_neither_alert_nor_answer_nor_the_end():
    story = Story(declaration(wanted(), wanted(entry("redis"))))
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE})
    story.record(e.ConsentWithdrawn("redis", m.ConsentKind.KILL, "anna", "anna left"))
    claim = story.begin(Op.PAGE)
    assert claim.detail == "note"
    story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, "Refused", "pagerduty: HTTP 400", None))
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), BEN)
    begun = []
    while (work := next((w for w in pending(story.incident, story.now) if w.lane == PAGE_LANE), None)) is not None:
        begun.append(work.detail)
        claim = story.begin(Op.PAGE)
        if claim.detail == "note":
            story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, "Refused", "pagerduty: HTTP 400", None))
        else:
            story.finish(claim)
    assert begun == ["alert", "acknowledge"]
    story.now += PAGE_AGAIN
    assert story.begin(Op.PAGE).detail == "note", "each of them heals the lane, so the note is tried now and then"
    assert reach(story.incident) is Reach.ANSWERED
    assert FALLBACK_LANE not in lanes(story), "a pager that pages well is not replaced for a note"


def failed_for_good(story, op):
    claim = story.begin(op)
    return story.finish(claim, e.OperationFailed(claim.number, op, "Refused", f"openai: {op}: HTTP 403", None))


def test_what_gets_worse_is_an_alert_of_its_own_although_the_page_was_answered():
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    story.do(c.AddNote("I am on it"), BEN)
    failed_for_good(story, Op.REVOKE)
    assert alerts(story) == ["an operation failed and needs a person"]
    story.work(only={Op.PAGE})
    assert sent(story, fallback=False)[-1] in {"alert", "note"}
    assert story.incident.page.alerts_sent == 1


def test_thirty_failures_in_a_minute_wake_once_and_one_an_hour_later_wakes_again():
    names = [f"openai-{n}" for n in range(5)]
    story = Story(declaration(*(wanted(entry(name)) for name in names)), BEN)
    story.work(only={Op.OPEN_CHANNEL, Op.CAPTURE, Op.SNAPSHOT})
    for _ in range(3):
        failed_for_good(story, Op.ISSUE)
    assert len(alerts(story)) == 1
    story.now += timedelta(hours=1)
    failed_for_good(story, Op.ISSUE)
    assert len(alerts(story)) == 2


@pytest.mark.parametrize("op", [Op.USAGE, Op.PAGE])
def test_what_can_wait_until_the_morning_wakes_nobody(op):
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.CAPTURE, Op.SNAPSHOT})
    failed_for_good(story, op)
    assert alerts(story) == []


def test_an_overdue_proof_and_an_unanswered_approval_wake_anew():
    story = Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN))))
    story.do(c.AddNote("I am on it"), CHLOE)
    story.incident = replace(story.incident, public=False)
    story.run(700)
    assert "an approval request is unanswered" in alerts(story)
    story.approve(BEN)
    story.world.look = lambda _name: Probe("old", "live", "HTTP 200")
    story.run(story.incident.timings.retry_for + 60)
    assert "an old key is still not confirmed dead" in alerts(story)
    assert all(NAME not in alert for alert in alerts(story))


HANDED_OVER = "a new key was handed over: the work continues"


def test_whoever_was_called_since_no_key_could_be_made_hears_that_one_was_handed_over():
    """Also where the handing over comes from whoever raised it, which answers no page."""
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    failed_for_good(story, Op.ISSUE)
    story.work(only={Op.PAGE})
    assert alerts(story) == ["an operation failed and needs a person"]
    before = len(story.incident.milestones)
    story.do(c.AnnounceSubmission(NAME, "a" * 16), ANNA)
    assert story.incident.milestones[before:] == (HANDED_OVER,)
    story.work(only={Op.PAGE})
    assert sent(story, fallback=False)[-1] == "note"
    assert story.incident.page.notes_sent == before + 1


def test_so_does_whoever_was_called_for_a_death_that_a_new_key_may_prove():
    can = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
    story = Story(declaration(wanted(entry(can=can)))).run(1)
    story.world.controls = False
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME))
    story.run(story.incident.timings.retry_for + 5)
    assert "an old key is still not confirmed dead" in alerts(story)
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    assert story.incident.milestones[-1] == HANDED_OVER


def test_what_an_older_program_recorded_of_a_new_key_counts_no_note_that_it_did_not_send():
    """Notes are counted by their place among the milestones: another one before them would have the last sent twice."""
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    failed_for_good(story, Op.ISSUE)
    before = story.incident.milestones
    story.record(e.SubmissionAnnounced(NAME, "/_compromise/inbox/x"), "anna")
    assert story.incident.milestones == before


@pytest.mark.parametrize("outcome", ["sent", "unreachable", "lost"])
def test_an_alert_that_is_on_its_way_through_a_close_and_a_reopening_is_that_alert(outcome):
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    failed_for_good(story, Op.REVOKE)
    claim = story.begin(Op.PAGE)
    assert claim.detail == "alert"
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "enough"), CHLOE)
    story.close_over("enough", CHLOE)
    story.agree(BEN)
    assert not story.incident.open
    story.do(c.Reopen("it goes on"), CHLOE)
    match outcome:
        case "sent":
            story.finish(claim)
        case "unreachable":
            story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, "Unreachable", "no answer", story.now))
        case "lost":
            story.record(e.ClaimLost(claim.number, Op.PAGE, claim.lane))
    page = story.incident.page
    assert page.worse_at is not None or "alert" in page.unsure, "whatever is open there is resolved"
    story.work(only={Op.PAGE})
    assert (story.incident.page.word, story.incident.page.alerts_sent) == ("triggered", 1)
    story.now += timedelta(hours=1)
    failed_for_good(story, Op.ISSUE)
    story.work(only={Op.PAGE})
    assert (len(alerts(story)), story.incident.page.alerts_sent) == (2, 2)


def test_where_nobody_was_called_a_new_key_is_no_news():
    story = Story(declaration(wanted(entry(can=capabilities(makes=Makes.PERSON))))).run(60)
    story.do(c.AnnounceSubmission(NAME, "a" * 16))
    assert HANDED_OVER not in story.incident.milestones
