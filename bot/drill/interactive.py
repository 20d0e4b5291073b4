"""A drill with a person in it: what is happening, where to look, what to type; an automatic second person approves."""

from __future__ import annotations

import select
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import requests

from bot.drill.client.place import Place, ask
from bot.drill.fakes.slack import ProtocolError
from bot.drill.incident_view import IncidentView
from bot.drill.narrator import Narrator
from bot.drill.personas import DANA, ELI, NAMES
from bot.drill.responders import Responders, Seen
from bot.drill.slack_hands import PAUSE
from bot.drill.waits import WAITS
from bot.incident.access.readers import principal_name
from bot.incident.todos import State
from bot.phrases.practice import program, typed

INTRODUCTION = """
You are dana, a responder. A colleague rings: “Are these keys ours? They are on a public paste page.”

  The leak          {leak}  ({leaked})
  Slack, as dana    {slack}

Everything runs on this machine: a practice Slack, AWS account, PagerDuty and providers. Their keys work nowhere else.
The bot in that Slack is the real one. {waits}

  1. Open Slack in a browser and type /compromise. Choose what leaked, enter how you noticed it, and declare.
  2. A private channel opens with a pinned card. Work from its buttons. Eli is on call: he answers the page, and
     approves where a second person is needed.
  3. Stripe makes and revokes keys only in its console: that is your part. In this drill every provider's console is
     one page: {console}
     Hand the new key to the bot at a second terminal. It asks for the key and does not show it:
       {submit}
  4. You can do everything at that terminal, also when Slack is down:
       {list}
       {show}
  5. The security team reads #security.
  6. When all seven steps are done, ask for the report and close the incident. The drill then sums up. Its pages stay
     {stays}: look at the closed card and at Home, and sign the report.

Ctrl-C leaves the drill. To come back within 15 minutes: {again}
With --keep the pages stay after the close until you press Ctrl-C.
"""
ANSWERS, APPROVES = 12.0, 8.0
"""Seconds that eli takes to answer the page, and to read what he is asked to approve."""
ON_IT = "I have the page and am reading the card."


def take_part(people: Responders, narrator: Narrator, mind: Callable[[], None]) -> None:
    """Watches the card until the incident is closed. KeyboardInterrupt when the person leaves."""
    guide, on_call = Guide(narrator), OnCall(people)
    while True:
        mind()
        try:
            seen = people.look()
            guide.tell(seen.incident if seen is not None else None)
            if seen is not None:
                on_call.play(seen)
                people.beside(seen.incident)
                if seen.card.closed:
                    return
        except (requests.RequestException, ProtocolError, LookupError, ValueError):
            pass  # the card was redrawn meanwhile, or the bot is starting: look again
        time.sleep(PAUSE * 2)


@dataclass
class OnCall:
    """Eli, who answers the page and approves, and takes the time that a person takes. `clock` gives seconds."""

    people: Responders
    clock: Callable[[], float] = time.monotonic
    _first_seen: dict[str, float] = field(default_factory=dict)

    def play(self, seen: Seen) -> None:
        """One round."""
        incident = seen.incident
        if incident.page_waits and self._after(ANSWERS, "page") and self.people.hands.attempts.make("page"):
            self.people.hands.driver.slash(
                self.people.hands.ids[ELI.name], "/compromise", f"note {ON_IT}", seen.card.channel
            )
            self.people.narrate(f"{ELI.name} answers the page")
        if any(each["state"] == State.TAKEN for each in incident.to_undo) and self.people.hands.attempts.make("undo"):
            ask(self.people.where, {"undo": True})
        asked = incident.plan_digest + incident.proposal_digest
        if asked and self._after(APPROVES, asked):
            self.people.consent(seen)

    def _after(self, seconds: float, what: str) -> bool:
        """Whether this has been seen for so long."""
        now = self.clock()
        return now - self._first_seen.setdefault(what, now) >= seconds


def pressed_enter(seconds: float) -> bool:
    """Whether a line is typed at the terminal within so many seconds, or typing there is no longer possible."""
    typing, _, _ = select.select([sys.stdin], [], [], seconds)
    if typing:
        sys.stdin.readline()
    return bool(typing)


def forget_typed() -> None:
    """What was typed at the terminal before it was asked for."""
    with suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def introduction(where: Place, stays: str, *, every: bool) -> str:
    """What a person needs to begin. `stays` says how long the pages stay after the close."""

    def line(command: str) -> str:
        return typed(command, where.folder, DANA.name)

    return INTRODUCTION.format(
        waits=WAITS,
        submit=line("bot submit INCIDENT stripe-secret-key"),
        list=line("bot list"),
        show=line("bot show INCIDENT"),
        leak=where.urls["leak"],
        leaked="a whole .env" if every else f"{len(where.leaked)} keys",
        slack=where.pages[DANA.name],
        console=where.console,
        stays=stays,
        again=f"{program()} drill --data {where.folder}",
    ).strip()


class Guide:
    """Says what has changed since the last look, and what comes next."""

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._told: set[str] = set()

    def tell(self, incident: IncidentView | None) -> None:
        for text in _news(incident):
            if text not in self._told:
                self._told.add(text)
                self._narrator.say(text)


def _news(seen: IncidentView | None) -> list[str]:
    if seen is None:
        return [f"waiting for your declaration ({', '.join(NAMES)} are in Slack's #general)"]
    found = [f"{seen.incident} is open: read the pinned card in its channel"]
    left = [secret["name"] for secret in seen.unfinished]
    for name in seen.secrets:
        if name not in left:
            found.append(f"{name}: the leaked key is dead and the new one in use")
        elif seen.needed("announce-submission", name):
            found.append(f"{name}: you make the new key; the card says how")
    if seen.strangers:
        names = ", ".join(principal_name(name) for name in seen.strangers)
        found.append(f"{names}: in this drill its access is removed once you record that in Answer…")
    if seen.to_undo:
        found.append("what an attacker made: in this drill it is undone as soon as you take it; then answer")
    if seen.hopeless:
        found.append("what is left has failed: press Retry once you know why, or write the report and leave it open")
    if not left:
        found.append("all keys are dead and replaced; left are the steps, the report and the close")
    return found
