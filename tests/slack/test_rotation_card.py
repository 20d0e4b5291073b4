"""The card of a planned rotation, its thread and its owner's messages: nobody is alarmed, and who must act is asked."""

from dataclasses import replace

import pytest

from bot.drill.fakes.slack.limits import check_message
from bot.incident import events as e
from bot.incident.approval.planned import entry_digest
from bot.incident.model import Right, Strategy
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Copy, CopyKind
from bot.people import People, Person
from bot.phrases.marks import plain
from bot.phrases.rotations import run_headline, run_lines
from bot.slack.approval_messages import HAND, ApprovalMessages
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.message import PLAN
from tests.incident.old_value.test_last_use import Telling
from tests.support.incidents import Silent, Story, World, capabilities, entry, wanted
from tests.support.rotations import ASK, AUTO, DANA, MACHINE, OVERLAP, rotation

PEOPLE = People(
    (
        Person("dana", slack="U0DANA", rights=frozenset({Right.RESPOND})),
        Person("ben", slack="U0BEN", rights=frozenset({Right.RESPOND, Right.APPROVE})),
    )
)
BY_HAND = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
COPIED = (Copy("ci", CopyKind.CI, "GitHub", "set the secret"),)


def run(planned=ASK, *, world=None, **entry_changes):
    secret = wanted(entry(**{"owner": "dana", **entry_changes}), Strategy.OVERLAP)
    return Story(rotation(secret, planned=planned), MACHINE, world)


def read(story):
    blocks = to_json(incident_card(story.incident, story.now, "12:abcdef0123456789"))
    assert check_message(blocks) == []
    return str(blocks), [e["text"]["text"] for b in blocks for e in b.get("elements", ()) if e.get("type") == "button"]


def test_while_all_is_as_planned_it_says_what_is_live_and_when_the_old_value_ends_on_whose_word():
    story = run(AUTO).run(60)
    text, buttons = read(story)
    assert "planned rotation" in text
    [line] = map(plain, run_lines(story.incident, story.now))
    assert line == (
        "openai-api-key (dana): new key in use; "
        "old key is revoked 2026-11-26 03:00 UTC on the catalog, which calls it auto "
        f"(entry {entry_digest(story.secret().entry)})."
    )
    assert buttons == ["All to-dos", "Add…", "More…"]
    for word in ("SEV", "ALIVE", "leaked", "Readers", "Commander", "📟"):
        assert word not in text


def test_what_waits_for_two_people_has_its_buttons_and_says_that_nothing_stops():
    text, buttons = read(run().run(60))
    assert buttons[:2] == ["Revoke Openai api key…", "Refuse…"]
    assert "Services with the new key keep working" in text
    assert "its owner dana or with approve" in text


def test_a_consumer_that_refuses_the_new_value_is_a_disturbance_with_a_way_back():
    world = World()
    world.failing.add("checkout")
    story = run(AUTO, world=world).run(120)
    text, buttons = read(story)
    assert "disturbed" in text
    assert buttons[:2] == ["Check consumers again", "Roll back…"]
    assert not {"Revoke now…", "Switch to revoke first…"} & set(buttons)


def test_an_old_key_in_use_is_told_before_anybody_agrees():
    story = run(AUTO, world=Telling()).run(3600)
    story.world.used_at = story.secret().new.promoted_at.replace(hour=9)
    text, buttons = read(story.run(OVERLAP))
    assert "Something still uses it: find it first" in text
    assert "Revoke Openai api key…" in buttons


def test_once_it_is_over_it_says_so_and_offers_no_more_than_a_look_back():
    story = run(AUTO).run(2 * OVERLAP)
    text, buttons = read(story)
    assert "rotated" in text
    assert plain(run_headline(story.incident)) == "openai-api-key rotated: the old key is dead."
    assert buttons == ["Reopen…", "More…"]


def asked(story):
    wanted_now = ApprovalMessages(gateway=None, people=PEOPLE)._wanted(story.incident, story.now)
    return {whom: " ".join(question.lines) for whom, question in wanted_now.items()}


def test_the_owner_is_asked_for_what_hands_must_do_and_nobody_else():
    story = run(AUTO, can=BY_HAND, copies=COPIED).run(60)
    [(whom, text)] = asked(story).items()
    assert whom == f"U0DANA:{HAND}/openai-api-key"
    assert "bot submit inc_ab3cde openai-api-key" in text
    assert "never here" in text


def test_the_owner_is_asked_to_end_the_old_value_only_once_the_overlap_is_over():
    can = capabilities(revokes=RevokedBy.PERSON)
    story = run(AUTO, can=can).run(OVERLAP - 600)
    assert asked(story) == {}
    [text] = asked(story.run(1200)).values()
    assert "bot incident revoked inc_ab3cde openai-api-key" in text


def test_while_a_function_may_still_read_the_old_value_the_owner_is_told_to_wait_for_it():
    world = World()
    world.incomplete = {"checkout": "alias live divides its traffic between versions"}
    secret = wanted(entry(owner="dana", can=capabilities(revokes=RevokedBy.PERSON)), Strategy.OVERLAP)
    made = rotation(secret, planned=AUTO, overlap=3600.0)
    story = Story(made, MACHINE, world).run(3700)
    [text] = map(plain, asked(story).values())
    assert "revoke the old one yet: not all traffic uses the new key: checkout (alias live divides" in text
    assert "bot incident revoked" not in text
    assert "to revoke, once all traffic of checkout uses the new one" in read(story)[0]
    assert not [recorded for recorded in story.log if isinstance(recorded.event, e.PersonAwaited)]
    world.incomplete.clear()
    [text] = asked(story.run(600)).values()
    assert "bot incident revoked inc_ab3cde openai-api-key" in text
    assert "do not end" not in text
    assert [recorded for recorded in story.log if isinstance(recorded.event, e.PersonAwaited)]


def test_both_who_can_agree_are_asked_and_where_the_catalog_says_auto_nobody_is():
    assert set(asked(run().run(60))) == {f"U0DANA:{PLAN}", f"U0BEN:{PLAN}"}
    assert asked(run(AUTO).run(60)) == {}


def told(story):
    words = News.of(story.incident, PEOPLE, story.log)
    return [plain(message.text) for recorded in story.log for message in words.messages(recorded)]


def test_its_thread_says_what_happened_and_calls_nobody():
    texts = told(run(AUTO).run(2 * OVERLAP))
    assert texts[0].startswith("🔄 The bot began “openai-api-key rotated” in production, as planned")
    assert not [text for text in texts if "<@" in text or "leaked" in text.lower()]


@pytest.mark.parametrize("by", [DANA, MACHINE])
def test_whoever_began_it_is_named(by):
    story = Story(replace(rotation(planned=AUTO), how_noticed="the audit asks"), by)
    assert "the audit asks" in told(story)[0]


def of_what_is_in_place(story):
    [text] = [text for text in told(story) if text.startswith("🟢")]
    return text


def test_what_no_consumer_can_be_asked_about_is_in_place_and_not_said_to_be_live():
    story = run(world=Silent()).run(60)
    assert plain(run_headline(story.incident)).endswith("the new key is in place, not confirmed by its consumers.")
    text = of_what_is_in_place(story)
    assert "openai-api-key is in place and accepted, not confirmed by its consumers" in text
