"""What people answer: who read what leaked, what may outlive a dead key, where else a value is; one number each."""

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
    """One line a kind, with one button; nothing where nothing can be answered now."""
    if lines := [*_readers(incident, offers), *_checks(incident, offers), *_copies(incident, offers)]:
        return [beside("\n".join(lines), button("Answer…", ActionId.ANSWER, ButtonValue(incident.id)))]
    return []


def _readers(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    words = ". ".join(reader_words(incident))
    if words and can(offers, c.AccountReader):
        yield shorten(f"⚠️ {words}", LINE)


def _checks(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    checks = checks_of(incident.secrets.values())
    if checks.open > checks.waiting and can(offers, c.EndCheck):
        yield f"🔎 {checks.in_full}"


def _copies(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    left = sum(len(secret.open_copies) for secret in incident.secrets.values())
    if left and can(offers, c.SettleCopy):
        yield f"📎 {counted(left, 'copy', 'copies')} not updated, purged or accepted"
