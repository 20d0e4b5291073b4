"""Declaring: the form from wherever it was asked for, its redrawing, and its submission."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import Misuse
from bot.incident.overlap.strategy import Proposed
from bot.phrases.marks import channel, code
from bot.response import CommandReply
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, section
from bot.slack.errors import SlackRefused
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals import declare
from bot.slack.modals.entered import Entered
from bot.slack.modals.inputs import MANY, groups
from bot.slack.shortcuts import FROM_MESSAGE

CHANGES = ("environment", "secrets", "everything", "public")
DECLARING = "Declaring. The bot sends you a message, and invites you to the incident's channel."
USED_TRIGGER = frozenset({"exchanged_trigger_id", "hash_conflict"})
"""A redelivered request, or one overtaken by the next change: the form is there already."""


def register(app: App, ctx: AppContext) -> None:
    @app.action(ActionId.DECLARE)
    def from_home(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_declaration(ctx, SlackRequest.interaction(body))

    @app.shortcut(FROM_MESSAGE.id)
    def from_message(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_declaration(ctx, SlackRequest.interaction(body), f"Seen in Slack: {_link_to(body)}")

    @app.options("secrets")
    def offer(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        environment = Entered(request.values, ctx.people).choice("environment") or request.view_note
        try:
            options = declare.offered(ctx.incidents.catalog, environment, str(body.get("value", "")))
        except Misuse:
            options = []
        if len(options) > MANY:
            ack(option_groups=[group.to_dict() for group in groups(options)])
        else:
            ack(options=[each.to_dict() for each in options])

    for name in CHANGES:

        @app.action(name)
        def changed(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            redraw(ctx, SlackRequest.interaction(body))

    @app.view(ActionId.DECLARE)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        try:
            draft = declare.read(entered, request.view_note)
            mistakes = declare.mistakes(draft, entered, ctx.incidents.catalog, ctx.clock())
        except Misuse as misuse:
            mistakes = {"environment": str(misuse)}
        if mistakes:
            ack(response_action="errors", errors=mistakes)
            return
        ack(response_action="update", view=_said(DECLARING))
        declare_incident(ctx, request, draft)


def _link_to(body: dict[str, Any]) -> str:
    """The message's address, put together, not asked for: the bot need not be in that channel. Never its text."""
    team, channel = body.get("team") or {}, body.get("channel") or {}
    ts = str(body.get("message_ts", "")).replace(".", "")
    return f"https://{team.get('domain', 'app')}.slack.com/archives/{channel.get('id', '')}/p{ts}"


def _propose(ctx: AppContext) -> declare.Propose:
    def propose(name: str, environment: str, public: bool) -> Proposed:  # noqa: FBT001 - as the form asks
        return ctx.incidents.proposal(name, environment, public=public)

    return propose


def open_declaration(ctx: AppContext, request: SlackRequest, notice: str = "") -> None:
    with ctx.explaining(request, "bot declare"):
        draft = declare.fresh(ctx.incidents.catalog, ctx.clock(), notice)
        view = declare.declaration_form(draft, ctx.incidents.catalog, _propose(ctx))
        try:
            ctx.gateway.open_view(request.trigger, view)
        except SlackRefused as refused:
            if refused.code not in USED_TRIGGER:
                raise


def redraw(ctx: AppContext, request: SlackRequest) -> None:
    """With a proposal for each secret chosen so far."""
    with ctx.explaining(request, "bot declare"):
        draft = declare.read(Entered(request.values, ctx.people), request.view_note)
        view = declare.declaration_form(draft, ctx.incidents.catalog, _propose(ctx))
        try:
            ctx.gateway.update_view(request.view_id, view, request.view_hash)
        except SlackRefused as refused:
            if refused.code not in USED_TRIGGER:
                raise


def declare_incident(ctx: AppContext, request: SlackRequest, draft: declare.Draft) -> None:
    """Declares, and says so in a direct message: drawing the form again would race with the acknowledgement, and what
    the incident is called must not go with the form.
    """
    with ctx.explaining(request, "bot declare"):
        declaration = declare.declaration(draft, ctx.incidents.catalog)
        reply = ctx.client.declare(declaration, ctx.asker(request), request.command_id)
        if not reply.repeated:
            ctx.tell_surely(request, _declared(reply))


def _declared(reply: CommandReply) -> str:
    incident = reply.incident
    joined = f"\n{', '.join(map(code, reply.joined))}: an open incident deals with it already." if reply.joined else ""
    if reply.joined and not reply.events:
        place = channel(incident.channel) if incident.channel else code(incident.id)
        return f"No new incident: {code(incident.id)} deals with this already. Go to {place}."
    return (
        f"🚨 {code(incident.id)} is open, and work has begun. You will be invited to its channel in a moment.{joined}"
    )


def _said(words: str) -> Json:
    return form(ActionId.DECLARE, "Declare a compromise", [section(words)], close="Close")
