"""A status update says what its template says and nothing else: canaries stand in every field of the incident."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta

import pytest

from bot.data_files import template_folders
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import CHANNEL_LANE
from bot.incident.model import Accepted, Actor, Right
from bot.incident.operations import Op
from bot.incident.refusals import TEXT_LIMIT
from bot.incident.updates.rules import fitting
from bot.model.playbooks import Audience, Milestone
from bot.model.probes import Liveness, Probe
from bot.report.update_view import render_update
from tests.support.incidents import Story, declaration, entry, wanted

ANNA = Actor("anna", frozenset(Right))
TEMPLATES = template_folders()
ACTED_ON = {"incident.id", "incident.environment", "incident.timings.time_zone"}
SAID_ANYWHERE = {"id", "environment", "name"}
"""The incident's id and environment; a role's holder is set below."""


def canaried(thing, path="incident"):
    """A copy in which each text is its own path, but for those that the code acts on."""
    match thing:
        case str() if type(thing) is str and path not in ACTED_ON:
            return f"CANARY {path} CANARY" if thing and "digest" not in path else thing
        case tuple() if not hasattr(thing, "_fields"):
            return tuple(canaried(each, f"{path}[]") for each in thing)
        case dict():
            return {key: canaried(each, f"{path}[{key}]") for key, each in thing.items()}
        case _ if is_dataclass(thing) and not isinstance(thing, type):
            values = {each.name: canaried(getattr(thing, each.name), f"{path}.{each.name}") for each in fields(thing)}
            return type(thing)(**values)
        case _:
            return thing


@pytest.fixture
def incident():
    story = Story(
        declaration(wanted(entry(data="personal", if_killed="checkout stops")), title="t", how_noticed="n"), by=ANNA
    )
    story.run(120)
    story.do(c.AddNote("it was in a gist"), ANNA)
    story.do(c.RecordFinding("impact", "all customers"), ANNA)
    story.do(c.RecordAbuse("openai-api-key", "seen"), ANNA)
    story.do(c.AddTask("purge", "ben"), ANNA)
    story.do(c.HandOver("ben", "call Stripe"), ANNA)
    return canaried(story.incident)


def text_for(incident, template, milestone=Milestone.DECLARED, **more):
    audience = Audience(template, ("C0",), template, every=1800, **more)
    return render_update(incident, audience, milestone, TEMPLATES, incident.last_at + timedelta(minutes=1))


@pytest.mark.parametrize("milestone", [*Milestone, None])
def test_stakeholders_read_nothing_of_the_key_the_place_or_the_people(incident, milestone):
    text = text_for(incident, "stakeholders", milestone)
    assert "CANARY" not in text
    assert "openai" not in text
    assert "anna" not in text
    assert incident.id in text
    assert "Next update by" in text


def test_security_reads_counts_the_commander_and_the_way_to_the_channel(incident):
    text = text_for(incident, "security")
    said = {part for part in text.split("CANARY") if "incident." in part}
    assert {part.strip() for part in said} <= {"incident.channel_url", "incident.team.leads.name"}
    assert "Use by others: yes." in text


def test_security_reads_one_line_of_what_works_who_leads_and_where():
    story = Story(
        declaration(wanted(entry()), wanted(entry("redis-url")), environment="production", public=True), by=ANNA
    )
    at = story.incident.last_at + timedelta(minutes=1)
    said = (
        f"SEV 2: 2 production keys leaked publicly. 2 not checked yet ({at:%H:%M} UTC). "
        "Use by others: not answered yet. "
        f"Commander of {story.incident.id}: anna. Please don't rotate keys yourself. "
        f"Next update by {at + timedelta(minutes=30):%H:%M} UTC. Incident channel: opens in a moment"
    )
    assert text_for(story.incident, "security").splitlines() == [said]
    assert text_for(story.incident, "security", None).splitlines() == [said]
    assert text_for(story.incident, "security", Milestone.REOPENED).splitlines() == [f"Incident reopened. {said}"]


def test_security_reads_what_was_seen_of_each_key():
    names = ("dead", "works", "rejected", "silent", "unasked")
    incident = Story(declaration(*(wanted(entry(name)) for name in names)), by=ANNA).incident

    def seen(liveness, **more):
        return {"last_probe": Probe("old", Liveness(liveness), ""), "revoked_at": incident.last_at, **more}

    olds = {
        "dead": seen("dead", contained_at=incident.last_at), "works": seen("live"), "rejected": seen("dead"),
        "silent": seen("unknown"), "unasked": {},
    }  # fmt: skip
    secrets = {n: replace(s, old=replace(s.old, **olds[n])) for n, s in incident.secrets.items()}
    said = "1 dead, 1 still works, 1 rejected (not confirmed), 1 gives no answer, 1 not checked yet ("
    assert said in text_for(replace(incident, secrets=secrets), "security")


def test_security_reads_of_abuse_as_the_card_does_where_nobody_has_said_anything():
    story = Story(declaration(wanted(entry())))
    assert "Use by others: not answered yet." in text_for(story.incident, "security")
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), ANNA)
    assert "Use by others: unknown." in text_for(story.incident, "security")


def test_an_owner_reads_the_names_of_their_own_secrets_alone():
    mine, others = wanted(entry("my-key", owner="ben")), wanted(entry("other-key", owner="chloe"))
    story = Story(declaration(mine, others), by=ANNA)
    audience = Audience("owners ben", ("@ben",), "owners", owners=True)
    text = render_update(story.incident, audience, Milestone.DECLARED, TEMPLATES, story.now)
    assert "my-key" in text
    assert "other-key" not in text


def test_a_channel_that_the_bot_is_about_to_open_is_not_called_none():
    """An update can go out a second before: the channel is told of as it is then, and nobody waits for it."""
    story, audience = Story(declaration(), by=ANNA), Audience("security", ("C0",), "security")
    said = [render_update(story.incident, audience, Milestone.DECLARED, TEMPLATES, story.now)]
    claim = story.begin(Op.OPEN_CHANNEL)
    story.finish(claim, e.OperationFailed(claim.number, Op.OPEN_CHANNEL, "Unauthorized", "missing_scope", None))
    said.append(render_update(story.incident, audience, Milestone.DECLARED, TEMPLATES, story.now))
    story.do(c.Retry(CHANNEL_LANE))
    claim = story.begin(Op.OPEN_CHANNEL)
    story.finish(claim, e.ChannelOpened(claim.number, "C1", "https://slack.example/C1"))
    said.append(render_update(story.incident, audience, Milestone.DECLARED, TEMPLATES, story.now))
    ends = [text.partition("Incident channel: ")[2].splitlines()[0] for text in said]
    assert ends == ["opens in a moment", "none", "https://slack.example/C1"]


def test_a_closed_incident_promises_no_next_update(incident):
    closed = replace(incident, closed=incident.declared)
    assert "Next update" not in text_for(closed, "stakeholders", Milestone.CLOSED)


def test_of_more_secrets_than_fit_the_rest_is_counted():
    names = [f"payments-service-key-{number:03}" for number in range(130)]
    story = Story(declaration(*(wanted(entry(name, owner="ben")) for name in names)), by=ANNA)
    audience = Audience("owners ben", ("@ben",), "owners", owners=True)
    text = render_update(story.incident, audience, Milestone.DECLARED, TEMPLATES, story.now)
    assert len(text) < TEXT_LIMIT
    told = sum(name in text for name in names)
    assert f", and {130 - told} more in {story.incident.id}.\n" in text
    assert "Please don't rotate it yourself" in text


def test_a_text_that_is_too_long_is_cut_at_a_line_and_says_so():
    short = "\n".join(["as it is"] * 300)
    assert fitting(short) == short
    cut = fitting("\n".join(f"line {number:03} of a team's own template" for number in range(200)))
    *kept, last = cut.splitlines()
    assert len(cut) <= TEXT_LIMIT
    assert kept[-1] == f"line {len(kept) - 1:03} of a team's own template"
    assert last == f"(Left out here: {200 - len(kept)} more lines.)"
    assert len(fitting("x" * 4000)) == TEXT_LIMIT


def test_security_reads_what_was_accepted_at_the_close_and_by_whom():
    checklist = {"users": "Look at the users.", "keys": "Look at the keys."}
    story = Story(declaration(wanted(entry(checklist=checklist))), by=ANNA).run(120)
    by = replace(story.incident.declared, name="eli")
    closed = replace(story.incident, closed=by)
    assert "Closed with" not in text_for(closed, "security", Milestone.CLOSED)
    left = (
        Accepted("checks:openai-api-key", "openai-api-key: 2 of 2 backdoor checks open: users, keys"),
        Accepted("reader:00", "user/laptop read openai-api-key: UNEXPLAINED"),
        Accepted("task:t1", "task t1: Purge the cache"),
    )
    closed = replace(closed, accepted_items=left, accepted_reason="Stripe is slow")
    text = text_for(closed, "security", Milestone.CLOSED)
    assert "Closed with open items: 2 backdoor checks, 1 reader, 1 task; closed by eli. Commander of " in text
    assert (
        "Incident closed. SEV 2: 1 production key leaked publicly. 1 dead, 1 replaced (03:01 UTC). Use by others:"
        in text
    )
    assert "Backdoor checks left: 2." in text
    assert not [name for name in ("openai", "laptop", "cache", "Stripe") if name in text]
