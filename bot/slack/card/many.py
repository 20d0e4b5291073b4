"""An incident of many secrets: grouped by who has to act, a line each, and every detail a page away.

A leaked `.env` is one message like any other. What needs a person comes first and has its button; what the machine is
at and what is over needs reading only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.model import New, Old, Strategy
from bot.incident.operations import new_lane, old_lane
from bot.incident.state import Incident, SecretState
from bot.slack.blocks import TEXT, button, row, section
from bot.slack.card.lanes import lane_lines
from bot.slack.card.secrets import by_hand_needed, failed_lane, happening, secret_buttons
from bot.slack.press import Act, Press
from bot.slack.text import code, escape, shorten
from bot.slack.words import NEW_SIGNS, OLD_SIGNS, new_words, old_words

TITLE = 60
LINE = 400
"""Characters that one secret may take where it has a line only."""


def many(incident: Incident, now: datetime, room: int) -> list[Block]:
    """At most `room` blocks: people's work one block each, the rest in paragraphs."""
    every = sorted(incident.secrets.values(), key=_urgency)
    for_people = [secret for secret in every if _needs_somebody(incident, secret)]
    over = [secret for secret in every if secret not in for_people and secret.gone and secret.restored]
    at_work = [secret for secret in every if secret not in for_people and secret not in over]
    rest = [
        *_paragraphs(f"⚙️ *The bot is at work on {len(at_work)}*", [_at_work(incident, secret) for secret in at_work]),
        *_paragraphs(f"✅ *Dead and replaced: {len(over)}*", [_line(secret) for secret in over]),
        *row(button("Every secret…", Act.DETAILS, Press(incident.id))),
    ]
    return [*_for_people(incident, for_people, now, room - len(rest)), *rest]


def _urgency(secret: SecretState) -> tuple[bool, bool]:
    """What is killed first comes first; what is over, last."""
    return secret.gone, secret.strategy is Strategy.OVERLAP


def _needs_somebody(incident: Incident, secret: SecretState) -> bool:
    """Whether this secret stands still until a person acts, as far as its own buttons go."""
    if not incident.open:
        return False
    chosen = len(secret.old.candidates) > 1 and not secret.old.key_id and not secret.gone
    rejected = bool(secret.new.rejected) and not secret.new.staged
    to_make = secret.made_by_person and secret.new_state is New.NONE and not secret.new.inbox
    unclear = secret.old_state is Old.UNPROVEN or (secret.old.overdue and not secret.gone)
    return any((chosen, rejected, to_make, unclear, by_hand_needed(incident, secret), failed_lane(incident, secret)))


def _for_people(incident: Incident, secrets: list[SecretState], now: datetime, room: int) -> Iterator[Block]:
    if not secrets:
        return
    yield section(f"🖐 *{len(secrets)} wait for somebody*")
    shown = secrets if len(secrets) < room else secrets[: room - 2]
    for secret in shown:
        urgent = secret_buttons(incident, secret)[0]
        yield section(_line(secret), *happening(incident, secret, now), *_hands(incident, secret), accessory=urgent)
    if left := secrets[len(shown) :]:
        names = ", ".join(code(secret.name) for secret in left)
        yield section(f"… and {len(left)} more, behind *Every secret…*: {names}")


def _hands(incident: Incident, secret: SecretState) -> Iterator[str]:
    if by_hand_needed(incident, secret):
        yield f"🖐 Revoke it in {escape(secret.entry.provider)}'s console, then press *I revoked it*"
    if secret.made_by_person and secret.new_state is New.NONE and not secret.new.inbox:
        yield f"🖐 Make a new one in {escape(secret.entry.provider)}'s console, then run"
        yield code(f"bot submit {incident.id} {secret.name}")


def _line(secret: SecretState) -> str:
    old, new = OLD_SIGNS[secret.old_state], NEW_SIGNS[secret.new_state]
    name = f"*{escape(shorten(secret.entry.title, TITLE))}* {code(secret.name)}"
    return f"{old} {name}: old {old_words(secret)}; new {new} {new_words(secret)}"


def _at_work(incident: Incident, secret: SecretState) -> str:
    lanes = (old_lane(secret.name), new_lane(secret.name))
    return " · ".join([_line(secret), *(line for lane in lanes for line in lane_lines(incident, lane))])


def _paragraphs(head: str, lines: list[str]) -> Iterator[Block]:
    """As few blocks as Slack's limit on a text allows; nothing where there is no line."""
    if not lines:
        return
    yield from (section(*chunk) for chunk in _packed([head, *lines], lambda line: min(len(line), LINE) + 1))


def _packed(lines: Iterable[str], length: Callable[[str], int]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for line in lines:
        if chunk and size + length(line) > TEXT:
            yield chunk
            chunk, size = [], 0
        chunk.append(line if len(line) <= LINE else f"{line[: LINE - 1]}…")
        size += length(line)
    yield chunk
