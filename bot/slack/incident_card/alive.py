"""What is dead, what is alive and why, in names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.offers import Offer, can
from bot.incident.state import Incident
from bot.phrases.alive import alive_groups, dead_words, names_of
from bot.phrases.marks import code, literal, shorten
from bot.phrases.readers import left_words
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised
from bot.slack.blocks import section
from bot.slack.signs import OLD_SIGNS

GROUPS = 5
"""So many reasons have a line of their own."""
LINE = 300
NOTED = 2
"""So many remarks on single secrets of one kind."""


def alive(incident: Incident, offers: Sequence[Offer], now: datetime) -> list[Block]:
    groups = alive_groups(incident, offers, now)
    lines = [
        shorten(f"{OLD_SIGNS[state]} {names_of(secrets)}: {words}", LINE) for state, words, secrets in groups[:GROUPS]
    ]
    if rest := groups[GROUPS:]:
        lines.append(f"… and {sum(len(secrets) for _, _, secrets in rest)} more, behind *More…*")
    noted = [*_used(incident), *_back(incident)]
    return [section(dead_words(incident), *lines, *noted, *([] if groups else _access(incident, offers)))]


def _used(incident: Incident) -> list[str]:
    """Something that still lives on an old key, which is about to end."""
    used = [(secret, use_words(secret)) for secret in incident.secrets.values() if not secret.gone]
    return [f"⚠️ {code(secret.name)}: {literal(words)}" for secret, words in used if words][:NOTED]


def _back(incident: Incident) -> Iterator[str]:
    """A dead value that stands in a parameter again: whoever reads that gets refused."""
    for secret in incident.secrets.values():
        if secret.old.reappeared:
            places = ", ".join(code(name) for name in secret.old.reappeared[:3])
            yield f"⚠️ The leaked {code(secret.name)} *stands again* in {places}"


def _access(incident: Incident, offers: Sequence[Offer]) -> Iterator[str]:
    """Contained comes last: whoever had a key may have left something behind."""
    if not incident.secrets:
        return
    checks = checks_of(incident.secrets.values())
    if checks.open:  # their number stands beside the button that ends them, where there is one
        yield f"Access is *not contained* yet{'' if can(offers, c.EndCheck) else f': {checks}'}"
    elif left := left_words(incident):
        yield capitalised(left)
    else:
        yield "Access is *contained*: every persistence check has ended" if checks.every else "Access is *contained*"
