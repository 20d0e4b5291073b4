"""What the home tab says of planned rotations: which are due, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block

from bot.incident.model import Actor
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.times import counted
from bot.planned.ages.due import SOON, DueRotation, DueState
from bot.planned.ages.looks import Looked
from bot.planned.ages.words import line
from bot.slack.blocks import header, section
from bot.slack.listeners.app_context import AppContext
from bot.worker.background import waiting
from bot.worker.due_rotations import kept_look

MOST = 5
"""So many of a person's rotations are named."""
OLD = timedelta(hours=1)
"""A look that is older says that no worker has looked for long."""


@dataclass(frozen=True)
class Rotations:
    """What one person sees. `looked` is None before any worker has looked; `mine` are theirs that are due or overdue,
    and `waits` what keeps a worker from its look at schedule and news, each with since when.
    """

    looked: Looked | None
    mine: tuple[DueRotation, ...] = ()
    waits: tuple[tuple[str, datetime], ...] = ()


def rotations_of(ctx: AppContext, actor: Actor) -> Rotations:
    """As the last worker saw it. LogUnavailable without the log."""
    looked = kept_look(ctx.incidents.event_log)
    soon = [each for each in looked.rotations if each.state in {DueState.OVERDUE, DueState.SOON}] if looked else []
    owners = {owner: {one.name for one in ctx.people.owning(owner)} for owner in {each.owner for each in soon}}
    mine = tuple(each for each in soon if actor.name in owners[each.owner])
    return Rotations(looked, mine, tuple(waiting(ctx.incidents.event_log)))


def due_blocks(found: Rotations, now: datetime) -> list[Block]:
    """How many are due, and which of them are this person's."""
    looked = found.looked
    if looked is None:
        return [header("Planned rotations"), section("Not known yet: not checked by a worker.", *_waits(found))]
    count = {state: sum(each.state is state for each in looked.rotations) for state in DueState}
    late, of_all = count[DueState.OVERDUE], counted(len(looked.rotations), "secret")
    soon = f"{count[DueState.SOON]} due within {SOON.days} days"
    lines = [f"{'🔴 ' if late else ''}*{late} overdue*, {soon}, of {of_all}. {code('bot rotation policy')}"]
    if found.mine:
        more = [f"• and {len(found.mine) - MOST} more"] if len(found.mine) > MOST else []
        lines += ["🔁 Yours:", *(f"• {literal(line(each, now))}" for each in found.mine[:MOST]), *more]
    if now - looked.at > OLD:
        lines.append(f"⚠ Last checked by a worker {day_and_time(looked.at)}.")
    if looked.trouble:
        lines.append(f"⚠ Not everything could be checked: {code('bot rotation policy')} shows what.")
    return [header("Planned rotations"), section(*lines, *_waits(found))]


def _waits(found: Rotations) -> list[str]:
    return [f"🛑 Waits since {day_and_time(since)}: {literal(words)}" for words, since in found.waits]
