"""Two people who play an incident to its end in Slack, going by nothing but what they see there.

They keep no list of what to do: each round they look at the card and do whatever it offers, so it makes no difference
whether they began the incident themselves or come back to it after a crash.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests

from bot.drill.card_parser import Card, Json, Offered, incident_channels, live, read_card
from bot.drill.console import ConsoleHands
from bot.drill.fakes.slack import ProtocolError, SlackDriver, paragraphs, read
from bot.drill.fakes.slack.payloads import Values
from bot.drill.personas import DANA, ELI, ENVIRONMENT, Persona
from bot.drill.terminal_commands import command_line, keep_command
from bot.practice.client import Place
from bot.slack.actions import ActionId

NOTICE = "A colleague found our .env on a public paste page; it has been read 214 times."
ROOT_CAUSE = "The .env was copied onto a contractor's laptop for debugging and pasted from there."
NOTIFICATION = (
    "No sign that personal data was read with it: nobody is told, and we look again after the provider's logs."
)
IMPACT = "Whoever read the paste could act as the product at these providers, from 14:05 UTC until each key was dead."
STATEMENTS: tuple[tuple[str, str], ...] = (
    ("impact", IMPACT),
    ("root-cause", ROOT_CAUSE),
    ("notification", NOTIFICATION),
)
TEAM = "Our own: meant to read it."
UNEXPLAINED = "calls that unexplained"
"""The card says so of a new value that a stranger could read where it is put."""
TAKEN_AWAY = "The contractor's access to the parameters is taken away."
STRANGER = "CloudTrail shows these reads; nobody of us can explain them, and the contractor does not answer."
MAY_STAY = "Its access is taken away, and the old values are dead: we wait for the contractor's answer."
DECLINED = "Reduce"
"""Tasks that begin so are declined, to show that too."""
FOUND = "Found by API"
REPORTED = "reported revoked by"
NOTHING_THERE = "Looked in the console: nothing that is not ours."
OURS = "Known to us: our own team made it."
MACHINES = "Retry, or revoke"
"""The card says so of what the machine tried to end: they leave that to whoever mends the cause."""
PAGES = 50
"""Of the checklist, at most, before they look at the card again."""
PAUSE = 0.2
"""Slack's texts have it where a colon might begin an emoji."""
PATIENCE = 6.0
"""Seconds that people wait for a form to open."""
AGAIN = 12.0
"""Seconds after which they press a button once more that is still there: the card is drawn anew when Slack lets it."""


STALE = 25.0
"""Seconds in which nothing moves in Slack, after which people no longer wait for it."""


class SlackSilent(Exception):
    """Slack opens no form, or its card does not move any more: people go on at their terminals."""


@dataclass
class Responders:
    """`narrate` tells what they do; `environ` is that of their terminals; `mind` raises when the bot has died."""

    where: Place
    driver: SlackDriver
    narrate: Callable[[str], None]
    environ: Mapping[str, str]
    mind: Callable[[], None]
    secrets: tuple[str, ...] = ()
    _pressed: dict[tuple[str, str], float] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _submissions: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _wanted_since: dict[str, float] = field(default_factory=dict)
    _declared: bool = False

    @property
    def _console(self) -> ConsoleHands:
        return ConsoleHands(self.where.urls["console"])

    # --- the whole play ---------------------------------------------------------------------------------------------

    def play(self, seconds: float) -> bool:
        """Whether the incident was closed. False: they gave up on what failed for good, or the time is over.

        SlackSilent if Slack opens no form when the incident is to be declared, or nothing moves there.
        """
        until = time.monotonic() + seconds
        seen, moved = "", time.monotonic()
        while time.monotonic() < until:
            self.mind()
            try:
                card = self.look()
                if card is not None and card.closed:
                    return True
                if card is not None and self._done_all_they_can(card):
                    return False
                if card is not None and card.edited != seen:
                    seen, moved = card.edited, time.monotonic()
                self._round(card)
            except (requests.RequestException, ProtocolError, LookupError, ValueError):
                pass  # the bot is away, or the card was redrawn under their hands: look again
            if time.monotonic() - moved > STALE:
                raise SlackSilent
            time.sleep(PAUSE)
        return False

    def look(self) -> Card | None:
        channels = incident_channels(self.driver, self._id(DANA))
        return read_card(self.driver, channels[0]) if channels else None

    def _round(self, card: Card | None) -> None:
        if card is None:
            if not self._declared:
                self._declare()
            return
        self.consent(card)
        self._work_by_hand(card)
        self._steps(card)
        self._state(card)
        self._readers(card)
        self._go_on(card)
        self._tasks(card)
        self._checks(card)
        self._finish(card)

    def consent(self, card: Card) -> None:
        """The second person's part: eli's, but dana's where the card says that it takes anybody but him."""
        for act in (ActionId.APPROVE, ActionId.APPROVE_PROPOSAL):
            for offered in card.buttons(act):
                who = DANA if act is ActionId.APPROVE and card.asks_other_than(ELI.name) else ELI
                if self._press(who, offered):
                    self.narrate(f"{who.name}, the second person, approves")

    # --- declaring --------------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        self.narrate("dana has seen the paste and types /compromise")
        user = self._id(DANA)
        self._put_away(DANA)
        self.driver.slash(user, "/compromise")
        view = self._form(DANA)
        if view is None:
            raise SlackSilent
        view_id = str(view["id"])
        if self.secrets:
            self.driver.press_in_view(user, view_id, "secrets", list(self.secrets))
            values: Values = {"secrets": list(self.secrets), "notice": NOTICE, "environment": ENVIRONMENT}
        else:
            values = {"everything": ["everything"], "notice": NOTICE, "environment": ENVIRONMENT}
        answer = self.driver.submit(user, view_id, values)
        self._declared = answer.ok and not answer.errors
        if self._declared:
            self.narrate("dana declares the compromise")

    # --- what the provider's API cannot do --------------------------------------------------------------------------

    def _work_by_hand(self, card: Card) -> None:
        for name, said in card.secrets().items():
            if f"bot submit {card.incident} {name}" in said:
                self._submit(card.incident, name)
        for offered in card.buttons(ActionId.REVOKED):
            name = offered.press.subject
            said = card.secrets().get(name, "")
            told = any(words in said for words in (REPORTED, MACHINES))
            if live(said) and not told and self._due(offered):
                self._console.end(name)
                if self._press(ELI, offered):
                    self.narrate(f"eli has ended the old {name} in the provider's console and presses “I revoked it”")

    def _submit(self, incident: str, name: str) -> None:
        """Once for each try that came to nothing; the values go through a pipe, never onto a command line."""
        running = self._submissions.get(name)
        if running is not None and (running.poll() is None or running.returncode == 0):
            return
        label, since = f"{incident} {name}", self._wanted_since.setdefault(name, time.monotonic())
        late = time.monotonic() - since >= PATIENCE
        if self._console.made(name, label, discard=late) and not late:
            return  # somebody has made one before a crash: perhaps it is on its way
        values = self._console.make(name, label).values()
        typed = ("submit", incident, name, "--stdin", "--no-wait")
        with keep_command(self.where.folder, ELI.name, typed) as answer:
            process = subprocess.Popen(
                command_line(self.where.folder, ELI.name, *typed),
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=answer,
                text=True,
                env=dict(self.environ),
            )
        assert process.stdin is not None
        process.stdin.write("".join(f"{value}\n" for value in values))
        process.stdin.close()
        self._submissions[name] = process
        self.narrate(f"eli has made a new {name} in the provider's console and hands it over with `bot submit`")

    # --- steps, statements, tasks -----------------------------------------------------------------------------------

    def _steps(self, card: Card) -> None:
        for offered in card.buttons(ActionId.STEP_START):
            if self._press(DANA, offered):
                self.narrate(f"dana starts “{offered.press.subject}”")
        for offered in card.buttons(ActionId.STEP_DONE):
            if self._ready_for_done(offered) and self._press(DANA, offered):
                self.narrate(f"dana marks “{offered.press.subject}” done")

    def _ready_for_done(self, offered: Offered) -> bool:
        """Nobody calls an investigation done before what was found stands in the log."""
        return offered.press.subject != "investigate" or {text for _, text in STATEMENTS} <= self._said

    def _state(self, card: Card) -> None:
        """Findings and decisions that the report rests on, once each."""
        for offered in card.buttons(ActionId.FINDING):
            for what, text in STATEMENTS:
                if text not in self._said and self._fill(DANA, offered, {"what": what, "text": text}):
                    self._said.add(text)
                    self.narrate(f"dana records the {what.replace('-', ' ')}")

    def _readers(self, card: Card) -> None:
        """Who read the leaked values: the team's own people, and strangers whom nobody can explain."""
        for offered in card.buttons(ActionId.READERS)[:1]:
            view = self._open(DANA, offered)
            if view is not None:
                self._account(view)

    def _account(self, view: Json) -> None:
        values: dict[str | tuple[str, str], str] = {}
        known = [f"user/{name}" for name in ("compromise-bot", DANA.name, ELI.name)]
        ours = False
        for block in view["blocks"]:
            name = str(block.get("block_id", ""))
            kind, _, reader = name.partition("|")
            if block["type"] == "rich_text":
                said = read([block])
                ours = ":user/" not in said or any(f"{each}`" in said for each in known)
            elif kind == "reader":
                values |= {name: "ours" if ours else "unexplained", f"note|{reader}": TEAM if ours else STRANGER}
        if values:
            answer = self.driver.submit(self._id(DANA), str(view["id"]), values)
            if answer.ok and not answer.errors:
                self.narrate("dana accounts for who read the leaked values")

    def _go_on(self, card: Card) -> None:
        """A new value that waits because a stranger has read the old one. What else one may wait for ends by itself."""
        for offered in card.buttons(ActionId.USE_VALUE):
            name = offered.press.subject
            waits = UNEXPLAINED in card.secrets().get(name, "") and self._due(offered)
            if waits and self._fill(DANA, offered, {"reason": TAKEN_AWAY}):
                self.narrate(f"dana lets the new {name} be used: the stranger's access is taken away")

    def _checks(self, card: Card) -> None:
        """What may outlive each dead key, a page a secret."""
        for offered in card.buttons(ActionId.CHECKS)[:1]:
            view = self._open(DANA, offered)
            pages = 0
            while view is not None and pages < PAGES and self._end_checks(view):
                pages += 1
                time.sleep(PAUSE)
                view = self.driver.view_of(self._id(DANA))

    def _end_checks(self, view: Json) -> bool:
        """Whether the page was taken. All that the API finds in the practice world is the team's own."""
        values: dict[str | tuple[str, str], str] = {}
        note = ""
        for block in view["blocks"]:
            name = str(block.get("block_id", ""))
            kind, _, item = name.partition("|")
            if block["type"] == "rich_text":
                note = OURS if FOUND in read([block]) else NOTHING_THERE
            elif kind == "check":
                values |= {name: "clear", f"note|{item}": note}
        if not values:
            return False
        answer = self.driver.submit(self._id(DANA), str(view["id"]), values)
        self.narrate(f"dana has looked for what may outlive {_secret_of(values)}")
        return answer.ok and not answer.errors

    def _tasks(self, card: Card) -> None:
        for offered in card.buttons(ActionId.TASK_END)[:1]:
            while self._end_task(offered):
                pass

    def _end_task(self, offered: Offered) -> bool:
        """Whether one more task was ended."""
        view = self._open(ELI, offered)
        if view is None:
            return False
        options = _options(view, "task")
        if not options:
            self.driver.close(self._id(ELI), str(view["id"]))
            return False
        value, title = options[0]
        values: dict[str | tuple[str, str], str] = {"task": value, "outcome": "done"}
        if title.startswith(DECLINED):
            values |= {"outcome": "declined", "reason": "Belongs into the next sprint, with the owner of the role."}
        answer = self.driver.submit(self._id(ELI), str(view["id"]), values)
        self.narrate(
            f"eli {values['outcome']}: {title}" if values["outcome"] == "declined" else f"eli has done: {title}"
        )
        return answer.ok and not answer.errors

    # --- the end ----------------------------------------------------------------------------------------------------

    def _finish(self, card: Card) -> None:
        for offered in card.buttons(ActionId.CLOSE):
            over = not card.unfinished and not card.buttons(ActionId.CHECKS) and card.reported
            if over and self._due(offered) and self._close(offered):
                self.narrate("dana closes the incident")
        if card.reported or not self._time_for_the_report(card):
            return
        for offered in card.buttons(ActionId.REPORT):
            if self._press(DANA, offered):
                self.narrate("dana asks for the report")

    def _close(self, offered: Offered) -> bool:
        """Whether the bot took it. What is still open she accepts by name."""
        view = self._open(DANA, offered)
        if view is None:
            return False
        left = [value for value, _ in _options(view, "accept")]
        values: Values = {"accept": left, "reason": MAY_STAY} if left else {}
        answer = self.driver.submit(self._id(DANA), str(view["id"]), values)
        if answer.errors:
            self.driver.close(self._id(DANA), str(view["id"]))
        return answer.ok and not answer.errors

    def _time_for_the_report(self, card: Card) -> bool:
        """When nothing else is left to do: only the last step is open, or what is left has failed for good."""
        left = {offered.press.subject for act in (ActionId.STEP_START, ActionId.STEP_DONE, ActionId.STEP_SKIP)
                for offered in card.buttons(act)}  # fmt: skip
        if not card.unfinished:
            return left <= {"document"}
        return card.hopeless and not self._movable(card)

    def _movable(self, card: Card) -> bool:
        """Whether some step can still be started or marked done."""
        return bool(card.buttons(ActionId.STEP_START) or card.buttons(ActionId.STEP_DONE))

    def _done_all_they_can(self, card: Card) -> bool:
        """They have a report of an incident that only somebody else can get on: it stays open."""
        return card.reported and card.hopeless

    # --- hands ------------------------------------------------------------------------------------------------------

    def _id(self, person: Persona) -> str:
        return self.where.people[person.name]

    def _due(self, offered: Offered) -> bool:
        return time.monotonic() - self._pressed.get(offered.key, -AGAIN) >= AGAIN

    def _press(self, person: Persona, offered: Offered) -> bool:
        """Whether it was pressed: not again while the last press has had no time to show."""
        if not self._due(offered):
            return False
        button = offered.button
        self._pressed[offered.key] = time.monotonic()
        answer = self.driver.press(self._id(person), button.channel, button.ts, button.action_id, button.value)
        if not answer.ok:
            self._pressed.pop(offered.key, None)
        return answer.ok

    def _open(self, person: Persona, offered: Offered) -> Json | None:
        """The form behind a button; None if none opens."""
        self._put_away(person)
        self._pressed.pop(offered.key, None)
        return self._form(person) if self._press(person, offered) else None

    def _put_away(self, person: Persona) -> None:
        """Closes what is still open from before."""
        view = self.driver.view_of(self._id(person))
        if view is not None:
            self.driver.close(self._id(person), str(view["id"]))

    def _form(self, person: Persona) -> Json | None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            view = self.driver.view_of(self._id(person))
            if view is not None:
                return view
            self.mind()
            time.sleep(PAUSE / 4)
        return None

    def _fill(self, person: Persona, offered: Offered, values: Values) -> bool:
        """Opens a form, fills it in and sends it: whether the bot took it."""
        view = self._open(person, offered)
        if view is None:
            return False
        answer = self.driver.submit(self._id(person), str(view["id"]), values)
        if answer.errors:
            self.driver.close(self._id(person), str(view["id"]))
        return answer.ok and not answer.errors


def _secret_of(values: Mapping[str | tuple[str, str], str]) -> str:
    """The secret whose checks a page ends."""
    return next((str(name).split("|")[1] for name in values), "")


def _text(view: Json) -> str:
    return "\n".join(paragraphs(view["blocks"]))


def _options(view: Json, name: str) -> list[tuple[str, str]]:
    """What a field of a form offers: (value, text)."""
    for block in view["blocks"]:
        element = block.get("element") or {}
        if element.get("action_id") == name:
            return [(str(each["value"]), str(each["text"]["text"])) for each in element["options"]]
    return []
