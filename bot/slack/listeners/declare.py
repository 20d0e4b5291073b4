"""The declaration form: opened from any place, drawn again, submitted, and its result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block

from bot.asks.ask import text_mistakes
from bot.errors import BotError, Misuse, OutsideError
from bot.inbox import CommandReply, Declaration
from bot.incident.declaration.consequences import Foreseen
from bot.incident.overlap.strategy import Proposed
from bot.model.frozen import replace
from bot.phrases.consequences import open_words, sum_words
from bot.phrases.marks import channel, code
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, maybe, told_form
from bot.slack.channels import channel_name
from bot.slack.errors import SlackRefused
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.modals import declare
from bot.slack.modals.draft import STRATEGY, Draft, declaration, environment_of, named, read, unpacked
from bot.slack.modals.foreseen import again_form, by_secret
from bot.slack.modals.inputs import MANY, Entered, groups

CHANGES = ("environment", "secrets", "everything", "public", re.compile(f"^{re.escape(STRATEGY)}"))
DECLARING = "Declaring… The bot messages you and invites you to the incident's channel."
USED_TRIGGER = frozenset({"exchanged_trigger_id", "hash_conflict"})
"""A redelivered request, or one overtaken by the next change: the form is there already."""


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.DECLARE)(listener(partial(open_declaration, ctx)))
    app.options("secrets")(partial(offer_secrets, ctx))
    for name in CHANGES:
        app.action(name)(listener(partial(redraw, ctx)))
    app.action(ActionId.DECLARE_CHANGE)(listener(partial(redraw, ctx, unfold=True)))
    app.view(ActionId.DECLARE)(answering(partial(submit_declaration, ctx)))
    app.view(ActionId.DECLARE_SURE)(answering(partial(submit_everything, ctx)))


def offer_secrets(ctx: AppContext, ack: Ack, body: dict[str, Any]) -> None:
    """What the menu of secrets offers for the text that is typed into it."""
    request = SlackRequest.interaction(body)
    environment = Entered(request.values, ctx.people).choice("environment") or environment_of(request.view_note)
    try:
        options = declare.offered(ctx.incidents.catalog, environment, str(body.get("value", "")))
    except Misuse:
        options = []
    if len(options) > MANY:
        ack(option_groups=[group.to_dict() for group in groups(options)])
    else:
        ack(options=[each.to_dict() for each in options])


def submit_declaration(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    """Declares the form's contents; asks again before everything."""
    entered = Entered(request.values, ctx.people)
    again: Json | None = None
    try:
        draft = read(entered, request.view_note)
        mistakes = declare.mistakes(draft, entered, ctx.incidents.catalog, ctx.clock())
        if draft.everything and not mistakes:
            again = again_form(draft, _foreseen(ctx, request, draft))
    except BotError as error:
        mistakes = {"environment": str(error)}
    if mistakes:
        ack(response_action="errors", errors=mistakes)
    elif again is not None:
        ack(response_action="push", view=again)
    else:
        declare_made(ctx, ack, request, lambda: declaration(draft, ctx.incidents.catalog))


def submit_everything(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    entered = Entered(request.values, ctx.people)
    mistakes = text_mistakes(entered, ("how_noticed",))
    try:
        draft = unpacked(request.view_note, entered)
    except Misuse as misuse:
        mistakes = {"how_noticed": str(misuse)}
    if mistakes:
        ack(response_action="errors", errors=mistakes)
    else:
        declare_made(ctx, ack, request, lambda: declaration(draft, ctx.incidents.catalog))


def _form(ctx: AppContext, request: SlackRequest, draft: Draft) -> Json:
    def propose(name: str, environment: str, public: bool) -> Proposed:  # noqa: FBT001 - as the form asks
        return ctx.incidents.resolver.proposal(name, environment, public=public)

    overlap = ctx.incidents.timings.overlap
    foreseen, beside = _foreseen(ctx, request, draft), open_beside(ctx, draft.environment)
    return declare.declaration_form(draft, ctx.incidents.catalog, propose, foreseen, overlap, beside)


def open_beside(ctx: AppContext, environment: str) -> str:
    """Which incidents of leaks are open there that Slack may know of, as a sentence; empty where none is."""
    known = [state for _, state in ctx.open_incidents().known]
    return open_words([each for each in known if each.environment == environment and not each.routine], environment)


def _foreseen(ctx: AppContext, request: SlackRequest, draft: Draft) -> Foreseen:
    """What would come of it for this very person; nothing where nothing is chosen yet. Misuse for what is kept from
    Slack: the worker would refuse it with the same words.
    """
    ctx.demand_known()
    if not named(draft, ctx.incidents.catalog):
        return Foreseen()
    return foreseen_of(ctx, request, declaration(draft, ctx.incidents.catalog))


def foreseen_of(ctx: AppContext, request: SlackRequest, made: Declaration) -> Foreseen:
    """The same of a whole declaration."""
    ctx.demand_known()
    foreseen = ctx.incidents.foresee(made, ctx.people.by_slack(request.user).actor)
    ctx.demand_known(*foreseen.joined.values())
    return foreseen


def follows(ctx: AppContext, request: SlackRequest, made: Declaration) -> Sequence[Block]:
    """What is open there already, and what happens when this is declared."""
    beside, foreseen = open_beside(ctx, made.environment), foreseen_of(ctx, request, made)
    return (*maybe(beside), *by_secret(foreseen, ctx.incidents.timings.overlap))


def open_declaration(ctx: AppContext, request: SlackRequest) -> None:
    with ctx.explaining(request, "bot declare"), _once():
        draft = Draft(environment=ctx.incidents.catalog.usual)
        ctx.gateway.open_view(request.trigger, _form(ctx, request, draft))


def redraw(ctx: AppContext, request: SlackRequest, *, unfold: bool = False) -> None:
    """With what follows from the choices so far."""
    with ctx.explaining(request, "bot declare"), _once():
        draft = read(Entered(request.values, ctx.people), request.view_note)
        if unfold:
            draft = replace(draft, unfolded=True, detected_at=ctx.clock().replace(second=0, microsecond=0))
        ctx.gateway.update_view(request.view_id, _form(ctx, request, draft), request.view_hash)


@contextmanager
def _once() -> Iterator[None]:
    try:
        yield
    except SlackRefused as refused:
        if refused.code not in USED_TRIGGER:
            raise


def declare_made(
    ctx: AppContext, ack: Ack, request: SlackRequest, make: Callable[[], Declaration], terminal: str = "bot declare"
) -> None:
    """Declares what a form asks for, and says what came of it in a direct message, since what the incident is called
    must not go with the form; and in the form, where it is still open.
    """
    ack(response_action="update", view=told_form(ActionId.DECLARE, declare.TITLE, DECLARING))
    with ctx.explaining(request, terminal, also=lambda words: show_declared(ctx, request, words)):
        give_declaration(ctx, request, make())


def give_declaration(ctx: AppContext, request: SlackRequest, made: Declaration) -> None:
    """Gives it to a worker, and tells its author, there and in their form, its name and consequences."""
    foreseen = foreseen_of(ctx, request, made)
    reply = ctx.client.declare(made, ctx.asker(request), request.command_id)
    if not reply.repeated:
        words = _declared(reply)
        ctx.tell_surely(
            request, words, lambda: show_declared(ctx, request, f"{words}\nWhat follows: {sum_words(foreseen)}.")
        )


def show_declared(ctx: AppContext, request: SlackRequest, words: str) -> None:
    """In the form that said that it is being declared. It may be closed by now."""
    with suppress(OutsideError):
        ctx.gateway.update_view(request.view_id, told_form(ActionId.DECLARE, declare.TITLE, words))


def _declared(reply: CommandReply) -> str:
    incident = reply.incident
    joined = f"\n{', '.join(map(code, reply.joined))}: an open incident already handles it." if reply.joined else ""
    if reply.joined and not reply.events:
        place = channel(incident.channel) if incident.channel else code(incident.id)
        return f"No new incident: {code(incident.id)} already handles this. Go to {place}."
    invited = f"You will be invited to its channel, {code(f'#{channel_name(incident)}')}."
    place = f"Its channel: {channel(incident.channel)}." if incident.channel else invited
    return f"🚨 {code(incident.id)} is open and work has begun. {place}{joined}"
