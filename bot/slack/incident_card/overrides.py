"""What overrides everything else, and so stands right below the first line."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.lanes import HALT
from bot.incident.model import OPERATOR
from bot.incident.offers import Offer
from bot.incident.old_value.own_credentials import own_words
from bot.incident.state import Incident
from bot.phrases.closed_over import closed_over
from bot.phrases.marks import code, literal, moment
from bot.phrases.trust import trust_words
from bot.slack.blocks import row, section
from bot.slack.buttons import offer_button


def overrides(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Lost trust, a leaked credential of the bot's own, broken glass, a close over something open, and a halt."""
    lines = [*_trust(incident), *_own(incident), *_glass(incident), *_closed(incident)]
    return [*([section(*lines)] if lines else []), *_halted(incident, offers)]


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
