"""The card of a closed incident: two lines, where the report is, and how it is opened again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.closing.open_items import OpenItem, kind_of, open_items
from bot.incident.lanes import HALT
from bot.incident.model import OPERATOR, StepState
from bot.incident.obligations.rules import NOTIFICATION
from bot.incident.offers import Offer, can, settling, unblocked
from bot.incident.old_value.rules import own_words
from bot.incident.state import Incident
from bot.phrases.alive import alive_groups, dead_words, names_of
from bot.phrases.closing import closed_by, closed_over, open_words, tasks_left
from bot.phrases.hold import hold_words
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.report import report_line, unsigned
from bot.phrases.states import headline
from bot.phrases.team import trust_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, maybe, row, section
from bot.slack.buttons import distinct, offer_button
from bot.slack.incident_card.header import headed
from bot.slack.incident_card.progress import OLD_SIGNS

# What is to be decided before the close, once no key is alive: one line, and a button for each decision.


BUTTONS = 8
OWN_BUTTON = frozenset({c.AccountReader, c.CompleteStep, c.EndCheck, c.SettleCopy})
"""What has its button elsewhere on the card."""


def to_close(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Nothing while a key is alive: then there are more urgent things to press."""
    if not incident.open or not incident.secrets or any(not secret.gone for secret in incident.secrets.values()):
        return []
    items = open_items(incident)
    close = unblocked(offers, c.Close)
    if all(item.must for item in items):
        ready = "*Nothing is open*: close it." if close else f"{_steps_left(incident)}, then close it."
        return [section(ready), *row(*(offer_button(incident, offer) for offer in close[:1]))]
    buttons = item_buttons(incident, items, offers)[:BUTTONS]
    return [
        section(f"*To close:* {' · '.join(open_words(items))}"),
        *row(*buttons, *(offer_button(incident, offer) for offer in close[:1])),
    ]


def _steps_left(incident: Incident) -> str:
    """What the steps whose turn has not come bring is to be done as well."""
    tasks = sum(len(step.definition.tasks) for step in incident.steps if step.state is StepState.WAITING)
    brought = f" and the {counted(tasks, 'task')} that they bring" if tasks else ""
    return f"*Nothing else is open.* Finish the steps{brought}"


def item_buttons(incident: Incident, items: Sequence[OpenItem], offers: Sequence[Offer]) -> list[ButtonElement]:
    """The button of the offer that settles an open item, once for all items that it settles."""
    wanted = [item for item in items if item.settled_by not in OWN_BUTTON]
    return distinct(incident, [offer for item in wanted for offer in unblocked(settling(item, offers))[:1]])


# What overrides everything else, and so stands right below the first line.


def overrides(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """A hold, lost trust, a leaked credential of the bot's own, broken glass, a close over something open, a halt."""
    lines = [*_trust(incident), *_own(incident), *_glass(incident), *_closed(incident)]
    return [*_held(incident, offers), *maybe(*lines), *_halted(incident, offers)]


def _held(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    if incident.hold is None:
        return []
    resume = [offer for offer in offers if offer.kind is c.ResumeRevocations and not offer.blocked]
    return [section(f"✋ *{literal(hold_words(incident))}*"), *row(*(offer_button(incident, each) for each in resume))]


def _glass(incident: Incident) -> list[str]:
    broken: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        if secret.broken is not None:
            name = "an operator at the worker's host, *identity unproven*,"
            name = name if secret.broken.name == OPERATOR else literal(secret.broken.name)
            reviewed = f"reviewed by {literal(secret.reviewed_by)}" if secret.reviewed_by else "*not reviewed*"
            who = f"{name} {moment(secret.broken.at)}, {reviewed}"
            broken.setdefault(who, []).append(code(secret.name))
    return [f"🔨 *Glass was broken* by {who}: {', '.join(names)}" for who, names in broken.items()]


def _trust(incident: Incident) -> list[str]:
    """Whose word counts for nothing, wherever they say it."""
    lost = incident.trust
    return [f"🚫 *{literal(trust_words(lost.people, slack=lost.slack))}*"] if lost.people or not lost.slack else []


def _own(incident: Incident) -> list[str]:
    """What the bot cannot do for itself."""
    concerned = [secret for secret in incident.secrets.values() if secret.own]
    return [
        f"🆘 {code(secret.name)}: *{literal(own_words(secret.own, planned=incident.routine))}*" for secret in concerned
    ]


def _closed(incident: Incident) -> list[str]:
    over = closed_over(incident)
    return [f"⚠️ *Closed over what is not done*: {over}"] if over else []


def _halted(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    if not incident.halted:
        return []
    words = f"⛔ *Everything is halted*: {literal(incident.halted)}. The target may be wrong. Look, then go on."
    return [
        section(words),
        *row(*(offer_button(incident, each) for each in offers if each.command == c.Retry(HALT) and not each.blocked)),
    ]


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
    return [button("Answer…", ActionId.ANSWER, ButtonValue(incident.id))] if due and can(offers, c.EndCheck) else []


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
