"""The same two people at their terminals, for when Slack is down: they look with `bot show` and act by commands.

If proofs are impossible too (STS is down), one of them goes to the worker's own host and breaks glass.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bot.drill.client.place import BOT, Place, ask
from bot.drill.console import ConsoleHands
from bot.drill.incident_view import LAST_STEP, SERVES, IncidentView
from bot.drill.personas import DANA, ELI, ENVIRONMENT, is_ours
from bot.drill.statements import (
    CALLED,
    CAN_WAIT_BECAUSE,
    MAY_STAY,
    NOT_OURS,
    NOTHING_PROVEN,
    NOTICE,
    OFFICER,
    STATEMENTS,
    STRANGER,
    TAKEN_AWAY,
    TEAM,
    UNDONE,
    USED_BY_OTHERS,
)
from bot.drill.terminal_commands import keep_answer, look, type_command
from bot.drill.waits import STALE, STANDS_STILL, Unchanged
from bot.incident.approval.offers import DIGITS
from bot.incident.model import Old
from bot.model.playbooks import RunKind

type Commands = Iterator[tuple[str, tuple[str, ...], str]]
"""(who, what they type, what goes to standard input)."""

AT_ONCE = 2
CAN_WAIT = frozenset({"investigate", "remediate"})


@dataclass
class TerminalResponders:
    """Like `Responders`, over child processes of ``bot … --drill DIR --as NAME``."""

    where: Place
    narrate: Callable[[str], None]
    environ: Mapping[str, str]
    mind: Callable[[], None]
    secrets: tuple[str, ...] = ()
    _typed: set[tuple[str, ...]] = field(default_factory=set)
    _close_since: float | None = None
    _at_worker: bool = False
    """Proofs are impossible: they act at the worker's host."""

    def play(self, seconds: float) -> bool:
        """Whether the incident was closed."""
        until, moved = time.monotonic() + seconds, Unchanged()
        incident = self._incident() or self._declare() or self._declare_at_worker()
        while time.monotonic() < until:
            self.mind()
            shown = self._look("show", incident)
            seen = IncidentView(shown) if shown else None
            if seen is not None and seen.closed:
                return True
            if seen is not None and seen.given_up:
                self.narrate("what is left has failed for good: the people can do no more")
                return False
            if seen is not None and self._at_worker and not seen.unfinished:
                return False  # the keys are dead; the rest waits until people can say again who they are
            if moved.seconds(seen and seen.progress) >= STALE:
                self.narrate(STANDS_STILL)
                return False
            commands = list(self._round(seen)) if seen is not None else []
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
        """The open incident, if someone has declared one."""
        found = [each for each in self._look("list", "--open") or () if each["kind"] == RunKind.COMPROMISE]
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
        self.narrate("AWS confirms no one: dana goes to the worker's host")
        which = tuple(name for name in self.secrets if name not in self.where.by_hand) or ("--all",)
        arguments = ("declare", *which, "--environment", ENVIRONMENT, "--notice", NOTICE, "--public", "--at-worker")
        self._type(BOT, (*arguments, "--no-wait"), "")
        return self._incident()

    # --- acting -----------------------------------------------------------------------------------------------------

    def _type(self, who: str, arguments: tuple[str, ...], typed: str) -> None:
        shown = " ".join(word if re.fullmatch(r"[\w./:-]+", word) else f"'{word}'" for word in arguments)
        self.narrate(f"{who}: bot {shown}")
        type_command(self.where.folder, who, *arguments, typed=typed, environ=self.environ)

    def _round(self, seen: IncidentView) -> Commands:
        if self._at_worker:
            yield from self._break_glass(seen)
            return
        second = seen.first_entitled("approve-plan", (ELI, DANA))
        if seen.plan_digest and second is not None:
            yield second.name, ("approve", seen.incident, "--digest", seen.plan_digest, "--no-wait"), ""
        yield from self._by_hand(seen)
        yield from self._record(seen)
        yield from self._readers(seen)
        yield from self._undo(seen)
        yield from self._checks(seen)
        yield from self._updates(seen)
        yield from self._steps(seen)

    def _break_glass(self, seen: IncidentView) -> Commands:
        for name in seen.secrets:
            if seen.offered("break-glass", name) and self._once("break-glass", name):
                reason = ("--note", NOTHING_PROVEN, "--no-wait")
                yield BOT, ("revoke", seen.incident, name, "--break-glass", "--at-worker", *reason), ""

    def _by_hand(self, seen: IncidentView) -> Commands:
        console, incident = ConsoleHands(self.where.urls["console"]), seen.incident
        for name, secret in seen.secrets.items():
            if name not in self.where.by_hand:
                continue
            if seen.needed("announce-submission", name) and self._once("submit", name):
                values = console.make(name, f"{incident} {name}").values()
                yield ELI.name, ("submit", incident, name, "--stdin", "--no-wait"), "".join(f"{v}\n" for v in values)
            ready = secret["new"] in SERVES and secret["old"] == Old.ALIVE
            if seen.offered("confirm-revoked", name) and ready and self._once("revoked", name):
                console.end(name)
                yield ELI.name, ("incident", "revoked", incident, name, "--no-wait"), ""

    def _undo(self, seen: IncidentView) -> Commands:
        """What the attacker made, each alone; opened sessions by two people."""
        for item in seen.to_end:
            if self._once("end", item):
                yield DANA.name, ("incident", "end-sessions", seen.incident, item, "--note", NOT_OURS, "--yes"), ""
        second = seen.first_entitled("approve-proposal", (ELI, DANA))
        if (digest := seen.proposal_digest) and second is not None and self._once("proposal", digest):
            yield second.name, ("answer", seen.incident, f"proposal:{digest[:DIGITS]}", "approved"), ""
        for todo in (str(each["todo"]) for each in seen.to_undo):
            if self._once("undo", todo):
                ask(self.where, {"undo": True})
                yield ELI.name, ("answer", seen.incident, todo, "handled", "--note", UNDONE), ""

    def _checks(self, seen: IncidentView) -> Commands:
        """What may outlive each dead key."""
        for secret, items, outcome, note in seen.due_checks():
            if note == UNDONE:
                ask(self.where, {"undo": True})
            todos = (f"check:{secret}/{item}" for item in items)
            yield DANA.name, ("answer", seen.incident, *todos, outcome, "--note", note), ""

    def _record(self, seen: IncidentView) -> Commands:
        for name in seen.used_by_others:
            if self._once("used", name):
                yield DANA.name, ("incident", "abuse", seen.incident, name, USED_BY_OTHERS), ""
        for what, text in STATEMENTS:
            if seen.wants(what) and self._once("note", what):
                yield DANA.name, ("note", seen.incident, text, f"--{what}"), ""
        outcome, why = seen.notice
        for name, new in seen.notices_left if not seen.used_by_others else ():  # that comes first
            if self._once("notice", name + new):
                by = ("--by", OFFICER, "--note", why, "--anyway")
                yield DANA.name, ("answer", seen.incident, f"notice:{name}", outcome, *by), ""

    def _readers(self, seen: IncidentView) -> Commands:
        """Whose reads these were, and that a stranger's access is taken away."""
        for outcome, note, names in (
            ("ours", TEAM, [name for name in seen.unaccounted if is_ours(name)]),
            ("unexplained", STRANGER, [name for name in seen.unaccounted if not is_ours(name)]),
            ("removed", TAKEN_AWAY, seen.strangers),
        ):
            left = [name for name in names if self._once("reader", name, outcome)]
            for together in [left] if outcome == "ours" and left else [[name] for name in left]:
                yield DANA.name, ("answer", seen.incident, *together, outcome, "--note", note), ""

    def _updates(self, seen: IncidentView) -> Commands:
        """Status updates that cannot be sent: who would get them is told in another way."""
        for audience in seen.sensible("skip-update"):
            yield (
                DANA.name,
                ("answer", seen.incident, f"update:{audience}", "skipped", "--note", CALLED, "--no-wait"),
                "",
            )

    def _steps(self, seen: IncidentView) -> Commands:
        """The keys come first: what can wait until Slack is back is skipped, with the reason."""
        incident, waiting = seen.incident, seen.steps_left
        for step in waiting:
            name = str(step["id"])
            if name in CAN_WAIT:
                yield DANA.name, ("answer", incident, f"step:{name}", "skipped", "--note", CAN_WAIT_BECAUSE), ""
            elif seen.offered("complete-step", name) and (name != LAST_STEP or len(waiting) == 1):
                yield DANA.name, ("answer", incident, f"step:{name}", "done"), ""
        only_last = all(step["id"] == LAST_STEP for step in waiting)
        if not seen.reported and waiting and (only_last or (seen.hopeless and not seen.movable)):
            yield DANA.name, ("report", incident), ""
        if not seen.time_for_the_close:
            self._close_since = None
        elif seen.to_be_closed(self._waited_to_close()):
            accepted = [word for key in seen.acceptable for word in ("--accept", key)]
            reason = ("--note", MAY_STAY) if accepted else ()
            yield DANA.name, ("close", incident, *accepted, *reason, "--no-wait"), ""

    def _waited_to_close(self) -> float:
        """Seconds since it was first time for that."""
        now = time.monotonic()
        self._close_since = self._close_since or now
        return now - self._close_since

    def _once(self, *what: str) -> bool:
        if what in self._typed:
            return False
        self._typed.add(what)
        return True


def _document(text: str) -> Any:
    """The one JSON document that a command printed; None if it printed none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
