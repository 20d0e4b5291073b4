"""That a value of an incident's secret stands somewhere: once for each place, and the new one beside the leaked one."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident.access.readers import contained
from bot.incident.closing.open_items import open_items
from bot.incident.events import ValueSighted
from bot.incident.model import Old, TargetKind
from bot.incident.todos import todos
from bot.phrases.closing import open_words
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.states import headline, target_words
from bot.phrases.todos import todo_words
from bot.report.secret_view import secret_view
from bot.report.warnings import warnings
from bot.slack.incident_card.header import sign
from tests.support.incidents import ANNA, DORA, STRANGER, Story, declaration, entry, wanted
from tests.support.typed import typed_now

KEY = "openai-api-key"


def test_that_the_new_value_stands_there_too_is_told_beside_the_leaked_one():
    story = Story(declaration())
    name = next(iter(story.incident.secrets))
    for value in ("leaked", "new", "leaked", "new"):
        story.do(c.RecordSighting(name, value, "C1", "1700000000.000100"), ANNA)
    told = [one.event.value for one in story.log if isinstance(one.event, ValueSighted)]
    assert told == ["leaked", "new"]


@pytest.mark.parametrize(
    ("captured", "value", "kind"),
    [
        (True, "leaked", TargetKind.CONFIRMED),
        (True, "earlier", TargetKind.ASSUMED),
        (True, "new", TargetKind.ASSUMED),
        (False, "leaked", TargetKind.ASSUMED),
    ],
)
def test_a_value_that_was_assumed_to_have_leaked_did_where_it_is_found(captured, value, kind):
    """Before it has been captured nobody knows yet which one that is."""
    story = Story(declaration(wanted(entry(KEY))))
    if captured:
        story.run(30)
    story.do(c.RecordSighting(KEY, value, "", "42", source="github", place="acme/app#7"), ANNA)
    secret = story.incident.secrets[KEY]
    assert secret.target.kind is kind
    decided = secret_view(story.incident, secret, story.log, story.now).decided
    said = [fact for fact in decided if fact.text.startswith("The target ")]
    [found] = [one.seq for one in story.log if isinstance(one.event, ValueSighted)]
    assert [found in fact.seqs for fact in said] == [kind is TargetKind.CONFIRMED]
    assert ("is assumed" in said[0].text) == (kind is TargetKind.ASSUMED)


# --- compared at a terminal -------------------------------------------------------------------------------------------


def told(story):
    """What heads the report of the target, and what its section says."""
    secret = story.incident.secrets[KEY]
    heads = [
        fact
        for fact in warnings(story.incident, story.log, story.now)
        if "TARGET" in fact.text or "NOT VERIFIED" in fact.text
    ]
    [decided] = [
        fact
        for fact in secret_view(story.incident, secret, story.log, story.now).decided
        if fact.text.startswith("The target ")
    ]
    return heads, decided


def compared(*, same):
    story = Story(declaration(wanted(entry(KEY)))).run(1)
    assert told(story)[0][0].text.startswith("NOT VERIFIED: that the revoked key is the leaked ")
    story.do(c.CompareValue(KEY, same, story.secret().old.fingerprint), DORA)
    return story


def test_a_target_that_was_assumed_is_confirmed_by_whoever_compares_it():
    story = compared(same=True)
    assert story.secret().target.kind is TargetKind.CONFIRMED
    heads, decided = told(story)
    assert heads == []
    assert "later confirmed: dora compared the leaked key with it at " in decided.text
    assert story.log[-1].seq in decided.seqs
    assert sentence(story.log[-1], story.incident).endswith(
        f"compared the leaked key with the old key of {KEY}: it is the same"
    )
    assert "already confirmed" in story.refused(c.CompareValue(KEY, False, story.secret().old.fingerprint), ANNA)


def test_one_that_does_not_match_is_told_with_what_puts_it_right():
    story = compared(same=False)
    assert story.secret().target.kind is TargetKind.ASSUMED
    [head], decided = told(story)
    assert head.text.startswith(f"WRONG TARGET: the leaked key is not the assumed one of {KEY}")
    assert "compared by dora at " in head.text
    assert head.seqs == (story.log[-1].seq,)
    assert "NOT what leaked: dora compared" in decided.text
    assert "NOT what leaked: compared by dora" in plain(target_words(story.secret()))
    lines = typed_now(story.incident, story.now)
    assert "bot identify --declare" in lines
    [one] = [one for one in todos(story.incident, story.now) if one.kind.name == "compare"]
    assert "dora compared: what leaked is NOT this value" in todo_words(story.incident, one)
    assert f"bot identify {story.incident.id} {KEY}" not in lines
    story.do(c.CompareValue(KEY, True, story.secret().old.fingerprint), ANNA)
    assert told(story)[0] == [], "someone had the other value in hand"


def test_that_another_value_leaked_is_open_for_as_long_as_it_is_so_also_once_the_assumed_one_is_dead():
    story = compared(same=False).run(180)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), ANNA)
    incident = story.incident
    assert story.secret().old_state is Old.DEAD
    assert contained(replace(incident, readers={}, secrets={KEY: replace(story.secret(), compared=None)}))
    assert not contained(incident)
    assert headline(incident).startswith("*Another key leaked* than ")
    assert sign(incident) == "🟡"
    [item] = [item for item in open_items(incident) if item.key == f"target:{KEY}"]
    assert (item.second, "compared by dora" in item.words) == (True, True)
    assert "1 other key that leaked" in map(plain, open_words(open_items(incident)))
    assert "bot identify --declare" in typed_now(incident, story.now)
    story.do(c.CompareValue(KEY, True, story.secret().old.fingerprint), ANNA)
    assert f"target:{KEY}" not in {item.key for item in open_items(story.incident)}


def test_one_that_did_not_match_and_is_found_elsewhere_after_all_rests_on_that():
    story = compared(same=False)
    story.do(c.RecordSighting(KEY, "leaked", "", "42", source="github", place="acme/app#7"), ANNA)
    heads, decided = told(story)
    assert heads == []
    assert "found in another place too" in decided.text


def test_only_what_stands_in_the_incident_by_now_is_compared():
    story = Story(declaration(wanted(entry(KEY))))
    assert "was not read yet" in story.refused(c.CompareValue(KEY, True, ""), ANNA)
    story.run(1)
    assert "not the one you compared" in story.refused(c.CompareValue(KEY, True, "0" * 12), ANNA)
    assert "respond" in story.refused(c.CompareValue(KEY, True, story.secret().old.fingerprint), STRANGER)
