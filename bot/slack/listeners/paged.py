"""Forms with an answer for each of many things, on several pages: opened, turned, and saved page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.inbox import PersonCommand
from bot.inbox.wire import DraftNotice
from bot.incident.state import Incident
from bot.phrases.marks import authored
from bot.slack.actions import ActionId, ButtonValue, laid_upon
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_beneath, open_form, show_again
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.modals import answers, notices, reads
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
        try:
            ctx.gateway.update_view(
                request.view_id,
                turned_to(request, draw(incident, ButtonValue(incident.id, chosen))),
                request.view_hash,
            )
        except SlackRefused as refused:
            if refused.code != "hash_conflict":  # overtaken by the next choice
                raise


def turned_to(request: SlackRequest, view: Json) -> Json:
    """The page as it takes the place of the one in which something was pressed or sent: it lies upon the same form."""
    if request.beneath:
        view["private_metadata"] = laid_upon(view.get("private_metadata", ""), request.beneath)
    return view


@dataclass(frozen=True)
class Asked:
    """By whom something of a form is asked for, and what it can be answered from."""

    ctx: AppContext
    request: SlackRequest

    @property
    def by(self) -> str:
        """The person's name."""
        return self.ctx.people.by_slack(self.request.user).name

    @property
    def now(self) -> datetime:
        return self.ctx.clock()

    def reads(self, incident: Incident) -> reads.Reads:
        return reads.reads_of(incident, self.ctx.incidents.events(incident.id))

    def refusals(self, incident: Incident, commands: dict[str, PersonCommand]) -> dict[str, str]:
        """What the rules would decline for anyone, at its field."""
        asker = self.ctx.asker(self.request)
        return {field: self.ctx.client.rehearse(incident.id, body, asker) for field, body in commands.items()}


@dataclass(frozen=True)
class PagedForm:
    """`act` opens it and is what it is saved under; `terminal` is the command that does the same. `mistakes` has a
    sentence for each field that keeps a page from being saved, `following` is the page after it, if any, and `commands`
    are what its answers ask for. `turn` is the menu that leads to another page, where it has one.
    """

    act: ActionId
    terminal: str
    form: Callable[[Asked, Incident, ButtonValue], Json]
    mistakes: Callable[[Asked, Incident, Entered], dict[str, str]]
    following: Callable[[Asked, Incident, Entered], Json | None]
    commands: Callable[[Asked, Incident, Entered], Sequence[PersonCommand]]
    turn: ActionId | None = None


PAGED_FORMS = (
    PagedForm(
        ActionId.ANSWER,
        "bot answer",
        form=lambda asked, incident, pressed: answers.answers_form(incident, pressed, asked.now, asked.reads(incident)),
        mistakes=lambda asked, incident, said: answers.mistakes(incident, said, asked.now),
        following=lambda asked, incident, said: answers.following(
            incident, said, asked.now, asked.request.form_value.subject, asked.reads(incident)
        ),
        commands=lambda asked, incident, said: answers.command(incident, said, asked.now),
        turn=ActionId.ANSWER_OF,
    ),
    PagedForm(
        ActionId.NOTIFICATION,
        "bot todo",
        form=lambda asked, incident, pressed: notices.notices_form(incident, pressed, asked.now),
        mistakes=lambda asked, incident, said: notices.mistakes(
            incident, said, asked.refusals(incident, notices.by_field(incident, said)), asked.by
        ),
        following=lambda _asked, _incident, _said: None,
        commands=lambda _asked, incident, said: notices.commands(incident, said),
    ),
)


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.NOTICE_DRAFT)(listener(partial(draft, ctx)))
    for form in PAGED_FORMS:
        app.action(form.act)(listener(partial(_open, ctx, form)))
        app.view(form.act)(answering(partial(_submit, ctx, form)))
        if form.turn is not None:
            app.action(form.turn)(listener(partial(_turn, ctx, form, form.turn)))


def _open(ctx: AppContext, form: PagedForm, request: SlackRequest) -> None:
    open_form(ctx, partial(form.form, Asked(ctx, request)), form.terminal, request)


def _turn(ctx: AppContext, form: PagedForm, menu: ActionId, request: SlackRequest) -> None:
    turn_page(ctx, request, menu, partial(form.form, Asked(ctx, request)), form.terminal)


def _submit(ctx: AppContext, form: PagedForm, ack: Ack, request: SlackRequest) -> None:
    asked, entered = Asked(ctx, request), Entered(request.values, ctx.people)
    page: Json | None = None
    try:
        incident = ctx.incident(request.form_value.incident)
        if found := form.mistakes(asked, incident, entered):
            ack(response_action="errors", errors=found)
            return
        page = form.following(asked, incident, entered)
    except BotError:
        pass  # what is wrong is said by the commands below
    ack() if page is None else ack(response_action="update", view=turned_to(request, page))
    give_answers(
        ctx, request, lambda: form.commands(asked, ctx.incident(request.form_value.incident), entered), form.terminal
    )


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
