"""Counsel's draft from the form on a phone: written by the worker, searched for secrets, filed once into the incident's
channel, sent to nobody.
"""

import json
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.data_files import template_folders
from bot.drill.fakes.slack import read
from bot.errors import Misuse
from bot.eventlog.contract import Answered
from bot.inbox.notice_drafts import NoticeDrafts
from bot.inbox.wire import DraftNotice
from bot.incident.commands import RecordFinding
from bot.incident.events import Cut, Recorded, Redacted
from bot.incident.evolve import evolve
from bot.incident.model import Right
from bot.model.obligations import Obligation
from bot.phrases.marks import plain
from bot.report.contract import Document, notice_name
from bot.secrets.secret import Secret
from bot.slack.files import SlackFiling, files_of, shared_files, upload
from bot.slack.incident_channel import SlackIncidentChannel
from bot.slack.listeners.paged import FILED
from tests.slack.test_listeners import declared, form, press, press_in, shown, wait_for
from tests.support.slack_files import shared_by, talked

AUTHORITY = Obligation(
    "authority",
    "Notice to the authority",
    "the authority",
    "GDPR, article 33",
    "counsel",
    hours=72.0,
    template="regulator",
)
UNWRITTEN = replace(AUTHORITY, id="insurer", title="Notice to the insurer", template="")


@pytest.fixture
def told(world):
    """An incident that asks for two notices, one of which has a draft."""
    world.incidents.resolver.obligations = (AUTHORITY, UNWRITTEN)
    drafts = NoticeDrafts(world.event_log, template_folders(None), SlackFiling(world.gateway), lambda: world.values)
    world.values = set()
    decider = world.inbox.handler.decider
    decider.apart = (*decider.apart, drafts)
    world.drafts = drafts
    world.incident = declared(world)
    world.channel, _ = shown(world, world.incident)
    return world


def files(world):
    return [each.name for each in shared_files(world.gateway, world.channel)]


def everything(world):
    return [each.name for each in files_of(world.gateway.history(world.channel))]


def asked(world, obligation, who="ada"):
    command = DraftNotice(world.incident, obligation)
    with suppress(Answered):  # nobody waits for it: it was not laid into the inbox
        world.drafts.append(command, world.people.named(who).actor, world.clock(), f"c-{obligation}", lambda _: None)


def test_the_button_files_the_draft_and_the_form_says_where_it_stands(told):
    press(told, told.ada, told.incident, "notification")
    press_in(told, told.ada, form(told, told.ada, "notification"), "notice_draft", "authority")
    assert wait_for(lambda: files(told))
    assert wait_for(lambda: FILED in json.dumps(form(told, told.ada, "notification"), ensure_ascii=False))
    [name] = files(told)
    assert name.startswith(f"{told.incident}-draft-authority-")
    assert name.endswith(".html")
    content = next(each.content for each in told.fake.workspace.files.values() if each.name == name)
    assert "DRAFT for counsel, not sent" in content.decode()
    assert "openai-api-key" not in content.decode()


def test_asked_for_twice_it_is_filed_once(told):
    asked(told, "authority")
    asked(told, "authority")  # a worker that had died before it answered
    assert len(files(told)) == 1


def test_what_somebody_else_uploaded_under_its_name_is_not_the_draft(told):
    name = notice_name(told.incident, "authority", told.incidents.load(told.incident).seq)
    shared_by(told.fake.workspace, told.channel, told.ada, name)
    asked(told, "authority")
    assert files(told) == [name, name]
    assert [each for each in told.fake.workspace.files.values() if b"DRAFT for counsel" in each.content]


def test_without_a_template_or_the_right_to_respond_there_is_none_and_it_says_why(told):
    with pytest.raises(Misuse, match="No draft belongs to"):
        asked(told, "insurer")
    with pytest.raises(Misuse, match="has no notice"):
        asked(told, "nobody")
    stranger = replace(told.people.named("ada").actor, name="eve", rights=frozenset({Right.APPROVE}))
    with pytest.raises(Exception, match="may not respond"):
        told.drafts.append(DraftNotice(told.incident, "authority"), stranger, told.clock(), "c", lambda _: None)
    assert files(told) == []


def test_a_value_of_the_catalog_is_withheld_as_in_the_report(told):
    value = "nR4wTq82Lx0-5vBz7"
    told.values.add(Secret(value).fingerprint)
    finding = RecordFinding("impact", f"with {value} they read the cache")
    assert not told.incidents.do(told.incident, finding, told.people.named("ada").actor, "finding").refused
    asked(told, "authority")
    [content] = [each.content for each in told.fake.workspace.files.values()]
    assert value not in content.decode()
    assert "(withheld: the value with fingerprint" in content.decode()


def test_after_a_redaction_the_drafts_of_before_go_and_one_made_since_stays(told):
    """Without a report that would be written again; a person's own file under such a name is theirs."""
    board, incident = SlackIncidentChannel(told.gateway, told.people), told.incidents.load(told.incident)
    name = notice_name(incident.id, "authority", 1)
    shared_by(told.fake.workspace, told.channel, told.ada, name)
    asked(told, "authority")
    talked(told.fake.workspace, told.channel, told.ada)
    news = [
        Recorded(incident.seq + 1, told.clock(), "bob", Redacted(Cut(1, "note-added", "d" * 64, "{}"), "why", "ada"))
    ]
    later = notice_name(incident.id, "authority", incident.seq + 1)
    upload(told.gateway, told.channel, later, "later", b"...", "")
    assert len(everything(told)) == 3
    board.show(incident, news, {}, told.clock(), "9:abc")
    assert sorted(everything(told)) == sorted([name, later])


def test_of_a_draft_that_cannot_be_deleted_the_channel_is_told_once(told):
    asked(told, "authority")
    [draft] = told.fake.workspace.files.values()
    incident = told.incidents.load(told.incident)
    cut = Redacted(Cut(1, "note-added", "d" * 64, "{}"), "why", "ada")
    news = [Recorded(incident.seq + 1, told.clock(), "bob", cut)]
    draft.user = told.ada  # from here on Slack refuses
    for _ in range(2):  # a crash before it was noted
        told.board.show(incident, news, {}, told.clock(), "9:abc")
    said = [read(each.get("blocks", [])) for each in told.driver.messages(told.channel)]
    assert len([text for text in said if draft.name in text and "does not let the bot delete it" in text]) == 1


def test_a_draft_that_did_not_go_then_goes_with_the_earlier_report(told):
    asked(told, "authority")
    [draft] = files(told)
    incident = told.incidents.load(told.incident)
    cut = Redacted(Cut(1, "note-added", "d" * 64, "{}"), "why", "ada")
    page = Document("page.html", "the report", "html", "<p>", "0" * 64)
    report = (Document("page.md", "the report", "md", "the report", "0" * 64), page)
    told.board.deliver(incident, report, renewed=True)
    assert draft in files(told)
    redacted = evolve(incident, Recorded(incident.seq + 1, told.clock(), "bob", cut))
    told.board.deliver(redacted, report, renewed=True)
    assert files(told) == [page.name]


def test_the_answer_of_a_form_is_plain():
    assert plain(FILED) == FILED


@pytest.mark.parametrize("name", ["authority", "insurer"])
def test_the_form_beneath_is_drawn_anew_with_what_was_decided(told, name):
    press(told, told.ada, told.incident, "more")
    more = form(told, told.ada, "more")
    assert "✓ Recorded." not in read(more["blocks"])
    press_in(told, told.ada, more, "notification")
    page = form(told, told.ada, "notification")
    values = {f"outcome|{name}": "not-required", "why": "made-up data", "who": "mira"}
    assert told.driver.submit(told.ada, page["id"], values).ok
    decided = wait_for(lambda: told.incidents.load(told.incident).notices)
    assert decided[name].decision.decider == "mira"

    assert wait_for(lambda: "✓ Recorded." in read(form(told, told.ada, "more")["blocks"]))
