"""How a key was used: the look at its provider, the file of every use, and what may stand in neither."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from msgspec import structs

from bot.errors import Missing, Refused, Unauthorized
from bot.incident import events as e
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer
from bot.model.uses import OurUse, Per, Undo, Use, UseReport
from bot.providers.looks import NO_RECORDS
from bot.report.filing import Evidence, FileArchive, Filed
from bot.rotation.snapshot import last_use
from bot.rotation.use import BEFORE, FIRST_LOOK, ROWS, look_up_use
from bot.secrets.secret import Credential, Secret
from tests.support.incidents import Story, declaration, entry, wanted

NAME = "aws-access-key"
VALUE = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"
AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def use(number=0, **more):
    at = AT + timedelta(minutes=number)
    return Use(at, at, **{"action": f"s3:Do{number}", "address": "192.0.2.1", "id": str(number), **more})


CARD = SimpleNamespace(records=NO_RECORDS)


class Telling:
    """A provider that tells of these uses; `asked` has the time at which it was told that it is enough."""

    def __init__(self, *uses) -> None:
        self.uses, self.held, self.since, self.waited = uses, None, None, 0
        self.card = CARD

    def use(self, held, look):
        self.held, self.since = held, look.since
        while not look.enough():
            self.waited += 1
        unseen = (f"What role/\x1b[1m{'x' * 999} did.",)
        return UseReport("CloudTrail", Per.KEY, look.since, look.until, 900.0, self.uses, unseen, truncated=True)


class Failing:
    card = CARD

    def use(self, *_):
        raise Unauthorized("redis", "look up", "no right")


def running(function):
    """What Lambda says of a function's role."""
    if function == "gone":
        raise Missing("lambda", "look", "no such function")
    if function == "closed":
        raise Unauthorized("lambda", "look", "no right")
    role = {"api": "deploy"}.get(function, "other")
    return KnownReader(f"arn:aws:sts::1:assumed-role/{role}/{function}", "")


def job(story, provider, keep=lambda _incident, what, _lines: Filed(what, ""), ours=()):
    ticks = iter(range(10_000))
    tools = SimpleNamespace(
        clock=lambda: story.now + timedelta(seconds=next(ticks) / 10),
        keep=keep,
        catalog=SimpleNamespace(
            our_uses=lambda *_: ours, consumers=[Consumer(each) for each in ("api", "mailer", "gone", "closed")]
        ),
        consumers=SimpleNamespace(reader=running),
    )
    return SimpleNamespace(
        incident=story.incident, secret=story.secret(NAME), provider=lambda: provider, tools=tools,
        claim=SimpleNamespace(number=7),
    )  # fmt: skip


@pytest.fixture
def story(monkeypatch):
    held = Credential({"id": Secret("AKIAEXAMPLE"), "secret": Secret(VALUE)}, "secret")
    monkeypatch.setattr("bot.rotation.use.read_old", lambda _job: held)
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam"))))
    story.work(only={"capture"})
    return story


def test_the_provider_is_asked_about_the_captured_key_since_its_exposure(story):
    provider = Telling(use())
    event = look_up_use(job(story, provider))
    assert provider.held.key_id == f"id-{NAME}"
    assert provider.since == min(story.secret(NAME).old.exposed_since, story.now - BEFORE)
    assert (event.claim, event.secret, event.found.total) == (7, NAME, 1)


def test_where_we_use_it_and_what_was_usual_are_known(story):
    office = OurUse("the office", ("192.0.2.0/24",))
    event = look_up_use(job(story, Telling(use(), use(1, address="198.51.100.7")), ours=[office]))
    assert (event.found.total, event.found.strange) == (2, 1)
    before = use(-60 * 24, action="s3:Do1", address="198.51.100.7")
    event = look_up_use(job(story, Telling(before, use(1, address="198.51.100.7"))))
    assert (event.found.total, event.found.strange, event.found.usual) == (1, 0, 1)


def test_a_first_look_ends_within_two_seconds_and_a_later_one_takes_its_time(story):
    first, later = Telling(), Telling()
    story.record(look_up_use(job(story, first)))
    look_up_use(job(story, later))
    assert first.waited <= FIRST_LOOK.total_seconds() * 10
    assert later.waited > 100


def test_every_use_is_kept_in_a_file_that_the_event_names_with_its_digest(story, tmp_path):
    keep = Evidence(FileArchive(tmp_path / "reports", tmp_path / "decisions.md"), tuple).keep
    uses = [use(number) for number in range(ROWS + 3)]
    event = look_up_use(job(story, Telling(*uses), keep))
    kept = (tmp_path / "reports" / event.rows.rpartition("/")[2]).read_bytes()
    assert event.digest == hashlib.sha256(kept).hexdigest()
    assert event.digest[:12] in event.rows
    assert [json.loads(line)["id"] for line in kept.splitlines()] == [str(number) for number in range(ROWS + 3)]
    assert (len(event.found.uses), event.found.dropped) == (ROWS, 3)
    assert look_up_use(job(story, Telling(*uses), keep)).rows == event.rows, "the same again changes nothing"


def test_what_an_earlier_look_saw_stays(story):
    eve, app = use(action="log in", address="198.51.100.7"), use(1, action="log in")
    story.record(look_up_use(job(story, Telling(eve, app), ours=[OurUse("the office", ("192.0.2.0/24",))])))
    found = look_up_use(job(story, Telling(replace(app, id="2"), use(2, action="log in", agent="psql")))).found
    assert {(row.address, row.agent, row.ours, row.times) for row in found.uses} == {
        ("198.51.100.7", "", "", 1), ("192.0.2.1", "", "", 1), ("192.0.2.1", "psql", "", 1),
    }  # fmt: skip


def test_the_sessions_are_looked_at_where_the_last_use_is_asked_for(story):
    at = job(story, Telling(use()))
    at.provider = lambda _timeout: Telling(use())
    capabilities = replace(at.secret.entry.capabilities, use_in_sessions=True)
    at.secret = replace(at.secret, entry=structs.replace(at.secret.entry, capabilities=capabilities))
    assert last_use(at).found.total == 1
    at.provider = lambda _timeout: Failing()
    assert last_use(at) == e.LastUseRead(7, NAME, None, "redis: look up: no right")


def test_without_a_use_no_file_is_kept(story):
    event = look_up_use(job(story, Telling(), keep=lambda *_: pytest.fail("nothing to keep")))
    assert (event.rows, event.digest, event.found.total) == ("", "", 0)


def test_no_value_and_no_control_character_reaches_the_log_or_the_file(story):
    kept = []
    strange = use(
        agent=f"tool {VALUE} sk-proj-{'a' * 48}", what=(f"x\u202e\n{VALUE}", "y" * 999), principal="a\x1b[1mb"
    )
    event = look_up_use(
        job(story, Telling(strange), keep=lambda _incident, _what, lines: kept.append(lines) or Filed("file", ""))
    )
    for text in (kept[0].decode(), repr(event)):
        assert VALUE not in text
        assert "sk-proj-a" not in text
        assert "\x1b" not in text
    assert event.found.not_visible == (f"What role/[1m{'x' * 999}"[:600],)
    [row] = event.found.uses
    assert (row.agent, row.what, row.principal) == (
        "(the leaked value)", ("(the leaked value)", "y" * 200), "a[1mb"
    )  # fmt: skip


def test_a_provider_that_tells_nothing_is_a_persons(story):
    with pytest.raises(Refused, match="only a person can"):
        look_up_use(job(story, SimpleNamespace()))
    assert not [each for each in story.log if isinstance(each.event, e.UseLookedUp)]


def test_which_of_our_functions_run_with_a_role_whose_session_it_opened(story):
    opened = use(
        action="sts:AssumeRole", what=("arn:aws:iam::1:role/ci/deploy", "ASIA1"), undo=Undo("End.", of_role=True)
    )
    seen = look_up_use(job(story, Telling(opened, use(1))))
    assert seen.runs == {"deploy": (Consumer("api"), Consumer("closed"))}, "one that cannot be asked may run with it"
    assert look_up_use(job(story, Telling(replace(opened, refused=True)))).runs == {}
