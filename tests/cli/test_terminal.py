"""Asking for values without showing them, and showing progress on a real terminal."""

import getpass
import io
import json
from dataclasses import asdict
from pathlib import Path

import pytest
import typer
from rich.console import Console

from bot.cli.follow import Progress
from bot.cli.submission import asked_for
from bot.cli.terminal import Terminal
from bot.drill.client.place import Place
from bot.errors import Misuse
from tests.support.incidents import Story, declaration


def typed(monkeypatch, text, *, terminal):
    stream = io.StringIO(text)
    stream.isatty = lambda: terminal
    monkeypatch.setattr("sys.stdin", stream)


def test_a_single_value_from_standard_input_loses_its_line_end_and_nothing_else(monkeypatch):
    typed(monkeypatch, " va lue \r\n", terminal=False)
    assert [value.reveal() for value in asked_for(Terminal(), ["key"], stdin=True)] == [" va lue "]


def test_several_values_are_a_line_each(monkeypatch):
    typed(monkeypatch, "AC1\ntoken\n", terminal=False)
    assert [value.reveal() for value in asked_for(Terminal(), ["sid", "token"], stdin=True)] == ["AC1", "token"]
    typed(monkeypatch, "AC1\n", terminal=False)
    with pytest.raises(Misuse, match="has 1 lines; expected 2: sid, token"):
        asked_for(Terminal(), ["sid", "token"], stdin=True)


def test_a_person_is_asked_without_an_echo(monkeypatch):
    typed(monkeypatch, "", terminal=True)
    prompts = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt: prompts.append(prompt) or "typed")
    assert [value.reveal() for value in asked_for(Terminal(), ["key"], stdin=False)] == ["typed"]
    assert prompts == ["key (not shown): "]


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_what_is_not_utf8_is_said_without_the_value(monkeypatch, errors):
    stream = io.TextIOWrapper(io.BytesIO("pässwort".encode("latin-1")), encoding="utf-8", errors=errors)
    monkeypatch.setattr("sys.stdin", stream)
    with pytest.raises(Misuse) as refused:
        asked_for(Terminal(), ["key"], stdin=True)
    assert (str(refused.value), refused.value.__cause__) == ("The key is not UTF-8. Nothing was sent.", None)


def test_nor_is_it_where_it_is_typed(monkeypatch):
    typed(monkeypatch, "", terminal=True)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: b"p\xe4sswort".decode())
    with pytest.raises(Misuse, match=r"The key is not UTF-8. Nothing was sent"):
        asked_for(Terminal(), ["key"], stdin=False)


def test_ctrl_d_at_the_question_ends_it(monkeypatch):
    def ended(_prompt):
        raise EOFError

    typed(monkeypatch, "", terminal=True)
    monkeypatch.setattr(getpass, "getpass", ended)
    with pytest.raises(typer.Abort):
        asked_for(Terminal(), ["key"], stdin=False)


@pytest.mark.parametrize("json", [True, False])
def test_nobody_is_asked_where_the_value_would_show(monkeypatch, json):
    typed(monkeypatch, "typed", terminal=json)
    with pytest.raises(Misuse, match="--stdin"):
        asked_for(Terminal(json=json), ["key"], stdin=False)


class Application:
    """As much of one as progress needs."""

    def __init__(self, story) -> None:
        self.story = story
        self.event_log = self

    def clock(self):
        return self.story.now

    def events(self, _incident, after):
        return [recorded for recorded in self.story.log if recorded.seq > after]


def watched(story, terminal):
    terminal.application = Application(story)
    show = Progress(terminal, since=1)
    show(story.incident)
    story.run(120)
    show(story.incident)
    show(story.incident)


def test_progress_is_a_line_an_event_and_nothing_for_json():
    screen, terminal = io.StringIO(), Terminal()
    terminal.err = Console(file=screen, width=30)
    watched(Story(declaration()), terminal)
    lines = screen.getvalue().splitlines()
    assert sum(line.endswith("The bot paged on-call") for line in lines) == 1
    assert not any("declared" in line for line in lines)  # known already

    silent, terminal = io.StringIO(), Terminal(json=True)
    terminal.err = Console(file=silent)
    watched(Story(declaration()), terminal)
    assert silent.getvalue() == ""


def test_a_providers_console_is_that_of_the_practice_world(tmp_path, capsys):
    urls = {"console": "http://127.0.0.1:1"}
    world = Place(tmp_path, 1, "", "", "", urls, {}, {}, (), (), (), ("https://acme.example/keys",))
    (tmp_path / "world.json").write_text(json.dumps(asdict(world), default=str))
    Terminal(drill=tmp_path, person="dana").say("Open https://acme.example/keys.")
    Terminal().say("Open https://acme.example/keys.")
    assert capsys.readouterr().out == "Open http://127.0.0.1:1/console.\nOpen https://acme.example/keys.\n"


def test_a_channel_of_slack_is_that_of_the_practice_world(tmp_path, capsys):
    pages = {"dana": "http://127.0.0.1:3/_fake/?as=U1"}
    world = Place(tmp_path, 1, "", "", "", {"console": "http://127.0.0.1:1"}, pages, {}, (), (), ())
    (tmp_path / "world.json").write_text(json.dumps(asdict(world), default=str))
    for person in ("dana", "bot"):
        Terminal(drill=tmp_path, person=person).say("Channel: https://slack.com/app_redirect?channel=C1.")
    here, elsewhere = capsys.readouterr().out.splitlines()
    assert here == "Channel: http://127.0.0.1:3/_fake/?as=U1&channel=C1."
    assert elsewhere == "Channel: https://slack.com/app_redirect?channel=C1."


def test_a_command_in_a_sentence_stands_there_as_it_is_typed(capsys):
    Terminal(drill=Path("/tmp/a"), person="dana").say("Readers: see `bot readers inc_x`, and bot alone.")
    assert "--drill /tmp/a --as dana readers inc_x`" in " ".join(capsys.readouterr().out.split())
    here = Terminal(drill=Path("/tmp/a"), person="dana")
    for tell in (here.hint, here.fail):
        tell("Nothing waits: see `bot readers inc_x`.")
        assert "--drill /tmp/a --as dana readers inc_x`" in " ".join(capsys.readouterr().err.split())
    Terminal().say("See `bot readers inc_x`.")
    assert "See `bot readers inc_x`." in capsys.readouterr().out


PARAGRAPHS = [
    "",
    "one line",
    "two\nlines\n",
    "a\tb\tc\n\td",
    "what \x1b[31mpeople\x07 typed\r",
    "[bold]:bug: 12",
    "w" * 300,
]


@pytest.mark.parametrize("text", PARAGRAPHS)
@pytest.mark.parametrize("indent", [0, 4])
def test_where_nobody_watches_paragraphs_are_written_as_rich_writes_them(monkeypatch, capsys, text, indent):
    def said(terminal):
        terminal.say(text, style="red", indent=indent)
        terminal.command(text, indent=indent)
        terminal.hint(text, style="bold")
        terminal.fail(text)
        return capsys.readouterr()

    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    plain, rich = Terminal(), Terminal()
    _ = rich.out, rich.err
    assert said(plain) == said(rich)
    assert {"out", "err"}.isdisjoint(plain.__dict__)
