"""Up to three things that stand still until somebody acts, each with its buttons; the others are a press away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.model import Old
from bot.incident.needs import Need, failing, lacks_only_new, needs, unclear
from bot.incident.offers import Offer, Urgency
from bot.incident.overlap.rules import kept_while_failing, overlap_end, overlapping, serves_again
from bot.incident.state import Incident, SecretState
from bot.phrases.alive import names_of, why_not_dead
from bot.phrases.marks import code, deadline, literal, moment, shorten
from bot.phrases.needs import need_title, need_words
from bot.phrases.times import counted, listed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import BUTTONS_A_ROW, button, row, rows, section
from bot.slack.buttons import buttons_of, distinct, urgent_first

SHOWN = 3
"""So many on the card, those among them that stand above: consumers that fail, and what waits for approval."""
WORDS = 480
BUTTONS = 3


def for_people(incident: Incident, offers: Sequence[Offer], now: datetime, above: int = 0) -> list[Block]:
    """Nothing, where nothing waits for anybody. `above` is how much else on the card people are to press first."""
    every = needs(incident, offers, now)
    if not every:
        return []
    shown = max(SHOWN - above, min(SHOWN, 1))
    blocks = [section(f"*Needs a person{f': {len(every)}' if len(every) > 1 else ''}*")]
    left = len(every) - shown
    more = button(f"and {left} more…", ActionId.NEEDED, ButtonValue(incident.id)) if left > 0 else None
    for number, need in enumerate(every[:shown], start=1):
        blocks += need_blocks(incident, need, number if len(every) > 1 else 0, more if number == shown else None)
    return blocks if shown else [*blocks, *row(more)]


def need_blocks(incident: Incident, need: Need, number: int = 0, more: ButtonElement | None = None) -> list[Block]:
    """What it is and what to do, then the buttons; `more` leads to the others."""
    counted = f"{number}.  " if number else ""
    return [
        section(f"{counted}{need_title(incident, need)}", shorten(need_words(incident, need), WORDS)),
        *rows([*need_buttons(incident, need), *filter(None, [more])], BUTTONS_A_ROW),
    ]


def need_buttons(incident: Incident, need: Need) -> list[ButtonElement]:
    """What is pressed now: first what the machine can do once more, or its new value where only that is lacking; last
    what explains it.
    """
    meant = [o for o in need.offers if not (o.kind is c.KillNow and need.has(c.ChooseCandidate))]
    buttons = distinct(incident, urgent_first(incident, need.secret, meant))[:BUTTONS]
    if not need.secret:
        return buttons
    about = ButtonValue(incident.id, need.secret)
    revoking = need.has(c.ConfirmRevoked)
    if need.has(c.AnnounceSubmission):
        only_new = not revoking or lacks_only_new(incident.secrets[need.secret])
        new_key = button("New key…", ActionId.HAND_OVER_KEY, about, style="primary" if only_new else None)
        buttons = [new_key, *buttons] if only_new else [*buttons, new_key]
        if not revoking:
            return buttons  # it shows the steps
    if revoking:
        return [*buttons, button("Show steps", ActionId.BY_HAND, about)]
    return [*buttons, button("Details", ActionId.DETAILS, about)]


# Consumers that fail with a new value: above everything else that needs a person, because the product is down now.


MOST = 2
"""So many have their buttons on the card."""
FAILING_BUTTONS = 4


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
            *row(*list(buttons_of(incident, secret, urged))[:FAILING_BUTTONS], about),
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
