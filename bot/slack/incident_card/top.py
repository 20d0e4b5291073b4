"""The first lines: what is true now, whatever overrides everything else, and which values are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.lanes import HALT
from bot.incident.model import OPERATOR, Old, TargetKind
from bot.incident.offers import Offer, unblocked
from bot.incident.old_value.own_credentials import own_words
from bot.incident.state import Incident
from bot.phrases.events import trust_words
from bot.phrases.marks import code, literal, moment
from bot.phrases.states import headline, not_dead, old_words
from bot.slack.blocks import header, quoted, row, section
from bot.slack.buttons import offer_button
from bot.slack.signs import OLD_SIGNS

MOST = 6
"""So many leaked values have a line of their own at the top."""


def top(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """Break-glass, a halt and a close over something alive come before all else."""
    blocks: list[Block] = [header(f"{_sign(incident)} {incident.id} · {incident.environment}")]
    if overrides := [*_trust(incident), *_own(incident), *_glass(incident), *_closed(incident)]:
        blocks.append(section(*overrides))
    blocks += _halted(incident, offers)
    # One secret has its whole sentence in the headline already.
    alive = list(_not_dead(incident)) if len(incident.secrets) > 1 else []
    blocks.append(section(headline(incident), *alive))
    blocks.append(quoted(incident.title))
    return [*blocks, section(_targets(incident))] if incident.secrets else blocks


def _not_dead(incident: Incident) -> Iterator[str]:
    """One line for each leaked value that is not proven dead."""
    left = not_dead(incident)
    for secret in left[:MOST]:
        yield f"{OLD_SIGNS[secret.old_state]} {code(secret.name)}: {old_words(secret)}"
    if len(left) > MOST:
        yield f"… and {len(left) - MOST} more"


def _sign(incident: Incident) -> str:
    states = {secret.old_state for secret in incident.secrets.values()}
    if incident.closed is not None:
        return "🔒"
    if Old.ALIVE in states:
        return "🔴"
    return "🟠" if states & {Old.REVOKING, Old.UNPROVEN} else "✅"


def _glass(incident: Incident) -> list[str]:
    broken: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        if secret.broken is not None:
            name = "an operator at the worker's host, *identity unproven*,"
            name = name if secret.broken.name == OPERATOR else literal(secret.broken.name)
            reviewed = f"reviewed by {literal(secret.reviewed.by.name)}" if secret.reviewed else "*not reviewed*"
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
    return [f"🆘 {code(secret.name)} leaked, and *{literal(own_words(secret.own))}*" for secret in concerned]


def _closed(incident: Incident) -> list[str]:
    if incident.closed is None:
        return []
    lines = [f"🔒 *Closed* by {literal(incident.closed.name)} {moment(incident.closed.at)}"]
    if incident.accepted:
        names = ", ".join(code(name) for name in incident.accepted)
        lines.insert(
            0, f"⚠️ *Closed over what is not proven or not in place*: {names}. {literal(incident.accepted_reason)}"
        )
    return lines


def _halted(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    if not incident.halted:
        return []
    words = f"⛔ *Everything is halted*: {literal(incident.halted)}. The target may be wrong. Look, then go on."
    return [
        section(words),
        *row(*(offer_button(incident, each) for each in unblocked(offers) if each.command == c.Retry(HALT))),
    ]


def _targets(incident: Incident) -> str:
    assumed = [s for s in incident.secrets.values() if s.target.kind is TargetKind.ASSUMED]
    confirmed = len(incident.secrets) - len(assumed)
    if not assumed:
        return (
            f"🎯 {'The target is' if confirmed == 1 else 'All targets are'} *confirmed*: the leaked value was checked."
        )
    total = len(incident.secrets)
    which = f"{len(assumed)} of {total} targets {'is' if len(assumed) == 1 else 'are'}"
    if len(assumed) == total:
        which = "The target is" if total == 1 else "All targets are"
    command = code(f"bot identify {incident.id} {assumed[0].name}")
    return f"🎯 {which} *assumed*: leaked value not verified. To verify it: {command}"
