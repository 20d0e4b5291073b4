"""Who read what leaked, and what may outlive a dead key: one number each, and the button that settles it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.offers import Offer, can
from bot.incident.state import Incident
from bot.phrases.marks import shorten
from bot.phrases.readers import reader_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import beside, button

LINE = 200


def findings(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    return [*_readers(incident, offers), *_checks(incident, offers), *_copies(incident, offers)]


def _readers(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    words = ". ".join(reader_words(incident))
    if words and can(offers, c.AccountReader):
        press = button("Readers…", ActionId.READERS, ButtonValue(incident.id))
        yield beside(shorten(f"⚠️ {words}", LINE), press)


def _checks(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    checks = checks_of(incident.secrets.values())
    if not checks.open or not can(offers, c.EndCheck):
        return
    if checks.open > checks.waiting:
        press = button("Checks…", ActionId.CHECKS, ButtonValue(incident.id))
        yield beside(f"🔎 {checks.in_full}", press)


def _copies(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    left = sum(len(secret.open_copies) for secret in incident.secrets.values())
    if left and can(offers, c.SettleCopy):
        press = button("Copies…", ActionId.COPIES, ButtonValue(incident.id))
        yield beside(f"📎 {counted(left, 'copy', 'copies')} not updated, purged or accepted", press)
