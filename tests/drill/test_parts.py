"""Narrator, guide, child processes and the beginnings of a drill that cannot be."""

import io
import json
import os
import select
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
import requests
from rich.console import Console

from bot.cli.documents import incident_document
from bot.drill import processes, run
from bot.drill.client import bytecode
from bot.drill.client.place import Place, WorldGone, environment
from bot.drill.incident_view import IncidentView
from bot.drill.interactive import Guide, OnCall, forget_typed, introduction, pressed_enter, take_part
from bot.drill.narrator import Narrator
from bot.drill.news import NewsFromOutside
from bot.drill.processes import BotProcess, DidNotStart, await_world, surroundings
from bot.drill.providers.own_server import note_started
from bot.drill.providers.postgres.server import start_postgresql
from bot.drill.providers.redis.server import start_valkey
from bot.drill.responders import Seen
from bot.drill.run import Drill, DrillOptions
from bot.drill.slack_hands import Attempts
from bot.errors import Misuse


@pytest.fixture
def narrator():
    return Narrator(Console(file=io.StringIO(), width=200))


def where(folder) -> Place:
    ports = {"console": 2, "slack": 3}
    urls = {"leak": "http://127.0.0.1:1/leak"} | {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    page, leaked = {"dana": "http://127.0.0.1:3/_fake/"}, ("openai-api-key", "redis-url")
    return Place(folder, 1, str(folder / "s"), "http://127.0.0.1:9", "http://127.0.0.1:9", urls,
                 page, {}, (), (), (), leaked=leaked)  # fmt: skip


def paged(digest, answered=None) -> IncidentView:
    return IncidentView({
        "page": "triggered", "page_answered_by": answered, "approval": {"digest": digest} if digest else None,
        "proposal": None,
        "todos": [], "offers": [],
    })  # fmt: skip


def view(*, wanted=False, failed=False, readers=(), **secret) -> IncidentView:
    """One secret: `wanted` is a value that a person must make, `failed` an end that failed for good."""
    name = "stripe-secret-key"
    offer = {
        "command": "announce-submission",
        "secret": name,
        "subject": name,
        "urgency": "needed",
        "why_not_yet": None,
    }
    return IncidentView({
        "incident": "inc_abcdef",
        "secrets": [{"name": name, "old": "alive", "new": "none"} | secret],
        "failures": [{"subject": name, "lane": f"old:{name}", "final": True}] if failed else [],
        "page": "none",
        "approval": None,
        "proposal": None,
        "todos": [],
        "offers": [offer] if wanted else [],
        "readers": [{"principal": f"arn:aws:iam::1:{name}", "outcome": outcome} for name, outcome in readers],
    })  # fmt: skip


def test_every_line_is_kept(narrator):
    narrator.say("one [thing]")
    narrator.explain("more")
    assert narrator.transcript == b"one [thing]\nmore"
    assert "one [thing]" in narrator.console.file.getvalue()


def test_the_introduction_has_all_that_a_person_needs(tmp_path):
    text = introduction(where(tmp_path), "until you press Ctrl-C", every=False)
    assert text.count("the 30 s between two refusals that prove a key dead are 1 s here") == 1
    for needed in ("/leak", "/_fake/", "/compromise", f"bot --drill {tmp_path} --as dana submit INCIDENT",
                   "pages stay\n     until you press Ctrl-C", "--keep", "(2 keys)"):  # fmt: skip
        assert needed in text
    assert "(a whole .env)" in introduction(where(tmp_path), "", every=True)
    assert "{" not in text.replace("'{\"", "")


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (None, "waiting for your declaration"),
        (view(), "read the pinned card"),
        (view(wanted=True), "stripe-secret-key: you make the new key"),
        (view(old="dead", new="live"), "stripe-secret-key: the leaked key is dead"),
        (view(old="dead", new="live"), "all keys are dead and replaced"),
        (view(failed=True), "what is left has failed"),
        (view(readers=[("user/eve", "unexplained")]), "user/eve: in this drill its access is removed once you record"),
    ],
)
def test_the_guide_says_what_has_changed_once(narrator, shown, told):
    guide = Guide(narrator)
    guide.tell(shown)
    guide.tell(shown)
    assert sum(told in line for line in narrator.lines) == 1


def test_taking_part_ends_with_the_close_and_survives_a_bot_that_is_away(tmp_path, narrator):
    card, over = SimpleNamespace(closed=False), SimpleNamespace(closed=True)
    shown, last = Seen(card, view()), Seen(over, view(old="dead", new="live"))
    looks = iter([requests.ConnectionError(), None, shown, last])

    def look():
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    beside, minded = [], []
    take_part(SimpleNamespace(look=look, beside=beside.append), narrator, lambda: minded.append(1))
    assert beside == [shown.incident, last.incident]
    assert len(minded) == 4


def test_who_is_on_call_takes_the_time_that_a_person_takes():
    noted, consented, told, times = [], [], [], iter([0.0, 0.0, 8.0, 9.0, 12.0, 13.0, 14.0])
    hands = SimpleNamespace(
        attempts=Attempts(), ids={"eli": "U2"}, driver=SimpleNamespace(slash=lambda *given: noted.append(given))
    )
    people = SimpleNamespace(hands=hands, consent=consented.append, narrate=told.append)
    on_call, seen = OnCall(people, lambda: next(times)), Seen(SimpleNamespace(channel="C1"), paged("digest"))
    for _ in range(3):
        on_call.play(seen)
    assert noted == [("U2", "/compromise", "note I have the page and am reading the card.", "C1")]
    assert consented == [seen, seen]
    assert told == ["eli answers the page"]
    on_call.play(Seen(seen.card, paged("", answered="eli")))
    assert len(consented) == 2


@pytest.mark.parametrize(("decides", "pressed"), [(True, 1), (False, 0)])
def test_what_github_finds_is_asked_for_once_and_decided_on_by_who_plays(tmp_path, monkeypatch, decides, pressed):
    asked, submitted, said = [], [], []
    monkeypatch.setattr("bot.drill.news.ask", lambda _where, request: asked.append(request["find"]))
    button = SimpleNamespace(action_id="alert_harmless", value='{"subject":"1"}')
    hands = SimpleNamespace(
        driver=SimpleNamespace(buttons=lambda _channel: [button]), attempts=Attempts(), open=lambda *_: {"id": "V1"},
        submit=lambda *given: bool(submitted.append(given)) or True,
    )  # fmt: skip
    news = NewsFromOutside(where(tmp_path), hands, said.append, decides=decides)
    incident = SimpleNamespace(secrets={"openai-api-key": {}})
    for _ in range(3):
        news.play(incident)
    assert asked == ["openai-api-key", "elevenlabs-api-key"]
    assert len(submitted) == pressed
    assert any("the bot asks a person" in line if decides else "the bot asks you in #leaks" in line for line in said)


def test_surroundings_of_child_processes(tmp_path):
    kept = surroundings(tmp_path, {"PATH": "/bin", "AWS_PROFILE": "p", "PYTHONDONTWRITEBYTECODE": "1"})
    assert kept["TMPDIR"].startswith(str(tmp_path))
    assert "AWS_PROFILE" not in kept
    assert "PYTHONDONTWRITEBYTECODE" not in kept


@pytest.mark.parametrize("kept", [True, False])
def test_compiled_modules_are_kept_in_the_users_cache_where_the_installation_keeps_none(tmp_path, monkeypatch, kept):
    module = tmp_path / "bytecode.pyc"
    if kept:
        module.touch()
    monkeypatch.setattr(bytecode.__spec__, "cached", str(module))
    found = surroundings(tmp_path, {"XDG_CACHE_HOME": "/home/ada/.cache"}).get("PYTHONPYCACHEPREFIX")
    assert found == (None if kept else "/home/ada/.cache/compromise-bot/bytecode")


def test_a_world_that_does_not_start(tmp_path):
    with pytest.raises(DidNotStart, match=r"world\.log says why"):
        await_world(tmp_path, _ended())


def test_a_world_that_takes_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "READY", 0.1)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with process, pytest.raises(DidNotStart):
        await_world(tmp_path, process)


def test_a_bot_that_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "command_line", lambda *_: [sys.executable, "-c", "pass"])
    bot = BotProcess(where(tmp_path))
    assert bot.pid is None
    assert bot.died
    with pytest.raises(DidNotStart, match=r"bot\.log says why"):
        bot.start()
    assert bot.pid
    assert bot.died


def _ended():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (DrillOptions(auto=False), "stay for 60 minutes, or until you press Enter or Ctrl-C"),
        (DrillOptions(auto=False, keep=True), "stay until you press Ctrl-C"),
        (DrillOptions(keep=True), "stay until you press Ctrl-C"),
        (DrillOptions(), ""),
    ],
)
def test_who_practised_looks_around_after_the_close_until_enter(tmp_path, narrator, monkeypatch, options, said):
    looks = iter([False, True])

    def rest(_seconds):
        if not next(looks):
            raise KeyboardInterrupt

    monkeypatch.setattr(run, "ask", lambda *_: {})
    monkeypatch.setattr(run, "pressed_enter", lambda _seconds: next(looks))
    monkeypatch.setattr(run.time, "sleep", rest)
    drill = Drill(options, narrator, incident_document)
    drill.where, drill.bot = where(tmp_path), SimpleNamespace(died=False)
    drill._stay(SimpleNamespace(incident="inc_x"))
    assert bool(narrator.lines) == bool(said)
    assert all(said in line and "/_fake/" in line for line in narrator.lines)
    left = [True] if options.keep else [] if said else [False, True]
    assert list(looks) == left, "Enter ends it, with --keep Ctrl-C alone"


def test_nobody_looks_around_for_ever(tmp_path, narrator, monkeypatch):
    monkeypatch.setattr(run, "LOOK_AROUND", 0.0)
    drill = Drill(DrillOptions(auto=False), narrator, incident_document)
    drill.where, drill.bot = where(tmp_path), SimpleNamespace(died=False)
    drill._stay(SimpleNamespace(incident="inc_x"))
    assert narrator.lines


def test_enter_counts_once_it_was_asked_for(monkeypatch):
    controller, terminal = os.openpty()
    with os.fdopen(terminal) as typed, os.fdopen(controller, "wb", buffering=0) as keyboard:
        monkeypatch.setattr("sys.stdin", typed)
        keyboard.write(b"too early\n")
        assert select.select([typed], [], [], 10)[0]
        forget_typed()
        assert not pressed_enter(0)
        keyboard.write(b"\n")
        assert pressed_enter(10)
        assert not pressed_enter(0)


class TestADrillThatCannotBe:
    @pytest.fixture(autouse=True)
    def _open(self, monkeypatch):
        """The hook stays for as long as the process lives: not in the one of the tests."""
        monkeypatch.setattr(run, "close_off", lambda: None)

    def test_it_is_over(self, tmp_path, narrator):
        (tmp_path / "summary.json").write_text("{}")
        with pytest.raises(Misuse, match="is over"):
            Drill(DrillOptions(tmp_path), narrator, incident_document).run()

    def test_who_asks_a_drill_that_is_over_is_told_what_can_be_done(self, tmp_path):
        with pytest.raises(WorldGone, match="No drill is running"):
            environment(tmp_path, "dana")
        (tmp_path / "bot").mkdir()
        with pytest.raises(
            WorldGone, match=f"cannot be resumed.*`BOT_DATA={tmp_path}/bot .*bot list`.*bot drill --data FOLDER"
        ):
            environment(tmp_path, "dana")
        (tmp_path / "summary.json").write_text("{}")
        with pytest.raises(WorldGone, match=f"is over.*`BOT_DATA={tmp_path}/bot .*bot list`.*bot drill --data FOLDER"):
            environment(tmp_path, "dana")

    def test_its_world_was_killed(self, tmp_path, narrator):
        facts = {"pid": 1, "server_pids": [2**22 + 1], "socket": str(tmp_path / "gone"), "bot": "", "urls": {}}
        facts |= {"health": "", "by_hand": [], "leaked": [], "pages": {}, "people": {}, "left_out": []}
        (tmp_path / "world.json").write_text(json.dumps(facts))
        with pytest.raises(WorldGone, match="cannot be resumed"):
            Drill(DrillOptions(tmp_path), narrator, incident_document).run()

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody says where a process works")
    @pytest.mark.parametrize("server", ["valkey", "postgresql"])
    def test_the_servers_that_a_killed_world_left_are_ended(self, tmp_path, narrator, server):
        """Valkey writes its arguments again; PostgreSQL has its data in /tmp where root runs the drill."""
        began = {"valkey": start_valkey, "postgresql": start_postgresql}[server](tmp_path / server)
        if began is None:
            pytest.skip("the server that it needs has no wheel for this system")
        note_started(tmp_path, began.pid)
        note_started(tmp_path, os.getpid())  # the number of one that ended before, and of another process by now
        (tmp_path / "bot").mkdir()
        with pytest.raises(WorldGone, match="cannot be resumed"):
            Drill(DrillOptions(tmp_path), narrator, incident_document).run()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", began.port), timeout=5).close()
        assert not (tmp_path / "postgresql").is_symlink()
        assert server == "valkey" or os.geteuid() != 0 or not began.folder.parent.exists()

    def test_its_world_has_ended(self, tmp_path, narrator):
        (tmp_path / "bot").mkdir()
        with pytest.raises(WorldGone, match="cannot be resumed"):
            Drill(DrillOptions(tmp_path), narrator, incident_document).run()
