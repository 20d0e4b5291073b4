"""The home tab: open incidents, and the button to declare one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from slack_bolt import App
from slack_sdk.models.blocks import Block

from bot.errors import BotError
from bot.eventlog import Summary
from bot.incident.state import Incident
from bot.logs import Logger
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, context, header, home, link, row, section
from bot.slack.buttons import in_words, needed_of
from bot.slack.listeners.app_context import AppContext
from bot.trust import NOBODY_PROVES

MOST = 20
FEW = 4
"""So many things to do are named of one incident."""
_log = Logger(__name__)


def register(app: App, ctx: AppContext) -> None:
    @app.event("app_home_opened")
    def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            draw_home(ctx, str(event.get("user", "")))


def draw_home(ctx: AppContext, user: str) -> None:
    trusted = bool(ctx.people.by_slack(user).rights)
    try:
        found = ctx.open_incidents(MOST)
        urls = {summary.incident: state.channel_url for summary, state in found} if trusted else {}
        tasks = {summary.incident: _tasks(ctx, user, state) for summary, state in found} if trusted else {}
        summaries = [summary for summary, _ in found]
        ctx.gateway.publish_home(
            user, home_tab(summaries, urls, tasks, trusted=trusted, word=ctx.word, warning=ctx.unattended())
        )
    except BotError as error:
        _log.warning("home tab not drawn", error=str(error))


def _tasks(ctx: AppContext, user: str, incident: Incident) -> list[str]:
    """What of this incident waits for somebody, and this very person can do."""
    found = needed_of(incident, ctx.people.by_slack(user).actor, ctx.clock())
    lines = list(dict.fromkeys(in_words(incident, offer) for offer in found))
    more = [f"and {len(lines) - FEW} more"] if len(lines) > FEW else []
    return [*lines[:FEW], *more]


def home_tab(
    summaries: list[Summary],
    urls: dict[str, str],
    tasks: Mapping[str, list[str]] = MappingProxyType({}),
    *,
    trusted: bool,
    word: bool = False,
    warning: str = "",
) -> Json:
    """Whoever has no right sees that there are incidents, and nothing about the secrets. `tasks` is what they can do
    about each, as phrases.
    """
    blocks: list[Block] = [
        header("Compromised secrets"),
        *([section(warning)] if warning else []),
        section(
            "Leaked secret, confirmed or suspected? Declare it now: minutes count. The form says what will happen."
        ),
        *row(button("🚨 Declare a compromise", ActionId.DECLARE, ButtonValue(""), style="danger")),
        header(counted(len(summaries), "open incident") if summaries else "No open incident"),
    ]
    for summary in summaries:
        blocks += _incident(summary, urls.get(summary.incident, ""), tasks.get(summary.incident, []), trusted=trusted)
    where = f"At a terminal: {code('bot list')}. In any channel: {code('/compromise help')}."
    return home([*blocks, context(f"{where} {literal(NOBODY_PROVES)}." if word else where)])


def _incident(summary: Summary, url: str, tasks: list[str], *, trusted: bool) -> list[Block]:
    total = len(summary.secrets)
    alive = f"🔴 {summary.alive} of {total} not proven dead" if summary.alive else "✅ all proven dead"
    lines = [f"*{summary.incident}* · {literal(summary.environment)} · {day_and_time(summary.declared_at)}"]
    if trusted:
        lines += [literal(summary.title), f"{alive} · declared by {literal(summary.declared_by)}"]
        lines += [f"🖐 Waits for you: {', '.join(tasks)}"] if tasks else []
    return [section(*lines), *row(link("Open", url) if url else None)]
