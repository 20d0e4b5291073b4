"""What the home tab says of planned rotations: which are due, whose they are, and which consents wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block

from bot.eventlog.programme import ProgrammeDamaged
from bot.incident.model import Actor, Right
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.times import counted, few
from bot.policy.due import SOON, DueRotation, DueState
from bot.policy.looks import Looked, due_as_seen
from bot.policy.words import line
from bot.programme.offers import agreement, offered, withdrawal
from bot.programme.state import Programme, Standing, Waiver
from bot.response.beside import waiting
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, header, row, section
from bot.slack.listeners.app_context import AppContext
from bot.slack.modals.programme import value_of
from bot.workflow.due_rotations import kept_look

MOST = 5
"""So many of a person's rotations, and of the consents that wait, are named."""
OLD = timedelta(hours=1)
"""A look that is older says that no worker has looked for long."""


@dataclass(frozen=True)
class Consent:
    """A standing approval or a waiver: `words` is a phrase, `value` what its button carries; None where it has none,
    since what kills rest on for weeks is not signed in Slack.
    """

    words: str
    value: ButtonValue | None


@dataclass(frozen=True)
class Rotations:
    """What one person sees. `looked` is None before any worker has looked; `mine` are theirs that are due or overdue,
    `consents` what waits for their agreement, `given` what they can withdraw, `damage` what is wrong with the record
    of such, and `waits` what keeps a worker from its look at schedule and news, each with since when.
    """

    looked: Looked | None
    mine: tuple[DueRotation, ...] = ()
    consents: tuple[Consent, ...] = ()
    damage: str = ""
    given: tuple[Consent, ...] = ()
    waits: tuple[tuple[str, datetime], ...] = ()


def rotations_of(ctx: AppContext, actor: Actor, now: datetime) -> Rotations:
    """As the last worker saw it. LogUnavailable without the log."""
    looked = kept_look(ctx.incidents.event_log)
    try:
        programme, damage = ctx.incidents.event_log.programme.current(), ""
    except ProgrammeDamaged as damaged:
        programme, damage = Programme(), f"{damaged}."
    soon = [each for each in looked.rotations if each.state in {DueState.OVERDUE, DueState.SOON}] if looked else []
    owners = {owner: {one.name for one in ctx.people.owning(owner)} for owner in {each.owner for each in soon}}
    mine = tuple(each for each in soon if actor.name in owners[each.owner])
    due = due_as_seen(looked)

    def entitled(name: str, right: Right) -> bool:
        person = ctx.people.named(name)
        return person is not None and person.actor.may(right)

    return Rotations(
        looked,
        mine,
        tuple(map(consent, offered(programme, agreement, actor, now, entitled=entitled, due=due))),
        damage,
        tuple(map(given, offered(programme, withdrawal, actor, now, entitled=entitled, due=due))),
        tuple(waiting(ctx.incidents.event_log)),
    )


def given(each: Standing | Waiver) -> Consent:
    """What can be withdrawn."""
    match each:
        case Standing():
            names = literal(few(each.secrets, 3))
            what = f"Standing approval {each.number}, {literal(each.environment)} until {each.until:%Y-%m-%d}"
            return Consent(f"{what}: {names}, by {literal(' and '.join(each.givers))}", value_of(each))
        case Waiver():
            what = f"{each.environment} {each.secret} until {each.until:%Y-%m-%d}"
            return Consent(f"Waiver {each.number}: {literal(what)}", value_of(each))


def consent(each: Standing | Waiver) -> Consent:
    """What can be agreed to."""
    match each:
        case Standing():
            names = literal(few(each.secrets, 3))
            until = f"{literal(each.environment)} until {each.until:%Y-%m-%d}"
            command = code(f"bot standing agree {each.number} --digest {each.digest}")
            what = f"Standing approval {each.number} of {literal(each.signed.name)}, {until}: {names}."
            return Consent(f"{what} {command}", None)
        case Waiver():
            what = f"{each.environment} {each.secret} until {each.until:%Y-%m-%d}: {each.reason}"
            words = f"Waiver {each.number} of {literal(each.asked.name)}: {literal(what)}."
            return Consent(words, value_of(each))


def waiting_blocks(found: Rotations) -> list[Block]:
    """What waits for this person; nothing if nothing does."""
    if not found.consents:
        return []
    more = len(found.consents) - MOST
    blocks: list[Block] = [section("🖐 *Planned rotations*")]
    for each in found.consents[:MOST]:
        blocks += _with_button(each, "Agree…", ActionId.PROGRAMME_AGREE)
    return (
        [*blocks, section(f"And {more} more: {code('bot standing list')}, {code('bot waive list')}.")]
        if (more > 0)
        else blocks
    )


def given_blocks(found: Rotations) -> list[Block]:
    """What this person can withdraw."""
    blocks: list[Block] = []
    for each in found.given[:MOST]:
        blocks += _with_button(each, "Withdraw…", ActionId.PROGRAMME_WITHDRAW)
    more = len(found.given) - MOST
    if more > 0:
        blocks.append(section(f"And {more} more: {code('bot standing list')}, {code('bot waive list')}."))
    return blocks


def _with_button(each: Consent, label: str, act: ActionId) -> list[Block]:
    press = button(label, act, each.value) if each.value is not None else None
    return [section(each.words), *row(press)]


def due_blocks(found: Rotations, now: datetime) -> list[Block]:
    """How many are due, and which of them are this person's."""
    looked = found.looked
    if looked is None:
        return [
            header("Planned rotations"), section("Not known yet: no worker has looked.", *_waits(found)),
            *given_blocks(found)
        ]  # fmt: skip
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
    lines += _waits(found)
    return [header("Planned rotations"), section(*lines), *given_blocks(found)]


def _waits(found: Rotations) -> list[str]:
    return [f"🛑 Waits since {day_and_time(since)}: {literal(words)}" for words, since in found.waits]
