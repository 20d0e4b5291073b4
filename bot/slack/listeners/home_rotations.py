"""What the home tab says of planned rotations: which are due, whose they are, and which consents wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block

from bot.eventlog.programme import ProgrammeDamaged
from bot.incident.model import Actor, Right
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.times import counted, few
from bot.policy.due import SOON, DueRotation, DueState
from bot.policy.looks import Looked
from bot.policy.words import line
from bot.programme.state import Programme, Standing, Waiver
from bot.slack.blocks import header, section
from bot.slack.listeners.app_context import AppContext
from bot.workflow.due_rotations import kept_look, owner_of

MOST = 5
"""So many of a person's rotations, and of the consents that wait, are named."""
OLD = timedelta(hours=1)
"""A look that is older says that no worker has looked for long."""


@dataclass(frozen=True)
class Rotations:
    """What one person sees. `looked` is None before any worker has looked; `mine` are theirs that are due or overdue,
    `consents` phrases of what waits for their agreement, `damage` what is wrong with the record of such.
    """

    looked: Looked | None
    mine: tuple[DueRotation, ...] = ()
    consents: tuple[str, ...] = ()
    damage: str = ""


def rotations_of(ctx: AppContext, actor: Actor, now: datetime) -> Rotations:
    """As the last worker saw it. LogUnavailable without the log."""
    looked = kept_look(ctx.incidents.event_log)
    try:
        programme, damage = ctx.incidents.event_log.programme.current(), ""
    except ProgrammeDamaged as damaged:
        programme, damage = Programme(), f"{damaged}."
    due = [each for each in looked.rotations if each.state in {DueState.OVERDUE, DueState.SOON}] if looked else []
    owners = {owner: owner_of(ctx.people, owner) for owner in {each.owner for each in due}}
    mine = tuple(each for each in due if (person := owners[each.owner]) is not None and person.name == actor.name)
    return Rotations(looked, mine, tuple(consents(programme, actor, now)), damage)


def consents(programme: Programme, actor: Actor, now: datetime) -> Iterator[str]:
    """What waits for a second person and this one can agree to: at a terminal, since it lasts for weeks."""
    if not actor.may(Right.APPROVE):
        return
    for each in programme.waiting(now):
        match each:
            case Standing() if each.signed.name != actor.name:
                names = literal(few(each.secrets, 3))
                command = code(f"bot standing agree {each.number} --digest {each.digest}")
                until = f"{literal(each.environment)} until {each.until:%Y-%m-%d}"
                yield f"Standing approval {each.number} of {literal(each.signed.name)}, {until}: {names}. {command}"
            case Waiver() if each.asked.name != actor.name:
                command = code(f"bot waive agree {each.number}")
                what = f"{each.environment} {each.secret} until {each.until:%Y-%m-%d}: {each.reason}"
                yield f"Waiver {each.number} of {literal(each.asked.name)}: {literal(what)}. {command}"
            case _:
                pass


def waiting_blocks(found: Rotations) -> list[Block]:
    """What waits for this person; nothing if nothing does."""
    if not found.consents:
        return []
    more = [f"• and {len(found.consents) - MOST} more"] if len(found.consents) > MOST else []
    return [section("🖐 *Planned rotations*", *(f"• {each}" for each in found.consents[:MOST]), *more)]


def due_blocks(found: Rotations, now: datetime) -> list[Block]:
    """How many are due, and which of them are this person's."""
    looked = found.looked
    if looked is None:
        return [header("Planned rotations"), section("Not known yet: no worker has looked.")]
    count = {state: sum(each.state is state for each in looked.rotations) for state in DueState}
    late, of_all = count[DueState.OVERDUE], counted(len(looked.rotations), "secret")
    soon = f"{count[DueState.SOON]} due within {SOON.days} days, {count[DueState.WAIVED]} waived"
    lines = [f"{'🔴 ' if late else ''}*{late} overdue*, {soon}, of {of_all}. {code('bot policy')}"]
    if found.mine:
        more = [f"• and {len(found.mine) - MOST} more"] if len(found.mine) > MOST else []
        lines += ["🔁 Yours:", *(f"• {literal(line(each, now))}" for each in found.mine[:MOST]), *more]
    if now - looked.at > OLD:
        lines.append(f"⚠ No worker has looked since {day_and_time(looked.at)}.")
    if looked.trouble:
        lines.append(f"⚠ Not everything could be asked: {code('bot policy')} says what.")
    if found.damage:
        lines.append(f"🛑 {literal(found.damage)}")
    return [header("Planned rotations"), section(*lines)]
