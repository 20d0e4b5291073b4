"""An incident of many secrets: grouped by who has to act, a line each, and every detail a page away.

A leaked `.env` is one message like any other. What needs a person comes first and has its button; what the machine is
at and what is over needs reading only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.approval.offers import waits_for_answer
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import Strategy
from bot.incident.offers import Offer
from bot.incident.state import Incident, SecretState
from bot.phrases.marks import code, literal, plain, shorten
from bot.phrases.states import new_words, old_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import TEXT, button, row, section
from bot.slack.buttons import needed, offered, revokes_again
from bot.slack.incident_card.lanes import lane_lines
from bot.slack.incident_card.secrets import happening, secret_buttons, undecided_words
from bot.slack.signs import NEW_SIGNS, OLD_SIGNS

TITLE = 60
LINE = 400
"""Characters that one secret may take where it has a line only."""


def many(incident: Incident, offers: Sequence[Offer], now: datetime, room: int) -> list[Block]:
    """At most `room` blocks: people's work a paragraph and a button each, the rest in paragraphs."""
    groups = grouped(incident, offers, now)
    asked = [_line(secret) for secret in groups.asked]
    at_work = [_at_work(incident, secret) for secret in groups.at_work]
    rest = [
        *_paragraphs(f"✋ *Waiting for a second person: {len(asked)}*", asked),
        *_paragraphs(f"⚙️ *The bot is at work on {len(at_work)}*", at_work),
        *_paragraphs(f"✅ *Dead and replaced: {len(groups.over)}*", [_line(secret) for secret in groups.over]),
        *row(button("Every secret…", ActionId.DETAILS, ButtonValue(incident.id))),
    ]
    return [*_for_people(incident, groups.for_people, offers, now, room - len(rest)), *rest]


@dataclass(frozen=True)
class Groups:
    """The secrets by who has to act: `for_people` stand still until somebody does something about this very secret,
    `asked` wait for a second person's word, `at_work` get on by themselves.
    """

    for_people: list[SecretState]
    asked: list[SecretState]
    at_work: list[SecretState]
    over: list[SecretState]


def grouped(incident: Incident, offers: Sequence[Offer], now: datetime) -> Groups:
    groups = Groups([], [], [], [])
    for secret in sorted(incident.secrets.values(), key=_urgency):
        if needed(offers, secret):
            groups.for_people.append(secret)
        elif secret.gone and secret.in_place:
            groups.over.append(secret)
        elif incident.open and waits_for_answer(incident, secret, now):
            groups.asked.append(secret)
        else:
            groups.at_work.append(secret)
    return groups


def _urgency(secret: SecretState) -> tuple[bool, bool]:
    """What is killed first comes first; what is over, last."""
    return secret.gone, secret.strategy is Strategy.OVERLAP


def _for_people(
    incident: Incident, secrets: list[SecretState], offers: Sequence[Offer], now: datetime, room: int
) -> Iterator[Block]:
    if not secrets:
        return
    yield section(f"🖐 *{len(secrets)} need action*")
    shown = secrets if 2 * len(secrets) < room else secrets[: (room - 2) // 2]
    for secret in shown:
        urgent = secret_buttons(incident, secret, offers)[0]
        lines = [*happening(incident, secret, offers, now), *_hands(incident, secret, offers)]
        yield section(_line(secret), *lines)
        yield from row(urgent)
    if left := secrets[len(shown) :]:
        names = ", ".join(code(secret.name) for secret in left)
        yield section(f"… and {len(left)} more, behind *Every secret…*: {names}")


def _hands(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> Iterator[str]:
    yield from undecided_words(secret, offers)
    if offered(offers, c.ConfirmRevoked, secret):
        revoke = "Retry, or revoke" if revokes_again(offers, secret) else "Revoke"
        yield f"🖐 {revoke} it in {literal(secret.entry.provider)}'s console, then press *I revoked it*"
    if offered(offers, c.AnnounceSubmission, secret):
        yield f"🖐 Make a new one in {literal(secret.entry.provider)}'s console, then run"
        yield code(f"bot submit {incident.id} {secret.name}")


def _line(secret: SecretState) -> str:
    old, new = OLD_SIGNS[secret.old_state], NEW_SIGNS[secret.new_state]
    name = f"*{literal(shorten(secret.entry.title, TITLE))}* {code(secret.name)}"
    return f"{old} {name}: old {old_words(secret)}; new {new} {new_words(secret)}"


def _at_work(incident: Incident, secret: SecretState) -> str:
    lanes = (old_lane(secret.name), new_lane(secret.name))
    return " · ".join([_line(secret), *(line for lane in lanes for line in lane_lines(incident, lane))])


def _paragraphs(head: str, lines: list[str]) -> Iterator[Block]:
    """As few blocks as Slack's limit on a text allows; nothing where there is no line."""
    if not lines:
        return
    yield from (section(*chunk) for chunk in _packed([head, *lines], lambda line: min(len(plain(line)), LINE) + 1))


def _packed(lines: Iterable[str], length: Callable[[str], int]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for line in lines:
        if chunk and size + length(line) > TEXT:
            yield chunk
            chunk, size = [], 0
        chunk.append(shorten(line, LINE))
        size += length(line)
    yield chunk
