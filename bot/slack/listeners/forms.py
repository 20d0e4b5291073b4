"""Buttons that open a form, and what was entered there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.incident.state import Incident
from bot.response import AddChoice
from bot.slack.blocks import Json
from bot.slack.listeners.front import Front
from bot.slack.listeners.pages import turn_page
from bot.slack.listeners.request import Request
from bot.slack.modals.details import details
from bot.slack.modals.entered import Entered
from bot.slack.modals.form import Form
from bot.slack.modals.forms import PLAIN_FORMS
from bot.slack.modals.secret import add_secret_form, added
from bot.slack.modals.tasks import TASK_FORMS
from bot.slack.press import Act, Press

FORMS: tuple[Form, ...] = (*PLAIN_FORMS, *TASK_FORMS)

type Draw = Callable[[Request], Json]


def register(app: App, front: Front) -> None:
    for form in FORMS:
        app.action(form.act)(_opener(front, _drawn(front, form)))
        app.view(form.act)(_submission(front, form))
    app.action(Act.DETAILS)(_opener(front, lambda asked: details(_incident(front, asked), asked.press, front.clock())))

    @app.action(Act.DETAILS_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()

        def page(incident: Incident, press: Press) -> Json:
            return details(incident, press, front.clock())

        turn_page(front, Request.interaction(body), Act.DETAILS_OF, page, "bot show")

    app.action(Act.ADD_SECRET)(
        _opener(front, lambda asked: add_secret_form(_incident(front, asked), asked.press, front.desk.catalog))
    )

    @app.view(Act.ADD_SECRET)
    def add(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = Request.interaction(body)
        with front.explaining(request, "bot declare"):
            choice = added(Entered(request.values, front.people))
            front.report(request, front.do(request, request.form_press.incident, AddChoice(choice)))


def _incident(front: Front, request: Request) -> Incident:
    return front.incident(request.press.incident)


def _drawn(front: Front, form: Form) -> Draw:
    return lambda asked: form.view(_incident(front, asked), asked.press, front.clock())


def _opener(front: Front, draw: Draw) -> Callable[..., None]:
    def pressed(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = Request.interaction(body)
        with front.explaining(request, "bot list"):
            show = front.gateway.push_view if request.view_id else front.gateway.open_view
            show(request.trigger, draw(request))

    return pressed


def _submission(front: Front, form: Form) -> Callable[..., None]:
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = Request.interaction(body)
        entered = Entered(request.values, front.people)
        if mistakes := form.mistakes(entered) or _refusal(front, form, request, entered):
            ack(response_action="errors", errors=mistakes)
            return
        ack()
        submit_form(front, form, request, entered)

    return submitted


def _refusal(front: Front, form: Form, request: Request, entered: Entered) -> dict[str, str]:
    """What the rules would decline whoever asked, at the form's first field: told while the form is still open."""
    field = next(iter(request.values), "")
    try:
        press = request.form_press
        incident = front.incident(press.incident).id
        refusal = front.client.rehearse(incident, form.command(press, entered), front.asker(request))
    except BotError:
        return {}  # said when the command is given
    return {field: refusal} if field and refusal else {}


def submit_form(front: Front, form: Form, request: Request, entered: Entered) -> None:
    """Gives the form's command to the desk and says what came of it."""
    with front.explaining(request, "bot list", channel=_channel(front, request)):
        press = request.form_press
        command = form.command(press, entered)
        front.report(request, front.do(request, press.incident, command))


def _channel(front: Front, request: Request) -> str:
    """The incident's channel, where an answer to a form can be whispered; empty if it cannot be known."""
    try:
        return front.incident(request.form_press.incident).channel
    except BotError:
        return ""
