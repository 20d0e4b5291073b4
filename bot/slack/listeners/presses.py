"""Buttons that do something at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App

from bot.incident import commands as c
from bot.response import PersonCommand
from bot.slack.listeners.front import Front
from bot.slack.listeners.request import Request
from bot.slack.press import Act, Press

COMMANDS: Mapping[Act, Callable[[Press], PersonCommand]] = {
    Act.KILL: lambda press: c.KillNow(press.subject),
    Act.RETRY: lambda press: c.Retry(press.subject),
    Act.REVOKED: lambda press: c.ConfirmRevoked(press.subject),
    Act.PROMOTE: lambda press: c.PromoteAgain(press.subject),
    Act.ANOTHER: lambda press: c.MakeAnother(press.subject),
    Act.REPLACE: lambda press: c.AskReplacement(press.subject),
    Act.APPROVE: lambda press: c.ApprovePlan(press.digest),
    Act.APPROVE_PROPOSAL: lambda press: c.ApproveProposal(press.number, press.digest),
    Act.STEP_START: lambda press: c.StartStep(press.subject, press.digest),
    Act.STEP_DONE: lambda press: c.CompleteStep(press.subject, press.digest),
    Act.REPORT: lambda _press: c.RequestReport(),
}
TERMINAL: Mapping[Act, str] = {
    Act.KILL: "bot kill {incident} {subject}",
    Act.RETRY: "bot retry {incident}",
    Act.APPROVE: "bot approve {incident}",
    Act.APPROVE_PROPOSAL: "bot approve {incident} --proposal {subject}",
    Act.STEP_START: "bot step {incident} {subject} start",
    Act.STEP_DONE: "bot step {incident} {subject} done",
    Act.REPORT: "bot report {incident}",
}
ANSWERS: Mapping[Act, str] = {
    Act.REPORT: "The report is being written; it will be named in the channel.",
    Act.REVOKED: "Recorded as your report. The provider is being asked; until it refuses, the value counts as alive.",
}
"""Where the card alone would not tell the person that they were heard."""


def register(app: App, front: Front) -> None:
    for act in COMMANDS:
        app.action(act)(_listener(front, act))

    @app.action(Act.OPEN_LINK)
    def opened(ack: Ack) -> None:
        ack()


def _listener(front: Front, act: Act) -> Callable[..., None]:
    def pressed(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        press_button(front, act, Request.interaction(body))

    return pressed


def press_button(front: Front, act: Act, request: Request) -> None:
    """Gives the button's command to the desk and says what came of it."""
    with front.explaining(request, "bot list"):
        press = request.press
        terminal = TERMINAL.get(act, "bot show {incident}").format(incident=press.incident, subject=press.subject)
        with front.explaining(request, terminal):
            command = COMMANDS[act](press)
            reply = front.do(request, press.incident, command)
            front.report(request, reply, ANSWERS.get(act, ""))
