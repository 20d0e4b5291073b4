"""A planned rotation over the fakes, from declaration to close: proof, consent, where it is shown, and secrecy."""

from datetime import timedelta

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import FakeSlack
from bot.drill.fakes.slack.records import BOT_USER
from bot.incident import events as e
from bot.incident.approval.planned import entry_digest
from bot.incident.commands import ApprovePlan
from bot.incident.model import BOT, Actor, ConsentKind, New, Old, Right
from tests.support.practice import BEN, OPENAI, PROJECT, practice

pytestmark = pytest.mark.process

PEOPLE = """\
ada: { slack: %s, rights: [respond, approve, command] }
ben: { slack: %s, rights: [respond, approve] }
olga: { slack: %s, rights: [respond] }
"""
OWNER = Actor("olga", frozenset({Right.RESPOND}))
OVERLAP = 1.2


@pytest.fixture
def world(tmp_path, monkeypatch):
    with practice(tmp_path, monkeypatch) as made:
        catalog = tmp_path / "playbooks" / "secrets.yaml"
        catalog.write_text(catalog.read_text().replace("AI team", OWNER.name))
        made.environ["BOT_ROTATION_OVERLAP_HOURS"] = str(OVERLAP / 3600)
        yield made


@pytest.fixture
def slack(world, tmp_path):
    fake = FakeSlack(rate_limited=False)
    with Served(fake.application) as served:
        ids = [fake.workspace.add_user(name).id for name in ("ada", "ben", "owner")]
        people = tmp_path / "people.yaml"
        people.write_text(PEOPLE % tuple(ids))
        world.environ |= {
            "SLACK_BOT_TOKEN": fake.token, "SLACK_API_URL": f"{served.url}/api", "BOT_PEOPLE": str(people),
        }  # fmt: skip
        rotations = fake.workspace.add_channel("rotations")
        rotations.members.append(BOT_USER)
        world.environ["BOT_ROTATION_CHANNEL"] = rotations.id
        yield fake
        world.stop()


def automatic(world):
    """The worker's catalog says so of the key."""
    path = world.folder / "playbooks" / "secrets.yaml"
    catalog = path.read_text()
    name = catalog.index(f"- name: {OPENAI}")
    at = catalog.index("policy: {", name) + len("policy: {")
    path.write_text(f"{catalog[:at]} planned: auto,{catalog[at:]}")


def rotated(incident):
    secret = incident.secrets[OPENAI]
    return not incident.open and secret.old_state is Old.DEAD and incident.report.decisions


def test_a_run_goes_from_its_declaration_to_its_close_on_the_catalogs_word(world, slack):
    automatic(world)
    reply = world.app.incidents.rotate(OPENAI, "production", BOT, "rotate-1")
    again = world.app.incidents.rotate(OPENAI, "production", BOT, "rotate-1")
    assert again.incident.id == reply.incident.id
    world.start()
    state = world.wait(reply.incident.id, rotated, 60)

    secret = state.secrets[OPENAI]
    assert secret.new_state is New.LIVE
    assert secret.began_on.kind is ConsentKind.PLANNED
    assert secret.began_on.entry == entry_digest(secret.entry)
    assert state.closed.name == "bot"
    _proven(world, state)
    _told(world, slack, state)
    _secret_nowhere(world, slack)


def _proven(world, state):
    """Seen alive before, refused twice after, and a control passed between."""
    log = world.app.event_log.events(state.id)
    revoked = next(r for r in log if isinstance(r.event, e.AccessRevoked))
    snapshot = next(r for r in log if isinstance(r.event, e.SnapshotTaken))
    assert (snapshot.event.probe.liveness, snapshot.seq < revoked.seq) == ("live", True)
    after = [r.event for r in log if isinstance(r.event, e.OldProbed) and r.seq > revoked.seq]
    refusals = [look for look in after if look.probe.liveness == "dead" and look.control.liveness == "live"]
    assert len(refusals) >= 2
    live = next(r for r in log if isinstance(r.event, e.ValueLive))
    assert revoked.at - live.at >= timedelta(seconds=OVERLAP)
    assert not world.pagerduty.alerts


def _told(world, slack, state):
    """One message in the shared channel, the card; all else in its thread, the report of the closed run as well."""
    channel = world.environ["BOT_ROTATION_CHANNEL"]
    world.wait(state.id, lambda now: now.report.decisions and not now.report.deliveries["slack"].owed, 20)
    [report] = [file["name"] for one in _thread(slack, channel) for file in one.get("files") or ()]
    assert report.startswith(f"{state.id}-report-")
    world.wait(state.id, lambda _: "found the old key of" in str(_thread(slack, channel)), 20)
    [card] = _roots(slack, channel)
    assert state.id in str(card)
    assert not slack.workspace.find_channel(channel).pins


def _messages(slack, channel):
    return slack.workspace.find_channel(channel).messages


def _roots(slack, channel):
    return [one for one in _messages(slack, channel) if one.get("thread_ts") in {None, one["ts"]}]


def _thread(slack, channel):
    return [one for one in _messages(slack, channel) if one.get("thread_ts") not in {None, one["ts"]}]


def _secret_nowhere(world, slack):
    values = [world.old[OPENAI], *(key.value for key in world.openai.listed(PROJECT))]
    written = [path for path in world.folder.rglob("*") if path.is_file() and "playbooks" not in path.parts]
    said = [path.read_bytes() for path in written] + [str(slack.workspace.shown()).encode()]
    assert not [value for value in values for text in said if value.encode() in text]


def test_where_the_catalog_asks_two_people_agree(world, slack):
    run = world.app.incidents.rotate(OPENAI, "production", BOT, "rotate-2").incident.id
    world.start()
    state = world.wait(run, lambda i: i.request is not None and i.secrets[OPENAI].new_state is New.LIVE, 60)
    assert state.secrets[OPENAI].old_state is Old.ALIVE
    for person in (OWNER, BEN):
        digest = world.app.incidents.load(run).request.digest
        assert not world.do(run, ApprovePlan(digest), person).refused
    state = world.wait(run, rotated, 60)
    assert state.secrets[OPENAI].began_on.kind is ConsentKind.APPROVAL
