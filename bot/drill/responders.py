"""Two people who play an incident to its end in Slack: they press what the incident card has a button for.

What to press they know from the incident's JSON, as `bot show` gives it, and from action ids: never from what the card
says. They keep no list of what to do: each round they look and do what is offered, so it makes no difference whether
they began the incident themselves or come back to it after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from subprocess import CompletedProcess
from textwrap import shorten

import requests

from bot.asks.record import USED
from bot.drill.card_parser import IncidentCard, incident_channels, read_card
from bot.drill.client.place import Place, ask
from bot.drill.console import ConsoleHands
from bot.drill.fakes.slack import ProtocolError
from bot.drill.fakes.slack.payloads import Values
from bot.drill.incident_view import SERVES, IncidentView
from bot.drill.personas import DANA, ELI, ENVIRONMENT, Persona, is_ours
from bot.drill.slack_hands import PATIENCE, PAUSE, Json, SlackHands, choices, fields
from bot.drill.statements import (
    DECLINED,
    MAY_STAY,
    NOT_OURS,
    NOTICE,
    OFFICER,
    STATEMENTS,
    STRANGER,
    TAKEN_AWAY,
    TEAM,
    UNDONE,
    USED_BY_OTHERS,
)
from bot.drill.terminal_commands import type_command
from bot.drill.waits import STALE, STANDS_STILL, Unchanged
from bot.errors import Unreachable
from bot.incident.model import New, Old
from bot.incident.shown import tag_of
from bot.incident.taking import BY_HAND, NEW_KEY
from bot.phrases.times import counted
from bot.slack.actions import ActionId

PAGES = 50
"""Of the checklist, at most, before they look at the card again."""
TITLE = 80
"""Characters of a task in a line of the drill."""
LATE = 5.0
"""Seconds by which the card may be behind the incident."""
STRANGE = ("unexplained", STRANGER)
ABUSE, FIELDS = "abuse-unknown", {"impact": "impact", "root-cause": "cause"}
"""The finding that is an answer to a question, and the fields of the others."""
READY = SERVES | {New.NOT_NEEDED}
"""States of a new key in which nothing is lost by ending the old one by hand."""


class SlackSilent(Exception):
    """Slack opens no form, or its card no longer changes: people continue at their terminals."""


@dataclass(frozen=True)
class Seen:
    """One look: what the card can take, and what is true of its incident."""

    card: IncidentCard
    incident: IncidentView


@dataclass
class Responders:
    """`read` gives an incident by its id; `narrate` tells what they do; `environ` is that of their terminals."""

    where: Place
    hands: SlackHands
    read: Callable[[str], IncidentView]
    narrate: Callable[[str], None]
    environ: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    beside: Callable[[IncidentView], None] = lambda _incident: None
    """What else goes on while they work on the incident."""
    exposed_for: timedelta | None = None
    """For how long the keys were readable, where the paste says so."""
    _terminals: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))
    _submissions: dict[str, Future[CompletedProcess[str]]] = field(default_factory=dict)
    _first_seen: dict[tuple[str, str], float] = field(default_factory=dict)
    _reported: set[str] = field(default_factory=set)
    """Old keys that eli has said to have ended: that the bot still sees them alive is no reason to say it again."""
    _declared: bool = False

    # --- the whole play ---------------------------------------------------------------------------------------------

    def play(self, seconds: float) -> bool:
        """Whether the incident was closed. False: they gave up on what failed for good, nothing moves, or the time is
        over.

        SlackSilent if Slack opens no form when the incident is to be declared, or its card does not follow.
        """
        until = time.monotonic() + seconds
        seen, moved, drawn = None, Unchanged(), Unchanged()
        while time.monotonic() < until:
            self.hands.mind()
            try:
                seen = self.look()
                if seen is not None and seen.card.closed:
                    return True
                if seen is not None and seen.incident.given_up:
                    self.narrate("what is left has failed for good: the people can do no more")
                    return False
                self.act(seen)
            except (requests.RequestException, ProtocolError, LookupError, ValueError, Unreachable):
                pass  # the bot is away, or the card was redrawn under their hands: look again
            still = moved.seconds(seen and seen.incident.progress)
            behind = drawn.seconds(seen and seen.card.edited) - still
            if still >= STALE and (seen is None or behind > LATE):
                raise SlackSilent
            if still >= STALE:
                self.narrate(STANDS_STILL)
                return False
            time.sleep(PAUSE)
        return False

    def look(self) -> Seen | None:
        """The newest incident that has a card in a channel of theirs; None while there is none."""
        channels = incident_channels(self.hands.driver, self.hands.ids[DANA.name])
        card = read_card(self.hands.driver, channels[0]) if channels else None
        return Seen(card, self.read(card.incident)) if card is not None else None

    def act(self, seen: Seen | None) -> None:
        """One round: everything that is offered now."""
        if seen is None:
            if not self._declared:
                self._declare()
            return
        self.consent(seen)
        self.beside(seen.incident)
        self._work_by_hand(seen)
        self._end_steps(seen)
        self._state(seen)
        self._account_for_readers(seen)
        self._undo(seen)
        self._decide_on_notices(seen)
        self._send_updates(seen)
        self._end_tasks(seen)
        self._end_checks(seen)
        self._finish(seen)

    def consent(self, seen: Seen) -> None:
        """The second person's part: eli's, or dana's where it takes anyone but him."""
        for action, command, digest in (
            (ActionId.APPROVE, "approve-plan", seen.incident.plan_digest),
            (ActionId.APPROVE_PROPOSAL, "approve-proposal", seen.incident.proposal_digest),
        ):
            who = seen.incident.first_entitled(command, (ELI, DANA))
            for button in seen.card.all(action):
                if who is not None and button.value.digest == digest and self.hands.consent(who, button):
                    self.narrate(f"{who.name}, the second person, approves")

    # --- declaring --------------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        self.narrate("dana sees the paste and types /compromise")
        driver, user = self.hands.driver, self.hands.ids[DANA.name]
        self.hands.put_away(DANA)
        driver.slash(user, "/compromise")
        view = self.hands.form(DANA)
        if view is None:
            raise SlackSilent
        if self.secrets:
            driver.press_in_view(user, str(view["id"]), "secrets", list(self.secrets))
            values: Values = {"secrets": list(self.secrets), "how_noticed": NOTICE, "environment": ENVIRONMENT}
        else:
            values = {"everything": ["everything"], "how_noticed": NOTICE, "environment": ENVIRONMENT}
        if self.exposed_for is not None:
            self.hands.press_in(DANA, view, ActionId.DECLARE_CHANGE, "")
            view = self.hands.form(DANA, _tells_exposure) or view
            values = {**values, "exposed_at": int(time.time() - self.exposed_for.total_seconds())}
        self._declared = self.hands.submit(DANA, view, values)
        if self._declared and not self.secrets:
            sure = self.hands.form(DANA, lambda above: bool(above["id"] != view["id"]))
            self._declared = sure is not None and self.hands.submit(DANA, sure, {})
        if self._declared:
            self.narrate("dana declares the compromise")

    # --- what the provider's API cannot do --------------------------------------------------------------------------

    @property
    def _console(self) -> ConsoleHands:
        return ConsoleHands(self.where.urls["console"])

    def _work_by_hand(self, seen: Seen) -> None:
        incident = seen.incident
        for name in self.where.by_hand:
            self._take(seen, name)
            if incident.needed("announce-submission", name):
                self._submit(incident.incident, name)
            if name not in self._reported and _to_revoke_by_hand(incident, name):
                self._console.end(name)
                steps = self._steps(seen, f"{BY_HAND}:{name}")
                if steps is not None and self.hands.press_in(ELI, steps, ActionId.REVOKED, name):
                    self._reported.add(name)
                    self.narrate(f"eli revokes the leaked {name} in the console and presses “I revoked it”")

    def _take(self, seen: Seen, name: str) -> None:
        """Says that eli does what is to be done by hand for this secret, so that no one else does the same."""
        for todo in seen.incident.untaken(f"{BY_HAND}:{name}", f"{NEW_KEY}:{name}"):
            if self._once("take", todo["todo"]):
                if self._steps(seen, todo["todo"]) is not None:
                    self.narrate(f"eli takes: {todo['words']}")
                else:
                    self.hands.attempts.forget("take", todo["todo"])

    def _steps(self, seen: Seen, todo: str) -> Json | None:
        """The steps of work by hand, which the first who opens them takes."""
        return self.hands.open_behind(ELI, seen.card, ActionId.TAKE_STEPS, todo)

    def _submit(self, incident: str, name: str) -> None:
        """Once for each try that came to nothing."""
        running = self._submissions.get(name)
        if running is not None and not (running.done() and running.result().returncode):
            return
        label, late = f"{incident} {name}", self._waited("submit", name) >= PATIENCE
        if self._console.made(name, label, discard=late) and not late:
            return  # someone has made one before a crash: perhaps it is on its way
        values = self._console.make(name, label).values()
        arguments = ("submit", incident, name, "--stdin", "--no-wait")
        typed = "".join(f"{value}\n" for value in values)
        self._submissions[name] = self._terminals.submit(
            type_command, self.where.folder, ELI.name, *arguments, typed=typed, environ=self.environ
        )
        self.narrate(f"eli makes a new {name} in the console and hands it over with `bot submit`")

    def _waited(self, *what: str) -> float:
        """Seconds since this was first asked about."""
        now = time.monotonic()
        return now - self._first_seen.setdefault((what[0], what[1]), now)

    # --- steps, statements, tasks -----------------------------------------------------------------------------------

    def _end_steps(self, seen: Seen) -> None:
        """The investigation is done only when the findings are in the log, and to notify when all is decided."""
        lacks = {"investigate": self._unsaid(seen), "notify": seen.incident.notices_left}
        names = [name for name in seen.incident.subjects("complete-step") if not lacks.get(name)]
        left = [name for name in names if self._once("step", name)]
        if left and self._answer(DANA, seen, "step", [f"step:{name}" for name in left], "done", ""):
            self.narrate(f"dana marks {', '.join(f'“{name}”' for name in left)} done")
        else:
            for name in left:
                self.hands.attempts.forget("step", name)

    def _unsaid(self, seen: Seen) -> dict[str, str]:
        """Unrecorded findings that the report needs. That use is unknown is not recorded where use is seen."""
        wanted = {what: text for what, text in STATEMENTS if seen.incident.wants(what)}
        if seen.incident.used_by_others:
            wanted = {**wanted, USED: USED_BY_OTHERS}
            wanted.pop(ABUSE, None)
        return wanted

    def _state(self, seen: Seen) -> None:
        used = seen.incident.used_by_others
        left = {what: text for what, text in self._unsaid(seen).items() if self._once("finding", what)}
        view = self.hands.open_behind(DANA, seen.card, ActionId.FINDING) if left else None
        values: Values = {
            **({"seen": ABUSE, "text": left[ABUSE]} if ABUSE in left else {}),
            **({USED: used, "text": left[USED]} if USED in left else {}),
            **{FIELDS[what]: text for what, text in left.items() if what in FIELDS},
        }
        if view is not None and self.hands.submit(DANA, view, values):
            self.narrate(f"dana records {', '.join(what.replace('-', ' ') for what in left)}")
            if USED in left:
                self.narrate(f"others used {', '.join(used)}, as the bot proposes")
                self.hands.attempts.forget("finding", USED)
        else:
            for what in left:
                self.hands.attempts.forget("finding", what)

    def _decide_on_notices(self, seen: Seen) -> None:
        """Whom the law and contracts ask to tell: all at once, and again where something new is known."""
        if seen.incident.used_by_others:
            return  # that comes first
        outcome, why = seen.incident.notice
        left = {name: new for name, new in seen.incident.notices_left if self._due("notice", name, new)}
        view = self.hands.open_behind(DANA, seen.card, ActionId.NOTIFICATION) if left else None
        if view is None:
            return
        decided = [name for name in fields(view, "outcome") if name in left and self._once("notice", name, left[name])]
        values: Values = {
            **{f"outcome|{name}": outcome for name in decided},
            "who": OFFICER,
            "why": why,
            **({"although": ["yes"]} if any(block.get("block_id") == "although" for block in view["blocks"]) else {}),
        }
        if decided and self.hands.submit(DANA, view, values):
            self.narrate(f"dana records the decisions on {counted(len(decided), 'notice')}: {outcome}")

    def _account_for_readers(self, seen: Seen) -> None:
        """Identifies the readers of the leaked keys: the team's own people, and unexplained strangers; then records
        the removal of the strangers' access, for which held new keys wait.
        """
        if seen.incident.unaccounted:
            said = {name: ("ours", TEAM) if is_ours(name) else STRANGE for name in seen.incident.unaccounted}
            self._say_of_readers(seen, said, "dana identifies the readers")
        elif seen.incident.strangers:
            removed = dict.fromkeys(seen.incident.strangers, ("removed", TAKEN_AWAY))
            self._say_of_readers(seen, removed, "dana has the stranger's access removed")

    def _say_of_readers(self, seen: Seen, said: Mapping[str, tuple[str, str]], told: str) -> None:
        """`said` is an outcome and a note by principal, `told` what they have done then. A reader that cannot be
        explained is answered alone.
        """
        ours = [name for name, (outcome, _) in said.items() if outcome == "ours"]
        taken = False
        for names in ([ours] if ours else []) + [[name] for name in said if name not in ours]:
            left = [f"reader:{name}" for name in names if self._once("reader", name, said[name][0])]
            outcome, note = said[names[0]]
            taken = (bool(left) and self._answer(DANA, seen, "reader", left, outcome, note)) or taken
        if taken:
            self.narrate(told)

    def _answer(self, person: Persona, seen: Seen, page: str, todos: Sequence[str], outcome: str, note: str) -> bool:
        """Whether this page took the outcome and the note for those of the to-dos that it shows."""
        view = self.hands.open_behind(person, seen.card, ActionId.ANSWER)
        view = self.hands.turn(person, view, ActionId.ANSWER_OF, page) if view is not None else None
        if view is None or not view.get("submit"):
            self.hands.put_away(person)
            return False
        tags = {tag_of(each) for each in todos}
        rows = [name for name in fields(view, "answer") if name.partition("|")[0] in tags]
        if not rows:
            self.hands.close(person, view)
            return False
        return self.hands.submit(person, view, {**{f"answer|{name}": outcome for name in rows}, "note": note})

    def _send_updates(self, seen: Seen) -> None:
        """Reads the updates for which a rehearsed playbook asks the commander, and sends them."""
        for audience in seen.incident.sensible("release-update"):
            view = self.hands.open_behind(DANA, seen.card, ActionId.RELEASE_UPDATE, audience)
            if view is not None and self.hands.submit(DANA, view, {}):
                self.narrate(f"dana reads the status update to {audience} and sends it")

    def _undo(self, seen: Seen) -> None:
        """Dana proposes to end opened sessions. Eli takes what the attacker made, undoes it in the console, and says so
        of each alone.
        """
        for item in seen.incident.to_end:
            if self._once("end", item):
                view = self.hands.open_behind(DANA, seen.card, ActionId.END_SESSIONS, item)
                if view is not None and self.hands.submit(DANA, view, {"reason": NOT_OURS}):
                    self.narrate(f"dana proposes to end the attacker's sessions: {item}")
                else:
                    self.hands.attempts.forget("end", item)
        for todo in seen.incident.to_undo:
            about = str(todo["todo"])
            if self._once("take", about):
                if not self._press_and_submit(seen, ActionId.TAKE, about):
                    self.hands.attempts.forget("take", about)
            elif self._once("undo", about):
                ask(self.where, {"undo": True})
                if self._answer(ELI, seen, "check", [about], "handled", UNDONE):
                    self.narrate(f"eli has undone: {todo['words']}")
                else:
                    self.hands.attempts.forget("undo", about)

    def _press_and_submit(self, seen: Seen, act: ActionId, about: str) -> bool:
        view = self.hands.open_behind(ELI, seen.card, act, about)
        return view is not None and self.hands.submit(ELI, view, {})

    def _end_tasks(self, seen: Seen) -> None:
        """All are done, in one answer, but the last, which is declined, to show that too."""
        every = [str(task["id"]) for task in seen.incident.document["tasks"]]
        left = [task for task in seen.incident.open_tasks if self._once("task", str(task["id"]))]
        declined = [task for task in left if str(task["id"]) == every[-1] and task["step"] == "remediate"]
        done = [task for task in left if task not in declined]
        for tasks, outcome, note in ((done, "done", ""), (declined, "declined", DECLINED)):
            if not tasks:
                continue
            if self._answer(ELI, seen, "step", [f"task:{task['id']}" for task in tasks], outcome, note):
                titles = "; ".join(shorten(task["title"], TITLE, placeholder="…") for task in tasks)
                self.narrate(f"eli {'has done' if outcome == 'done' else outcome}: {titles}")
            else:
                for task in tasks:
                    self.hands.attempts.forget("task", str(task["id"]))

    def _end_checks(self, seen: Seen) -> None:
        """What may outlive each dead key, a page a secret."""
        for secret, items, outcome, note in seen.incident.due_checks():
            todos = [f"check:{secret}/{item}" for item in items if self._once("check", secret, item)]
            if todos and note == UNDONE:
                ask(self.where, {"undo": True})
            if todos and self._answer(DANA, seen, "check", todos, outcome, note):
                self.narrate(f"dana answers the backdoor checks of {secret}")

    # --- the end ----------------------------------------------------------------------------------------------------

    def _finish(self, seen: Seen) -> None:
        if not seen.incident.time_for_the_close:
            self._first_seen.pop(("close", ""), None)
        elif seen.incident.to_be_closed(self._waited("close", "")) and self._once("close"):
            if self._close(seen.card):
                self.narrate("dana closes the incident")
            else:
                self.hands.attempts.forget("close")
        if seen.incident.time_for_the_report and self.hands.press_behind(DANA, seen.card, ActionId.REPORT, ""):
            self.narrate("dana asks for the report")

    def _close(self, card: IncidentCard) -> bool:
        """Whether the bot took it. What is still open she accepts by name."""
        view = self.hands.open_behind(DANA, card, ActionId.CLOSE)
        if view is None:
            return False
        left = choices(view, "accept")
        return self.hands.submit(DANA, view, {"accept": left, "reason": MAY_STAY} if left else {})

    # --- once -------------------------------------------------------------------------------------------------------

    def _due(self, *what: str) -> bool:
        return self.hands.attempts.due(*what)

    def _once(self, *what: str) -> bool:
        return self.hands.attempts.make(*what)


def _tells_exposure(form: Json) -> bool:
    return any(block.get("block_id") == "exposed_at" for block in form["blocks"])


def _to_revoke_by_hand(incident: IncidentView, name: str) -> bool:
    """Whether a person is to end this old key now: not what the machine could try again, and not before the new key
    serves.
    """
    secret = incident.secrets.get(name)
    if secret is None or not incident.offered("confirm-revoked", name) or incident.needed("retry", name):
        return False
    return secret["old"] == Old.ALIVE and secret["new"] in READY
