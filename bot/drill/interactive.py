"""A drill with a person in it: what is happening, where to look, what to type; an automatic second person approves."""

from __future__ import annotations

import select
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress

import requests

from bot.drill.client.place import Place
from bot.drill.fakes.slack import ProtocolError
from bot.drill.incident_view import IncidentView
from bot.drill.narrator import Narrator
from bot.drill.personas import DANA, ELI, NAMES
from bot.drill.responders import Responders
from bot.drill.slack_hands import PAUSE
from bot.drill.waits import WAITS
from bot.incident.access.readers import principal_name
from bot.phrases.practice import program, typed

INTRODUCTION = """
You are dana, a responder. A colleague has just rung you: “Is this ours? It is on a public paste page.”

  The leak          {leak}
  Slack, as dana    {slack}

Everything here runs on this machine: a practice Slack, AWS account and PagerDuty, and all the providers of the catalog,
with keys that open nothing else. The bot in that Slack is the real one.
{waits}

  1. Open Slack in a browser and type /compromise. Choose what leaked, say how you noticed, and declare.
  2. A private channel opens with a pinned card. Work from its buttons. Eli, who is played for you, approves as the
     second person where one is needed.
  3. Some providers, Stripe for one, make and end keys only in their consoles: that is your part. For practice, all of
     their consoles are one page: {console}
     The new value goes to the bot at a second terminal, where it is asked for and never shown:
       {submit}
  4. Everything can be done at that terminal too, also when Slack is down:
       {list}
       {show}
  5. The security team reads how things stand in #security.
  6. When all seven steps are over, ask for the report and close the incident. The drill then sums up, and all its
     pages stay {stays}: look at the closed card and at Home, and sign the report.

Until the close Ctrl-C leaves, and within 15 minutes this comes back: {again}
With --keep the pages stay after the close until you press Ctrl-C.
"""


def take_part(where: Place, people: Responders, narrator: Narrator, mind: Callable[[], None], stays: str) -> None:
    """Explains, then watches the card until the incident is closed. `stays` says how long the pages stay after that.
    KeyboardInterrupt when the person leaves.
    """
    narrator.explain(introduction(where, stays))
    guide = Guide(narrator)
    while True:
        mind()
        try:
            seen = people.look()
            guide.tell(seen.incident if seen is not None else None)
            if seen is not None:
                people.consent(seen)
                people.beside(seen.incident)
                if seen.card.closed:
                    return
        except (requests.RequestException, ProtocolError, LookupError, ValueError):
            pass  # the card was redrawn meanwhile, or the bot is starting: look again
        time.sleep(PAUSE * 2)


def pressed_enter(seconds: float) -> bool:
    """Whether a line is typed at the terminal within so many seconds, or nobody can type there any more."""
    typing, _, _ = select.select([sys.stdin], [], [], seconds)
    if typing:
        sys.stdin.readline()
    return bool(typing)


def forget_typed() -> None:
    """What was typed at the terminal before it was asked for."""
    with suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def introduction(where: Place, stays: str) -> str:
    def line(command: str) -> str:
        return typed(command, where.folder, DANA.name)

    return INTRODUCTION.format(
        waits=WAITS,
        submit=line("bot submit INCIDENT stripe-secret-key"),
        list=line("bot list"),
        show=line("bot show INCIDENT"),
        leak=where.urls["leak"],
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
            found.append(f"{name}: the old value is proven dead and the new one in place")
        elif seen.needed("announce-submission", name):
            found.append(f"{name}: a person must make the new value; the card says how")
    if seen.strangers:
        names = ", ".join(principal_name(name) for name in seen.strangers)
        found.append(f"{names}: its access counts as taken away here once you say so in Answer…")
    if seen.hopeless:
        found.append("what is left failed and needs action: press Retry once you know why, or report and leave it open")
    if not left:
        found.append(f"all keys are done; what remains are the steps, the report and the close ({ELI.name} approves)")
    return found
