"""Evidence for auditors: each line is an event of the log, and nothing is claimed that no event holds."""

import csv
import io
from datetime import timedelta

from bot.incident import commands as c
from bot.incident.model import Right
from bot.model.recorded import Recorded
from bot.people import Person
from bot.report.audit import CONTROLS, KINDS, clocks_of, document, evidence_of, rights_evidence, table
from bot.rights import Rights, found, news
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, START, Story, declaration
from tests.support.reports import closed, still_alive

ALWAYS = (START - timedelta(days=1), START + timedelta(days=9))


def test_who_asked_who_approved_and_the_proof_stand_in_order_each_with_its_event():
    story = closed(4)
    found = list(evidence_of(story.incident, story.log, *ALWAYS))
    assert [each.seq for each in found] == sorted(each.seq for each in found)
    by = {each.seq: each for each in found}
    assert all(story.log[seq - 1].actor == each.who for seq, each in by.items())
    kinds = {each.kind for each in found}
    assert {"declared", "asked", "approved", "revoked", "proof", "restored", "closed", "report"} <= kinds
    assert any(each.who == "ben" and each.kind == "approved" for each in found)
    assert {control for each in found for control in each.controls} <= set(CONTROLS)
    assert {control for _, controls in KINDS.values() for control in controls} <= set(CONTROLS)


def test_broken_glass_and_its_review_and_accepted_risks():
    story = still_alive()
    story.do(c.ReviewGlass("nobody could be reached", SHOWN), BEN)
    said = {each.kind: each.said for each in evidence_of(story.incident, story.log, *ALWAYS)}
    assert "BROKE GLASS to revoke redis-url" in said["broken glass"]
    assert "nobody could be reached" in said["review of broken glass"]


def test_only_what_is_of_that_time():
    story = closed(1)
    later = story.log[-1].at
    found = list(evidence_of(story.incident, story.log, START, later))
    assert found
    assert all(START <= each.at < later for each in found)
    assert not list(evidence_of(story.incident, story.log, START - timedelta(days=2), START))


def test_clocks_are_empty_where_nothing_is_proven():
    (clock,) = clocks_of(Story(declaration()).incident)
    assert (clock.dead_after, clock.restored_after, clock.old) == (None, None, "alive")


def test_a_table_for_spreadsheets_holds_no_formula():
    story = Story(declaration(notice="=HYPERLINK(0)\n,a"), by=ANNA)
    story.do(c.AddTask("t", "ben"), ANNA)
    rows = list(csv.reader(io.StringIO(table(list(evidence_of(story.incident, story.log, *ALWAYS))))))
    assert rows[0][:3] == ["incident", "event", "time (UTC)"]
    assert all(len(row) == 7 for row in rows)
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "@"}]


def test_the_document_says_what_the_log_does_not_hold():
    told = document(*ALWAYS, [], [], [], {})
    assert any("people file" in each for each in told["not_held"])
    assert told["controls"] == dict(CONTROLS)


# --- who had which rights -------------------------------------------------------------------------------------------


def read_by_workers(*files):
    """What workers found, a day after each other."""
    found_then = [
        found([Person(name, rights=rights, slack=slack) for name, rights, slack in file], "") for file in files
    ]
    return [Recorded(n, START + timedelta(days=n - 1), "bot", event) for n, event in enumerate(found_then, 1)]


def test_each_change_of_who_may_do_what_is_told_as_it_was_found():
    respond, both = frozenset({Right.RESPOND}), frozenset({Right.RESPOND, Right.APPROVE})
    entries = read_by_workers(
        [("ada", both, "U1"), ("ben", both, "U2")], [("ada", both, "U1"), ("ben", respond, "U2"), ("zoe", both, "U3")],
        [("ada", both, "U9"), ("zoe", both, "U3")],
    )  # fmt: skip
    told = [each.said for each in rights_evidence(entries, *ALWAYS)]
    assert told[0] == "found the people file: ada is in it, with approve, respond; ben is in it, with approve, respond"
    assert told[1] == "found the people file changed: ben lost approve; zoe was added, with approve, respond"
    assert told[2] == "found the people file changed: ada proves by other accounts: slack:U9; ben is not in it any more"


def test_what_came_before_the_time_that_is_asked_about_is_known_and_not_told():
    respond = frozenset({Right.RESPOND})
    entries = read_by_workers([("ada", respond, "U1")], [("ada", respond, "U1"), ("ben", respond, "U2")])
    (only,) = rights_evidence(entries, START + timedelta(hours=1), START + timedelta(days=9))
    assert only.said == "found the people file changed: ben was added, with respond"
    assert (only.incident, only.seq, only.kind) == ("rights", 2, "people")


def test_another_comment_in_the_file_is_no_change():
    first = found([Person("ada")], "aa")
    assert news(Rights(), first) == (first,)
    assert news(Rights(first.people), found([Person("ada")], "bb")) == ()
