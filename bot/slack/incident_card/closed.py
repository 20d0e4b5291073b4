"""The card of a closed incident: two lines, where the report is, and how it is opened again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.closing.open_items import kind_of, open_items
from bot.incident.lanes import HALT
from bot.incident.narrative import lessons_owed
from bot.incident.obligations.rules import NOTIFICATION
from bot.incident.offers import Offer, can, settling, unblocked
from bot.incident.state import Incident
from bot.phrases.alive import alive_groups, names_of, replaced_words
from bot.phrases.closing import closed_by, tasks_left
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.report import report_line, unsigned
from bot.phrases.states import headline, hold_words
from bot.phrases.team import override_lines
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, maybe, row, section
from bot.slack.buttons import offer_button
from bot.slack.incident_card.header import headed
from bot.slack.incident_card.progress import OLD_SIGNS

# What overrides everything else, and so stands right below the first line.


def overrides(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Lost trust, a leaked credential of the bot's own, broken glass, a close over something open, a halt."""
    return [*maybe(*override_lines(incident)), *_halted(incident, offers)]


def held(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """A hold is above everything else on the card."""
    if incident.hold is None:
        return []
    resume = [offer for offer in offers if offer.kind is c.ResumeRevocations and not offer.blocked]
    return [section(f"✋ *{hold_words(incident)}*"), *row(*(offer_button(incident, each) for each in resume))]


def _halted(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    if not incident.halted:
        return []
    words = f"⛔ *Everything is halted*: {literal(incident.halted)}. The target may be wrong. Check, then continue."
    return [
        section(words),
        *row(*(offer_button(incident, each) for each in offers if each.command == c.Retry(HALT) and not each.blocked)),
    ]


def log_words(head: str) -> str:
    """``log 41:4f1c9a02b7de``, of the log's ``seq:digest``."""
    seq, _, digest = head.partition(":")
    return f"log {code(f'{seq}:{digest[:12]}')}"


def closed(incident: Incident, offers: Sequence[Offer], now: datetime, head: str) -> list[Block]:
    return [
        *headed(incident),
        *overrides(incident, offers),
        section(*_lines(incident, now)),
        *row(
            *(offer_button(incident, offer) for offer in unblocked(offers, c.ReviewGlass)[:1]),
            *_checks(incident, offers),
            *(offer_button(incident, offer) for offer in _notices(incident, offers)),
            *(offer_button(incident, offer) for offer in _unsigned(incident, offers)),
            *(offer_button(incident, offer) for offer in unblocked(offers, c.RequestReport)[:1]),
            *(offer_button(incident, offer) for offer in unblocked(offers, c.Reopen)[:1]),
            button("More…", ActionId.MORE, ButtonValue(incident.id)),
        ),
        context(f"“{literal(incident.title)}” · {log_words(head)}"),
    ]


def _checks(incident: Incident, offers: Sequence[Offer]) -> list[ButtonElement]:
    """Checks that were accepted at the close can still be answered when their keys are dead."""
    due = any(secret.due_checks for secret in incident.secrets.values())
    return [button("Answer…", ActionId.ANSWER, ButtonValue(incident.id))] if due and can(offers, c.EndCheck) else []


def _notices(incident: Incident, offers: Sequence[Offer]) -> list[Offer]:
    """Notices without a decision, or not sent: they outlast the close."""
    left = [item for item in open_items(incident) if kind_of(item.key) == NOTIFICATION]
    return [offer for item in left for offer in unblocked(settling(item, offers))][:1]


def _unsigned(incident: Incident, offers: Sequence[Offer]) -> list[Offer]:
    """The signature, while the report has none; before it the lessons, in a person's words."""
    wanted = c.WriteNarrative if lessons_owed(incident) else c.SignReport
    return unblocked(offers, wanted)[:1] if unsigned(incident) else []


def _lines(incident: Incident, now: datetime) -> Iterator[str]:
    if incident.handed_over:
        yield f"{literal(headline(incident))} What was begun here goes on there."
        return
    if incident.closed is not None:
        over = f"Closed by {literal(closed_by(incident))} {day_and_time(incident.closed.at)}."
        yield f"{over} {replaced_words([*incident.secrets.values()])}".strip()
    for state, words, secrets in alive_groups(incident, {}, now)[:3]:
        yield f"{OLD_SIGNS[state]} {names_of(secrets)}: {words}"
    left = checks_of(incident.secrets.values())
    if left.open:
        yield f"🔎 {left}: accepted at the close"
    if tasks := tasks_left(incident, now):
        yield f"📌 {tasks}: *More…* lists them"
    yield report_line(incident) if incident.report.path else "📄 The report is being written."
