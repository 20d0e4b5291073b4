"""Buttons that open a form, and what was entered there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec.structs import astuple
from slack_bolt import Ack, App

from bot.errors import BotError
from bot.inbox import AddChoice
from bot.incident import commands as c
from bot.incident.approval.proposals import CLOSURE
from bot.incident.offer import may
from bot.incident.offers import available, unblocked
from bot.incident.state import Incident
from bot.model.frozen import Frozen
from bot.phrases.approvals import any_of
from bot.phrases.marks import authored, code, literal
from bot.phrases.report import WRITE_ANEW, signed_words, unwritten
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_beneath, open_form
from bot.slack.listeners.paged import turn_page, turned_to
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.modals.asked import ASKED_FORMS, Form
from bot.slack.modals.consents import CONSENT_FORMS
from bot.slack.modals.declare import add_secret_form, added
from bot.slack.modals.details import details
from bot.slack.modals.inputs import Entered

FORMS: tuple[Form, ...] = (*CONSENT_FORMS, *ASKED_FORMS)

CHANGED = "This changed since you saw it. Check it below, then decide."
AGAIN = "Press its button again."
"""Without fields to keep, the changed form has no button: a second tap would consent to what no one has read."""
WISHED = "Your revocation request is recorded."
ANEW = f"The current report does not include it: press *{WRITE_ANEW}*."


def register(app: App, ctx: AppContext) -> None:
    for form in FORMS:
        app.action(form.act)(listener(partial(_open, ctx, form)))
        app.view(form.act)(answering(partial(_submit, ctx, form)))

    def page(incident: Incident, pressed: ButtonValue) -> Json:
        return details(incident, pressed, ctx.clock())

    def adding(incident: Incident, pressed: ButtonValue) -> Json:
        return add_secret_form(incident, pressed, ctx.incidents.catalog)

    app.action(ActionId.DETAILS)(listener(partial(open_form, ctx, page, "bot list")))
    app.action(ActionId.DETAILS_OF)(
        listener(lambda asked: turn_page(ctx, asked, ActionId.DETAILS_OF, page, "bot show"))
    )
    app.action(ActionId.ADD_SECRET)(listener(partial(open_form, ctx, adding, "bot list")))
    app.view(ActionId.ADD_SECRET)(listener(partial(_add, ctx)))


def _add(ctx: AppContext, request: SlackRequest) -> None:
    with ctx.explaining(request, "bot declare"):
        choice = added(Entered(request.values, ctx.people))
        ctx.report(request, ctx.do(request, request.form_value.incident, AddChoice(choice)))


def _open(ctx: AppContext, form: Form, request: SlackRequest) -> None:
    open_form(ctx, partial(_drawn, ctx, form, request), "bot list", request)


def _drawn(
    ctx: AppContext, form: Form, asked: SlackRequest, incident: Incident, pressed: ButtonValue, said: str = ""
) -> Json:
    """What the button carries chooses what is shown; all else is read here, as it is now."""
    refusal = form.refusal(ctx.people.by_slack(asked.user), ctx.people, incident)
    if refusal is not None:
        return refusal
    if not form.ask.rehearsed:
        return form.view(incident, pressed, ctx.clock(), said=said)
    declined = said or authored(_declined(ctx, form, asked, incident, form.shown(incident, pressed)))
    return form.view(incident, pressed, ctx.clock(), declined=declined)


def _declined(ctx: AppContext, form: Form, asked: SlackRequest, incident: Incident, shown: ButtonValue) -> str:
    """Why the rules would decline it of this person; empty where they would not."""
    commands = form.commands(shown, Entered({}, ctx.people))
    return " ".join(filter(None, (ctx.client.rehearse(incident.id, body, ctx.asker(asked)) for body in commands)))


def open_form_of(ctx: AppContext, form: Form, asked: SlackRequest, incident: Incident, subject: str) -> None:
    """For what someone typed: shows what it does, and asks."""
    view = _drawn(ctx, form, asked, incident, ButtonValue(incident.id, subject))
    ctx.gateway.open_view(asked.trigger, view)


def _submit(ctx: AppContext, form: Form, ack: Ack, request: SlackRequest) -> None:
    entered = Entered(request.values, ctx.people)
    if (now := _changed(ctx, form, request)) is not None:
        ack(response_action="update", view=now)
        if form.ask.wish:
            _wish(ctx, form, request, entered)
    elif mistakes := form.ask.mistakes(entered) or _refusal(ctx, form, request, entered):
        ack(response_action="errors", errors=mistakes)
    else:
        ack()
        submit_form(ctx, form, request, entered)


def _wish(ctx: AppContext, form: Form, request: SlackRequest, entered: Entered) -> None:
    """What was asked for by a form that shows another thing now: that is before the person, so the answer is not."""
    with ctx.explaining(request, "bot list"):
        for body in form.commands(request.form_value, entered):
            ctx.do(request, request.form_value.incident, body)


def _changed(ctx: AppContext, form: Form, request: SlackRequest) -> Json | None:
    """The current form, if it differs from the submitted one: people agree only to what they have seen. None without a
    difference, or if the command itself will report the error.
    """
    try:
        pressed = request.form_value
        incident = ctx.incident(pressed.incident)
        if form.shown(incident, pressed) == pressed:
            return None
        said = " ".join([*([WISHED] if form.ask.wish else []), CHANGED, *([AGAIN] if form.ask.rehearsed else [])])
        return turned_to(request, _drawn(ctx, form, request, incident, pressed, said))
    except BotError:
        return None


def _refusal(ctx: AppContext, form: Form, request: SlackRequest, entered: Entered) -> dict[str, str]:
    """What the rules would decline for anyone, at its field, while the form is still open."""
    fields = [name for name in (*(field.name for field in form.ask.fields), *request.values) if name in request.values]
    found: dict[str, str] = {}
    try:
        pressed = request.form_value
        incident = ctx.incident(pressed.incident).id
        for body in form.commands(pressed, entered) if fields else ():
            if refusal := ctx.client.rehearse(incident, body, ctx.asker(request)):
                found.setdefault(at(fields, entered, body), refusal)
    except BotError:
        return {}  # said when the command is given
    return found


def at(fields: Sequence[str], entered: Entered, body: Frozen) -> str:
    """The field whose text the command carries; the first one where none does."""
    carried = astuple(body)
    return next((name for name in fields if (text := entered.text(name)) and text in carried), fields[0])


def submit_form(ctx: AppContext, form: Form, request: SlackRequest, entered: Entered) -> None:
    """Gives the form's command to the inbox and says what came of it."""
    with ctx.explaining(request, "bot list", channel=_channel(ctx, request)):
        pressed = request.form_value
        replies = [
            ctx.do(request, pressed.incident, body, f"{request.command_id}:{number}" if number else "")
            for number, body in enumerate(form.commands(pressed, entered))
        ]
        if refused := next((reply for reply in replies if reply.refused), None):
            ctx.report(request, refused)
        elif replies:
            reply = replies[-1]
            done = answer(form.act, reply.incident) or _waits(ctx, form.act, reply.incident)
            beneath = answer_beneath(ctx, request, reply.incident, done or RECORDED)
            if not beneath and form.act in {ActionId.SIGN_REPORT, ActionId.CLOSE, ActionId.TASK}:
                ctx.report(request, reply, done)


def answer(act: str, incident: Incident) -> str:
    """What is said beyond that it was recorded; empty where nothing is."""
    if act == ActionId.SIGN_REPORT:
        return f"✓ {signed_words(incident.report)}"
    if act == ActionId.TASK and incident.tasks:
        task = list(incident.tasks.values())[-1]
        return f"✓ Task {code(task.id)} added, {literal(task.owner)}: {literal(task.title)}"
    return f"{RECORDED} {ANEW}" if act == ActionId.NARRATIVE and unwritten(incident) else ""


def _waits(ctx: AppContext, act: str, incident: Incident) -> str:
    """That a close waits for a second person, and who can agree; empty for all else."""
    if act != ActionId.CLOSE or incident.proposal is None or incident.proposal.what != CLOSURE:
        return ""
    offers = unblocked(available(incident, ctx.clock()), c.ApproveProposal)
    who = any_of(
        [each.name for each in ctx.people if any(may(each.actor, offer) for offer in offers) and not each.lost]
    )
    can = f"{who} can agree" if who else "No one in the people file can agree"
    return f"⏳ Not closed yet: needs a second approver. {literal(can)}, on the pinned card."


def _channel(ctx: AppContext, request: SlackRequest) -> str:
    """The incident's channel, where an answer to a form can be whispered; empty if it cannot be known."""
    try:
        return ctx.incident(request.form_value.incident).channel
    except BotError:
        return ""
