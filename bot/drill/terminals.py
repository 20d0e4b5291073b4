"""The same two people at their terminals, for when Slack is down: they look with `bot show` and act by commands.

Where nobody can prove who they are either (STS is down), one of them goes to the worker's own host and breaks glass.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bot.drill.console import ConsoleHands
from bot.drill.personas import DANA, ELI, ENVIRONMENT
from bot.drill.responders import NOTHING_THERE, NOTICE, OURS, STATEMENTS
from bot.drill.terminal_commands import keep_answer, look, type_command
from bot.practice.client import BOT, Place

type Json = dict[str, Any]
type Commands = Iterator[tuple[str, tuple[str, ...], str]]
"""(who, what they type, what goes to standard input)."""

AT_ONCE = 2
OVER = frozenset({"done", "skipped"})
GONE = frozenset({"dead", "attested"})
IN_PLACE = frozenset({"live", "unconfirmed", "not-needed"})
CAN_WAIT = frozenset({"investigate", "remediate"})
NOTHING_PROVEN = "Slack is down, and AWS does not say who anybody is: nobody can decide as themselves."
CAN_WAIT_BECAUSE = "Slack is down; the people concerned meet in the morning, and the tasks are kept in the tracker."


@dataclass
class TerminalResponders:
    """Like `Responders`, over child processes of ``bot … --drill DIR --as NAME``."""

    where: Place
    narrate: Callable[[str], None]
    environ: Mapping[str, str]
    mind: Callable[[], None]
    secrets: tuple[str, ...] = ()
    _typed: set[tuple[str, ...]] = field(default_factory=set)
    _at_worker: bool = False
    """Nobody can prove who they are: what can be done is done at the worker's host."""

    def play(self, seconds: float) -> bool:
        """Whether the incident was closed."""
        until = time.monotonic() + seconds
        incident = self._incident() or self._declare() or self._declare_at_worker()
        while time.monotonic() < until:
            self.mind()
            seen = self._look("show", incident)
            if seen.get("state") == "closed":
                return True
            if seen and seen["report"] and hopeless(seen):
                return False
            if seen and self._at_worker and not left(seen):
                return False  # the keys are dead; the rest waits until people can say again who they are
            commands = list(self._round(seen)) if seen else []
            with ThreadPoolExecutor(AT_ONCE) as hands:
                list(hands.map(lambda each: self._type(*each), commands))
        return False

    # --- looking ----------------------------------------------------------------------------------------------------

    def _look(self, *arguments: str) -> Any:
        """What a look shows; one that failed is kept among the traces."""
        typed = (*arguments, "--json")
        done = look(self.where.folder, DANA.name, *typed, environ=self.environ)
        shown = _document(done.stdout)
        if shown is None:
            keep_answer(self.where.folder, DANA.name, typed, done)
        return {} if shown is None else shown

    def _incident(self) -> str:
        """The open incident, if somebody has declared one."""
        found = self._look("list", "--open")
        return str(found[0]["incident"]) if found else ""

    def _declare(self) -> str:
        self.narrate("dana declares the compromise at the terminal")
        which = self.secrets or ("--all",)
        arguments = ("declare", *which, "--environment", ENVIRONMENT, "--notice", NOTICE, "--public", "--no-wait")
        done = type_command(self.where.folder, DANA.name, *arguments, "--json", environ=self.environ)
        found = _document(done.stdout)
        incident = found.get("incident") if isinstance(found, dict) else None
        return str(incident) if incident else self._incident()

    def _declare_at_worker(self) -> str:
        """What a person must end in a console is left to their hands: `bot runbook` has the work."""
        self._at_worker = True
        self.narrate("nobody can prove who they are: dana goes to the worker's host")
        which = tuple(name for name in self.secrets if name not in self.where.by_hand) or ("--all",)
        arguments = ("declare", *which, "--environment", ENVIRONMENT, "--notice", NOTICE, "--public", "--at-worker")
        self._type(BOT, (*arguments, "--no-wait"), "")
        return self._incident()

    # --- acting -----------------------------------------------------------------------------------------------------

    def _type(self, who: str, arguments: tuple[str, ...], typed: str) -> None:
        shown = " ".join(word if re.fullmatch(r"[\w./:-]+", word) else f"'{word}'" for word in arguments)
        self.narrate(f"{who}: bot {shown}")
        type_command(self.where.folder, who, *arguments, typed=typed, environ=self.environ)

    def _round(self, seen: Json) -> Commands:
        incident = str(seen["incident"])
        if self._at_worker:
            yield from self._break_glass(incident, seen)
            return
        if seen["approval"]:
            yield ELI.name, ("approve", incident, "--digest", str(seen["approval"]["digest"]), "--no-wait"), ""
        yield from self._by_hand(incident, seen)
        yield from self._record(incident)
        yield from self._checks(incident, seen)
        yield from self._steps(incident, seen)

    def _break_glass(self, incident: str, seen: Json) -> Commands:
        for secret in seen["secrets"]:
            name = str(secret["name"])
            if offered(seen, "break-glass", name) and self._once("break-glass", name):
                reason = ("--reason", NOTHING_PROVEN, "--no-wait")
                yield BOT, ("break-glass", incident, name, "--at-worker", *reason), ""

    def _by_hand(self, incident: str, seen: Json) -> Commands:
        console = ConsoleHands(self.where.urls["console"])
        for secret in seen["secrets"]:
            name = str(secret["name"])
            if name not in self.where.by_hand:
                continue
            if offered(seen, "announce-submission", name, needed=True) and self._once("submit", name):
                values = console.make(name, f"{incident} {name}").values()
                yield ELI.name, ("submit", incident, name, "--stdin", "--no-wait"), "".join(f"{v}\n" for v in values)
            ready = secret["new"] in {"live", "unconfirmed"} and secret["old"] == "alive"
            if offered(seen, "confirm-revoked", name) and ready and self._once("revoked", name):
                console.end(name)
                yield ELI.name, ("revoked", incident, name, "--no-wait"), ""

    def _checks(self, incident: str, seen: Json) -> Commands:
        """What may outlive each dead key. All that the API finds in the practice world is the team's own."""
        for secret in seen["secrets"]:
            left = [check for check in secret["checks"] if check["outcome"] is None]
            for note, found in ((OURS, True), (NOTHING_THERE, False)):
                items = tuple(str(check["item"]) for check in left if bool(check["found"]) is found)
                if items and secret["old"] in GONE:
                    yield DANA.name, ("check", incident, str(secret["name"]), *items, "clear", "--note", note), ""

    def _record(self, incident: str) -> Commands:
        for what, text in STATEMENTS:
            if self._once("note", what):
                yield DANA.name, ("note", incident, text, f"--{what}"), ""

    def _steps(self, incident: str, seen: Json) -> Commands:
        """The keys come first: what can wait until Slack is back is skipped, with the reason."""
        waiting = [step for step in seen["steps"] if step["state"] not in OVER]
        for step in waiting:
            name = str(step["id"])
            if name in CAN_WAIT:
                yield DANA.name, ("step", incident, name, "skip", "--reason", CAN_WAIT_BECAUSE), ""
            elif not step["waits_for"] and (name != "document" or len(waiting) == 1):
                yield DANA.name, ("step", incident, name, "done"), ""
        only_document = all(step["id"] == "document" for step in waiting)
        if not seen["report"] and waiting and (only_document or (hopeless(seen) and not _movable(waiting))):
            yield DANA.name, ("report", incident), ""
        if not waiting and not left(seen) and not seen["unchecked"]:
            yield DANA.name, ("close", incident, "--no-wait"), ""

    def _once(self, *what: str) -> bool:
        if what in self._typed:
            return False
        self._typed.add(what)
        return True


def offered(seen: Json, command: str, secret: str, *, needed: bool = False) -> bool:
    """Whether the incident's document offers this command about this secret, and, with `needed`, asks for it."""
    return any(
        offer["command"] == command and offer["secret"] == secret and not offer["why_not_yet"]
        for offer in seen["offers"]
        if not needed or offer["urgency"] == "needed"
    )


def _document(text: str) -> Any:
    """The one JSON document that a command printed; None if it printed none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _movable(waiting: list[Json]) -> bool:
    return any(not step["waits_for"] and step["id"] != "document" for step in waiting)


def left(seen: Json) -> list[Json]:
    """The secrets whose old value is not proven dead, or whose new one is not in place."""
    return [secret for secret in seen["secrets"] if secret["old"] != "dead" or secret["new"] not in IN_PLACE]


def hopeless(seen: Json) -> bool:
    """Whether each secret that is not finished waits for something that has failed for good."""
    failed = {str(failure["lane"]).partition(":")[2] for failure in seen["failures"] if failure["final"]}
    unfinished = left(seen)
    return bool(unfinished) and all(secret["name"] in failed or secret["old"] == "unproven" for secret in unfinished)
