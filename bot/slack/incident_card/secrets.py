"""Each secret of the card: its two states, what will happen to it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, InteractiveElement

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.approval.basis import MissingConsent, kill_basis, rests_on, waits_for
from bot.incident.approval.plan import unlisted
from bot.incident.lanes import access_lane, new_lane, old_lane
from bot.incident.model import Old
from bot.incident.offers import Offer
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Incident, SecretState
from bot.phrases.events import owner_words, use_words
from bot.phrases.marks import code, literal, moment
from bot.phrases.states import (
    STRATEGIES,
    capitalised,
    consequence,
    new_words,
    old_words,
    probe_words,
    target_words,
)
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, link, row, section
from bot.slack.buttons import buttons_of, needed, offered, revokes_again
from bot.slack.incident_card.lanes import lane_lines
from bot.slack.signs import NEW_SIGNS, OLD_SIGNS

FULL = 6
"""Up to so many secrets, each has its own row of buttons; beyond, see `many`."""


def few(incident: Incident, offers: Sequence[Offer], now: datetime, room: int) -> list[Block] | None:
    """Every secret in full, two blocks each at most; None where they are too many for `room` or for a reader."""
    every = list(incident.secrets.values())
    if len(every) > FULL or len(every) * 2 > room:
        return None
    return [block for secret in every for block in _in_full(incident, secret, offers, now)]


def _in_full(incident: Incident, secret: SecretState, offers: Sequence[Offer], now: datetime) -> list[Block]:
    return [section(*_lines(incident, secret, offers, now)), *row(*secret_buttons(incident, secret, offers))]


def _lines(incident: Incident, secret: SecretState, offers: Sequence[Offer], now: datetime) -> Iterator[str]:
    yield f"{OLD_SIGNS[secret.old_state]} *{literal(secret.entry.title)}*  {code(secret.name)}"
    yield f"Old: {old_words(secret)}"
    yield f"Target: {target_words(secret)}"
    yield f"New: {NEW_SIGNS[secret.new_state]} {new_words(secret)}"
    yield from happening(incident, secret, offers, now)
    if secret.due_checks:
        yield f"🔎 {checks_of([secret])}"
    if incident.open and not secret.gone and secret.old.revoked_at is None:
        yield f"If killed: {literal(consequence(secret))}"
    yield from _by_hand(incident, secret, offers)


def happening(incident: Incident, secret: SecretState, offers: Sequence[Offer], now: datetime) -> Iterator[str]:
    """Strategy and countdown while it matters, then what runs or has failed."""
    if not secret.gone and secret.old.revoked_at is None:
        yield _strategy(incident, secret, now)
    yield from lane_lines(incident, old_lane(secret.name))
    yield from lane_lines(incident, new_lane(secret.name))
    yield from lane_lines(incident, access_lane(secret.name))
    if incident.open:
        yield from (f"⏳ {literal(words[:1].upper() + words[1:])}" for words in holds(incident, secret, now))
    yield from _last_look(secret)
    if used := literal(capitalised(use_words(secret))):
        yield f"⚠️ {used}"
    if secret.old.reappeared:
        yield f"⚠️ The old value *stands again* in {', '.join(code(name) for name in secret.old.reappeared)}"
    if offered(offers, c.ChooseCandidate, secret):
        yield f"⚠️ {len(secret.old.candidates)} keys at the provider can be this one: a person must choose"


def _last_look(secret: SecretState) -> Iterator[str]:
    """The last answer while there is no proof, and how often it came in a row, as far as that is recorded."""
    last, streak = secret.old.last_probe, secret.old.streak
    if last is None or secret.gone:
        return
    times = f", {streak.count} times until {moment(streak.until)}" if streak is not None and streak.count > 1 else ""
    if times or secret.old.claimed is not None or secret.old_state in {Old.REVOKING, Old.UNPROVEN}:
        yield f"Last probe: {probe_words(last)}{times}"


def _strategy(incident: Incident, secret: SecretState, now: datetime) -> str:
    if secret.old.owner is not None:
        return f"⚠️ Not revoked: {literal(owner_words(secret.old.owner))}"
    if secret.glass is not None:
        return f"Strategy: kill, by glass broken by {literal(secret.glass.name)}"
    if secret.kill is not None:
        asked = f"Kill asked for by {literal(secret.kill.name)} {moment(secret.kill.at)}"
        if secret.revoked_by_person:
            return asked  # whoever revokes it in the console waits for nobody
        basis = kill_basis(incident, secret, now)
        if isinstance(basis, MissingConsent):
            return f"{asked}; ✋ {literal(waits_for(basis))}"
        return f"{asked}; it rests on {literal(rests_on(basis))}"
    end = overlap_end(incident, secret)
    if end is None:
        return f"Strategy: {STRATEGIES[secret.strategy]}"
    return f"⏳ Overlap: the old value is killed at {moment(end, seconds=True)}" + (" (now)" if end <= now else "")


def undecided_words(secret: SecretState, offers: Sequence[Offer]) -> Iterator[str]:
    if any(offer.kind is c.KillNow for offer in needed(offers, secret)):
        yield "🖐 *Nothing revokes the old value automatically*: a responder must decide on the kill"


def _by_hand(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> Iterator[str]:
    """What only a person can do, with the provider's own words for where."""
    yield from undecided_words(secret, offers)
    entry = secret.entry
    if offered(offers, c.ConfirmRevoked, secret):
        guide = entry.revoke_by_hand or f"Revoke it in {entry.provider}'s console."
        yield f"🖐 {why_by_hand(secret, offers)}\n{literal(guide)}\nThen press *I revoked it*."
    if offered(offers, c.AnnounceSubmission, secret):
        guide = entry.issue_by_hand or f"Make a new key in {entry.provider}'s console."
        yield f"🖐 *A person must make the new one.*\n{literal(guide)}\nNever paste it here; run"
        yield code(f"bot submit {incident.id} {secret.name}")


def why_by_hand(secret: SecretState, offers: Sequence[Offer]) -> str:
    """That a person must revoke it, and whether the machine can still try."""
    if revokes_again(offers, secret):
        return "*Retry, or revoke it by hand.*"
    if unlisted(secret):
        return f"*A person must revoke it*: {literal(secret.entry.provider)} lists no key that this value can be."
    return "*A person must revoke it.*"


def secret_buttons(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> list[InteractiveElement]:
    """What can be done about the secret now, the most urgent first; details come last and are always there."""
    buttons: list[InteractiveElement] = list(buttons_of(incident, secret, offers))
    if secret.entry.console and offered(offers, c.ConfirmRevoked, secret):
        buttons.insert(1 + revokes_again(offers, secret), link("Open console", secret.entry.console))
    return [*buttons, button("Details", ActionId.DETAILS, ButtonValue(incident.id, secret.name))]
