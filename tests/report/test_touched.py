"""Whom it touched: notices in a line each, and the facts that they rest on said once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.drill.measures import measures
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Data, Outage
from bot.model.uses import Undo, Use
from bot.report.touched import notices, questions
from tests.support.incidents import ANNA, OBLIGATIONS, START, Story, declaration, entry, probe, wanted

NOTHING = "The product had a working key all the time, as far as the log shows."
KEYS = ("openai-api-key", "stripe-secret-key", "redis-url")


def facts_of(story):
    """The sentences behind the answers of the first page."""
    return [fact for question in questions(story.incident, story.log, ()) for fact in question.facts]


def decided(*after, reason="nobody read it"):
    """Every notice decided at once; then what is done `after`, and the last one decided again on what is new."""
    leaked = [wanted(entry(name, data=Data.NONE if name == "redis-url" else Data.PERSONAL)) for name in KEYS]
    story = Story(declaration(*leaked, obligations=OBLIGATIONS))
    for duty in OBLIGATIONS:
        story.do(c.DecideNotice(duty.id, m.NoticeOutcome.NOT_REQUIRED, reason), ANNA)
    for command in after:
        story.do(command, ANNA)
    return [fact.text for fact in notices(story.incident)], list(notices(story.incident))


def test_what_several_notices_rest_on_is_said_once():
    lines, facts = decided()
    assert len(lines) == 2
    assert lines[0] == (
        "Decided on these facts: openai-api-key and stripe-secret-key (production) give access to personal data; "
        "redis-url (production) gives access to no personal data; exposed in public; abuse seen: not answered yet."
    )
    assert len(facts[0].seqs) == len(OBLIGATIONS)
    assert lines[1] == (
        "Notice to the authority; Notice to people; Notice to the insurer; Final report. "
        "Decided: not required (by anna, 2026-11-25 03:00 UTC): nobody read it."
    )
    assert set(facts[1].seqs) == set(facts[0].seqs)


def test_decisions_on_other_facts_say_which():
    again = c.DecideNotice("insurer", m.NoticeOutcome.NOTIFY, "it was used")
    lines, _ = decided(c.RecordAbuse("openai-api-key", "mails were sent"), again)
    insurer, others = sorted((line for line in lines if line.startswith("Decided on")), key=len)
    assert insurer.startswith("Decided on “Notice to the insurer” on these facts: ")
    assert "abuse seen: yes" in insurer
    assert "“Notice to the authority”, “Notice to people” and “Final report” on these facts: " in others
    assert "abuse seen: not answered yet" in others


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("unknown",), "Degraded, at most: openai-api-key (worse, not over)."),
        (("live", "unknown"), "Degraded, at most: openai-api-key (worse, not over)."),
        (("unknown", "live"), NOTHING),
        (("dead",), "Degraded, at most: openai-api-key (worse, not over)."),
    ],
)
@pytest.mark.parametrize(
    "revoked", [e.AccessRevoked(0, "openai-api-key", "HTTP 204"), e.RevokedByPerson("openai-api-key")]
)
def test_what_was_revoked_may_be_lacking_also_while_nobody_gets_a_clear_answer(revoked, answers, said):
    story = Story(declaration())
    story.record(e.OldProbed(0, "openai-api-key", probe("live")))
    for event in (revoked, *(e.OldProbed(1, "openai-api-key", probe(answer)) for answer in answers)):
        story.now += timedelta(seconds=10)
        story.record(event, "anna" if isinstance(event, e.RevokedByPerson) else "bot")
    assert said in [fact.text for fact in facts_of(story)]


@pytest.mark.parametrize(
    ("seconds", "said", "spelled"),
    [
        (0.6, NOTHING, "0:00"),
        (1.0, "Degraded, at most: openai-api-key (down for 1 s).", "0:01"),
        (75.0, "Degraded, at most: openai-api-key (down for 1 min 15 s).", "1:15"),
    ],
)
def test_what_was_without_a_key_report_and_debrief_count_alike(seconds, said, spelled):
    story = Story(declaration(wanted(entry(outage=Outage.DOWN))))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.record(e.AccessRevoked(0, "openai-api-key", "HTTP 204"))
    story.record(e.OldProbed(0, "openai-api-key", probe("dead")))
    story.now += timedelta(seconds=seconds)
    story.record(e.ValueLive(0, "openai-api-key", True, "checkout answers HTTP 200"))
    assert said in [fact.text for fact in facts_of(story)]
    found = {each.name: each.words for each in measures(story.incident, story.log, story.now, ())}
    assert found["down"] == spelled


def test_what_somebody_revoked_by_hand_without_a_word_was_lacking_from_the_first_refusal_seen():
    """The control came with the new key: what was refused before it proves nothing, and paid for nothing either."""
    story = Story(declaration(wanted(entry(outage=Outage.DOWN))))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    no_control = probe("unknown", "comparison: the admin credential")
    for event in (
        e.OldProbed(1, "openai-api-key", probe("live"), no_control),
        e.OldProbed(2, "openai-api-key", probe("dead"), no_control),
        e.ValueLive(3, "openai-api-key", True, "checkout answers HTTP 200"),
        e.OldProbed(4, "openai-api-key", probe("dead"), probe("live", "comparison: the new key")),
    ):
        story.now += timedelta(seconds=3)
        story.record(event)
    refused = next(
        each.seq for each in story.log if each.event == e.OldProbed(2, "openai-api-key", probe("dead"), no_control)
    )
    [lacked] = [fact for fact in facts_of(story) if fact.text.startswith("Degraded")]
    assert lacked.text == "Degraded, at most: openai-api-key (down for 3 s)."
    assert refused in lacked.seqs
    found = {each.name: each.words for each in measures(story.incident, story.log, story.now, ())}
    assert found["down"] == "0:03"


def test_nobody_seen_does_not_stand_alone_where_a_check_found_something():
    items = {"roles": "Look at the roles.", "copies": "Look for copies."}
    story = Story(declaration(wanted(entry(checklist=items)))).run(120)
    story.do(c.RecordFinding("no-abuse", "the logs show none"), ANNA)

    def used():
        return next(questions(story.incident, story.log, ()))

    assert used().answer == "None seen"
    story.do(c.EndCheck("openai-api-key", "copies", m.CheckOutcome.CLEAR, "none"), ANNA)
    assert used().answer == "None seen"
    assert not any("backdoor check:" in fact.text for fact in used().facts)
    story.do(c.EndCheck("openai-api-key", "roles", m.CheckOutcome.HANDLED, "removed a role rogue"), ANNA)
    assert used().answer == "None seen, but checks found something"
    [found] = [fact for fact in used().facts if "backdoor check:" in fact.text]
    assert found.text.startswith("Found by a backdoor check: openai-api-key, roles: handled by anna")
    assert found.text.endswith(": removed a role rogue.")
    assert found.seqs == (story.log[-1].seq,)


def test_everything_that_others_made_is_on_the_first_page_with_what_became_of_it():
    able = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, reports_use=True, inspects=True)
    story = Story(declaration(wanted(entry(capabilities=able, inspects=("users",)))))
    one = Use(START, START, "iam:CreateUser", address="198.51.100.7", undo=Undo("Delete it.", "users"))
    story.world.used = lambda report: replace(report, uses=tuple(replace(one, what=(f"eve{n}",)) for n in range(5)))
    story.run(120)
    for number, item in enumerate(("CreateUser eve0", "CreateUser eve1")):
        story.do(c.EndCheck("openai-api-key", item, m.CheckOutcome.HANDLED, "deleted"), ANNA)
        if number == 0:
            story.run(120)
    said = [fact.text for fact in facts_of(story) if fact.text.startswith("Made by others")]
    assert said == [
        "Made by others, NOT UNDONE: with openai-api-key CreateUser eve2, CreateUser eve3 and CreateUser eve4.",
        "Made by others and undone; the bot saw that it is gone: with openai-api-key CreateUser eve0.",
        "Made by others and undone, as people said: with openai-api-key CreateUser eve1.",
    ]


def test_a_reason_that_ends_in_a_full_stop_has_one_in_the_report():
    lines, _ = decided(reason="No customer data was read.")
    assert any("No customer data was read. " in f"{line} " for line in lines)
    assert not any(".." in line for line in lines)
