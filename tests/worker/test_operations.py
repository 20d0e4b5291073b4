"""Which pager is told what, by the lane in which it is told."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.data_files import template_folders
from bot.errors import Refused, Unreachable
from bot.eventlog.contract import Snapshot
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE, REPORT_LANE, Lane, update_lane
from bot.incident.operations import Claim, Op, Work
from bot.incident.schedule import PAGE_AGAIN
from bot.incident.work.rules import NEEDS_PERSON
from bot.model.playbooks import Audience, Preview
from bot.model.secrets import Data, Kill, Outage
from bot.pager.contract import NoPager
from bot.phrases.events import sentence
from bot.phrases.times import moment
from bot.report.contract import kept_name
from bot.report.filing import FileArchive
from bot.rotation import Job
from bot.secrets.secret import Secret
from bot.worker.operations import IncidentOperations, approval_page_of
from bot.worker.ports import NoBoard
from bot.worker.retries import failed
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, PLAYBOOK, Story, World, declaration, entry, no_notice, wanted


@dataclass
class Told:
    """A pager that writes down what it is told."""

    calls: list[str] = field(default_factory=list)

    def trigger(self, page):
        self.calls.append(f"trigger {page.incident}")

    def note(self, _page, text):
        self.calls.append(f"note {text}")

    def acknowledge(self, incident):
        self.calls.append(f"acknowledge {incident}")

    def resolve(self, incident):
        self.calls.append(f"resolve {incident}")


class Paged(Story):
    """A story whose pages go through the operations."""

    def __init__(self, first, fallback, *secrets) -> None:
        self.operations = IncidentOperations(
            None, NoBoard(), first, FileArchive(Path(), Path()), (), lambda: self.now, fallback
        )
        super().__init__(declaration(*secrets))

    def finish(self, claim, outcome=None):
        if claim.op is Op.PAGE and outcome is None:
            try:
                outcome = self.operations.page(Job(self.incident, claim, None, lambda: None))
            except (Refused, Unreachable) as error:
                outcome = failed(self.incident, claim, error, self.now, lambda: 0.5)
        return super().finish(claim, outcome)


def ended(story):
    story.run(120).complete()
    story.close_over("done", CHLOE)
    return story.run(1)


def test_the_first_pager_is_told_everything_and_the_fallback_nothing():
    first, second = Told(), Told()
    story = ended(Paged(first, second))
    told = [call.split()[0] for call in first.calls]
    assert (told[0], told[-1], set(told)) == ("trigger", "resolve", {"trigger", "note", "resolve"})
    assert second.calls == []
    assert story.incident.lane(PAGE_LANE).failure is None


def test_without_a_first_pager_the_fallback_is_told_everything():
    second = Told()
    story = ended(Paged(NoPager(), second))
    assert second.calls[0] == f"trigger {story.incident.id}"
    assert second.calls[-1] == f"resolve {story.incident.id}"
    assert any("an old key is dead" in call for call in second.calls)


def test_without_any_pager_it_is_said_once_and_nothing_is_tried_again():
    story = Paged(NoPager(), None).run(300)
    assert story.incident.lane(PAGE_LANE).failure.final
    assert story.incident.lane(FALLBACK_LANE).failure is None
    assert [r.event.action for r in story.log if isinstance(r.event, e.PageSent)] == ["none"]


def test_a_second_person_is_asked_for_by_an_alert_of_its_own_that_says_nothing_of_the_secret():
    first = Told()
    story = Paged(first, None, wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)))
    story.run(60)
    assert first.calls[:2] == [f"trigger {story.incident.id}", f"trigger {story.incident.id}-approval"]
    page = approval_page_of(story.incident)
    assert page.summary.startswith(
        "A revocation needs a second approver. SEV 2: 1 production key leaked (inc_ab3cde); "
    )
    assert "openai" not in page.summary
    assert page.details["do"].startswith("Acknowledge, then decide: bot approve inc_ab3cde")
    story.approve(BEN)
    story.run(60)
    assert f"resolve {story.incident.id}-approval" in first.calls


@pytest.mark.parametrize("fallback", [None, Told()])
def test_a_reminder_after_the_close_says_why_it_pages(fallback):
    first = Told()
    story = ended(Paged(first, fallback, wanted(entry(data=Data.PERSONAL))))
    first.calls.clear()
    story.run(timedelta(hours=49).total_seconds())
    assert first.calls[0] == f"trigger {story.incident.id}"
    assert "the decision on notification is due on 2026-11-27" in first.calls[1]
    assert first.calls[2] == "note the decision on notification is OVERDUE"


@pytest.mark.parametrize("declined", [{"note"}, {"acknowledge"}, {"acknowledge", "note"}])
def test_what_a_pager_declines_for_good_is_tried_now_and_then_whatever_else_it_does(declined):
    """As where its REST key does not count any more. That it needs a person is a milestone, to be noted."""

    class Declining(Told):
        def _told(self, action):
            self.calls.append(action)
            if action in declined:
                raise Refused("pagerduty", action, "HTTP 401")

        def note(self, page, text):
            self._told("note")

        def acknowledge(self, incident):
            self._told("acknowledge")

    first = Declining()
    story = Paged(first, None)
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE})
    story.do(c.RecordAbuse("openai-api-key", "it pays"), BEN)
    for _ in range(60):
        story.work(only={Op.PAGE})
        story.now += timedelta(minutes=1)
    assert all(0 < first.calls.count(action) < 10 for action in declined), Counter(first.calls)
    assert story.incident.milestones.count(NEEDS_PERSON) == 1


ALL = frozenset({"trigger", "note", "acknowledge", "resolve"})


class Out(Told):
    """One whose answers get lost to what is `out`, and that takes anyway what is `taken`."""

    out = taken = frozenset()
    tries = 0

    def _told(self, action, said):
        self.tries += 1
        if action not in self.out or action in self.taken:
            self.calls.append(f"{action} {said}")
        if action in self.out:
            raise Unreachable("pagerduty", action, "no answer")

    def trigger(self, page):
        self._told("trigger", page.incident)

    def note(self, _page, text):
        self._told("note", text)

    def acknowledge(self, incident):
        self._told("acknowledge", incident)

    def resolve(self, incident):
        self._told("resolve", incident)


HARSH = {"outage": Outage.DOWN, "kill": Kill.IRREVERSIBLE}


def glass(first, fallback=None, out=ALL):
    """An alert beside the page, which does not get through. The key is not dead: the page stays open."""
    story = Paged(first, fallback, wanted(entry("openai-api-key", **HARSH)))
    story.world.controls = False
    story.run(20)
    first.out = out
    story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse"), CHLOE)
    return story


def asking(first, out):
    story = Paged(first, None, wanted(entry(**HARSH)))
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE})
    first.out = out
    return story


def test_an_alert_and_a_note_that_nobody_takes_have_their_own_pauses_and_the_fallback_gets_the_alert():
    first, second = Out(), Told()
    story = glass(first, second).run(90)
    assert f"trigger {story.incident.id}" in second.calls, "with what got worse in its words"
    story.run(510)
    assert first.tries < 200
    story.run(600)
    alert = story.incident.lane(PAGE_LANE).pages["alert"]
    assert (alert.final, alert.error) == (True, "Unreachable")
    assert story.incident.milestones.count(NEEDS_PERSON) == 1


@pytest.mark.parametrize(("begun", "named"), [(glass, "worse"), (asking, "approval")])
def test_whoever_is_to_be_woken_need_not_wait_once_the_pager_takes_something(begun, named):
    first = Out()
    story = begun(first, out=frozenset({"trigger"})).run(1300)
    failure = story.incident.lane(PAGE_LANE).pages["alert" if begun is glass else "ask"]
    assert failure.final
    assert story.incident.milestones.count(NEEDS_PERSON) <= 2, "each is told once, whatever else is noted"
    assert failure.at + PAGE_AGAIN > story.now + timedelta(seconds=60)
    first.out = frozenset()
    story.record(e.OwnCredentialConcerned("openai-api-key", ("X",)))  # a milestone: it is noted
    story.run(5)
    assert f"trigger {story.incident.id}-{named}" in first.calls


def test_what_the_pager_was_to_ask_and_nobody_needs_any_more_wakes_nobody_else():
    first, second = Out(), Told()
    story = Paged(first, second, wanted(entry(**HARSH)))
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    first.out = frozenset({"trigger"})
    story.run(20)
    assert "ask" in story.incident.lane(PAGE_LANE).pages
    story.world.controls = False
    story.approve(BEN)
    story.run(240)
    assert (story.incident.fallback.triggered_at, second.calls) == (None, [])
    story.do(c.AddSecret(wanted(entry("redis-url", **HARSH))), ANNA)
    story.run(5)
    assert story.incident.request is not None
    failure = story.incident.lane(PAGE_LANE).pages["ask"]
    assert failure.first_at > story.now - timedelta(seconds=10), "it is another question"


def open_at(pager):
    """What is open at a pager, by the calls that it took."""
    words = [call.split() for call in pager.calls if call.startswith(("trigger", "resolve"))]
    return {name for action, name in words if action == "trigger"} - {
        name for number, (action, name) in enumerate(words)
        if action == "resolve" and ["trigger", name] not in words[number:]
    }  # fmt: skip


def test_what_the_fallback_took_without_an_answer_is_ended_with_the_page():
    first, second = Out(), Out()
    first.out, second.out, second.taken = frozenset({"trigger"}), ALL, ALL
    story = Paged(first, second, wanted(entry())).run(70)
    assert f"trigger {story.incident.id}" in second.calls
    first.out = frozenset()
    story.run(40)
    assert story.incident.page.triggered_at is not None
    second.out = frozenset()
    ended(story)
    story.run(600)
    assert (open_at(first), open_at(second)) == (set(), set())


def test_what_is_not_ended_yet_when_it_is_opened_again_is_ended_with_the_next_close():
    first, second = Out(), Told()
    first.out = frozenset({"trigger"})
    story = Paged(first, second)
    story.world.controls = False
    story.run(120)
    first.out, story.world.controls = frozenset(), True
    closed_over(story)
    story.do(c.Reopen("it goes on"), CHLOE)
    assert story.incident.fallback.triggered_at is None
    assert open_at(second) == {story.incident.id}
    ended(story)
    story.run(600)
    assert (open_at(first), open_at(second)) == (set(), set())


def test_broken_glass_is_an_alert_of_its_own_and_ends_with_the_page():
    first = Told()
    story = Paged(first, None, wanted(entry("openai-api-key", outage=Outage.DOWN, kill=Kill.IRREVERSIBLE)))
    story.run(20)
    story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse"))
    ended(story)
    alert = f"{story.incident.id}-worse"
    assert first.calls.count(f"trigger {alert}") == 1
    assert first.calls.index(f"trigger {alert}") < first.calls.index(f"resolve {alert}")


def test_without_slack_the_page_says_where_people_meet_and_leads_to_no_channel():
    pages = []
    told = Told()
    told.trigger = pages.append
    meet = ("bridge: https://meet.example.com/now", "ada: +4930123")
    operations = IncidentOperations(None, NoBoard(), told, FileArchive(Path(), Path()), (), None, None, lambda: meet)
    for slack in (True, False):
        story = Story(declaration()).run(1)
        story.record(e.ChannelOpened(0, "C1", "https://slack.example/C1"))
        story.do(c.TellTrust(1, "d" * 64, (), slack), m.BOT)
        operations.page(Job(story.incident, Claimed("trigger"), None, lambda: None))
    assert [(page.link, page.meet) for page in pages] == [
        ("https://slack.example/C1", ""),
        ("", "bridge: https://meet.example.com/now; ada: +4930123"),
    ]
    assert [page.details["do"] for page in pages] == [
        "Acknowledge, then join https://slack.example/C1. Commander: anna.",
        "Acknowledge. Don't use Slack: it isn't trusted. Meet as this page says.",
    ]
    trusted, untrusted = (page.summary for page in pages)
    assert trusted == "SEV 2: 1 production key leaked. Join the channel of inc_ab3cde"
    assert untrusted.startswith("inc_ab3cde: Slack is no longer trusted. SEV 2: 1 production key leaked (inc_ab3cde); ")
    assert "channel" not in untrusted


@dataclass
class Claimed:
    detail: str
    lane: Lane = PAGE_LANE
    number: int = 1


def test_a_bad_sentence_is_withheld_and_the_report_goes_on(tmp_path):
    """What was let in before its value was known, or by a filter that missed it."""
    story = Story(declaration(wanted(entry("redis-url"))), CHLOE)
    story.run(200)
    story.do(c.AddNote("a note"), CHLOE)
    story.log.append(
        replace(story.log[-1], seq=story.log[-1].seq + 1, event=e.NoteAdded("it was nR4wTq82Lx05vBz7, sorry"))
    )
    bad = story.log[-1].seq

    class Log:
        def snapshot(self, _incident):
            return Snapshot(story.incident, tuple(story.log), f"{bad}:abc")

    values = {Secret("nR4wTq82Lx05vBz7").fingerprint}
    archive = FileArchive(tmp_path / "reports", tmp_path / "decisions.md")
    operations = IncidentOperations(
        Log(), NoBoard(), None, archive, template_folders(), lambda: story.now, values=lambda: values
    )
    claim = Claim(1, Op.REPORT, REPORT_LANE, story.incident.id, 1, "w")
    written = operations.report(Job(story.incident, claim, None, None))
    text = Path(written.path).read_text()
    assert "nR4wTq82Lx05vBz7" not in text
    assert "chloe noted: a note" in text
    assert written.withheld == 1
    assert f"`bot incident redact {story.incident.id} {bad} --note TEXT`" in text
    recorded = e.Recorded(bad + 1, story.now, "bot", written)
    assert "1 line WITHHELD" in sentence(recorded, story.incident)


def test_a_report_that_cannot_be_drawn_is_filed_in_its_plainest_form(tmp_path):
    story = Story(declaration(wanted(entry("redis-url"))), CHLOE).run(200)
    state = replace(story.incident, detected_at="long ago")
    log = SimpleNamespace(snapshot=lambda _: Snapshot(state, tuple(story.log), f"{len(story.log)}:abc"))
    archive, pager = FileArchive(tmp_path / "reports", tmp_path / "decisions.md"), Told()
    operations = IncidentOperations(log, NoBoard(), pager, archive, template_folders(), lambda: story.now)
    claim = Claim(1, Op.REPORT, REPORT_LANE, story.incident.id, 1, "w")
    written = operations.report(Job(state, claim, None, None))
    assert pager.calls == []
    text, page = Path(written.path).read_text(), Path(written.html).read_text()
    for said in (text, page):
        assert "dead: " in said
        assert "chloe" in said
    assert f"- {story.log[-1].seq}, " in text


def test_the_filed_page_shows_who_has_signed_it(tmp_path):
    story = Story(declaration(), CHLOE).run(200)
    log = SimpleNamespace(snapshot=lambda _: Snapshot(story.incident, tuple(story.log), f"{len(story.log)}:abc"))
    archive = FileArchive(tmp_path / "reports", tmp_path / "decisions.md")
    operations = IncidentOperations(log, NoBoard(), None, archive, template_folders(), lambda: story.now)

    class Written(World):
        def answer(self, incident, claim):
            if claim.op is Op.REPORT:
                return operations.report(Job(incident, claim, None, None))
            return super().answer(incident, claim)

    story.world = Written()
    story.do(c.WriteNarrative(lessons="scan first"), ANNA)
    story.do(c.RequestReport(), ANNA)
    story.run(1)
    before = story.incident.report
    assert "not signed" in Path(before.html).read_text()
    story.do(c.AddNote("after the report"), CHLOE)
    story.do(c.SignReport(before.digest), ANNA)
    story.run(1)
    after, page = story.incident.report, Path(before.html).read_text()
    assert f"anna signed this version at {moment(after.signed.by.at)}: events 1 to {before.covers}" in page
    assert before.digest in page
    assert "after the report" not in page
    assert (after.digest, after.covers, after.signers) == (before.digest, before.covers, ("anna",))
    assert after.html_digest != before.html_digest
    assert [each for each in story.ops() if each[0] is Op.REPORT] == []


def test_what_is_signed_after_words_were_taken_out_is_kept_and_what_was_signed_before_is_not(tmp_path):
    story = Story(declaration(), CHLOE).run(200)

    class Log:
        def snapshot(self, _incident):
            return Snapshot(story.incident, tuple(story.log), f"{story.incident.seq}:abc")

    reports = tmp_path / "reports"
    archive = FileArchive(reports, tmp_path / "decisions.md")
    operations = IncidentOperations(Log(), NoBoard(), None, archive, template_folders(), lambda: story.now)

    def write():
        story.now += timedelta(minutes=1)
        story.do(c.RequestReport())
        claim = story.begin(Op.REPORT)
        story.finish(claim, operations.report(Job(story.incident, claim, None, None)))
        return story.incident.report.digest, (reports / f"{story.incident.id}.md").read_bytes()

    def kept():
        return {path.name: path.read_bytes() for path in reports.glob("*.kept-*.md")}

    story.do(c.WriteNarrative(lessons="scan first"), CHLOE)
    before, text = write()
    story.do(c.SignReport(before), CHLOE)
    write()
    assert kept() == {kept_name(story.incident.id, before): text}
    story.do(c.Redact((m.Cut(1, "incident-declared", "d" * 64, "{}"),), "a password"), CHLOE)
    story.agree(BEN)
    signed, text = write()
    assert kept() == {}
    story.do(c.SignReport(signed), CHLOE)
    decided, named = write()
    story.record(e.DecisionRecorded(0, "decisions.md"))
    for _ in range(2):
        write()
        assert kept() == {
            kept_name(story.incident.id, signed): text,
            kept_name(story.incident.id, decided): named,
        }
    assert len([*reports.glob("*.kept-*.html")]) == 2


GONE = "nR4wTq82Lx05vBz7"
"""A value that stood in the incident's secret, and stands in no parameter any more."""


def with_its_value_gone(playbook):
    """A story and its operations, which know of the value by the story's events alone."""
    story = Story(declaration(wanted(entry()), playbook=playbook), CHLOE).run(200)
    at, captured = next((at, r) for at, r in enumerate(story.log) if isinstance(r.event, e.OldCaptured))
    story.log[at] = replace(captured, event=replace(captured.event, fingerprint=Secret(GONE).fingerprint))

    class Log:
        def events(self, _incident, after=0):
            return [recorded for recorded in story.log if recorded.seq > after]

    def operations(*templates):
        return IncidentOperations(Log(), NoBoard(), None, None, templates, lambda: story.now)

    return story, operations


def test_an_update_leaves_out_a_value_that_only_the_incident_knows(tmp_path):
    story, operations = with_its_value_gone(
        replace(PLAYBOOK, audience=(Audience("security", ("C0SEC",), "security", preview=Preview.NONE),))
    )
    (tmp_path / "update-security.txt.j2").write_text(f"Told:\nit was {GONE}\nand is over\n")
    claim = Claim(1, Op.DRAFT_UPDATE, update_lane("security"), "security", 1, "w")
    drafted = operations(tmp_path).draft_update(Job(story.incident, claim, None, None))
    assert GONE not in drafted.text
    assert "withheld" in drafted.text
    assert "and is over" in drafted.text


# --- alerts beside the page -----------------------------------------------------------------------------------------


def at_the_pager(told):
    """What is open there, by its key, as a pager has it: an alert that is resolved is gone until it is triggered."""
    states = {}
    for action, _, key in (call.partition(" ") for call in told.calls):
        if action == "trigger" and key not in states:
            states[key] = "triggered"
        elif action == "acknowledge" and key in states:
            states[key] = "acknowledged"
        elif action == "resolve":
            states.pop(key, None)
    return states


def got_worse(first, by=ANNA):
    """On-call has been paged, and paged anew, since glass was broken; by whom the incident was not raised."""
    story = Paged(first, None, wanted(entry("openai-api-key", outage=Outage.DOWN, kill=Kill.IRREVERSIBLE)))
    story.run(20)
    story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse"), by)
    return story.run(5)


def test_the_close_resolves_the_page_and_what_got_worse():
    first = Told()
    story = got_worse(first)
    assert at_the_pager(first) == {story.incident.id: "triggered", f"{story.incident.id}-worse": "triggered"}
    closed_over(story)
    story.run(5)
    assert at_the_pager(first) == {}


def test_what_is_sent_after_the_page_has_resolved_is_resolved_by_itself_or_at_the_close():
    first = Told()
    story = Paged(first, None, wanted(entry(data=Data.PERSONAL))).run(180)
    assert at_the_pager(first) == {}
    story.run(timedelta(hours=48).total_seconds())
    assert at_the_pager(first) == {f"{story.incident.id}-worse": "triggered"}
    story.do(no_notice(), CHLOE)
    story.run(1000)
    assert at_the_pager(first) == {}
    assert story.incident.open


def dead(story, action):
    """A worker that dies once the pager has taken `action`, before that stands in the log; its claim."""
    while (claim := story.begin(Op.PAGE)).detail != action:
        story.finish(claim)
    story.operations.page(Job(story.incident, claim, None, lambda: None))
    return claim


def taken_over(story, claim):
    """By another worker, which does what is pending by then."""
    work = Work(claim.op, claim.lane, claim.subject, story.now, claim.attempt, claim.detail)
    for event in story.do(c.Begin(work, "w2", claim.number), m.BOT):
        if isinstance(event, e.OperationStarted):
            story.finish(event.claim)
    return story.run(5)


def closed_over(story):
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    story.close_over("it is a toy", CHLOE)
    story.agree(BEN)
    assert not story.incident.open


FATAL = wanted(entry("openai-api-key", outage=Outage.DOWN, kill=Kill.IRREVERSIBLE))


@pytest.mark.parametrize("action", ["trigger", "alert", "ask"])
def test_what_a_worker_paged_for_and_died_before_it_was_recorded_is_resolved_at_the_close(action):
    first = Told()
    story = Paged(first, None, FATAL)
    if action == "trigger":
        story.work(only={Op.OPEN_CHANNEL})
    if action == "ask":
        story.work(only={Op.OPEN_CHANNEL, Op.CAPTURE, Op.SNAPSHOT, Op.PROVE, Op.TICK})
    if action == "alert":
        story.work(only={Op.OPEN_CHANNEL, Op.CAPTURE, Op.SNAPSHOT, Op.PAGE})
        story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse"), ANNA)
    claim = dead(story, action)
    assert "triggered" in at_the_pager(first).values()
    closed_over(story)
    taken_over(story, claim)
    assert at_the_pager(first) == {}


def test_an_alert_for_a_second_person_ends_with_the_answer_although_the_worker_that_sent_it_died():
    first = Told()
    story = Paged(first, None, FATAL)
    story.work(only={Op.OPEN_CHANNEL, Op.CAPTURE, Op.SNAPSHOT, Op.PROVE, Op.TICK})
    claim = dead(story, "ask")
    story.approve(BEN)
    taken_over(story, claim)
    assert f"{story.incident.id}-approval" not in at_the_pager(first)
    assert story.incident.open
