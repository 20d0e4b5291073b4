"""The home tab: what waits for this person, open incidents, how ready the installation is, and how to declare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt import App
from slack_sdk.models.blocks import Block, ButtonElement

from bot.errors import BotError
from bot.eventlog import Summary
from bot.eventlog.lists import CLOSED
from bot.incident.access.readers import contained
from bot.incident.closing.open_items import open_items
from bot.incident.due import DueKind, dues, outlasting, owed_words
from bot.incident.model import Actor
from bot.incident.obligations.rules import open_notices
from bot.incident.offers import available, may, unblocked
from bot.incident.reminders import owner_of
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.playbooks import RunKind
from bot.people import People
from bot.phrases.alive import not_dead_words
from bot.phrases.closing import open_words
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.not_proven import not_proven_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, context, header, home, link, maybe, row, section
from bot.slack.buttons import in_words, needed_of, offer_button
from bot.slack.incident_card.header import sign
from bot.slack.listeners.alerts import alerts_waiting
from bot.slack.listeners.app_context import AppContext, OpenIncidents
from bot.slack.listeners.home_rotations import Rotations, due_blocks, rotations_of
from bot.slack.reminder_messages import deciding, offers_for, owing, persons
from bot.trust import NOBODY_PROVES

MOST = 20
"""The most incidents shown, ones with work for the viewer first."""
LOOKED = 100
"""So many open incidents are searched for what waits for someone: a tab is drawn while they wait."""
LOOKED_CLOSED = 10
"""So many closed ones in which people owe something are searched, the newest."""
FEW = 4
"""So many things to do are named of one incident."""
_log = Logger(__name__)


@dataclass(frozen=True)
class Shown:
    """An incident for one person: `tasks` is their work, as phrases, and `buttons` settle some of it. `to_close` is the
    open part of the close, for its commander. `left`, of a closed one, is its open duties of anyone. `keys` describes
    its old keys, if their state is known.
    """

    summary: Summary
    url: str = ""
    tasks: tuple[str, ...] = ()
    buttons: tuple[ButtonElement, ...] = ()
    left: str = ""
    to_close: str = ""
    keys: str = ""

    @property
    def waits(self) -> bool:
        return bool(self.tasks or self.to_close)


def register(app: App, ctx: AppContext) -> None:
    @app.event("app_home_opened")
    def opened(event: dict[str, Any]) -> None:
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
    found = ctx.open_incidents()
    shown = [
        _drawn(summary, partial(_open, summary, state, actor, now, searched=number < LOOKED))
        if actor.rights
        else Shown(summary)
        for number, (summary, state) in enumerate(found.known)
    ]
    unsearched = max(len(shown) - LOOKED, 0) + found.unread
    after = ctx.owing(LOOKED_CLOSED) if actor.rights else OpenIncidents()
    closed = [
        _drawn(summary, partial(_closed, summary, state, ctx.people, user, now)) for summary, state in after.known
    ]
    return home_tab(
        shown, trusted=bool(actor.rights), word=ctx.word, warning=ctx.unattended(), now=now,
        rotations=rotations_of(ctx, actor) if actor.rights and ctx.trusted else None, unsearched=unsearched,
        unread=found.unread, closed=closed, unsearched_closed=after.unread,
        alerts=alerts_waiting(ctx) if actor.rights and ctx.trusted else "",
    )  # fmt: skip


def _drawn(summary: Summary, draw: Callable[[], Shown]) -> Shown:
    """An incident as it is, or, where that cannot be drawn, by what the list knows of it: the others are drawn."""
    try:
        return draw()
    except Exception as error:  # noqa: BLE001 - as said
        _log.error("shown in its plainest form", incident=summary.incident, error=type(error).__name__)
        return Shown(summary)


def _open(summary: Summary, incident: Incident, actor: Actor, now: datetime, *, searched: bool) -> Shown:
    if not searched:
        return Shown(summary, incident.channel_url, keys=_keys(incident))
    tasks, to_close = _tasks(incident, actor, now), _to_close(incident, actor)
    return Shown(summary, incident.channel_url, tasks, to_close=to_close, keys=_keys(incident))


def _keys(incident: Incident) -> str:
    """With the card's sign: keys that are dead are not the end of it."""
    living = any(not secret.gone for secret in incident.secrets.values())
    rest = "" if living or contained(incident) else ", access is not contained yet"
    return f"{sign(incident)} {not_dead_words(incident)}{rest}"


def _tasks(incident: Incident, actor: Actor, now: datetime) -> tuple[str, ...]:
    """What of this incident waits for someone and this very person can do, and what they have taken on."""
    needed = [in_words(incident, offer) for offer in needed_of(incident, actor, now)]
    return _few(list(dict.fromkeys([*needed, *_own_tasks(incident, actor, now)])))


def _to_close(incident: Incident, actor: Actor) -> str:
    """What the card has before the close, for who commands; empty for everyone else."""
    if incident.routine or not incident.open or incident.commander != actor.name:
        return ""
    items = open_items(incident)
    return f"to close: {' · '.join(open_words(items))}" if items else "nothing is open: close it"


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    more = [f"and {len(lines) - FEW} more"] if len(lines) > FEW else []
    return (*lines[:FEW], *more)


def _closed(summary: Summary, incident: Incident, people: People, user: str, now: datetime) -> Shown:
    """A closed one: what this person owes in it, with the buttons that settle that, and what it leaves to anyone."""
    owed = _after_close(incident, people, user)
    lines = [f"{literal(each.words)}{_due(each.at, now)}" for each in owed]
    offers = available(incident, now) if owed else []
    actor = people.by_slack(user).actor
    does = [one for each in owed for one in unblocked(offers_for(offers, each.kind, each.subject))]
    buttons = {press.action_id: press for press in (offer_button(incident, one) for one in does if may(actor, one))}
    return Shown(summary, incident.channel_url, _few(lines), tuple(buttons.values()), _left(incident, now))


def _left(incident: Incident, now: datetime) -> str:
    """``3 things left to people, first: rotate the key (due …), ada``; empty where nothing is left."""
    count = outlasting(incident)
    if not count:
        return ""
    dated = dues(incident)[:1]
    first = "".join(f", first: {literal(each.words)}{_due(each.at, now)}" for each in dated)
    whose = "".join(f", {literal(owner)}" for each in dated if (owner := owner_of(incident, each)))
    return f"{counted(count, 'to-do')} left{first}{whose}"


@dataclass(frozen=True)
class _Owed:
    kind: DueKind
    subject: str
    words: str
    at: datetime | None


def _after_close(incident: Incident, people: People, user: str) -> list[_Owed]:
    """What this person still owes in a closed incident, the first due first, what has no time last."""
    mine = [each for each in dues(incident) if any(person.slack == user for person in owing(incident, people, each))]
    named = {each.subject for each in mine if each.kind is DueKind.TASK}
    untimed = [
        _Owed(DueKind.NOTICE if clock.owed else DueKind.DECISION, clock.obligation.id, owed_words(clock), None)
        for clock in open_notices(incident)
        if clock.next_due is None
        and any(person.slack == user for person in deciding(incident, people, clock.obligation.decides))
    ]
    tasks = [
        _Owed(DueKind.TASK, task.id, task.title, task.due)
        for task in incident.tasks.values()
        if task.open and task.id not in named and any(person.slack == user for person in persons(people, task.owner))
    ]
    timed = [_Owed(each.kind, each.subject, each.words, each.at) for each in mine]
    return sorted([*timed, *untimed, *tasks], key=lambda each: (each.at is None, each.at or incident.declared.at))


def _own_tasks(incident: Incident, actor: Actor, now: datetime) -> list[str]:
    own = [task for task in incident.tasks.values() if task.open and task.owner == actor.name]
    own.sort(key=lambda task: (task.due is None, task.due or now))
    return [f"{literal(task.title)}{_due(task.due, now)}" for task in own]


def _due(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    return f" (*overdue* since {day_and_time(due)})" if due < now else f" (due {day_and_time(due)})"


def home_tab(
    found: Sequence[Shown], *, trusted: bool, word: bool = False, warning: str = "",
    now: datetime | None = None, rotations: Rotations | None = None, unsearched: int = 0, unread: int = 0,
    closed: Sequence[Shown] = (), unsearched_closed: int = 0, alerts: str = "",
) -> Json:  # fmt: skip
    """The first `MOST` of all open ones (`found`); a person without rights sees that there are incidents, and nothing
    about the secrets. `unsearched` ones may hold further work; `unread` logs cannot be read. `closed` are ones with
    open duties of anyone, and `unsearched_closed` of these were not read. `alerts` is the number of cases that wait for
    a decision.
    """
    shown, owed = _first(found), [each for each in closed if each.tasks]
    to_close = [each for each in shown if each.to_close and not each.tasks]
    listed = [*(each for each in shown if each.tasks), *owed, *to_close][:MOST]
    waiting = [block for each in listed for block in _waiting(each)]
    waiting += _more(sum(each.waits for each in found) + len(owed) - len(listed), "with something for you")
    incidents = [each for each in shown if each.summary.kind == RunKind.COMPROMISE]
    count = sum(each.summary.kind == RunKind.COMPROMISE for each in found)
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
        header(counted(count, "open incident") if count else _none(unread if trusted else 0)),
        *maybe(alerts if trusted else ""),
        *_leaving(closed if trusted else ()),
    ]
    for each in incidents:
        blocks += _incident(each, trusted=trusted, linked=each in listed)
    blocks += _more(count - len(incidents))
    blocks += _runs(found, shown) if trusted else []
    if trusted and now is not None and rotations is not None:
        blocks += due_blocks(rotations, now)
    where = f"At a terminal: {code('bot list')}. In any channel: {code('/compromise help')}."
    return home([*blocks, context(f"{where} {literal(NOBODY_PROVES)}." if word else where)])


def _none(unread: int) -> str:
    return f"No readable open incident, {unread} unreadable" if unread else "No open incident"


def _first(found: Sequence[Shown]) -> list[Shown]:
    """The shown ones, in their order: none with work for the viewer is left out for another."""
    chosen = {each.summary.incident for each in sorted(found, key=_rank)[:MOST]}
    return [each for each in found if each.summary.incident in chosen]


def _rank(shown: Shown) -> int:
    """What comes first: tasks, then what is to be closed, then all the others."""
    return 0 if shown.tasks else 1 if shown.to_close else 2


def _more(count: int, which: str = "") -> list[Block]:
    return [section(f"And {count} more{f' {which}' if which else ''}: {code('bot list')}.")] if count > 0 else []


def _leaving(closed: Sequence[Shown]) -> list[Block]:
    """Closed ones that leave anything to people, a line each."""
    lines = [f"🔒 *{each.summary.incident}* · closed: {each.left}" for each in closed if each.left]
    return maybe(*lines)


def _waiting(shown: Shown) -> list[Block]:
    closed = " · closed" if shown.summary.state == CLOSED else ""
    lines = [
        f"🖐 *{shown.summary.incident}* · {literal(shown.summary.environment)}{closed}",
        *(f"• {task}" for task in (*shown.tasks, *([shown.to_close] if shown.to_close else []))),
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


def _runs(found: Sequence[Shown], shown: Sequence[Shown]) -> list[Block]:
    """Planned runs that are under way, a line each: nothing leaked, and they end by themselves."""
    runs = [each for each in shown if each.summary.kind != RunKind.COMPROMISE]
    count = sum(each.summary.kind != RunKind.COMPROMISE for each in found)
    if not count:
        return []
    lines = [
        f"🔄 *{each.summary.incident}* · {literal(each.summary.environment)} · {literal(each.summary.title)}"
        for each in runs
    ]
    heading = header(f"{counted(count, 'planned run')} under way")
    return [heading, *maybe(*lines), *_more(count - len(runs))]
