"""The terminal that a command runs at: how it prints, and the application behind it."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

import typer

from bot.cli import layout
from bot.cli.streams import console, may_be_styled, speaks_all, write_plain
from bot.errors import Misuse
from bot.phrases.marks import printable, unmarked
from bot.phrases.practice import in_slack, instead_of, typed

if TYPE_CHECKING:
    from rich.console import Console

    from bot.app import Application
    from bot.drill.client.place import Place
    from bot.eventlog import Register
    from bot.eventlog.sql import EventLog
    from bot.inbox import Client, Incidents

LOG = "bot.log"
_QUOTED = re.compile(r"`(bot [^`]+)`")

PRACTICE = "bot.drill"
"""The image that runs in production does without it."""


@dataclass
class Terminal:
    """People's texts go to standard output, one document with ``--json``; progress and errors to standard error.

    `drill` is the folder of a running practice world, `person` the player here. `ssh_key` and `named` give, before the
    settings, the key that proves the person, and their name in the people file. `stays` is a command that runs until it
    gets a signal.
    """

    json: bool = False
    drill: Path | None = None
    person: str | None = None
    ssh_key: Path | None = None
    named: str | None = None
    stays: bool = False
    warnings: list[str] = field(default_factory=list)
    _collected: list[object] | None = field(default=None, init=False, repr=False)

    @cached_property
    def out(self) -> Console:
        return console(stderr=False)

    @cached_property
    def err(self) -> Console:
        return console(stderr=True)

    @property
    def interactive(self) -> bool:
        """Whether someone can be asked."""
        return sys.stdin.isatty() and not self.json

    @property
    def shown(self) -> bool:
        """Whether they also see what is printed, rather than have it in a file: needed where that is agreed to."""
        return self.interactive and sys.stdout.isatty()

    def sure(self, question: str, *, yes: bool = False) -> None:
        """Asks, where someone can be asked, unless they have said `yes` already. typer.Abort for a no."""
        if self.interactive and not yes and not typer.confirm(question, default=False, err=True):
            raise typer.Abort

    # --- printing ---------------------------------------------------------------------------------------------------

    def say(self, text: str = "", *, style: str = "", indent: int = 0) -> None:
        """A paragraph for people, wrapped to the terminal's width behind its indent; nothing under ``--json``."""
        if not self.json:
            self._paragraph("out", self.as_typed(text), style, indent)

    def text(self, text: str) -> None:
        """A whole text as it is, to be kept in a file or piped on; nothing under ``--json``."""
        if not self.json:
            sys.stdout.write(text)

    def as_typed(self, text: str) -> str:
        """The text with the commands in it, each between backticks, as they have to be typed in a practice world, and
        with its pages in place of the providers' consoles and of channels in Slack.
        """
        if self.drill is None or self.person is None:
            return text
        folder, who = self.drill, self.person
        commanded = _QUOTED.sub(lambda found: f"`{typed(found[1], folder, who)}`", text)
        if (world := self._world) is None:
            return commanded
        here = instead_of(world.consoles, world.console, commanded)
        return in_slack(world.pages[who], here) if who in world.pages else here

    @cached_property
    def _world(self) -> Place | None:
        """Where the practice world is, if there is one."""
        if self.drill is None or find_spec(PRACTICE) is None:
            return None
        from bot.drill.client.place import WorldGone, place

        try:
            return place(self.drill)
        except WorldGone:
            return None

    def command(self, text: str, *, indent: int = 2) -> None:
        """A command to copy: broken as shells read it, and in a practice world as it has to be typed there."""
        if not self.json:
            if self.drill is not None and self.person is not None:
                text = typed(text, self.drill, self.person)
            self._print("out", layout.command, text, "bold", indent)

    def fits(self, line: str, indent: int = 0) -> bool:
        """Whether the line needs no break: where no one watches, none does."""
        return self._plain("out") or not self.out.is_terminal or indent + len(line) <= self.out.width

    def hint(self, text: str, *, style: str = "", warns: bool = False) -> None:
        """A word on the side: standard error. Under ``--json`` nothing, but what `warns` is one of the `warnings` of
        the document, or of the last line on standard error where it comes later or the document is a list.
        """
        if not self.json:
            self._paragraph("err", self.as_typed(text), style, 0)
        elif warns:
            self.warn(text)

    def warn(self, text: str) -> None:
        """One of the `warnings` under ``--json``, where people read it elsewhere."""
        if self.json:
            self.warnings.append(printable(text).strip())

    def document(self, data: object, *, by_name: bool = False) -> None:
        """The one JSON document of a command under ``--json``; nothing otherwise. One whose fields are names
        (`by_name`) has no room for warnings, as a list has none.
        """
        if not self.json:
            return
        if self._collected is not None:
            self._collected.append(data)
            return
        if isinstance(data, dict) and not by_name:
            data, self.warnings = {**data, "warnings": self.warnings}, []
        ascii_only = not speaks_all(sys.stdout)
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=ascii_only, default=_simple) + "\n")

    @contextmanager
    def collecting(self, documents: list[object]) -> Iterator[None]:
        """Has documents added to these instead of printed: what prints them does so once."""
        self._collected = documents
        try:
            yield
        finally:
            self._collected = None

    def fail(self, sentence: str) -> None:
        """An error: one sentence, or ``{"error": …}``. What looks like a secret is left out of it."""
        from bot.secrets.keyshapes import redact

        text = redact(printable(sentence))
        if self.json:
            log: dict[str, object] = {"log": self._log_name} if self._log_name else {}
            log |= {"warnings": self.warnings} if self.warnings else {}
            sys.stderr.write(json.dumps({"error": text, **log}, ensure_ascii=not speaks_all(sys.stderr)) + "\n")
        else:
            self._paragraph("err", self.as_typed(text), "red", 0)

    def _paragraph(self, where: Literal["out", "err"], text: str, style: str, indent: int) -> None:
        self._print(where, layout.paragraph, text, style, indent)

    def _print(
        self, where: Literal["out", "err"], laid_out: Callable[[str, int, int], Iterator[str]],
        text: str, style: str, indent: int,
    ) -> None:  # fmt: skip
        text = printable(unmarked(text))
        if self._plain(where):
            write_plain(getattr(sys, f"std{where}"), " " * indent + text)
            return
        from rich.text import Text

        console = getattr(self, where)
        lines = laid_out(text, console.width, indent) if console.is_terminal else [" " * indent + text]
        for line in lines:
            console.print(Text(line, style=style), soft_wrap=True)

    def _plain(self, where: Literal["out", "err"]) -> bool:
        """Whether nothing is styled or wrapped there: Rich, which takes a while to load, is not needed for that."""
        return where not in self.__dict__ and not may_be_styled(getattr(sys, f"std{where}"))

    # --- the application --------------------------------------------------------------------------------------------

    @cached_property
    def application(self) -> Application:
        """Made from the environment, or from the practice world's. Its log goes into a file beside the data, or for
        serving commands to standard error, from the reading of the settings on.
        """
        self._join()
        from bot.app import Application

        application = Application.from_environment(self._environ())
        (self._log_to_terminal if self.stays else self._log_to_file)(application)
        return application

    @cached_property
    def offline(self) -> Application:
        """Made from the environment alone, for what must work when neither AWS nor the log can be reached."""
        self._join()
        from bot.app import Application
        from bot.settings.model import Settings

        return Application(Settings.load(self._environ()))

    @property
    def register(self) -> Register:
        """What is known of all incidents together, without what happened in them."""
        return self.application.register

    @property
    def event_log(self) -> EventLog:
        """What happened; for commands that only read, which need no catalog."""
        return self.application.event_log

    @property
    def incidents(self) -> Incidents:
        """What responders can ask for."""
        return self.application.incidents

    @property
    def client(self) -> Client:
        """How a command is given."""
        return self.application.client

    def clock(self) -> datetime:
        """Now, in UTC."""
        return self.application.clock()

    def _environ(self) -> dict[str, str]:
        """The environment, and what was given on the command line in its place."""
        given = {"BOT_SSH_KEY": self.ssh_key, "BOT_PERSON": self.named}
        return {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}}

    def _join(self) -> None:
        """boto3 reads `os.environ` itself, so the practice world's variables take the place of ours there."""
        if (self.drill is None) != (self.person is None):
            raise Misuse("--drill DIR and --as NAME belong together: the practice world and who you are in it.")
        if self.drill is not None and self.person is not None:
            if find_spec(PRACTICE) is None:
                raise Misuse("This installation has no practice world.")
            from bot.drill.client.place import join

            join(self.drill, self.person)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """Shows on a terminal how far it is; nothing elsewhere."""
        if not self.err.is_terminal or self.json:
            yield lambda _text: None
            return
        with self.err.status("") as shown:
            yield shown.update

    def _log_to_file(self, application: Application) -> None:
        """A terminal is for the incident, not for log lines: those go to `bot.log` in the data folder."""
        from bot import logs
        from bot.private import make_folder, open_to_append

        try:
            file = open_to_append(make_folder(application.settings.data_folder) / LOG)
        except OSError:
            logs.configure("ERROR", json=False, stream=sys.stderr)
            return
        self._log: TextIO = io.TextIOWrapper(file, encoding="utf-8", line_buffering=True)
        weakref.finalize(self, self._log.close)
        logs.configure(application.settings.log_level, json=True, stream=self._log)

    def _log_to_terminal(self, application: Application) -> None:
        """To standard error, as JSON if it is no terminal."""
        from bot import logs

        as_json = application.settings.production or not sys.stderr.isatty()
        logs.configure(application.settings.log_level, json=as_json, stream=sys.stderr)

    @property
    def _log_name(self) -> str:
        return self.application.log_name if "application" in self.__dict__ else ""

    def name_log(self, *, failed: bool = False) -> None:
        """The event log of a failure, on standard error, since it may be the wrong one. With ``--json`` that of each
        answer: one more document, or a part of the error's.
        """
        name = self._log_name
        if name and failed and not self.json:
            self.hint(f"Event log: {name}", style="dim")
        elif self.json and not failed:
            said = {**({"log": name} if name else {}), **({"warnings": self.warnings} if self.warnings else {})}
            if said:
                sys.stderr.write(json.dumps(said, ensure_ascii=not speaks_all(sys.stderr)) + "\n")

    def close(self) -> None:
        """The log last: what closing the application has to say still goes there."""
        try:
            if "application" in self.__dict__:
                self.application.close()
        finally:
            if "_log" in self.__dict__:
                self._log.close()


def _simple(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
