"""Consumers that fail with a new value: above everything else that needs a person, because the product is down now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident.model import Old
from bot.incident.needs import failing, unclear
from bot.incident.offers import Offer, Urgency
from bot.incident.overlap.rules import kept_while_failing, overlap_end, overlapping, serves_again
from bot.incident.state import Incident, SecretState
from bot.phrases.alive import names_of, why_not_dead
from bot.phrases.marks import code, deadline, literal, moment
from bot.phrases.times import counted, listed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, row, section
from bot.slack.buttons import buttons_of

MOST = 2
"""So many have their buttons on the card."""
BUTTONS = 4


def failures(incident: Incident, offers: Sequence[Offer], now: datetime) -> tuple[list[Block], int]:
    """The blocks, and how many of the things that need a person stand in them."""
    every = failing(incident)
    lacks = unclear(incident, every)
    blamed = [secret for secret in every if secret.name not in lacks]
    blocks: list[Block] = [section(_unclear([s for s in every if s.name in lacks], lacks))] if lacks else []
    urged = [offer for offer in offers if offer.urgency < Urgency.POSSIBLE]
    for secret in blamed[:MOST]:
        about = button("Details", ActionId.DETAILS, ButtonValue(incident.id, secret.name))
        blocks += [
            section(_words(incident, secret, now)),
            *row(*list(buttons_of(incident, secret, urged))[:BUTTONS], about),
        ]
    if rest := blamed[MOST:]:
        more = f"❌ Consumers fail with {counted(len(rest), 'more new value')}: {names_of(rest)}"
        blocks += [section(more), *row(button("Every secret…", ActionId.DETAILS, ButtonValue(incident.id)))]
    return blocks, min(len(blamed), MOST)


def _unclear(secrets: Sequence[SecretState], lacks: Mapping[str, Sequence[str]]) -> str:
    """One sentence for all of them: what is missing must come first."""
    who = listed([literal(name) for name in dict.fromkeys(name for s in secrets for name in s.new.failing)])
    absent = listed([code(name) for name in dict.fromkeys(name for names in lacks.values() for name in names)])
    since = min(secret.new.failing_since for secret in secrets if secret.new.failing_since is not None)
    which = code(secrets[0].name) if len(secrets) == 1 else f"{len(secrets)} others ({names_of(secrets)})"
    said = f"❌ *{who}*: not well since {moment(since)}, with no new value yet of {absent}."
    return f"{said} Until there is one, nobody can tell whether the new value of {which} is accepted."


def _words(incident: Incident, secret: SecretState, now: datetime) -> str:
    if secret.new.back_since is not None:
        serves = "serves production again, since" if serves_again(incident, secret) else "was put back at"
        said = f"⏪ *{code(secret.name)}*: the *OLD* value {serves} {moment(secret.new.back_since)}."
        return f"{said} Retry the new one, bring another, or revoke the old one."
    since = f" since {moment(secret.new.failing_since)}" if secret.new.failing_since is not None else ""
    who = literal(listed(secret.new.failing))
    fails = "fails" if len(secret.new.failing) == 1 else "fail"
    said = f"❌ *{who}* {fails} with the new {code(secret.name)}{since}. {_of_old(incident, secret, now)}"
    if secret.old_state is Old.ALIVE:
        return said
    return f"{said} Look for the reason in {who}'s own logs and configuration; once mended, *Ask consumers again*."


def _of_old(incident: Incident, secret: SecretState, now: datetime) -> str:
    """What becomes of the old key meanwhile, as a sentence: it waits for people only where the plan says so."""
    if secret.old_state is not Old.ALIVE:
        return f"The old key is {why_not_dead(incident, secret, None, now)}."
    if kept_while_failing(incident, secret):
        return "The old key is kept alive until people decide."
    end = overlap_end(incident, secret) if overlapping(secret) else None
    if end is None:
        return "The old key is to be ended."
    return f"The old key {f'ends {deadline(end)}' if end > now else 'is to be ended'} all the same."
