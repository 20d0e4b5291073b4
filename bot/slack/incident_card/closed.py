"""The card of a closed incident: two lines, where the report is, and how it is opened again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.closing.open_items import OpenItem, kind_of, open_items
from bot.incident.obligations.rules import NOTIFICATION
from bot.incident.offers import Offer, can, unblocked
from bot.incident.state import Incident
from bot.phrases.alive import alive_groups, dead_words, names_of
from bot.phrases.closed_over import closed_by
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.signing import report_line, unsigned
from bot.phrases.states import headline
from bot.phrases.tasks import tasks_left
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, row, section
from bot.slack.buttons import offer_button
from bot.slack.incident_card.decisions import item_buttons
from bot.slack.incident_card.header import headed
from bot.slack.incident_card.overrides import overrides
from bot.slack.signs import OLD_SIGNS


def closed(incident: Incident, offers: Sequence[Offer], now: datetime, head: str) -> list[Block]:
    seq, _, digest = head.partition(":")
    return [
        *headed(incident),
        *overrides(incident, offers),
        section(*_lines(incident, offers, now)),
        *row(
            *(offer_button(incident, offer) for offer in unblocked(offers, c.ReviewGlass)[:1]),
            *_checks(incident, offers),
            *item_buttons(incident, _notices(incident), offers)[:1],
            *(offer_button(incident, offer) for offer in _unsigned(incident, offers)),
            *(offer_button(incident, offer) for offer in unblocked(offers, c.RequestReport)[:1]),
            *(offer_button(incident, offer) for offer in unblocked(offers, c.Reopen)[:1]),
            button("More…", ActionId.MORE, ButtonValue(incident.id)),
        ),
        context(f"“{literal(incident.title)}” · log {code(f'{seq}:{digest[:12]}')}"),
    ]


def _checks(incident: Incident, offers: Sequence[Offer]) -> list[ButtonElement]:
    """Those that were accepted at the close can still be ended, once their keys are dead."""
    due = any(secret.due_checks for secret in incident.secrets.values())
    return [button("Checks…", ActionId.CHECKS, ButtonValue(incident.id))] if due and can(offers, c.EndCheck) else []


def _notices(incident: Incident) -> list[OpenItem]:
    """What the law or a contract asks for and nobody has decided or sent: it outlasts the close."""
    return [item for item in open_items(incident) if kind_of(item.key) == NOTIFICATION]


def _unsigned(incident: Incident, offers: Sequence[Offer]) -> list[Offer]:
    """The signature, while the report has none."""
    return unblocked(offers, c.SignReport)[:1] if unsigned(incident) else []


def _lines(incident: Incident, offers: Sequence[Offer], now: datetime) -> Iterator[str]:
    if incident.handed_over:
        yield f"{literal(headline(incident))} What this rotation had begun goes on there."
        return
    if incident.closed is not None:
        over = f"Closed by {literal(closed_by(incident))} {day_and_time(incident.closed.at)}."
        yield f"{over} {dead_words(incident)}".strip()
    for state, words, secrets in alive_groups(incident, offers, now)[:3]:
        yield f"{OLD_SIGNS[state]} {names_of(secrets)}: {words}"
    left = checks_of(incident.secrets.values())
    if left.open:
        yield f"🔎 {left}: accepted at the close"
    if tasks := tasks_left(incident, now):
        yield f"📌 {tasks}: *More…* lists them"
    yield report_line(incident) if incident.report.path else "📄 The report is being written."
