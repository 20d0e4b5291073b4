"""Forms with an answer for each of many things, on several pages: opened, turned, and saved page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.inbox import PersonCommand
from bot.inbox.wire import DraftNotice
from bot.incident.state import Incident
from bot.phrases.marks import authored
from bot.slack.actions import ActionId, ButtonValue, laid_upon
from bot.slack.blocks import Json
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_beneath, open_form, show_again
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.modals import answers, notices
from bot.slack.modals.inputs import Entered
from bot.slack.modals.notices import notices_form


def give_answers(
    ctx: AppContext, request: SlackRequest, answers: Callable[[], Iterable[PersonCommand]], terminal: str
) -> None:
    """Gives each answer to the inbox, under its number in the form; one message names declined ones, with reasons. The
    form beneath, if any, is drawn again with the recorded ones.
    """
    with ctx.explaining(request, terminal):
        replies = [
            ctx.do(request, request.form_value.incident, body, f"{request.command_id}:{number}")
            for number, body in enumerate(answers())
        ]
        refused = [reply.refused for reply in replies if reply.refused]
        if replies and len(refused) < len(replies):
            answer_beneath(ctx, request, replies[-1].incident, "" if refused else RECORDED)
        if refused:
            ctx.refuse(request, authored("\n".join(refused)), replies[-1].incident.channel)


# Turning the pages of a form that shows one secret at a time.


def turn_page(
    ctx: AppContext, request: SlackRequest, menu: ActionId, draw: Callable[[Incident, ButtonValue], Json], terminal: str
) -> None:
    """To the secret that was chosen in `menu`; `terminal` is the command that shows the same."""
    with ctx.explaining(request, terminal):
        chosen = Entered(request.values, ctx.people).page(menu)
        incident = ctx.shown(request, request.form_value.incident)
        show_again(ctx, request, turned_to(request, draw(incident, ButtonValue(incident.id, chosen))))


def turned_to(request: SlackRequest, view: Json) -> Json:
    """The page as it takes the place of the one in which something was pressed or sent: it lies upon the same form."""
    if request.beneath:
        view["private_metadata"] = laid_upon(view.get("private_metadata", ""), request.beneath)
    return view


@dataclass(frozen=True)
class Saved:
    """What saving a page comes to: `mistakes`, by field, keep it open; else the `commands` that its answers ask for,
    and the `page` that follows, if any.
    """

    mistakes: dict[str, str]
    commands: Sequence[PersonCommand] = ()
    page: Json | None = None


type Save = Callable[[AppContext, SlackRequest, Entered], Saved]


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.NOTICE_DRAFT)(listener(partial(draft, ctx)))
    app.action(ActionId.NOTIFICATION)(listener(partial(open_form, ctx, partial(_notices, ctx), "bot todo")))
    app.view(ActionId.NOTIFICATION)(answering(partial(_submit, ctx, save_notices, "bot todo")))
    app.action(ActionId.ANSWER)(listener(partial(open_form, ctx, partial(_answers, ctx), "bot answer")))
    app.view(ActionId.ANSWER)(answering(partial(_submit, ctx, save_answers, "bot answer")))
    app.action(ActionId.ANSWER_OF)(
        listener(lambda asked: turn_page(ctx, asked, ActionId.ANSWER_OF, partial(_answers, ctx), "bot answer"))
    )


def _answers(ctx: AppContext, incident: Incident, pressed: ButtonValue) -> Json:
    return answers.answers_form(incident, pressed, ctx.clock(), _reads(ctx, incident))


def _reads(ctx: AppContext, incident: Incident) -> answers.Reads:
    return answers.reads_of(incident, ctx.incidents.events(incident.id))


def save_answers(ctx: AppContext, request: SlackRequest, said: Entered) -> Saved:
    incident, now = ctx.incident(request.form_value.incident), ctx.clock()
    if wrong := answers.mistakes(incident, said, now):
        return Saved(wrong)
    page = answers.following(incident, said, now, request.form_value.subject, _reads(ctx, incident))
    return Saved({}, answers.command(incident, said, now), page)


def _notices(ctx: AppContext, incident: Incident, pressed: ButtonValue) -> Json:
    return notices.notices_form(incident, pressed, ctx.clock())


def save_notices(ctx: AppContext, request: SlackRequest, said: Entered) -> Saved:
    """What the rules would decline for anyone is said at its field."""
    incident, asker = ctx.incident(request.form_value.incident), ctx.asker(request)
    wanted = notices.by_field(incident, said)
    refusals = {field: ctx.client.rehearse(incident.id, body, asker) for field, body in wanted.items()}
    by = ctx.people.by_slack(request.user).name
    return Saved(notices.mistakes(incident, said, refusals, by), notices.commands(incident, said))


def _submit(ctx: AppContext, save: Save, terminal: str, ack: Ack, request: SlackRequest) -> None:
    said, saved = Entered(request.values, ctx.people), None
    with suppress(BotError):  # what is wrong is said by the commands below
        saved = save(ctx, request, said)
    if saved is not None and saved.mistakes:
        ack(response_action="errors", errors=saved.mistakes)
        return
    page = saved.page if saved is not None else None
    ack() if page is None else ack(response_action="update", view=turned_to(request, page))
    give_answers(ctx, request, lambda: (saved or save(ctx, request, said)).commands, terminal)


# Drafts of notices, asked for in the form of the notices that the law and contracts ask for.


FILED = "✓ The draft is in the incident's channel, marked for counsel. The bot sends no notice."
WRITING = "The draft is being written. It will be in the incident's channel, marked for counsel."


def draft(ctx: AppContext, request: SlackRequest) -> None:
    """Asks the worker for it, and says in the form where it stands, or why there is none."""
    with ctx.explaining(request, "bot todo"):
        pressed = request.button_value
        incident = ctx.shown(request, pressed.incident)
        command = DraftNotice(incident.id, pressed.subject)
        answer = ctx.client.ask(incident.id, command, ctx.asker(request), request.command_id)
        said = WRITING if answer is None else authored(answer.reason) or FILED
        view = notices_form(incident, pressed, ctx.clock(), drafted=said)
        show_again(ctx, request, turned_to(request, view))
