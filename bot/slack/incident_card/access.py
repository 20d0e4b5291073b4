"""Who read what leaked, and what may outlive a dead key: one number each, and the button that settles it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.access.readers import principal_name, readers_of, unaccounted
from bot.incident.model import ReaderOutcome
from bot.incident.offers import Offer, unblocked
from bot.incident.state import Incident
from bot.phrases.marks import literal, shorten
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import beside, button

LINE = 200


def findings(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    return [*_readers(incident, offers), *_checks(incident, offers), *_copies(incident, offers)]


def reader_words(incident: Incident) -> Iterator[str]:
    """Of whom nobody has said anything, then whom nobody can explain; each as one sentence."""
    readers = readers_of(incident)
    if left := unaccounted(incident):
        read = {name for principal in left for name in readers[principal]}
        whole = f"all {len(read)} keys" if len(read) == len(incident.secrets) else f"{len(read)} keys"
        what = next(iter(read)) if len(read) == 1 else whole
        yield f"{_named(left)} read {literal(what)}; nobody has said whose reads these are"
    unexplained = ReaderOutcome.UNEXPLAINED
    strangers = [each for each in readers if each in incident.readers and incident.readers[each].outcome is unexplained]
    if strangers:
        yield f"{_named(strangers)}: unexplained"


def _named(principals: Sequence[str]) -> str:
    return literal(principal_name(principals[0])) if len(principals) == 1 else counted(len(principals), "reader")


def _readers(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    words = ". ".join(reader_words(incident))
    if words and unblocked(offers, c.AccountReader):
        press = button("Readers…", ActionId.READERS, ButtonValue(incident.id))
        yield beside(shorten(f"⚠️ {words}", LINE), press)


def _checks(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    checks = checks_of(incident.secrets.values())
    if not checks.open or not unblocked(offers, c.EndCheck):
        return
    due = checks.open - checks.waiting
    later = f", {checks.waiting} once their keys are dead" if checks.waiting and due else ""
    if due:
        press = button("Checks…", ActionId.CHECKS, ButtonValue(incident.id))
        yield beside(f"🔎 {counted(checks.open, 'persistence check')} open{later}", press)


def _copies(incident: Incident, offers: Sequence[Offer]) -> Iterator[Block]:
    left = sum(len(secret.open_copies) for secret in incident.secrets.values())
    if left and unblocked(offers, c.SettleCopy):
        press = button("Copies…", ActionId.COPIES, ButtonValue(incident.id))
        yield beside(f"📎 {counted(left, 'copy', 'copies')} not updated, purged or accepted", press)
