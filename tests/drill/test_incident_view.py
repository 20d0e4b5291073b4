"""What a drill's people conclude from an incident's JSON, made here from real states."""

import json
from dataclasses import replace

import pytest

from bot.cli.documents import incident_document
from bot.drill.incident_view import IncidentView
from bot.drill.personas import DANA, ELI
from bot.drill.statements import NOBODY_TO_TELL, NOTHING_THERE, SOMEONE_TO_TELL
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.model.secrets import Data
from bot.model.uses import Use
from tests.support.incidents import ANNA, CHLOE, START, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"


def view(story) -> IncidentView:
    return IncidentView(json.loads(json.dumps(incident_document(story.incident, story.now), default=str)))


def names(secrets):
    return [secret["name"] for secret in secrets]


def failed_for_good():
    story = Story(declaration(wanted()))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Unexpected", "openai: HTTP 500", None))
    return story.run(60)


def test_a_fresh_incident():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    seen = view(story)
    assert (seen.incident, seen.closed, seen.reported, seen.hopeless) == (story.incident.id, False, False, False)
    assert names(seen.unfinished) == list(seen.secrets) == [NAME, "sendgrid-api-key"]
    assert seen.movable
    assert not seen.time_for_the_report
    assert not seen.time_for_the_close


def test_a_secret_that_is_done():
    seen = view(Story(declaration(wanted())).run(120))
    assert seen.unfinished == []
    assert not seen.hopeless


def test_a_new_value_that_lives_while_the_old_one_does():
    story = Story(declaration(wanted()))
    story.world.controls = False
    seen = view(story.run(10))
    assert (names(seen.unfinished), seen.secrets[NAME]["new"]) == ([NAME], "live")


def test_what_has_failed_for_good():
    seen = view(failed_for_good())
    assert seen.hopeless
    assert seen.needed("retry", NAME)
    assert seen.offered("confirm-revoked", NAME)


@pytest.mark.parametrize(
    ("secrets", "failures", "judged"),
    [
        ([{}], [], False),
        ([{}], [{"subject": NAME, "final": False}], False),
        ([{}], [{"subject": NAME, "final": True}], True),
        ([{}], [{"subject": "", "final": True}], False),
        ([{}], [{"subject": NAME, "final": True, "lane": f"usage:{NAME}"}], False),
        ([{"old": "unproven"}], [], True),
        ([{"old": "dead"}], [], False),
        ([{"old": "dead", "new": "none"}], [{"subject": NAME, "final": True}], True),
        ([{}, {"name": "redis-url"}], [{"subject": NAME, "final": True}], False),
    ],
)
def test_what_is_hopeless(secrets, failures, judged):
    secrets = [{"name": NAME, "old": "alive", "new": "live"} | each for each in secrets]
    failures = [{"lane": f"old:{each['subject']}"} | each for each in failures]
    assert IncidentView({"secrets": secrets, "failures": failures}).hopeless is judged


def test_what_is_unfinished():
    states = (("dead", "live"), ("dead", "none"), ("dead", "not-needed"), ("attested", "live"))
    secrets = [{"name": f"{old} {new}", "old": old, "new": new} for old, new in states]
    assert names(IncidentView({"secrets": secrets}).unfinished) == ["dead none", "attested live"]


def test_the_second_person_is_whoever_is_entitled():
    seen = view(Story(declaration(wanted())))
    assert seen.first_entitled("approve-plan", (ELI, DANA)) is None
    whom = {"rights": ["approve", "respond"], "but_not": [], "people_file": True}
    offer = {"command": "approve-plan", "secret": None, "subject": "a", "urgency": "needed", "who": [whom],
             "why_not_yet": None}  # fmt: skip
    open_to_all = {"rights": ["respond"], "but_not": ["eli"], "people_file": True}
    assert IncidentView({"offers": [offer]}).first_entitled("approve-plan", (DANA, ELI)) is ELI
    second = offer | {"who": [open_to_all]}
    assert IncidentView({"offers": [second]}).first_entitled("approve-plan", (ELI, DANA)) is DANA
    blocked = offer | {"why_not_yet": "not now"}
    assert IncidentView({"offers": [blocked]}).first_entitled("approve-plan", (ELI, DANA)) is None


def test_findings_are_wanted_until_they_are_recorded():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL))))
    assert [what for what in ("impact", "root-cause") if view(story).wants(what)] == ["impact", "root-cause"]
    story.do(c.RecordFinding("impact", "told"), ANNA)
    assert [what for what in ("impact", "root-cause") if view(story).wants(what)] == ["root-cause"]


def test_checks_are_due_once_the_key_is_dead():
    can = capabilities()
    story = Story(declaration(wanted(entry(can=can, checklist={"keys": "Look for other keys."}))))
    assert list(view(story).due_checks()) == []
    story.run(120)
    assert list(view(story).due_checks()) == [(NAME, ["keys"], "clear", NOTHING_THERE)]
    assert view(story).unchecked == 1
    story.do(c.EndCheck(NAME, "keys", m.CheckOutcome.CLEAR, "looked"), ANNA)
    assert list(view(story).due_checks()) == []


def test_readers_are_accounted_for_and_strangers_lose_their_access():
    readers = [{"principal": "arn:a", "secrets": [NAME], "outcome": "ours"},
               {"principal": "arn:b", "secrets": [NAME], "outcome": "unexplained"},
               {"principal": "arn:c", "secrets": ["redis-url"], "outcome": ""}]  # fmt: skip
    seen = IncidentView({"readers": readers})
    assert seen.unaccounted == ["arn:c"]
    assert seen.strangers == ["arn:b"]


def test_the_report_and_the_close_come_at_the_end():
    story = Story(declaration(wanted()))
    story.run(120)
    for step in story.incident.steps:
        if step.definition.id != "document" and not step.over:
            story.do(c.SkipStep(step.definition.id, "not now"), CHLOE)
    assert view(story).time_for_the_report
    story.complete()
    assert view(story).reported
    assert not view(story).time_for_the_report
    assert view(story).time_for_the_close
    story.do(c.Close(), CHLOE)
    assert view(story).closed


def test_what_cannot_get_on_is_reported_once_no_step_moves():
    story = failed_for_good()
    assert not view(story).time_for_the_report
    for step in story.incident.steps:
        if step.definition.id not in {"revoke", "document"} and not step.over:
            story.do(c.SkipStep(step.definition.id, "not now"), CHLOE)
    assert view(story).time_for_the_report


def test_a_look_that_is_about_to_come_is_waited_for_and_one_that_failed_for_good_is_not():
    story = Story(declaration(wanted())).run(120)
    story.complete()
    assert view(story).to_be_closed(0.0)
    early = replace(story.incident.usage[NAME], after_containment=False)
    story.incident = replace(story.incident, usage={NAME: early})
    assert view(story).time_for_the_close
    assert (view(story).to_be_closed(0.0), view(story).to_be_closed(60.0)) == (False, True)
    claim = story.begin(Op.USAGE)
    assert not view(story).to_be_closed(0.0), "it is being looked up"
    story.finish(claim, e.OperationFailed(claim.number, Op.USAGE, "Denied", "cloudtrail: AccessDenied", None))
    assert view(story).to_be_closed(0.0)


def test_use_by_others_is_recorded_once_and_then_people_are_notified():
    story = Story(declaration(wanted(entry(can=capabilities(reports_use=True)))))
    assert (view(story).used_by_others, view(story).notice) == ([], ("not-required", NOBODY_TO_TELL))
    ours = Use(START, START, "sqs:ListQueues", "AKIA1", "ci", "10.0.0.1", ours="our network")
    made = replace(ours, action="iam:CreateUser", address="198.51.100.7", ours="")
    story.world.used = lambda report: replace(report, uses=(ours, made))
    story.work(only={Op.CAPTURE, Op.LOOK_UP_USE})
    assert view(story).used_by_others == [NAME]
    story.do(c.RecordAbuse(NAME, "The provider's log shows a stranger."))
    assert (view(story).used_by_others, view(story).notice) == ([], ("notify", SOMEONE_TO_TELL))
