"""Readers at the terminal, what `bot show` says of what is open, and `bot close` over it."""

from dataclasses import replace

import pytest
import typer

from bot.cli import closing as closing_commands
from bot.cli import notes
from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident
from bot.cli.terminal import Terminal
from bot.cli.todo import answer as answer_at_terminal
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import CheckOutcome, NoticeOutcome, Old, ReaderOutcome
from bot.incident.paging.rules import announcement
from bot.incident.updates.rules import reached
from bot.model.playbooks import Milestone
from bot.model.reads import Read
from bot.model.secrets import Data
from bot.phrases.access import access_words
from bot.phrases.readers import left_words
from bot.phrases.report import verdict
from tests.cli.test_checklist import answer, at_terminal, listed
from tests.incident.obligations.test_obligations import told as obliged
from tests.support.incidents import ANNA, CHLOE, OBLIGATIONS, START, Story, declaration, entry, wanted
from tests.support.typed import typed_now

NAME = "openai-api-key"
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"


def told():
    story = Story(declaration()).run(120)
    read = Read(START, LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, (read,), (), False))
    return story


def test_readers_are_listed_with_the_line_to_type():
    story = told()
    shown = listed(story, "readers")
    assert f"reader:{LAPTOP}: user/contractor-laptop read {NAME}" in shown
    assert f"bot answer {story.incident.id} reader:{LAPTOP} ours --note TEXT" in shown
    assert [line.partition(LAPTOP)[2] for line in typed_now(story.incident, story.now) if LAPTOP in line] == [
        f" {outcome} --note TEXT" for outcome in ("ours", "explained", "unexplained", "removed")
    ]


def test_a_look_that_stopped_early_is_said_with_the_readers():
    story = told()
    assert "there may be more" not in listed(story, "readers")
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, (), (), True))
    shown = listed(story, "readers")
    assert f"The search for readers of {NAME} stopped early: there may be more." in shown


def test_nobody_read_it_and_nobody_looked_are_two_things():
    unread = Story(declaration())
    assert incident_document(unread.incident, unread.now)["readers_looked_for"] == []
    looked = told()
    document = incident_document(looked.incident, looked.now)
    assert (document["readers_looked_for"], list(document["readers_cut_off"])) == ([NAME], [])


def test_a_reader_is_accounted_for():
    story = told()
    answer(story, "contractor-laptop", "unexplained", note="he does not answer")
    assert "unexplained (anna: he does not answer)" in listed(story, "readers")
    left = any(LAPTOP in line for line in typed_now(story.incident, story.now))
    assert left, "who may be the attacker stays on the list"
    (document,) = incident_document(story.incident, story.now)["readers"]
    assert (document["outcome"], document["by"]) == ("unexplained", "anna")


def test_words_that_are_no_answer():
    with pytest.raises(Misuse, match="end with ours or explained or unexplained or removed"):
        answer(told(), LAPTOP, "fine")


def test_show_and_json_name_what_is_open():
    story = told()
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "Blocks the close: 1 reader, impact, root cause, abuse, 5 steps. `bot close inc_ab3cde`" in screen.getvalue()
    assert "record the root cause" in screen.getvalue()
    assert f"bot answer {story.incident.id} step:remediate skipped --note TEXT" in typed_now(story.incident, story.now)
    named = {item["key"] for item in incident_document(story.incident, story.now)["open_items"]}
    assert {"impact", "root-cause"} <= named


def no_abuse(story, *, anyway=False, interactive=False, answer=False):
    """What `bot note --no-abuse` would have recorded."""
    terminal, _ = at_terminal(story)
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notes, "record", lambda *arguments: told.append(arguments[2]))
        patch.setattr(Terminal, "interactive", property(lambda _: interactive))
        patch.setattr(typer, "confirm", lambda *_, **__: answer)
        notes.note(terminal, story.incident.id, "read the logs", no_abuse=True, anyway=anyway)
    return told


def test_that_nobody_used_it_is_asked_once_more_while_nobody_answers_for_a_reader():
    story = told()
    expected = [c.RecordFinding("no-abuse", "read the logs")]
    with pytest.raises(Misuse, match=r"user/contractor-laptop read .* and is not identified yet"):
        no_abuse(story)
    answer(story, LAPTOP, "ours")
    assert no_abuse(story) == expected
    answer(story, LAPTOP, "unexplained", note="he does not answer")
    with pytest.raises(Misuse, match=r"user/contractor-laptop read .* and is not identified. Add --anyway"):
        no_abuse(story)
    with pytest.raises(typer.Abort):
        no_abuse(story, interactive=True)
    assert no_abuse(story, anyway=True) == expected
    assert no_abuse(story, interactive=True, answer=True) == expected


def test_that_nobody_need_be_told_is_asked_as_in_slack():
    story = obliged()
    read = Read(START, LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, next(iter(story.incident.secrets)), "CloudTrail", START, story.now, (read,), (), False))
    terminal, _ = at_terminal(story)
    with pytest.raises(
        Misuse, match=r"^Contradicts this: .*user/contractor-laptop read .* to record not-required anyway"
    ):
        answer_at_terminal(terminal, story.incident.id, ["authority", "not-required"], note="no data", by="mira")


def closing(story, *, answer, reason="the contractor left", accept=()):
    terminal, screen = at_terminal(story)
    terminal.err, terminal.out = terminal.out, None  # what is agreed to is asked beside what may go into a file
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closing_commands, "ask_and_show", lambda *arguments, **_: asked.append(arguments[2]))
        patch.setattr(Terminal, "interactive", property(lambda _: True))
        patch.setattr(typer, "confirm", lambda *_, **__: answer)
        closing_commands.close(terminal, story.incident.id, note=reason, accept=list(accept))
    return asked, screen.getvalue()


def skipped(story):
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    return story


def test_a_close_shows_what_is_open_and_asks():
    story = skipped(told())
    (body,), shown = closing(story, answer=True)
    assert "impact  no impact recorded" in shown
    assert {"impact", "root-cause"} < set(body.accept)
    (closed,) = story.do(body, CHLOE)
    assert isinstance(closed, e.IncidentClosed)
    with pytest.raises(typer.Abort):
        closing(skipped(told()), answer=False)


def test_a_close_can_name_what_it_accepts_and_says_how():
    story = skipped(told())
    _, shown = closing(story, answer=True)
    assert "--accept impact --accept root-cause --accept abuse --note WHY" in " ".join(shown.split())
    (body,), _ = closing(story, answer=False, accept=("impact",))
    assert body.accept == ("impact",)


def test_the_terminal_and_the_report_say_what_is_true_while_a_reader_is_unexplained():
    story = told().run(60)
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "access  its old key is dead; 1 reader not identified" in screen.getvalue()
    every = "The key is dead and replaced. Not contained: 1 reader not identified and abuse unknown."
    assert verdict(story.incident) == every
    assert announcement(story.incident).endswith("; what leaked no longer works, some questions are open")
    closed = replace(story.incident, closed=story.incident.declared)
    assert announcement(closed).endswith("; what leaked no longer works, some questions are open")
    assert Milestone.CONTAINED not in reached(story.incident)
    story.do(c.AccountReader(LAPTOP, ReaderOutcome.EXPLAINED, "a migration"), CHLOE)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), CHLOE)
    assert verdict(story.incident) == "The key is dead and replaced. Access is contained."
    assert reached(story.incident)[Milestone.CONTAINED] == story.now


def with_old(incident, name, old):
    secret = replace(incident.secrets[name], old=old)
    return replace(incident, secrets={**incident.secrets, name: secret})


def test_of_a_dead_secret_nothing_is_said_of_the_other_which_is_alive():
    declared = declaration(wanted(entry(NAME, checklist={"keys": "Look."})), wanted(entry("redis-url")))
    story = Story(declared).run(120)
    story.do(c.EndCheck(NAME, "keys", CheckOutcome.CLEAR, "looked"), CHLOE)
    read = Read(START, LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, NAME, "CloudTrail", START, story.now, (read,), (), False))
    incident = with_old(story.incident, "redis-url", Story(declared).incident.secrets["redis-url"].old)
    assert incident.secrets["redis-url"].old_state is Old.ALIVE
    terminal, screen = at_terminal(story)
    show_incident(terminal, incident, story.now)
    for said in (screen.getvalue(), access_words(incident, incident.secrets[NAME])):
        assert "ts old key is dead; 1 reader not identified" in said
        assert "no leaked key " not in said


def test_a_death_on_somebodys_word_is_not_told_as_one_that_was_seen():
    incident = told().incident
    old = replace(incident.secrets[NAME].old, contained_at=None, attested=incident.declared)
    attested = with_old(incident, NAME, old)
    vouched = f"Old keys are dead; {NAME} vouched dead by a person, not confirmed; every replacement is in place."
    assert verdict(attested) == f"{vouched} Not contained: 1 reader not identified and abuse unknown."
    assert announcement(attested).endswith("; what leaked is not known to work, some questions are open")
    assert (
        left_words(attested, NAME)
        == "its old key is vouched dead, not confirmed; 1 reader not identified and abuse unknown"
    )


def test_show_counts_the_decisions_on_notices_and_calls_the_statement_no_approved_one():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS[:2])).run(60)
    for each in OBLIGATIONS[:2]:
        story.do(c.DecideNotice(each.id, NoticeOutcome.NOTIFY, "data was read"), ANNA)
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    shown = " ".join(screen.getvalue().split())
    assert "2 of 2 decided, 2 to be sent" in shown
    assert "decided by" not in shown
    assert "Approved" not in shown
    assert "Prepared words for outside: SEV " in shown
