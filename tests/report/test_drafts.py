"""Drafts: each variant in both forms; whatever a text of the incident or of a template holds, no value gets in."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import html5lib
import pytest

from bot.errors import Misuse, Refused
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.model.reads import Read
from bot.model.secrets import Copy, CopyKind, Data, Kill, Outage
from bot.report.drafts import DECISION, EXPORT, REPORT, Source, draft
from bot.report.notices import CUSTOMER, REGULATOR, Duty
from bot.secrets.secret import Secret
from tests.incident.record.test_used import ABLE, OURS, STRANGE
from tests.incident.record.test_used import NAME as NAMED
from tests.report.test_html import SHIPPED
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, probe, wanted

CANARY = "nR4wTq82Lx05vBz7"
"""Each place has its own: this, and its number."""
VARIANTS = (REPORT, REGULATOR, CUSTOMER, DECISION)
FORMS = ("md", "html")
NAME = "openai-api-key"
PLACES = (
    "title", "notice", "owner", "strategy", "what stops", "place of a copy", "what to do with it", "its owner",
    "copy", "glass", "review", "note", "summary", "lessons", "impact", "cause", "abuse", "task", "step", "close",
)  # fmt: skip


def value(place):
    return f"{CANARY}{PLACES.index(place):02}"


def known():
    return {Secret(value(place)).fingerprint for place in PLACES} | {Secret(CANARY).fingerprint}


@pytest.fixture(scope="module")
def told():
    """An incident in every text of which a value stands, open; and the same, closed over what is open."""
    copies = (Copy("ci", CopyKind.CI, value("place of a copy"), value("what to do with it"), value("its owner")),)
    leaked = entry(owner=value("owner"), if_killed=f"Mails with {value('what stops')} stop.", copies=copies)
    story = Story(
        declaration(
            wanted(leaked, reason=f"because {value('strategy')}"),
            wanted(entry("redis", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)),
            title=f"leak of {value('title')}",
            how_noticed=f"saw {value('notice')}",
        )
    )
    story.do(c.BreakGlass({"redis": SHOWN}, f"abuse of {value('glass')}"), ANNA)
    story.run(120)
    for command in (
        c.SettleCopy(NAME, "ci", m.CopyOutcome.ACCEPTED, f"was {value('copy')}"),
        c.AddNote(f"it was {value('note')}"),
        c.WriteNarrative(f"{value('summary')} leaked", "", "", f"never {value('lessons')}"),
        c.RecordFinding("impact", f"they had {value('impact')}"),
        c.RecordFinding("root-cause", f"{value('cause')} stood in a log"),
        c.RecordFinding("no-abuse", f"nobody used {value('abuse')}"),
        c.AddTask(f"remove {value('task')}", "anna"),
    ):
        story.do(command, ANNA)
    story.do(c.SkipStep("notify", f"all have {value('step')}"), CHLOE)
    story.do(c.ReviewGlass(f"right: {value('review')}", SHOWN), BEN)
    before = copy(story)
    story.run(2000)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    story.close_over(f"it is only {value('close')}", CHLOE)
    if story.incident.open:
        story.agree(BEN)
    assert not story.incident.open
    return before, story


def copy(story):
    made = Story.__new__(Story)
    made.__dict__.update(story.__dict__, log=list(story.log))
    return made


def source(story, folders=SHIPPED, duty=None):
    now = story.now + timedelta(hours=1)
    return Source(story.incident, story.log, "9:abc", folders, now, known(), duty or Duty())


def said(*commands):
    story = Story(declaration())
    for command in commands:
        story.do(command, ANNA)
    return story


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VARIANTS)
def test_no_text_of_an_incident_brings_a_value_into_a_variant(told, name, form):
    before, closed = told
    text = {place: str(events_of(closed)).count(value(place)) for place in PLACES}
    assert all(text.values()), text
    made = draft(source(closed if name == DECISION else before), name, form)
    assert CANARY not in made.text
    assert CANARY not in re.sub(r"<[^>]+>|[*`\\]", "", made.text)
    if name != CUSTOMER:  # which carries nobody's words
        assert made.withheld
        assert "withheld" in made.text
    if form == "html":
        html5lib.HTMLParser(strict=True).parse(made.text)


def test_the_export_for_an_outside_firm_is_json_without_a_value(told):
    before, _ = told
    made = draft(source(before), EXPORT)
    assert CANARY not in made.text
    assert made.withheld
    found = json.loads(made.text)
    assert found["incident"] == before.incident.id
    assert len(found["timeline"]) > 20


def test_the_export_has_what_is_not_known_to_be_ours_and_hashes():
    story = Story(declaration(wanted(entry(NAMED, provider="aws-iam", capabilities=ABLE))))
    story.world.used = lambda report: replace(report, uses=(OURS, STRANGE))
    story.run(2000)
    read = Read(story.now, "arn:aws:iam::1:user/eve", "203.0.113.9", "curl", "GetParameter", "/production/x")
    ours = replace(read, principal="arn:aws:iam::1:user/ben", address="192.0.2.2", agent="")
    story.record(e.UsageRead(0, NAMED, "CloudTrail", story.now, story.now, (read, ours), (), False))
    story.do(c.AccountReader(ours.principal, m.ReaderOutcome.OURS, ""), ANNA)
    found = json.loads(draft(source(story), EXPORT).text)
    assert {(each["kind"], each["value"]) for each in found["indicators"]} == {
        ("address", STRANGE.address),
        ("principal", read.principal), ("address", read.address), ("agent", "curl"),
    }  # fmt: skip
    assert found["indicators"][0]["keys"] == [NAMED]
    [key] = found["keys"]
    assert (key["name"], key["use"], bool(key["dead"])) == (NAMED, "used by others", True)
    assert found["hashes"]["log"] == "9:abc"


def events_of(story):
    return [recorded.event for recorded in story.log]


@pytest.mark.parametrize("name", [REGULATOR, CUSTOMER])
def test_a_notice_says_the_same_in_both_forms(name):
    story = said(c.RecordFinding("impact", "mail *as us* & <b>more</b>"), c.RecordFinding("root-cause", "a | b"))
    story.run(2000)
    duty = Duty("The notice", "the authority", "GDPR, article 33", story.now, "it was night")
    text, page = (draft(source(story, duty=duty), name, form).text for form in FORMS)
    assert text.startswith("# DRAFT for counsel, not sent")
    assert "<h1>DRAFT for counsel, not sent" in page
    html5lib.HTMLParser(strict=True).parse(page)
    assert words(text) == words(re.sub(r"<[^>]+>", "", page.partition("<main")[2].partition(">")[2]))


def test_what_nobody_has_said_is_a_blank_of_its_own():
    blank = draft(source(said()), REGULATOR).text
    for line in ("Cause: not known yet", "TO BE FILLED IN: the impact is not recorded yet", "None is recorded yet"):
        assert f"\n- {line}" in blank
    assert "- Whether others used them: TO BE FILLED IN" in blank
    told = draft(source(said(c.RecordAbuse(NAME, "mails were sent"))), CUSTOMER).text
    assert "\nOthers have used it.\n" in told
    assert "mails were sent" not in told
    assert NAME not in told


def test_customers_read_plain_words_and_nobodys_notes():
    data = {"openai-api-key": Data.PERSONAL, "stripe-secret-key": Data.PAYMENT}
    leaked = [wanted(entry(name, data=kind, checklist={"roles": "Look."})) for name, kind in data.items()]
    story = Story(declaration(*leaked)).run(120)
    for command in (
        c.RecordFinding("impact", "mail could be sent"),
        c.RecordFinding("no-abuse", "the logs show none"),
        c.AddTask("Tell the agency about the laptop", "anna"),
        c.FinishTask("t1"),
    ):
        story.do(command, ANNA)
    text = draft(source(story), CUSTOMER).text
    assert "could have reached payment data and personal data." in text
    assert "\nWe have not seen others use them.\n" in text
    for inner in ("mail could be sent", "anna", "agency", "["):
        assert inner not in text
    assert "mail could be sent (anna" in draft(source(story), REGULATOR).text
    assert "Tell the agency about the laptop" in measures(story)
    story.do(c.EndCheck(NAME, "roles", m.CheckOutcome.HANDLED, "removed a role rogue"), ANNA)
    assert "TO BE FILLED IN: what our checks found" in draft(source(story), CUSTOMER).text
    assert "1 check of what they could have left behind found something" in draft(source(story), REGULATOR).text


def test_customers_read_of_one_credential_as_of_one_and_of_what_checks_found_where_use_is_not_known():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL, checklist={"roles": "Look."}))))
    begun = draft(source(story), CUSTOMER).text
    assert "We are still revoking it" in begun
    story.run(120).do(c.EndCheck(NAME, "roles", m.CheckOutcome.HANDLED, "removed a role rogue"), ANNA)
    found = "TO BE FILLED IN: what our checks found, in plain words."
    text = draft(source(story), CUSTOMER).text
    assert f"TO BE FILLED IN: whether others used it. {found}" in text
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), ANNA)
    text = draft(source(story), CUSTOMER).text
    assert f"\nWe do not know whether others used it. {found}\n" in text
    assert "it can no longer be used." in text
    assert "With it, someone could have reached personal data." in text
    assert not re.search(r"\b(?:they|them)\b", text)


def measures(story):
    """The section of the regulator's notice that says what was done."""
    return draft(source(story), REGULATOR).text.partition("## 4. ")[2]


def test_a_value_that_is_accepted_again_is_no_longer_told_as_unusable_and_counts_once_when_it_dies_again():
    story = said().run(120)
    assert "1 exposed credential was revoked and confirmed unusable" in measures(story)
    story.world.killed.clear()
    story.record(e.OldProbed(0, NAME, probe("live")))
    assert "not over: 1 of 1 not yet confirmed unusable" in draft(source(story), REGULATOR).text
    assert "confirmed unusable" not in measures(story)
    for _ in range(2):
        story.now += timedelta(minutes=1)
        story.record(e.OldProbed(0, NAME, probe("dead"), probe("live", "comparison: the new key")))
    story.record(e.OldProvenDead(NAME, story.now - timedelta(minutes=1)))
    assert "1 exposed credential was revoked and confirmed unusable, the last 3 min after" in measures(story)


def test_a_value_that_was_rolled_back_is_not_told_as_replaced():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(60)
    assert "1 credential was replaced" in measures(story)
    story.record(e.ConsumersFailing(0, NAME, ("checkout",), "health HTTP 500"))
    assert "replaced" not in measures(story)
    story.record(e.RolledBack(0, NAME, {f"/production/{NAME}": 3}))
    assert "replaced" not in measures(story)


def test_what_was_left_behind_is_told_as_checked_once_all_of_it_was():
    items = {f"item-{number}": "Look there." for number in range(12)}
    story = Story(declaration(wanted(entry(checklist=items)))).run(120)
    assert "left behind" not in measures(story)
    story.do(c.EndCheck(NAME, "item-0", m.CheckOutcome.CLEAR, "nothing"), BEN)
    assert "1 of 12 checks for what the credentials could have left behind at our suppliers" in measures(story)
    for item in list(items)[1:]:
        story.do(c.EndCheck(NAME, item, m.CheckOutcome.CLEAR, "nothing"), BEN)
    assert "- What the credentials could have left behind at our suppliers was checked." in measures(story)


def test_customers_are_told_that_the_service_went_on_only_where_nothing_refused_a_new_value():
    story = Story(declaration(wanted(entry(outage=Outage.NONE)))).run(120)
    assert "The service continued as usual." in draft(source(story), CUSTOMER).text
    assert "According to our inventory it gave no access to your data." in draft(source(story), CUSTOMER).text
    story.record(e.ConsumersFailing(0, NAME, ("checkout",), "health HTTP 500"))
    text = draft(source(story), CUSTOMER).text
    assert "continued as usual" not in text
    assert "TO BE FILLED IN: parts of the service refused a new credential" in text


def words(text):
    """What a reader sees of either form."""
    shown = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\\", "")
    return re.sub(r"^(- |#+ )|[`*]", "", shown, flags=re.MULTILINE).split()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "template",
    [CANARY, f"{CANARY[:7]}**{CANARY[7:]}**", "{{ notice.impact[0].text if notice.impact }}", "&#110;" + CANARY[1:]],
)
def test_nor_does_a_template_of_the_teams_own(tmp_path, template, form):
    (tmp_path / "team.md.j2").write_text(f"To our partners: {template}\n")
    made = draft(source(said(c.RecordFinding("impact", f"they had {CANARY}")), (tmp_path, *SHIPPED)), "team", form)
    shown = re.sub(r"<[^>]+>|\*", "", made.text).replace("&#110;", "n")
    assert CANARY not in shown
    assert made.withheld
    assert "withheld" in made.text


def test_what_no_line_can_be_blamed_for_files_nothing(tmp_path):
    """A frame of the page's own is no line of the text: nothing is printed, and it is said where it stands."""
    (tmp_path / "text.html.j2").write_text(f"<p>{CANARY[:7]}<b>{CANARY[7:]}</b></p>")
    with pytest.raises(Refused, match="in the text of <p>"):
        draft(source(Story(declaration()), (tmp_path, *SHIPPED)), CUSTOMER, "html")


def test_a_template_of_ones_own_becomes_a_page_that_needs_nothing_else(tmp_path):
    (tmp_path / "partner.md.j2").write_text(
        "Dear partner\n\n| a | b |\n| --- | --- |\n| {{ notice.incident }} | 2 |\n\n"
        "![x](https://evil.example/x.png) <script>alert(1)</script> [y](javascript:alert(1))\n"
    )
    made = draft(source(Story(declaration()), (tmp_path, *SHIPPED)), "partner", "html").text
    html5lib.HTMLParser(strict=True).parse(made)
    assert "<h1>inc_ab3cde: draft, partner</h1>" in made
    assert "<td>inc_ab3cde</td>" in made
    assert not re.search(r"<img|<script|href=\"javascript|src=", made)


def test_an_open_incident_has_a_report_marked_as_a_draft_and_no_decision():
    open_one = source(Story(declaration()))
    assert "**DRAFT**, **OPEN** as of " in draft(open_one, REPORT).text
    assert "<title>DRAFT inc_ab3cde" in draft(open_one, REPORT, "html").text
    with pytest.raises(Misuse, match="is open"):
        draft(open_one, DECISION)


def test_the_report_of_a_closed_incident_is_no_draft(told):
    closed = source(told[1])
    assert "DRAFT" not in draft(closed, REPORT).text
    assert "<h1>inc_ab3cde: entry of the decisions log</h1>" in draft(closed, DECISION, "html").text


@pytest.mark.parametrize("name", ["runbook", "page", "text", "../x", "A", ""])
def test_what_is_no_variant_has_no_draft(name):
    with pytest.raises(Misuse, match="There is no draft"):
        draft(source(Story(declaration())), name)
