"""The home tab: what waits for this person, open incidents, how ready the installation is, and how to declare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block, ButtonElement

from bot.errors import BotError
from bot.eventlog import Summary
from bot.eventlog.lists import CLOSED
from bot.incident.access.readers import contained
from bot.incident.kinds import Rank
from bot.incident.model import Actor
from bot.incident.offers import may
from bot.incident.state import Incident
from bot.incident.todos import Todo, todos, yours
from bot.logs import Logger
from bot.model.playbooks import RunKind
from bot.people import People
from bot.phrases.alive import not_dead_words
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.times import counted, not_proven_words
from bot.phrases.todos import Row, row_words, rows_of
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, header, home, link, maybe, row, section
from bot.slack.buttons import distinct
from bot.slack.incident_card.header import sign
from bot.slack.listeners.alerts import alerts_waiting
from bot.slack.listeners.app_context import AppContext, OpenIncidents
from bot.trust import NOBODY_PROVES

MOST = 20
"""The most open incidents that are searched for what waits for someone, and shown: a tab is drawn while they wait."""
MOST_CLOSED = 10
"""So many closed ones in which people owe something are searched, the newest."""
FEW = 4
"""So many things to do are named of one incident."""
_log = Logger(__name__)


@dataclass(frozen=True)
class Shown:
    """An incident for one person: `tasks` is their to-dos, a line each, and `buttons` settle some of a closed one.
    `keys` describes its old keys, if their state is known.
    """

    summary: Summary
    url: str = ""
    tasks: tuple[str, ...] = ()
    rank: Rank = Rank.REST
    """Of the first of them: the most urgent incident comes first."""
    buttons: tuple[ButtonElement, ...] = ()
    keys: str = ""


def register(app: App, ctx: AppContext) -> None:
    @app.event("app_home_opened")
    def opened(ack: Ack, event: dict[str, Any]) -> None:
        ack()  # Bolt has acknowledged the event already: this is where the listener waits for its turn
        if event.get("tab") == "home":
            draw_home(ctx, str(event.get("user", "")))


def draw_home(ctx: AppContext, user: str) -> None:
    try:
        ctx.gateway.publish_home(user, home_of(ctx, user))
    except BotError as error:
        _log.warning("home tab not drawn", error=str(error))


def home_of(ctx: AppContext, user: str) -> Json:
    """The home tab of this person: it reads summaries and open incidents, however many are closed."""
    actor, now = ctx.people.by_slack(user).actor, ctx.clock()
    found, after = ctx.open_incidents(), ctx.owing(MOST_CLOSED) if actor.rights else OpenIncidents()
    draw = partial(_drawn, ctx.people.at_once(), actor, now)
    shown = [
        draw(summary, state) if actor.rights and number < MOST else Shown(summary)
        for number, (summary, state) in enumerate(found.known)
    ]
    return home_tab(
        shown, trusted=bool(actor.rights), word=ctx.word, warning=ctx.unattended(),
        unsearched=max(len(shown) - MOST, 0) + found.unread, unread=found.unread,
        closed=[draw(summary, state) for summary, state in after.known], unsearched_closed=after.unread,
        alerts=alerts_waiting(ctx) if actor.rights and ctx.trusted else "",
    )  # fmt: skip


def _drawn(people: People, actor: Actor, now: datetime, summary: Summary, incident: Incident) -> Shown:
    """An incident with this person's to-dos; where that cannot be drawn, what the list knows of it: the others are
    drawn.
    """
    try:
        rows = rows_of(_todos_of(people, actor, incident, now))
        lines = [f"{literal(row_words(incident, row))}{_due(row, now)}" for row in rows[:FEW]]
        lines += [f"and {len(rows) - FEW} more"] if len(rows) > FEW else []
        choices = () if incident.open else (choice for row in rows for one in row.todos for choice in one.choices)
        buttons = distinct(incident, (choice for choice in choices if may(actor, choice)))
        rank = rows[0].first.rank if rows else Rank.REST
        return Shown(summary, incident.channel_url, tuple(lines), rank, tuple(buttons), _keys(incident))
    except Exception as error:  # noqa: BLE001 - as said
        _log.error("shown in its plainest form", incident=summary.incident, error=type(error).__name__)
        return Shown(summary)


def _todos_of(people: People, actor: Actor, incident: Incident, now: datetime) -> list[Todo]:
    """What waits for the person, the most urgent first; of equally urgent to-dos their own come first."""
    found: list[tuple[Rank, bool, Todo]] = []
    for one in todos(incident, now):
        owners = {person.name for person in people.owning(one.owner)}
        if one.choices and yours(one, actor, owners):
            found.append((one.rank, actor.name not in owners, one))
    return [one for *_, one in sorted(found, key=itemgetter(0, 1))]


def _keys(incident: Incident) -> str:
    """With the card's sign: keys that are dead are not the end of it."""
    living = any(not secret.gone for secret in incident.secrets.values())
    rest = "" if living or contained(incident) else ", access is not contained yet"
    return f"{sign(incident)} {not_dead_words(incident)}{rest}"


def _due(row: Row, now: datetime) -> str:
    due = min((one.due for one in row.todos if one.due is not None), default=None)
    if due is None:
        return ""
    return f" (*overdue* since {day_and_time(due)})" if due < now else f" (due {day_and_time(due)})"


def home_tab(
    found: Sequence[Shown], *, trusted: bool, word: bool = False, warning: str = "",
    unsearched: int = 0, unread: int = 0,
    closed: Sequence[Shown] = (), unsearched_closed: int = 0, alerts: str = "",
) -> Json:  # fmt: skip
    """The first `MOST` of all open ones (`found`); a person without rights sees that there are incidents, and nothing
    about the secrets. `unsearched` ones may hold further work; `unread` logs cannot be read. `closed` are ones with
    open duties of anyone, and `unsearched_closed` of these were not read. `alerts` is the number of cases that wait for
    a decision.
    """
    shown = found[:MOST]
    listed = sorted((each for each in (*shown, *closed) if each.tasks), key=lambda each: each.rank)
    waiting = [block for each in listed[:MOST] for block in _waiting(each)]
    waiting += _more(len(listed) - MOST, "with something for you")
    leaks = [each for each in found if each.summary.kind == RunKind.COMPROMISE]
    runs = [each for each in found if each not in leaks]
    incidents = [each for each in leaks if each in shown]
    nothing = trusted and shown and not waiting
    blind = "Not searched for your to-dos:"
    blocks: list[Block] = [
        *maybe(warning),
        *([header("Waits for you"), *waiting] if waiting else []),
        *maybe("✅ Nothing for you in open incidents." if nothing and not unsearched else ""),
        *maybe(f"{blind} {unsearched} of the open ones." if trusted and unsearched else ""),
        *maybe(f"{blind} {unsearched_closed} of the closed ones." if trusted and unsearched_closed else ""),
        section(
            "Leaked secret, confirmed or suspected? Declare it now: minutes count. The form shows what will happen."
        ),
        *row(button("🚨 Declare a compromise", ActionId.DECLARE, ButtonValue(""), style="danger")),
        header(counted(len(leaks), "open incident") if leaks else _none(unread if trusted else 0)),
        *maybe(alerts if trusted else ""),
    ]
    for each in incidents:
        blocks += _incident(each, trusted=trusted, linked=each in listed)
    blocks += _more(len(leaks) - len(incidents))
    blocks += _runs(runs, [each for each in runs if each in shown]) if trusted else []
    where = f"At a terminal: {code('bot list')}. In any channel: {code('/compromise help')}."
    return home([*blocks, section(f"{where} {literal(NOBODY_PROVES)}." if word else where)])


def _none(unread: int) -> str:
    return f"No readable open incident, {unread} unreadable" if unread else "No open incident"


def _more(count: int, which: str = "") -> list[Block]:
    return [section(f"And {count} more{f' {which}' if which else ''}: {code('bot list')}.")] if count > 0 else []


def _waiting(shown: Shown) -> list[Block]:
    closed = " · closed" if shown.summary.state == CLOSED else ""
    lines = [
        f"🖐 *{shown.summary.incident}* · {literal(shown.summary.environment)}{closed}",
        *(f"• {task}" for task in shown.tasks),
    ]
    return [section(*lines), *row(*shown.buttons[:FEW], link("Open", shown.url) if shown.url else None)]


def _incident(shown: Shown, *, trusted: bool, linked: bool) -> list[Block]:
    """`linked`: a link to it is already above."""
    summary = shown.summary
    lines = [f"*{summary.incident}* · {literal(summary.environment)} · {day_and_time(summary.declared_at)}"]
    if trusted:
        keys = shown.keys or not_proven_words(summary.alive, len(summary.secrets))
        lines += [literal(summary.title), f"{keys} · declared by {literal(summary.declared_by)}"]
    return [section(*lines), *row(link("Open", shown.url) if shown.url and not linked else None)]


def _runs(runs: Sequence[Shown], shown: Sequence[Shown]) -> list[Block]:
    """Planned runs that are under way, a line each: nothing leaked, and they end by themselves."""
    if not runs:
        return []
    lines = [
        f"🔄 *{each.summary.incident}* · {literal(each.summary.environment)} · {literal(each.summary.title)}"
        for each in shown
    ]
    heading = header(f"{counted(len(runs), 'planned run')} under way")
    return [heading, *maybe(*lines), *_more(len(runs) - len(shown))]
