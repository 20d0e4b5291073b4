"""News of leaks in the channel of `BOT_INTAKE_CHANNEL`: one message about several alerts, with what can be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.errors import Missing
from bot.news.cases.state import Case, Stage
from bot.phrases.alerts import case_words
from bot.phrases.marks import code
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, divider, row, section, to_json
from bot.slack.errors import UNEDITABLE, SlackRefused
from bot.slack.gateway import SlackGateway

EVENT = "leaks_reported"
SHOWN = 12
"""Alerts that one message shows with their buttons: with three blocks each they stay within Slack's fifty."""
RECENT = 20
DELETED = "message_not_found"
"""Slack's word for it (docs.slack.dev, chat.update)."""


@dataclass(frozen=True)
class SlackAlerts:
    """Satisfies `AlertBoard`. `channel` is the id of one that the bot is a member of."""

    gateway: SlackGateway
    channel: str

    def look(self, cases: Sequence[Case], now: datetime) -> str:
        drawn = json.dumps([headline(cases), to_json(alert_blocks(cases, now))], sort_keys=True)
        return hashlib.sha256(drawn.encode()).hexdigest()[:16]

    def post(self, cases: Sequence[Case], now: datetime) -> str:
        """The first alert tells the message that a crash left from the others."""
        first = str(min((case.number for case in cases), default=0))
        for posted in self.gateway.recent(self.channel, RECENT):
            if posted.event_type == EVENT and posted.payload.get("first") == first:
                return posted.ts
        return self.gateway.post(
            self.channel, headline(cases), alert_blocks(cases, now), metadata=(EVENT, {"first": first})
        )

    def update(self, message: str, cases: Sequence[Case], now: datetime) -> bool:
        try:
            self.gateway.update(self.channel, message, headline(cases), alert_blocks(cases, now))
        except (Missing, SlackRefused) as error:
            if error.cause == DELETED or error.cause in UNEDITABLE:
                return False
            raise  # the channel is not there, or not the bot's: that can be mended
        return True


def headline(cases: Sequence[Case]) -> str:
    """What waits, in one line."""
    ours = sum(case.stage is Stage.PROPOSED for case in cases)
    unknown = sum(case.stage is Stage.TRIAGE for case in cases)
    parts = [
        f"{counted(ours, 'leaked key')} of ours to decide on" if ours else "",
        f"{counted(unknown, 'alert')} without a known key" if unknown else "",
    ]
    waiting = ", ".join(part for part in parts if part)
    return f"🚨 Leak alerts: {waiting}" if waiting else "✓ Leak alerts: all decided"


def alert_blocks(cases: Sequence[Case], now: datetime) -> list[Block]:
    """Waiting ones first, values of ours before others; the rest is counted if it does not fit."""
    order = {Stage.PROPOSED: 0, Stage.TRIAGE: 1}
    ordered = sorted(cases, key=lambda case: (order.get(case.stage, 2), case.number))
    blocks: list[Block] = [section(f"*{headline(cases)}*")]
    for case in ordered[:SHOWN]:
        blocks += _case(case, now)
    left = ordered[SHOWN:]
    if left:
        waiting = sum(case.undecided for case in left)
        blocks += [
            divider(),
            section(f"And {counted(len(left), 'more alert')}, {waiting} of them undecided: {code('bot news alerts')}."),
        ]
    return blocks


def _case(case: Case, now: datetime) -> Iterator[Block]:
    words = case_words(case, now)
    yield divider()
    yield section(words.headline, *words.places, words.state)
    yield from _buttons(case)


def _buttons(case: Case) -> list[Block]:
    value = ButtonValue("", str(case.number))
    match case.stage:
        case Stage.PROPOSED:
            return row(
                button("Declare…", ActionId.ALERT_DECLARE, value, style="danger"),
                button("Ours, harmless…", ActionId.ALERT_HARMLESS, value),
            )
        case Stage.TRIAGE:
            return row(button("End triage…", ActionId.ALERT_END, value))
        case _:
            return []
